"""`muniment priority`: check claims, record and withdraw them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import (
    AccountOption,
    JsonOption,
    LedgerOption,
    errors,
    group,
    named,
    opened,
    print_json,
    progress_bar,
    show,
    show_receipt,
)
from muniment.model.calendar import Calendar, Reference
from muniment.model.office import DEMO
from muniment.model.priority import Assessment, assess_priority
from muniment.model.priority_case import ClaimFacts, Filing
from muniment.proof.errors import LedgerError, Malformed

app = group("Check priority claims, record them, withdraw them.")
LaterArgument = Annotated[str, typer.Argument(help="Later filing, OFFICE/KIND/NUMBER.")]
OptionalLedger = Annotated[
    Path | None,
    typer.Option("--ledger", envvar="MUNIMENT_LEDGER", help="Ledger to look earlier filings up."),
]
EARLIER_KINDS = ("patent", "utility-model", "design", "trademark")


class Checker:
    """Assesses claims against a ledger, or against the packaged reference data alone."""

    def __init__(self, state: Any = None) -> None:
        from muniment.model.reference import LedgerReference
        from muniment.reference import PackagedReference

        self._state = state
        self._reference: Reference = LedgerReference(state) if state else PackagedReference("demo")
        self._calendars: dict[str, Calendar] = {}

    def assess(self, later: Filing, claims: list[Filing]) -> Assessment:
        """Return the assessment of claims."""
        if later.office not in self._calendars:
            self._calendars[later.office] = Calendar(later.office, self._reference)
        facts = [self._facts(one, later) for one in claims]
        return assess_priority(later, facts, self._reference, self._calendars[later.office])

    def _facts(self, earlier: Filing, later: Filing) -> ClaimFacts:
        from muniment.model.checking import claim_facts, packaged_facts

        if self._state is not None:
            return claim_facts(self._state, earlier, later)
        return packaged_facts(self._reference, earlier)


def read_case(plain: Any) -> tuple[Filing, list[Filing]]:
    """Return the later filing and the claims of one line of a batch.

    Raises:
        Malformed: A member is missing or of the wrong type.
    """
    from muniment.model.checking import filing

    try:
        right = plain["right"]
        later, claims = plain["later"], plain["claims"]
        texts = [right, later["office"], later.get("number", ""), later["filing_date"]]
        made = filing(later["office"], right, later.get("number", ""), later["filing_date"])
        earlier = []
        for one in claims:
            kind = one.get("right", right)
            texts += [one["office"], one.get("number") or "", one["date"], kind]
            earlier.append(filing(one["office"], kind, one.get("number") or "", one["date"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed("case-malformed", f"A member is missing or of the wrong type: {error}.",
                        basis="docs/priority.md") from None
    if not all(isinstance(one, str) and one.isascii() and len(one) <= 40 for one in texts):
        raise Malformed("case-malformed", "A member is no ASCII text of at most 40 characters.",
                        basis="docs/priority.md")
    return made, earlier


@app.command()
def check(
    later: Annotated[str | None, typer.Argument(help="Later filing, OFFICE/KIND/NUMBER.")] = None,
    filed: Annotated[str | None, typer.Option(help="Its filing date, YYYY-MM-DD.")] = None,
    claim: Annotated[list[str] | None, typer.Option(
        help="Earlier filing and date, OFFICE/KIND/NUMBER@YYYY-MM-DD; repeatable.")] = None,
    batch: Annotated[Path | None, typer.Option(help="JSON lines or CSV of cases.")] = None,
    ledger: OptionalLedger = None,
    as_json: JsonOption = False,
) -> None:
    """Check claims: every check's own result, the dates used, the calendar and the reasons."""
    if ledger is None:
        with errors(as_json=as_json):
            _check(Checker(), later, filed, claim, batch, as_json=as_json)
        return
    with opened(ledger, as_json=as_json, read_only=True) as register:
        _check(Checker(register.ledger.state), later, filed, claim, batch, as_json=as_json)


def _check(
    checker: Checker, later: str | None, filed: str | None, claims: list[str] | None,
    batch: Path | None, *, as_json: bool,
) -> None:
    from muniment.model.checking import filing

    if batch is not None:
        _batch(checker, batch)
        return
    if not later or not filed or not claims:
        raise Malformed("case-malformed", "A check needs a later filing, its date and a claim.",
                        remedy="muniment priority check XB/patent/2026-00001 --filed 2026-09-21 "
                        "--claim XA/patent/2025/000001@2025-09-18")
    office, right, number = named(later)
    earlier = [filing(*named(one.rpartition("@")[0]), one.rpartition("@")[2]) for one in claims]
    assessed = checker.assess(filing(office, right, number, filed), earlier)
    if as_json:
        print_json({**assessed.as_json(), "fiction": is_fiction(assessed)})
        return
    show_assessment(assessed)


