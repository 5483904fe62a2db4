"""Claim priority: record, in the later office's register, a claim to an earlier filing."""

from collections.abc import Iterator

from muniment.codec import Date, Digest, Number, Office, Payload, RightKind, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.application import SEALED, Sealed
from muniment.model.claim import Claim, ClaimSteps, EarlierName, Goods, recorded_claims
from muniment.model.claimant import may_add, speaks_for_office
from muniment.model.claiming import (
    CLAIMS_MAX,
    CLAIMS_OF_FILERS_MAX,
    LaterFiling,
    enter_claim,
    goods_are_sound,
    has_room,
    is_claimed,
    later_filing,
    names_itself,
    steps_have_come,
)
from muniment.model.context import Context
from muniment.model.dates import is_date
from muniment.model.state import Change, State, change
from muniment.operations.file_application import sealed_name


class ClaimPriority(Payload, frozen=True, kw_only=True, tag="claim-priority"):
    """The claim. One that names a sealed filing shows `office` and `sealed` alone.

    A claim that is added later is this same operation, with its own day of declaration.
    """

    date: Date | None = None
    """The filing date of the earlier filing, as claimed."""
    earlier: EarlierName | None = None
    """The earlier filing."""
    goods: Goods | None = None
    """The goods and services for which a mark claims priority, if not for all."""
    number: Number | None = None
    """The number of the later filing."""
    office: Office
    """The later office, in whose register the claim stands."""
    right: RightKind | None = None
    """The kind of right of the later filing."""
    sealed: Digest | None = None
    """The digest of the disclosure that holds the whole claim."""
    steps: ClaimSteps | None = None
    """What was done for the claim at the office, each step with its day."""


TYPE = TransactionType(
    name="claim-priority",
    number=30,
    payload=ClaimPriority,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR, Signer.FILER}),
    may_change=frozenset({"claim", "claimed", "finding", "sealed"}),
    event="P18",
)


