"""What a ledger asks of its storage: to read, and to commit one block at once.

- `commit` is atomic and durable: after a crash the block is there whole or not at all.
- Storage knows no rule. What it returns is checked by hashing, not believed.
- A storage error is a `StorageFault`, and nothing else is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Head(NamedTuple):
    """Where a ledger stands after its last committed block."""

    height: int
    time: int
    size: int
    """Leaves in the log."""
    frontier: bytes
    """The hashes of the log's complete subtrees (`merkle.Frontier.dump`)."""
    root_page: int
    """Number of the state tree's root page."""
    state_root: bytes
    next_page: int


class Entry(NamedTuple):
    """A leaf of the log and, for an operation, the line that it hashes."""

    leaf: bytes
    body: bytes | None
    """None for other leaves, and for a refused operation whose body was erased."""


class StoredEnvelope(NamedTuple):
    """The signed line of an envelope and where its operations begin."""

    position: int
    height: int
    jws: bytes


class StoredBlock(NamedTuple):
    """A block that changed something."""

    height: int
    time: int
    position: int
    """The index of its block leaf, its last one."""


class Tile(NamedTuple):
    """256 hashes of the log tree, as C2SP tlog-tiles cuts it, and their root."""

    level: int
    number: int
    root: bytes
    hashes: bytes


class Restored(NamedTuple):
    """What a node that began from a snapshot knows of a log whose entries it has not fetched."""

    size: int
    """Leaves of the log at the snapshot; 0 if every entry is here."""
    tiles: tuple[bytes, ...]
    """For each level the hashes of its incomplete tile at that size."""


@dataclass(frozen=True, slots=True)
class BlockWrite:
    """All that one block writes."""

    head: Head
    first: int
    """Position of its first leaf."""
    entries: Sequence[Entry]
    envelopes: Sequence[StoredEnvelope]
    pages: Sequence[tuple[int, bytes]]
    tiles: Sequence[Tile]


class Storage(Protocol):
    """A ledger's storage.

    A node that began from a snapshot raises NotFound `not-here-yet` for what it has not fetched.
    """

    @property
    def is_promoted(self) -> bool:
        """Whether validators decide the ledger's blocks."""

    def decided(self) -> int:
        """Return the height of the last block that validators decided; 0 before the first."""

    def head(self) -> Head | None:
        """Return the head, or None before genesis."""

    def page(self, number: int) -> bytes | None:
        """Return a page of the state tree."""

    def tile(self, level: int, number: int) -> Tile | None:
        """Return a complete tile of the log."""

    def tiles(self, level: int, first: int, last: int) -> Iterator[Tile]:
        """Yield the complete tiles of a level, from `first` to before `last`."""

    def entries(self, first: int, last: int) -> Iterator[Entry]:
        """Yield the entries from position `first` to before `last`."""

    def envelope_at(self, position: int) -> StoredEnvelope | None:
        """Return the envelope whose operations begin at or last before `position`."""

    def has_envelope(self, jws: bytes) -> bool:
        """Return whether an envelope with this signed line is stored; it looks at them all."""

    def envelopes(self, height: int) -> Sequence[StoredEnvelope]:
        """Return the envelopes of a block in their order."""

    def block_at(self, position: int) -> StoredBlock | None:
        """Return the block that holds the leaf at `position`."""

    def blocks(self, after: int) -> Iterator[StoredBlock]:
        """Yield the blocks above a height in order; the genesis block is height 0."""

    def restored(self) -> Restored:
        """Return what a snapshot brought of the log; nothing if there was none."""

    def commit(self, write: BlockWrite) -> None:
        """Write a block, all of it or nothing, and return when it is durable."""

    def forget_body(self, position: int) -> None:
        """Erase the line of a refused operation; its leaf stays."""

    def close(self) -> None:
        """Release files and locks."""
