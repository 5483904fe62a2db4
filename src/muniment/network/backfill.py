"""Fetching the log that a snapshot left out, from another node, every byte of it verified.

- What is known is the hashes of the incomplete tiles at the snapshot. They name the roots of the
  tiles below, those the tiles below them, down to the leaves; so the first wrong byte shows.
- A leaf names its operation by hash, its envelope by digest, and the key set whose signatures are
  verified here again.
- Block after block is kept as soon as it is verified; a restart goes on where it ended. Until all
  is here, proofs that need what is missing are refused (`not-here-yet`).
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from muniment.admission import opened
from muniment.codec import from_members
from muniment.engine import BLOCK_LEAF, GENESIS_LEAF, OPERATION_LEAF
from muniment.model.account import ACCOUNTS, KeySet
from muniment.model.envelope import Envelope, Erased
from muniment.model.state import State
from muniment.network.remote import RemoteStorage
from muniment.network.rpc import Rpc
from muniment.proof import jws
from muniment.proof.canonical import decode
from muniment.proof.crypto import b64, unb64
from muniment.proof.errors import LedgerError, VerificationError
from muniment.proof.merkle import leaf_hash, root
from muniment.storage.decided import DecidedStorage, Fetched
from muniment.storage.log import TILE_HEIGHT, TILE_WIDTH, divided
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import Entry, Restored, StoredBlock, StoredEnvelope, Tile
from muniment.storage.sqlite import SqliteStorage

PAUSE_SECONDS = 2.0
_PEERS_FAULTS = (LedgerError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
                 RecursionError, OSError)
"""Whatever a node can make its reader stumble over; a fault of this node's own disk is none."""
log = logging.getLogger(__name__)


