"""What an application answers to an engine; subclass it and replace what your application does.

- `info`, `query`, `check_tx` and the snapshots come on connections of their own and at any time,
  also while a block is finalized. What changes state comes one call at a time.
- `finalize_block` computes and keeps its result in memory; `commit` alone writes, all or nothing.
- `finalize_block` and `process_proposal` are functions of the committed state and the request.
- An exception stops the engine. A bad transaction is no exception but a code.

The answers here are the neutral ones of the specification: every transaction is let in and has no
effect, proposals stay as they are, no snapshots exist.
"""

from collections.abc import Iterable

from muniment.abci.framing import varint
from muniment.abci.messages import (
    RequestApplySnapshotChunk,
    RequestCheckTx,
    RequestCommit,
    RequestExtendVote,
    RequestFinalizeBlock,
    RequestInfo,
    RequestInitChain,
    RequestListSnapshots,
    RequestLoadSnapshotChunk,
    RequestOfferSnapshot,
    RequestPrepareProposal,
    RequestProcessProposal,
    RequestQuery,
    RequestVerifyVoteExtension,
    ResponseApplySnapshotChunk,
    ResponseCheckTx,
    ResponseCommit,
    ResponseExtendVote,
    ResponseFinalizeBlock,
    ResponseInfo,
    ResponseInitChain,
    ResponseListSnapshots,
    ResponseLoadSnapshotChunk,
    ResponseOfferSnapshot,
    ResponsePrepareProposal,
    ResponseProcessProposal,
    ResponseQuery,
    ResponseVerifyVoteExtension,
)
from muniment.abci.values import (
    ApplySnapshotChunkResult,
    ExecTxResult,
    OfferSnapshotResult,
    ProposalStatus,
    VerifyStatus,
)


class Room:
    """What is left of a block that is being proposed.

    Args:
        bytes_max: The bytes that its transactions may have together.
    """

    def __init__(self, bytes_max: int) -> None:
        self._left = bytes_max

    def takes(self, tx: bytes) -> bool:
        """Return whether a transaction fits, and take it in if it does.

        It is counted as the engine counts it: with its tag and its length in the block.
        """
        size = 1 + len(varint(len(tx))) + len(tx)
        if size > self._left:
            return False
        self._left -= size
        return True


def fitting(txs: Iterable[bytes], bytes_max: int) -> list[bytes]:
    """Return the transactions that fit into a block together, the first ones first.

    One that does not fit keeps no other out.
    """
    room = Room(bytes_max)
    return [tx for tx in txs if room.takes(tx)]


class Application:
    """An application that takes everything and keeps nothing."""

    def info(self, request: RequestInfo) -> ResponseInfo:
        """Say which block was committed last; the engine replays what comes after it."""
        return ResponseInfo()

    def init_chain(self, request: RequestInitChain) -> ResponseInitChain:
        """Begin at the genesis; called once, and again if nothing was committed since."""
        return ResponseInitChain()

    def query(self, request: RequestQuery) -> ResponseQuery:
        """Answer from committed state; code 0 for a peer's filter lets the peer in."""
        return ResponseQuery()

    def check_tx(self, request: RequestCheckTx) -> ResponseCheckTx:
        """Say whether a transaction may wait in the mempool."""
        return ResponseCheckTx()

    def prepare_proposal(self, request: RequestPrepareProposal) -> ResponsePrepareProposal:
        """Choose what to propose, within `max_tx_bytes`."""
        return ResponsePrepareProposal(txs=fitting(request.txs, request.max_tx_bytes))

    def process_proposal(self, request: RequestProcessProposal) -> ResponseProcessProposal:
        """Say whether a proposed block may be voted for; to refuse may halt the chain."""
        return ResponseProcessProposal(status=ProposalStatus.ACCEPT)

    def extend_vote(self, request: RequestExtendVote) -> ResponseExtendVote:
        """Give the vote an extension; called only where parameters enable it."""
        return ResponseExtendVote()

    def verify_vote_extension(
        self, request: RequestVerifyVoteExtension
    ) -> ResponseVerifyVoteExtension:
        """Take the extensions that `extend_vote` makes."""
        empty = not request.vote_extension
        return ResponseVerifyVoteExtension(
            status=VerifyStatus.ACCEPT if empty else VerifyStatus.REJECT)

    def finalize_block(self, request: RequestFinalizeBlock) -> ResponseFinalizeBlock:
        """Execute a decided block in memory; a result for each transaction, in order."""
        return ResponseFinalizeBlock(tx_results=[ExecTxResult() for _ in request.txs])

    def commit(self, request: RequestCommit) -> ResponseCommit:
        """Make the finalized block durable."""
        return ResponseCommit()

    def list_snapshots(self, request: RequestListSnapshots) -> ResponseListSnapshots:
        """Name the snapshots that others may fetch."""
        return ResponseListSnapshots()

    def offer_snapshot(self, request: RequestOfferSnapshot) -> ResponseOfferSnapshot:
        """Say whether to restore from another node's snapshot."""
        return ResponseOfferSnapshot(result=OfferSnapshotResult.ABORT)

    def load_snapshot_chunk(self, request: RequestLoadSnapshotChunk) -> ResponseLoadSnapshotChunk:
        """Return a chunk of a snapshot; an empty one says that it is gone."""
        return ResponseLoadSnapshotChunk()

    def apply_snapshot_chunk(
        self, request: RequestApplySnapshotChunk
    ) -> ResponseApplySnapshotChunk:
        """Restore from a chunk; they come in order."""
        return ResponseApplySnapshotChunk(result=ApplySnapshotChunkResult.ABORT)
