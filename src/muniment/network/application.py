"""The register as an application of the consensus engine (docs/rfc/0003-the-network.md).

- FinalizeBlock executes a decided block in memory, Commit writes it at once; nothing else writes.
- CheckTx is admission alone. A proposal is refused only for what its bytes show to anyone, so that
  no validator can halt the others: garbage in a block is refused there and leaves no trace.
- Calls of consensus come one at a time. CheckTx, Query and Info come at any time, on connections
  of their own; they read committed snapshots of their own.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from muniment.abci.application import Application
from muniment.abci.messages import (
    RequestCheckTx,
    RequestCommit,
    RequestFinalizeBlock,
    RequestInfo,
    RequestInitChain,
    RequestPrepareProposal,
    RequestProcessProposal,
    RequestQuery,
    ResponseCheckTx,
    ResponseCommit,
    ResponseFinalizeBlock,
    ResponseInfo,
    ResponseInitChain,
    ResponsePrepareProposal,
    ResponseProcessProposal,
    ResponseQuery,
)
from muniment.abci.values import (
    ExecTxResult,
    Misbehavior,
    MisbehaviorType,
    ProposalStatus,
    PublicKey,
    ValidatorUpdate,
)
from muniment.declare import TransactionType
from muniment.engine import BlockResult, Outcome
from muniment.model.envelope import Envelope
from muniment.model.misbehaviour import Misbehaviour
from muniment.model.state import State
from muniment.network.chain import refuse_other_genesis
from muniment.network.ledger import DecidedLedger
from muniment.network.mempool import Mempool, is_sound
from muniment.network.queries import FILTER, Queries
from muniment.network.questions import ANSWERED, FAILED, write_error
from muniment.proof import limits
from muniment.proof.crypto import sha256, unb64
from muniment.proof.errors import Fault, LedgerError
from muniment.storage.decided import DecidedStorage
from muniment.storage.protocol import Head

APP_VERSION = 1
"""Raised when nodes of two versions could not agree on a block; an edition does not raise it."""
_KINDS = {
    MisbehaviorType.DUPLICATE_VOTE: "duplicate-vote",
    MisbehaviorType.LIGHT_CLIENT_ATTACK: "light-client-attack",
}
Watch = Callable[[Head, BlockResult, Sequence[Outcome], int], None]
log = logging.getLogger(__name__)


class LedgerApplication(Application):
    """A ledger that validators run together; `close` it at the end.

    Args:
        directory: The directory of this node's ledger.
        version: What Info answers as the software's version.
        types: Declarations to use instead of the packaged ones.
        ledger: A ledger to use instead of the directory's.
        watch: Told of each committed block: head, result, outcomes, envelopes that wait.
    """

    def __init__(
        self,
        directory: Path,
        *,
        version: str = "",
        types: tuple[TransactionType, ...] | None = None,
        ledger: DecidedLedger | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.directory = directory
        self._watch = watch
        self._version = version
        self.ledger = ledger or DecidedLedger(directory, types=types)
        self._info = self._committed_info()
        self._mempool = Mempool(
            self.ledger.identity.id, self._reader(), self.ledger.engine.rules, self.ledger.verify
        )
        self._mempool.move(self.ledger.head, self.ledger.engine.rules)
        self._queries = Queries(self._reader(), self.ledger.decided)
        self._time = self.ledger.head.time
        self._block: tuple[BlockResult, list[bytes], list[Outcome]] | None = None

    def _reader(self) -> DecidedStorage:
        return DecidedStorage(self.directory, read_only=True)

    def close(self) -> None:
        """Release files and locks."""
        self._mempool.close()
        self._queries.close()
        self.ledger.close()

    def _committed_info(self) -> ResponseInfo:
        decided = self.ledger.decided
        return ResponseInfo(
            data="muniment",
            version=self._version,
            app_version=APP_VERSION,
            last_block_height=decided,
            last_block_app_hash=self.ledger.app_hash() if decided else b"",
        )

    def info(self, request: RequestInfo) -> ResponseInfo:
        """Say which block was committed last; 0 before the first that validators decided."""
        return self._info

    def init_chain(self, request: RequestInitChain) -> ResponseInitChain:
        """Begin at the promoted ledger; refuse the genesis of another."""
        refuse_other_genesis(self.ledger, request)
        return ResponseInitChain(app_hash=self.ledger.app_hash())

    def check_tx(self, request: RequestCheckTx) -> ResponseCheckTx:
        """Say whether an envelope may wait for a block, or may go on waiting."""
        outcome = self._mempool.check(request.tx, self._time)
        return ResponseCheckTx(code=outcome.code, log=outcome.detail, codespace=outcome.name)

    def prepare_proposal(self, request: RequestPrepareProposal) -> ResponsePrepareProposal:
        """Propose what waits here, and nothing less of it than fits."""
        chosen = self._mempool.propose(
            request.txs, request.max_tx_bytes, request.time.seconds, State(self.ledger.tree)
        )
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
        if self._block is not None:
            # The engine died between FinalizeBlock and Commit, and asks again.
            self.ledger.discard()
            self._block = None
        self._refuse_gap(request.height)
        names = [sha256(tx) for tx in request.txs]
        parsed = [self._mempool.parsed(*one) for one in zip(names, request.txs, strict=True)]
        result = self.ledger.execute(
            request.height, request.time.seconds,
            [one for one in parsed if isinstance(one, Envelope)],
            [reported(one) for one in request.misbehavior],
        )
        executed = iter(result.outcomes)
        outcomes = [next(executed) if isinstance(one, Envelope) else one for one in parsed]
        self._block = result, names, outcomes
        return ResponseFinalizeBlock(
            tx_results=[exec_result(one) for one in outcomes],
            validator_updates=[
                ValidatorUpdate(pub_key=PublicKey(ed25519=unb64(one.key, 32)), power=one.power)
                for one in result.validators
            ],
            app_hash=self.ledger.app_hash(),
        )

    def _refuse_gap(self, height: int) -> None:
        expected = (self.ledger.decided or self.ledger.head.height) + 1
        if height != expected:
            raise Fault(f"The engine decided block {height}, where {expected} follows.")

    def commit(self, request: RequestCommit) -> ResponseCommit:
        """Write the finalized block, whole or not at all.

        Raises:
            Fault: No block was finalized.
        """
        if self._block is None:
            raise Fault("The engine commits a block that it did not finalize.")
        result, names, outcomes = self._block
        self.ledger.commit(result)
        self._block = None
        self._time = max(self._time, result.time)
        self._info = self._committed_info()
        self._mempool.move(self.ledger.head, self.ledger.engine.rules, names)
        self._queries.move(
            result.height, self.ledger.head, self.ledger.replaced,
            zip(names, outcomes, strict=True),
        )
        if self._watch is not None:
            self._watch(self.ledger.head, result, outcomes, len(self._mempool))
        for alarm in result.alarms:
            log.error("internal fault: %s", alarm, extra={"height": result.height})
        return ResponseCommit()

    def query(self, request: RequestQuery) -> ResponseQuery:
        """Answer a reader, or the engine that asks whether a peer may connect."""
        if request.path.startswith(FILTER):
            return ResponseQuery(code=ANSWERED if self._queries.lets_in(request.path) else FAILED)
        try:
            height, value = self._queries.answer(request.path, request.data, request.height)
        except LedgerError as error:
            return ResponseQuery(code=FAILED, log=write_error(error), codespace=error.name)
        return ResponseQuery(code=ANSWERED, value=value, height=height)


def exec_result(outcome: Outcome) -> ExecTxResult:
    """Return what the engine hashes of an outcome: the codes, and where the leaves begin."""
    if outcome.code:
        return ExecTxResult(code=outcome.code, log=outcome.detail, codespace=outcome.name)
    data = b"".join((
        outcome.position.to_bytes(8, "big"), *(one.to_bytes(2, "big") for one in outcome.operations)
    ))
    return ExecTxResult(data=data)


def reported(one: Misbehavior) -> Misbehaviour:
    """Return what the engine reports of a validator as the ledger records it."""
    return Misbehaviour(
        kind=_KINDS.get(MisbehaviorType(one.type), "unknown"),
        address=one.validator.address.hex(),
        height=one.height,
        time=one.time.seconds,
        total_power=one.total_voting_power,
    )
