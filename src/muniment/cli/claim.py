"""`muniment priority claim` and what follows it: add, correct, withdraw, decide, restore."""

from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import (
    AccountOption,
    JsonOption,
    LedgerOption,
    named,
    opened,
    print_json,
    show,
    show_receipt,
)
from muniment.cli.priority import read_facts
from muniment.node.register import Register
from muniment.proof.errors import Malformed, NotFound

LaterArgument = Annotated[str, typer.Argument(help="Later filing, OFFICE/KIND/NUMBER.")]
EarlierArgument = Annotated[str, typer.Argument(
    help="Earlier filing, OFFICE/KIND/NUMBER; OFFICE/KIND/- while it has no number.")]
PlaceArgument = Annotated[int, typer.Argument(help="Place of the claim, from 0.")]
DateOption = Annotated[str, typer.Option(
    "--date", help="Filing date of the earlier filing as claimed, YYYY-MM-DD.")]
DeclaredOption = Annotated[str | None, typer.Option(
    "--declared", help="Day on which the claim was declared.")]
NumberGivenOption = Annotated[str | None, typer.Option(
    "--number-given", help="Day on which the earlier number was given.")]
CopyRequestedOption = Annotated[str | None, typer.Option(
    "--copy-requested", help="Day on which a digital library was asked for the copy.")]
FeePaidOption = Annotated[str | None, typer.Option(
    "--fee-paid", help="Day on which the fee for the claim was paid.")]
TranslationAskedOption = Annotated[str | None, typer.Option(
    "--translation-asked", help="Day on which a translation was asked for.")]
TranslationDueOption = Annotated[str | None, typer.Option(
    "--translation-due", help="Last day that the invitation set for it.")]
TranslationFiledOption = Annotated[str | None, typer.Option(
    "--translation-filed", help="Day on which the translation was filed.")]
ClassesOption = Annotated[str | None, typer.Option(
    "--classes", help="Nice classes for which a mark claims priority, e.g. 9,42.")]
GoodsOption = Annotated[str | None, typer.Option(
    "--goods", help="List of the goods and services; kept in the vault, a digest is public.")]
SealedOption = Annotated[bool, typer.Option("--sealed", help="Show neither filing nor date.")]
NO_NUMBER = "-"


def steps_of(**days: str | None) -> dict[str, str]:
    """Return the steps that are stated, by their names."""
    return {name: day for name, day in days.items() if day is not None}


def earlier_of(text: str) -> dict[str, str]:
    """Return the earlier filing as a claim names it; its number may follow later."""
    first = named(text)
    plain = {"office": first.office, "right": first.right}
    return plain if first.number == NO_NUMBER else {**plain, "number": first.number}


def claiming(
    later: str, earlier: str, date: str, *, steps: dict[str, str] | None = None,
    goods: dict[str, Any] | None = None,
) -> Any:
    """Return the operation of a claim."""
    from muniment.codec import from_members
    from muniment.operations.claim_priority import ClaimPriority

    return from_members(ClaimPriority, {
        **_claim(later, earlier, date, steps, goods), "type": "claim-priority"})


def _claim(
    later: str, earlier: str, date: str, steps: dict[str, str] | None,
    goods: dict[str, Any] | None,
) -> dict[str, Any]:
    office, right, number = named(later)
    plain = {"date": date, "earlier": earlier_of(earlier), "number": number, "office": office,
             "right": right}
    return {**plain, **({"steps": steps} if steps else {}), **({"goods": goods} if goods else {})}


def sealed_claiming(register: Register, claim: dict[str, Any]) -> Any:
    """Return the operation of a sealed claim; the disclosure that opens it is kept first."""
    from muniment.cli.filing import keep_sealed
    from muniment.codec import from_members
    from muniment.operations.claim_priority import ClaimPriority
    from muniment.vault.vault import disclose

    text, digest = disclose("claim", {
        **claim, "ledger": register.ledger.identity.id, "submitter": register.account})
    keep_sealed(register, digest, text)
    return from_members(ClaimPriority, {
        "office": claim["office"], "sealed": digest, "type": "claim-priority"})


