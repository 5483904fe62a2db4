"""Activate an edition: announce the rules that begin at a height, if enough confirm them."""

from collections.abc import Iterator

from muniment.codec import Digest, Natural, Payload, replace
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example as given
from muniment.model.context import Context
from muniment.model.ledger import EDITIONS, EditionName
from muniment.model.state import Change, State, change


class ActivateEdition(Payload, frozen=True, kw_only=True, tag="activate-edition"):
    """Which rules begin when."""

    edition: EditionName
    """The name of the edition."""
    hash: Digest
    """SHA-256 of its lock, as the code that carries it computes it."""
    height: Natural
    """The height of the first block under it."""


TYPE = TransactionType(
    name="activate-edition",
    number=51,
    payload=ActivateEdition,
    signers=frozenset({Signer.OPERATOR, Signer.MEMBERS}),
    may_change=frozenset({"edition"}),
    register="",
    majority=Majority.CONSTITUTIONAL,
)


@TYPE.check(1, "edition-not-later", basis="docs/editions.md")
def edition_is_later(operation: ActivateEdition, state: State, ctx: Context) -> bool:
    """The edition's name MUST sort after that of the edition in force."""
    current = state.get(EDITIONS)
    return current is not None and operation.edition > current.name


@TYPE.check(2, "height-not-ahead", basis="docs/editions.md")
def height_is_ahead(operation: ActivateEdition, state: State, ctx: Context) -> bool:
    """The height MUST be later than that of the block."""
    return operation.height > ctx.height


@TYPE.effect
def edition_is_announced(
    operation: ActivateEdition, state: State, ctx: Context
) -> Iterator[Change]:
    """The edition follows the one in force at that height; an earlier announcement is replaced."""
    before = state.get(EDITIONS)
    if before is not None:
        after = replace(
            before,
            next_hash=operation.hash,
            next_height=operation.height,
            next_name=operation.edition,
        )
        yield change(EDITIONS, EDITIONS.key(), before, after)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def activate(edition: str, height: int = 200) -> ActivateEdition:
        return ActivateEdition(edition=edition, hash=given.DIGEST, height=height)

    yield Example("plain", activate("2027"))
    yield Example("the-same", activate("2026"), "edition-not-later")
    yield Example("in-the-past", activate("2027", 100), "height-not-ahead")
