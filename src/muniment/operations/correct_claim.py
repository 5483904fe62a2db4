"""Correct a claim: mend its date or earlier filing, or state what was done for it since."""

from collections.abc import Iterator

from muniment.codec import Date, Natural, Number, Office, Payload, RightKind, members, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.calendar import format_date
from muniment.model.claim import (
    CLAIMED,
    CLAIMS,
    FALLEN,
    Claim,
    ClaimSteps,
    EarlierName,
    Goods,
    claimed_key,
)
from muniment.model.claimant import may_mend, speaks_for_office
from muniment.model.claiming import (
    Standing,
    goods_are_sound,
    index_claim,
    is_claimed,
    names_itself,
    note_finding,
    standing_claim,
    steps_have_come,
)
from muniment.model.context import Context
from muniment.model.dates import day_of, is_date
from muniment.model.earlier_acts import earlier_key
from muniment.model.state import Change, State, change


class CorrectClaim(Payload, frozen=True, kw_only=True, tag="correct-claim"):
    """What is right. What is left out stays as it is."""

    claim: Natural
    """The place of the claim among those of its filing, from 0."""
    date: Date | None = None
    """The right filing date of the earlier filing."""
    earlier: EarlierName | None = None
    """The right earlier filing; this is how its number is given later, too."""
    goods: Goods | None = None
    """The goods and services for which it is made."""
    number: Number
    """The number of the later filing."""
    office: Office
    """The later office."""
    right: RightKind
    """The kind of right of the later filing."""
    steps: ClaimSteps | None = None
    """What was done for the claim, each step with its day; those left out stay."""


TYPE = TransactionType(
    name="correct-claim",
    number=32,
    payload=CorrectClaim,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR, Signer.FILER}),
    may_change=frozenset({"claim", "claimed", "finding"}),
    event="P18",
)


