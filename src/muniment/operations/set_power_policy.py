"""Set the power policy: say how the power of validators follows from membership."""

from collections.abc import Iterator
from typing import Annotated

from muniment.codec import Office, Payload, pairs, replace
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.member import (
    GOVERNANCE,
    MEMBERS,
    Governance,
    Member,
    PowerPolicy,
    Units,
    members,
)
from muniment.model.power import is_sound, settle
from muniment.model.state import Change, State, change
from muniment.model.validator import VALIDATORS


class SetPowerPolicy(Payload, frozen=True, kw_only=True, tag="set-power-policy"):
    """The policy, and who holds how many units under it."""

    policy: PowerPolicy
    """The policy."""
    units: Annotated[dict[Office, Units], pairs(most=676)] = {}
    """The new units of members; those not named keep what they hold."""


TYPE = TransactionType(
    name="set-power-policy",
    number=53,
    payload=SetPowerPolicy,
    signers=frozenset({Signer.OPERATOR, Signer.MEMBERS}),
    may_change=frozenset({"governance", "member", "validator"}),
    register="",
    majority=Majority.CONSTITUTIONAL,
)


@TYPE.check(1, "not-a-member", basis="docs/governance.md")
def holders_are_members(operation: SetPowerPolicy, state: State, ctx: Context) -> bool:
    """There MUST be a member, and each office that gets units MUST be one."""
    current = members(state)
    return bool(current) and operation.units.keys() <= current.keys()


@TYPE.check(2, "power-policy-unchanged", basis="docs/governance.md")
def something_changes(operation: SetPowerPolicy, state: State, ctx: Context) -> bool:
    """The policy or the units of a member MUST differ from what stands."""
    before, current = state.get(GOVERNANCE), members(state)
    return before is None or before.policy != operation.policy or any(
        current[office].units != units for office, units in operation.units.items())


@TYPE.check(3, "validators-without-power", basis="CometBFT, spec/abci: ValidatorUpdate")
def power_stays(operation: SetPowerPolicy, state: State, ctx: Context) -> bool:
    """A validator with power MUST remain, if there was one."""
    return is_sound(state, _settled(operation, state, ctx))


@TYPE.effect
def policy_is_set(operation: SetPowerPolicy, state: State, ctx: Context) -> Iterator[Change]:
    """Power is derived anew; from the first policy on, for ever, the members decide."""
    yield change(GOVERNANCE, GOVERNANCE.key(), state.get(GOVERNANCE),
                 _governance(operation, state, ctx))
    for office, after in _holders(operation, state).items():
        before = state.get(MEMBERS, office)
        if after != before:
            yield change(MEMBERS, MEMBERS.key(office), before, after)
    yield from _settled(operation, state, ctx)


def _governance(operation: SetPowerPolicy, state: State, ctx: Context) -> Governance:
    before = state.get(GOVERNANCE) or Governance(policy=operation.policy, since=ctx.time)
    return replace(before, policy=operation.policy)


def _holders(operation: SetPowerPolicy, state: State) -> dict[str, Member]:
    current = members(state)
    return {office: replace(current[office], units=units)
            for office, units in sorted(operation.units.items()) if office in current}


def _settled(operation: SetPowerPolicy, state: State, ctx: Context) -> tuple[Change, ...]:
    return settle(state, ctx.time, governance=_governance(operation, state, ctx),
                  holders=_holders(operation, state))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    founding = {key: row for key, row in net.network().items() if key != GOVERNANCE.key()} | {
        VALIDATORS.key(office): net.validator(office, power=0) for office in net.OFFICES}
    yield Example("first-policy", SetPowerPolicy(policy="authority"), given=founding)
    yield Example("weighted", SetPowerPolicy(policy="weighted", units={"XA": 30, "XB": 20}),
                  given=net.network())
    yield Example("importance", SetPowerPolicy(policy="importance"), given=net.network())
    yield Example("units-of-a-stranger", SetPowerPolicy(policy="weighted", units={"XE": 30}),
                  "not-a-member", net.network())
    yield Example("without-members", SetPowerPolicy(policy="authority"), "not-a-member")
    yield Example("the-same", SetPowerPolicy(policy="authority", units={"XA": 10}),
                  "power-policy-unchanged", net.network())
    yield Example("nobody-has-units", SetPowerPolicy(
        policy="weighted", units=dict.fromkeys(net.OFFICES, 0)), "validators-without-power",
        net.network())
