"""Backups restore, recompute, and never let a ledger tell a second story."""

import io
import json
import os
import shutil
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.cli.filing import open_filing
from muniment.node import backup, key_backup
from muniment.node.register import Reference, Register
from muniment.node.solo import RESTORED_FILE
from muniment.node.wallet import write_private
from muniment.proof.disclosure import parse
from muniment.proof.errors import AlreadyThere, LedgerError, Malformed, VerificationError
from muniment.vault.vault import Vault, make_vault_key

NAME = "Wanda Fictional"
PASSPHRASE = "correct horse battery"


def enter(register, number):
    named = Reference("XA", "patent", number)
    return register.act(open_filing(register, named, "2026-01-05", {"applicants": [NAME]}))


@pytest.fixture
def entered(register, ledger_path):
    enter(register, "2026/000001")
    return ledger_path


def test_backup_of_a_ledger_in_use_restores_and_recomputes(entered, register, tmp_path):
    file = tmp_path / "one.tar"
    manifest = backup.create(entered, file)
    enter(register, "2026/000002")
    seen, found = backup.verify(file)
    assert seen == manifest
    assert found.entries == manifest.size < register.ledger.head.size
    assert not list(tmp_path.glob(".verify-*"))


def test_keys_and_names_are_not_in_a_backup(entered, register, tmp_path):
    backup.create(entered, tmp_path / "one.tar")
    data = (tmp_path / "one.tar").read_bytes()
    assert NAME.encode() not in data
    for path in (entered / "keys").iterdir():
        for secret in json.loads(path.read_bytes()).get("keys", []) if path.suffix == ".json" else []:
            assert secret["d"].encode() not in data
    assert (entered / "keys" / "vault.key").read_bytes().strip() not in data


def test_restored_ledger_shows_its_filings_and_with_keys_its_names(entered, register, tmp_path):
    backup.create(entered, tmp_path / "one.tar")
    key_backup.seal_keys(entered, tmp_path / "keys", PASSPHRASE)
    backup.restore(tmp_path / "one.tar", tmp_path / "new")
    key_backup.open_keys(tmp_path / "keys", tmp_path / "new", PASSPHRASE)
    with Register(tmp_path / "new", read_only=True) as restored:
        _, entry = restored.find(Reference("XA", "patent", "2026/000001"))
        (text,) = restored.disclosures([entry.disclosed["applicants"]])
        assert parse(text)[2] == [NAME]


def test_restored_ledger_refuses_to_sign_whatever_way_its_keys_came_back(
        entered, register, tmp_path):
    """Keys put back by hand, without what was signed last, would tell a second story."""
    backup.create(entered, tmp_path / "one.tar")
    register.ledger.checkpoint()
    backup.restore(tmp_path / "one.tar", tmp_path / "new")
    for path in (entered / "keys").iterdir():
        if path.name != "log.signed":
            shutil.copy(path, tmp_path / "new" / "keys" / path.name)
    with Register(tmp_path / "new") as restored, pytest.raises(
            VerificationError, match="restored-not-caught-up"):
        restored.ledger.checkpoint()


def test_key_backup_of_a_restored_ledger_opens_and_marks_anew(entered, register, tmp_path):
    backup.create(entered, tmp_path / "one.tar")
    (entered / "keys" / RESTORED_FILE).write_text("{}")
    key_backup.seal_keys(entered, tmp_path / "keys", PASSPHRASE)
    backup.restore(tmp_path / "one.tar", tmp_path / "new")
    names = key_backup.open_keys(tmp_path / "keys", tmp_path / "new", PASSPHRASE)
    assert "keys/XA.json" in names
    assert (tmp_path / "new" / "keys" / RESTORED_FILE).exists()


def test_backup_is_readable_by_its_owner_alone(entered, tmp_path):
    before = os.umask(0o022)
    try:
        backup.create(entered, tmp_path / "one.tar")
    finally:
        os.umask(before)
    assert (tmp_path / "one.tar").stat().st_mode & 0o777 == 0o600


def test_two_private_files_of_one_stem_never_share_an_unfinished_file(tmp_path, monkeypatch):
    """A crash between writing and renaming must not leave a key under another file's name."""
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", lambda *_: None)
        write_private(tmp_path / "log.key", b"key")
        write_private(tmp_path / "log.signed", b"signed")
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"key", b"signed"]


