"""Seat a validator: give an office's node the power that the members' policy says."""

from collections.abc import Iterator
from typing import Any

from muniment.codec import Office, Payload, Record, replace
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.member import MEMBERS, is_member
from muniment.model.power import newcomers_are_few, settle
from muniment.model.state import Change, State
from muniment.model.validator import VALIDATORS


class SeatValidator(Payload, frozen=True, kw_only=True, tag="seat-validator"):
    """Whose validator is seated, or seated again after a report of misbehaviour."""

    office: Office
    """The office that runs it."""


TYPE = TransactionType(
    name="seat-validator",
    number=49,
    payload=SeatValidator,
    signers=frozenset({Signer.OPERATOR, Signer.MEMBERS}),
    may_change=frozenset({"validator"}),
    register="",
    majority=Majority.CONSTITUTIONAL,
)


@TYPE.check(1, "validator-unknown", basis="docs/governance.md")
def validator_is_enrolled(operation: SeatValidator, state: State, ctx: Context) -> bool:
    """The office MUST have enrolled a validator."""
    return state.get(VALIDATORS, operation.office) is not None


@TYPE.check(2, "not-a-member", basis="docs/governance.md")
def office_is_a_member(operation: SeatValidator, state: State, ctx: Context) -> bool:
    """The office MUST be a member."""
    return is_member(state, operation.office)


@TYPE.check(3, "validator-seated", basis="docs/governance.md")
def validator_has_no_seat(operation: SeatValidator, state: State, ctx: Context) -> bool:
    """The validator MUST NOT be seated already, unless it was reported since."""
    one = state.get(VALIDATORS, operation.office)
    return one is not None and (one.seated is None or one.reported is not None)


@TYPE.check(4, "too-many-newcomers", basis="docs/governance.md")
def newcomers_do_not_stop_the_chain(
    operation: SeatValidator, state: State, ctx: Context
) -> bool:
    """Those seated in one block MUST hold less than a third of the power, unless it is one."""
    return newcomers_are_few(state, _seating(operation, state, ctx), ctx.height)


@TYPE.effect
def validator_is_seated(operation: SeatValidator, state: State, ctx: Context) -> Iterator[Change]:
    """The validator has the power of the policy; an earlier report no longer takes it."""
    yield from _seating(operation, state, ctx)


def _seating(operation: SeatValidator, state: State, ctx: Context) -> tuple[Change, ...]:
    one = state.get(VALIDATORS, operation.office)
    if one is None:
        return ()
    seated = replace(one, reported=None, seated=ctx.height)
    return settle(state, ctx.time, nodes={operation.office: seated})


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    seats = SeatValidator(office="XB")

    def world(**changed: Any) -> dict[bytes, Record]:
        return net.network() | {VALIDATORS.key("XB"): net.validator("XB", power=0, **changed)}

    observer = world(seated=None)
    newcomers = {VALIDATORS.key("XC"): net.validator("XC", seated=net.HEIGHT)}
    stranger = {MEMBERS.key("XB"): net.member(left=7)}
    yield Example("observer", seats, given=observer)
    yield Example("after-a-report", seats, given=world(reported=90))
    yield Example("never-enrolled", SeatValidator(office="XE"), "validator-unknown", observer)
    yield Example("of-a-stranger", seats, "not-a-member", observer | stranger)
    yield Example("again", seats, "validator-seated", net.network())
    yield Example("second-in-one-block", seats, "too-many-newcomers", observer | newcomers)
