"""Remove a member: end an office's part in what the members decide."""

from collections.abc import Iterator

from muniment.codec import Office, Payload
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.member import is_member
from muniment.model.membership import departure, leaves_members, leaves_power
from muniment.model.state import Change, State
from muniment.model.validator import VALIDATORS


class RemoveMember(Payload, frozen=True, kw_only=True, tag="remove-member"):
    """Which office is a member no longer."""

    office: Office
    """The office."""


TYPE = TransactionType(
    name="remove-member",
    number=46,
    payload=RemoveMember,
    signers=frozenset({Signer.OPERATOR, Signer.MEMBERS}),
    may_change=frozenset({"member", "validator"}),
    register="",
    majority=Majority.CONSTITUTIONAL,
)


@TYPE.check(1, "not-a-member", basis="docs/governance.md")
def office_is_a_member(operation: RemoveMember, state: State, ctx: Context) -> bool:
    """The office MUST be a member."""
    return is_member(state, operation.office)


@TYPE.check(2, "last-member", basis="docs/governance.md")
def others_stay(operation: RemoveMember, state: State, ctx: Context) -> bool:
    """Another member MUST remain: without any nobody could ever decide again."""
    return leaves_members(state, operation.office)


@TYPE.check(3, "validators-without-power", basis="CometBFT, spec/abci: ValidatorUpdate")
def power_stays(operation: RemoveMember, state: State, ctx: Context) -> bool:
    """A validator with power MUST remain."""
    return leaves_power(state, operation.office, ctx.time)


@TYPE.effect
def office_is_removed(operation: RemoveMember, state: State, ctx: Context) -> Iterator[Change]:
    """The office has neither vote nor power; its account, its register and its history stay."""
    yield from departure(state, operation.office, ctx.time)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    removes = RemoveMember(office="XB")
    only = net.network() | {
        VALIDATORS.key(office): net.validator(office, power=0, seated=None)
        for office in ("XA", "XC", "XD")}
    yield Example("plain", removes, given=net.network())
    yield Example("not-among-them", RemoveMember(office="XE"), "not-a-member", net.network())
    yield Example("nobody-left", removes, "last-member", net.network("XB"))
    yield Example("the-only-validator", removes, "validators-without-power", only)
