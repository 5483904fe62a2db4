"""Propose: put an act that only the members do together to their vote."""

from collections.abc import Iterator

from muniment.codec import Act, Office, Payload, replace
from muniment.declare import Carries, Example, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.dates import SECONDS_A_DAY
from muniment.model.member import GOVERNANCE, MEMBERS, is_governed
from muniment.model.parameters import value_of
from muniment.model.proposal import PROPOSALS, Proposal, counted, digest_of
from muniment.model.state import Change, State, change
from muniment.operations.admit_member import AdmitMember


class Propose(Payload, frozen=True, kw_only=True, tag="propose"):
    """What the member puts to the vote."""

    act: Act
    """The act: an operation whose type names the members as signers."""
    member: Office
    """The member that proposes."""


TYPE = TransactionType(
    name="propose",
    number=42,
    payload=Propose,
    signers=frozenset({Signer.MEMBER}),
    may_change=frozenset({"governance", "proposal"}),
    register="member",
    carries=Carries.PROPOSED,
)


@TYPE.check(1, "members-not-in-charge", basis="docs/governance.md")
def members_decide(operation: Propose, state: State, ctx: Context) -> bool:
    """The members MUST have taken over from the operator, by a policy of power."""
    return is_governed(state)


@TYPE.effect
def act_is_proposed(operation: Propose, state: State, ctx: Context) -> Iterator[Change]:
    """The act has the next number and can be voted on until it expires; nobody has voted yet."""
    before = state.get(GOVERNANCE)
    if before is None or ctx.carried is None:
        return
    number = before.proposals + 1
    yield change(GOVERNANCE, GOVERNANCE.key(), before, replace(before, proposals=number))
    proposal = Proposal(
        act=ctx.carried.name,
        digest=digest_of(operation.act),
        entry=ctx.position,
        expires=ctx.time + value_of(state, "proposal-days") * SECONDS_A_DAY,
        made=ctx.time,
        majority=ctx.carried.majority,  # type: ignore[arg-type]
        proposer=operation.member,
    )
    yield change(PROPOSALS, PROPOSALS.key(counted(number)), None, proposal)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    act = AdmitMember(office="XE", units=10)
    operation = Propose(act=net.carried(act), member="XB")
    yield Example("plain", operation, given=net.network(), signer="XB")
    yield Example("while-the-operator-founds", operation, "members-not-in-charge", signer="XB",
                  given={MEMBERS.key("XB"): net.member()})
    yield Example("an-act-that-will-fail", Propose(
        act=net.carried(AdmitMember(office="XA", units=1)), member="XB"),
        given=net.network(), signer="XB")