class Backfill:
    """Fetches what one node lacks from another.

    Args:
        storage: The storage that lacks entries.
        source: Another node's ledger; nothing that it answers is believed.
        reader: Another reader of the same storage, for the key sets in force.
    """

    def __init__(
        self, storage: DecidedStorage, source: RemoteStorage, reader: SqliteStorage
    ) -> None:
        self._storage = storage
        self._source = source
        self._hashes = _Hashes(storage.restored(), source)
        self._key_sets = _in_force(reader)
        if storage.missing:
            for entry in storage.entries(0, storage.missing.start):
                self._learn(entry)

    def run(self, stop: threading.Event) -> bool:
        """Fetch until nothing is missing, or until told to stop; return whether all is here.

        Raises:
            VerificationError: The other node's answer is not what the log's hashes name.
            Busy: The other node cannot be reached.
        """
        while self._storage.missing and not stop.is_set():
            self.fetch_block()
        return not self._storage.missing

    def fetch_block(self) -> None:
        """Fetch, verify and keep the next missing block, or what is missing of the last one."""
        first = self._storage.missing.start
        block = self._block_at(first)
        last = min(block.position + 1, self._storage.missing.stop)
        complete = last == block.position + 1
        entries: list[Entry] = []
        for position, entry in enumerate(self._source.entries(first, last), first):
            self._require_entry(position, entry)
            if entry.leaf.startswith(BLOCK_LEAF) and position != block.position:
                raise _differs(position, "a block ends here that the node does not name")
            entries.append(entry)
        if len(entries) != last - first:
            raise _differs(first + len(entries), "the node does not have it")
        envelopes = self._envelopes(first, block, entries)
        if complete:
            _require_block(block, entries[-1])
        self._storage.fill(Fetched(
            first, entries, envelopes, [block] if complete else [], self._tiles(first, last)))

    def _block_at(self, first: int) -> StoredBlock:
        """Return the block that the other node names for an entry; the last one came with us."""
        block = self._source.block_at(first)
        if block is None or block.position < first:
            raise _differs(first, "the node names no block for it")
        stop = self._storage.missing.stop
        if block.position >= stop and block != self._storage.block_at(stop):
            raise _differs(first, "the node names another block for it than the snapshot did")
        return block

    def _require_entry(self, position: int, entry: Entry) -> None:
        if leaf_hash(entry.leaf) != self._hashes.leaf(position):
            raise _differs(position, "the leaf does not hash to what the log names")
        _require_body(position, entry)
        self._learn(entry)

    def _learn(self, entry: Entry) -> None:
        """Remember each key set that an entry brings."""
        for plain in _brought(entry):
            try:
                key_set = from_members(KeySet, plain)
            except LedgerError:
                continue
            self._key_sets[key_set.digest()] = key_set

    def _envelopes(
        self, first: int, block: StoredBlock, entries: Sequence[Entry]
    ) -> list[StoredEnvelope]:
        """Return the envelopes of a block whose operations are `entries`."""
        found = list(self._source.envelopes(block.height))
        operations = [entry for entry in entries if entry.leaf.startswith(OPERATION_LEAF)]
        at = first
        for one in found:
            if one.position != at or one.height != block.height:
                raise _differs(at, "the node names no envelope that begins with it")
            at += self._require_envelope(one, entries[at - first :])
        if at - first != len(operations):
            raise _differs(at, "the node names no envelope for it")
        return found

    def _require_envelope(self, one: StoredEnvelope, entries: Sequence[Entry]) -> int:
        """Require that an envelope is the one that its leaves name; return how many there are."""
        digest = None
        lines: list[bytes | Erased] = []
        for entry in entries:
            leaf = _operation(entry)
            if leaf is None or leaf["index"] != len(lines):
                break
            if digest is not None and leaf["envelope"] != digest:
                break
            digest, key_set = leaf["envelope"], leaf["key_set"]
            lines.append(entry.body if entry.body is not None else Erased(
                leaf["bytes"], leaf["code"], unb64(leaf["operation"], 32)))
        try:
            envelope = Envelope.restore(one.jws, lines)
            if digest != b64(envelope.digest):
                raise _differs(one.position, "its leaf names another envelope")
            held = self._key_sets[key_set]
            jws.verify(envelope.signed, opened(held)[1], held.threshold)
        except KeyError:
            raise _differs(one.position, "nobody enrolled the key set of its leaf") from None
        except LedgerError as error:
            raise _differs(one.position, f"its envelope is not sound ({error})") from None
        return len(lines)

    def _tiles(self, first: int, last: int) -> list[Tile]:
        """Return the tiles that are complete once the entries up to `last` are here."""
        # The last leaf of the snapshot came with it.
        end = last + 1 if last == self._storage.missing.stop else last
        return [
            self._hashes.tile(level, number)
            for level in range(8)
            for number in range(first >> 8 * (level + 1), end >> 8 * (level + 1))
        ]


