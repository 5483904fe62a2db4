"""Leave the members: end one's own part in what the members decide."""

from collections.abc import Iterator

from muniment.codec import Office, Payload
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.membership import departure, leaves_members, leaves_power
from muniment.model.state import Change, State
from muniment.model.validator import VALIDATORS


class LeaveMembers(Payload, frozen=True, kw_only=True, tag="leave-members"):
    """Which member leaves."""

    member: Office
    """The member."""


TYPE = TransactionType(
    name="leave-members",
    number=47,
    payload=LeaveMembers,
    signers=frozenset({Signer.MEMBER}),
    may_change=frozenset({"member", "validator"}),
    register="member",
)


@TYPE.check(1, "last-member", basis="docs/governance.md")
def others_stay(operation: LeaveMembers, state: State, ctx: Context) -> bool:
    """Another member MUST remain: without any nobody could ever decide again."""
    return leaves_members(state, operation.member)


@TYPE.check(2, "validators-without-power", basis="CometBFT, spec/abci: ValidatorUpdate")
def power_stays(operation: LeaveMembers, state: State, ctx: Context) -> bool:
    """A validator with power MUST remain."""
    return leaves_power(state, operation.member, ctx.time)


@TYPE.effect
def member_leaves(operation: LeaveMembers, state: State, ctx: Context) -> Iterator[Change]:
    """The office has neither vote nor power; its account, its register and its history stay."""
    yield from departure(state, operation.member, ctx.time)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    leaves = LeaveMembers(member="XB")
    only = net.network() | {
        VALIDATORS.key(office): net.validator(office, power=0, seated=None)
        for office in ("XA", "XC", "XD")}
    yield Example("plain", leaves, given=net.network(), signer="XB")
    yield Example("nobody-left", leaves, "last-member", net.network("XB"), signer="XB")
    yield Example("the-only-validator", leaves, "validators-without-power", only, signer="XB")
