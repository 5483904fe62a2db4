"""An example application: names with values, replicated.

Start it with `python -m muniment.abci.example unix:///path/to/socket DIRECTORY`.

- A transaction is `name=value`; anything else gets a code and changes nothing.
- The committed state is one object that is replaced, never changed, so that queries and snapshots
  on other threads need no lock.
- Only `commit` writes: a new file beside the old one, made durable, then renamed over it.
- The hash says what the names and values are, not the height: an empty block leaves it as it was.
"""

import hashlib
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from muniment.abci.application import Application, fitting
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
    ResponseQuery,
)
from muniment.abci.server import Server
from muniment.abci.values import (
    ApplySnapshotChunkResult,
    ExecTxResult,
    OfferSnapshotResult,
    Snapshot,
)

OK, UNKNOWN_PATH, NOT_A_PAIR, NO_SUCH_HEIGHT = 0, 1, 2, 3
NAME_BYTES_MAX = 256
VALUE_BYTES_MAX = 64 * 1024
SNAPSHOT_FORMAT = 1
SNAPSHOT_EVERY = 10
SNAPSHOT_BYTES_MAX = 64 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


def parse_pair(tx: bytes) -> tuple[str, str] | None:
    """Return name and value of a transaction, or None if it is none."""
    name, equals, value = tx.partition(b"=")
    if not equals or b"=" in value or not 0 < len(name) <= NAME_BYTES_MAX:
        return None
    if len(value) > VALUE_BYTES_MAX:
        return None
    try:
        return name.decode(), value.decode()
    except UnicodeDecodeError:
        return None


@dataclass(frozen=True, slots=True)
class State:
    """What was committed: a height and the values of names."""

    height: int
    values: Mapping[str, str]

    def encoded(self) -> bytes:
        """Return it as bytes that are the same on every node."""
        members = {"height": self.height, "values": dict(self.values)}
        return json.dumps(members, sort_keys=True).encode()

    def digest(self) -> bytes:
        """Return the hash of names and values."""
        return hashlib.sha256(json.dumps(dict(self.values), sort_keys=True).encode()).digest()


def decode_state(data: bytes) -> State:
    """Return the state that was encoded.

    Raises:
        ValueError: It is none.
    """
    members = json.loads(data)
    match members:
        case {"height": int(height), "values": dict(values)} if all(
                isinstance(value, str) for value in values.values()):
            return State(height, MappingProxyType(values))
    raise ValueError("not a state")


