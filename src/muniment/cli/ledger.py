"""`muniment ledger`: state, audit, export, replay, checkpoint, log key, edition."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import (
    AccountOption,
    JsonOption,
    LedgerOption,
    errors,
    group,
    opened,
    print_json,
    progress_bar,
    show,
    show_receipt,
    utc,
)
from muniment.model.counting import counted

app = group("Look after a ledger: status, verify, export, replay, checkpoint.")


@app.command()
def status(ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False) -> None:
    """Show where the ledger stands."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.edition import announced

        head, identity = register.ledger.head, register.ledger.identity
        coming = announced(register.ledger.state)
        facts = {
            **({} if coming is None else {"announced": coming._asdict()}),
            "edition": register.ledger.engine.rules.edition, "entries": head.size,
            "height": head.height, "id": identity.id, "operator": register.operator,
            "origin": identity.origin, "profile": identity.genesis.profile,
            "state_root": head.state_root.hex(), "time": head.time,
        }
        if as_json:
            print_json(facts)
            return
        told = {**facts, "time": utc(head.time)}
        if coming is not None:
            told["announced"] = coming.text()
        show(list(told.items()), fiction=register.is_fiction)


@app.command()
def verify(ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False) -> None:
    """Recompute everything from stored bytes; name the entry where something differs."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.audit import audit

        with progress_bar("verify", register.ledger.head.size) as move:
            found = audit(register.ledger, move)
        if as_json:
            print_json({
                "blocks": found.blocks, "entries": found.entries,
                "erased_operations": found.erased, "log_root": found.log_root.hex(),
                "state_entries": found.state_entries, "state_root": found.state_root.hex(),
                "valid": True,
            })
            return
        show([
            ("result", "SOUND: every stored byte is what the rules compute"),
            ("entries", found.entries), ("blocks", found.blocks),
            ("state entries", found.state_entries), ("erased lines", found.erased),
            ("log root", found.log_root.hex()), ("state root", found.state_root.hex()),
        ], fiction=register.is_fiction)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="The file; - for stdout.")],
    ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """Write the ledger as text that anyone can replay; never the vault."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.export import export_lines

        lines = export_lines(register.ledger)
        if str(out) == "-":
            sys.stdout.buffer.writelines(lines)
            return
        with out.open("wb") as file:
            file.writelines(lines)
        if as_json:
            print_json({"entries": register.ledger.head.size, "file": str(out)})
            return
        show([("exported", f"{out}: {counted(register.ledger.head.size, 'entry')}")])


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="An export.")],
    directory: Annotated[Path, typer.Argument(help="Where the replayed ledger will stand.")],
    as_json: JsonOption = False,
) -> None:
    """Run an export again and compare the roots that it asserts."""
    with errors(as_json=as_json):
        from muniment.node.export import replay as run

        with file.open("rb") as source:
            reached = run(source, directory)
    if as_json:
        print_json(reached)
        return
    show([("result", "the replay reached the roots that the export asserts"), *reached.items()])


@app.command()
def checkpoint(ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False) -> None:
    """Print the signed checkpoint; through a node, the checkpoint with the commit over it."""
    with opened(ledger, as_json=as_json) as register:
        from muniment.proof.canonical import encode

        made = register.ledger.checkpoint()
        if as_json:
            print_json({"checkpoint": made, "entries": register.ledger.head.size,
                        "height": register.ledger.head.height})
            return
        sys.stdout.write(made if isinstance(made, str) else f"{encode(made).decode()}\n")


@app.command("rotate-log-key")
def rotate_log_key(
    ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False
) -> None:
    """Replace the key that signs checkpoints; the trust policy gets a new line."""
    with opened(ledger, as_json=as_json) as register:
        from muniment.node.rotation import rotate_log_key as rotate

        receipt = rotate(register)
        show_receipt(register, receipt, "log key rotated; hand out the new trust policy",
                     as_json=as_json)


@app.command("activate-edition")
def activate_edition(
    edition: Annotated[str, typer.Argument(help="Name of the edition.")],
    height: Annotated[int, typer.Option(help="Height of the first block under it.")],
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Announce the edition that this code carries, to begin at a height."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.node.edition import announce_edition

        receipt = announce_edition(register, edition, height)
        show_receipt(register, receipt, f"edition {edition} from block {height}", as_json=as_json)
