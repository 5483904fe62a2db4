"""The log's tree, hashed as RFC 9162 §2.1: root, inclusion, consistency; made and verified.

- A leaf and an inner node are hashed under different prefixes, so that neither passes for the
  other. The tree of n leaves splits at the largest power of two below n.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256 as _sha256

from muniment.proof import limits
from muniment.proof.errors import Malformed, VerificationError

EMPTY_ROOT = _sha256(b"").digest()
Node = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree of 2^level leaves with a number."""


def leaf_hash(data: bytes) -> bytes:
    """Return SHA-256(0x00 | data)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 | left | right)."""
    return _sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    frontier = Frontier()
    for one in leaf_hashes:
        frontier.append(one)
    return frontier.root()


class Frontier:
    """The complete subtrees of a growing log: all that appending needs."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Append a leaf hash."""
        size, peaks = self.size, self._peaks
        while size & 1:
            leaf = _sha256(b"\x01" + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves appended."""
        if not self._peaks:
            return EMPTY_ROOT
        hashed = self._peaks[-1]
        for peak in self._peaks[-2::-1]:
            hashed = node_hash(peak, hashed)
        return hashed

    def dump(self) -> bytes:
        """Return the hashes of the complete subtrees, the largest first."""
        return b"".join(self._peaks)

    @classmethod
    def load(cls, size: int, data: bytes) -> "Frontier":
        """Return the frontier that `dump` wrote at `size` leaves.

        Raises:
            Malformed: The bytes are not those of a log of that size.
        """
        if size < 0 or len(data) != 32 * size.bit_count():
            raise Malformed("frontier-malformed", f"{len(data)} bytes are no frontier of {size}.")
        frontier = cls()
        frontier.size = size
        frontier._peaks = [data[at : at + 32] for at in range(0, len(data), 32)]
        return frontier


def inclusion_path_from(node: Node, index: int, size: int) -> list[bytes]:
    """Return the RFC 9162 §2.1.3.1 path of leaf `index` in the first `size` leaves."""
    return _path(node, index, 0, size)


def _path(node: Node, index: int, start: int, stop: int) -> list[bytes]:
    if stop - start <= 1:
        return []
    split = start + (1 << (stop - start - 1).bit_length() - 1)
    if index < split:
        return [*_path(node, index, start, split), _range_root(node, split, stop)]
    return [*_path(node, index, split, stop), _range_root(node, start, split)]


def _range_root(node: Node, start: int, stop: int) -> bytes:
    """Return the root over leaves `start` to `stop`, where `start` is aligned for that many."""
    width = stop - start
    level = width.bit_length() - 1
    if width == 1 << level:
        return node(level, start >> level)
    split = start + (1 << level)
    return node_hash(node(level, start >> level), _range_root(node, split, stop))


def consistency_path_from(node: Node, first: int, second: int) -> list[bytes]:
    """Return the RFC 9162 §2.1.4.1 proof that `first` leaves are a prefix of `second`."""
    if not 0 < first <= second:
        raise Malformed("log-size-malformed", f"{first} of {second} leaves is no prefix.")
    return _subproof(node, first, 0, second, whole=True)


def _subproof(node: Node, first: int, start: int, stop: int, *, whole: bool) -> list[bytes]:
    if first == stop:
        return [] if whole else [_range_root(node, start, stop)]
    split = start + (1 << (stop - start - 1).bit_length() - 1)
    if first <= split:
        return [*_subproof(node, first, start, split, whole=whole), _range_root(node, split, stop)]
    return [*_subproof(node, first, split, stop, whole=False), _range_root(node, start, split)]


def _memory(hashes: Sequence[bytes]) -> Node:
    def node(level: int, number: int) -> bytes:
        return root(hashes[number << level : (number + 1) << level])

    return node


def inclusion_path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the inclusion path of leaf `index` among leaf hashes held in memory."""
    return inclusion_path_from(_memory(hashes), index, len(hashes))


def consistency_path(hashes: Sequence[bytes], first: int) -> list[bytes]:
    """Return the consistency proof from the first `first` leaf hashes to all of them."""
    return consistency_path_from(_memory(hashes), first, len(hashes))


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes
) -> None:
    """Verify an inclusion path (RFC 9162 §2.1.3.2).

    Raises:
        VerificationError: The leaf is not at that index of the log with that root.
    """
    if not 0 <= index < size or len(path) > limits.LOG_PATH_DEPTH_MAX:
        raise _refuted("The index lies outside the log, or the path is too long.")
    number, last, hashed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise _refuted("The path is too long.")
        if number & 1 or number == last:
            hashed = node_hash(sibling, hashed)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        number, last = number >> 1, last >> 1
    if last or hashed != expected:
        raise _refuted("The path does not lead from the leaf to the root.")


def verify_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Verify a consistency proof (RFC 9162 §2.1.4.2).

    Raises:
        VerificationError: The smaller log is no prefix of the larger one.
    """
    if not 0 < first <= second or len(path) > limits.LOG_PATH_DEPTH_MAX + 1:
        raise _refuted("The sizes are out of order.")
    if first == second:
        if path or first_root != second_root:
            raise _refuted("Two logs of one size have different roots.")
        return
    hashes = list(path) if first & (first - 1) else [first_root, *path]
    if not hashes:
        raise _refuted("The proof is too short.")
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise _refuted("The proof is too long.")
        if number & 1 or number == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        number, last = number >> 1, last >> 1
    if last or old != first_root or new != second_root:
        raise _refuted("The smaller log is no prefix of the larger one.")


def _refuted(detail: str) -> VerificationError:
    return VerificationError("log-path-invalid", detail, basis="RFC 9162 §2.1.3, §2.1.4")
