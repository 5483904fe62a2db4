"""Backups: a ledger and its vault in one file, and its keys in another, sealed and short-lived.

- `create` copies the ledger first and the vault after it: whatever the ledger binds, the vault
  already keeps. Keys never enter it (docs/privacy.md).
- `verify` restores into a temporary place and recomputes every entry, page and tile.
- `restore` marks the ledger as restored, whatever way its keys come back: it signs no checkpoint
  until the newest one known outside is shown to be a prefix of it, because a ledger that lost its
  last blocks would otherwise tell a second story.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from muniment.codec import Digest, Natural, Record, decoder, encode
from muniment.node.audit import Audited, audit
from muniment.node.solo import (
    KEYS,
    POLICY_FILE,
    RESTORED_FILE,
    SIGNED_FILE,
    SoloLedger,
    system_time,
)
from muniment.node.wallet import PRIVATE_MODE, read_private, write_private
from muniment.proof.crypto import b64
from muniment.proof.errors import AlreadyThere, Malformed, NotFound, VerificationError
from muniment.storage.sqlite import FILE_NAME
from muniment.vault.vault import VAULT_FILE

FORMAT: Literal["muniment/backup/v1"] = "muniment/backup/v1"
MANIFEST = "manifest.json"
NOTE = "backup.json"
"""Stands in a ledger's directory and says when its newest backup was made."""
CHUNK = 1024 * 1024
MANIFEST_BYTES_MAX = 64 * 1024
_FILES = (FILE_NAME, VAULT_FILE, POLICY_FILE)
Progress = Callable[[int], None]


class BackedFile(Record, frozen=True, kw_only=True):
    """A file of a backup."""

    bytes: Natural
    """Its size."""
    sha256: Digest
    """Its SHA-256, in base64url."""


class Manifest(Record, frozen=True, kw_only=True):
    """What a backup says of itself."""

    created: Natural
    """When it was made, in UTC seconds."""
    files: dict[str, BackedFile]
    """Its files by name."""
    format: Literal["muniment/backup/v1"]
    """The format."""
    height: Natural
    """The height of the ledger's last block."""
    log_root: Digest
    """The root of its log."""
    origin: str
    """Its origin."""
    signed: Natural
    """The size of the largest checkpoint that had been signed."""
    size: Natural
    """Entries in its log."""


_decode_manifest = decoder(Manifest)


def create(directory: Path, out: Path, now: Callable[[], int] = system_time) -> Manifest:
    """Back a ledger and its vault up while others may read and write them.

    Args:
        directory: The ledger's directory.
        out: The file to write; it appears when it is whole.
        now: Returns the time in UTC seconds.

    Raises:
        NotFound: There is no ledger.
        AlreadyThere: The file exists.
    """
    if out.exists():
        raise AlreadyThere("file-exists", f"{out} exists.", remedy="Name a file that does not.")
    with tempfile.TemporaryDirectory(dir=out.absolute().parent) as place:
        copied = Path(place)
        for name in _FILES:
            _copy(directory / name, copied / name)
        manifest = _manifest(directory, copied, now())
        partial = copied / "backup.tar"
        _pack(copied, manifest, partial)
        partial.replace(out)
    write_private(directory / NOTE, json.dumps({"created": manifest.created}).encode("ascii"))
    return manifest


def _copy(source: Path, target: Path) -> None:
    """Copy a file if it is there; a database as of one moment, whoever writes it meanwhile."""
    if not source.exists():
        if source.name == FILE_NAME:
            raise NotFound("ledger-not-found", f"{source.parent} holds no ledger.",
                           remedy="Name its directory: --ledger DIR")
        return  # a vault that was never used has no file yet
    if source.suffix != ".db":
        shutil.copyfile(source, target)
        return
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _manifest(directory: Path, copied: Path, created: int) -> Manifest:
    with SoloLedger(copied, read_only=True) as ledger:
        head, root = ledger.head, ledger.engine.log.root()
        origin = ledger.identity.origin
    signed = directory / KEYS / SIGNED_FILE
    files = {path.name: BackedFile(bytes=path.stat().st_size, sha256=_digest(path))
             for path in sorted(copied.iterdir()) if path.name in _FILES}
    return Manifest(
        format=FORMAT, created=created, origin=origin, height=head.height, size=head.size,
        log_root=b64(root),
        signed=int(read_private(signed)["size"]) if signed.exists() else 0, files=files,
    )


