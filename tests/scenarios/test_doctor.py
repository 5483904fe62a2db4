"""The doctor finds what is wrong, names what mends it, and shows no secret."""

import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.governing import OFFICES, found_network
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.model.validator import address_of, validators
from muniment.network import doctor as examiner
from muniment.network import examine_engine
from muniment.network.doctor import bundle, examine
from muniment.network.examine_engine import drift_of, findings, last_trouble, silent
from muniment.network.finding import Finding
from muniment.network.home import FOLDER, SETTINGS, VALIDATOR_KEY, VOTES, Home, Place
from muniment.network.process import Process
from muniment.node import backup, key_backup
from muniment.node.edition import Announced
from muniment.node.register import Register
from muniment.node.rotation import rotate_keys
from muniment.node.wallet import Wallet, write_private
from muniment.proof.canonical import encode
from muniment.proof.crypto import PrivateKey


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


@pytest.mark.parametrize(("name", "data", "mended"), [
    ("backup.json", b"", "backup create"), ("backup.json", b"\xff", "backup create"),
    ("trust-policy.txt", b"\xff\xfe", "of another office"),
    ("trust-policy.txt", b"", "of another office"), ("node.json", b'{"place":{}}', "your copy"),
    ("node.json", b"\xff", "your copy"), (f"{FOLDER}/{SETTINGS}", b"", "your copy")])
def test_damaged_file_that_no_other_node_has_is_named_and_never_costs_the_ledger(
        ledger_path, register, monkeypatch, name, data, mended):
    node_of(ledger_path)
    monkeypatch.setattr(examine_engine, "silent", lambda directory: Finding(
        "fix", "", str(examine_engine._interval(directory))))
    (ledger_path / name).write_bytes(data)
    told = [one for one in wrong(ledger_path) if one.mark == "fix" and name in one.what]
    assert told
    assert all(mended in one.remedy for one in told)
    assert not any("rebuild" in one.remedy for one in wrong(ledger_path))


def test_trust_policy_with_a_comment_in_any_language_is_well(ledger_path, register):
    path = ledger_path / "trust-policy.txt"
    path.write_text(path.read_text() + "# B\u00fcro\n", encoding="utf-8")
    assert fixes(ledger_path) == {}


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


# --- keys: here, and in force ----------------------------------------------------------------


def fixes(directory):
    return {one.what: one.remedy for one in wrong(directory) if one.mark == "fix"}


def only_fix(directory):
    (found,) = fixes(directory).items()
    return found


def test_missing_wallet_is_found(ledger_path, register):
    (ledger_path / "keys/XA.json").unlink()
    what, remedy = only_fix(ledger_path)
    assert "XA" in what
    assert "open-keys" in remedy


def test_office_of_a_node_may_keep_its_keys_elsewhere_unless_it_acted_here(ledger_path, register):
    node_of(ledger_path)
    (ledger_path / "keys/XA.json").unlink()
    told = {one.what: one.mark for one in wrong(ledger_path) if "keys of XA" in one.what}
    assert list(told.values()) == ["warn"]
    (ledger_path / "vault.db").touch()
    assert any("keys of XA" in what for what in fixes(ledger_path))


def test_wallet_that_is_not_in_force_is_found(ledger_path, register):
    Wallet.generate("XA").save(ledger_path / "keys/XA.json")
    what, remedy = only_fix(ledger_path)
    assert "not the key set of XA in force" in what
    assert "open-keys" in remedy
    assert "rm -r NEW" in remedy  # it holds every private key


def test_rotation_that_was_taken_late_is_found_and_mended_by_its_remedy(ledger_path, register):
    old = (ledger_path / "keys/XA.json").read_bytes()
    rotate_keys(register)
    (ledger_path / "keys/XA.json").rename(ledger_path / "keys/XA.rotated")
    write_private(ledger_path / "keys/XA.json", old)
    register.ledger.close()
    _, remedy = only_fix(ledger_path)
    assert remedy == f"muniment keys rotate --ledger {ledger_path} --as XA"
    assert CliRunner().invoke(app, remedy.split()[1:]).exit_code == 0
    assert fixes(ledger_path) == {}


def test_rotation_that_was_begun_is_told(ledger_path, register):
    register.wallet().rotated().save(ledger_path / "keys/XA.rotated")
    assert any("begun" in one.what for one in wrong(ledger_path) if one.mark == "warn")


def test_missing_or_foreign_log_key_is_found_and_mended_by_rotating_it(ledger_path, register):
    register.ledger.close()
    path = ledger_path / "keys/log.key"
    path.unlink()
    assert "log key" in only_fix(ledger_path)[0]
    write_private(path, encode(PrivateKey.generate("Ed25519").jwk()))
    what, remedy = only_fix(ledger_path)
    assert "not the one in force" in what
    command = remedy.split("or else: muniment ")[1]
    assert CliRunner().invoke(app, command.split()).exit_code == 0
    assert fixes(ledger_path) == {}


