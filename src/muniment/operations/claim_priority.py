"""Claim priority: record, in the later office's register, a claim to an earlier filing."""

from collections.abc import Iterator

from muniment.codec import Date, Digest, Number, Office, Payload, RightKind, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.application import SEALED, Sealed
from muniment.model.checking import recorded_claims
from muniment.model.claim import CLAIMS, Claim, ClaimSteps, EarlierName, Goods
from muniment.model.claiming import (
    CLAIMS_MAX,
    LaterFiling,
    enter_claim,
    goods_are_sound,
    is_claimed,
    later_filing,
    speaks_for_office,
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


@TYPE.check(4, "claim-already-recorded", basis="Paris Convention Art. 4D")
def claim_is_new(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The later filing MUST NOT hold a claim in force to the same earlier filing."""
    later = _later(operation, state)
    return later is None or not is_claimed(state, later, _claim(operation, ctx))


@TYPE.check(5, "too-many-claims", basis="docs/formats/state-tree.md")
def claims_are_few(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """A filing MUST NOT hold more than 64 claims."""
    later = _later(operation, state)
    return later is None or len(recorded_claims(state, later.part)) < CLAIMS_MAX


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


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def claim(number: str | None = "2026/000001", date: str | None = "2025-03-03",
              sealed: str | None = None, right: RightKind = "patent",
              steps: ClaimSteps | None = None, goods: Goods | None = None) -> ClaimPriority:
        named = EarlierName(number="2025-00007", office="XB", right=right) if number else None
        return ClaimPriority(date=date, earlier=named, goods=goods, number=number, office="XA",
                             right=right if number else None, sealed=sealed, steps=steps)

    one = next(iter(given.claimed().values()))
    many = {CLAIMS.key("XA", "patent", "2026", "000000000001", f"{place:012}"):
            replace(one, status="Abandoned") for place in range(CLAIMS_MAX)}
    declared = ClaimSteps(declared="2026-02-02")
    unnumbered = ClaimPriority(
        date="2025-03-03", earlier=EarlierName(office="XB", right="patent"),
        number="2026/000001", office="XA", right="patent")
    marked = given.marked()
    yield Example("open", claim(), given=given.filed())
    yield Example("sealed", claim(None, None, given.DIGEST))
    yield Example("added-later", claim(steps=declared), given=given.filed())
    yield Example("number-to-follow", unnumbered, given=given.filed())
    yield Example("for-two-classes", claim(right="trademark", goods=Goods(classes=(9, 42))),
                  given=marked)
    yield Example("half-sealed", claim(None, "2025-03-03", given.DIGEST),
                  "claim-neither-open-nor-sealed")
    yield Example("later-filing-unknown", claim(), "not-confirmed")
    yield Example("thirtieth-of-february", claim(date="2025-02-30"), "date-not-real",
                  given.filed())
    yield Example("again", claim(), "claim-already-recorded", given.filed() | given.claimed())
    yield Example("sixty-five", claim(), "too-many-claims", given.filed() | many)
    yield Example("filer-backdates", claim(steps=declared), "steps-not-of-the-office",
                  given.filed() | given.role("filer"), signer=given.agent())
    yield Example("declared-tomorrow-and-more", claim(steps=ClaimSteps(declared="2026-06-28")),
                  "date-not-real-or-future", given.filed())
    yield Example("patent-with-classes", claim(goods=Goods(classes=(9,))), "goods-not-sound",
                  given.filed())
