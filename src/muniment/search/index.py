"""The index: which filings there are and which words lead to them.

- It is a read model: everything in it comes from the public state and from what the vault still
  discloses, and it can be thrown away and made again. Answers are read from the ledger.
- After a block it is brought up to date from the entries of the log since the last time; the
  result is the same as if it were made anew. What a restored ledger no longer holds is noticed by
  the root of the log.
- A filing's place is its filing date and the position of its entry in the log, so that the
  youngest are found first without sorting. Sealed filings have none.
- Erasing removes the words, merges the index so that no deleted word is left in it, overwrites
  freed pages, and truncates the write-ahead log.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self
from unicodedata import unidata_version

from muniment.model.application import APPLICATIONS, COPIES
from muniment.model.state import Base, State
from muniment.proof.canonical import decode
from muniment.proof.errors import Busy, LedgerError, NotFound
from muniment.search.rows import (
    DAY,
    Row,
    Show,
    Standing,
    is_accepted,
    named_in,
    place_of,
    stands,
)
from muniment.storage.protocol import Head, Storage

INDEX_FILE = "search.db"
VERSION = f"1/{unidata_version}"
"""Of the schema and of the folding: an index of another version is made anew."""
CHUNK = 5_000
_WAIT_SECONDS = 30
_SCHEMA = """
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS filing (place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
  office TEXT NOT NULL, right TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS filing_office ON filing (office, right);
CREATE TABLE IF NOT EXISTS spelling (spelling TEXT, place INTEGER, PRIMARY KEY (spelling, place))
  STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS spelling_place ON spelling (place);
CREATE VIRTUAL TABLE IF NOT EXISTS word USING fts5(words, tokenize="ascii tokenchars '_'");
"""
Progress = Callable[[int], None]


class Source(Protocol):
    """The ledger from which the index is made."""

    @property
    def storage(self) -> Storage:
        """The stored log."""

    @property
    def head(self) -> Head:
        """Where the ledger stands."""

    @property
    def tree(self) -> Base:
        """The state as it is stored."""

    @property
    def state(self) -> State:
        """The state after the last block."""

    def log_root(self, size: int) -> bytes:
        """Return the root of the log's first `size` leaves."""


class Extent(NamedTuple):
    """What the index knows of itself."""

    height: int
    """Height of the last block that it holds."""
    filings: int
    words: bool
    """Whether there was a vault to take words from."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What filings must be to be found; all of it must hold."""

    words: str = ""
    """A question to FTS5."""
    spellings: tuple[str, ...] | None = None
    """The spellings of a number, of which one must be theirs."""
    office: str = ""
    right: str = ""
    first: date | None = None
    """The earliest filing date."""
    last: date | None = None
    """The latest filing date."""
    undated: bool = False
    """Whether they have no filing date, instead."""


class SearchIndex:
    """The index in a ledger's directory; a context manager.

    Args:
        directory: The ledger's directory.

    Raises:
        Busy: Another process is writing it.
        NotFound: It can be neither opened nor made.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / INDEX_FILE
        try:
            self.database = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise _unusable(error) from error
            self._path.unlink()  # no database: it is made anew
            self.database = self._open()
        except OSError as error:
            raise _unusable(error) from error

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(self._path, isolation_level=None, timeout=_WAIT_SECONDS)
        try:
            with closing(database.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode=WAL")
                cursor.execute("PRAGMA synchronous=NORMAL")
                cursor.execute("PRAGMA secure_delete=ON")
                cursor.executescript(_SCHEMA)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.database.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _unusable(error) from error

    def extent(self) -> Extent:
        """Return what the index knows of itself."""
        with self._faults():
            counted = self.database.execute("SELECT count(*) FROM filing").fetchone()[0]
            return Extent(int(self._mark("height") or 0), counted, self._mark("words") == "yes")

    def _mark(self, name: str) -> str | None:
        row = self.database.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def update(
        self, source: Source, show: Show | None, progress: Progress | None = None, *,
        anew: bool = False,
    ) -> bool:
        """Bring the index to the ledger's last block; return whether it was made anew.

        Args:
            source: The ledger.
            show: The vault's disclosures; None where there is no vault.
            progress: Called with the number of filings, or of entries, done.
            anew: Whether to make it anew in any case.
        """
        with self._faults():
            at = None if anew else self._position(source, show)
            if at == source.head.size:
                return False
            self.database.execute("BEGIN IMMEDIATE")
            try:
                if at is None:
                    self._rebuild(source, show, progress)
                else:
                    self._follow(source, show, at, progress)
                self._stand(source, show)
                self.database.execute("COMMIT")
            except BaseException:
                self.database.execute("ROLLBACK")
                raise
            return at is None

    def find(self, wanted: Wanted, size: int, offset: int) -> list[str]:
        """Return the keys of a page of what is wanted, the youngest first."""
        source, values = _selection(wanted)
        # Of words the row number is named, not its equal: then FTS5 reads backwards, unsorted.
        place = "word.rowid" if wanted.words else "place"
        query = f"SELECT key {source} ORDER BY {place} DESC LIMIT ? OFFSET ?"
        with self._faults():
            rows = self.database.execute(query, (*values, size, offset)).fetchall()
        return [key for (key,) in rows]

    def count(self, wanted: Wanted, most: int) -> int:
        """Return how much of what is wanted there is; it stops counting at `most`."""
        source, values = _selection(wanted)
        query = f"SELECT count(*) FROM (SELECT 1 {source} LIMIT ?)"  # noqa: S608 - ours
        with self._faults():
            return int(self.database.execute(query, (*values, most)).fetchone()[0])

    def is_ahead(self, source: Source) -> bool:
        """Return whether it holds more than the ledger, as when another process just updated it."""
        with self._faults():
            return int(self._mark("size") or 0) > source.head.size

    def _position(self, source: Source, show: Show | None) -> int | None:
        """Return how many entries of the log the index holds; None if it must be made anew."""
        size = self._mark("size")
        known = (self._mark("version"), self._mark("words"))
        if size is None or known != (VERSION, _kept(show)) or int(size) > source.head.size:
            return None
        return int(size) if self._mark("root") == source.log_root(int(size)).hex() else None

    def _stand(self, source: Source, show: Show | None) -> None:
        head = source.head
        marks = {"height": str(head.height), "root": source.log_root(head.size).hex(),
                 "size": str(head.size), "version": VERSION, "words": _kept(show)}
        self.database.executemany("INSERT OR REPLACE INTO mark VALUES (?, ?)", marks.items())

    def _rebuild(self, source: Source, show: Show | None, progress: Progress | None) -> None:
        for table in ("filing", "spelling", "word"):
            self.database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        done = 0
        every = (
            (key, table.decode(stored)) for table in (APPLICATIONS, COPIES)
            for key, stored in source.tree.scan(f"{table.name}/".encode("ascii"))
        )
        while some := list(islice(every, CHUNK)):
            self._put(some, show, fresh=True)
            done += len(some)
            if progress:
                progress(done)
        self._merge()

    def _merge(self) -> None:
        """Merge the index of words into one part, in which no deleted word is left."""
        self.database.execute("INSERT INTO word (word) VALUES ('optimize')")

    def _follow(
        self, source: Source, show: Show | None, at: int, progress: Progress | None
    ) -> None:
        """Look again at every filing that an accepted operation since `at` names."""
        for first in range(at, source.head.size, CHUNK):
            last = min(first + CHUNK, source.head.size)
            touched = {
                named for entry in source.storage.entries(first, last)
                if entry.body is not None and is_accepted(entry.leaf)
                for named in named_in(decode(entry.body))
            }
            self._put(dict(found for named in touched for found in stands(source.state, *named))
                      .items(), show)
            if progress:
                progress(last - at)

    def _put(
        self, some: Iterable[tuple[bytes, Standing]], show: Show | None, *, fresh: bool = False
    ) -> None:
        """Write what is known of filings, in place of what was; `fresh` if nothing was."""
        rows = [Row.of(key, value, show) for key, value in some]
        many = self.database.executemany
        if not fresh:
            of_key = "(SELECT place FROM filing WHERE key = ?)"
            for where in (f"spelling WHERE place = {of_key}", f"word WHERE rowid = {of_key}",
                          "filing WHERE key = ?"):
                many(f"DELETE FROM {where}", ((one.filing[1],) for one in rows))  # noqa: S608
        many("INSERT INTO filing VALUES (?, ?, ?, ?)", (one.filing for one in rows))
        many("INSERT INTO spelling VALUES (?, ?)",
             ((spelling, one.filing[0]) for one in rows for spelling in one.spellings))
        many("INSERT INTO word (rowid, words) VALUES (?, ?)",
             ((one.filing[0], one.words) for one in rows if one.words))

    def forget(self, key: bytes, value: Standing, show: Show | None) -> None:
        """Leave no word of a filing in the file but those that it still discloses.

        Args:
            key: The filing's state key.
            value: The filing, with what is erased of it.
            show: The vault's disclosures.

        Raises:
            Busy: Another process reads the index, and the log beside it cannot be truncated.
        """
        with self._faults():
            self.database.execute("BEGIN IMMEDIATE")
            self._put([(key, value)], show)
            self._merge()
            self.database.execute("COMMIT")
            busy = self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise Busy(
                "erasure-waits", "Another process reads the search index: the log that still "
                "holds the words cannot be truncated.", basis="docs/privacy.md",
                remedy="End the reader and erase again.",
            )


def forget(directory: Path, key: bytes, value: Standing, show: Show | None) -> None:
    """Leave no word of a filing in the index but those that it still discloses, if there is one."""
    if (directory / INDEX_FILE).exists():
        with SearchIndex(directory) as index:
            index.forget(key, value, show)


def _selection(wanted: Wanted) -> tuple[str, list[Any]]:
    """Return the source and the conditions in SQL, with their values."""
    where: list[str] = ["1"]
    values: list[Any] = []

    def must(condition: str, *given: Any) -> None:
        where.append(condition)
        values.extend(given)

    if wanted.words:
        must("word MATCH ?", wanted.words)
    if wanted.spellings is not None:
        must("place IN (SELECT place FROM spelling WHERE spelling IN (SELECT value FROM "
             "json_each(?)))", json.dumps(wanted.spellings))
    if wanted.office:
        must("office = ?", wanted.office)
    if wanted.right:
        must("right = ?", wanted.right)
    # The places of a term: of words the row number, which FTS5 searches within.
    place = "word.rowid" if wanted.words else "place"
    if wanted.undated:
        must(f"{place} < ?", DAY)
    elif wanted.first or wanted.last:
        must(f"{place} >= ?", place_of(wanted.first or date.min, 0))
        must(f"{place} < ?", place_of(wanted.last or date.max, 0) + DAY)
    source = ("FROM word CROSS JOIN filing ON place = word.rowid" if wanted.words
              else "FROM filing")
    return f"{source} WHERE {' AND '.join(where)}", values


def _unusable(error: Exception) -> LedgerError:
    if "locked" in str(error):
        return Busy("search-index-busy", "Another process is making the search index.",
                    remedy="Wait until it ends.")
    return NotFound(
        "search-index-unusable", f"The search index cannot be used: {error}.",
        basis="docs/search.md",
        remedy=f"Delete {INDEX_FILE} in the ledger's directory, or make it writable.",
    )


def _kept(show: Show | None) -> str:
    return "yes" if show else "no"
