"""`muniment relation`: what an office declares of its filing and another one, and takes back."""

from pathlib import Path
from typing import Annotated, Any

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

app = group("Declare how two filings are related, and take it back.")
OtherArgument = Annotated[str, typer.Argument(help="The other filing, OFFICE/KIND/NUMBER.")]
KindOption = Annotated[str, typer.Option(
    help="same-subject, same-applicant, successor, divisional or national-phase.")]


@app.callback()
def relations() -> None:
    """Declare how two filings are related, and take it back."""


@app.command()
def declare(
    reference: ReferenceArgument,
    other: OtherArgument,
    kind: KindOption = "same-subject",
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

    stated = {"applicants": applicants, "basis": basis, "executed": executed, "filed": filed}
    with opened(ledger, account, as_json=as_json) as register:
        operation = from_members(DeclareRelation, {
            **_between(reference, other, kind), "type": "declare-relation",
            **{name: value for name, value in stated.items() if value is not None}})
        show_receipt(register, register.act(operation), f"{reference} {kind} {other}",
                     as_json=as_json)


@app.command()
def withdraw(
    reference: ReferenceArgument,
    other: OtherArgument,
    date: Annotated[str, typer.Option(help="Day on which the office withdrew it, YYYY-MM-DD.")],
    kind: KindOption = "same-subject",
    cause: Annotated[str, typer.Option(
        help="Code of the cause, e.g. subject-differs.")] = "declared-in-error",
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back what an office declared: it stays on record and has no effect."""
    from muniment.codec import from_members
    from muniment.operations.withdraw_relation import WithdrawRelation

    with opened(ledger, account, as_json=as_json) as register:
        operation = from_members(WithdrawRelation, {
            **_between(reference, other, kind), "cause": cause, "date": date,
            "type": "withdraw-relation"})
        show_receipt(register, register.act(operation), f"{reference} {kind} {other} withdrawn",
                     as_json=as_json)


def _between(reference: str, other: str, kind: str) -> dict[str, Any]:
    own, second = named(reference), named(other)
    return {"kind": kind, "number": own.number, "office": own.office, "right": own.right,
            "other": second._asdict()}
