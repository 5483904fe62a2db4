"""A ledger in one SQLite file; one atomic, durable commit per block.

- Write-ahead log with `synchronous=FULL`: when `commit` returns, the block survives power loss.
- One writer: an exclusive lock on a file beside the database, held while it is open for writing.
- Opening reads the head alone; nothing is rebuilt that grows with the ledger.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from muniment.proof.errors import AlreadyThere, Busy, NotFound, StorageFault
from muniment.storage.protocol import (
    BlockWrite,
    Entry,
    Head,
    Restored,
    StoredBlock,
    StoredEnvelope,
    Tile,
)

FILE_NAME = "ledger.db"
CACHE_KIBIBYTES = 64 * 1024
SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), height INTEGER, time INTEGER,
  size INTEGER, frontier BLOB, root_page INTEGER, state_root BLOB, next_page INTEGER) STRICT;
CREATE TABLE entry (position INTEGER PRIMARY KEY, leaf BLOB NOT NULL, body BLOB) STRICT;
CREATE TABLE envelope (position INTEGER PRIMARY KEY, height INTEGER NOT NULL, jws BLOB NOT NULL)
  STRICT;
CREATE TABLE block (height INTEGER PRIMARY KEY, time INTEGER NOT NULL, position INTEGER NOT NULL)
  STRICT;
CREATE UNIQUE INDEX block_position ON block (position);
CREATE INDEX envelope_height ON envelope (height);
CREATE TABLE page (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE tile (level INTEGER, number INTEGER, root BLOB NOT NULL, hashes BLOB NOT NULL,
  PRIMARY KEY (level, number)) STRICT, WITHOUT ROWID;
"""


