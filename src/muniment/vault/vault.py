"""An erasable, encrypted store of disclosures, and the outbox of what is being submitted.

- Each disclosure has its own data key; the data keys are wrapped by the vault key and stand in a
  database apart (`vault-keys.db`), which backups leave out. Erasing destroys the data key.
- Order of writing: keys first, then disclosures with the outbox and the journal in one
  transaction. A crash in between leaves keys without use, never a disclosure without its key.
- Order of erasing: tombstone first, then the key, then the ciphertext. `open` finishes an
  erasure that a crash cut off.
- Deleted rows are overwritten (`secure_delete`) and the write-ahead logs are truncated: a log
  kept the key otherwise.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from muniment.proof import disclosure
from muniment.proof.crypto import unb64
from muniment.proof.errors import Busy, NotFound, VaultFault

VAULT_FILE = "vault.db"
KEYS_FILE = "vault-keys.db"
VAULT_KEY_FILE = "vault.key"
_ZERO_NONCE = bytes(12)
"""A data key encrypts one disclosure only, so that its nonce need not differ."""
_VAULT_SCHEMA = """
CREATE TABLE IF NOT EXISTS disclosure (digest BLOB PRIMARY KEY, reference TEXT NOT NULL,
  name TEXT NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS disclosure_reference ON disclosure (reference, name);
CREATE TABLE IF NOT EXISTS tombstone (reference TEXT, name TEXT, PRIMARY KEY (reference, name))
  STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY, envelope BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS journal (file TEXT, row INTEGER, rule TEXT, number TEXT,
  PRIMARY KEY (file, row, rule)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (file TEXT PRIMARY KEY, rows INTEGER NOT NULL) STRICT,
  WITHOUT ROWID;
"""
_KEYS_SCHEMA = """
CREATE TABLE IF NOT EXISTS data_key (digest BLOB PRIMARY KEY, wrapped BLOB NOT NULL)
  STRICT, WITHOUT ROWID;
"""


class Disclosure(NamedTuple):
    """A disclosure and the filing to which it belongs."""

    reference: str
    """The state key part of the filing, e.g. `US/patent/06/000000113950`."""
    name: str
    text: str
    """The SD-JWT disclosure."""


class JournalRow(NamedTuple):
    """What was found about one row of an imported file; never anything of its content."""

    row: int
    rule: str
    number: str


class Pending(NamedTuple):
    """An envelope that was signed and perhaps not yet submitted."""

    number: int
    envelope: bytes


class Vault:
    """The vault of a ledger's directory; a context manager.

    Raises:
        NotFound: The vault key is missing.
    """

    def __init__(self, directory: Path) -> None:
        self._wrap = AESGCM(_vault_key(directory))
        self._vault = _connect(directory / VAULT_FILE, _VAULT_SCHEMA)
        self._keys = _connect(directory / KEYS_FILE, _KEYS_SCHEMA)
        self._finish_erasures()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both databases."""
        self._vault.close()
        self._keys.close()

    def keep(
        self,
        disclosures: Sequence[Disclosure],
        *,
        envelopes: Sequence[bytes] = (),
        file: str = "",
        journal: Sequence[JournalRow] = (),
        rows: int | None = None,
    ) -> None:
        """Keep disclosures, and with them what is about to be submitted, all or nothing.

        Args:
            disclosures: The disclosures.
            envelopes: Signed envelopes that bind them, kept in the outbox until `sent`.
            file: Digest of the file from which they come.
            journal: What was found about its rows.
            rows: How many of its rows are done with this.
        """
        sealed, keys = [], []
        for one in disclosures:
            digest = unb64(disclosure.digest(one.text), 32)
            if self._is_kept(digest):
                continue
            data_key = AESGCM.generate_key(256)
            text = AESGCM(data_key).encrypt(_ZERO_NONCE, one.text.encode("ascii"), digest)
            sealed.append((digest, one.reference, one.name, text))
            nonce = secrets.token_bytes(12)
            keys.append((digest, nonce + self._wrap.encrypt(nonce, data_key, digest)))
        with self._keys:
            self._keys.executemany("INSERT OR REPLACE INTO data_key VALUES (?, ?)", keys)
        with self._vault:
            put = self._vault.executemany
            put("INSERT OR IGNORE INTO disclosure VALUES (?, ?, ?, ?)", sealed)
            put("INSERT INTO outbox (envelope) VALUES (?)", ((one,) for one in envelopes))
            put("INSERT OR IGNORE INTO journal VALUES (?, ?, ?, ?)",
                ((file, *one) for one in journal))
            if rows is not None:
                put("INSERT OR REPLACE INTO progress VALUES (?, ?)", [(file, rows)])

    def show(self, digest: str) -> str | None:
        """Return the disclosure of a digest, or None if it is unknown or erased."""
        name = unb64(digest, 32)
        row = self._vault.execute("SELECT sealed FROM disclosure WHERE digest = ?",
                                  (name,)).fetchone()
        key = self._keys.execute("SELECT wrapped FROM data_key WHERE digest = ?",
                                 (name,)).fetchone()
        if row is None or key is None:
            return None
        try:
            data_key = self._wrap.decrypt(key[0][:12], key[0][12:], name)
            return AESGCM(data_key).decrypt(_ZERO_NONCE, row[0], name).decode("ascii")
        except InvalidTag:
            raise VaultFault("A disclosure of the vault was altered.") from None

    def names(self, reference: str) -> list[str]:
        """Return the names kept for a filing, sorted."""
        rows = self._vault.execute(
            "SELECT DISTINCT name FROM disclosure WHERE reference = ? ORDER BY name", (reference,)
        )
        return [name for (name,) in rows]

    def is_erased(self, reference: str, name: str) -> bool:
        """Return whether a tombstone stands for a name of a filing."""
        row = self._vault.execute("SELECT 1 FROM tombstone WHERE reference = ? AND name = ?",
                                  (reference, name)).fetchone()
        return row is not None

    def erase(self, reference: str, name: str) -> int:
        """Erase every disclosure of a name of a filing; return how many there were.

        Raises:
            NotFound: None is kept.
        """
        digests = self._digests(reference, name)
        if not digests:
            raise NotFound(
                "nothing-to-erase", f"The vault keeps no {name} of that filing.",
                basis="docs/privacy.md", remedy="List what is kept: muniment filing show",
            )
        with self._vault:
            self._vault.execute("INSERT OR IGNORE INTO tombstone VALUES (?, ?)", (reference, name))
        self._destroy(digests)
        return len(digests)

    def pending(self) -> list[Pending]:
        """Return the envelopes that may not have been submitted, in their order."""
        rows = self._vault.execute("SELECT number, envelope FROM outbox ORDER BY number")
        return [Pending(*row) for row in rows]

    def sent(self, numbers: Iterable[int]) -> None:
        """Forget envelopes of the outbox."""
        with self._vault:
            self._vault.executemany("DELETE FROM outbox WHERE number = ?",
                                    ((number,) for number in numbers))

    def note(self, file: str, journal: Sequence[JournalRow]) -> None:
        """Add to the journal of a file."""
        with self._vault:
            self._vault.executemany("INSERT OR IGNORE INTO journal VALUES (?, ?, ?, ?)",
                                    ((file, *one) for one in journal))

    def rows_done(self, file: str) -> int:
        """Return how many rows of a file have been done with."""
        row = self._vault.execute("SELECT rows FROM progress WHERE file = ?", (file,)).fetchone()
        return row[0] if row else 0

    def journal(self, file: str) -> list[JournalRow]:
        """Return what was found about the rows of a file, in their order."""
        rows = self._vault.execute(
            "SELECT row, rule, number FROM journal WHERE file = ? ORDER BY row, rule", (file,)
        )
        return [JournalRow(*row) for row in rows]

    def _is_kept(self, digest: bytes) -> bool:
        row = self._vault.execute("SELECT 1 FROM disclosure WHERE digest = ?", (digest,))
        return row.fetchone() is not None

    def _digests(self, reference: str, name: str) -> list[bytes]:
        rows = self._vault.execute(
            "SELECT digest FROM disclosure WHERE reference = ? AND name = ?", (reference, name)
        )
        return [digest for (digest,) in rows]

    def _finish_erasures(self) -> None:
        rows = self._vault.execute(
            "SELECT digest FROM disclosure JOIN tombstone USING (reference, name)"
        )
        self._destroy([digest for (digest,) in rows.fetchall()])

    def _destroy(self, digests: Sequence[bytes]) -> None:
        for database, table in ((self._keys, "data_key"), (self._vault, "disclosure")):
            with database:
                database.executemany(f"DELETE FROM {table} WHERE digest = ?",  # noqa: S608
                                     ((digest,) for digest in digests))
            busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy and digests:
                raise Busy(
                    "erasure-waits", "Another process reads the vault: the log that still holds "
                    "the key cannot be truncated.", basis="docs/privacy.md",
                    remedy="End the reader; opening the vault again finishes the erasure.",
                )


def make_vault_key(directory: Path) -> None:
    """Make the vault key of a directory that has none."""
    path = directory / "keys" / VAULT_KEY_FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(AESGCM.generate_key(256).hex() + "\n")


def begin_vault(directory: Path) -> None:
    """Make the vault key where no vault was begun; a lost key is never replaced."""
    if not any((directory / one).exists() for one in (
            VAULT_FILE, KEYS_FILE, f"keys/{VAULT_KEY_FILE}")):
        make_vault_key(directory)


def _vault_key(directory: Path) -> bytes:
    path = directory / "keys" / VAULT_KEY_FILE
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        raise NotFound(
            "vault-key-missing", f"{path.name} is missing or unreadable.",
            basis="docs/privacy.md", remedy="Restore it from the key backup. An office that "
            "joined, and never had one: muniment office request CODE --out FILE",
        ) from None
    if len(key) != 32:
        raise NotFound("vault-key-missing", f"{path.name} is no key of 32 bytes.")
    return key


def _connect(path: Path, schema: str) -> sqlite3.Connection:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(handle)
    database = sqlite3.connect(path, check_same_thread=False)
    try:
        with closing(database.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA secure_delete=ON")
            cursor.executescript(schema)
    except sqlite3.Error as error:
        raise VaultFault(f"The vault cannot be opened: {error}") from error
    return database


def disclose(name: str, value: object) -> tuple[str, str]:
    """Return (disclosure, digest) of a value under a fresh random salt.

    Raises:
        Malformed: The value is outside canonical JSON, or too long.
    """
    text = disclosure.make(secrets.token_bytes(disclosure.SALT_BYTES), name, value)
    return text, disclosure.digest(text)

