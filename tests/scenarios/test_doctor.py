"""The doctor finds what is wrong, names what mends it, and shows no secret."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.network.doctor import bundle, examine
from muniment.node import backup, key_backup
from muniment.node.register import Register


def marks(directory):
    return {one.what: one for one in examine(directory)}


def wrong(directory):
    return [one for one in examine(directory) if one.mark != "ok"]


def test_sound_ledger_has_nothing_to_fix(ledger_path, register, tmp_path):
    found = wrong(ledger_path)
    assert [one.mark for one in found] == ["warn"]
    assert "no backup" in found[0].what
    backup.create(ledger_path, tmp_path / "one.tar")
    assert wrong(ledger_path) == []


def test_keys_that_others_may_read_are_found(ledger_path, register):
    (ledger_path / "keys" / "XA.json").chmod(0o644)
    (found,) = [one for one in wrong(ledger_path) if one.mark == "fix"]
    assert "XA.json" in found.what
    assert found.remedy.startswith("chmod")


def test_restored_ledger_is_told_how_to_go_on(ledger_path, register, tmp_path):
    backup.create(ledger_path, tmp_path / "one.tar")
    key_backup.seal_keys(ledger_path, tmp_path / "keys", "correct horse battery")
    backup.restore(tmp_path / "one.tar", tmp_path / "new")
    assert any("no keys" in one.what for one in wrong(tmp_path / "new"))
    key_backup.open_keys(tmp_path / "keys", tmp_path / "new", "correct horse battery")
    assert any("muniment backup resume" in one.remedy for one in wrong(tmp_path / "new"))


def test_damaged_ledger_is_a_finding_not_a_crash(ledger_path, tmp_path):
    (ledger_path / "ledger.db").write_bytes(b"no database" * 1_000)
    assert any(one.mark == "fix" and "ledger" in one.what for one in wrong(ledger_path))
    assert any(one.mark == "fix" for one in wrong(tmp_path / "nothing here"))


def test_damage_names_the_command_that_brings_the_ledger_back(ledger_path, tmp_path):
    (ledger_path / "ledger.db").write_bytes(b"no database" * 1_000)
    assert remedy_of(ledger_path, "ledger") == "muniment backup restore FILE NEW"
    place = {"host": "127.0.0.1", "p2p_port": 1, "rpc_port": 1}
    (ledger_path / "node.json").write_text(json.dumps({"line": "0.38", "place": place}))
    anew = f"muniment node rebuild {ledger_path} --from URL"
    assert remedy_of(ledger_path, "ledger") == anew
    (ledger_path / "ledger.db").unlink()
    assert remedy_of(ledger_path, "holds no ledger") == anew


def remedy_of(directory, what):
    return next(one.remedy for one in wrong(directory) if what in one.what and one.mark == "fix")


def test_engine_that_does_not_answer_is_found(ledger_path, register, monkeypatch):
    place = {"host": "127.0.0.1", "p2p_port": 1, "rpc_port": 1}
    (ledger_path / "node.json").write_text(json.dumps({"line": "0.38", "place": place}))
    found = wrong(ledger_path)
    assert any("engine" in one.what and one.remedy for one in found if one.mark == "fix")


@pytest.mark.parametrize(("name", "data"), [
    ("node.json", b"{}"), ("node.json", b"["), ("node.json", b"[]"), ("node.json", b'{"place":7}'),
    ("node.json", b'{"place":{},"line":{}}'), ("backup.json", b"{}"), ("backup.json", b"\xff"),
    ("backup.json", b'{"created":"x"}'), ("trust-policy.txt", b"\xff\xfe"),
    ("trust-policy.txt", b"")])
def test_damaged_file_of_its_own_is_a_finding_not_a_crash(ledger_path, register, name, data):
    (ledger_path / name).write_bytes(data)
    assert any(one.mark == "fix" for one in wrong(ledger_path))


def test_bundle_does_not_say_where_the_ledger_is(ledger_path, monkeypatch):
    (ledger_path / "trust-policy.txt").unlink()
    (ledger_path / "ledger.db").unlink()
    monkeypatch.chdir(ledger_path.parent)
    for path in (ledger_path, Path(ledger_path.name), Path("../") / ledger_path.parent.name
                 / ledger_path.name):
        text = json.dumps(bundle(path, examine(path)))
        assert str(ledger_path.parent) not in text
        assert "DIR" in text


def test_bundle_shows_no_secret(ledger_path, register, tmp_path):
    text = json.dumps(bundle(ledger_path, examine(ledger_path)))
    for path in (ledger_path / "keys").iterdir():
        for secret in path.read_text().split('"'):
            assert len(secret) < 40 or secret not in text


def test_command_says_what_to_do_and_fails_while_something_must_be_fixed(ledger_path, tmp_path):
    with Register(ledger_path):
        pass
    ran = CliRunner().invoke(app, ["doctor", str(ledger_path), "--bundle",
                                   str(tmp_path / "bundle.json")])
    assert ran.exit_code == 0, ran.output
    assert "0 to fix, 1 to look at" in ran.output
    assert json.loads((tmp_path / "bundle.json").read_text())["findings"]
    ran = CliRunner().invoke(app, ["doctor", str(tmp_path / "none"), "--json"])
    assert ran.exit_code == 1
    assert json.loads(ran.output)["fix"] >= 1
