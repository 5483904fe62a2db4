"""Decide a claim: the later office says whether it accepts it, in the words of ST.96."""

from collections.abc import Iterator
from typing import Annotated, Literal

from muniment.codec import (
    Component,
    Date,
    Natural,
    Number,
    Office,
    Payload,
    RightKind,
    Word,
    items,
    replace,
)
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.claim import ASSERTED_MAX, CLAIMS, CheckNumber, Decision
from muniment.model.claiming import (
    Standing,
    index_claim,
    is_overtaken,
    note_finding,
    standing_claim,
)
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.result_texts import ABOUT, results_of
from muniment.model.state import Change, State, change


class DecideClaim(Payload, frozen=True, kw_only=True, tag="decide-claim"):
    """The decision."""

    asserted: Annotated[dict[CheckNumber, Component], items(least=0, most=ASSERTED_MAX)] = {}
    """What the office found of checks that public state cannot test, by their numbers."""
    claim: Natural
    """The place of the claim among those of its filing, from 0."""
    date: Date
    """The day of the decision."""
    ground: Word
    """The code of the ground, e.g. `requirements-met` or `period-expired`."""
    number: Number
    """The number of the later filing."""
    office: Office
    """The later office."""
    right: RightKind
    """The kind of right of the later filing."""
    status: Literal["Accepted", "Partially refused", "Refused"]
    """What it decides."""


TYPE = TransactionType(
    name="decide-claim",
    number=33,
    payload=DecideClaim,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"claim", "claimed", "finding"}),
)


@TYPE.check(1, "not-confirmed", basis="Paris Convention Art. 4D(4)")
def claim_is_here(operation: DecideClaim, state: State, ctx: Context) -> bool:
    """The claim MUST stand in the office's register."""
    return _standing(operation, state) is not None


@TYPE.check(2, "claim-withdrawn", basis="PCT Rule 90bis.3")
def claim_stands(operation: DecideClaim, state: State, ctx: Context) -> bool:
    """The claim MUST NOT be withdrawn."""
    standing = _standing(operation, state)
    return standing is not None and standing.claim.status != "Abandoned"


@TYPE.check(3, "date-not-real-or-future", basis="WIPO Standard ST.2")
def date_has_come(operation: DecideClaim, state: State, ctx: Context) -> bool:
    """The day MUST be real, not in the future and not before the later filing."""
    standing = _standing(operation, state)
    return standing is not None and has_come(operation.date, ctx.time) and (
        operation.date >= standing.later.entry.date)


@TYPE.check(4, "decision-unchanged", basis="WIPO Standard ST.96, PriorityStatusCategory")
def decision_is_new(operation: DecideClaim, state: State, ctx: Context) -> bool:
    """The status MUST differ from the one that stands; a later decision may replace it."""
    standing = _standing(operation, state)
    return standing is not None and standing.claim.status != operation.status


@TYPE.check(5, "result-unknown", basis="docs/priority.md")
def results_are_known(operation: DecideClaim, state: State, ctx: Context) -> bool:
    """Each result that the office asserts MUST be one that its check can give."""
    return all(check in ABOUT and result in results_of(check)
               for check, result in operation.asserted.items())


@TYPE.check(6, "decision-overtaken", basis="PCT Rule 26bis.1(c); Paris Convention Art. 4D(4)")
def decision_is_the_latest(operation: DecideClaim, state: State, ctx: Context) -> bool:
    """The day MUST NOT be before the decision, correction or restoration that stands."""
    standing = _standing(operation, state)
    if standing is None or is_overtaken(standing, operation.date):
        return False
    decided = standing.claim.decided
    return decided is None or decided.date <= operation.date


@TYPE.effect
def claim_is_decided(operation: DecideClaim, state: State, ctx: Context) -> Iterator[Change]:
    """The claim has its status, the index too; what the office asserts stands in the finding."""
    standing = _standing(operation, state)
    if standing is None:
        return
    decision = Decision(date=operation.date, entry=ctx.position, ground=operation.ground)
    after = replace(standing.claim, decided=decision, status=operation.status)
    decided = standing._replace(claim=after)
    yield change(CLAIMS, CLAIMS.key(standing.part), standing.claim, after)
    yield from index_claim(state, decided)
    yield note_finding(state, ctx, decided, operation.asserted)


def _standing(operation: DecideClaim, state: State) -> Standing | None:
    return standing_claim(state, operation.office, operation.right, operation.number,
                          operation.claim)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def decide(status: Literal["Accepted", "Partially refused", "Refused"] = "Accepted",
               date: str = "2026-05-05", asserted: dict[str, str] | None = None) -> DecideClaim:
        return DecideClaim(asserted=asserted or {}, claim=0, date=date, ground="requirements-met",
                           number="2026/000001", office="XA", right="patent", status=status)

    standing = given.filed() | given.claimed()
    yield Example("accepted", decide(asserted={"P10": "SAME_APPLICANT"}), given=standing)
    yield Example("refused", decide("Refused"), given=standing)
    yield Example("no-such-claim", decide(), "not-confirmed", given.filed())
    yield Example("withdrawn", decide(), "claim-withdrawn",
                  given.filed() | given.claimed(status="Abandoned"))
    yield Example("before-the-filing", decide(date="2026-01-04"), "date-not-real-or-future",
                  standing)
    yield Example("again", decide(), "decision-unchanged",
                  given.filed() | given.claimed(status="Accepted"))
    refused = given.claimed(status="Refused", decided={
        "date": "2026-05-06", "entry": 20, "ground": "period-expired"})
    yield Example("older-than-the-one-that-stands", decide(), "decision-overtaken",
                  given.filed() | refused)
    yield Example("corrected-since", decide(), "decision-overtaken",
                  given.filed() | given.claimed(steps={"corrected": "2026-05-06"}))
    yield Example("invented-result", decide(asserted={"P10": "LOOKS_GOOD"}), "result-unknown",
                  standing)
