"""Requests and responses of ABCI 2.0, each request beside its response."""

from collections.abc import MutableSequence as Many

from muniment.abci.values import (
    ABCI,
    CommitInfo,
    ConsensusParams,
    Event,
    ExecTxResult,
    ExtendedCommitInfo,
    Misbehavior,
    ProofOps,
    Snapshot,
    Timestamp,
    ValidatorUpdate,
)
from muniment.abci.wire import Message, field, message


@message(ABCI)
class RequestEcho(Message):
    """Asks for its own text."""

    message: str = field(1, "string")


@message(ABCI)
class ResponseEcho(Message):
    """The text of the request."""

    message: str = field(1, "string")


@message(ABCI)
class RequestFlush(Message):
    """Asks that every answer before it be sent now."""


@message(ABCI)
class ResponseFlush(Message):
    """Every answer before it was sent."""


@message(ABCI)
class RequestInfo(Message):
    """Says which engine speaks, and asks where the application stands."""

    version: str = field(1, "string")
    block_version: int = field(2, "uint64")
    p2p_version: int = field(3, "uint64")
    abci_version: str = field(4, "string")


@message(ABCI)
class ResponseInfo(Message):
    """Height and hash of the last block that the application committed; 0 for none."""

    data: str = field(1, "string")
    version: str = field(2, "string")
    app_version: int = field(3, "uint64")
    last_block_height: int = field(4, "int64")
    last_block_app_hash: bytes = field(5, "bytes")


@message(ABCI)
class RequestInitChain(Message):
    """The engine's genesis."""

    time: Timestamp = field(1, Timestamp)
    chain_id: str = field(2, "string")
    consensus_params: ConsensusParams = field(3, ConsensusParams)
    validators: Many[ValidatorUpdate] = field(4, ValidatorUpdate, many=True)
    app_state_bytes: bytes = field(5, "bytes")
    initial_height: int = field(6, "int64")


@message(ABCI)
class ResponseInitChain(Message):
    """What replaces parameters and validators of the genesis, and the first hash."""

    consensus_params: ConsensusParams = field(1, ConsensusParams)
    validators: Many[ValidatorUpdate] = field(2, ValidatorUpdate, many=True)
    app_hash: bytes = field(3, "bytes")


@message(ABCI)
class RequestQuery(Message):
    """A question about the committed state; `height` 0 means the last."""

    data: bytes = field(1, "bytes")
    path: str = field(2, "string")
    height: int = field(3, "int64")
    prove: bool = field(4, "bool")


@message(ABCI)
class ResponseQuery(Message):
    """The answer, from the state after `height`."""

    code: int = field(1, "uint32")
    log: str = field(3, "string")
    info: str = field(4, "string")
    index: int = field(5, "int64")
    key: bytes = field(6, "bytes")
    value: bytes = field(7, "bytes")
    proof_ops: ProofOps = field(8, ProofOps)
    height: int = field(9, "int64")
    codespace: str = field(10, "string")


@message(ABCI)
class RequestCheckTx(Message):
    """A transaction that wants into the mempool, or wants to stay (`CheckTxType`)."""

    tx: bytes = field(1, "bytes")
    type: int = field(2, "int32")


@message(ABCI)
class ResponseCheckTx(Message):
    """Code 0 lets it in."""

    code: int = field(1, "uint32")
    data: bytes = field(2, "bytes")
    log: str = field(3, "string")
    info: str = field(4, "string")
    gas_wanted: int = field(5, "int64")
    gas_used: int = field(6, "int64")
    events: Many[Event] = field(7, Event, many=True)
    codespace: str = field(8, "string")


@message(ABCI)
class RequestCommit(Message):
    """Asks that the finalized block be made durable."""


@message(ABCI)
class ResponseCommit(Message):
    """The lowest height whose block the engine must keep; 0 for all."""

    retain_height: int = field(3, "int64")


@message(ABCI)
class RequestListSnapshots(Message):
    """Asks which snapshots the application holds."""


@message(ABCI)
class ResponseListSnapshots(Message):
    """The snapshots that others may fetch."""

    snapshots: Many[Snapshot] = field(1, Snapshot, many=True)


