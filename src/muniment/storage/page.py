"""One page of the state tree: its items, their hashes, and how a page is folded to its root.

- A page is a subtree. Its items are entries, or children: pages that hold a subtree of it.
- Keys are read as if followed by zeros without end; what two neighbours share is kept beside
  them, so that folding needs no look at a key.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from muniment.codec import pack, unpacker
from muniment.proof.statetree import inner_hash, leaf_hash


class Child(NamedTuple):
    """A page below this one, as an item of it."""

    page: int
    """The child's number in storage."""
    bits: int
    """How many leading bits all its keys share; any key that shares them belongs to it."""
    hash: bytes
    """The root of its subtree."""


class Join(NamedTuple):
    """Where two subtrees meet on the way from an entry to the root."""

    bits: int
    """How many leading bits all keys of both share."""
    is_left: bool
    """Whether the subtree beside the way is the left one."""
    hash: bytes
    """Its root."""


class Page:
    """One page in memory: sorted keys, their items and hashes, and the bits neighbours share."""

    __slots__ = ("_hashes", "bits", "items", "keys", "root")

    def __init__(
        self, keys: list[bytes], items: list[bytes | Child], bits: list[int],
        hashes: list[bytes] | None = None,
    ) -> None:
        self.keys = keys
        self.items = items
        self.bits = bits  # bits[i]: leading bits that keys[i - 1] and keys[i] share
        self.root = b""  # set by whoever folds the page
        self._hashes = hashes

    @property
    def hashes(self) -> list[bytes]:
        """The hash of each item, made when it is first needed: most reading needs none."""
        if self._hashes is None:
            self._hashes = [
                leaf_hash(key, item) if isinstance(item, bytes) else item.hash
                for key, item in zip(self.keys, self.items, strict=True)
            ]
        return self._hashes

    @hashes.setter
    def hashes(self, hashes: list[bytes]) -> None:
        self._hashes = hashes

    def put(self, key: bytes, item: bytes | Child, digest: bytes) -> None:
        """Add an item, or replace the one of the same key."""
        at = bisect_left(self.keys, key)
        if at < len(self.keys) and self.keys[at] == key:
            self.hashes[at] = digest
            self.items[at] = item
            return
        self.hashes.insert(at, digest)
        self.bits.insert(at, shared_bits(self.keys[at - 1], key) if at else 0)
        if at < len(self.keys):
            self.bits[at + 1] = shared_bits(key, self.keys[at])
        self.keys.insert(at, key)
        self.items.insert(at, item)

    def child_of(self, key: bytes) -> int:
        """Return the index of the child that `key` belongs to, or -1."""
        index = bisect_right(self.keys, key) - 1
        if index >= 0:
            item = self.items[index]
            if type(item) is Child and shares(key, self.keys[index], item.bits):
                return index
        if index + 1 < len(self.items):
            # A key below every one that the next child holds yet may still belong to it.
            item = self.items[index + 1]
            if type(item) is Child and shares(key, self.keys[index + 1], item.bits):
                return index + 1
        return -1

    def under(self, prefix: bytes) -> list[tuple[bytes, bytes | Child]]:
        """Return the items that hold keys which start with `prefix`, in order.

        They are neighbours: those whose own key starts so, or the one child in whose subtree all
        such keys lie, though its own key lies beside them.
        """
        keys, items = self.keys, self.items
        if not prefix:
            return list(zip(keys, items, strict=True))
        start = bisect_left(keys, prefix)
        stop = start
        while stop < len(keys) and keys[stop].startswith(prefix):
            stop += 1
        for at in (start - 1, stop):
            item = items[at] if 0 <= at < len(items) else None
            if type(item) is Child and shares(prefix, keys[at], min(item.bits, 8 * len(prefix))):
                start, stop = min(start, at), max(stop, at + 1)
        return list(zip(keys[start:stop], items[start:stop], strict=True))

    def stored(self) -> bytes:
        """Return the page as storage keeps it: keys without what all of them share."""
        first, last = self.keys[0], self.keys[-1]
        shared = 0
        while shared < len(first) and first[: shared + 8] == last[: shared + 8]:
            shared += 8
        rest = [key[shared:] for key in self.keys]
        items = [item if isinstance(item, bytes) else tuple(item) for item in self.items]
        return pack((first[:shared], rest, items, self.bits))

    @classmethod
    def load(cls, data: bytes) -> "Page":
        """Return the page that `stored` wrote."""
        shared, rest, items, bits = _UNPACK(data)
        return cls(
            [shared + key for key in rest],
            [item if isinstance(item, bytes) else Child(*item) for item in items],
            bits,
        )


_UNPACK: Callable[[bytes], tuple[bytes, list[bytes], list[bytes | Child], list[int]]] = unpacker(
    tuple[bytes, list[bytes], list[bytes | tuple[int, int, bytes]], list[int]]
)


def shared_bits(left: bytes, right: bytes) -> int:
    """Return how many leading bits two different keys share, read as if followed by zeros."""
    width = max(len(left), len(right))
    difference = int.from_bytes(left.ljust(width, b"\0"), "big") ^ int.from_bytes(
        right.ljust(width, b"\0"), "big"
    )
    return width * 8 - difference.bit_length()


def shares(left: bytes, right: bytes, bits: int) -> bool:
    """Return whether two keys share their first `bits` bits: `shared_bits` without the count."""
    whole, rest = bits >> 3, bits & 7
    if left[:whole] != right[:whole]:
        return False
    if not rest:
        return True
    one = left[whole] if whole < len(left) else 0
    other = right[whole] if whole < len(right) else 0
    return (one ^ other) >> (8 - rest) == 0


def fold(hashes: Sequence[bytes], bits: Sequence[int], start: int, stop: int) -> bytes:
    """Return the root of the items `start` to `stop`, which must form a subtree."""
    roots = [hashes[start]]
    joins: list[int] = []
    for index in range(start + 1, stop):
        while joins and joins[-1] > bits[index]:
            joins.pop()
            right = roots.pop()
            roots[-1] = inner_hash(roots[-1], right)
        joins.append(bits[index])
        roots.append(hashes[index])
    while len(roots) > 1:
        right = roots.pop()
        roots[-1] = inner_hash(roots[-1], right)
    return roots[0]


def run_of(page: Page, index: int) -> Page:
    """Return one item of a page as a page of its own, with the hash that is known."""
    return Page([page.keys[index]], [page.items[index]], [0], [page.hashes[index]])


def joins_within(page: Page, at: int) -> list[Join]:
    """Return the joins from item `at` to the root of its page."""
    start, stop = 0, len(page.keys)
    joins: list[Join] = []
    while stop - start > 1:
        split = min(range(start + 1, stop), key=lambda index: page.bits[index])
        if at < split:
            joins.append(Join(page.bits[split], False, fold(page.hashes, page.bits, split, stop)))
            stop = split
        else:
            joins.append(Join(page.bits[split], True, fold(page.hashes, page.bits, start, split)))
            start = split
    return joins[::-1]
