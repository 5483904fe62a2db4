"""The register as an application of the consensus engine (docs/rfc/0003-the-network.md).

- FinalizeBlock executes a decided block in memory, Commit writes it at once; nothing else writes.
- CheckTx is admission alone. A proposal is refused only for what its bytes show to anyone, so that
  no validator can halt the others: garbage in a block is refused there and leaves no trace.
- Calls of consensus come one at a time. CheckTx, Query and Info come at any time, on connections
  of their own; they read committed snapshots of their own.
- A directory without a ledger waits for a snapshot of another node.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from muniment.abci.application import Application
from muniment.abci.messages import (
    RequestApplySnapshotChunk,
    RequestCheckTx,
    RequestCommit,
    RequestFinalizeBlock,
    RequestInfo,
    RequestInitChain,
    RequestListSnapshots,
    RequestLoadSnapshotChunk,
    RequestOfferSnapshot,
    RequestPrepareProposal,
    RequestProcessProposal,
    RequestQuery,
    ResponseApplySnapshotChunk,
    ResponseCheckTx,
    ResponseCommit,
    ResponseFinalizeBlock,
    ResponseInfo,
    ResponseInitChain,
    ResponseListSnapshots,
    ResponseLoadSnapshotChunk,
    ResponseOfferSnapshot,
    ResponsePrepareProposal,
    ResponseProcessProposal,
    ResponseQuery,
)
from muniment.abci.values import ApplySnapshotChunkResult, OfferSnapshotResult, ProposalStatus
from muniment.declare import TransactionType
from muniment.model.dates import SECONDS_A_DAY
from muniment.network import snapshots
from muniment.network.chain import refuse_other_genesis
from muniment.network.mempool import is_sound
from muniment.network.queries import FILTER
from muniment.network.questions import ANSWERED, FAILED, write_error
from muniment.network.restoring import Restoring
from muniment.network.standing import Standing, Watch
from muniment.node.promotion import APP_VERSION, EVIDENCE_BLOCKS
from muniment.proof import limits
from muniment.proof.errors import Fault, LedgerError
from muniment.storage.protocol import Storage
from muniment.storage.sqlite import FILE_NAME


@dataclass(frozen=True, slots=True)
class Options:
    """How a node runs; nothing here changes what it decides."""

    version: str = ""
    """What Info answers as the software's version."""
    snapshot_every: int = 1_000
    """Heights between two snapshots; 0 for none."""
    blocks_kept: int = 0
    """Heights whose blocks the engine must keep; 0 for all."""
    days_kept: int = limits.EVIDENCE_DAYS
    """Days whose blocks it must keep besides, with all that a double vote can be proven by."""


