"""Restore priority: the later office restores the right for a filing made too late."""

from collections.abc import Iterator

from muniment.codec import Date, Natural, Number, Office, Payload, RightKind, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.claim import CLAIMS, FALLEN, Criterion, Restoration
from muniment.model.claiming import (
    Standing,
    check_claim,
    is_overtaken,
    is_requested_in_time,
    note_finding,
    standing_claim,
)
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.state import Change, State, change


class RestorePriority(Payload, frozen=True, kw_only=True, tag="restore-priority"):
    """The act. It is that of one office; what it does at another is a rule of that one."""

    claim: Natural
    """The place of the claim among those of its filing, from 0."""
    criterion: Criterion
    """The criterion that the office found fulfilled."""
    date: Date
    """The day of the decision."""
    number: Number
    """The number of the later filing."""
    office: Office
    """The later office; for an international application, the receiving Office."""
    requested: Date
    """The day on which the applicant asked for it."""
    right: RightKind
    """The kind of right of the later filing."""


TYPE = TransactionType(
    name="restore-priority",
    number=34,
    payload=RestorePriority,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"claim", "finding"}),
    event="C14",
)


@TYPE.check(1, "not-confirmed", basis="PCT Rule 26bis.3; PLT Art. 13(2)")
def claim_is_here(operation: RestorePriority, state: State, ctx: Context) -> bool:
    """The claim MUST stand in the office's register."""
    return _standing(operation, state) is not None


@TYPE.check(2, "claim-fallen", basis="PCT Rule 26bis.3; PLT Art. 13(2)")
def claim_stands(operation: RestorePriority, state: State, ctx: Context) -> bool:
    """The claim MUST be neither withdrawn nor refused."""
    standing = _standing(operation, state)
    return standing is not None and standing.claim.status not in FALLEN


@TYPE.check(3, "priority-restored", basis="PCT Rule 26bis.3; PLT Art. 13(2)")
def right_is_not_restored(operation: RestorePriority, state: State, ctx: Context) -> bool:
    """The right MUST NOT have been restored before."""
    standing = _standing(operation, state)
    return standing is not None and standing.claim.restored is None


@TYPE.check(4, "date-not-real-or-future", basis="WIPO Standard ST.2")
def dates_have_come(operation: RestorePriority, state: State, ctx: Context) -> bool:
    """Both days MUST have come; the decision MUST follow request and filing, and all the claim.

    A request may come before the day of the later filing, which can be accorded after the papers
    were received (PLT Art. 5(4) and (6); PCT Rule 20.3).
    """
    standing = _standing(operation, state)
    if standing is None or not has_come(operation.date, ctx.time):
        return False
    asked, filed = operation.requested, standing.later.entry.date
    return has_come(asked, ctx.time) and (
        standing.claim.date <= asked <= operation.date and filed <= operation.date)


@TYPE.check(5, "not-restorable", basis="PCT Rule 26bis.3(a); PLT Art. 13(2), Rule 14(4)(a)")
def right_can_be_restored(operation: RestorePriority, state: State, ctx: Context) -> bool:
    """The period MUST have ended, and a published window of the office MUST still be open."""
    return bool(_criteria(operation, state))


@TYPE.check(6, "criterion-not-of-the-office", basis="PCT Rule 26bis.3(a); PLT Art. 13(2)(iv)")
def criterion_is_the_offices(operation: RestorePriority, state: State, ctx: Context) -> bool:
    """The criterion MUST be one on which the office restores that kind of right."""
    return operation.criterion in _criteria(operation, state)


@TYPE.check(7, "request-too-late", basis="PCT Rule 26bis.3(e); PLT Art. 13(2)(ii), Rule 14(4)(b)")
def request_is_in_time(operation: RestorePriority, state: State, ctx: Context) -> bool:
    """Restoration MUST be requested by the office's last day, and before publication."""
    standing = _standing(operation, state)
    return standing is not None and is_requested_in_time(
        state, standing, operation.criterion, operation.requested)


@TYPE.check(8, "decision-overtaken", basis="PCT Rule 26bis.1(c)")
def decision_is_on_what_stands(operation: RestorePriority, state: State, ctx: Context) -> bool:
    """The decision MUST NOT be older than the latest correction of the claim."""
    standing = _standing(operation, state)
    return standing is not None and not is_overtaken(standing, operation.date)


@TYPE.effect
def right_is_restored(operation: RestorePriority, state: State, ctx: Context) -> Iterator[Change]:
    """The claim shows the act; its effect elsewhere is for each other office's rule."""
    standing = _standing(operation, state)
    if standing is None:
        return
    restored = Restoration(criterion=operation.criterion, date=operation.date,
                           entry=ctx.position, requested=operation.requested)
    after = replace(standing.claim, restored=restored)
    yield change(CLAIMS, CLAIMS.key(standing.part), standing.claim, after)
    yield note_finding(state, ctx, standing._replace(claim=after))


def _criteria(operation: RestorePriority, state: State) -> list[str]:
    """Return the criteria on which the right can be restored as things stand."""
    standing = _standing(operation, state)
    if standing is None:
        return []
    period = check_claim(state, standing).result("P06")
    return list(period.facts.get("criteria", ())) if period else []


def _standing(operation: RestorePriority, state: State) -> Standing | None:
    return standing_claim(state, operation.office, operation.right, operation.number,
                          operation.claim)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def restore(criterion: Criterion = "due-care", date: str = "2026-05-05",
                requested: str = "2026-03-02") -> RestorePriority:
        return RestorePriority(claim=0, criterion=criterion, date=date, number="2026/000001",
                               office="XA", requested=requested, right="patent")

    rules = given.rules_of_restoration()
    late = given.filed() | given.claimed(date="2025-01-02") | rules
    restored = {"criterion": "due-care", "date": "2026-04-04", "entry": 20,
                "requested": "2026-03-02"}
    yield Example("plain", restore(), given=late)
    yield Example("no-such-claim", restore(), "not-confirmed", given.filed() | rules)
    yield Example("withdrawn", restore(), "claim-fallen",
                  late | given.claimed(date="2025-01-02", status="Abandoned"))
    yield Example("again", restore(), "priority-restored",
                  late | given.claimed(date="2025-01-02", restored=restored))
    yield Example("decided-before-it-was-asked", restore(date="2026-03-01"),
                  "date-not-real-or-future", late)
    yield Example("asked-for-with-papers-that-came-before-the-filing-date",
                  restore(requested="2026-01-03"), given=late)
    yield Example("asked-for-before-the-earlier-filing", restore(requested="2025-01-01"),
                  "date-not-real-or-future", late)
    yield Example("in-time", restore(), "not-restorable",
                  late | given.claimed(date="2025-03-03"))
    yield Example("two-years-late", restore(), "not-restorable",
                  late | given.claimed(date="2023-03-03"))
    yield Example("asked-for-on-the-day-after", restore(requested="2026-03-03"),
                  "request-too-late", late)
    yield Example("asked-for-when-published", restore(requested="2026-02-03"), "request-too-late",
                  late | given.filed(published="2026-02-03"))
    yield Example("corrected-since", restore(), "decision-overtaken", late | given.claimed(
        date="2025-01-02", steps={"corrected": "2026-05-06"}))
    yield Example("another-criterion", restore("unintentional"), "criterion-not-of-the-office",
                  late)
