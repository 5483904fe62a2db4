"""Admit a member: let an office decide with the others."""

from collections.abc import Iterator

from muniment.codec import Office, Payload
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.account import ACCOUNTS
from muniment.model.context import Context
from muniment.model.member import MEMBERS, Member, Units, is_member
from muniment.model.power import is_sound, settle
from muniment.model.state import Change, State, change
from muniment.model.validator import VALIDATORS


class AdmitMember(Payload, frozen=True, kw_only=True, tag="admit-member"):
    """Which office becomes a member, and with how many units."""

    office: Office
    """The office."""
    units: Units
    """The units that it holds; they count under the policies `weighted` and `delegated`."""


TYPE = TransactionType(
    name="admit-member",
    number=45,
    payload=AdmitMember,
    signers=frozenset({Signer.OPERATOR, Signer.MEMBERS}),
    may_change=frozenset({"member", "validator"}),
    register="",
    majority=Majority.CONSTITUTIONAL,
)


@TYPE.check(1, "office-not-enrolled", basis="docs/governance.md")
def office_is_enrolled(operation: AdmitMember, state: State, ctx: Context) -> bool:
    """The office MUST be enrolled as an office."""
    account = state.get(ACCOUNTS, operation.office)
    return account is not None and account.kind == "office"


@TYPE.check(2, "member-already", basis="docs/governance.md")
def office_is_no_member(operation: AdmitMember, state: State, ctx: Context) -> bool:
    """The office MUST NOT be a member already."""
    return not is_member(state, operation.office)


@TYPE.check(3, "validators-without-power", basis="CometBFT, spec/abci: ValidatorUpdate")
def power_stays(operation: AdmitMember, state: State, ctx: Context) -> bool:
    """A validator with power MUST remain."""
    return is_sound(state, _admitting(operation, state, ctx))


@TYPE.effect
def office_is_admitted(operation: AdmitMember, state: State, ctx: Context) -> Iterator[Change]:
    """The office is a member; votes that it cast before do not count."""
    yield from _admitting(operation, state, ctx)


def _admitting(operation: AdmitMember, state: State, ctx: Context) -> tuple[Change, ...]:
    key = MEMBERS.key(operation.office)
    member = Member(entry=ctx.position, since=ctx.time, units=operation.units)
    return (change(MEMBERS, key, state.at(MEMBERS, key), member),
            *settle(state, ctx.time, holders={operation.office: member}))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    admits = AdmitMember(office="XE", units=10)
    enrolled = net.network() | net.enrolled("XE")
    yield Example("plain", admits, given=enrolled)
    yield Example("while-the-operator-founds", AdmitMember(office="XB", units=0))
    yield Example("once-more-after-it-left", admits, given=enrolled | {
        MEMBERS.key("XE"): net.member(left=given.TIME - 9)})
    idle = net.network("XA", policy="delegated", XA=net.member(lent_to="XE")) | {
        VALIDATORS.key("XA"): net.validator("XA", power=10)}
    yield Example("stranger", admits, "office-not-enrolled", net.network())
    yield Example("again", AdmitMember(office="XB", units=99), "member-already", net.network())
    yield Example("all-power-to-its-observer", admits, "validators-without-power",
                  idle | net.enrolled("XE"))
