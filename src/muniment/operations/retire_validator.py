"""Retire a validator: let an office's node observe only."""

from collections.abc import Iterator

from muniment.codec import Office, Payload, replace
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.power import is_sound, settle
from muniment.model.state import Change, State
from muniment.model.validator import VALIDATORS


class RetireValidator(Payload, frozen=True, kw_only=True, tag="retire-validator"):
    """Whose validator loses its seat."""

    office: Office
    """The office that runs it."""


TYPE = TransactionType(
    name="retire-validator",
    number=52,
    payload=RetireValidator,
    signers=frozenset({Signer.OFFICE, Signer.MEMBERS}),
    may_change=frozenset({"validator"}),
    majority=Majority.CONSTITUTIONAL,
)


@TYPE.check(1, "validator-not-seated", basis="docs/governance.md")
def validator_is_seated(operation: RetireValidator, state: State, ctx: Context) -> bool:
    """The office's validator MUST be seated."""
    one = state.get(VALIDATORS, operation.office)
    return one is not None and one.seated is not None


@TYPE.check(2, "validators-without-power", basis="CometBFT, spec/abci: ValidatorUpdate")
def power_stays(operation: RetireValidator, state: State, ctx: Context) -> bool:
    """A validator with power MUST remain."""
    return is_sound(state, _retiring(operation, state, ctx))


@TYPE.effect
def validator_is_retired(
    operation: RetireValidator, state: State, ctx: Context
) -> Iterator[Change]:
    """The node observes; the office stays a member, and only the members seat it again."""
    yield from _retiring(operation, state, ctx)


def _retiring(operation: RetireValidator, state: State, ctx: Context) -> tuple[Change, ...]:
    one = state.get(VALIDATORS, operation.office)
    if one is None:
        return ()
    return settle(state, ctx.time, nodes={operation.office: replace(one, seated=None)})


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    retires = RetireValidator(office="XB")
    observer = {VALIDATORS.key("XB"): net.validator("XB", power=0, seated=None)}
    yield Example("plain", retires, given=net.network(), signer="XB")
    yield Example("observer", retires, "validator-not-seated", net.network() | observer,
                  signer="XB")
    yield Example("the-last", retires, "validators-without-power", net.network("XB"),
                  signer="XB")
