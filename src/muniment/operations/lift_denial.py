"""Lift a denial: let a barred account submit again."""

from collections.abc import Iterator

from muniment.codec import AccountId, Office, Payload, Word, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import DENIALS, Denial
from muniment.model.context import Context
from muniment.model.state import Change, State, change


class LiftDenial(Payload, frozen=True, kw_only=True, tag="lift-denial"):
    """Which bar ends, and why."""

    account: AccountId
    """The account that was barred."""
    office: Office
    """The office that barred it."""
    reason: Word
    """The code of the ground, e.g. `appeal-allowed`."""


TYPE = TransactionType(
    name="lift-denial",
    number=16,
    payload=LiftDenial,
    signers=frozenset({Signer.OFFICE}),
    may_change=frozenset({"deny"}),
)


@TYPE.check(1, "not-denied", basis="docs/formats/state-tree.md")
def account_is_barred(operation: LiftDenial, state: State, ctx: Context) -> bool:
    """The account MUST be barred now or from a later date."""
    denial = state.get(DENIALS, operation.office, operation.account)
    return denial is not None and ctx.time < denial.until


@TYPE.effect
def bar_ends(operation: LiftDenial, state: State, ctx: Context) -> Iterator[Change]:
    """The bar ends with this block; that it was there stays on record."""
    key = DENIALS.key(operation.office, operation.account)
    before = state.at(DENIALS, key)
    if before is not None:
        yield change(DENIALS, key, before, replace(before, until=ctx.time))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    operation = LiftDenial(account=given.agent(), office="XA", reason="appeal-allowed")
    barred = Denial(reason="professional-suspension", review="2026-10-01", since=given.TIME - 9,
                    until=given.TIME + given.YEAR)
    yield Example("plain", operation, given={DENIALS.key("XA", given.agent()): barred})
    yield Example("never-barred", operation, "not-denied")
