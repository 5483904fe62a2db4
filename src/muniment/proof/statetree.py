"""The state tree: a binary radix tree over sorted keys, and its proofs.

- Keys are byte strings without a zero byte, read as if followed by zeros without end. The root
  depends on the set of entries alone (docs/formats/state-tree.md):

      root of nothing     SHA-256("")
      root of one entry   SHA-256(0x00 | varint(len key) | key | 0x20 | SHA-256(value))
      root of several     SHA-256(0x01 | root(those with bit 0) | root(those with bit 1)),
                          at the first bit where the first and the last key differ

- Presence and absence are plain ICS-23 proofs under its TendermintSpec. Completeness is ours:
  all entries that share a prefix, the path of their subtree, and the entries beside it.
- A proof is a plain JSON value: `{"key", "value", "sides", "siblings"}` for presence, where
  `siblings` are the hashes from the entry to the root and `sides` says of each whether it is on
  the left (`l`) or on the right (`r`).
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol

from muniment.proof import limits
from muniment.proof.crypto import b64, unb64
from muniment.proof.errors import Fault, LedgerError, VerificationError

EMPTY_ROOT = sha256(b"").digest()
Step = tuple[bool, bytes]
"""Whether the sibling is on the left, and its hash; from the entry up to the root."""
Entries = Sequence[tuple[bytes, bytes]]


def leaf_hash(key: bytes, value: bytes) -> bytes:
    """Return the hash of one entry, as ICS-23's TendermintSpec hashes a leaf."""
    size = len(key)
    length = bytes((size,)) if size < 128 else bytes((size & 127 | 128, size >> 7))
    return sha256(b"\x00" + length + key + b"\x20" + sha256(value).digest()).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def first_difference(left: bytes, right: bytes) -> int:
    """Return the index of the first bit in which two keys differ, the keys read with zeros."""
    width = max(len(left), len(right))
    one = int.from_bytes(left.ljust(width, b"\0"), "big")
    other = int.from_bytes(right.ljust(width, b"\0"), "big")
    return width * 8 - (one ^ other).bit_length()


def root(entries: Entries) -> bytes:
    """Return the root over entries sorted by key: the reference."""
    if not entries:
        return EMPTY_ROOT
    if len(entries) == 1:
        return leaf_hash(*entries[0])
    split = _split(entries)
    return inner_hash(root(entries[:split]), root(entries[split:]))


def _split(entries: Entries) -> int:
    """Return where the sorted entries divide: the first one with bit 1 at their difference."""
    bit = first_difference(entries[0][0], entries[-1][0])
    low, high = 0, len(entries) - 1
    while high - low > 1:
        middle = (low + high) // 2
        key = entries[middle][0]
        one = bit // 8 < len(key) and key[bit // 8] >> (7 - bit % 8) & 1
        low, high = (low, middle) if one else (middle, high)
    return high


def path_in(entries: Entries, index: int) -> list[Step]:
    """Return the steps from entry `index` to the root over `entries`."""
    if len(entries) <= 1:
        return []
    split = _split(entries)
    if index < split:
        return [*path_in(entries[:split], index), (False, root(entries[split:]))]
    return [*path_in(entries[split:], index - split), (True, root(entries[:split]))]


