"""Snapshots: all that a node needs to go on from a height, in files that others fetch.

- A snapshot is the entries of the state tree and, of the log, the hashes of its incomplete tiles.
  Leaf 0 and the last leaf are proven under the log's root, and each chunk of entries under the
  state root, so that the whole of it follows from the app hash that a light client verified; no
  node is trusted.
- It is made by a process of its own from a read snapshot of the database, while blocks go on.

`python -m muniment.network.snapshots DIRECTORY` makes one.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from muniment.abci.values import Snapshot
from muniment.codec import decoder, pack, unpacker
from muniment.engine import BLOCK_LEAF, GENESIS_LEAF
from muniment.model.genesis import Genesis, origin
from muniment.network.chunks import CHUNK_BYTES, ENTRIES_MAX, Entries, write_chunk
from muniment.proof import merkle
from muniment.proof.canonical import decode
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.crypto import sha256, unb64
from muniment.proof.errors import LedgerError, StorageFault, VerificationError
from muniment.proof.merkle import Frontier, leaf_hash
from muniment.storage.decided import DecidedStorage
from muniment.storage.log import TILE_HEIGHT, TILE_WIDTH, LogReader, LogTiles, divided
from muniment.storage.pages import PagedTree

FORMAT = 2
"""Raised whenever metadata or chunks change, so that an older node asks for nothing of it."""
FOLDER = "snapshots"
METADATA = f"metadata-{FORMAT}"
"""Its name tells the format: what an earlier build left is not offered as what it is not."""
KEPT = 2
CHUNKS_MAX = 65_536
METADATA_BYTES_MAX = 4 * 1024 * 1024
_PAGES_CACHED = 1_000


class Facts(NamedTuple):
    """What a snapshot says of its ledger, and the digests of its chunks."""

    decided: int
    """The height of the last decided block."""
    size: int
    """Entries in the log."""
    genesis: bytes
    """Leaf 0."""
    genesis_path: list[bytes]
    """Its inclusion path."""
    last: bytes
    """The last leaf, which names the state root."""
    last_path: list[bytes]
    """Its inclusion path."""
    tiles: tuple[bytes, ...]
    """For each level of the log the hashes of its incomplete tile."""
    chunks: tuple[bytes, ...]
    """SHA-256 of each chunk."""

    @property
    def frontier(self) -> bytes:
        """The hashes of the log's complete subtrees, the largest first."""
        parts = []
        for hashes in reversed(self.tiles):
            part = Frontier()
            for one in divided(hashes):
                part.append(one)
            parts.append(part.dump())
        return b"".join(parts)

    def block(self) -> tuple[int, int, str]:
        """Return height, time and state root that the last leaf names."""
        plain = decode(self.last[len(BLOCK_LEAF) :])
        return plain["height"], plain["time"], plain["state_root"]


read_facts = unpacker(Facts)
_decode_genesis = decoder(Genesis)


