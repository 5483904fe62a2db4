"""Confirm an edition: say that the code of one's node carries it."""

from collections.abc import Iterator

from muniment.codec import Digest, Office, Payload
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.confirmation import CONFIRMATIONS, Confirmation
from muniment.model.context import Context
from muniment.model.ledger import EDITIONS, EditionName
from muniment.model.state import Change, State, change


class ConfirmEdition(Payload, frozen=True, kw_only=True, tag="confirm-edition"):
    """Whose node carries which edition."""

    edition: EditionName
    """The name of the edition."""
    hash: Digest
    """SHA-256 of its lock, as the code of the node computes it."""
    office: Office
    """The office whose node it is."""


TYPE = TransactionType(
    name="confirm-edition",
    number=60,
    payload=ConfirmEdition,
    signers=frozenset({Signer.OFFICE}),
    may_change=frozenset({"confirmation"}),
)


@TYPE.check(1, "edition-not-later", basis="docs/editions.md")
def edition_is_later(operation: ConfirmEdition, state: State, ctx: Context) -> bool:
    """The edition's name MUST sort after that of the edition in force."""
    current = state.get(EDITIONS)
    return current is not None and operation.edition > current.name


@TYPE.check(2, "confirmation-unchanged", basis="docs/editions.md")
def confirmation_is_new(operation: ConfirmEdition, state: State, ctx: Context) -> bool:
    """The edition or its hash MUST differ from what the office confirmed last."""
    last = state.get(CONFIRMATIONS, operation.office)
    return last is None or (last.edition, last.hash) != (operation.edition, operation.hash)


@TYPE.effect
def edition_is_confirmed(
    operation: ConfirmEdition, state: State, ctx: Context
) -> Iterator[Change]:
    """The confirmation takes the place of the office's earlier one."""
    key = CONFIRMATIONS.key(operation.office)
    yield change(CONFIRMATIONS, key, state.at(CONFIRMATIONS, key), Confirmation(
        edition=operation.edition, entry=ctx.position, hash=operation.hash))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def confirm(edition: str = "2027") -> ConfirmEdition:
        return ConfirmEdition(edition=edition, hash=given.DIGEST, office="XB")

    def confirmed(digest: str) -> dict[bytes, Confirmation]:
        return {CONFIRMATIONS.key("XB"): Confirmation(edition="2027", entry=900, hash=digest)}

    yield Example("plain", confirm(), given=net.network(), signer="XB")
    yield Example("other-code", confirm(), given=net.network() | confirmed(given.OTHER_DIGEST),
                  signer="XB")
    yield Example("in-force", confirm("2026"), "edition-not-later", net.network(), signer="XB")
    yield Example("twice", confirm(), "confirmation-unchanged",
                  net.network() | confirmed(given.DIGEST), signer="XB")