class Tree(Protocol):
    """A tree from which proofs are made."""

    def root(self) -> bytes:
        """Return the root."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, or None."""

    def path(self, key: bytes) -> list[Step]:
        """Return the steps from the entry of a present key to the root."""

    def neighbours(self, key: bytes) -> tuple[bytes | None, bytes | None]:
        """Return the greatest key below and the least key above, None at the ends."""

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries under a prefix in order."""


class MemoryTree:
    """A tree over a mapping, recomputed each time: for tests and as the plainest example."""

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        self._entries = sorted(entries.items())

    def root(self) -> bytes:
        """Return the root."""
        return root(self._entries)

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, or None."""
        return dict(self._entries).get(key)

    def path(self, key: bytes) -> list[Step]:
        """Return the steps from the entry of a present key to the root."""
        return path_in(self._entries, [one for one, _ in self._entries].index(key))

    def neighbours(self, key: bytes) -> tuple[bytes | None, bytes | None]:
        """Return the greatest key below and the least key above, None at the ends."""
        below = [one for one, _ in self._entries if one < key]
        above = [one for one, _ in self._entries if one > key]
        return below[-1] if below else None, above[0] if above else None

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries under a prefix in order."""
        return (entry for entry in self._entries if entry[0].startswith(prefix))


def prove_presence(tree: Tree, key: bytes) -> dict[str, Any]:
    """Return the proof that `key` has its value.

    Raises:
        Fault: The key is not in the tree.
    """
    value = tree.get(key)
    if value is None:
        raise Fault("The presence of an absent key was to be proven.")
    return {"key": key.decode("ascii"), "value": value.decode("utf-8"), **_plain(tree.path(key))}


def prove_absence(tree: Tree, key: bytes) -> dict[str, Any]:
    """Return the proof that nothing stands under `key`: its two neighbours.

    Raises:
        Fault: The key is in the tree.
    """
    if tree.get(key) is not None:
        raise Fault("The absence of a present key was to be proven.")
    left, right = tree.neighbours(key)
    return {
        "left": prove_presence(tree, left) if left is not None else None,
        "right": prove_presence(tree, right) if right is not None else None,
    }


def prove_completeness(tree: Tree, prefix: bytes) -> dict[str, Any]:
    """Return the proof that the entries under `prefix` are all there are."""
    entries = list(tree.scan(prefix))
    first = entries[0][0] if entries else prefix
    last = entries[-1][0] if entries else prefix
    left, right = tree.neighbours(first)[0], tree.neighbours(last)[1]
    path = tree.path(first)[len(path_in(entries, 0)) :] if entries else []
    return {
        "entries": [[key.decode("ascii"), value.decode("utf-8")] for key, value in entries],
        "left": prove_presence(tree, left) if left is not None else None,
        "right": prove_presence(tree, right) if right is not None else None,
        **_plain(path),
    }


def _plain(path: Sequence[Step]) -> dict[str, str]:
    return {
        "sides": "".join("l" if on_left else "r" for on_left, _ in path),
        "siblings": b64(b"".join(sibling for _, sibling in path)),
    }


def verify_presence(proof: Any, expected: bytes) -> tuple[bytes, bytes]:
    """Verify a proof of presence; return (key, value).

    Raises:
        VerificationError: The proof does not lead to the root.
    """
    key, value, path = _presence(proof)
    if _climb(leaf_hash(key, value), path) != expected:
        raise _refuted("The path does not lead from the entry to the state root.")
    return key, value


def verify_absence(proof: Any, key: bytes, expected: bytes) -> None:
    """Verify that nothing stands under `key`.

    Raises:
        VerificationError: The neighbours are no neighbours, or do not enclose the key.
    """
    _well_formed(key)
    if not isinstance(proof, dict) or proof.keys() != {"left", "right"}:
        raise _refuted("A proof of absence has a left and a right neighbour.")
    left = _neighbour(proof["left"], expected)
    right = _neighbour(proof["right"], expected)
    if left is None and right is None:
        if expected != EMPTY_ROOT:
            raise _refuted("Only an empty tree has no neighbours.")
        return
    if (left and left[0] >= key) or (right and right[0] <= key):
        raise _refuted("The neighbours do not enclose the key.")
    _adjacent(left[1] if left else None, right[1] if right else None)


def verify_completeness(proof: Any, prefix: bytes, expected: bytes) -> list[tuple[bytes, bytes]]:
    """Verify that the entries of a proof are all that share `prefix`; return them.

    Raises:
        VerificationError: An entry is hidden, foreign or altered.
    """
    _well_formed(prefix)
    names = {"entries", "left", "right", "sides", "siblings"}
    if not isinstance(proof, dict) or proof.keys() != names:
        raise _refuted("A proof of completeness has entries, a path and two neighbours.")
    entries = [_entry(one) for one in _list(proof["entries"])]
    path = _path(proof)
    if not entries:
        verify_absence({"left": proof["left"], "right": proof["right"]}, prefix, expected)
        _outside(_neighbour(proof["right"], expected), prefix)
        return []
    keys = [key for key, _ in entries]
    if any(one >= other for one, other in zip(keys, keys[1:], strict=False)):
        raise _refuted("The entries are not sorted by key, each once.")
    if not all(key.startswith(prefix) for key in keys):
        raise _refuted("An entry lies outside the prefix.")
    if _climb(root(entries), path) != expected:
        raise _refuted("The entries do not form a subtree of the state.")
    _enclosed(entries, path, proof, prefix, expected)
    return entries


def _enclosed(
    entries: Entries, path: list[Step], proof: dict[str, Any], prefix: bytes, expected: bytes
) -> None:
    left = _neighbour(proof["left"], expected)
    right = _neighbour(proof["right"], expected)
    for neighbour in (left, right):
        _outside(neighbour, prefix)
    if (left and left[0] >= entries[0][0]) or (right and right[0] <= entries[-1][0]):
        raise _refuted("The neighbours do not enclose the entries.")
    _adjacent(left[1] if left else None, path_in(entries, 0) + path)
    _adjacent(path_in(entries, len(entries) - 1) + path, right[1] if right else None)


def _outside(neighbour: tuple[bytes, list[Step]] | None, prefix: bytes) -> None:
    if neighbour and neighbour[0].startswith(prefix):
        raise _refuted("An entry beside the subtree has the prefix too: one was hidden.")


def _neighbour(proof: Any, expected: bytes) -> tuple[bytes, list[Step]] | None:
    if proof is None:
        return None
    key, _ = verify_presence(proof, expected)
    return key, _path(proof)


def _adjacent(left: list[Step] | None, right: list[Step] | None) -> None:
    """Require that nothing stands between two entries, given their paths (ICS-23)."""
    if left is None:
        if right is None or any(on_left for on_left, _ in right):
            raise _refuted("The right neighbour is not the first entry of the state.")
        return
    if right is None:
        if not all(on_left for on_left, _ in left):
            raise _refuted("The left neighbour is not the last entry of the state.")
        return
    above = 0
    while above < min(len(left), len(right)) and left[-1 - above] == right[-1 - above]:
        above += 1
    left_below, right_below = left[: len(left) - above], right[: len(right) - above]
    meets = left_below and right_below and not left_below[-1][0] and right_below[-1][0]
    edges = all(side for side, _ in left_below[:-1]) and not any(
        side for side, _ in right_below[:-1]
    )
    if not meets or not edges:
        raise _refuted("Something can stand between the two neighbours.")


def _climb(hashed: bytes, path: Sequence[Step]) -> bytes:
    for on_left, sibling in path:
        hashed = inner_hash(sibling, hashed) if on_left else inner_hash(hashed, sibling)
    return hashed


def _presence(proof: Any) -> tuple[bytes, bytes, list[Step]]:
    if not isinstance(proof, dict) or proof.keys() != {"key", "value", "sides", "siblings"}:
        raise _refuted("A proof of presence has key, value, sides and siblings.")
    key, value = _entry([proof["key"], proof["value"]])
    return key, value, _path(proof)


def _entry(plain: Any) -> tuple[bytes, bytes]:
    if not isinstance(plain, list) or len(plain) != 2:
        raise _refuted("An entry is a key and a value.")
    key, value = plain
    if not isinstance(key, str) or not isinstance(value, str) or not key.isascii():
        raise _refuted("A key is ASCII text and a value is text.")
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError:
        raise _refuted("A value holds a lone surrogate.") from None
    if not 1 <= len(encoded) <= limits.STATE_VALUE_BYTES_MAX:
        raise _refuted("A value has 1 to 1,024 bytes.")
    _well_formed(key.encode("ascii"))
    return key.encode("ascii"), encoded


def _well_formed(key: bytes) -> None:
    if not 1 <= len(key) <= limits.STATE_KEY_BYTES_MAX or b"\0" in key:
        raise _refuted("A key has 1 to 256 bytes, none of them zero.")


def _path(proof: dict[str, Any]) -> list[Step]:
    sides, siblings = proof["sides"], proof["siblings"]
    if not isinstance(sides, str) or not isinstance(siblings, str):
        raise _refuted("Sides and siblings are texts.")
    if len(sides) > limits.STATE_PATH_DEPTH_MAX or not set(sides) <= {"l", "r"}:
        raise _refuted(f"A path has at most {limits.STATE_PATH_DEPTH_MAX} steps, each l or r.")
    try:
        hashes = unb64(siblings, 32 * len(sides))
    except LedgerError:
        raise _refuted("The siblings are not 32 bytes for each step.") from None
    return [(side == "l", hashes[32 * at : 32 * at + 32]) for at, side in enumerate(sides)]


def _list(plain: Any) -> list[Any]:
    if not isinstance(plain, list):
        raise _refuted("The entries are no list.")
    return plain


def _refuted(detail: str) -> VerificationError:
    return VerificationError(
        "state-proof-invalid", detail, basis="ICS-23; docs/formats/state-tree.md",
        remedy="Ask the office for the proof again.",
    )