def require_facts(facts: Facts, app_hash: bytes) -> None:
    """Require that what a snapshot says follows from an app hash.

    Raises:
        VerificationError: It does not.
    """
    try:
        _require_tiles(facts)
        log = Frontier.load(facts.size, facts.frontier)
        root = log.root()
        merkle.verify_inclusion(leaf_hash(facts.genesis), 0, log.size, facts.genesis_path, root)
        merkle.verify_inclusion(leaf_hash(facts.last), log.size - 1, log.size, facts.last_path,
                                root)
        leaves = facts.genesis.startswith(GENESIS_LEAF) and facts.last.startswith(BLOCK_LEAF)
        name = origin(_decode_genesis(facts.genesis[len(GENESIS_LEAF) :]).name, facts.genesis)
        unb64(facts.block()[2], 32)
    except (LedgerError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unsound(str(error)) from None
    text = Checkpoint(name, facts.size, root).text()
    if not leaves or sha256(text.encode("ascii")) != app_hash:
        raise _unsound("its checkpoint is not the one that the chain commits to")


def _require_tiles(facts: Facts) -> None:
    """Require that each level has as many hashes as its incomplete tile.

    The root binds the hashes, but not where one level ends and the next one begins.
    """
    levels = max(1, -(-facts.size.bit_length() // TILE_HEIGHT))
    wanted = [32 * ((facts.size >> TILE_HEIGHT * level) % TILE_WIDTH) for level in range(levels)]
    if [len(hashes) for hashes in facts.tiles] != wanted:
        raise _unsound("its tiles are not those of a log of its size")


def _unsound(why: str) -> VerificationError:
    return VerificationError("snapshot-unsound", f"The snapshot is not to be believed: {why}.",
                             basis="docs/rfc/0003-the-network.md", remedy="Take another one.")


def make(directory: Path, kept: int = KEPT) -> int:
    """Make a snapshot of a node's ledger as it stands; return its height.

    Args:
        directory: The node's directory.
        kept: How many snapshots to keep, the newest ones.
    """
    folder = directory / FOLDER
    with DecidedStorage(directory, read_only=True) as storage:
        decided = storage.decided()
        target, making = folder / str(decided), folder / f".{decided}.making"
        if target.exists():
            return decided
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        chunks = tuple(_keep(making / str(number), data)
                       for number, data in enumerate(_chunks(storage)))
        (making / METADATA).write_bytes(pack(_facts(storage, decided, chunks)))
    making.rename(target)
    for old in heights(directory)[kept:]:
        shutil.rmtree(folder / str(old), ignore_errors=True)
    return decided


def _facts(storage: DecidedStorage, decided: int, chunks: tuple[bytes, ...]) -> Facts:
    head = storage.head()
    if head is None:
        raise StorageFault("The ledger has no genesis.")
    node = LogReader(storage, head.size).node
    last = head.size - 1
    return Facts(
        decided=decided, size=head.size, chunks=chunks,
        genesis=next(iter(storage.entries(0, 1))).leaf,
        genesis_path=merkle.inclusion_path_from(node, 0, head.size),
        last=next(iter(storage.entries(last, head.size))).leaf,
        last_path=merkle.inclusion_path_from(node, last, head.size),
        tiles=LogTiles(storage, head.size).incomplete(),
    )


def _chunks(storage: DecidedStorage) -> Iterator[bytes]:
    head = storage.head()
    if head is None:
        raise StorageFault("The ledger has no genesis.")
    tree = PagedTree(storage.page, (head.root_page, head.state_root), head.next_page,
                     pages_cached=_PAGES_CACHED)
    return (write_chunk(tree, part) for part in _parts(tree))


def _parts(tree: PagedTree) -> Iterator[Entries]:
    part: Entries = []
    size = 0
    for entry in tree.scan(b""):
        if size > CHUNK_BYTES or len(part) == ENTRIES_MAX:
            yield part
            part, size = [], 0
        part.append(entry)
        size += len(entry[0]) + len(entry[1])
    yield part


def _keep(path: Path, data: bytes) -> bytes:
    path.write_bytes(data)
    return sha256(data)


def heights(directory: Path) -> list[int]:
    """Return the heights of a node's snapshots, the newest first."""
    folder = directory / FOLDER
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted((int(name) for name in names if name.isdigit()), reverse=True)


def offers(directory: Path, decided: int) -> list[Snapshot]:
    """Return the snapshots that others can restore from at a height.

    A light client needs the headers of two more heights, so the newest may have to wait.
    """
    found = []
    for height in heights(directory):
        if height + 2 <= decided:
            try:
                data = (directory / FOLDER / str(height) / METADATA).read_bytes()
            except OSError:
                continue  # of an earlier format, or replaced by a newer one just now
            found.append(Snapshot(height=height, format=FORMAT, hash=sha256(data), metadata=data,
                                  chunks=len(read_facts(data).chunks)))
    return found


def chunk(directory: Path, height: int, number: int) -> bytes:
    """Return a chunk of a snapshot, or nothing if it is gone."""
    try:
        return (directory / FOLDER / str(height) / str(number)).read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    sys.stdout.write(f"{make(Path(sys.argv[1]))}\n")
