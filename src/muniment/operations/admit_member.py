"""Admit a member: let an office decide with the others."""

from collections.abc import Iterator

from muniment.codec import Office, Payload
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.account import ACCOUNTS
from muniment.model.context import Context
from muniment.model.member import MEMBERS, Member, Units, is_member
from muniment.model.power import settle
from muniment.model.state import Change, State, change


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


@TYPE.effect
def office_is_admitted(operation: AdmitMember, state: State, ctx: Context) -> Iterator[Change]:
    """The office is a member; votes that it cast before do not count."""
    key = MEMBERS.key(operation.office)
    member = Member(entry=ctx.position, since=ctx.time, units=operation.units)
    yield change(MEMBERS, key, state.at(MEMBERS, key), member)
    yield from settle(state, ctx.time, holders={operation.office: member})


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    admits = AdmitMember(office="XE", units=10)
    enrolled = net.network() | net.enrolled("XE")
    yield Example("plain", admits, given=enrolled)
    yield Example("while-the-operator-founds", AdmitMember(office="XB", units=0))
    yield Example("once-more-after-it-left", admits, given=enrolled | {
        MEMBERS.key("XE"): net.member(left=given.TIME - 9)})
    yield Example("stranger", admits, "office-not-enrolled", net.network())
    yield Example("again", AdmitMember(office="XB", units=99), "member-already", net.network())
