"""Audit: recompute everything from stored bytes (`muniment ledger verify`).

- Every leaf is hashed again, every body compared with its leaf, every block executed again in
  memory, every page of the state tree hashed again, every tile compared.
- The first difference is reported with the number of its entry; nothing stored is believed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, starmap

from muniment.declare import TransactionType
from muniment.engine import BLOCK_LEAF, GENESIS_LEAF, OPERATION_LEAF, Engine
from muniment.model.envelope import Envelope, Erased
from muniment.model.genesis import Genesis, initial_state
from muniment.model.misbehaviour import ENGINE_LEAF, Misbehaviour, read_leaf
from muniment.node.ledger import Ledger
from muniment.proof.canonical import decode
from muniment.proof.crypto import unb64
from muniment.proof.errors import LedgerError, StorageFault, VerificationError
from muniment.proof.merkle import Frontier, leaf_hash, root
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import Entry, Storage, StoredBlock, Tile

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit recomputed."""

    blocks: int
    entries: int
    erased: int
    state_entries: int
    log_root: bytes
    state_root: bytes


class _Memory:
    """Pages of the recomputed state tree."""

    def __init__(self) -> None:
        self.pages: dict[int, bytes] = {}

    def page(self, number: int) -> bytes | None:
        return self.pages.get(number)


def audit(
    ledger: Ledger,
    progress: Progress | None = None,
    types: tuple[TransactionType, ...] | None = None,
) -> Audited:
    """Recompute a ledger from its stored bytes.

    Raises:
        VerificationError: Something stored is not what was computed; names the entry.
    """
    storage = ledger.storage
    memory = _Memory()
    tree = PagedTree(memory.page)
    log = Frontier()
    _genesis(ledger, storage, tree, log)
    memory.pages.update(tree.take_changed())
    engine = Engine(ledger.identity.id, tree, log, types=types)
    erased = blocks = 0
    for block in storage.blocks(0):
        erased += _block(storage, engine, block)
        memory.pages.update(tree.take_changed())
        blocks += 1
        if progress:
            progress(log.size)
    if log.size != ledger.head.size or log.root() != ledger.engine.log.root():
        raise _differs("The log's root is not the one that the head names.", log.size)
    entries = _state(ledger, tree)
    _tiles(storage, ledger.head.size)
    return Audited(blocks, log.size, erased, entries, log.root(), tree.root())


def _genesis(ledger: Ledger, storage: Storage, tree: PagedTree, log: Frontier) -> None:
    leaf, block = (entry.leaf for entry in storage.entries(0, 2))
    if not leaf.startswith(GENESIS_LEAF) or not block.startswith(BLOCK_LEAF):
        raise _differs("The ledger does not begin with genesis.", 0)
    genesis: Genesis = ledger.identity.genesis
    root = tree.apply(initial_state(genesis))
    if unb64(decode(block[len(BLOCK_LEAF) :])["state_root"], 32) != root:
        raise _differs("The state root of genesis differs.", 1)
    for one in (leaf, block):
        log.append(leaf_hash(one))


def _block(storage: Storage, engine: Engine, block: StoredBlock) -> int:
    first = engine.log.size
    stored = list(storage.entries(first, block.position + 1))
    if len(stored) != block.position + 1 - first:
        raise _differs("Entries are missing.", first + len(stored))
    reports = _reports(stored, first)
    envelopes = list(_envelopes(storage, block, stored, first, block.position - len(reports)))
    result = engine.execute(block.height, block.time, envelopes, reports)
    for offset, (leaf, entry) in enumerate(zip(result.leaves, stored, strict=False)):
        if leaf != entry.leaf:
            raise _differs("The stored leaf is not the one that was computed.", first + offset)
    if len(result.leaves) != len(stored):
        at = first + min(len(result.leaves), len(stored))
        raise _differs("An envelope that stands here is not admissible.", at)
    return sum(isinstance(line, Erased) for one in envelopes for line in one.lines)


def _reports(stored: list[Entry], first: int) -> list[Misbehaviour]:
    """Return what the consensus engine reported in a block: its leaves are the block's last."""
    found = []
    for position, entry in enumerate(stored, first):
        if entry.leaf.startswith(ENGINE_LEAF):
            try:
                found.append(read_leaf(entry.leaf))
            except LedgerError:
                raise _differs("The stored report cannot be read.", position) from None
    return found


def _envelopes(
    storage: Storage, block: StoredBlock, stored: list[Entry], first: int, end_of_all: int
) -> Iterator[Envelope]:
    signed = storage.envelopes(block.height)
    starts = [one.position for one in signed]
    for one, span in zip(signed, starmap(range, pairwise([*starts, end_of_all])), strict=True):
        lines = [_line(stored[position - first], position) for position in span]
        try:
            yield Envelope.restore(one.jws, lines)
        except LedgerError as error:
            raise _differs(f"The envelope is damaged: {error.detail}", one.position) from None


def _line(entry: Entry, position: int) -> bytes | Erased:
    try:
        plain = decode(entry.leaf[len(OPERATION_LEAF) :])
        hashed = unb64(plain["operation"], 32)
        erased = Erased(size=plain["bytes"], code=plain["code"], hashed=hashed)
    except (LedgerError, KeyError, TypeError):
        raise _differs("The stored leaf cannot be read.", position) from None
    if entry.body is None:
        if erased.code == 0:
            raise _differs("The line of an accepted operation is missing.", position)
        return erased
    if leaf_hash(entry.body) != hashed:
        raise _differs("The stored line does not hash to its leaf.", position)
    return entry.body


def _state(ledger: Ledger, tree: PagedTree) -> int:
    try:
        count = 0
        for stored, computed in zip(ledger.tree.scan(b""), tree.scan(b""), strict=True):
            if stored != computed:
                raise _differs(f"State entry {stored[0].decode('ascii')} differs.",
                               ledger.head.size)
            count += 1
    except (StorageFault, ValueError) as error:
        raise _differs(f"The stored state tree is damaged: {error}", ledger.head.size) from None
    if ledger.head.state_root != tree.root():
        raise _differs("The state root is not the one that the head names.", ledger.head.size)
    return count


def _tiles(storage: Storage, size: int) -> None:
    """Compare the stored tiles with their leaves: 256 leaves to a tile, 256 tiles to the next."""
    width, level = size, 0
    while width := width // 256:
        for number, tile in enumerate(storage.tiles(level, 0, width)):
            hashes = _tile_hashes(storage, level, number)
            sound = tile.number == number and tile.hashes == b"".join(hashes)
            if not sound or tile.root != root(hashes):
                raise _differs(f"Tile {level}/{number} of the log differs.", number << 8)
        level += 1


def _tile_hashes(storage: Storage, level: int, number: int) -> list[bytes]:
    first = number * 256
    if level == 0:
        return [leaf_hash(entry.leaf) for entry in storage.entries(first, first + 256)]
    below: Iterator[Tile] = storage.tiles(level - 1, first, first + 256)
    return [tile.root for tile in below]


def _differs(detail: str, position: int) -> VerificationError:
    return VerificationError(
        "ledger-damaged",
        f"Entry {position}: {detail}",
        basis="docs/formats/log-leaf.md",
        remedy="Restore the newest backup and replay from it; keep the damaged file as evidence.",
    )