@message(ABCI)
class RequestOfferSnapshot(Message):
    """A snapshot of another node, and the hash that the light client verified for its height."""

    snapshot: Snapshot = field(1, Snapshot)
    app_hash: bytes = field(2, "bytes")


@message(ABCI)
class ResponseOfferSnapshot(Message):
    """What becomes of it (`OfferSnapshotResult`)."""

    result: int = field(1, "int32")


@message(ABCI)
class RequestLoadSnapshotChunk(Message):
    """Asks for one chunk of a snapshot that the application holds."""

    height: int = field(1, "uint64")
    format: int = field(2, "uint32")
    chunk: int = field(3, "uint32")


@message(ABCI)
class ResponseLoadSnapshotChunk(Message):
    """The chunk, at most 16 MB."""

    chunk: bytes = field(1, "bytes")


@message(ABCI)
class RequestApplySnapshotChunk(Message):
    """A chunk of the snapshot that was accepted."""

    index: int = field(1, "uint32")
    chunk: bytes = field(2, "bytes")
    sender: str = field(3, "string")


@message(ABCI)
class ResponseApplySnapshotChunk(Message):
    """What becomes of it (`ApplySnapshotChunkResult`), what to fetch again, whom to ban."""

    result: int = field(1, "int32")
    refetch_chunks: Many[int] = field(2, "uint32", many=True)
    reject_senders: Many[str] = field(3, "string", many=True)


@message(ABCI)
class RequestPrepareProposal(Message):
    """What the engine would propose; the proposer's application may change it."""

    max_tx_bytes: int = field(1, "int64")
    txs: Many[bytes] = field(2, "bytes", many=True)
    local_last_commit: ExtendedCommitInfo = field(3, ExtendedCommitInfo)
    misbehavior: Many[Misbehavior] = field(4, Misbehavior, many=True)
    height: int = field(5, "int64")
    time: Timestamp = field(6, Timestamp)
    next_validators_hash: bytes = field(7, "bytes")
    proposer_address: bytes = field(8, "bytes")


@message(ABCI)
class ResponsePrepareProposal(Message):
    """The transactions to propose, in their order."""

    txs: Many[bytes] = field(1, "bytes", many=True)


@message(ABCI)
class RequestProcessProposal(Message):
    """A block that was proposed and not yet voted for."""

    txs: Many[bytes] = field(1, "bytes", many=True)
    proposed_last_commit: CommitInfo = field(2, CommitInfo)
    misbehavior: Many[Misbehavior] = field(3, Misbehavior, many=True)
    hash: bytes = field(4, "bytes")
    height: int = field(5, "int64")
    time: Timestamp = field(6, Timestamp)
    next_validators_hash: bytes = field(7, "bytes")
    proposer_address: bytes = field(8, "bytes")


@message(ABCI)
class ResponseProcessProposal(Message):
    """Whether to vote for it (`ProposalStatus`)."""

    status: int = field(1, "int32")


@message(ABCI)
class RequestExtendVote(Message):
    """Asks what the vote for this block shall carry."""

    hash: bytes = field(1, "bytes")
    height: int = field(2, "int64")
    time: Timestamp = field(3, Timestamp)
    txs: Many[bytes] = field(4, "bytes", many=True)
    proposed_last_commit: CommitInfo = field(5, CommitInfo)
    misbehavior: Many[Misbehavior] = field(6, Misbehavior, many=True)
    next_validators_hash: bytes = field(7, "bytes")
    proposer_address: bytes = field(8, "bytes")


@message(ABCI)
class ResponseExtendVote(Message):
    """The extension of the vote."""

    vote_extension: bytes = field(1, "bytes")


@message(ABCI)
class RequestVerifyVoteExtension(Message):
    """The extension of another validator's vote."""

    hash: bytes = field(1, "bytes")
    validator_address: bytes = field(2, "bytes")
    height: int = field(3, "int64")
    vote_extension: bytes = field(4, "bytes")


@message(ABCI)
class ResponseVerifyVoteExtension(Message):
    """Whether the vote is taken (`VerifyStatus`)."""

    status: int = field(1, "int32")


