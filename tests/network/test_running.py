"""One supervisor runs a node, wherever its folder lies; what is no node is never run."""

import errno
import json
import subprocess
import sys
import tomllib

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.network.home import SETTINGS, Place
from muniment.network.node import SUPERVISOR, Node, Plan, Supervisor
from muniment.network.process import Process
from muniment.proof.errors import Busy

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
ADOPT = [sys.executable, "-c", """
import sys, time
from pathlib import Path
from muniment.network.process import Process
one = Process(Path(sys.argv[1]), "supervisor")
one.adopt()
print("begun", flush=True)
time.sleep(60)
"""]
PLACE = Place("127.0.0.1", 1, 2)


@pytest.fixture
def node(tmp_path):
    made = Node(tmp_path / "xa")
    made.folder.mkdir()
    made.home.make_keys()
    made.home.configure(name="XA", place=PLACE, application=made.address())
    made.write_plan(Plan("XA", PLACE))
    return made


def command(*words):
    return subprocess.run([sys.executable, "-m", "muniment.cli.main", *map(str, words)],
                          capture_output=True, text=True, timeout=20, check=False)


def test_a_node_that_runs_is_not_run_a_second_time(cometbft, node):
    node.supervisor.start(SLEEP)
    try:
        before = node.supervisor.file.read_text()
        ran = command("network", "run", node.folder)
        assert ran.returncode == 5
        assert "already-running" in ran.stderr
        assert f"muniment node stop {node.folder}" in ran.stderr
        assert node.supervisor.file.read_text() == before
        with pytest.raises(Busy, match="already-running"):
            node.start()
    finally:
        node.supervisor.kill()


def test_one_whose_id_another_container_does_not_know_is_seen_by_its_lock(node):
    running = subprocess.Popen([*ADOPT, str(node.folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout.readline() == "begun\n"
        elsewhere = {"began": "another machine's", "command": [], "pid": running.pid}
        node.supervisor.file.write_text(json.dumps(elsewhere))
        again = Process(node.folder, SUPERVISOR)
        assert again.pid() is None
        with pytest.raises(Busy, match="already-running"):
            again.adopt()
        with pytest.raises(Busy, match="already-running"):
            again.start(SLEEP)
        assert json.loads(node.supervisor.file.read_text()) == elsewhere
        assert node.runs()
    finally:
        running.kill()
        running.wait()
    again.adopt()
    assert again.pid() is not None


def test_full_disk_ends_no_supervisor(node, monkeypatch):
    monkeypatch.setattr("muniment.network.node.find", lambda _: None)
    monkeypatch.setattr("muniment.network.node._LOOK_SECONDS", 0.01)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    supervisor = Supervisor(node)
    looked = []

    def look():
        looked.append(1)
        if len(looked) == 3:
            supervisor._stop.set()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(supervisor, "_look", look)
    supervisor.run()
    assert len(looked) == 3


@pytest.mark.parametrize("words", [("network", "run"), ("network", "serve")])
def test_a_folder_that_is_no_node_ends_the_command_and_stays_as_it_was(cometbft, tmp_path, words):
    for folder in (tmp_path / "nowhere", tmp_path / "empty"):
        if folder.name == "empty":
            folder.mkdir()
        ran = command(*words, folder)
        assert ran.returncode == 3
        assert "node-not-found" in ran.stderr
        assert not list(folder.glob("*"))
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_of_a_whole_network_says_which_node_to_name(cometbft, node):
    ran = command("network", "run", node.folder.parent)
    assert str(node.folder) in ran.stderr


def test_an_engine_dials_its_application_where_the_folder_is_now(node, monkeypatch):
    """A path of the folder that was would be dialled for ever, and nothing would say so."""
    monkeypatch.setattr("muniment.network.node.find", lambda _: type("Found", (), {
        "path": sys.executable}))
    moved = Node(node.folder.rename(node.folder.with_name("elsewhere")))
    before = (moved.home.path / SETTINGS).read_text()
    moved.start_engine()
    try:
        text = (moved.home.path / SETTINGS).read_text()
        assert tomllib.loads(text)["proxy_app"] == f"unix://{moved.folder}/app.sock"
        differing = [line for line in text.splitlines() if line not in before.splitlines()]
        assert len(differing) == 1
    finally:
        moved.engine.kill()


def test_two_that_are_started_at_once_are_one(node):
    """Both look before either is noted, unless only one at a time may look and begin."""
    starters = [subprocess.Popen([sys.executable, "-c", f"""
import sys
from pathlib import Path
from muniment.network.process import Process
from muniment.proof.errors import Busy
try:
    Process(Path(sys.argv[1]), "supervisor").start({SLEEP!r})
except Busy:
    print("refused")
""", str(node.folder)], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    said = [one.communicate(timeout=30)[0] for one in starters]
    try:
        assert sorted(said) == ["", *["refused\n"] * 5]
    finally:
        node.supervisor.kill()


def test_figures_and_what_is_kept_are_named_where_a_node_is_run(node, monkeypatch):
    """A service manager runs one command; what it names goes before what `node keep` wrote."""
    given = {}
    monkeypatch.setattr("muniment.network.node.run", lambda folder, options: given.update(options))
    ran = CliRunner().invoke(app, ["network", "run", str(node.folder), "--metrics",
                                   "127.0.0.1:9464", "--keep-blocks", "7", "--snapshot-every",
                                   "50"])
    assert ran.exit_code == 0, ran.output
    node.write_plan(node.plan().with_option("--keep-blocks", "9").with_option("--keep-days", "3"))
    started = []
    monkeypatch.setattr(node.application, "start", started.extend)
    monkeypatch.setattr(node, "_await", lambda *_: None)
    node.start_application(given)
    words = dict(zip(started, started[1:], strict=False))
    assert {name: words[name] for name in words if name.startswith("--")} == {
        "--address": node.address(), "--keep-days": "3", "--metrics": "127.0.0.1:9464",
        "--keep-blocks": "7", "--snapshot-every": "50", "--engine": PLACE.url}
    assert started.count("--keep-blocks") == 1


def test_status_of_a_node_that_does_not_answer_says_what_to_do_next(node):
    """Not to ask for the status: that is what was asked."""
    words = ["network", "status", str(node.folder), "--json"]
    told = json.loads(CliRunner().invoke(app, words).stdout)
    assert (told["error"], f"node start {node.folder}" in told["remedy"]) == (
        "node-not-running", True)
    node.supervisor.start(SLEEP)
    try:
        node.engine.log.write_text("panic: no room\n\ngoroutine 1\n")
        told = json.loads(CliRunner().invoke(app, words).stdout)
        assert told["error"] == "node-not-ready"
        assert "panic: no room" in told["detail"]
        assert "doctor" in told["remedy"]
    finally:
        node.supervisor.kill()