def unsealing_claim(register: Register, sealed: str) -> Any:
    """Return the operation that opens a sealed claim.

    Raises:
        NotFound: The vault does not keep its disclosure.
    """
    from muniment.codec import from_members
    from muniment.model.application import SEALED
    from muniment.operations.unseal_claim import UnsealClaim

    value = register.ledger.state.get(SEALED, sealed) if len(sealed) == 43 else None
    text = register.vault.show(value.digest) if value else None
    if value is None or text is None:
        raise NotFound("not-confirmed", "No sealed claim of that name can be opened here.",
                       remedy="Use the name that the receipt gave.")
    return from_members(UnsealClaim, {"disclosure": text, "office": value.office,
                                      "sealed": sealed, "type": "unseal-claim"})


def _goods(register: Register, later: str, classes: str | None,
           goods: str | None) -> dict[str, Any]:
    try:
        numbers = [int(one) for one in classes.split(",")] if classes else []
    except ValueError:
        raise Malformed("goods-malformed", f"{classes!r} are no classes.",
                        basis="Nice Classification", remedy="--classes 9,42") from None
    plain: dict[str, Any] = {"classes": numbers} if numbers else {}
    if goods:
        kept = register.keep(register.reference_key(named(later)), {"priority-goods": goods})
        plain["listed"] = kept["priority-goods"]
    return plain


def acting(kind: str, later: str, place: int, **members: Any) -> Any:
    """Return an operation on a recorded claim."""
    from muniment.cli.account import _made

    office, right, number = named(later)
    stated = {name: value for name, value in members.items() if value not in ({}, [])}
    return _made(kind, {"claim": place, "number": number, "office": office, "right": right,
                        **stated})


