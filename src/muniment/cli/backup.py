"""`muniment backup`: make, verify and restore backups of a ledger, its vault and its keys."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import (
    JsonOption,
    LedgerOption,
    errors,
    group,
    opened,
    print_json,
    progress_bar,
    show,
    utc,
)
from muniment.codec import members
from muniment.model.counting import counted
from muniment.proof.errors import Malformed, NotFound

app = group("Back a ledger up; verify and restore it; keep its keys apart.")
FileArgument = Annotated[Path, typer.Argument(help="The backup.")]
PassphraseOption = Annotated[Path | None, typer.Option(
    "--passphrase-file", help="A file whose first line is the passphrase; else the environment "
    "variable MUNIMENT_PASSPHRASE, else it is asked for.")]
DirectoryArgument = Annotated[Path, typer.Argument(help="Where the ledger will stand.")]


@app.command()
def create(
    file: FileArgument, ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False
) -> None:
    """Copy the ledger and the vault, without keys, while others use them."""
    with errors(as_json=as_json):
        from muniment.node.backup import create as make

        manifest = make(ledger, file)
    if as_json:
        print_json(members(manifest))
        return
    show([
        ("backup", f"{file}: {sum(one.bytes for one in manifest.files.values())} bytes"),
        ("holds", f"{counted(manifest.size, 'entry')} of {manifest.origin} to block "
         f"{manifest.height}"),
        ("left out", "keys and the vault's data keys: muniment backup keys FILE"),
        ("next", f"muniment backup verify {file}"),
    ])


@app.command()
def verify(file: FileArgument, as_json: JsonOption = False) -> None:
    """Restore into a temporary place and recompute every entry, page and tile."""
    with errors(as_json=as_json):
        from muniment.node.backup import verify as check

        with progress_bar("verify", None) as move:
            manifest, found = check(file, move)
    if as_json:
        print_json({**members(manifest), "state_entries": found.state_entries, "valid": True})
        return
    show([
        ("result", "SOUND: it restores, and every stored byte is what the rules compute"),
        ("entries", found.entries), ("blocks", found.blocks),
        ("state entries", found.state_entries), ("made", utc(manifest.created)),
    ])


@app.command()
def restore(
    file: FileArgument, directory: DirectoryArgument, as_json: JsonOption = False
) -> None:
    """Put a backup into a new directory; keys come from their own backup."""
    with errors(as_json=as_json):
        from muniment.node.backup import restore as put

        manifest = put(file, directory)
    if as_json:
        print_json(members(manifest))
        return
    show([
        ("restored", f"{directory}: {counted(manifest.size, 'entry')} to block {manifest.height}"),
        ("keys", f"none yet: muniment backup open-keys FILE {directory}"),
        ("signing", f"the largest checkpoint signed by then had "
         f"{counted(manifest.signed, 'entry')}"),
    ])


@app.command("keys")
def seal(
    file: FileArgument, ledger: LedgerOption = Path("ledger"),
    passphrase_file: PassphraseOption = None, as_json: JsonOption = False,
) -> None:
    """Seal the keys under a passphrase, in a file that expires in thirty days."""
    with errors(as_json=as_json):
        from muniment.node.key_backup import seal_keys

        expires = seal_keys(ledger, file, _passphrase(passphrase_file))
    if as_json:
        print_json({"expires": expires, "file": str(file)})
        return
    show([("keys", f"{file}, of no use after {utc(expires)}"),
          ("note", "Keep it apart from the backup of the ledger, and the passphrase from both.")])


@app.command("open-keys")
def open_sealed(
    file: FileArgument, directory: DirectoryArgument,
    passphrase_file: PassphraseOption = None, as_json: JsonOption = False,
) -> None:
    """Put the keys of a backup into a restored ledger, which signs only once it caught up."""
    with errors(as_json=as_json):
        from muniment.node.key_backup import open_keys

        written = open_keys(file, directory, _passphrase(passphrase_file))
    if as_json:
        print_json({"files": written})
        return
    show([("keys", f"{counted(len(written), 'file')} put into {directory}"), _signing(directory)])


def _signing(directory: Path) -> tuple[str, str]:
    """Return what must be shown before checkpoints are signed; a network's validators sign them."""
    from muniment.network.finding import is_node
    from muniment.storage.sqlite import FILE_NAME, SqliteStorage

    if is_node(directory):
        return "next", f"muniment doctor {directory}"
    if (directory / FILE_NAME).exists():
        with SqliteStorage(directory, read_only=True) as storage:
            if storage.is_promoted:
                return "next", f"muniment doctor {directory}"
    return "signing", f"refused until: muniment backup resume CHECKPOINT --ledger {directory}"


@app.command()
def resume(
    checkpoint: Annotated[Path, typer.Argument(
        help="The newest checkpoint known outside; - for stdin.")],
    ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False,
) -> None:
    """Show that a restored ledger holds all that was ever signed, so that it may sign again."""
    with opened(ledger, as_json=as_json) as register:
        from muniment.node.key_backup import show_newest

        if str(checkpoint) != "-" and not checkpoint.is_file():
            raise NotFound("file-not-found", f"There is no file {checkpoint}.")
        note = sys.stdin.read() if str(checkpoint) == "-" else checkpoint.read_text("utf-8")
        size = show_newest(register.ledger, ledger, note)
        if as_json:
            print_json({"resumed": True, "size": size})
            return
        show([("result", f"the checkpoint of {counted(size, 'entry')} is a prefix: signing goes "
               "on")])


def _passphrase(file: Path | None) -> str:
    if file is not None:
        if not file.is_file():
            raise NotFound("file-not-found", f"There is no file {file}.")
        lines = file.read_text(encoding="utf-8").splitlines()
        return lines[0] if lines else ""
    named = os.environ.get("MUNIMENT_PASSPHRASE")
    if named:
        return named
    if not sys.stdin.isatty():
        raise Malformed("passphrase-missing", "There is no terminal at which to ask for it.",
                        remedy="--passphrase-file FILE, or the variable MUNIMENT_PASSPHRASE")
    return str(typer.prompt("Passphrase", hide_input=True, err=True))
