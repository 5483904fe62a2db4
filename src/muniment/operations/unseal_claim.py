"""Unseal a claim: show the claim that a sealed entry committed to, once both filings are open."""

from collections.abc import Iterator
from typing import Annotated

from muniment.codec import Digest, Office, Payload, Record, pattern, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.application import APPLICATIONS, SEALED, as_received, covered, find, identify
from muniment.model.claim import Claim
from muniment.model.claimant import is_of_the_office
from muniment.model.claiming import (
    CLAIMS_MAX,
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
from muniment.model.sealed import SealedClaim, disclosed_value
from muniment.model.state import Change, State, change
from muniment.proof import disclosure


class UnsealClaim(Payload, frozen=True, kw_only=True, tag="unseal-claim"):
    """Which sealed claim is opened, and how."""

    disclosure: Annotated[str, pattern(r"\A[A-Za-z0-9_-]{1,4096}\Z")]
    """The SD-JWT disclosure of the whole claim."""
    office: Office
    """The later office, in whose register it was sealed."""
    sealed: Digest
    """The name under which it is sealed."""


TYPE = TransactionType(
    name="unseal-claim",
    number=36,
    payload=UnsealClaim,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"claim", "claimed", "finding", "sealed"}),
    event="P18",
)


@TYPE.check(1, "not-confirmed", basis="docs/formats/disclosure.md")
def sealed_claim_opens(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """A sealed claim of the office MUST stand under that name, unopened, with that digest."""
    sealed = state.get(SEALED, operation.sealed)
    return (
        sealed is not None
        and sealed.opened is None
        and sealed.office == operation.office
        and sealed.digest == disclosure.digest(operation.disclosure)
    )


@TYPE.check(2, "disclosure-malformed", basis="RFC 9901; docs/formats/disclosure.md")
def disclosure_is_a_claim(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """The disclosure MUST be named `claim` and hold a claim whose days and goods are sound."""
    claim, sealed = _sealed_claim(operation), state.get(SEALED, operation.sealed)
    return (
        claim is not None and sealed is not None and is_date(claim.date)
        and goods_are_sound(claim.goods, claim.right)
        and steps_have_come(claim.steps, ctx._replace(time=sealed.recorded))
    )


@TYPE.check(3, "sealed-elsewhere", basis="docs/formats/disclosure.md")
def claim_was_sealed_here(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """The disclosed ledger, office and submitter MUST equal those of the sealed entry."""
    claim, sealed = _sealed_claim(operation), state.get(SEALED, operation.sealed)
    if claim is None or sealed is None:
        return False
    sealed_by = (ctx.ledger, sealed.office, sealed.submitter)
    return (claim.ledger, claim.office, claim.submitter) == sealed_by


@TYPE.check(8, "steps-not-of-the-office", basis="Paris Convention Art. 4D(1)")
def steps_are_the_offices(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """A claim that states what was done MUST have been sealed by the office or its registrar."""
    claim, sealed = _sealed_claim(operation), state.get(SEALED, operation.sealed)
    return claim is None or sealed is None or claim.steps is None or (
        is_of_the_office(state, sealed.office, sealed.submitter))


@TYPE.check(4, "later-filing-not-open", basis="Paris Convention Art. 4D")
def later_filing_is_open(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """The later filing MUST stand unsealed in the office's register."""
    return _later(operation, state) is not None


@TYPE.check(5, "earlier-filing-not-open", basis="docs/privacy.md")
def earlier_filing_is_open(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """The earlier filing MUST stand unsealed, where its office declared the series complete."""
    claim = _sealed_claim(operation)
    if claim is None or claim.earlier.number is None:
        return True
    named = as_received(claim.earlier.office, claim.earlier.right, claim.earlier.number)
    if find(state, APPLICATIONS, *named) is not None:
        return True
    return not any(covered(state, *named[:2], suffix)
                   for suffix in identify(state, *named).suffixes)


@TYPE.check(9, "claim-to-itself", basis="Paris Convention Art. 4A(1) and 4C(2)")
def filings_differ(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """The earlier filing MUST NOT be the later one itself."""
    later, claim = _later(operation, state), _sealed_claim(operation)
    return later is not None and claim is not None and (
        not names_itself(state, later, claim.earlier))


@TYPE.check(6, "claim-already-recorded", basis="Paris Convention Art. 4D")
def claim_is_new(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """The later filing MUST NOT hold a claim in force to the same earlier filing."""
    later, claim = _later(operation, state), _claim(operation, state, ctx)
    return later is not None and claim is not None and not is_claimed(state, later, claim)


@TYPE.check(7, "too-many-claims", basis="docs/formats/state-tree.md")
def claims_are_few(operation: UnsealClaim, state: State, ctx: Context) -> bool:
    """A filing MUST NOT hold more than 64 claims."""
    later = _later(operation, state)
    return later is not None and has_room(state, later, ctx)


@TYPE.effect
def claim_is_opened(operation: UnsealClaim, state: State, ctx: Context) -> Iterator[Change]:
    """The claim stands as of the time when the office knew it, and enters the index.

    It knew what it sealed itself; of what a filer sealed it knew a digest, which declares nothing.
    """
    later, sealed = _later(operation, state), state.get(SEALED, operation.sealed)
    claim = _claim(operation, state, ctx)
    if later is None or sealed is None or claim is None:
        return
    yield from enter_claim(state, ctx, later, claim)
    opened = replace(sealed, opened=ctx.position)
    yield change(SEALED, SEALED.key(operation.sealed), sealed, opened)


def _sealed_claim(operation: UnsealClaim) -> SealedClaim | None:
    return disclosed_value(operation.disclosure, "claim", SealedClaim)


def _later(operation: UnsealClaim, state: State) -> LaterFiling | None:
    claim = _sealed_claim(operation)
    if claim is None:
        return None
    return later_filing(state, claim.office, claim.right, claim.number)


def _claim(operation: UnsealClaim, state: State, ctx: Context) -> Claim | None:
    claim, sealed = _sealed_claim(operation), state.get(SEALED, operation.sealed)
    if claim is None or sealed is None:
        return None
    known = is_of_the_office(state, sealed.office, sealed.submitter)
    return Claim(date=claim.date, earlier=claim.earlier, entry=ctx.position, goods=claim.goods,
                 recorded=sealed.recorded if known else ctx.time, steps=claim.steps,
                 submitter=sealed.submitter)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def unseal(text: str) -> UnsealClaim:
        return UnsealClaim(disclosure=text, office="XA", sealed=given.SEALED_NAME)

    def case(
        name: str, refusal: str | None, *more: dict[bytes, Record], **changed: object
    ) -> Example:
        text = given.sealing_claim(**changed)
        state = given.sealed(text)
        for entries in more:
            state |= entries
        return Example(name, unseal(text), refusal, state)

    def of_a_filer(**changed: object) -> tuple[UnsealClaim, dict[bytes, Record]]:
        text = given.sealing_claim(submitter=given.agent(), **changed)
        return unseal(text), given.filed() | given.sealed(text, submitter=given.agent())

    titled = disclosure.make(bytes(16), "title", "Lantern")
    yield case("plain", None, given.filed())
    yield Example("another-disclosure", unseal(given.sealing_claim(date="2025-03-04")),
                  "not-confirmed", given.sealed(given.sealing_claim()) | given.filed())
    yield Example("not-a-claim", unseal(titled), "disclosure-malformed",
                  given.sealed(titled) | given.filed())
    yield case("copied-from-another-ledger", "sealed-elsewhere", given.filed(),
               ledger=given.DIGEST)
    filers, state = of_a_filer()
    yield Example("of-a-filer", filers, given=state)
    filers, state = of_a_filer(steps={"declared": "2026-02-02"})
    yield Example("filer-backdates", filers, "steps-not-of-the-office", state)
    yield case("to-itself", "claim-to-itself", given.filed(),
               earlier={"number": "2026/000001", "office": "XA", "right": "patent"})
    yield case("later-filing-sealed", "later-filing-not-open")
    yield case("earlier-filing-sealed", "earlier-filing-not-open", given.filed(),
               given.covering("XB", "2025"))
    yield case("claimed-already", "claim-already-recorded", given.filed(), given.claimed())
    yield case("sixty-five", "too-many-claims", given.filed(), given.many_claims(CLAIMS_MAX))