@message(ABCI)
class RequestFinalizeBlock(Message):
    """A block that was decided."""

    txs: Many[bytes] = field(1, "bytes", many=True)
    decided_last_commit: CommitInfo = field(2, CommitInfo)
    misbehavior: Many[Misbehavior] = field(3, Misbehavior, many=True)
    hash: bytes = field(4, "bytes")
    height: int = field(5, "int64")
    time: Timestamp = field(6, Timestamp)
    next_validators_hash: bytes = field(7, "bytes")
    proposer_address: bytes = field(8, "bytes")


@message(ABCI)
class ResponseFinalizeBlock(Message):
    """What the block did: a result for each transaction in order, and the new hash."""

    events: Many[Event] = field(1, Event, many=True)
    tx_results: Many[ExecTxResult] = field(2, ExecTxResult, many=True)
    validator_updates: Many[ValidatorUpdate] = field(3, ValidatorUpdate, many=True)
    consensus_param_updates: ConsensusParams = field(4, ConsensusParams)
    app_hash: bytes = field(5, "bytes")


@message(ABCI)
class ResponseException(Message):
    """The application failed; the engine stops."""

    error: str = field(1, "string")


@message(ABCI)
class Request(Message):
    """Any request."""

    echo: RequestEcho = field(1, RequestEcho, choice="value")
    flush: RequestFlush = field(2, RequestFlush, choice="value")
    info: RequestInfo = field(3, RequestInfo, choice="value")
    init_chain: RequestInitChain = field(5, RequestInitChain, choice="value")
    query: RequestQuery = field(6, RequestQuery, choice="value")
    check_tx: RequestCheckTx = field(8, RequestCheckTx, choice="value")
    commit: RequestCommit = field(11, RequestCommit, choice="value")
    list_snapshots: RequestListSnapshots = field(12, RequestListSnapshots, choice="value")
    offer_snapshot: RequestOfferSnapshot = field(13, RequestOfferSnapshot, choice="value")
    load_snapshot_chunk: RequestLoadSnapshotChunk = field(
        14, RequestLoadSnapshotChunk, choice="value")
    apply_snapshot_chunk: RequestApplySnapshotChunk = field(
        15, RequestApplySnapshotChunk, choice="value")
    prepare_proposal: RequestPrepareProposal = field(16, RequestPrepareProposal, choice="value")
    process_proposal: RequestProcessProposal = field(17, RequestProcessProposal, choice="value")
    extend_vote: RequestExtendVote = field(18, RequestExtendVote, choice="value")
    verify_vote_extension: RequestVerifyVoteExtension = field(
        19, RequestVerifyVoteExtension, choice="value")
    finalize_block: RequestFinalizeBlock = field(20, RequestFinalizeBlock, choice="value")


@message(ABCI)
class Response(Message):
    """Any response."""

    exception: ResponseException = field(1, ResponseException, choice="value")
    echo: ResponseEcho = field(2, ResponseEcho, choice="value")
    flush: ResponseFlush = field(3, ResponseFlush, choice="value")
    info: ResponseInfo = field(4, ResponseInfo, choice="value")
    init_chain: ResponseInitChain = field(6, ResponseInitChain, choice="value")
    query: ResponseQuery = field(7, ResponseQuery, choice="value")
    check_tx: ResponseCheckTx = field(9, ResponseCheckTx, choice="value")
    commit: ResponseCommit = field(12, ResponseCommit, choice="value")
    list_snapshots: ResponseListSnapshots = field(13, ResponseListSnapshots, choice="value")
    offer_snapshot: ResponseOfferSnapshot = field(14, ResponseOfferSnapshot, choice="value")
    load_snapshot_chunk: ResponseLoadSnapshotChunk = field(
        15, ResponseLoadSnapshotChunk, choice="value")
    apply_snapshot_chunk: ResponseApplySnapshotChunk = field(
        16, ResponseApplySnapshotChunk, choice="value")
    prepare_proposal: ResponsePrepareProposal = field(17, ResponsePrepareProposal, choice="value")
    process_proposal: ResponseProcessProposal = field(18, ResponseProcessProposal, choice="value")
    extend_vote: ResponseExtendVote = field(19, ResponseExtendVote, choice="value")
    verify_vote_extension: ResponseVerifyVoteExtension = field(
        20, ResponseVerifyVoteExtension, choice="value")
    finalize_block: ResponseFinalizeBlock = field(21, ResponseFinalizeBlock, choice="value")
