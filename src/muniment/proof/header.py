"""The header of a block of CometBFT: its members, and the hash that validators sign.

- The hash is the RFC 9162 root over fourteen fields in their order, each in canonical protobuf;
  an empty field is an empty leaf (docs/formats/commit.md).
- `app_hash` is SHA-256 of the checkpoint text after the block before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from muniment.proof import merkle
from muniment.proof.crypto import b64, unb64
from muniment.proof.engine_bytes import (
    BlockId,
    Time,
    block_id,
    is_chain_id,
    number,
    octets,
    time_of,
    timestamp,
)
from muniment.proof.shape import exactly, natural, read_digest, refuted

BLOCK_PROTOCOL = 11
"""The block protocol whose hash this is: that of CometBFT v0.38 to v0.40."""
ADDRESS_BYTES = 20
HASHES = (
    "last_commit_hash", "data_hash", "validators_hash", "next_validators_hash", "consensus_hash",
    "app_hash", "last_results_hash", "evidence_hash",
)
_MEMBERS = {
    "chain_id", "height", "last_block_id", "proposer_address", "time", "version", *HASHES,
}


@dataclass(frozen=True, slots=True)
class Header:
    """A header."""

    block_protocol: int
    """The version of the block's format."""
    application: int
    """The version of the application's rules."""
    chain_id: str
    """The chain."""
    height: int
    """The height."""
    time: Time
    """The time of the block."""
    last_block_id: BlockId
    """The block before it."""
    hashes: Mapping[str, bytes]
    """The eight hashes, by name, in their order."""
    proposer: bytes
    """The address of the validator who proposed the block."""

    @classmethod
    def of(cls, plain: Any, protocol: int = BLOCK_PROTOCOL) -> "Header":
        """Return the header of its members.

        Args:
            plain: The members.
            protocol: The one block protocol that is read.

        Raises:
            LedgerError: They are not those of a header of this protocol.
        """
        exactly(plain, _MEMBERS)
        exactly(plain["version"], {"app", "block"})
        exactly(plain["last_block_id"], {"hash", "parts"})
        last = plain["last_block_id"]
        header = cls(
            block_protocol=natural(plain["version"]["block"]),
            application=natural(plain["version"]["app"]),
            chain_id=plain["chain_id"],
            height=natural(plain["height"]),
            time=time_of(plain["time"]),
            last_block_id=BlockId.of(read_digest(last["hash"]), last["parts"]),
            hashes={name: read_digest(plain[name]) for name in HASHES},
            proposer=unb64(plain["proposer_address"], ADDRESS_BYTES),
        )
        if header.block_protocol != protocol or not is_chain_id(header.chain_id):
            raise refuted(f"The header is not one of block protocol {protocol}.")
        if header.height == 0 or not header.hashes["validators_hash"]:
            raise refuted("A header has a height from 1 on, and names its validators.")
        return header

    def members(self) -> dict[str, Any]:
        """Return the members as they stand in an evidence file."""
        last = self.last_block_id
        return {
            "chain_id": self.chain_id,
            "height": self.height,
            "last_block_id": {
                "hash": b64(last.hash),
                "parts": {"hash": b64(last.parts_hash), "total": last.parts_total},
            },
            "proposer_address": b64(self.proposer),
            "time": list(self.time),
            "version": {"app": self.application, "block": self.block_protocol},
            **{name: b64(value) for name, value in self.hashes.items()},
        }

    def digest(self) -> bytes:
        """Return the hash of the header."""
        fields = (
            number(1, self.block_protocol) + number(2, self.application),
            octets(1, self.chain_id.encode("ascii")),
            number(1, self.height),
            timestamp(self.time),
            block_id(self.last_block_id),
            *(octets(1, value) for value in self.hashes.values()),
            octets(1, self.proposer),
        )
        return merkle.root([merkle.leaf_hash(field) for field in fields])
