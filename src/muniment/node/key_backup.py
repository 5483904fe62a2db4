"""Backups of keys: sealed under a passphrase, and of no use to us after thirty days.

- They hold `keys/` and the vault's data keys. An erasure destroys the data key; a key backup
  that is older than thirty days would bring it back, so that opening one is refused.
- A ledger whose keys came from a backup is marked: it signs no checkpoint until the newest one
  known outside is shown to be a prefix of it (`show_newest`).
"""

import json
import os
import secrets
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from muniment.codec import members
from muniment.model.ledger import LOG_KEYS
from muniment.node.backup import mark_restored
from muniment.node.ledger import Ledger
from muniment.node.solo import KEYS, RESTORED_FILE, system_time
from muniment.node.wallet import write_private
from muniment.proof.checkpoint import Checkpoint, open_note, verifier_key
from muniment.proof.crypto import b64, load_public_key, unb64
from muniment.proof.errors import AlreadyThere, LedgerError, Malformed, NotFound, VerificationError
from muniment.vault.vault import KEYS_FILE, VAULT_FILE, VAULT_KEY_FILE

FORMAT = "muniment/key-backup/v1"
LIFE_SECONDS = 30 * 86_400
PASSPHRASE_LENGTH_MIN = 12
FILE_BYTES_MAX = 1024**3
_SCRYPT_COST = 2**15
"""32 MiB and about a tenth of a second for each guess (RFC 7914)."""


def seal_keys(
    directory: Path, out: Path, passphrase: str, now: Callable[[], int] = system_time
) -> int:
    """Write a sealed backup of a ledger's keys; return when it expires, in UTC seconds.

    Raises:
        Malformed: The passphrase is too short.
        NotFound: There are no keys.
        AlreadyThere: The file exists.
    """
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        raise Malformed("passphrase-short", f"A passphrase has at least {PASSPHRASE_LENGTH_MIN} "
                        "characters.", basis="docs/operating.md")
    if out.exists():
        raise AlreadyThere("file-exists", f"{out} exists.", remedy="Name a file that does not.")
    if not keys_in(directory):
        raise NotFound("keys-not-found", f"{directory} has no keys.",
                       remedy="Name the ledger's directory.")
    salt, nonce, expires = secrets.token_bytes(16), secrets.token_bytes(12), now() + LIFE_SECONDS
    head = json.dumps({"expires": expires, "format": FORMAT, "nonce": b64(nonce),
                       "salt": b64(salt)}, sort_keys=True).encode("ascii")
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, _packed(directory), head)
    write_private(out.absolute(), head + b"\n" + sealed)
    return expires


def _packed(directory: Path) -> bytes:
    held = BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive, TemporaryDirectory() as place:
        for path in keys_in(directory):
            archive.add(path, f"{KEYS}/{path.name}", recursive=False)
        copy = Path(place) / KEYS_FILE
        if (directory / KEYS_FILE).exists():  # a vault that was never used has no keys yet
            with closing(sqlite3.connect(directory / KEYS_FILE)) as old, closing(
                    sqlite3.connect(copy)) as new:
                old.backup(new)
            archive.add(copy, KEYS_FILE)
    return held.getvalue()


def keys_in(directory: Path) -> list[Path]:
    """Return the files beside which a ledger acts; the mark of a restored ledger is none."""
    return sorted(path for path in (directory / KEYS).glob("*") if path.name != RESTORED_FILE)