def is_fiction(assessed: Assessment) -> bool:
    """Return whether a fictional office takes part."""
    offices = {assessed.later.office, *(one.claim.earlier.office for one in assessed.claims)}
    return bool(DEMO.keys() & offices)


def show_assessment(assessed: Assessment) -> None:
    """Print an assessment for people."""
    later = assessed.later
    show([("later filing", f"{later.office} {later.number} ({later.right}), {later.date}")],
         fiction=is_fiction(assessed))
    for one in assessed.claims:
        if not one.confirmed:
            show([("claim", "not-confirmed"), ("", one.as_json()["reason"])])
            continue
        earlier = one.claim.earlier
        show([("claim", f"{earlier.office} {earlier.number} ({earlier.right}), {earlier.date}")])
        for result in one.results:
            mark = "x" if result.excludes else " "
            sys.stdout.write(f" [{mark}] {result.check}  {result.result:<18}  {result.reason}\n")
            if result.remedy:
                sys.stdout.write(f"                               -> {result.remedy}\n")
    day = assessed.priority_date
    show([("P18", f"priority date {day}" if day else "no claim gives a priority date on public "
           "facts"), ("note", "The later office decides; this is what public facts say.")])


def _batch(checker: Checker, path: Path) -> None:
    from muniment.proof.canonical import encode

    with progress_bar("priority check", None) as move:
        for number, plain in enumerate(_cases(path), 1):
            try:
                later, claims = read_case(plain)
                assessed = checker.assess(later, claims)
                answer = {**assessed.as_json(), "fiction": is_fiction(assessed)}
            except LedgerError as error:
                answer = error.diagnostics()
            sys.stdout.buffer.write(encode({"line": number, **answer}) + b"\n")
            if number % 1_000 == 0:
                move(number)
    sys.stdout.buffer.flush()


def _cases(path: Path) -> Iterator[Any]:
    from muniment.intake.reader import file_digest, read_rows

    file_digest(path)
    for row in read_rows(path):
        fields = row.fields
        if fields is None or "later" in fields or "claims" in fields:
            yield fields
            continue
        yield {
            "claims": [{"date": fields.get("earlier_date"), "number": fields.get("earlier_number"),
                        "office": fields.get("earlier_office"),
                        "right": fields.get("earlier_right") or fields.get("right")}],
            "later": {"filing_date": fields.get("later_date"),
                      "number": fields.get("later_number"), "office": fields.get("later_office")},
            "right": fields.get("right"),
        }


@app.command("claim")
def claim_priority(
    later: LaterArgument,
    earlier: Annotated[str, typer.Argument(help="Earlier filing, OFFICE/KIND/NUMBER.")],
    date: Annotated[str, typer.Option(help="Its filing date as claimed, YYYY-MM-DD.")],
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record a claim in the later office's register."""
    with opened(ledger, account, as_json=as_json) as register:
        receipt = register.act(claiming(later, earlier, date))
        show_receipt(register, receipt, f"{later} claims {earlier} of {date}", as_json=as_json)


def claiming(later: str, earlier: str, date: str) -> Any:
    """Return the operation of a claim."""
    from muniment.codec import from_members
    from muniment.operations.claim_priority import ClaimPriority

    office, right, number = named(later)
    first = named(earlier)
    return from_members(ClaimPriority, {
        "date": date,
        "earlier": {"number": first.number, "office": first.office, "right": first.right},
        "number": number, "office": office, "right": right, "type": "claim-priority",
    })


@app.command()
def withdraw(
    later: LaterArgument,
    claim: Annotated[int, typer.Argument(help="Place of the claim, from 0.")],
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw a claim; it stays on record and no longer counts."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.codec import from_members
        from muniment.operations.withdraw_claim import WithdrawClaim

        office, right, number = named(later)
        receipt = register.act(from_members(WithdrawClaim, {
            "claim": claim, "number": number, "office": office, "right": right,
            "type": "withdraw-claim",
        }))
        show_receipt(register, receipt, f"claim {claim} of {later} withdrawn", as_json=as_json)