class _Hashes:
    """The hashes of the log, each tile verified under the one above it."""

    def __init__(self, restored: Restored, source: RemoteStorage) -> None:
        self._restored = restored
        self._source = source
        self._known: dict[tuple[int, int], Tile] = {}

    def leaf(self, position: int) -> bytes:
        """Return the hash of a leaf."""
        return self._hash(0, position)

    def tile(self, level: int, number: int) -> Tile:
        """Return a complete tile.

        Raises:
            VerificationError: The source's tile is not the one that the log names.
        """
        known = self._known.get((level, number))
        if known is None:
            known = self._source.tile(level, number)
            hashes = divided(known.hashes) if known is not None else []
            sound = len(hashes) == TILE_WIDTH and root(hashes) == self._hash(level + 1, number)
            if known is None or not sound or known.root != root(hashes):
                raise _differs(number << 8 * (level + 1), f"tile {level}/{number} is another")
            if len(self._known) > 64:
                self._known.clear()
            self._known[level, number] = known
        return known

    def _hash(self, level: int, number: int) -> bytes:
        """Return a hash of a level: a leaf's, or the root of a tile of the level below."""
        complete = (self._restored.size >> TILE_HEIGHT * level) // TILE_WIDTH * TILE_WIDTH
        if number >= complete:
            hashes = divided(self._restored.tiles[level])
        else:
            hashes = divided(self.tile(level, number // TILE_WIDTH).hashes)
        return hashes[number % TILE_WIDTH]


def _operation(entry: Entry) -> dict[str, Any] | None:
    if not entry.leaf.startswith(OPERATION_LEAF):
        return None
    leaf: dict[str, Any] = decode(entry.leaf[len(OPERATION_LEAF) :])
    return leaf


def _brought(entry: Entry) -> Iterator[Any]:
    """Yield what may be a key set: the operator's first, an operation's, that of an act it carries.

    Whoever members enrol has the first key set within the act that they proposed and enacted.
    """
    if entry.leaf.startswith(GENESIS_LEAF):
        yield decode(entry.leaf[len(GENESIS_LEAF) :])["operator"]["key_set"]
    elif entry.body is not None and b'"key_set":{' in entry.body:
        try:
            plain = decode(entry.body)
        except LedgerError:  # a refused line may be anything
            return
        for one in (plain, plain.get("act") if isinstance(plain, dict) else None):
            if isinstance(one, dict):
                yield one.get("key_set")


def _require_body(position: int, entry: Entry) -> None:
    """Require that a body is the one that its leaf names; only a refused one may be erased."""
    leaf = _operation(entry)
    if leaf is None:
        if entry.body is not None:
            raise _differs(position, "a leaf that is no operation has a body")
        return
    if entry.body is None:
        if leaf["code"] == 0:
            raise _differs(position, "the line of an accepted operation is missing")
        return
    sound = len(entry.body) == leaf["bytes"] and b64(leaf_hash(entry.body)) == leaf["operation"]
    if not sound:
        raise _differs(position, "the line does not hash to its leaf")


def _require_block(block: StoredBlock, entry: Entry) -> None:
    plain = decode(entry.leaf[len(BLOCK_LEAF) :]) if entry.leaf.startswith(BLOCK_LEAF) else {}
    if (plain.get("height"), plain.get("time")) != (block.height, block.time):
        raise _differs(block.position, "the node names another block for it")


def _differs(position: int, why: str) -> VerificationError:
    return VerificationError(
        "backfill-differs", f"Entry {position} of the other node: {why}.",
        basis="docs/rfc/0003-the-network.md", remedy="Fetch from another node.",
    )


def _in_force(reader: SqliteStorage) -> dict[str, KeySet]:
    """Return the key sets of the state, by digest."""
    head = reader.head()
    if head is None:
        return {}
    tree = PagedTree(reader.page, (head.root_page, head.state_root), head.next_page,
                     pages_cached=256)
    return {one.key_set.digest(): one.key_set for _, one in State(tree).rows(ACCOUNTS)}


def keep_fetching(
    storage: DecidedStorage, directory: Path, urls: Sequence[str], stop: threading.Event
) -> bool:
    """Fetch what is missing from one node after the other, until all is here or told to stop.

    Args:
        storage: The storage that lacks entries.
        directory: Where it is.
        urls: The RPC of other nodes.
        stop: Ends the fetching.

    Returns:
        Whether all is here.
    """
    for url in _again_and_again(urls, stop):
        if not storage.missing:
            break
        try:
            with RemoteStorage(Rpc(url)) as source, DecidedStorage(
                    directory, read_only=True) as reader:
                log.info("fetching", extra={"from": url, "missing": len(storage.missing)})
                Backfill(storage, source, reader).run(stop)
        except _PEERS_FAULTS as error:
            log.warning("cannot fetch: %s", error, extra={"from": url})
            stop.wait(PAUSE_SECONDS)
    return not storage.missing


def _again_and_again(urls: Sequence[str], stop: threading.Event) -> Iterator[str]:
    while urls and not stop.is_set():
        yield from urls
