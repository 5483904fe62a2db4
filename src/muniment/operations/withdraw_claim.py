"""Withdraw a claim: the claim stays on record, and no longer counts."""

from collections.abc import Iterator

from muniment.codec import Natural, Number, Office, Payload, RightKind, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.claim import CLAIMS
from muniment.model.claimant import may_mend, speaks_for_office
from muniment.model.claiming import Standing, note_finding, standing_claim
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
    may_change=frozenset({"claim", "finding"}),
    event="P18",
)


@TYPE.check(1, "not-confirmed", basis="PCT Rule 90bis.3")
def claim_is_here(operation: WithdrawClaim, state: State, ctx: Context) -> bool:
    """The claim MUST stand in the office's register."""
    return _standing(operation, state) is not None


@TYPE.check(3, "claim-of-another", basis="PCT Rule 90bis.3(a)")
def claim_is_the_signers(operation: WithdrawClaim, state: State, ctx: Context) -> bool:
    """A filer MUST withdraw only what he entered; the office and its registrar, any claim."""
    standing = _standing(operation, state)
    return standing is not None and may_mend(state, operation.office, standing.claim, ctx)


@TYPE.check(2, "claim-withdrawn", basis="PCT Rule 90bis.3")
def claim_stands(operation: WithdrawClaim, state: State, ctx: Context) -> bool:
    """The claim MUST NOT be withdrawn already."""
    standing = _standing(operation, state)
    return standing is not None and standing.claim.status != "Abandoned"


@TYPE.check(4, "decided-by-the-office", basis="Paris Convention Art. 4D(4)")
def refusal_stays(operation: WithdrawClaim, state: State, ctx: Context) -> bool:
    """A claim that the office refused MUST be withdrawn by itself or its registrar, if at all.

    Else a filer would withdraw what was refused, and claim it anew.
    """
    standing = _standing(operation, state)
    return standing is not None and (
        standing.claim.status != "Refused" or speaks_for_office(state, operation.office, ctx))


@TYPE.effect
def claim_is_withdrawn(operation: WithdrawClaim, state: State, ctx: Context) -> Iterator[Change]:
    """The claim is marked as abandoned; its index entry stays, because it was made."""
    standing = _standing(operation, state)
    if standing is None:
        return
    after = replace(standing.claim, status="Abandoned")
    yield change(CLAIMS, CLAIMS.key(standing.part), standing.claim, after)
    yield note_finding(state, ctx, standing._replace(claim=after))


def _standing(operation: WithdrawClaim, state: State) -> Standing | None:
    return standing_claim(state, operation.office, operation.right, operation.number,
                          operation.claim)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    operation = WithdrawClaim(claim=0, number="2026/000001", office="XA", right="patent")
    yield Example("plain", operation, given=given.filed() | given.claimed())
    yield Example("no-such-claim", operation, "not-confirmed", given.filed())
    yield Example("again", operation, "claim-withdrawn",
                  given.filed() | given.claimed(status="Abandoned"))
    filer, agent = given.filed() | given.role("filer"), given.agent()
    yield Example("by-who-entered-it", operation, given=filer | given.claimed(submitter=agent),
                  signer=agent)
    yield Example("by-another-filer", operation, "claim-of-another", filer | given.claimed(),
                  signer=agent)
    yield Example("refused-before", operation, "decided-by-the-office",
                  filer | given.claimed(status="Refused", submitter=agent), signer=agent)
