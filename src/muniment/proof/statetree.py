"""The state tree (placeholder order: hashes first; proofs follow below)."""

from hashlib import sha256

Step = tuple[bool, bytes]
"""Whether we are the right child, and the sibling's hash; from the entry up to the root."""


def leaf_hash(key: bytes, value: bytes) -> bytes:
    """Return the hash of one entry, as ICS-23's TendermintSpec hashes a leaf."""
    size = len(key)
    length = bytes((size,)) if size < 128 else bytes((size & 127 | 128, size >> 7))
    return sha256(b"\x00" + length + key + b"\x20" + sha256(value).digest()).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()
