"""A node's ledger as it stands: decided block after decided block, and what reads beside them.

One block is executed in memory at a time; committing it moves the mempool and the queries on.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from muniment.abci.messages import RequestFinalizeBlock, ResponseFinalizeBlock, ResponseInfo
from muniment.abci.values import (
    BlockParams,
    ConsensusParams,
    ExecTxResult,
    Misbehavior,
    MisbehaviorType,
    PublicKey,
    ValidatorUpdate,
)
from muniment.declare import TransactionType
from muniment.engine import BlockResult, Outcome
from muniment.model.envelope import Envelope
from muniment.model.misbehaviour import Misbehaviour
from muniment.model.state import State
from muniment.network.guests import guests
from muniment.network.ledger import DecidedLedger
from muniment.network.mempool import Mempool
from muniment.network.queries import Queries
from muniment.node.promotion import APP_VERSION
from muniment.proof.crypto import sha256, unb64
from muniment.proof.errors import Fault
from muniment.storage.decided import DecidedStorage
from muniment.storage.protocol import Head

_KINDS: dict[int, str] = {
    MisbehaviorType.DUPLICATE_VOTE: "duplicate-vote",
    MisbehaviorType.LIGHT_CLIENT_ATTACK: "light-client-attack",
}
Watch = Callable[[Head, BlockResult, Sequence[Outcome], int], None]
log = logging.getLogger(__name__)


class Standing:
    """A promoted ledger that this process runs; `close` it at the end.

    Args:
        directory: The node's directory.
        version: What Info answers as the software's version.
        types: Declarations to use instead of the packaged ones.
        watch: Told of each committed block: head, result, outcomes, envelopes that wait.
    """

    def __init__(
        self, directory: Path, version: str, *,
        types: tuple[TransactionType, ...] | None = None, watch: Watch | None = None,
    ) -> None:
        self.storage = DecidedStorage(directory)
        self.ledger = DecidedLedger(self.storage, types=types)
        self._version = version
        self._watch = watch
        self.info = self._committed_info()
        self.mempool = Mempool(
            self.ledger.identity.id, DecidedStorage(directory, read_only=True),
            self.ledger.engine.rules, self.ledger.verify,
        )
        self.mempool.move(self.ledger.head, self.ledger.engine.rules)
        self.queries = Queries(
            DecidedStorage(directory, read_only=True), self.ledger.decided,
            lambda: guests(directory),
        )
        self._time = self.ledger.head.time
        self._block: tuple[BlockResult, list[bytes], list[Outcome]] | None = None

    def close(self) -> None:
        """Release files and locks."""
        self.mempool.close()
        self.queries.close()
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

    def check(self, tx: bytes) -> Outcome:
        """Say whether an envelope may wait for a block."""
        return self.mempool.check(tx, self._time)

    def propose(self, txs: Sequence[bytes], bytes_max: int, time: int) -> list[bytes]:
        """Return what to propose of what waits here, and of what the engine holds besides."""
        return self.mempool.propose(txs, bytes_max, time, State(self.ledger.tree))

    def finalize(self, request: RequestFinalizeBlock) -> ResponseFinalizeBlock:
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
        parsed = [self.mempool.parsed(*one) for one in zip(names, request.txs, strict=True)]
        result = self.ledger.execute(
            request.height, request.time.seconds,
            [one for one in parsed if isinstance(one, Envelope)],
            [reported(one) for one in request.misbehavior],
        )
        executed = iter(result.outcomes)
        outcomes = [next(executed) if isinstance(one, Envelope) else one for one in parsed]
        self._block = result, names, outcomes
        response = ResponseFinalizeBlock(
            tx_results=[exec_result(one) for one in outcomes],
            validator_updates=[
                ValidatorUpdate(pub_key=PublicKey(ed25519=unb64(one.key, 32)), power=one.power)
                for one in result.validators
            ],
            app_hash=self.ledger.app_hash(),
        )
        if result.block_bytes is not None:
            bounds = BlockParams(max_bytes=result.block_bytes, max_gas=-1)
            response.consensus_param_updates.CopyFrom(ConsensusParams(block=bounds))
        return response

    def _refuse_gap(self, height: int) -> None:
        expected = (self.ledger.decided or self.ledger.head.height) + 1
        if height != expected:
            raise Fault(f"The engine decided block {height}, where {expected} follows.")

    def commit(self) -> None:
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
        self.info = self._committed_info()
        self.mempool.move(self.ledger.head, self.ledger.engine.rules, names)
        self.queries.move(
            result.height, self.ledger.head, self.ledger.replaced, zip(names, outcomes, strict=True)
        )
        if self._watch is not None:
            self._watch(self.ledger.head, result, outcomes, len(self.mempool))
        for alarm in result.alarms:
            log.error("alarm: %s", alarm, extra={"height": result.height})


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
        kind=_KINDS.get(one.type, "unknown"),
        address=one.validator.address.hex(),
        height=one.height,
        time=one.time.seconds,
        total_power=one.total_voting_power,
    )
