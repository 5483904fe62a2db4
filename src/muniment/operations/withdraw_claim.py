"""Withdraw a claim: the claim stays on record, and no longer counts."""

from collections.abc import Iterator

from muniment.codec import Natural, Number, Office, Payload, RightKind, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS
from muniment.model.claim import CLAIMS, Claim
from muniment.model.context import Context
from muniment.model.state import Change, State, change


class WithdrawClaim(Payload, frozen=True, kw_only=True, tag="withdraw-claim"):
    """Which claim is withdrawn."""

    claim: Natural
    """The place of the claim among those of its filing, from 0."""
    number: Number
    """The number of the later filing."""
    office: Office
    """The later office."""
    right: RightKind
    """The kind of right of the later filing."""


TYPE = TransactionType(
    name="withdraw-claim",
    number=31,
    payload=WithdrawClaim,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR, Signer.FILER}),
    may_change=frozenset({"claim"}),
    event="P18",
)


@TYPE.check(1, "not-confirmed", basis="PCT Rule 90bis.3")
def claim_is_here(operation: WithdrawClaim, state: State, ctx: Context) -> bool:
    """The claim MUST stand in the office's register."""
    return _claim(operation, state) is not None


@TYPE.check(2, "claim-withdrawn", basis="PCT Rule 90bis.3")
def claim_stands(operation: WithdrawClaim, state: State, ctx: Context) -> bool:
    """The claim MUST NOT be withdrawn already."""
    found = _claim(operation, state)
    return found is not None and found[1].status == "claimed"


@TYPE.effect
def claim_is_withdrawn(operation: WithdrawClaim, state: State, ctx: Context) -> Iterator[Change]:
    """The claim is marked as withdrawn; its index entry stays, because it was made."""
    found = _claim(operation, state)
    if found is not None:
        yield change(CLAIMS, found[0], found[1], replace(found[1], status="withdrawn"))


def _claim(operation: WithdrawClaim, state: State) -> tuple[bytes, Claim] | None:
    named = (operation.office, operation.right, operation.number)
    found = filings.find(state, APPLICATIONS, *named)
    if found is None:
        return None
    part = found[0].decode("ascii").removeprefix("application/").removesuffix("/")
    key = CLAIMS.key(part, f"{operation.claim:012}")
    value = state.at(CLAIMS, key)
    return None if value is None else (key, value)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    operation = WithdrawClaim(claim=0, number="2026/000001", office="XA", right="patent")
    yield Example("plain", operation, given=given.filed() | given.claimed())
    yield Example("no-such-claim", operation, "not-confirmed", given.filed())
    yield Example("again", operation, "claim-withdrawn",
                  given.filed() | given.claimed("withdrawn"))