def test_restored_ledger_refuses_to_sign_until_it_has_caught_up(entered, register, tmp_path):
    old = register.ledger.checkpoint()
    backup.create(entered, tmp_path / "one.tar")
    key_backup.seal_keys(entered, tmp_path / "keys", PASSPHRASE)
    enter(register, "2026/000002")
    newest = register.ledger.checkpoint()
    backup.restore(tmp_path / "one.tar", tmp_path / "new")
    key_backup.open_keys(tmp_path / "keys", tmp_path / "new", PASSPHRASE)
    with Register(tmp_path / "new") as restored:
        with pytest.raises(VerificationError, match="restored-not-caught-up"):
            restored.ledger.checkpoint()
        size = restored.ledger.head.size
        with pytest.raises(VerificationError, match="restored-not-caught-up"):
            enter(restored, "2026/000003")
        assert restored.ledger.head.size == size  # nothing is entered on a past that may be old
        with pytest.raises(VerificationError, match="ledger-behind"):
            key_backup.show_newest(restored.ledger, restored.directory, newest)
        with pytest.raises(LedgerError):
            key_backup.show_newest(restored.ledger, restored.directory, newest.replace("\n", "\n ", 1))
        with pytest.raises(VerificationError, match="restored-not-caught-up"):
            restored.ledger.checkpoint()
        key_backup.show_newest(restored.ledger, restored.directory, old)
        assert restored.ledger.checkpoint().split("\n")[:3] == old.split("\n")[:3]


