"""`muniment export`: a filing, or one priority claim, for another office to read."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import (
    FICTION,
    JsonOption,
    LedgerOption,
    ReferenceArgument,
    named,
    opened,
    print_json,
    show,
)
from muniment.proof.errors import Malformed


def export(
    reference: ReferenceArgument,
    st96: Annotated[bool, typer.Option("--st96", help="As XML of WIPO Standard ST.96.")] = False,
    claim: Annotated[int | None, typer.Option(
        help="Only this priority claim, by its place, from 0.")] = None,
    public: Annotated[bool, typer.Option(
        "--public", help="Leave out what only the vault holds: title and applicants.")] = False,
    out: Annotated[Path, typer.Option(help="The file; - for stdout.")] = Path("-"),
    ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """Write a filing with its priority claims for another office; `import` reads it again."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        if not st96:
            raise Malformed("form-not-named", "The form of the export is not named.",
                            basis="docs/import.md", remedy="Add --st96")
        from muniment.intake.st96_writer import write
        from muniment.node.filing_record import record_of
        from muniment.proof.crypto import sha256

        data = write(record_of(register, named(reference), claim, disclosed=not public))
        if register.is_fiction:
            sys.stderr.write(f"{FICTION}: its offices have no code in WIPO Standard ST.3, so "
                             "that the XML does not validate\n")
        if str(out) != "-":
            out.write_bytes(data)
        if as_json:
            print_json({"bytes": len(data), "fiction": register.is_fiction, "out": str(out),
                        "sha256": sha256(data).hex(),
                        **({"xml": data.decode()} if str(out) == "-" else {})})
        elif str(out) == "-":
            sys.stdout.buffer.write(data)
        else:
            show([("exported", f"{reference} as WIPO ST.96 V6.0"), ("file", out),
                  ("bytes", len(data))], fiction=register.is_fiction)
