"""Claim priority: record, in the later office's register, a claim to an earlier filing."""

from collections.abc import Iterator

from muniment.codec import Date, Digest, Number, Office, Payload, RightKind, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS, SEALED, Sealed
from muniment.model.checking import claim_facts, filing
from muniment.model.claim import CLAIMED, CLAIMS, Claim, Claimed, FilingName, claimed_key
from muniment.model.context import Context
from muniment.model.dates import is_date
from muniment.model.priority import RULES, assess_priority
from muniment.model.reference import LedgerReference
from muniment.model.state import Change, State, change
from muniment.operations.file_application import sealed_name

CLAIMS_MAX = 64
"""Most claims of one application."""


class ClaimPriority(Payload, frozen=True, kw_only=True, tag="claim-priority"):
    """The claim. One that names a sealed filing shows `office` and `sealed` alone."""

    date: Date | None = None
    """The filing date of the earlier filing, as claimed."""
    earlier: FilingName | None = None
    """The earlier filing."""
    number: Number | None = None
    """The number of the later filing."""
    office: Office
    """The later office, in whose register the claim stands."""
    right: RightKind | None = None
    """The kind of right of the later filing."""
    sealed: Digest | None = None
    """The digest of the disclosure that holds the whole claim."""


TYPE = TransactionType(
    name="claim-priority",
    number=30,
    payload=ClaimPriority,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR, Signer.FILER}),
    may_change=frozenset({"claim", "claimed", "sealed"}),
    event="P18",
)


@TYPE.check(1, "claim-neither-open-nor-sealed", basis="Paris Convention Art. 4D(1), (5)")
def claim_is_open_or_sealed(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """An open claim MUST name both filings and the date; a sealed one MUST name none of them."""
    given = (operation.right, operation.number, operation.earlier, operation.date)
    if operation.sealed is None:
        return None not in given
    return given == (None, None, None, None)


@TYPE.check(2, "not-confirmed", basis="Paris Convention Art. 4D")
def later_filing_is_here(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The later filing MUST stand unsealed in the office's register."""
    if operation.sealed is not None:
        return True
    return filings.find(state, APPLICATIONS, *_later(operation)) is not None


@TYPE.check(3, "date-not-real", basis="WIPO Standard ST.2; Paris Convention Art. 4D(1)")
def date_is_real(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The claimed date MUST be a real date."""
    return operation.date is None or is_date(operation.date)


@TYPE.check(4, "claim-already-recorded", basis="Paris Convention Art. 4D")
def claim_is_new(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """The later filing MUST NOT hold a standing claim to the same earlier filing."""
    if operation.earlier is None:
        return True
    earlier = _suffix(state, operation.earlier)
    return not any(
        claim.status == "claimed" and _suffix(state, claim.earlier) == earlier
        for _, claim in _standing(operation, state)
    )


@TYPE.check(5, "too-many-claims", basis="docs/formats/state-tree.md")
def claims_are_few(operation: ClaimPriority, state: State, ctx: Context) -> bool:
    """A filing MUST NOT hold more than 64 claims."""
    return operation.earlier is None or len(_standing(operation, state)) < CLAIMS_MAX


@TYPE.effect
def claim_is_recorded(operation: ClaimPriority, state: State, ctx: Context) -> Iterator[Change]:
    """The claim stands with what public state says of it, and in the index by earlier filing."""
    if operation.sealed is not None:
        sealed = Sealed(
            digest=operation.sealed, entry=ctx.position, office=operation.office,
            recorded=ctx.time, submitter=ctx.signer,
        )
        yield change(SEALED, SEALED.key(sealed_name(ctx)), None, sealed)
        return
    found = filings.find(state, APPLICATIONS, *_later(operation))
    if found is None or operation.earlier is None:
        return
    named, day = operation.earlier, operation.date or ""
    earlier = filing(named.office, named.right, named.number, day)
    later = filing(*_later(operation), found[1].date)
    assessed = assess_priority(later, [claim_facts(state, earlier, later)], LedgerReference(state))
    place = f"{len(_standing(operation, state)):012}"
    later_part = found[0].decode("ascii").removeprefix("application/").removesuffix("/")
    claim = Claim(
        date=day, earlier=named, entry=ctx.position, recorded=ctx.time,
        results=assessed.claims[0].summary(), rules=RULES, submitter=ctx.signer,
    )
    yield change(CLAIMS, CLAIMS.key(later_part, place), None, claim)
    where = f"{later_part}/{place}"
    yield change(CLAIMED, claimed_key(_suffix(state, named), where), None, Claimed(claim=where))


def _standing(operation: ClaimPriority, state: State) -> tuple[tuple[bytes, Claim], ...]:
    found = filings.find(state, APPLICATIONS, *_later(operation))
    if found is None:
        return ()
    part = found[0].decode("ascii").removeprefix("application/").removesuffix("/")
    return state.rows(CLAIMS, part)


def _suffix(state: State, named: FilingName) -> str:
    identity = filings.identify(state, named.office, named.right, named.number)
    return f"{named.office}/{named.right}/{identity.suffix}"


def _later(operation: ClaimPriority) -> tuple[str, str, str]:
    return operation.office, operation.right or "", operation.number or ""


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def claim(number: str | None = "2026/000001", date: str | None = "2025-03-03",
              sealed: str | None = None) -> ClaimPriority:
        named = FilingName(number="2025-00007", office="XB", right="patent") if number else None
        right: RightKind | None = "patent" if number else None
        return ClaimPriority(date=date, earlier=named, number=number, office="XA", right=right,
                             sealed=sealed)

    one = next(iter(given.claimed().values()))
    many = {CLAIMS.key("XA", "patent", "2026", "000000000001", f"{place:012}"):
            replace(one, status="withdrawn") for place in range(CLAIMS_MAX)}
    yield Example("open", claim(), given=given.filed())
    yield Example("sealed", claim(None, None, given.DIGEST))
    yield Example("half-sealed", claim(None, "2025-03-03", given.DIGEST),
                  "claim-neither-open-nor-sealed")
    yield Example("later-filing-unknown", claim(), "not-confirmed")
    yield Example("thirtieth-of-february", claim(date="2025-02-30"), "date-not-real",
                  given.filed())
    yield Example("again", claim(), "claim-already-recorded", given.filed() | given.claimed())
    yield Example("sixty-five", claim(), "too-many-claims", given.filed() | many)
