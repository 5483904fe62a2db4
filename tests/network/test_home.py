"""The engine reads its home as we meant it; keys and votes are never made twice."""

import json
import os
import subprocess
import tempfile
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.network.home import GENESIS, PROFILES, SETTINGS, VALIDATOR_KEY, VOTES, Home, Place
from muniment.network.node import Node, Plan
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import Malformed, NotFound, Refused

PLACE = Place("127.0.0.1", 26656, 26657)


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "engine")
    made.make_keys()
    return made


def say(binary, home, command):
    return subprocess.run([binary, command, "--home", str(home.path)], capture_output=True,
                          text=True, check=True).stdout


def test_the_engine_reads_our_keys_as_we_do(cometbft, home):
    assert say(cometbft, home, "show-node-id").strip() == home.node_id()
    import base64
    public = base64.b64encode(home.validator_key().public.raw()).decode()
    assert f'"{public}"' in say(cometbft, home, "show-validator")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_setting_is_one_of_the_engines(cometbft, home, tmp_path, profile):
    subprocess.run([cometbft, "init", "--home", str(tmp_path / "theirs")], check=True,
                   capture_output=True)
    theirs = tomllib.loads((tmp_path / "theirs" / SETTINGS).read_text())
    home.configure(name="XA", place=PLACE, application="unix:///a.sock", profile=profile,
                   peers=["0" * 40 + "@127.0.0.1:1"])
    ours = tomllib.loads((home.path / SETTINGS).read_text())
    for section, values in ours.items():
        known = theirs.get(section) if isinstance(values, dict) else theirs
        for name, value in (values if isinstance(values, dict) else {section: values}).items():
            assert name in known, f"{section}.{name}"
            assert type(known[name]) is type(value), f"{section}.{name}"


def test_the_rpc_stays_on_this_machine_wherever_peers_are_awaited(home):
    for place, peers, asked in (
            (Place("0.0.0.0", 1, 2), "0.0.0.0:1", "127.0.0.1:2"),
            (Place("203.0.113.5", 1, 2), "203.0.113.5:1", "127.0.0.1:2"),
            (Place("203.0.113.5", 1, 2, "0.0.0.0"), "203.0.113.5:1", "0.0.0.0:2")):
        home.configure(name="XA", place=place, application="unix:///a.sock")
        read = tomllib.loads((home.path / SETTINGS).read_text())
        assert read["p2p"]["laddr"] == f"tcp://{peers}"
        assert read["rpc"]["laddr"] == f"tcp://{asked}"
        assert place.url == "http://127.0.0.1:2"


def test_plan_of_older_code_is_asked_where_its_engine_listens(tmp_path):
    node = Node(tmp_path)
    node.write_plan(Plan("XA", Place("203.0.113.5", 1, 2, "203.0.113.5")))
    assert node.plan().place.url == "http://203.0.113.5:2"
    plain = json.loads((tmp_path / "node.json").read_text())
    del plain["place"]["rpc_host"]
    (tmp_path / "node.json").write_text(json.dumps(plain))
    assert node.plan().place.url == "http://203.0.113.5:2"


@pytest.mark.parametrize(("place", "more", "error"), [
    (Place("203.0.113.5", 1, 2), (), "invitation-without-rpc"),
    (Place("0.0.0.0", 1, 2), ("--rpc", "http://node.example"), "invitation-without-host")])
def test_invitation_that_nobody_elsewhere_could_use_is_refused(tmp_path, place, more, error):
    Node(tmp_path).write_plan(Plan("XA", place))
    ran = CliRunner().invoke(app, ["network", "invite", str(tmp_path), "--out",
                                   str(tmp_path / "out"), "--json", *more])
    assert ran.exit_code == 2
    assert json.loads(ran.output.splitlines()[-1])["error"] == error


@pytest.mark.parametrize("trap", ["loose", "link", "another's"])
def test_socket_folder_that_another_could_enter_is_never_used(tmp_path, monkeypatch, trap):
    """Whoever owns the folder could answer to the engine in the ledger's place."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    node = Node(tmp_path / ("d" * 110))
    folder = Path(node.address().removeprefix("unix://")).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    if trap == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder.mkdir()
        folder.chmod(0o777 if trap == "loose" else 0o700)
    if trap == "another's":
        own = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: own + 1)
        folder.rename(folder.with_name(folder.name.replace(f"-{own}-", f"-{own + 1}-")))
    with pytest.raises(Refused, match="socket-folder-not-ours"):
        node.address()


def test_a_setting_of_ours_is_written_with_its_reason(home):
    home.configure(name='odd "name" \\', place=PLACE, application="unix:///a.sock",
                   settings={"statesync": {"enable": (True, "a fresh node")},
                             "mempool": {"recheck": (True, "to see what happens")}})
    text = (home.path / SETTINGS).read_text()
    read = tomllib.loads(text)
    assert read["moniker"] == 'odd "name" \\'
    assert read["statesync"] == {"enable": True}
    assert read["mempool"]["recheck"] is True
    assert "enable = true  # a fresh node" in text
    assert read["rpc"]["laddr"].startswith("tcp://127.0.0.1:")


def test_keys_are_made_once_and_only_their_owner_reads_them(home):
    before = home.validator_key().jwk(), home.node_id()
    home.make_keys(validator=PrivateKey.generate("Ed25519"))
    assert (home.validator_key().jwk(), home.node_id()) == before
    assert (home.path / VALIDATOR_KEY).stat().st_mode & 0o77 == 0


def test_a_key_whose_votes_are_lost_gets_no_empty_record(home):
    """An empty record would let it vote at heights where it voted before."""
    (home.path / VOTES).unlink()
    home.make_keys()
    assert not (home.path / VOTES).exists()


def test_a_record_of_votes_that_is_there_stays(tmp_path):
    home = Home(tmp_path)
    home.make_keys()
    (home.path / VALIDATOR_KEY).unlink()
    (home.path / VOTES).write_text('{"height": "7", "round": 0, "step": 3}')
    home.make_keys()
    assert '"7"' in (home.path / VOTES).read_text()


def test_given_keys_are_those_that_are_written(tmp_path):
    key = PrivateKey.generate("Ed25519")
    home = Home(tmp_path)
    home.make_keys(validator=key)
    assert home.validator_key().jwk() == key.jwk()


def test_a_damaged_key_is_said_to_be_one(home):
    (home.path / VALIDATOR_KEY).write_text('{"priv_key": {"value": "AAAA"}}')
    with pytest.raises(Malformed, match="engine-key-malformed"):
        home.validator_key()
    (home.path / VALIDATOR_KEY).unlink()
    with pytest.raises(NotFound):
        home.validator_key()


def test_genesis_is_written_as_given(home):
    home.write_genesis({"chain_id": "muniment-0"})
    assert "muniment-0" in (home.path / GENESIS).read_text()
