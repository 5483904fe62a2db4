"""`muniment relation`: what an office declares of its filing and another one."""

from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import (
    AccountOption,
    JsonOption,
    LedgerOption,
    ReferenceArgument,
    group,
    named,
    opened,
    show_receipt,
)

app = group("Declare how two filings are related.")


@app.callback()
def relations() -> None:
    """Declare how two filings are related."""


@app.command()
def declare(
    reference: ReferenceArgument,
    other: Annotated[str, typer.Argument(help="The other filing, OFFICE/KIND/NUMBER.")],
    kind: Annotated[str, typer.Option(help="same-subject, same-applicant, successor, divisional "
                                      "or national-phase.")] = "same-subject",
    basis: Annotated[str | None, typer.Option(help="Title of a successor, e.g. merger.")] = None,
    executed: Annotated[str | None, typer.Option(help="Its day of execution.")] = None,
    applicants: Annotated[str | None, typer.Option(
        help="all or some: the other filing's applicants, or successors, who take part.")] = None,
    filed: Annotated[str | None, typer.Option(
        help="Filing date of the parent or international application.")] = None,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Declare what an office's own filing is to another filing."""
    from muniment.codec import from_members
    from muniment.operations.declare_relation import DeclareRelation

    own, second = named(reference), named(other)
    values = {
        "kind": kind, "number": own.number, "office": own.office, "right": own.right,
        "other": {"number": second.number, "office": second.office, "right": second.right},
        "type": "declare-relation",
    }
    stated = {"applicants": applicants, "basis": basis, "executed": executed, "filed": filed}
    values |= {name: value for name, value in stated.items() if value is not None}
    operation = from_members(DeclareRelation, values)
    with opened(ledger, account, as_json=as_json) as register:
        show_receipt(register, register.act(operation), f"{reference} {kind} {other}",
                     as_json=as_json)
