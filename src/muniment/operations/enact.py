"""Enact: run an act that the members have carried."""

from collections.abc import Iterator

from muniment.codec import Act, Natural, Office, Payload, replace
from muniment.declare import Carries, Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.member import GOVERNANCE, Governance, Member
from muniment.model.proposal import PROPOSALS, counted, digest_of, tally
from muniment.model.reference import PARAMETERS, Parameter
from muniment.model.state import Change, State, change
from muniment.operations.admit_member import AdmitMember


class Enact(Payload, frozen=True, kw_only=True, tag="enact"):
    """Which proposal is enacted."""

    act: Act
    """The act as it was proposed, byte for byte."""
    member: Office
    """The member that submits it; any member may."""
    proposal: Natural
    """The number of the proposal."""


TYPE = TransactionType(
    name="enact",
    number=44,
    payload=Enact,
    signers=frozenset({Signer.MEMBER}),
    may_change=frozenset({"proposal"}),
    register="member",
    carries=Carries.ENACTED,
)


@TYPE.check(1, "proposal-unknown", basis="docs/governance.md")
def proposal_exists(operation: Enact, state: State, ctx: Context) -> bool:
    """A proposal of that number MUST have been made."""
    return state.get(PROPOSALS, counted(operation.proposal)) is not None


@TYPE.check(2, "act-not-the-proposed", basis="docs/governance.md")
def act_is_the_proposed(operation: Enact, state: State, ctx: Context) -> bool:
    """The act MUST be the one that was proposed."""
    proposal = state.get(PROPOSALS, counted(operation.proposal))
    return proposal is not None and proposal.digest == digest_of(operation.act)


@TYPE.check(3, "proposal-enacted", basis="docs/governance.md")
def proposal_is_open(operation: Enact, state: State, ctx: Context) -> bool:
    """The proposal MUST NOT have been enacted before."""
    proposal = state.get(PROPOSALS, counted(operation.proposal))
    return proposal is not None and proposal.enacted is None


@TYPE.check(4, "proposal-expired", basis="docs/governance.md")
def proposal_is_alive(operation: Enact, state: State, ctx: Context) -> bool:
    """The proposal MUST NOT have expired by the time of the block."""
    proposal = state.get(PROPOSALS, counted(operation.proposal))
    return proposal is not None and ctx.time < proposal.expires


@TYPE.check(5, "proposal-not-carried", basis="docs/governance.md")
def proposal_is_carried(operation: Enact, state: State, ctx: Context) -> bool:
    """More than half by head and the share MUST agree; of all but one the least share."""
    stands = tally(state, operation.proposal)
    return stands is not None and stands.carried


@TYPE.effect
def proposal_is_enacted(operation: Enact, state: State, ctx: Context) -> Iterator[Change]:
    """The proposal is enacted, with what the act changes; a refused act leaves it open."""
    key = PROPOSALS.key(counted(operation.proposal))
    before = state.at(PROPOSALS, key)
    if before is not None:
        yield change(PROPOSALS, key, before, replace(before, enacted=ctx.position))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    act = AdmitMember(office="XE", units=10)
    three = ("XA", "XB", "XC")

    def enact(proposal: int = 3, units: int = 10) -> Enact:
        other = AdmitMember(office="XE", units=units)
        return Enact(act=net.carried(other), member="XA", proposal=proposal)

    carried = net.network() | net.proposed(act, *three)
    removed = net.network(XC=net.member(left=given.TIME - 5)) | net.proposed(act, *three)
    units = net.network(policy="weighted", XD=net.member(30)) | net.proposed(act, *three)
    again = net.network(XC=Member(entry=given.POSITION - 9, since=given.TIME - 9, units=1))
    raised = {PARAMETERS.key("majority-constitutional"): Parameter(value=59)}
    seven = net.network("XA", "XB", "XC", "XD", "XG", "XH", "XI") | raised
    yield Example("three-of-four", enact(), given=carried)
    yield Example("all-but-one-though-more-was-chosen", enact(), given=carried | raised)
    yield Example("all-but-two-where-more-was-chosen", enact(), "proposal-not-carried",
                  seven | net.proposed(act, *three, "XD", "XG"))
    yield Example("no-such-proposal", enact(4), "proposal-unknown", carried)
    yield Example("another-act", enact(units=11), "act-not-the-proposed", carried)
    yield Example("again", enact(), "proposal-enacted",
                  net.network() | net.proposed(act, *three, enacted=990))
    yield Example("after-its-last-second", enact(), "proposal-expired",
                  net.network() | net.proposed(act, *three, expires=given.TIME))
    yield Example("two-of-four", enact(), "proposal-not-carried",
                  net.network() | net.proposed(act, "XA", "XB", against=("XC",)))
    yield Example("vote-of-a-removed-member", enact(), "proposal-not-carried", removed)
    yield Example("vote-from-before-the-admission", enact(), "proposal-not-carried",
                  again | net.proposed(act, *three))
    yield Example("half-of-the-units", enact(), "proposal-not-carried", units)
    yield Example("governed-without-members", enact(), "proposal-not-carried",
                  {GOVERNANCE.key(): Governance(policy="authority", since=1)}
                  | net.proposed(act))