def open_keys(
    file: Path, directory: Path, passphrase: str, now: Callable[[], int] = system_time
) -> list[str]:
    """Put the keys of a backup into a restored or joined directory; return the names of the files.

    Raises:
        NotFound: There is no such file.
        AlreadyThere: The directory has keys already, other than a vault key that wrapped nothing.
        VerificationError: It has expired, the passphrase is wrong, or the file was altered.
    """
    if not file.is_file():
        raise NotFound("file-not-found", f"There is no file {file}.")
    head, _, sealed = file.read_bytes().partition(b"\n")
    plain = _head(head)
    if plain["expires"] < now():
        raise VerificationError(
            "key-backup-expired", "It is older than thirty days: opening it could bring back what "
            "was erased since.", basis="docs/privacy.md",
            remedy="Use a younger one, or recover the keys: muniment backup keys makes one")
    try:
        key = _key(passphrase, unb64(plain["salt"], 16))
        held = AESGCM(key).decrypt(unb64(plain["nonce"], 12), sealed, head)
    except InvalidTag:
        raise VerificationError("key-backup-not-opened", "The passphrase is wrong, or the file "
                                "was altered.", basis="docs/operating.md") from None
    if (directory / KEYS_FILE).exists() or (
            keys_in(directory) and not _has_unused_vault_key_alone(directory)):
        raise AlreadyThere(
            "keys-present", f"The passphrase is right, and {directory} has keys already.",
            remedy="Restore into a directory without keys: muniment backup restore")
    return _place(held, directory)


def _has_unused_vault_key_alone(directory: Path) -> bool:
    """Return whether a directory has no key but that of a vault never begun, as after a join."""
    return not (directory / VAULT_FILE).exists() and [
        path.name for path in keys_in(directory)] == [VAULT_KEY_FILE]


def _head(head: bytes) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = json.loads(head)
        unb64(plain["salt"], 16), unb64(plain["nonce"], 12)
        known = plain["format"] == FORMAT and type(plain["expires"]) is int
    except (ValueError, KeyError, TypeError, LedgerError):
        known = False
    if not known:
        raise Malformed("key-backup-malformed", f"It is not of the format {FORMAT}.",
                        basis="docs/operating.md")
    return plain


def _place(held: bytes, directory: Path) -> list[str]:
    (directory / KEYS).mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    with tarfile.open(fileobj=BytesIO(held)) as archive:
        for entry in archive:
            source = archive.extractfile(entry)
            if source is None:
                continue
            target = directory / entry.name
            if target.name == RESTORED_FILE:
                continue  # of a key backup that older code made; the mark is set below
            if target.name == VAULT_KEY_FILE:
                target.unlink(missing_ok=True)  # it wrapped nothing: `open_keys` looked
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(source.read())
            written.append(entry.name)
    mark_restored(directory)
    return written


def _key(passphrase: str, salt: bytes) -> bytes:
    scrypt = Scrypt(salt=salt, length=32, n=_SCRYPT_COST, r=8, p=1)
    return scrypt.derive(passphrase.encode("utf-8"))


def show_newest(ledger: Ledger, directory: Path, note: str) -> int:
    """Show the newest checkpoint known outside to be a prefix; the ledger may then sign again.

    Args:
        ledger: The restored ledger.
        directory: Where its keys are.
        note: That checkpoint, as witnesses, recipients of evidence or auditors hold it.

    Returns:
        Its size.

    Raises:
        VerificationError: This ledger's key did not sign it, or it is no prefix of the ledger:
            blocks are missing, and signing would tell two stories.
    """
    held = ledger.state.get(LOG_KEYS)
    if held is None:
        raise NotFound("log-key-unknown", "The ledger names no log key.")
    origin = ledger.identity.origin
    key = verifier_key(origin, load_public_key(members(held.key)))
    seen = Checkpoint.parse(open_note(note, key))
    if seen.size > ledger.head.size or ledger.log_root(seen.size) != seen.root:
        raise VerificationError(
            "ledger-behind", f"A checkpoint of {seen.size} leaves is known that is no prefix of "
            f"this ledger's {ledger.head.size}: blocks are missing.",
            basis="docs/formats/checkpoint.md",
            remedy="Restore a newer backup, or fetch and replay the missing blocks.")
    (directory / KEYS / RESTORED_FILE).unlink(missing_ok=True)
    return seen.size
