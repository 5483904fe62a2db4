"""Restoring a node from another node's snapshot, chunk by chunk, into a directory beside.

What was offered is compared with the app hash before anything is fetched. Each chunk is proven
under the state root that follows from it before any of it is stored; together they must give that
root. Only then the ledger appears.

Until a block follows, the engine may not know of it yet: if it ended before it noted what was
restored, it offers a snapshot again, and that one is taken instead.
"""

import json
import os
import shutil
from pathlib import Path

from muniment.abci.messages import (
    RequestApplySnapshotChunk,
    RequestOfferSnapshot,
    ResponseApplySnapshotChunk,
    ResponseOfferSnapshot,
)
from muniment.abci.values import ApplySnapshotChunkResult, OfferSnapshotResult
from muniment.network.chunks import read_chunk
from muniment.network.snapshots import (
    CHUNKS_MAX,
    FORMAT,
    METADATA_BYTES_MAX,
    Facts,
    read_facts,
    require_facts,
)
from muniment.node.wallet import write_private
from muniment.proof.crypto import sha256, unb64
from muniment.proof.errors import LedgerError
from muniment.storage.decided import DecidedStorage
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import Head
from muniment.storage.sqlite import FILE_NAME

FOLDER = "restoring"
"""Where a ledger is put together, within the node's directory."""
RESTORED_FILE = "restored.json"
"""Names the heights of restored ledgers until a block follows: one, or while one gives way both."""
_PAGES_CACHED = 4_000
_AT_ONCE = 512
"""Entries put into the tree at once: a page is divided before it grows long."""


class Restoring:
    """What is restored into a node's directory; `done` once the ledger is there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._folder = directory / FOLDER
        self._facts: Facts | None = None
        self._storage: DecidedStorage | None = None
        self._tree: PagedTree | None = None
        self._next = 0
        self._above = b""
        self._mark = directory / RESTORED_FILE
        self.done = False

    def offer(self, request: RequestOfferSnapshot) -> ResponseOfferSnapshot:
        """Say whether to restore from a snapshot; what was begun before is given up."""
        self._give_up()
        self.done = False
        snapshot = request.snapshot
        if snapshot.format != FORMAT:
            return ResponseOfferSnapshot(result=OfferSnapshotResult.REJECT_FORMAT)
        facts = self._believed(request)
        if facts is None:
            return ResponseOfferSnapshot(result=OfferSnapshotResult.REJECT)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._facts, self._next, self._above = facts, 0, b""
        self._storage = DecidedStorage(self._folder, create=True)
        self._tree = PagedTree(self._storage.page, pages_cached=_PAGES_CACHED)
        return ResponseOfferSnapshot(result=OfferSnapshotResult.ACCEPT)

    @staticmethod
    def _believed(request: RequestOfferSnapshot) -> Facts | None:
        snapshot = request.snapshot
        data = snapshot.metadata
        if len(data) > METADATA_BYTES_MAX or sha256(data) != snapshot.hash:
            return None
        try:
            facts: Facts = read_facts(data)
            require_facts(facts, request.app_hash)
        except (ValueError, LedgerError, OverflowError, RecursionError):
            return None
        sound = facts.decided == snapshot.height and len(facts.chunks) == snapshot.chunks
        return facts if sound and 0 < snapshot.chunks <= CHUNKS_MAX else None

    def apply(self, request: RequestApplySnapshotChunk) -> ResponseApplySnapshotChunk:
        """Take a chunk; the last one brings the ledger into being, or the snapshot down."""
        facts, storage, tree = self._facts, self._storage, self._tree
        if facts is None or storage is None or tree is None or request.index != self._next:
            return ResponseApplySnapshotChunk(result=ApplySnapshotChunkResult.REJECT_SNAPSHOT)
        if sha256(request.chunk) != facts.chunks[request.index]:
            return ResponseApplySnapshotChunk(
                result=ApplySnapshotChunkResult.RETRY, refetch_chunks=[request.index],
                reject_senders=[request.sender])
        if not self._take(request.chunk, _state_root(facts), storage, tree):
            return self._reject()
        self._next += 1
        if self._next == len(facts.chunks):
            if tree.root() != _state_root(facts):
                return self._reject()
            self._finish(facts, storage, tree)
        return ResponseApplySnapshotChunk(result=ApplySnapshotChunkResult.ACCEPT)

    def _take(
        self, data: bytes, state_root: bytes, storage: DecidedStorage, tree: PagedTree
    ) -> bool:
        try:
            entries = read_chunk(data, state_root)
        except (ValueError, LedgerError):
            return False
        keys = [self._above, *(key for key, _ in entries)]
        if any(not low < high for low, high in zip(keys, keys[1:], strict=False)):
            return False
        self._above = keys[-1]
        changed: dict[int, bytes] = {}
        for first in range(0, len(entries), _AT_ONCE):
            tree.apply(entries[first : first + _AT_ONCE])
            changed.update(tree.take_changed())
        storage.put_pages(sorted(changed.items()))
        return True

    def _finish(self, facts: Facts, storage: DecidedStorage, tree: PagedTree) -> None:
        height, time, _ = facts.block()
        number, root = tree.root_page or (0, b"")
        head = Head(height, time, facts.size, facts.frontier, number, root, tree.next_page)
        storage.restore(head, facts.decided, facts.genesis, facts.last, facts.tiles)
        storage.close()
        self._storage = self._tree = self._facts = None
        # Power may fail on either side of the replacement: whichever ledger is there is named.
        self._write_mark([*self._marked(), facts.decided])
        for beside in ("-wal", "-shm"):  # of a ledger that gives way; they are not the new one's
            (self._directory / f"{FILE_NAME}{beside}").unlink(missing_ok=True)
        (self._folder / FILE_NAME).replace(self._directory / FILE_NAME)
        _make_durable(self._directory)
        self._write_mark([facts.decided])
        shutil.rmtree(self._folder, ignore_errors=True)
        self.done = True

    def is_fresh(self, decided: int) -> bool:
        """Return whether no block followed what was restored, so that it may be restored again.

        Args:
            decided: The height of the last decided block.
        """
        return decided in self._marked()

    def _marked(self) -> list[int]:
        try:
            return [int(height) for height in json.loads(self._mark.read_bytes())["heights"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _write_mark(self, heights: list[int]) -> None:
        write_private(self._mark, json.dumps({"heights": heights}).encode("ascii"))

    def forget(self) -> None:
        """Note that a block followed what was restored."""
        self._mark.unlink(missing_ok=True)

    def _reject(self) -> ResponseApplySnapshotChunk:
        self._give_up()
        return ResponseApplySnapshotChunk(result=ApplySnapshotChunkResult.REJECT_SNAPSHOT)

    def _give_up(self) -> None:
        if self._storage is not None:
            self._storage.close()
        self._storage = self._tree = self._facts = None
        shutil.rmtree(self._folder, ignore_errors=True)


def _state_root(facts: Facts) -> bytes:
    return unb64(facts.block()[2], 32)


def _make_durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
