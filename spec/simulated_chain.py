"""A chain whose validators' keys are known: it answers as CometBFT's RPC does.

For vectors, tests and benchmarks. Everything follows from names and seeds, so that the same chain
comes out everywhere; nothing of it is fit for a network.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from muniment.proof.crypto import PrivateKey, sha256
from muniment.proof.engine_bytes import PRECOMMIT, BlockId, Time, VoteBytes
from muniment.proof.header import BLOCK_PROTOCOL, Header
from muniment.proof.validators import address, set_hash

ABSENT, COMMIT, NIL = 1, 2, 3
"""What a commit says of a validator: CometBFT's `BlockIDFlag`."""
NO_BLOCK = BlockId(b"", 0, b"")
BLOCK_SECONDS = 5
Powers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Ballot:
    """How one validator votes."""

    flag: int = COMMIT
    """ABSENT, COMMIT or NIL."""
    time: Time | None = None
    """The time that it signs; None for the block's time and its own delay."""
    sign: Callable[[PrivateKey, bytes], bytes] = lambda key, message: key.sign(message)
    """What it gives for a signature."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block, its validators and their votes for it."""

    header: Header
    """The header."""
    powers: Powers
    """The power of each validator, by name."""
    ballots: Mapping[str, Ballot]
    """How those vote who do not simply commit."""
    chain: "SimulatedChain" = field(repr=False)
    """The chain."""

    @property
    def block_id(self) -> BlockId:
        """What names the block."""
        digest = self.header.digest()
        return BlockId(digest, 1, sha256(b"parts" + digest))


def validator_key(name: str) -> PrivateKey:
    """Return the key of a simulated validator."""
    return PrivateKey.from_seed(sha256(b"simulated validator " + name.encode("ascii")))


def names(count: int, first: int = 0) -> list[str]:
    """Return names of validators."""
    return [f"validator-{at:03}" for at in range(first, first + count)]


def equal(count: int, first: int = 0) -> dict[str, int]:
    """Return validators of one unit of power each."""
    return dict.fromkeys(names(count, first), 1)


