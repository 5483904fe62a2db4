"""What requests and responses of ABCI 2.0 are made of.

Field numbers are those of `tendermint.abci`, `tendermint.types` and `tendermint.crypto` of
CometBFT v0.38; v0.39 and v0.40 add to them and change none.
"""

from collections.abc import MutableSequence as Many
from enum import IntEnum

from muniment.abci.wire import Message, field, message

ABCI = "tendermint.abci"
TYPES = "tendermint.types"
CRYPTO = "tendermint.crypto"
GOOGLE = "google.protobuf"


class CheckTxType(IntEnum):
    """Why a transaction is checked."""

    NEW = 0
    RECHECK = 1


class OfferSnapshotResult(IntEnum):
    """What becomes of a snapshot that was offered."""

    UNKNOWN = 0
    ACCEPT = 1
    ABORT = 2
    REJECT = 3
    REJECT_FORMAT = 4
    REJECT_SENDER = 5


class ApplySnapshotChunkResult(IntEnum):
    """What becomes of a chunk that was applied."""

    UNKNOWN = 0
    ACCEPT = 1
    ABORT = 2
    RETRY = 3
    RETRY_SNAPSHOT = 4
    REJECT_SNAPSHOT = 5


class ProposalStatus(IntEnum):
    """Whether a proposed block may be voted for."""

    UNKNOWN = 0
    ACCEPT = 1
    REJECT = 2


class VerifyStatus(IntEnum):
    """Whether the extension of a vote is taken."""

    UNKNOWN = 0
    ACCEPT = 1
    REJECT = 2


class BlockIDFlag(IntEnum):
    """What a validator voted for, or that its vote is missing."""

    UNKNOWN = 0
    ABSENT = 1
    COMMIT = 2
    NIL = 3


class MisbehaviorType(IntEnum):
    """How a validator misbehaved."""

    UNKNOWN = 0
    DUPLICATE_VOTE = 1
    LIGHT_CLIENT_ATTACK = 2


@message(GOOGLE)
class Timestamp(Message):
    """A time in UTC: seconds since 1970, and nanoseconds beyond them."""

    seconds: int = field(1, "int64")
    nanos: int = field(2, "int32")


@message(GOOGLE)
class Duration(Message):
    """A span of time: seconds, and nanoseconds beyond them."""

    seconds: int = field(1, "int64")
    nanos: int = field(2, "int32")


@message(CRYPTO)
class PublicKey(Message):
    """The key of a validator; other kinds of key are kept as unknown fields."""

    ed25519: bytes = field(1, "bytes", choice="sum")
    secp256k1: bytes = field(2, "bytes", choice="sum")


@message(CRYPTO)
class ProofOp(Message):
    """One step of a proof; its type says how to read it."""

    type: str = field(1, "string")
    key: bytes = field(2, "bytes")
    data: bytes = field(3, "bytes")


@message(CRYPTO)
class ProofOps(Message):
    """The steps of a proof, from the value to the root."""

    ops: Many[ProofOp] = field(1, ProofOp, many=True)


@message(TYPES)
class BlockParams(Message):
    """Bounds of a block; -1 leaves the choice to the engine or the application."""

    max_bytes: int = field(1, "int64")
    max_gas: int = field(2, "int64")


@message(TYPES)
class EvidenceParams(Message):
    """How old and how large a report of misbehaviour may be."""

    max_age_num_blocks: int = field(1, "int64")
    max_age_duration: Duration = field(2, Duration)
    max_bytes: int = field(3, "int64")


@message(TYPES)
class ValidatorParams(Message):
    """The kinds of key that a validator may have."""

    pub_key_types: Many[str] = field(1, "string", many=True)


@message(TYPES)
class VersionParams(Message):
    """The protocol version of the application."""

    app: int = field(1, "uint64")


@message(TYPES)
class ABCIParams(Message):
    """From which height votes carry extensions; 0 for never."""

    vote_extensions_enable_height: int = field(1, "int64")


@message(TYPES)
class ConsensusParams(Message):
    """What all validators must agree upon about the engine."""

    block: BlockParams = field(1, BlockParams)
    evidence: EvidenceParams = field(2, EvidenceParams)
    validator: ValidatorParams = field(3, ValidatorParams)
    version: VersionParams = field(4, VersionParams)
    abci: ABCIParams = field(5, ABCIParams)


@message(ABCI)
class Validator(Message):
    """A validator by its address: the first 20 bytes of the SHA-256 of its key."""

    address: bytes = field(1, "bytes")
    power: int = field(3, "int64")


@message(ABCI)
class ValidatorUpdate(Message):
    """A validator's new power; 0 removes it."""

    pub_key: PublicKey = field(1, PublicKey)
    power: int = field(2, "int64")


@message(ABCI)
class VoteInfo(Message):
    """How one validator voted for the last block."""

    validator: Validator = field(1, Validator)
    block_id_flag: int = field(3, "int32")


@message(ABCI)
class ExtendedVoteInfo(Message):
    """How one validator voted, with the extension of its vote."""

    validator: Validator = field(1, Validator)
    vote_extension: bytes = field(3, "bytes")
    extension_signature: bytes = field(4, "bytes")
    block_id_flag: int = field(5, "int32")


@message(ABCI)
class CommitInfo(Message):
    """The round in which the last block was decided, and the votes for it."""

    round: int = field(1, "int32")
    votes: Many[VoteInfo] = field(2, VoteInfo, many=True)


@message(ABCI)
class ExtendedCommitInfo(Message):
    """As `CommitInfo`, with the extensions; the proposer alone sees it."""

    round: int = field(1, "int32")
    votes: Many[ExtendedVoteInfo] = field(2, ExtendedVoteInfo, many=True)


@message(ABCI)
class Misbehavior(Message):
    """A proven fault of a validator."""

    type: int = field(1, "int32")
    validator: Validator = field(2, Validator)
    height: int = field(3, "int64")
    time: Timestamp = field(4, Timestamp)
    total_voting_power: int = field(5, "int64")


@message(ABCI)
class Snapshot(Message):
    """What a snapshot is, without its chunks."""

    height: int = field(1, "uint64")
    format: int = field(2, "uint32")
    chunks: int = field(3, "uint32")
    hash: bytes = field(4, "bytes")
    metadata: bytes = field(5, "bytes")


@message(ABCI)
class EventAttribute(Message):
    """A name and a value by which an event can be found."""

    key: str = field(1, "string")
    value: str = field(2, "string")
    index: bool = field(3, "bool")


@message(ABCI)
class Event(Message):
    """Something that happened, for subscribers and the engine's index."""

    type: str = field(1, "string")
    attributes: Many[EventAttribute] = field(2, EventAttribute, many=True)


@message(ABCI)
class ExecTxResult(Message):
    """What became of a transaction; `code`, `data` and gas are hashed into the next header."""

    code: int = field(1, "uint32")
    data: bytes = field(2, "bytes")
    log: str = field(3, "string")
    info: str = field(4, "string")
    gas_wanted: int = field(5, "int64")
    gas_used: int = field(6, "int64")
    events: Many[Event] = field(7, Event, many=True)
    codespace: str = field(8, "string")