class LedgerApplication(Application):
    """A ledger that validators run together; `close` it at the end.

    Args:
        directory: The directory of this node's ledger.
        options: How it runs.
        types: Declarations to use instead of the packaged ones.
        watch: Told of each committed block: head, result, outcomes, envelopes that wait.
    """

    def __init__(
        self,
        directory: Path,
        options: Options = Options(),
        *,
        types: tuple[TransactionType, ...] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.directory = directory
        self.options = options
        self._types = types
        self._watch = watch
        self._restoring = Restoring(directory)
        self._fresh = True
        self._snapshots: subprocess.Popen[bytes] | None = None
        self.standing: Standing | None = None
        if (directory / FILE_NAME).exists():
            self._stand()

    def _stand(self) -> None:
        self.standing = Standing(
            self.directory, self.options.version, types=self._types, watch=self._watch)

    @property
    def _there(self) -> Standing:
        if self.standing is None:
            raise Fault("This node has no ledger: it must begin from a snapshot of another node.")
        return self.standing

    def close(self) -> None:
        """Release files and locks."""
        if self._snapshots is not None:
            self._snapshots.terminate()
            self._snapshots.wait()
        if self.standing is not None:
            self.standing.close()

    def info(self, request: RequestInfo) -> ResponseInfo:
        """Say which block was committed last; 0 before the first that validators decided."""
        if self.standing is None:
            return ResponseInfo(
                data="muniment", version=self.options.version, app_version=APP_VERSION)
        return self.standing.info

    def init_chain(self, request: RequestInitChain) -> ResponseInitChain:
        """Begin at the promoted ledger; refuse the genesis of another."""
        if self.standing is None:
            return ResponseInitChain()
        ledger = self.standing.ledger
        refuse_other_genesis(ledger, request)
        return ResponseInitChain(app_hash=ledger.app_hash())

    def check_tx(self, request: RequestCheckTx) -> ResponseCheckTx:
        """Say whether an envelope may wait for a block, or may go on waiting."""
        if self.standing is None:  # an exception would stop the engine in its state sync
            return ResponseCheckTx(
                code=FAILED, codespace="no-ledger-yet", log="This node still fetches the ledger's "
                "state: send it to another node, or again later.")
        outcome = self.standing.check(request.tx)
        return ResponseCheckTx(code=outcome.code, log=outcome.detail, codespace=outcome.name)

    def prepare_proposal(self, request: RequestPrepareProposal) -> ResponsePrepareProposal:
        """Propose what waits here, and nothing less of it than fits."""
        chosen = self._there.propose(request.txs, request.max_tx_bytes, request.time.seconds)
        return ResponsePrepareProposal(txs=chosen)

    def process_proposal(self, request: RequestProcessProposal) -> ResponseProcessProposal:
        """Accept a proposal unless its bytes alone show that no honest validator made it."""
        few = len(request.txs) <= limits.DECIDED_ENVELOPES_MAX
        sound = few and all(map(is_sound, request.txs))
        return ResponseProcessProposal(
            status=ProposalStatus.ACCEPT if sound else ProposalStatus.REJECT)

    def finalize_block(self, request: RequestFinalizeBlock) -> ResponseFinalizeBlock:
        """Execute a decided block in memory.

        Raises:
            Fault: It is not the block that follows the last committed one.
        """
        return self._there.finalize(request)

    def commit(self, request: RequestCommit) -> ResponseCommit:
        """Write the finalized block, whole or not at all.

        Raises:
            Fault: No block was finalized.
        """
        self._there.commit()
        if self._fresh:
            self._restoring.forget()
            self._fresh = False
        self._make_snapshot(self._there.ledger.decided)
        return ResponseCommit(retain_height=self._retained(self._there.ledger.decided))

    def _make_snapshot(self, decided: int) -> None:
        every = self.options.snapshot_every
        if not every or decided % every or self._there.ledger.storage.restored().size:
            return
        self._start_snapshot()

    def _start_snapshot(self) -> None:
        if self._snapshots is None or self._snapshots.poll() is not None:
            command = [sys.executable, "-m", snapshots.__name__, str(self.directory)]
            self._snapshots = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def _retained(self, decided: int) -> int:
        """Return the lowest height whose block must stay.

        A node that restores from one of our snapshots needs every block from it on. A light
        client whose trust has not run out needs the block where it began; a report of a double
        vote, the block of that height. Nothing goes before the log is whole.
        """
        kept, storage = self.options.blocks_kept, self._there.ledger.storage
        if not kept or decided <= kept or storage.restored().size:
            return 0
        needed = [decided - kept, *snapshots.heights(self.directory)]
        if self.options.days_kept:
            since = self._there.ledger.head.time - self.options.days_kept * SECONDS_A_DAY
            needed += [first_since(storage, since, decided), decided - EVIDENCE_BLOCKS]
        return max(0, min(needed))

    def query(self, request: RequestQuery) -> ResponseQuery:
        """Answer a reader, or the engine that asks whether a peer may connect."""
        if self.standing is None:
            return ResponseQuery(code=ANSWERED if request.path.startswith(FILTER) else FAILED)
        queries = self.standing.queries
        if request.path.startswith(FILTER):
            return ResponseQuery(code=ANSWERED if queries.lets_in(request.path) else FAILED)
        try:
            height, value = queries.answer(request.path, request.data, request.height)
        except LedgerError as error:
            return ResponseQuery(code=FAILED, log=write_error(error), codespace=error.name)
        return ResponseQuery(code=ANSWERED, value=value, height=height)

    def list_snapshots(self, request: RequestListSnapshots) -> ResponseListSnapshots:
        """Name the snapshots that others may fetch."""
        decided = self.info(RequestInfo()).last_block_height
        return ResponseListSnapshots(snapshots=snapshots.offers(self.directory, decided))

    def load_snapshot_chunk(self, request: RequestLoadSnapshotChunk) -> ResponseLoadSnapshotChunk:
        """Return a chunk of a snapshot; an empty one says that it is gone."""
        known = request.format == snapshots.FORMAT
        chunk = snapshots.chunk(self.directory, request.height, request.chunk) if known else b""
        return ResponseLoadSnapshotChunk(chunk=chunk)

    def offer_snapshot(self, request: RequestOfferSnapshot) -> ResponseOfferSnapshot:
        """Restore from a snapshot that follows from the app hash, if there is no ledger yet.

        A restored ledger that no block followed gives way: an engine that asks does not know of
        it, because it ended before it noted that its state was restored.
        """
        standing = self.standing
        if standing is not None and not self.is_fresh:
            return ResponseOfferSnapshot(result=OfferSnapshotResult.ABORT)
        answer = self._restoring.offer(request)
        if standing is not None and answer.result == OfferSnapshotResult.ACCEPT:
            self.standing = None
            standing.close()
        return answer

    @property
    def is_fresh(self) -> bool:
        """Whether the ledger was restored and no block followed yet."""
        return self.standing is not None and self._fresh and self._restoring.is_fresh(
            self.standing.ledger.decided)

    def apply_snapshot_chunk(
        self, request: RequestApplySnapshotChunk
    ) -> ResponseApplySnapshotChunk:
        """Restore from a chunk; after the last one the ledger stands."""
        if self.standing is not None:
            return ResponseApplySnapshotChunk(result=ApplySnapshotChunkResult.ABORT)
        answer = self._restoring.apply(request)
        if self._restoring.done:
            self._fresh = True
            self._stand()
        return answer


def first_since(storage: Storage, time: int, decided: int) -> int:
    """Return the least height whose block may be needed by whoever looks back to a time.

    Args:
        storage: The ledger's storage, which knows each block that changed something.
        time: The time, in UTC seconds.
        decided: The height of the last decided block.
    """
    low, high = 0, decided
    while low < high:
        middle = (low + high) // 2
        block = next(iter(storage.blocks(middle)), None)
        if block is None or block.time >= time:
            high = middle
        else:
            low = block.height
    return low
