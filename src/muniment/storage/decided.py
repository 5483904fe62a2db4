"""A ledger whose blocks validators decide: what its storage keeps beyond a solo ledger's.

- The height of the last decided block is kept even if that block changed nothing; both are
  written at once.
- The last block can be undone: its pages are kept as they were before it.
- A node that began from a snapshot knows which entries it has not fetched yet.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from muniment.codec import pack, unpacker
from muniment.proof.errors import NotFound, StorageFault
from muniment.storage.protocol import (
    BlockWrite,
    Entry,
    Head,
    StoredBlock,
    StoredEnvelope,
    Tile,
)
from muniment.storage.sqlite import SqliteStorage

_SCHEMA = """
BEGIN;
CREATE TABLE decided (only INTEGER PRIMARY KEY CHECK (only = 1), height INTEGER NOT NULL) STRICT;
CREATE TABLE undo (only INTEGER PRIMARY KEY CHECK (only = 1), height INTEGER NOT NULL, head BLOB)
  STRICT;
CREATE TABLE undo_page (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE missing (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, height INTEGER NOT NULL)
  STRICT;
CREATE TABLE partial (level INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;
INSERT INTO decided VALUES (1, 0);
COMMIT;
"""
_unpack_head = unpacker(Head)
Pages = Sequence[tuple[int, bytes]]


class Fetched(NamedTuple):
    """A range of the log that another node sent and this one verified."""

    first: int
    entries: Sequence[Entry]
    envelopes: Sequence[StoredEnvelope]
    blocks: Sequence[StoredBlock]
    tiles: Sequence[Tile]


def promote(directory: Path) -> None:
    """Mark a solo ledger as one whose blocks validators decide from now on.

    Raises:
        NotFound: It has been promoted, or there is none.
        Busy: Another process writes it.
    """
    with SqliteStorage(directory) as storage:
        if storage.is_promoted:
            raise NotFound(
                "ledger-promoted", f"The ledger in {directory} belongs to a network already.",
                basis="docs/rfc/0003-the-network.md",
                remedy="See where it stands: muniment ledger status",
            )
        storage.run(_SCHEMA)


class DecidedStorage(SqliteStorage):
    """Storage of a promoted ledger; a context manager.

    Args:
        directory: The ledger's directory.
        create: Whether to make an empty one, for a snapshot to fill.
        read_only: Whether to leave the writer's lock alone and refuse commits.

    Raises:
        NotFound: There is no ledger, or it was not promoted.
        Busy: Another process writes it.
    """

    def __init__(self, directory: Path, *, create: bool = False, read_only: bool = False) -> None:
        self._writing = threading.RLock()
        super().__init__(directory, create=create, read_only=read_only)
        if create:
            self.run(_SCHEMA)
            self._look()
        if not self.is_promoted:
            self.close()
            raise NotFound(
                "ledger-solo", f"The ledger in {directory} is run by one process.",
                basis="docs/rfc/0003-the-network.md",
                remedy="Promote it to a network first.",
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._writing, super()._transaction():
            yield

    def commit_decided(self, height: int, write: BlockWrite | None, before: Pages = ()) -> None:
        """Write what a decided block did, and that it was decided, all of it or nothing.

        Args:
            height: Its height.
            write: What it changed, or None.
            before: The pages that it changes, as they are now, for `undo`.
        """
        with self._transaction():
            db = self._db
            db.execute("DELETE FROM undo_page")
            head = pack(self.head()) if write else None
            db.execute("INSERT OR REPLACE INTO undo SELECT 1, height, ? FROM decided", (head,))
            db.executemany("INSERT INTO undo_page VALUES (?, ?)", before)
            if write:
                self._put(write)
            db.execute("UPDATE decided SET height = ?", (height,))

    def pages(self, numbers: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return the stored ones of these pages."""
        found = ((number, self.page(number)) for number in numbers)
        return [(number, body) for number, body in found if body is not None]

    def require_undo(self) -> Any:
        """Return the row of the last decided block, as it is kept for `undo`.

        Raises:
            NotFound: Nothing was decided since the last undo.
        """
        row = self._row("SELECT height, head FROM undo")
        if row is None:
            raise NotFound(
                "nothing-to-undo", "One block can be undone, and none was decided since.",
                basis="docs/rfc/0003-the-network.md",
                remedy="Restore a backup, or begin from a snapshot of another node.",
            )
        return row

    def undo(self) -> int:
        """Take the last decided block back; return the height decided before it.

        Raises:
            NotFound: Nothing was decided since the last undo.
        """
        row = self.require_undo()
        with self._transaction():
            if row[1] is not None:
                self._undo_block(_unpack_head(row[1]))
            self._db.execute("UPDATE decided SET height = ?", (row[0],))
            self._db.execute("DELETE FROM undo")
            self._db.execute("DELETE FROM undo_page")
        return int(row[0])

    def _undo_block(self, head: Head) -> None:
        db = self._db
        db.execute("DELETE FROM page WHERE number >= ?", (head.next_page,))
        db.execute("INSERT OR REPLACE INTO page SELECT number, body FROM undo_page")
        db.execute("DELETE FROM entry WHERE position >= ?", (head.size,))
        db.execute("DELETE FROM envelope WHERE position >= ?", (head.size,))
        db.execute("DELETE FROM block WHERE height > ?", (head.height,))
        db.execute("DELETE FROM tile WHERE number >= ? >> 8 * (level + 1)", (head.size,))
        db.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?, ?, ?)", head)

    def put_pages(self, pages: Pages) -> None:
        """Write pages of a snapshot that is being restored."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO page VALUES (?, ?)", pages)

    def restore(
        self, head: Head, decided: int, genesis: bytes, last: bytes, tiles: Sequence[bytes]
    ) -> None:
        """Write where the ledger of a restored snapshot stands; its pages are written already.

        Args:
            head: The head.
            decided: The height of the last decided block.
            genesis: Leaf 0.
            last: The block leaf that is the last of the log.
            tiles: For each level the hashes of its incomplete tile.
        """
        with self._transaction():
            db = self._db
            db.executemany("INSERT INTO entry VALUES (?, ?, NULL)",
                           [(0, genesis), (head.size - 1, last)])
            block = (head.height, head.time, head.size - 1)
            db.execute("INSERT INTO block VALUES (?, ?, ?)", block)
            db.execute("INSERT INTO head VALUES (1, ?, ?, ?, ?, ?, ?, ?)", head)
            db.execute("INSERT INTO missing VALUES (1, ?, ?)", (head.size - 1, head.height))
            db.executemany("INSERT INTO partial VALUES (?, ?)", enumerate(tiles))
            db.execute("UPDATE decided SET height = ?", (decided,))
        self._look()

    def fill(self, fetched: Fetched) -> None:
        """Write the first of the missing entries, which were verified, with what goes with them."""
        last = fetched.first + len(fetched.entries)
        if fetched.first != self.missing.start or last > self.missing.stop:
            raise StorageFault("Entries were fetched that are not the next ones missing.")
        with self._transaction():
            db = self._db
            db.executemany("INSERT INTO entry VALUES (?, ?, ?)", (
                (fetched.first + at, *entry) for at, entry in enumerate(fetched.entries)))
            db.executemany("INSERT INTO envelope VALUES (?, ?, ?)", fetched.envelopes)
            db.executemany("INSERT INTO block VALUES (?, ?, ?)", fetched.blocks)
            db.executemany("INSERT INTO tile VALUES (?, ?, ?, ?)", fetched.tiles)
            db.execute("UPDATE missing SET first = ?", (last,))
            if last == self.missing.stop:
                db.execute("DELETE FROM missing")
                db.execute("DELETE FROM partial")
        with self._faults():
            self._look()