class SqliteStorage:
    """Storage in a directory; a context manager.

    Args:
        directory: The ledger's directory; it must exist.
        create: Whether a new database is made, or an existing one opened.
        read_only: Whether to leave the writer's lock alone and refuse commits.

    Raises:
        Busy: Another process writes this ledger.
        NotFound: There is no ledger in the directory.
        AlreadyThere: One is to be made, and there is one.
    """

    def __init__(self, directory: Path, *, create: bool = False, read_only: bool = False) -> None:
        path = directory / FILE_NAME
        if create and path.exists():
            raise AlreadyThere("ledger-exists", f"{directory} already holds a ledger.",
                               remedy="Name another directory.")
        if not create and not path.exists():
            raise NotFound("ledger-not-found", f"{directory} holds no ledger.",
                           remedy="Make one: muniment init --office CODE DIR")
        self.directory = directory
        self._lock = None if read_only else _lock(directory)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        with self._faults():
            self._configure(create=create, read_only=read_only)

    def _configure(self, *, create: bool, read_only: bool) -> None:
        self._db.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")
        self._db.execute("PRAGMA synchronous=FULL")
        if create:
            self._db.execute("PRAGMA page_size=4096")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT")
        if read_only:
            self._db.execute("PRAGMA query_only=ON")
            # One snapshot for as long as it is open: a writer beside us replaces pages in place.
            self._db.execute("BEGIN")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise StorageFault(f"The database has schema {version}, this code {SCHEMA_VERSION}.")
        self._look()

    def _look(self) -> None:
        """Look whether validators decide this ledger's blocks, and which entries are not here."""
        known = "SELECT 1 FROM sqlite_master WHERE name = 'decided'"
        self.is_promoted = self._db.execute(known).fetchone() is not None
        row = None
        if self.is_promoted:
            row = self._db.execute("SELECT first, last, height FROM missing").fetchone()
        self.missing = range(row[0], row[1]) if row else range(0)
        self._missing_height = row[2] if row else 0

    def refresh(self) -> None:
        """Read the newest snapshot from now on; for storage opened to read only."""
        with self._faults():
            self._db.execute("ROLLBACK")
            self._db.execute("BEGIN")
            self._look()

    def _here(self, first: int, last: int) -> None:
        if max(first, self.missing.start) < min(last, self.missing.stop):
            raise NotFound(
                "not-here-yet", f"Entry {max(first, self.missing.start)} is not on this node yet: "
                "it began from a snapshot and is still fetching the log.",
                basis="docs/rfc/0003-the-network.md",
                remedy="Try again later, or ask another node.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and give the writer's lock back."""
        self._db.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageFault(f"The database failed: {error}") from error

    def run(self, script: str) -> None:
        """Run statements that are written out in this package."""
        with self._faults():
            self._db.executescript(script)

    def _row(self, query: str, *values: int) -> Any:
        with self._faults():
            return self._db.execute(query, values).fetchone()

    def _rows(self, make: Callable[..., Any], query: str, *values: int) -> Iterator[Any]:
        with self._faults():
            for row in self._db.execute(query, values):
                yield make(*row)

    def decided(self) -> int:
        """Return the height of the last block that validators decided; 0 before the first."""
        return int(self._row("SELECT height FROM decided")[0]) if self.is_promoted else 0

    def head(self) -> Head | None:
        """Return the head, or None before genesis."""
        row = self._row("SELECT height, time, size, frontier, root_page, state_root, next_page "
                        "FROM head")
        return Head(*row) if row else None

    def page(self, number: int) -> bytes | None:
        """Return a page of the state tree."""
        row = self._row("SELECT body FROM page WHERE number = ?", number)
        return row[0] if row else None

    def tile(self, level: int, number: int) -> Tile | None:
        """Return a complete tile of the log."""
        return next(iter(self.tiles(level, number, number + 1)), None)

    def tiles(self, level: int, first: int, last: int) -> Iterator[Tile]:
        """Yield the complete tiles of a level, from `first` to before `last`."""
        rows = self._rows(Tile, "SELECT level, number, root, hashes FROM tile WHERE level = ? "
                          "AND number >= ? AND number < ? ORDER BY number", level, first, last)
        if not self.missing:
            return rows
        found, width = list(rows), 8 * (level + 1)
        lacking = range(max(first, self.missing.start >> width),
                        min(last, (self.missing.stop - 1 >> width) + 1))
        for number in sorted(set(lacking) - {one.number for one in found}):
            self._here(number << width, number + 1 << width)
        return iter(found)

    def entries(self, first: int, last: int) -> Iterator[Entry]:
        """Yield the entries from position `first` to before `last`."""
        self._here(first, last)
        return self._rows(Entry, "SELECT leaf, body FROM entry WHERE position >= ? AND "
                          "position < ? ORDER BY position", first, last)

    def envelope_at(self, position: int) -> StoredEnvelope | None:
        """Return the envelope whose operations begin at or last before `position`."""
        self._here(position, position + 1)
        row = self._row("SELECT position, height, jws FROM envelope WHERE position <= ? "
                        "ORDER BY position DESC LIMIT 1", position)
        return StoredEnvelope(*row) if row else None

    def has_envelope(self, jws: bytes) -> bool:
        """Return whether an envelope with this signed line is stored; it looks at them all."""
        self._here(0, self.missing.stop)
        with self._faults():
            row = self._db.execute("SELECT 1 FROM envelope WHERE jws = ? LIMIT 1", (jws,))
            return row.fetchone() is not None

    def envelopes(self, height: int) -> Sequence[StoredEnvelope]:
        """Return the envelopes of a block in their order."""
        if height <= self._missing_height:
            self._here(0, self.missing.stop)
        return list(self._rows(StoredEnvelope, "SELECT position, height, jws FROM envelope "
                               "WHERE height = ? ORDER BY position", height))

    def block_at(self, position: int) -> StoredBlock | None:
        """Return the block that holds the leaf at `position`."""
        self._here(position, position + 1)
        row = self._row("SELECT height, time, position FROM block WHERE position >= ? "
                        "ORDER BY position LIMIT 1", position)
        return StoredBlock(*row) if row else None

    def blocks(self, after: int) -> Iterator[StoredBlock]:
        """Yield the blocks above a height in order; the genesis block is height 0."""
        if after < self._missing_height:
            self._here(0, self.missing.stop)
        return self._rows(StoredBlock, "SELECT height, time, position FROM block "
                          "WHERE height > ? ORDER BY height", after)

    def restored(self) -> Restored:
        """Return what a snapshot brought of the log; nothing if there was none."""
        if not self.missing:
            return Restored(0, ())
        rows = self._rows(bytes, "SELECT hashes FROM partial ORDER BY level")
        return Restored(self.missing.stop + 1, tuple(rows))

    def commit(self, write: BlockWrite) -> None:
        """Write a block, all of it or nothing, and return when it is durable."""
        with self._transaction():
            self._put(write)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._faults():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _put(self, write: BlockWrite) -> None:
        head, db = write.head, self._db
        positions = range(write.first, write.first + len(write.entries))
        db.executemany("INSERT INTO entry VALUES (?, ?, ?)", (
            (position, *entry) for position, entry in zip(positions, write.entries, strict=True)
        ))
        db.executemany("INSERT INTO envelope VALUES (?, ?, ?)", write.envelopes)
        db.executemany("INSERT OR REPLACE INTO page VALUES (?, ?)", write.pages)
        db.executemany("INSERT INTO tile VALUES (?, ?, ?, ?)", write.tiles)
        db.execute("INSERT INTO block VALUES (?, ?, ?)", (head.height, head.time, head.size - 1))
        db.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?, ?, ?)", head)

    def forget_body(self, position: int) -> None:
        """Erase the line of a refused operation; its leaf stays."""
        with self._faults():
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.execute("UPDATE entry SET body = NULL WHERE position = ?", (position,))
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Keep every writer of a directory's ledger out, without opening it.

    Raises:
        Busy: Another process writes it.
    """
    handle = _lock(directory)
    try:
        yield
    finally:
        os.close(handle)


def _lock(directory: Path) -> int:
    handle = os.open(directory / "writer.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise Busy(
            "ledger-in-use", f"Another process writes the ledger in {directory}.",
            remedy="Wait until it ends, or stop it. If it is a network's node, name it: --node URL",
        ) from None
    return handle
