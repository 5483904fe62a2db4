"""What all commands share: options, output, errors, exit codes.

- Data goes to stdout, progress and errors to stderr. `--json` prints one JSON value; without it
  there is text for people, coloured only on a terminal.
- Exit codes: 0 ok, 1 a check or a proof failed, 2 usage, malformed input or what is there already,
  3 not found, 4 denied, 5 busy, 70 fault.
"""

import errno
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from muniment.model import dates
from muniment.proof.errors import (
    AlreadyThere,
    Busy,
    Fault,
    LedgerError,
    Malformed,
    NotFound,
    OutOfTurn,
    Refused,
    StorageFault,
    Unauthentic,
    VaultFault,
    VerificationError,
)

if TYPE_CHECKING:  # a command that opens no ledger does without the engine
    from muniment.node.ledger import DrivenLedger
    from muniment.node.register import Receipt, Register
    from muniment.node.register import Reference as Named

EXIT_CODES: dict[type[Exception], int] = {
    VerificationError: 1,
    Refused: 1,
    OutOfTurn: 1,
    Malformed: 2,
    AlreadyThere: 2,
    NotFound: 3,
    Unauthentic: 4,
    Busy: 5,
}
DENIED = ("not-authorised", "participant-barred", "members-decide", "not-for-the-members")
LINE_SECONDS = 3.0
"""When the first line about long work is written where there is no terminal; the pauses double."""
FICTION = "FICTION: a demo ledger of fictional offices"

utc = dates.utc

