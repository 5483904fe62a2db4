"""Withdraw an edition: take its announcement back before its height."""

from collections.abc import Iterator

from muniment.codec import Payload
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.context import Context
from muniment.model.ledger import EDITIONS, Edition, EditionName, without_next
from muniment.model.state import Change, State, change


class WithdrawEdition(Payload, frozen=True, kw_only=True, tag="withdraw-edition"):
    """Which announcement is taken back."""

    edition: EditionName
    """The name of the edition that was announced."""


TYPE = TransactionType(
    name="withdraw-edition",
    number=61,
    payload=WithdrawEdition,
    signers=frozenset({Signer.OPERATOR, Signer.MEMBERS}),
    may_change=frozenset({"edition"}),
    register="",
    majority=Majority.CONSTITUTIONAL,
)


@TYPE.check(1, "edition-not-announced", basis="docs/editions.md")
def edition_is_announced(operation: WithdrawEdition, state: State, ctx: Context) -> bool:
    """The edition MUST be the one that is announced."""
    current = state.get(EDITIONS)
    return current is not None and current.next_name == operation.edition


@TYPE.effect
def announcement_is_withdrawn(
    operation: WithdrawEdition, state: State, ctx: Context
) -> Iterator[Change]:
    """The edition in force goes on; confirmations stay for another announcement."""
    before = state.get(EDITIONS)
    if before is not None:
        yield change(EDITIONS, EDITIONS.key(), before, without_next(before))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    announced = {EDITIONS.key(): Edition(
        hash=given.DIGEST, name="2026", next_hash=given.OTHER_DIGEST, next_height=200,
        next_name="2027")}
    yield Example("plain", WithdrawEdition(edition="2027"), given=net.network() | announced)
    yield Example("while-the-operator-founds", WithdrawEdition(edition="2027"), given=announced)
    yield Example("another", WithdrawEdition(edition="2028"), "edition-not-announced",
                  net.network() | announced)
    yield Example("none", WithdrawEdition(edition="2027"), "edition-not-announced", net.network())