def _pack(copied: Path, manifest: Manifest, out: Path) -> None:
    text = encode(manifest)
    # It holds every disclosure of the vault, encrypted, and who filed what: its owner's alone.
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            _add(archive, MANIFEST, BytesIO(text), len(text), manifest.created)
            for name, known in manifest.files.items():
                with (copied / name).open("rb") as source:
                    _add(archive, name, source, known.bytes, manifest.created)
        file.flush()
        os.fsync(file.fileno())


def _add(archive: tarfile.TarFile, name: str, source: Any, size: int, time: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, time, 0o600
    archive.addfile(entry, source)


def restore(file: Path, directory: Path) -> Manifest:
    """Put a backup into a directory, without keys; nothing is left there if it is damaged.

    Raises:
        AlreadyThere: The directory is not empty.
        Malformed: The file is no backup.
        VerificationError: A file in it is not what its manifest says.
    """
    if directory.exists() and any(directory.iterdir()):
        raise AlreadyThere("directory-not-empty", f"{directory} is not empty.",
                       remedy="Name another directory.")
    making = directory.parent / f".{directory.name}.restoring"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700, parents=True)
    try:
        manifest = _unpack(file, making)
        mark_restored(making)
        if directory.exists():
            directory.rmdir()
        making.rename(directory)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return manifest


def mark_restored(directory: Path) -> None:
    """Let a ledger sign nothing until the newest checkpoint known outside is shown."""
    write_private(directory / KEYS / RESTORED_FILE, b"{}\n")


def _unpack(file: Path, place: Path) -> Manifest:
    try:
        with tarfile.open(file, mode="r:") as archive:
            entries = iter(archive)
            manifest = _read_manifest(archive, next(entries))
            seen = {entry.name for entry in entries if _take(archive, entry, manifest, place)}
    except FileNotFoundError:
        raise NotFound("file-not-found", f"There is no file {file}.") from None
    except (tarfile.TarError, StopIteration, EOFError):
        raise _no_backup("It is no archive, or it is cut off.") from None
    if seen != manifest.files.keys():
        raise _no_backup(f"It lacks {', '.join(sorted(manifest.files.keys() - seen))}.")
    return manifest


def _read_manifest(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Manifest:
    source = archive.extractfile(entry) if entry.isreg() else None
    if source is None or entry.name != MANIFEST or entry.size > MANIFEST_BYTES_MAX:
        raise _no_backup("Its first file is no manifest.")
    try:
        manifest: Manifest = _decode_manifest(source.read())
    except Malformed as error:
        raise _no_backup(f"Its manifest cannot be read: {error.detail}") from None
    if not {FILE_NAME} <= manifest.files.keys() <= set(_FILES):
        raise _no_backup("Its manifest names other files than a backup has.")
    return manifest


def _take(
    archive: tarfile.TarFile, entry: tarfile.TarInfo, manifest: Manifest, place: Path
) -> bool:
    """Write one file; only those that the manifest names, and only as it names them."""
    known = manifest.files.get(entry.name)
    source = archive.extractfile(entry) if entry.isreg() else None
    if known is None or source is None or entry.size != known.bytes or (
            (place / entry.name).exists()):
        raise _no_backup(f"It holds {entry.name[:40]!r}, which its manifest does not name so.")
    with (place / entry.name).open("xb") as target:
        shutil.copyfileobj(source, target, CHUNK)
        target.flush()
        os.fsync(target.fileno())
    if _digest(place / entry.name) != known.sha256:
        raise VerificationError(
            "backup-damaged", f"{entry.name} is not what the manifest says.",
            basis="docs/operating.md", remedy="Use another backup; keep this one as evidence.")
    return True


def verify(file: Path, progress: Progress | None = None) -> tuple[Manifest, Audited]:
    """Restore a backup into a temporary place and recompute everything in it.

    Raises:
        VerificationError: Something is not what was computed, or not what the manifest says.
    """
    with _temporary(file) as place:
        manifest = _unpack(file, place)
        with SoloLedger(place, read_only=True) as ledger:
            found = audit(ledger, progress)
            same = (ledger.identity.origin, ledger.head.height, found.entries,
                    b64(found.log_root))
    if same != (manifest.origin, manifest.height, manifest.size, manifest.log_root):
        raise VerificationError("backup-damaged", "The ledger in it is not the one that its "
                                "manifest names.", basis="docs/operating.md")
    return manifest, found


@contextmanager
def _temporary(file: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".verify-") as name:
        yield Path(name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return b64(hashlib.file_digest(file, "sha256").digest())


def _no_backup(detail: str) -> Malformed:
    return Malformed("backup-malformed", f"The file is no backup. {detail}",
                     basis="docs/operating.md", remedy="Make one: muniment backup create FILE")