@TYPE.check(1, "not-confirmed", basis="PCT Rule 26bis.1")
def claim_is_here(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """The claim MUST stand in the office's register."""
    return _standing(operation, state) is not None


@TYPE.check(10, "claim-of-another", basis="PCT Rule 26bis.1(a)")
def claim_is_the_signers(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """A filer MUST correct only what he entered; the office and its registrar, any claim."""
    standing = _standing(operation, state)
    return standing is not None and may_mend(state, operation.office, standing.claim, ctx)


@TYPE.check(2, "claim-fallen", basis="PCT Rule 26bis.1")
def claim_stands(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """The claim MUST be neither withdrawn nor refused."""
    standing = _standing(operation, state)
    return standing is not None and standing.claim.status not in FALLEN


@TYPE.check(11, "decided-by-the-office", basis="Paris Convention Art. 4D(4)")
def decision_stays(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """A claim that the office decided MUST be reopened by itself or its registrar."""
    standing = _standing(operation, state)
    return standing is not None and (
        standing.claim.decided is None or speaks_for_office(state, operation.office, ctx))


@TYPE.check(3, "date-not-real", basis="WIPO Standard ST.2; Paris Convention Art. 4D(1)")
def date_is_real(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """The date MUST be a real date."""
    return operation.date is None or is_date(operation.date)


@TYPE.check(4, "steps-not-of-the-office", basis="Paris Convention Art. 4D(1)")
def steps_are_the_offices(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """The days of what was done MUST be stated by the office or its registrar, not by a filer."""
    return operation.steps is None or speaks_for_office(state, operation.office, ctx)


@TYPE.check(5, "date-not-real-or-future", basis="WIPO Standard ST.2")
def steps_have_been_done(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """Each step MUST have a real day, and one that has come."""
    return steps_have_come(operation.steps, ctx)


@TYPE.check(6, "goods-not-sound", basis="Paris Convention Art. 4F; Nice Classification")
def goods_are_of_a_mark(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """Goods MUST be those of a mark: classes in ascending order, or the digest of a list."""
    return goods_are_sound(operation.goods, operation.right)


@TYPE.check(7, "nothing-to-correct", basis="PCT Rule 26bis.1")
def something_changes(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """Something MUST differ from what stands."""
    standing = _standing(operation, state)
    if standing is None:
        return False
    stated = members(operation.steps) if operation.steps else {}
    stood = members(standing.claim.steps) if standing.claim.steps else {}
    return _is_mended(operation, standing.claim) or any(
        stood.get(name) != day for name, day in stated.items())


@TYPE.check(12, "claim-to-itself", basis="Paris Convention Art. 4A(1) and 4C(2)")
def filings_differ(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """The right earlier filing MUST NOT be the later one itself."""
    standing, earlier = _standing(operation, state), operation.earlier
    return standing is None or earlier is None or not names_itself(
        state, standing.later, earlier)


@TYPE.check(8, "claim-already-recorded", basis="Paris Convention Art. 4D")
def claim_is_new(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """The later filing MUST NOT hold another claim in force to the right earlier filing."""
    standing = _standing(operation, state)
    if standing is None or operation.earlier is None:
        return True
    right = replace(standing.claim, earlier=operation.earlier)
    return not is_claimed(state, standing.later, right, but=standing.place)


@TYPE.check(9, "claim-restored", basis="PCT Rules 26bis.2(c)(i) and 26bis.3; PLT Art. 13(2)")
def restoration_still_fits(operation: CorrectClaim, state: State, ctx: Context) -> bool:
    """Neither the date nor the earlier filing of a restored claim MUST change.

    Its number may follow, or be spelled otherwise.
    """
    standing = _standing(operation, state)
    if standing is None or standing.claim.restored is None:
        return True
    date, stood = standing.claim.date, standing.claim.earlier
    right = operation.earlier or stood
    if (operation.date or date, right.office, right.right) != (date, stood.office, stood.right):
        return False
    return stood.number is None or earlier_key(state, right) == earlier_key(state, stood)


@TYPE.effect
def claim_is_corrected(operation: CorrectClaim, state: State, ctx: Context) -> Iterator[Change]:
    """The right values stand, and what the claim gave before; the index follows.

    A claim that itself changes is to be decided anew.
    """
    standing = _standing(operation, state)
    if standing is None:
        return
    before = standing.claim
    after = _corrected(operation, before, ctx)
    corrected = standing._replace(claim=after)
    yield change(CLAIMS, CLAIMS.key(standing.part), before, after)
    yield from _moved(state, standing, corrected)
    is_reopened = after.decided is None and before.decided is not None
    yield note_finding(state, ctx, corrected, {} if is_reopened else None)


def _corrected(operation: CorrectClaim, before: Claim, ctx: Context) -> Claim:
    steps = {**(members(before.steps) if before.steps else {}),
             **(members(operation.steps) if operation.steps else {})}
    after = replace(
        before, date=operation.date or before.date, earlier=operation.earlier or before.earlier,
        goods=operation.goods or before.goods,
    )
    if not _is_mended(operation, before):
        return replace(after, steps=ClaimSteps(**steps))
    today = format_date(day_of(ctx.time))
    stated = operation.steps or ClaimSteps()
    if before.earlier.number is None and after.earlier.number is not None:
        steps["number_given"] = stated.number_given or today
    if not _only_the_number(before, after):
        steps["corrected"] = stated.corrected or today
        first = before.first or before.was or before.date
        after = replace(after, correction=ctx.position, decided=None, status="Claimed",
                        was=before.date, first=None if first == before.date else first)
    return replace(after, steps=ClaimSteps(**steps))


def _is_mended(operation: CorrectClaim, before: Claim) -> bool:
    """Return whether the claim itself changes, and not only what was done for it."""
    pairs = ((operation.date, before.date), (operation.earlier, before.earlier),
             (operation.goods, before.goods))
    return any(right is not None and right != stood for right, stood in pairs)


def _only_the_number(before: Claim, after: Claim) -> bool:
    """Return whether a number was given where there was none, and nothing else changes."""
    named = replace(after.earlier, number=None)
    return (named, after.date, after.goods) == (before.earlier, before.date, before.goods)


def _moved(state: State, standing: Standing, corrected: Standing) -> Iterator[Change]:
    """Yield the changes of the index: the entry under another filing is marked, not lost."""
    old = earlier_key(state, standing.claim.earlier)
    if old == earlier_key(state, corrected.claim.earlier):
        return
    yield from index_claim(state, corrected)
    stood = state.at(CLAIMED, claimed_key(old, standing.part)) if old else None
    if old is not None and stood is not None:
        yield change(CLAIMED, claimed_key(old, standing.part), stood, replace(stood, moved=True))


def _standing(operation: CorrectClaim, state: State) -> Standing | None:
    return standing_claim(state, operation.office, operation.right, operation.number,
                          operation.claim)


def _correcting(
    date: str | None = "2025-03-04", number: str | None = None, office: str = "XB",
    steps: ClaimSteps | None = None, goods: Goods | None = None,
) -> CorrectClaim:
    earlier = EarlierName(number=number, office=office, right="patent") if number else None
    return CorrectClaim(claim=0, date=date, earlier=earlier, goods=goods, number="2026/000001",
                        office="XA", right="patent", steps=steps)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    standing, unnumbered = given.filed() | given.claimed(), given.filed() | given.claimed(None)
    two = given.claimed(number="2025-00008", place=1)
    restored = {"criterion": "due-care", "date": "2026-04-04", "entry": 20,
                "requested": "2026-03-03"}
    yield Example("date", _correcting(), given=standing)
    yield Example("earlier-filing", _correcting(None, "2025-00009"), given=standing)
    yield Example("number-given", _correcting(None, "2025-00007"), given=unnumbered)
    yield Example("onto-the-day-of-another", _correcting("2025-04-01"),
                  given=unnumbered | given.claimed(None, 1, date="2025-04-01"))
    yield Example("no-such-claim", _correcting(), "not-confirmed", given.filed())
    yield Example("withdrawn", _correcting(), "claim-fallen",
                  given.filed() | given.claimed(status="Abandoned"))
    yield Example("thirtieth-of-february", _correcting("2025-02-30"), "date-not-real", standing)
    yield Example("patent-with-classes", _correcting(goods=Goods(classes=(9,))),
                  "goods-not-sound", standing)
    yield Example("nothing", _correcting("2025-03-03"), "nothing-to-correct", standing)
    yield Example("restored", _correcting(), "claim-restored",
                  given.filed() | given.claimed(restored=restored))
    yield Example("number-of-a-restored-one", _correcting(None, "2025-00007"),
                  given=given.filed() | given.claimed(None, restored=restored))
    yield Example("to-itself", _correcting(None, "2026/000001", "XA"), "claim-to-itself", standing)
    yield Example("claimed-already", _correcting(None, "2025-00008"), "claim-already-recorded",
                  standing | two)
    yield Example("numbered-as-another", _correcting(None, "2025-00008"),
                  "claim-already-recorded", unnumbered | two)


@TYPE.examples
def cases_of_who_signs() -> Iterator[Example]:
    """What a filer may correct, and what the office alone."""
    filer, agent = given.filed() | given.role("filer"), given.agent()
    own, paid = filer | given.claimed(submitter=agent), ClaimSteps(fee_paid="2026-05-05")
    decided = given.claimed(submitter=agent, status="Accepted", decided={
        "date": "2026-05-05", "entry": 20, "ground": "requirements-met"})
    yield Example("by-who-entered-it", _correcting(), given=own, signer=agent)
    yield Example("by-another-filer", _correcting(), "claim-of-another", filer | given.claimed(),
                  signer=agent)
    yield Example("reopened-by-a-filer", _correcting(), "decided-by-the-office", filer | decided,
                  signer=agent)
    yield Example("reopened-by-the-office", _correcting(), given=given.filed() | decided)
    yield Example("fee-paid", _correcting(None, steps=paid), given=own)
    yield Example("filer-states-a-day", _correcting(steps=paid), "steps-not-of-the-office", own,
                  signer=agent)
    yield Example("paid-tomorrow-and-more", _correcting(steps=ClaimSteps(fee_paid="2026-06-28")),
                  "date-not-real-or-future", own)