@TYPE.check(1, "claim-neither-open-nor-sealed", basis="Paris Convention Art. 4D(1), (5)")
def claim_is_open_or_sealed(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """An open claim MUST name both filings and the date; a sealed one MUST name nothing."""
    given = (operation.right, operation.number, operation.earlier, operation.date)
    if operation.sealed is None:
        return None not in given
    return (*given, operation.steps, operation.goods) == (None,) * 6


@TYPE.check(2, "not-confirmed", basis="Paris Convention Art. 4D")
def later_filing_is_here(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The later filing MUST stand unsealed in the office's register."""
    return operation.sealed is not None or _later(operation, state) is not None


@TYPE.check(3, "date-not-real", basis="WIPO Standard ST.2; Paris Convention Art. 4D(1)")
def date_is_real(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The claimed date MUST be a real date."""
    return operation.date is None or is_date(operation.date)


@TYPE.check(9, "claim-to-itself", basis="Paris Convention Art. 4A(1) and 4C(2)")
def filings_differ(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The earlier filing MUST NOT be the later one itself."""
    later, earlier = _later(operation, state), operation.earlier
    return later is None or earlier is None or not names_itself(state, later, earlier)


@TYPE.check(10, "filing-claimed-by-another", basis="PCT Rules 26bis.1 and 90.1")
def filing_is_no_other_filers(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """A filer MUST NOT add a claim beside another filer's in force; the office can."""
    later = _later(operation, state)
    return later is None or may_add(
        state, operation.office, recorded_claims(state, later.part).values(), ctx)


@TYPE.check(4, "claim-already-recorded", basis="Paris Convention Art. 4D")
def claim_is_new(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The later filing MUST NOT hold a claim in force to the same earlier filing."""
    later = _later(operation, state)
    return later is None or not is_claimed(state, later, _claim(operation, ctx))


@TYPE.check(5, "too-many-claims", basis="docs/formats/state-tree.md")
def claims_are_few(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """A filing MUST NOT hold more than 64 claims; those after the 48th MUST be the office's."""
    later = _later(operation, state)
    return later is None or has_room(state, later, ctx)


@TYPE.check(6, "steps-not-of-the-office", basis="Paris Convention Art. 4D(1)")
def steps_are_the_offices(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The days of what was done MUST be stated by the office or its registrar, not by a filer."""
    return operation.steps is None or speaks_for_office(state, operation.office, ctx)


@TYPE.check(7, "date-not-real-or-future", basis="WIPO Standard ST.2")
def steps_have_been_done(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """Each step MUST have a real day, and one that has come."""
    return steps_have_come(operation.steps, ctx)


@TYPE.check(8, "goods-not-sound", basis="Paris Convention Art. 4F; Nice Classification")
def goods_are_of_a_mark(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """Goods MUST be those of a mark: classes in ascending order, or the digest of a list."""
    return goods_are_sound(operation.goods, operation.right or "")


@TYPE.effect
def claim_is_recorded(operation: ClaimPriority, state: State, ctx: Context) -> Iterator[Change]:
    """The claim stands, in the index by earlier filing, with what public state says of it."""
    if operation.sealed is not None:
        sealed = Sealed(
            digest=operation.sealed, entry=ctx.position, office=operation.office,
            recorded=ctx.time, submitter=ctx.signer,
        )
        yield change(SEALED, SEALED.key(sealed_name(ctx)), None, sealed)
        return
    later = _later(operation, state)
    if later is not None:
        yield from enter_claim(state, ctx, later, _claim(operation, ctx))


def _later(operation: ClaimPriority, state: State) -> LaterFiling | None:
    if operation.right is None or operation.number is None:
        return None
    return later_filing(state, operation.office, operation.right, operation.number)


def _claim(operation: ClaimPriority, ctx: Context) -> Claim:
    earlier = operation.earlier or EarlierName(office=operation.office, right="patent")
    return Claim(
        date=operation.date or "", earlier=earlier, entry=ctx.position, goods=operation.goods,
        recorded=ctx.time, steps=operation.steps, submitter=ctx.signer,
    )


def _claiming(number: str | None = "2026/000001", date: str | None = "2025-03-03",
              sealed: str | None = None, right: RightKind = "patent",
              steps: ClaimSteps | None = None, goods: Goods | None = None) -> ClaimPriority:
    named = EarlierName(number="2025-00007", office="XB", right=right) if number else None
    return ClaimPriority(date=date, earlier=named, goods=goods, number=number, office="XA",
                         right=right if number else None, sealed=sealed, steps=steps)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    declared = ClaimSteps(declared="2026-02-02")
    itself = EarlierName(number="2026/000001", office="XA", right="patent")
    unnumbered = replace(_claiming(), earlier=EarlierName(office="XB", right="patent"))
    yield Example("open", _claiming(), given=given.filed())
    yield Example("sealed", _claiming(None, None, given.DIGEST))
    yield Example("added-later", _claiming(steps=declared), given=given.filed())
    yield Example("number-to-follow", unnumbered, given=given.filed())
    yield Example("two-of-one-day", unnumbered, given=given.filed() | given.claimed(number=None))
    yield Example("for-two-classes", _claiming(right="trademark", goods=Goods(classes=(9, 42))),
                  given=given.marked())
    yield Example("half-sealed", _claiming(None, "2025-03-03", given.DIGEST),
                  "claim-neither-open-nor-sealed")
    yield Example("later-filing-unknown", _claiming(), "not-confirmed")
    yield Example("thirtieth-of-february", _claiming(date="2025-02-30"), "date-not-real",
                  given.filed())
    yield Example("to-itself", replace(_claiming(), earlier=itself), "claim-to-itself",
                  given.filed())
    yield Example("again", _claiming(), "claim-already-recorded", given.filed() | given.claimed())
    yield Example("sixty-five", _claiming(), "too-many-claims",
                  given.filed() | given.many_claims(CLAIMS_MAX))
    yield Example("declared-tomorrow-and-more", _claiming(steps=ClaimSteps(declared="2026-06-28")),
                  "date-not-real-or-future", given.filed())
    yield Example("patent-with-classes", _claiming(goods=Goods(classes=(9,))), "goods-not-sound",
                  given.filed())


@TYPE.examples
def cases_of_filers() -> Iterator[Example]:
    """What a filer may claim, and what the office alone."""
    filer, agent = given.filed() | given.role("filer"), given.agent()
    rivals = given.claimed(number="2025-00008", submitter=given.OTHER_DIGEST)
    full = given.many_claims(CLAIMS_OF_FILERS_MAX)
    yield Example("beside-the-offices", _claiming(), signer=agent,
                  given=filer | given.claimed(number="2025-00008"))
    yield Example("beside-another-filers", _claiming(), "filing-claimed-by-another",
                  filer | rivals, signer=agent)
    yield Example("filers-forty-ninth", _claiming(), "too-many-claims", filer | full, signer=agent)
    yield Example("offices-forty-ninth", _claiming(), given=given.filed() | full)
    yield Example("filer-backdates", _claiming(steps=ClaimSteps(declared="2026-02-02")),
                  "steps-not-of-the-office", filer, signer=agent)