def node_of(ledger_path, office="XA"):
    """Make a directory look like a node whose engine does not run; return its home."""
    place = {"host": "127.0.0.1", "p2p_port": 1, "rpc_port": 1}
    write_private(ledger_path / "node.json",
                  json.dumps({"line": "0.38", "office": office, "place": place}).encode())
    home = Home(ledger_path / FOLDER)
    home.make_keys()
    home.configure(name=office, place=Place("127.0.0.1", 1, 1), application="unix:///none")
    return home


@pytest.mark.parametrize("name", [VALIDATOR_KEY, VOTES, "config/node_key.json"])
def test_missing_key_or_record_of_an_engine_is_found(ledger_path, register, name):
    home = node_of(ledger_path)
    assert not any(name in what for what in fixes(ledger_path))
    (home.path / name).unlink()
    assert any(name in what and remedy for what, remedy in fixes(ledger_path).items())


def test_engine_key_that_its_office_did_not_enrol_is_found(ledger_path, register):
    found_network(register)
    node_of(ledger_path)
    assert any("not the one that XA enrolled" in what for what in fixes(ledger_path))


def test_keys_of_an_engine_that_others_may_read_are_named_in_the_remedy(ledger_path, register):
    home = node_of(ledger_path)
    (home.path / VALIDATOR_KEY).chmod(0o644)
    remedy = next(remedy for what, remedy in fixes(ledger_path).items() if "may read" in what)
    assert remedy == f"chmod go-rwx {home.path / VALIDATOR_KEY}"


def test_observer_that_never_had_keys_is_not_told_to_restore_them(ledger_path, register):
    node_of(ledger_path, "observer")
    for path in (ledger_path / "keys").iterdir():
        path.unlink()
    told = {one.what: one for one in wrong(ledger_path)}
    (one,) = (one for what, one in told.items() if "no keys" in what)
    assert one.mark == "warn"
    assert "office request" in one.remedy


# --- the ledger ------------------------------------------------------------------------------


_SPOILT = "CAST(substr(%(name)s, 1, 30) || X'ff' || substr(%(name)s, 32) AS BLOB)"


@pytest.mark.parametrize("statement", [
    f"UPDATE entry SET body = {_SPOILT % {'name': 'body'}} WHERE position = 5",
    f"UPDATE entry SET leaf = {_SPOILT % {'name': 'leaf'}} WHERE position = 5",
    f"UPDATE page SET body = {_SPOILT % {'name': 'body'}}",
    "DELETE FROM entry WHERE position = 7",
])
def test_damaged_bytes_are_found(ledger_path, register, statement):
    assert any("all" in one.what and "hash" in one.what for one in examine(ledger_path))
    register.ledger.close()
    with closing(sqlite3.connect(ledger_path / "ledger.db")) as database:
        database.execute(statement)
        database.commit()
    assert "muniment backup restore FILE NEW" in fixes(ledger_path).values()


def test_folder_of_a_network_names_its_nodes(tmp_path):
    for name in ("xa", "xb"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "node.json").write_text("{}")
    what, remedy = only_fix(tmp_path)
    assert "xa, xb" in what
    assert remedy == f"muniment doctor {tmp_path / 'xa'}"


def test_full_disk_has_a_remedy(ledger_path, register, monkeypatch):
    def full(_directory):
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setattr(examiner, "EXAMINATIONS", (full,))
    assert "make room" in only_fix(ledger_path)[1]


@pytest.mark.parametrize(("enough", "carried", "said"), [
    (True, False, "here the node would stop"), (False, True, "it would lapse")])
def test_announced_edition_is_told(ledger_path, register, monkeypatch, enough, carried, said):
    coming = Announced("2027", 99, 3, 4, enough, carried)
    monkeypatch.setattr(examiner, "announced", lambda state: coming)
    (found,) = [one for one in examine(ledger_path) if "2027" in one.what]
    assert found.mark == "warn" if carried else "fix"
    assert said in found.what
    assert "begins at block 99" in found.what
    assert "3 of 4 power" in found.what
    assert "muniment validator confirm 2027" in found.remedy


# --- the engine ------------------------------------------------------------------------------


def told(ledger_path, register, *, age=1, peers=3, drift=0.0, votes=True, catching_up=False,
         power=1, rows=None, silent=()):
    """What the engine of XA tells, in a network of four validators of equal power."""
    found_network(register)
    node_of(ledger_path)
    known = validators(register.ledger.state) if rows is None else rows
    others = [known[office].node for office in known if office != "XA"]
    at = datetime.fromtimestamp(time.time() - age, UTC).strftime("%Y-%m-%dT%H:%M:%S.5Z")
    status = {
        "sync_info": {"catching_up": catching_up, "latest_block_height": "23",
                      "latest_block_time": at},
        "validator_info": {"address": "XA", "voting_power": str(power)},
    }
    heard = frozenset(address_of(one.key).upper()[:12] for office, one in known.items()
                      if rows is None and office not in silent)
    return examine_engine.Told(
        ledger_path, status, frozenset(others[:peers]), known, drift, votes, heard)


def engine_finds(made):
    return [one for one in findings(made) if one.mark != "ok"]


