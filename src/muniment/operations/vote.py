"""Vote: say whether a member agrees to a proposal."""

from collections.abc import Iterator

from muniment.codec import Digest, Natural, Office, Payload, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.proposal import PROPOSALS, VOTES, Vote, counted, digest_of
from muniment.model.state import Change, State, change
from muniment.operations.admit_member import AdmitMember


class CastVote(Payload, frozen=True, kw_only=True, tag="vote"):
    """A member's vote."""

    digest: Digest
    """SHA-256 of the canonical bytes of the act that the member read."""
    favour: bool
    """Whether the member agrees."""
    member: Office
    """The member that votes."""
    proposal: Natural
    """The number of the proposal."""


TYPE = TransactionType(
    name="vote",
    number=43,
    payload=CastVote,
    signers=frozenset({Signer.MEMBER}),
    may_change=frozenset({"vote"}),
    register="member",
)


@TYPE.check(1, "proposal-unknown", basis="docs/governance.md")
def proposal_exists(operation: CastVote, state: State, ctx: Context) -> bool:
    """A proposal of that number MUST have been made."""
    return state.get(PROPOSALS, counted(operation.proposal)) is not None


@TYPE.check(2, "proposal-enacted", basis="docs/governance.md")
def proposal_is_open(operation: CastVote, state: State, ctx: Context) -> bool:
    """The proposal MUST NOT have been enacted: until then a vote may change."""
    proposal = state.get(PROPOSALS, counted(operation.proposal))
    return proposal is not None and proposal.enacted is None


@TYPE.check(3, "proposal-expired", basis="docs/governance.md")
def proposal_is_alive(operation: CastVote, state: State, ctx: Context) -> bool:
    """The proposal MUST NOT have expired by the time of the block."""
    proposal = state.get(PROPOSALS, counted(operation.proposal))
    return proposal is not None and ctx.time < proposal.expires


@TYPE.check(4, "act-not-the-proposed", basis="docs/governance.md")
def act_is_the_proposed(operation: CastVote, state: State, ctx: Context) -> bool:
    """The act that the member read MUST be the one that was proposed."""
    proposal = state.get(PROPOSALS, counted(operation.proposal))
    return proposal is not None and proposal.digest == operation.digest


@TYPE.effect
def vote_is_cast(operation: CastVote, state: State, ctx: Context) -> Iterator[Change]:
    """The vote stands, in place of an earlier one of the same member."""
    key = VOTES.key(counted(operation.proposal), operation.member)
    after = Vote(cast=ctx.time, entry=ctx.position, favour=operation.favour)
    yield change(VOTES, key, state.at(VOTES, key), after)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    act = AdmitMember(office="XE", units=10)
    digest = digest_of(net.carried(act))
    votes = CastVote(digest=digest, favour=True, member="XB", proposal=3)
    open_one = net.network() | net.proposed(act)
    yield Example("agrees", votes, given=open_one, signer="XB")
    yield Example("changes-its-mind", replace(votes, favour=False),
                  given=net.network() | net.proposed(act, "XA", "XB"), signer="XB")
    yield Example("no-such-proposal", replace(votes, proposal=4),
                  "proposal-unknown", given=open_one, signer="XB")
    yield Example("too-late", votes, "proposal-enacted", signer="XB",
                  given=net.network() | net.proposed(act, enacted=990))
    yield Example("after-its-last-second", votes, "proposal-expired", signer="XB",
                  given=net.network() | net.proposed(act, expires=given.TIME))
    other = AdmitMember(office="XE", units=11)
    yield Example("another-act-than-it-read", replace(votes, digest=digest_of(net.carried(other))),
                  "act-not-the-proposed", signer="XB", given=open_one)