class SimulatedChain:
    """A growing chain.

    Args:
        chain_id: Its name.
        powers: The validators of its first block.
        height: The height of its first block.
        time: The time of its first block, in UTC seconds.
    """

    def __init__(
        self, chain_id: str, powers: Powers, *, height: int = 1, time: int = 1_795_000_000
    ) -> None:
        self.chain_id = chain_id
        self.first = height
        self.blocks: dict[int, Block] = {}
        self.keys: dict[str, PrivateKey] = {}
        self.calls: list[str] = []
        self._next: Powers = powers
        self._time = time

    @property
    def height(self) -> int:
        """The height of the last block."""
        return self.first + len(self.blocks) - 1

    @property
    def now(self) -> int:
        """A minute after the last block, in UTC seconds."""
        return self._time + 60

    def add(
        self,
        app_hash: bytes = bytes(32),
        *,
        powers: Powers | None = None,
        seconds: int = BLOCK_SECONDS,
        ballots: Mapping[str, Ballot] | None = None,
    ) -> Block:
        """Append a block.

        Args:
            app_hash: What its header says of the ledger after the block before.
            powers: The validators of the next block, if others than its own.
            seconds: How long after the block before it is dated.
            ballots: How those vote who do not simply commit.
        """
        own, self._next = self._next, powers or self._next
        height = self.first + len(self.blocks)
        last = self.blocks.get(height - 1)
        self._time += seconds if last else 0
        header = Header(
            block_protocol=BLOCK_PROTOCOL,
            application=1,
            chain_id=self.chain_id,
            height=height,
            time=(self._time, height * 1_000_003 % 1_000_000_000),
            last_block_id=last.block_id if last else NO_BLOCK,
            hashes={
                "last_commit_hash": sha256(b"last commit %d" % height),
                "data_hash": sha256(b"data %d" % height),
                "validators_hash": self.set_hash(own),
                "next_validators_hash": self.set_hash(self._next),
                "consensus_hash": sha256(b"parameters"),
                "app_hash": app_hash,
                "last_results_hash": sha256(b"results %d" % height),
                "evidence_hash": sha256(b""),
            },
            proposer=address(self.key(min(own)).public.raw()),
        )
        self.blocks[height] = Block(header, own, ballots or {}, self)
        return self.blocks[height]

    def grow(self, count: int) -> None:
        """Append blocks in which nothing happens."""
        for _ in range(count):
            self.add(self.blocks[self.height].header.hashes["app_hash"] if self.blocks
                     else bytes(32))

    def fork(self, height: int) -> "SimulatedChain":
        """Return a chain of the same blocks before a height: what signs anew may then follow."""
        other = SimulatedChain(self.chain_id, self.blocks[height].powers, height=self.first)
        other.blocks = {at: one for at, one in self.blocks.items() if at < height}
        other._time = self.blocks[height - 1].header.time[0]
        other.keys = self.keys
        return other

    def change(self, height: int, **fields: Any) -> None:
        """Change fields of a header, for what an attacker would show."""
        block = self.blocks[height]
        self.blocks[height] = replace(block, header=replace(block.header, **fields))

    def key(self, name: str) -> PrivateKey:
        """Return a validator's key."""
        if name not in self.keys:
            self.keys[name] = validator_key(name)
        return self.keys[name]

    def set_hash(self, powers: Powers) -> bytes:
        """Return the hash of a validator set."""
        keys = [self.key(name).public.raw() for name in powers]
        return set_hash(keys, [address(key) for key in keys], list(powers.values()))

    def order(self, powers: Powers) -> list[str]:
        """Return the names of a set in the engine's order: power, then address."""
        return sorted(powers, key=lambda name: (
            -powers[name], address(self.key(name).public.raw())))

    def call(self, method: str, **parameters: Any) -> Any:
        """Answer a call of the RPC: `status`, `commit` or `validators`."""
        self.calls.append(method)
        if method == "status":
            return {"sync_info": {"earliest_block_height": str(self.first),
                                  "latest_block_height": str(self.height)}}
        height = int(parameters["height"])
        block = self.blocks[height]
        if method == "commit":
            return {"canonical": height < self.height, "signed_header": {
                "commit": self._commit(block), "header": header_answer(block.header)}}
        page, size = int(parameters.get("page", 1)), int(parameters.get("per_page", 30))
        listed = [self._validator(name, block.powers[name]) for name in self.order(block.powers)]
        shown = listed[(page - 1) * size : page * size]
        return {"block_height": str(height), "count": str(len(shown)), "total": str(len(listed)),
                "validators": shown}

    def _validator(self, name: str, power: int) -> dict[str, Any]:
        raw = self.key(name).public.raw()
        return {
            "address": address(raw).hex().upper(), "proposer_priority": "0",
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": standard(raw)},
            "voting_power": str(power),
        }

    def _commit(self, block: Block) -> dict[str, Any]:
        signatures = []
        for at, name in enumerate(self.order(block.powers)):
            ballot = block.ballots.get(name, Ballot())
            signatures.append(self._signature(block, name, ballot, at))
        return {"block_id": block_id_answer(block.block_id), "height": str(block.header.height),
                "round": 0, "signatures": signatures}

    def _signature(self, block: Block, name: str, ballot: Ballot, at: int) -> dict[str, Any]:
        if ballot.flag == ABSENT:
            return {"block_id_flag": ABSENT, "signature": None,
                    "timestamp": "0001-01-01T00:00:00Z", "validator_address": ""}
        seconds, nanoseconds = block.header.time
        time = ballot.time or (seconds + 1, (nanoseconds + 7_001_003 * at) % 1_000_000_000)
        voted = block.block_id if ballot.flag == COMMIT else None
        message = VoteBytes.of(PRECOMMIT, block.header.height, 0, voted, self.chain_id).at(time)
        key = self.key(name)
        return {
            "block_id_flag": ballot.flag,
            "signature": standard(ballot.sign(key, message)),
            "timestamp": time_answer(time),
            "validator_address": address(key.public.raw()).hex().upper(),
        }


def standard(data: bytes) -> str:
    """Return bytes in standard base64, as CometBFT prints keys and signatures."""
    return base64.b64encode(data).decode("ascii")


def time_answer(time: Time) -> str:
    """Return a time as CometBFT prints it: RFC 3339, as many decimals as it needs."""
    text = datetime.fromtimestamp(time[0], tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    decimals = f".{time[1]:09}".rstrip("0") if time[1] else ""
    return f"{text}{decimals}Z"


def block_id_answer(one: BlockId) -> dict[str, Any]:
    """Return a block's id as CometBFT prints it."""
    return {"hash": one.hash.hex().upper(),
            "parts": {"hash": one.parts_hash.hex().upper(), "total": one.parts_total}}


def header_answer(header: Header) -> dict[str, Any]:
    """Return a header as CometBFT prints it."""
    return {
        "chain_id": header.chain_id,
        "height": str(header.height),
        "last_block_id": block_id_answer(header.last_block_id),
        "proposer_address": header.proposer.hex().upper(),
        "time": time_answer(header.time),
        "version": {"app": str(header.application), "block": str(header.block_protocol)},
        **{name: value.hex().upper() for name, value in header.hashes.items()},
    }