def claim_priority(
    later: LaterArgument,
    earlier: EarlierArgument,
    date: DateOption,
    declared: DeclaredOption = None,
    number_given: NumberGivenOption = None,
    copy_requested: CopyRequestedOption = None,
    fee_paid: FeePaidOption = None,
    classes: ClassesOption = None,
    goods: GoodsOption = None,
    sealed: SealedOption = False,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record a claim in the later office's register, openly or sealed."""
    steps = steps_of(copy_requested=copy_requested, declared=declared, fee_paid=fee_paid,
                     number_given=number_given)
    with opened(ledger, account, as_json=as_json) as register:
        stated = _goods(register, later, classes, goods)
        if sealed:
            operation = sealed_claiming(register, _claim(later, earlier, date, steps, stated))
            _show_sealed(register, operation, as_json=as_json)
            return
        receipt = register.act(claiming(later, earlier, date, steps=steps, goods=stated))
        show_receipt(register, receipt, f"{later} claims {earlier} of {date}", as_json=as_json)


def _show_sealed(register: Register, operation: Any, *, as_json: bool) -> None:
    from muniment.cli.filing import sealed_name_at

    receipt = register.act(operation)
    name = sealed_name_at(register, receipt.position)
    if as_json:
        print_json({"accepted": True, "position": receipt.position, "sealed": name})
        return
    show([("sealed", name), ("public now", "that something was sealed, by whom and when"),
          ("open it", f"muniment priority unseal {name}, once both filings are open")],
         fiction=register.is_fiction)


def add(
    later: LaterArgument,
    earlier: EarlierArgument,
    date: DateOption,
    declared: Annotated[str, typer.Option(help="Day on which the claim was added.")],
    number_given: NumberGivenOption = None,
    copy_requested: CopyRequestedOption = None,
    fee_paid: FeePaidOption = None,
    classes: ClassesOption = None,
    goods: GoodsOption = None,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record a claim that was added after the filing, with the day of its declaration."""
    claim_priority(later, earlier, date, declared, number_given, copy_requested, fee_paid,
                   classes, goods, False, ledger, account, as_json)


def unseal(
    sealed: Annotated[str, typer.Argument(help="The name under which the claim is sealed.")],
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a sealed claim, once both filings are open."""
    with opened(ledger, account, as_json=as_json) as register:
        receipt = register.act(unsealing_claim(register, sealed))
        show_receipt(register, receipt, f"unsealed {sealed}", as_json=as_json)


def correct(
    later: LaterArgument,
    claim: PlaceArgument,
    earlier: Annotated[str | None, typer.Option(
        help="The right earlier filing, or its number at last: OFFICE/KIND/NUMBER.")] = None,
    date: Annotated[str | None, typer.Option(help="The right date of the earlier filing.")] = None,
    corrected: Annotated[str | None, typer.Option(
        help="Day on which the correction was received; today if left out.")] = None,
    declared: DeclaredOption = None,
    number_given: NumberGivenOption = None,
    copy_requested: CopyRequestedOption = None,
    fee_paid: FeePaidOption = None,
    translation_asked: TranslationAskedOption = None,
    translation_due: TranslationDueOption = None,
    translation_filed: TranslationFiledOption = None,
    classes: ClassesOption = None,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct a claim, or state what was done for it since."""
    steps = steps_of(
        copy_requested=copy_requested, corrected=corrected, declared=declared, fee_paid=fee_paid,
        number_given=number_given, translation_asked=translation_asked,
        translation_due=translation_due, translation_filed=translation_filed)
    with opened(ledger, account, as_json=as_json) as register:
        operation = acting(
            "correct-claim", later, claim, date=date, steps=steps,
            earlier=earlier_of(earlier) if earlier else None,
            goods=_goods(register, later, classes, None))
        show_receipt(register, register.act(operation), f"claim {claim} of {later} corrected",
                     as_json=as_json)


def withdraw(
    later: LaterArgument,
    claim: PlaceArgument,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw a claim; it stays on record and no longer counts."""
    with opened(ledger, account, as_json=as_json) as register:
        operation = acting("withdraw-claim", later, claim)
        show_receipt(register, register.act(operation), f"claim {claim} of {later} withdrawn",
                     as_json=as_json)


def decide(
    later: LaterArgument,
    claim: PlaceArgument,
    status: Annotated[str, typer.Argument(help="accepted, partially-refused or refused.")],
    date: Annotated[str, typer.Option(help="Day of the decision.")],
    ground: Annotated[str, typer.Option(help="Code of the ground.")] = "requirements-met",
    assert_: Annotated[list[str] | None, typer.Option(
        "--assert", help="What you found of a check, e.g. P10=SAME_APPLICANT; repeatable.")] = None,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record the later office's decision on a claim, in the words of ST.96."""
    word = status.replace("-", " ").capitalize()
    with opened(ledger, account, as_json=as_json) as register:
        operation = acting("decide-claim", later, claim, asserted=read_facts(assert_ or ()),
                           date=date, ground=ground, status=word)
        show_receipt(register, register.act(operation), f"claim {claim} of {later}: {word}",
                     as_json=as_json)


def restore(
    later: LaterArgument,
    claim: PlaceArgument,
    criterion: Annotated[str, typer.Option(help="due-care or unintentional.")],
    requested: Annotated[str, typer.Option(help="Day on which the applicant asked for it.")],
    date: Annotated[str, typer.Option(help="Day of the decision.")],
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Restore the right of priority at this office; what it does elsewhere is their rule."""
    with opened(ledger, account, as_json=as_json) as register:
        operation = acting("restore-priority", later, claim, criterion=criterion, date=date,
                           requested=requested)
        show_receipt(register, register.act(operation),
                     f"priority of claim {claim} of {later} restored: {criterion}",
                     as_json=as_json)