class KeyValueApplication(Application):
    """Names with values.

    Args:
        directory: Where the committed state is kept.
        snapshot_every: A snapshot is taken at heights that this divides.
    """

    def __init__(self, directory: Path, *, snapshot_every: int = SNAPSHOT_EVERY) -> None:
        self._file = directory / "state.json"
        self._every = snapshot_every
        self._state = decode_state(self._file.read_bytes()) if self._file.exists() else State(
            0, MappingProxyType({}))
        self._first = 1
        self._pending: State | None = None
        self._snapshots: dict[int, bytes] = {}
        self._restoring: tuple[Snapshot, bytes, list[bytes]] | None = None

    def info(self, request: RequestInfo) -> ResponseInfo:
        """Say where the committed state stands."""
        state = self._state
        return ResponseInfo(
            data=json.dumps({"size": len(state.values)}), version="1", app_version=1,
            last_block_height=state.height,
            last_block_app_hash=state.digest() if state.height else b"")

    def init_chain(self, request: RequestInitChain) -> ResponseInitChain:
        """Begin with the names of the genesis."""
        given: Any = json.loads(request.app_state_bytes or b"{}")
        values = {str(name): str(value) for name, value in given.items()}
        self._first = max(request.initial_height, 1)
        self._state = State(0, MappingProxyType(values))
        return ResponseInitChain(app_hash=self._state.digest())

    def query(self, request: RequestQuery) -> ResponseQuery:
        """Return the value of a name."""
        state = self._state
        if request.path not in {"", "/store"}:
            filters = request.path.startswith("/p2p/filter/")
            return ResponseQuery(code=OK if filters else UNKNOWN_PATH, log="ask for /store")
        if request.height not in {0, state.height}:
            return ResponseQuery(code=NO_SUCH_HEIGHT, log="only the last height is kept",
                                 height=state.height)
        value = state.values.get(request.data.decode(errors="replace"))
        return ResponseQuery(key=request.data, value=(value or "").encode(), height=state.height,
                             log="exists" if value is not None else "does not exist")

    def check_tx(self, request: RequestCheckTx) -> ResponseCheckTx:
        """Let in what is a pair; what does not depend on state cannot oscillate."""
        pair = parse_pair(request.tx)
        return ResponseCheckTx(code=OK if pair else NOT_A_PAIR, log="" if pair else "name=value")

    def prepare_proposal(self, request: RequestPrepareProposal) -> ResponsePrepareProposal:
        """Propose the pairs that fit."""
        pairs = (tx for tx in request.txs if parse_pair(tx))
        return ResponsePrepareProposal(txs=fitting(pairs, request.max_tx_bytes))

    def finalize_block(self, request: RequestFinalizeBlock) -> ResponseFinalizeBlock:
        """Set the values in memory; a block that follows nothing stops the engine.

        `abci-cli` sends no height: then it is the next.
        """
        state = self._state
        height = state.height + 1 if state.height else self._first
        if request.height not in {0, height}:
            raise ValueError(f"block {request.height} does not follow {state.height}")
        values = dict(state.values)
        results = []
        for tx in request.txs:
            pair = parse_pair(tx)
            if pair:
                values[pair[0]] = pair[1]
            results.append(ExecTxResult(code=OK if pair else NOT_A_PAIR))
        self._pending = State(height, MappingProxyType(values))
        return ResponseFinalizeBlock(tx_results=results, app_hash=self._pending.digest())

    def commit(self, request: RequestCommit) -> ResponseCommit:
        """Write the finalized state, whole or not at all."""
        if self._pending is not None:
            self._keep(self._pending)
            self._pending = None
        return ResponseCommit()

    def list_snapshots(self, request: RequestListSnapshots) -> ResponseListSnapshots:
        """Name the snapshots in memory."""
        return ResponseListSnapshots(snapshots=[
            Snapshot(height=height, format=SNAPSHOT_FORMAT,
                     chunks=-(-len(data) // CHUNK_BYTES), hash=hashlib.sha256(data).digest())
            for height, data in list(self._snapshots.items())])

    def load_snapshot_chunk(self, request: RequestLoadSnapshotChunk) -> ResponseLoadSnapshotChunk:
        """Return one chunk."""
        data = self._snapshots.get(request.height, b"") if (
            request.format == SNAPSHOT_FORMAT) else b""
        start = request.chunk * CHUNK_BYTES
        return ResponseLoadSnapshotChunk(chunk=data[start:start + CHUNK_BYTES])

    def offer_snapshot(self, request: RequestOfferSnapshot) -> ResponseOfferSnapshot:
        """Take a snapshot of our format and of a size that we can hold."""
        offered = request.snapshot
        self._restoring = None
        if offered.format != SNAPSHOT_FORMAT:
            return ResponseOfferSnapshot(result=OfferSnapshotResult.REJECT_FORMAT)
        if not 0 < offered.chunks * CHUNK_BYTES <= SNAPSHOT_BYTES_MAX:
            return ResponseOfferSnapshot(result=OfferSnapshotResult.REJECT)
        self._restoring = (offered, request.app_hash, [])
        return ResponseOfferSnapshot(result=OfferSnapshotResult.ACCEPT)

    def apply_snapshot_chunk(
        self, request: RequestApplySnapshotChunk
    ) -> ResponseApplySnapshotChunk:
        """Gather the chunks; believe them only if they make the hash that was verified."""
        results = ApplySnapshotChunkResult
        if self._restoring is None:
            return ResponseApplySnapshotChunk(result=results.ABORT)
        offered, app_hash, chunks = self._restoring
        if request.index != len(chunks) or len(request.chunk) > CHUNK_BYTES:
            return ResponseApplySnapshotChunk(
                result=results.RETRY, refetch_chunks=[request.index],
                reject_senders=[request.sender] if request.sender else [])
        chunks.append(request.chunk)
        if len(chunks) < offered.chunks:
            return ResponseApplySnapshotChunk(result=results.ACCEPT)
        self._restoring = None
        restored = _restored(b"".join(chunks), offered, app_hash)
        if restored is None:
            return ResponseApplySnapshotChunk(result=results.REJECT_SNAPSHOT)
        self._keep(restored)
        return ResponseApplySnapshotChunk(result=results.ACCEPT)

    def _keep(self, state: State) -> None:
        """Make a state durable, then visible."""
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(state.encoded())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._state = state
        if state.height % self._every == 0:
            kept = {height: data for height, data in self._snapshots.items()
                    if height > state.height - 2 * self._every}
            self._snapshots = {**kept, state.height: state.encoded()}


def _restored(data: bytes, offered: Snapshot, app_hash: bytes) -> State | None:
    """Return the state of a snapshot, or None if it is not what was verified."""
    if hashlib.sha256(data).digest() != offered.hash:
        return None
    try:
        state = decode_state(data)
    except (ValueError, RecursionError):
        return None
    matches = state.digest() == app_hash and state.height == offered.height
    return state if matches else None


def main() -> None:
    """Serve the example until a signal ends it."""
    address, directory = sys.argv[1], Path(sys.argv[2])
    logging.basicConfig(level=logging.INFO)
    directory.mkdir(parents=True, exist_ok=True)
    with Server(KeyValueApplication(directory), address) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.finish())
        server.wait()


if __name__ == "__main__":
    main()