LedgerOption = Annotated[
    Path, typer.Option("--ledger", envvar="MUNIMENT_LEDGER", help="Directory of the ledger.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
AccountOption = Annotated[
    str | None, typer.Option("--as", help="Account that signs; by default the operator, on a "
                             "network the office whose keys are here.")
]
KindOption = Annotated[
    str, typer.Option("--kind", help="patent, utility-model, design or trademark.")
]
ReferenceArgument = Annotated[
    str, typer.Argument(help="OFFICE/KIND/NUMBER, e.g. US/patent/06113950.")
]


def group(help_text: str) -> typer.Typer:
    """Return a group of commands."""
    return typer.Typer(help=help_text, no_args_is_help=True, add_completion=False,
                       rich_markup_mode=None)


def show_error(error: LedgerError, *, as_json: bool = False) -> None:
    """Print an error for people on stderr, or as JSON on stdout."""
    if as_json:
        print_json(error.diagnostics())
        return
    lines = [f"error: {error.name}", f"  {error.detail}"]
    if error.basis:
        lines.append(f"  basis: {error.basis}")
    if error.remedy:
        lines.append(f"  try: {error.remedy}")
    sys.stderr.write("\n".join(lines) + "\n")


def exit_code(error: LedgerError) -> int:
    """Return the exit code of an error."""
    if error.name in DENIED:
        return 4
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


@contextmanager
def errors(*, as_json: bool = False) -> Iterator[None]:
    """Turn expected errors into a message and an exit code; a fault says what to do."""
    try:
        yield
    except LedgerError as error:
        show_error(error, as_json=as_json)
        raise typer.Exit(exit_code(error)) from None
    except StorageFault as fault:
        if _NODE.get() is None or isinstance(fault, VaultFault):
            raise typer.Exit(_tell_fault(fault)) from None
        from muniment.network.rpc import not_believed

        show_error(not_believed(str(fault)), as_json=as_json)
        raise typer.Exit(1) from None
    except Fault as fault:
        raise typer.Exit(_tell_fault(fault)) from None
    except BrokenPipeError:
        raise typer.Exit(0) from None  # the reader had enough
    except OSError as error:
        show_error(_file_failed(error), as_json=as_json)
        raise typer.Exit(3) from None


def _file_failed(error: OSError) -> LedgerError:
    """Return what to tell of an error of the system: not every one names a file."""
    what = error.strerror or type(error).__name__
    detail = f"{what}: {error.filename}" if error.filename else f"{what}."
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return LedgerError("file-failed", detail, remedy="Make room on the disk." if full else "")


def _tell_fault(fault: Fault) -> int:
    sys.stderr.write(f"fault: {fault}\n  try: muniment doctor DIR\n")
    return 70


_NODE: ContextVar[str | None] = ContextVar("node", default=None)
_ATTESTED: ContextVar[bool | None] = ContextVar("attested", default=None)
"""Whether a trust policy attests what a node answered; None if no node was asked."""
_NODE_OPTION = Parameter(
    "node", Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[
        str | None, typer.Option("--node", envvar="MUNIMENT_NODE", help="RPC of a network's node, "
                                 "http://HOST:PORT; keys and vault stay in --ledger.")])


def on_node(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option --node: what `opened` opens is then the network's ledger."""

    @wraps(command)
    def run(*args: Any, node: str | None = None, **options: Any) -> None:
        if node and options.get("ledger") is None:
            options["ledger"] = Path("ledger")
        token, attested = _NODE.set(node), _ATTESTED.set(None)
        try:
            command(*args, **options)
        finally:
            _ATTESTED.reset(attested)
            _NODE.reset(token)

    own = signature(command, eval_str=True)
    shown = own.replace(parameters=[*own.parameters.values(), _NODE_OPTION])
    run.__signature__ = shown  # type: ignore[attr-defined]
    run.__annotations__ = {name: one.annotation for name, one in shown.parameters.items()}
    return run


@contextmanager
def opened(
    ledger: Path, account: str | None = None, *, as_json: bool = False, read_only: bool = False
) -> "Iterator[Register]":
    """Open a ledger for one command: a directory's own, or a network's through a node."""
    from muniment.node.register import Register

    with errors(as_json=as_json):
        node = _NODE.get()
        held = _through(node, ledger) if node else None
        with Register(ledger, account, read_only=read_only, ledger=held) as register:
            yield register
            register.ledger.settle()


def _through(node: str, directory: Path) -> "DrivenLedger":
    """Return a network's ledger through a node; say so if nothing but the node answers for it."""
    from muniment.network.remote_ledger import RemoteLedger
    from muniment.node.solo import POLICY_FILE

    held = RemoteLedger(node, directory, told=_still_waiting)
    _ATTESTED.set(held.is_attested)
    if not held.is_attested:
        sys.stderr.write(
            f"unattested: what {node} says, and nobody else; there is no trust policy. "
            f"try: ask an office that you trust for {directory / POLICY_FILE}\n")
        sys.stderr.flush()
    return held


def _still_waiting(seconds: int, envelopes: int) -> None:
    waits = "envelope waits" if envelopes == 1 else "envelopes wait"
    sys.stderr.write(f"{envelopes} {waits}: the network decided nothing for {seconds} s\n")


def print_json(value: Any) -> None:
    """Print one JSON value on stdout; an object says whether a node's answer is attested."""
    attested = _ATTESTED.get()
    if attested is not None and isinstance(value, dict):
        value = {**value, "attested": attested}
    sys.stdout.write(json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n")


def show(lines: Sequence[tuple[str, Any]], *, fiction: bool = False) -> None:
    """Print named values in columns."""
    if fiction:
        sys.stdout.write(f"{FICTION}\n")
    width = max((len(name) for name, _ in lines), default=0)
    for name, value in lines:
        sys.stdout.write(f"{name:<{width}}  {value}\n")


def show_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table in aligned columns."""
    cells = [[str(one) for one in row] for row in (heads, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(heads))]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def show_receipt(register: "Register", receipt: "Receipt", what: str, *, as_json: bool) -> None:
    """Print the receipt of an accepted operation."""
    if as_json:
        print_json({
            "accepted": True, "checkpoint": receipt.checkpoint, "fiction": register.is_fiction,
            "height": receipt.height, "position": receipt.position, "time": receipt.time,
        })
        return
    show([
        ("accepted", what),
        ("entry", f"{receipt.position} of {register.ledger.identity.origin}"),
        ("block", f"{receipt.height}, {utc(receipt.time)}"),
    ], fiction=register.is_fiction)


def named(text: str) -> "Named":
    """Return the parts of a reference."""
    from muniment.node.register import parse_reference

    return parse_reference(text)


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Any]:
    """Show on stderr how far long work is; yield the function that moves it.

    On a terminal it is a bar; elsewhere a line now and then, and none if the work is short.
    """
    if not sys.stderr.isatty():
        yield _lines_now_and_then(what, total)
        return
    from rich import progress
    from rich.console import Console

    # What has no known end shows how much is done and for how long, not a share of nothing.
    shown: tuple[progress.ProgressColumn, ...] = (
        (progress.MofNCompleteColumn(), progress.TimeRemainingColumn()) if total else
        (progress.TextColumn("{task.completed:,.0f}"), progress.TimeElapsedColumn()))
    columns = (progress.TextColumn("{task.description}"), progress.BarColumn(), *shown)
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def _lines_now_and_then(what: str, total: int | None) -> Callable[[int], None]:
    said, pause = time.monotonic(), LINE_SECONDS

    def move(done: int) -> None:
        nonlocal said, pause
        if time.monotonic() - said >= pause:
            said, pause = time.monotonic(), 2 * pause
            of = f" of {total:,}" if total else ""
            sys.stderr.write(f"{what}: {done:,}{of} done\n")

    return move
