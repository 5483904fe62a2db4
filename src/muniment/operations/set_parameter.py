"""Set a parameter: change one of the numbers that the members may change."""

from collections.abc import Iterator

from muniment.codec import Natural, Payload, Word
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.parameters import SETTABLE, setting, value_of
from muniment.model.state import Change, State


class SetParameter(Payload, frozen=True, kw_only=True, tag="set-parameter"):
    """The parameter and its new value."""

    name: Word
    """The parameter, e.g. `proposal-days`; docs/governance.md lists them."""
    value: Natural
    """Its value from the next operation on."""


TYPE = TransactionType(
    name="set-parameter",
    number=54,
    payload=SetParameter,
    signers=frozenset({Signer.MEMBERS}),
    may_change=frozenset({"parameter", "quota"}),
    register="",
    majority=Majority.CONSTITUTIONAL,
)


@TYPE.check(1, "parameter-unknown", basis="docs/governance.md")
def parameter_is_known(operation: SetParameter, state: State, ctx: Context) -> bool:
    """The parameter MUST be one that the members may set."""
    return operation.name in SETTABLE


@TYPE.check(2, "parameter-out-of-bounds", basis="docs/governance.md")
def value_is_within_bounds(operation: SetParameter, state: State, ctx: Context) -> bool:
    """The value MUST be within the parameter's bounds, which keep the members able to decide."""
    bounds = SETTABLE[operation.name]
    return bounds.least <= operation.value <= bounds.most


@TYPE.check(3, "parameter-unchanged", basis="docs/governance.md")
def value_is_new(operation: SetParameter, state: State, ctx: Context) -> bool:
    """The value MUST differ from the one in force."""
    return operation.value != value_of(state, operation.name)


@TYPE.effect
def parameter_is_set(operation: SetParameter, state: State, ctx: Context) -> Iterator[Change]:
    """The value is in force from the next operation on, also for proposals that are open."""
    yield setting(state, operation.name, operation.value)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    yield Example("plain", SetParameter(name="proposal-days", value=60), given=net.network())
    yield Example("quota", SetParameter(name="quota-office-operations", value=5_000),
                  given=net.network())
    yield Example("the-operator", SetParameter(name="operator", value=1), "parameter-unknown",
                  net.network())
    yield Example("less-than-two-thirds", SetParameter(name="majority-constitutional", value=39),
                  "parameter-out-of-bounds", net.network())
    yield Example("the-same", SetParameter(name="proposal-days", value=30),
                  "parameter-unchanged", net.network())
