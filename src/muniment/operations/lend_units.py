"""Lend units: let another office's validator act with the power of one's own units."""

from collections.abc import Iterator

from muniment.codec import Office, Payload, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.member import MEMBERS, is_member
from muniment.model.power import is_sound, settle
from muniment.model.state import Change, State, change
from muniment.model.validator import VALIDATORS


class LendUnits(Payload, frozen=True, kw_only=True, tag="lend-units"):
    """To whom a member lends all its units; they count under the policy `delegated`."""

    member: Office
    """The member that lends."""
    to: Office | None = None
    """The member that borrows; absent takes the units back."""


TYPE = TransactionType(
    name="lend-units",
    number=55,
    payload=LendUnits,
    signers=frozenset({Signer.MEMBER}),
    may_change=frozenset({"member", "validator"}),
    register="member",
)


@TYPE.check(1, "not-a-member", basis="docs/governance.md")
def borrower_is_a_member(operation: LendUnits, state: State, ctx: Context) -> bool:
    """The borrower MUST be another member."""
    return operation.to is None or (
        operation.to != operation.member and is_member(state, operation.to))


@TYPE.check(2, "lending-unchanged", basis="docs/governance.md")
def something_changes(operation: LendUnits, state: State, ctx: Context) -> bool:
    """The borrower MUST differ from the one that stands."""
    row = state.get(MEMBERS, operation.member)
    return row is not None and row.lent_to != operation.to


@TYPE.check(3, "validators-without-power", basis="CometBFT, spec/abci: ValidatorUpdate")
def power_stays(operation: LendUnits, state: State, ctx: Context) -> bool:
    """A validator with power MUST remain."""
    return is_sound(state, _lending(operation, state, ctx))


@TYPE.effect
def units_are_lent(operation: LendUnits, state: State, ctx: Context) -> Iterator[Change]:
    """The units give power to the borrower's validator; the vote stays with the member."""
    yield from _lending(operation, state, ctx)


def _lending(operation: LendUnits, state: State, ctx: Context) -> tuple[Change, ...]:
    row = state.get(MEMBERS, operation.member)
    if row is None:
        return ()
    after = replace(row, lent_to=operation.to)
    return (change(MEMBERS, MEMBERS.key(operation.member), row, after),
            *settle(state, ctx.time, holders={operation.member: after}))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    delegated = net.network(policy="delegated")
    lent = net.network(policy="delegated", XB=net.member(lent_to="XA"))
    idle = net.network("XA", "XB", policy="delegated") | {
        VALIDATORS.key("XA"): net.validator("XA", power=0, seated=None),
        VALIDATORS.key("XB"): net.validator("XB", power=10)}
    lends = LendUnits(member="XB", to="XA")
    yield Example("plain", lends, given=delegated, signer="XB")
    yield Example("back", LendUnits(member="XB"), given=lent, signer="XB")
    yield Example("to-itself", LendUnits(member="XB", to="XB"), "not-a-member", delegated,
                  signer="XB")
    yield Example("to-a-stranger", LendUnits(member="XB", to="XE"), "not-a-member", delegated,
                  signer="XB")
    yield Example("the-same", lends, "lending-unchanged", lent, signer="XB")
    yield Example("to-an-observer", lends, "validators-without-power", idle, signer="XB")
