"""Chunks of a snapshot: a run of entries of the state tree, proven under its root.

A chunk brings the roots of the subtrees on both sides of its run, as a proof of presence does for
one entry. So whoever restores sees a wrong entry when it comes, before anything of it is stored:
another node can make him store nothing but the state.
"""

import zlib
from typing import Annotated, NamedTuple

from muniment.codec import items, pack, unpacker
from muniment.proof import limits
from muniment.proof.errors import VerificationError
from muniment.proof.statetree import leaf_hash
from muniment.storage.page import fold, shared_bits
from muniment.storage.pages import PagedTree

CHUNK_BYTES = 8 * 1024 * 1024
"""Bytes of keys and values in a chunk; as it travels it is compressed."""
ENTRIES_MAX = 131_072
"""Most entries of a chunk: those of a byte each would take much more memory than they have."""
Key = Annotated[bytes, items(most=limits.STATE_KEY_BYTES_MAX)]
Value = Annotated[bytes, items(most=limits.STATE_VALUE_BYTES_MAX)]
Entries = list[tuple[bytes, bytes]]


class Beside(NamedTuple):
    """A subtree beside the run."""

    bits: int
    """How many leading bits its keys share with the run's."""
    root: bytes
    """Its root."""


Sides = Annotated[list[Beside], items(most=limits.STATE_PATH_DEPTH_MAX, least=0)]


class Chunk(NamedTuple):
    """A run of entries, and what stands on its sides in the order of the keys."""

    entries: Annotated[list[tuple[Key, Value]], items(most=ENTRIES_MAX)]
    """The entries."""
    left: Sides
    """The subtrees that hold all keys below them."""
    right: Sides
    """The subtrees that hold all keys above them."""


_unpack = unpacker(Chunk)


def write_chunk(tree: PagedTree, entries: Entries) -> bytes:
    """Return the chunk of a run of entries of a tree, as it travels."""
    left = [Beside(one.bits, one.hash) for one in tree.joins(entries[0][0]) if one.is_left]
    right = [Beside(one.bits, one.hash) for one in tree.joins(entries[-1][0]) if not one.is_left]
    return zlib.compress(pack(Chunk(entries, left[::-1], right)), 1)


def read_chunk(data: bytes, state_root: bytes) -> Entries:
    """Return the entries of a chunk, which stand side by side under a state root.

    Args:
        data: The chunk, as it travels.
        state_root: The root.

    Raises:
        ValueError: It is damaged, or larger than a chunk may be.
        VerificationError: Its entries are not those of the state.
    """
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(data, 2 * CHUNK_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise ValueError("the chunk is too large or cut short")
    chunk: Chunk = _unpack(plain)
    if _root(chunk) != state_root:
        raise VerificationError(
            "chunk-unsound", "The chunk's entries are not those of the state.",
            basis="docs/rfc/0003-the-network.md", remedy="Take another snapshot.")
    return list(chunk.entries)


def _root(chunk: Chunk) -> bytes:
    """Return the root that follows from a run and its sides.

    Whatever bits another node names: the hash of each subtree is bound by the root, and between
    two entries of the run there is no place for a third.
    """
    keys = [key for key, _ in chunk.entries]
    hashes = [one.root for one in chunk.left]
    hashes += [leaf_hash(key, value) for key, value in chunk.entries]
    hashes += [one.root for one in chunk.right]
    bits = [0, *(one.bits for one in chunk.left)]
    bits += [shared_bits(low, high) for low, high in zip(keys, keys[1:], strict=False)]
    bits += [one.bits for one in chunk.right]
    return fold(hashes, bits, 0, len(hashes))