def test_engine_of_a_network_that_goes_on_is_well(ledger_path, register):
    assert len(OFFICES) == 4
    assert engine_finds(told(ledger_path, register)) == []


def test_network_that_stands_still_is_found_and_says_who_is_silent(ledger_path, register):
    """Also if the silent ones are still connected, as a node is that was halted."""
    (found,) = engine_finds(told(ledger_path, register, age=67, silent=("XC", "XD")))
    assert found.mark == "fix"
    assert "no block for 67 s" in found.what
    assert "not heard of XC, XD, with a power of 2 of 4" in found.what


def test_votes_are_read_as_the_engine_shows_them():
    shown = ["nil-Vote", "Vote{1:19713BCA53CF 20/00/SIGNED_MSG_TYPE_PREVOTE(Prevote) E55080276234 "
             "F97C365F3056 000000000000 @ 2026-11-26T05:46:07.493009099Z}"]
    rpc = SimpleNamespace(call=lambda method: {"round_state": {"height_vote_set": [
        {"round": 0, "prevotes": shown, "precommits": ["nil-Vote"]}]}})
    assert examine_engine.heard_by(rpc) == {"19713BCA53CF"}


def test_engine_that_gave_up_is_quoted_and_its_clock_is_named(ledger_path, register):
    """Its clock is far behind: it holds the others' blocks to be of the future, and stands."""
    made = told(ledger_path, register, age=67)
    (found,) = engine_finds(made)
    assert "said last: nothing" in found.what
    (ledger_path / "logs").mkdir()
    (ledger_path / "logs/engine.log").write_text(json.dumps({
        "_msg": "CONSENSUS FAILURE!!!", "err": "block time is too far in the future",
        "level": "error"}))
    (found,) = engine_finds(made)
    assert "CONSENSUS FAILURE" in found.what
    assert found.remedy.startswith("set the clock")


def test_node_without_peers_is_not_called_abreast(ledger_path, register):
    found = engine_finds(told(ledger_path, register, peers=0))
    assert [one.mark for one in found] == ["fix", "warn"]
    assert "nobody to compare it with" in found[1].what


def test_only_validator_of_a_network_needs_no_peer(ledger_path, register):
    rows = {"XA": SimpleNamespace(node="a" * 40, power=1, seated=1)}
    assert engine_finds(told(ledger_path, register, peers=0, rows=rows)) == []


@pytest.mark.parametrize("drift", [300.0, 90_000.0, -10.0])
def test_wrong_clock_of_an_engine_shows_in_its_votes(ledger_path, register, drift):
    (found,) = engine_finds(told(ledger_path, register, drift=drift))
    assert found.mark == "fix"
    assert f"{abs(drift):.0f} s" in found.what


def test_drift_is_of_this_vote_against_the_others():
    def vote(address, second, flag=2):
        return {"block_id_flag": flag, "timestamp": f"2026-11-26T05:00:{second:02}.123Z",
                "validator_address": address}

    assert drift_of([vote("A", 40), vote("B", 10), vote("C", 12), vote("D", 11)], "A") == 29
    assert drift_of([vote("A", 40, flag=1), vote("B", 10)], "A") is None
    assert drift_of([vote("A", 40)], "A") == 0


def test_validator_whose_votes_are_not_heard_is_told(ledger_path, register):
    (found,) = engine_finds(told(ledger_path, register, votes=False))
    assert "none of the last" in found.what


def test_engine_that_ends_again_and_again_is_quoted(ledger_path, tmp_path):
    log = tmp_path / "engine.log"
    start = '{"_msg":"service start","impl":"multiAppConn","level":"info"}\n'
    ended = '{"_msg":"Error stopping pool","err":"already stopped","level":"error"}\n'
    panic = "panic: state.AppHash does not match\n\t01, expected 6A.\n\ngoroutine 1:\n"
    log.write_text(start + panic + start + ended)
    assert last_trouble(log) == ""
    log.write_text(start + ended + start + panic)
    assert last_trouble(log) == "panic: state.AppHash does not match 01, expected 6A."
    log.write_text(start + '{"_msg":"dial","err":"refused","level":"error"}\n' + ended)
    assert last_trouble(log) == "dial: refused"


def test_node_that_does_not_run_is_started_not_run_again_in_a_loop(ledger_path, register):
    node_of(ledger_path)
    found = silent(ledger_path)
    assert found.remedy.startswith(f"muniment node start {ledger_path}")
    with Process(ledger_path, "supervisor").kept_out():  # the lock of one that is out of sight
        found = silent(ledger_path)
    assert "another container" in found.what
    assert "node start" not in found.remedy


def test_observer_is_told_what_lets_it_take_part(ledger_path, register):
    """An office with keys here enrols the node; without, it first asks the members to take it."""
    made = told(ledger_path, register, power=0)._replace(rows={})
    (found,) = [one for one in findings(made) if "observes" in one.what]
    assert found.remedy.startswith(f"muniment validator enrol {ledger_path}")
    (ledger_path / "keys/XA.json").unlink()
    (found,) = [one for one in findings(made) if "observes" in one.what]
    assert "muniment office request" in found.remedy