def test_every_flipped_byte_of_the_ledger_in_a_backup_is_found(entered, register, tmp_path):
    backup.create(entered, tmp_path / "one.tar")
    data = (tmp_path / "one.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as archive:
        offsets = {one.name: (one.offset_data, one.size) for one in archive}
    start, size = offsets["ledger.db"]
    for at in range(start, start + size, size // 20):
        (tmp_path / "bad.tar").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
        with pytest.raises(VerificationError, match="backup-damaged"):
            backup.verify(tmp_path / "bad.tar")


@pytest.mark.parametrize("cut", [0, 100, 600, 20_000])
def test_cut_off_backup_is_refused_and_leaves_nothing(entered, register, tmp_path, cut):
    backup.create(entered, tmp_path / "one.tar")
    (tmp_path / "bad.tar").write_bytes((tmp_path / "one.tar").read_bytes()[:cut])
    with pytest.raises((Malformed, VerificationError)):
        backup.restore(tmp_path / "bad.tar", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".new*"))


@pytest.mark.parametrize(("name", "kind"), [
    ("../escaped", tarfile.REGTYPE), ("/tmp/escaped", tarfile.REGTYPE),
    ("keys/XA.json", tarfile.REGTYPE), ("vault.db", tarfile.SYMTYPE), ("ledger.db", tarfile.LNKTYPE),
])
def test_archive_writes_only_what_its_manifest_names(entered, register, tmp_path, name, kind):
    backup.create(entered, tmp_path / "one.tar")
    with tarfile.open(tmp_path / "one.tar") as good, tarfile.open(tmp_path / "bad.tar", "w") as bad:
        for one in good:
            if one.name == "manifest.json":
                bad.addfile(one, good.extractfile(one))
        evil = tarfile.TarInfo(name)
        evil.type, evil.linkname, evil.size = kind, "/etc/passwd", 0 if kind != tarfile.REGTYPE else 1
        bad.addfile(evil, io.BytesIO(b"x"))
    with pytest.raises(Malformed):
        backup.restore(tmp_path / "bad.tar", tmp_path / "new")
    assert not (tmp_path / "escaped").exists()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("change", [
    {"format": "muniment/backup/v2"}, {"files": []}, {"files": {}}, {"created": "x"}, {"height": None},
    {"files": {"keys/XA.json": {"bytes": 1, "sha256": ""}}},
])
def test_manifest_of_another_shape_is_refused(entered, register, tmp_path, change):
    backup.create(entered, tmp_path / "one.tar")
    with tarfile.open(tmp_path / "one.tar") as good, tarfile.open(tmp_path / "bad.tar", "w") as bad:
        for one in good:
            source = good.extractfile(one)
            if one.name == "manifest.json":
                text = json.dumps({**json.loads(source.read()), **change}).encode()
                one.size, source = len(text), io.BytesIO(text)
            bad.addfile(one, source)
    with pytest.raises(Malformed):
        backup.verify(tmp_path / "bad.tar")


def test_key_backup_opens_with_its_passphrase_alone_and_for_thirty_days(entered, register, tmp_path):
    expires = key_backup.seal_keys(entered, tmp_path / "keys", PASSPHRASE, now=lambda: 1_000)
    assert expires == 1_000 + 30 * 86_400
    backup.create(entered, tmp_path / "one.tar")
    backup.restore(tmp_path / "one.tar", tmp_path / "new")

    def opening(passphrase=PASSPHRASE, now=expires):
        return key_backup.open_keys(tmp_path / "keys", tmp_path / "new", passphrase, now=lambda: now)

    with pytest.raises(VerificationError, match="key-backup-not-opened"):
        opening("wrong horse battery")
    with pytest.raises(VerificationError, match="key-backup-expired"):
        opening(now=expires + 1)
    data = (tmp_path / "keys").read_bytes()
    (tmp_path / "keys").write_bytes(data.replace(str(expires).encode(), str(expires + 9).encode()))
    with pytest.raises(VerificationError, match="key-backup-not-opened"):
        opening()
    (tmp_path / "keys").write_bytes(data)
    assert opening()
    with pytest.raises(AlreadyThere, match="keys-present"):
        opening()
    with pytest.raises(Malformed, match="passphrase-short"):
        key_backup.seal_keys(entered, tmp_path / "more", "short")


def test_keys_and_vault_come_back_to_a_directory_that_joined_anew(entered, register, tmp_path):
    """The steps of docs/runbooks/disk-loss.md: join has made a vault key, and nothing used it."""
    _, entry = register.find(Reference("XA", "patent", "2026/000001"))
    backup.create(entered, tmp_path / "one.tar")
    key_backup.seal_keys(entered, tmp_path / "keys", PASSPHRASE)
    new = tmp_path / "new"
    new.mkdir()
    make_vault_key(new)
    made = (new / "keys/vault.key").read_bytes()
    key_backup.open_keys(tmp_path / "keys", new, PASSPHRASE)
    assert (new / "keys/vault.key").read_bytes() == (entered / "keys/vault.key").read_bytes() != made
    backup.restore(tmp_path / "one.tar", tmp_path / "old")
    shutil.copy(tmp_path / "old/vault.db", new)
    with closing(Vault(new)) as vault:
        assert parse(vault.show(entry.disclosed["applicants"]))[2] == [NAME]


@pytest.mark.parametrize("present", ["vault.db", "vault-keys.db", "keys/XA.json"])
def test_vault_key_that_may_have_wrapped_something_is_never_replaced(entered, tmp_path, present):
    key_backup.seal_keys(entered, tmp_path / "keys", PASSPHRASE)
    new = tmp_path / "new"
    new.mkdir()
    make_vault_key(new)
    (new / present).touch()
    before = (new / "keys/vault.key").read_bytes()
    with pytest.raises(AlreadyThere, match="keys-present"):
        key_backup.open_keys(tmp_path / "keys", new, PASSPHRASE)
    assert (new / "keys/vault.key").read_bytes() == before


def test_commands_tell_the_whole_drill(entered, register, tmp_path):
    def run(*words):
        ran = CliRunner().invoke(app, [str(word) for word in words],
                                 env={"MUNIMENT_PASSPHRASE": PASSPHRASE})
        assert ran.exit_code == 0, ran.output
        return ran.output

    note = register.ledger.checkpoint()
    (tmp_path / "checkpoint.txt").write_text(note)
    run("backup", "create", tmp_path / "one.tar", "--ledger", entered)
    run("backup", "keys", tmp_path / "sealed", "--ledger", entered)
    assert "SOUND" in run("backup", "verify", tmp_path / "one.tar")
    run("backup", "restore", tmp_path / "one.tar", tmp_path / "new")
    run("backup", "open-keys", tmp_path / "sealed", tmp_path / "new")
    run("backup", "resume", tmp_path / "checkpoint.txt", "--ledger", tmp_path / "new")
    assert note.split("\n")[2] in run("ledger", "checkpoint", "--ledger", tmp_path / "new")


def test_wrong_passphrase_is_examined_first_and_leaves_nothing(entered, register, tmp_path):
    """Neither a folder that bars the next try, nor silence about it where keys are."""
    key_backup.seal_keys(register.directory, tmp_path / "keys", PASSPHRASE)
    for place in (tmp_path / "new", register.directory):
        with pytest.raises(VerificationError, match="key-backup-not-opened"):
            key_backup.open_keys(tmp_path / "keys", place, "another battery staple")
    assert not (tmp_path / "new").exists()
    key_backup.open_keys(tmp_path / "keys", tmp_path / "new", PASSPHRASE)
    assert (tmp_path / "new/keys/XA.json").exists()


@pytest.mark.parametrize("words", [
    ("init", "--office", "XA", "--profile", "demo", "{full}"),
    ("backup", "create", "{file}", "--ledger", "{ledger}"),
    ("backup", "restore", "{file}", "{full}"),
    ("backup", "keys", "{file}", "--ledger", "{ledger}"),
    ("network", "up", "{full}"),
])
def test_what_is_there_already_is_not_called_not_found(entered, register, tmp_path, words):
    register.ledger.close()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/it").touch()
    (tmp_path / "file").touch()
    named = {"full": tmp_path / "full", "file": tmp_path / "file", "ledger": register.directory}
    ran = CliRunner().invoke(app, [one.format(**named) for one in words] + ["--json"],
                             env={"MUNIMENT_PASSPHRASE": PASSPHRASE})
    assert ran.exit_code == 2, ran.output
    assert json.loads(ran.output)["error"] in {"directory-not-empty", "file-exists"}


def test_passphrase_is_not_asked_for_without_a_terminal(entered, register, tmp_path):
    ran = CliRunner().invoke(app, ["backup", "keys", str(tmp_path / "keys"), "--ledger",
                                   str(register.directory)], env={"MUNIMENT_PASSPHRASE": ""})
    assert ran.exit_code == 2
    assert "passphrase-missing" in ran.output
    assert "--passphrase-file" in ran.output


def test_error_of_the_system_without_a_file_says_no_none(entered, register, tmp_path, monkeypatch):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "create", full)
    ran = CliRunner().invoke(app, ["backup", "create", str(tmp_path / "file"), "--ledger",
                                   str(register.directory)])
    assert ran.exit_code == 3
    assert "No space left on device.\n  try: Make room" in ran.output
