"""The bytes that CometBFT hashes and signs, in the canonical protobuf of its types.

- Fields stand in the order of their numbers, zero values are left out, and an embedded message
  that the engine declares as a value is always there, though it be empty.
- All fields have numbers below 16, so that number and type are one byte.
- Nothing here reads protobuf: a verifier builds the bytes from fields and compares hashes.

Source: CometBFT v0.38, `proto/tendermint/types`, `crypto`, `version`; `spec/core/encoding.md`.
"""

from dataclasses import dataclass
from typing import Any

from muniment.proof import limits
from muniment.proof.shape import exactly, items, natural, read_digest, refuted

PRECOMMIT = 2
"""The type of a vote that commits; 1 is a prevote."""
_SECONDS_MIN = -62_135_596_800
_SECONDS_MAX = 253_402_300_799
_ONE_BYTE = tuple(bytes((value,)) for value in range(128))
_UINT32_MAX = 2**32 - 1
Time = tuple[int, int]
"""Seconds since 1970 in UTC, and nanoseconds."""


@dataclass(frozen=True, slots=True)
class BlockId:
    """What names a block: its header's hash, and that of its parts."""

    hash: bytes
    """The hash of the header; empty for no block."""
    parts_total: int
    """How many parts the block was sent in."""
    parts_hash: bytes
    """The root over them; empty for no block."""

    @classmethod
    def of(cls, header_hash: bytes, parts: Any) -> "BlockId":
        """Return the id of a header's hash and the members of its parts.

        Raises:
            VerificationError: The members are others.
        """
        exactly(parts, {"hash", "total"})
        total = natural(parts["total"])
        if total > _UINT32_MAX:
            raise refuted("A block has too many parts.")
        return cls(header_hash, total, read_digest(parts["hash"]))


def time_of(plain: Any) -> Time:
    """Return a time from its two numbers, seconds and nanoseconds.

    Raises:
        VerificationError: They are no time of the years 1 to 9999.
    """
    seconds, nanoseconds = items(plain)
    if type(seconds) is not int or not _SECONDS_MIN <= seconds <= _SECONDS_MAX:
        raise refuted("A time lies outside the years 1 to 9999.")
    if natural(nanoseconds) >= 1_000_000_000:
        raise refuted("A time has too many nanoseconds.")
    return seconds, nanoseconds


def uvarint(value: int) -> bytes:
    """Return a number in base 128, the least digits first; a negative one as 64 bits."""
    if 0 <= value < 128:
        return _ONE_BYTE[value]
    value &= 2**64 - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    """Return a field of type varint; nothing for zero."""
    return _ONE_BYTE[field << 3] + uvarint(value) if value else b""


def fixed(field: int, value: int) -> bytes:
    """Return a field of type sfixed64; nothing for zero."""
    encoded = (value & 2**64 - 1).to_bytes(8, "little")
    return _ONE_BYTE[field << 3 | 1] + encoded if value else b""


def embedded(field: int, data: bytes) -> bytes:
    """Return a field of a message, there even if it is empty."""
    return _ONE_BYTE[field << 3 | 2] + uvarint(len(data)) + data


def octets(field: int, data: bytes) -> bytes:
    """Return a field of bytes or text; nothing for none."""
    return embedded(field, data) if data else b""


def timestamp(time: Time) -> bytes:
    """Return a `google.protobuf.Timestamp`."""
    return number(1, time[0]) + number(2, time[1])


def block_id(one: BlockId) -> bytes:
    """Return a `BlockID`; the canonical one of a vote has the same bytes."""
    parts = number(1, one.parts_total) + octets(2, one.parts_hash)
    return octets(1, one.hash) + embedded(2, parts)


def simple_validator(key: bytes, power: int) -> bytes:
    """Return a `SimpleValidator` with an Ed25519 key: a leaf of the hash of a validator set."""
    return embedded(1, octets(1, key)) + number(2, power)


@dataclass(frozen=True, slots=True)
class VoteBytes:
    """What is the same in all votes of one commit: only the time differs."""

    head: bytes
    """The bytes before the time."""
    tail: bytes
    """The bytes after it."""

    @classmethod
    def of(
        cls, kind: int, height: int, round_: int, block: BlockId | None, chain_id: str
    ) -> "VoteBytes":
        """Return the bytes of the votes for a block.

        Args:
            kind: The type of vote: PRECOMMIT, or another in vectors.
            height: The height voted on.
            round_: The round of consensus.
            block: The block voted for; None for nil.
            chain_id: The chain.
        """
        voted = b"" if block is None else embedded(4, block_id(block))
        head = number(1, kind) + fixed(2, height) + fixed(3, round_) + voted
        return cls(head, octets(6, chain_id.encode("ascii")))

    def at(self, time: Time) -> bytes:
        """Return the bytes that a validator signs who votes at `time`."""
        data = self.head + embedded(5, timestamp(time)) + self.tail
        return uvarint(len(data)) + data


def is_chain_id(text: str) -> bool:
    """Return whether a text may name a chain: visible ASCII, at most 50 characters."""
    return 0 < len(text) <= limits.CHAIN_ID_MAX and all("!" <= one <= "~" for one in text)
