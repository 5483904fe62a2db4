"""A network on this machine is founded, broken in every way, mended, stopped and started again."""

import json
import os
import signal
import time
from datetime import datetime

import pytest
from tests.network.cluster import wait_until
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.network import install, skew
from muniment.network.cluster import Cluster
from muniment.network.home import Place
from muniment.network.ledger import DecidedLedger
from muniment.network.links import Namespaces
from muniment.network.node import Node, Plan
from muniment.network.remote_ledger import RemoteLedger
from muniment.node.register import Register
from muniment.operations.file_application import FileApplication
from muniment.proof.errors import AlreadyThere, Busy, LedgerError, Malformed, NotFound, Refused
from muniment.storage.decided import DecidedStorage


def wait_for(condition, what):
    wait_until(condition, seconds=60, what=what)


class Filing:
    """Files applications of XA at any node, and knows what was acknowledged."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.acknowledged = 0

    def file(self, office):
        """Submit one envelope, and return only when a block holds it; return its height."""
        home = self.cluster.nodes["XA"].folder
        ledger = RemoteLedger(self.cluster.nodes[office].plan().place.url, home)
        with Register(home, "XA", ledger=ledger) as register:
            receipt = register.act(FileApplication(
                date="2026-01-05", number=f"2026/{self.acknowledged + 1:06}", office="XA",
                right="patent"))
        self.acknowledged += 1
        return receipt.height


def heights(cluster):
    return {row.office: row.height for row in cluster.status()}


def agree_at(cluster, height):
    """All four stand at a height or above, and bear one hash for it."""
    def hashes():
        found = [node.rpc().call("block", height=height + 1)["block"]["header"]["app_hash"]
                 for node in cluster.nodes.values()]
        return len(found) == len(cluster.nodes) and len(set(found)) == 1

    wait_for(hashes, f"one app hash of height {height} at every node: {cluster.status()}")


@pytest.fixture(scope="module")
def cluster(cometbft, tmp_path_factory):
    made = Cluster.make(tmp_path_factory.mktemp("net") / "net", 4)
    try:
        made.up()
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def filing(cluster):
    return Filing(cluster)


def settled(cluster):
    wait_for(lambda: all(row.state == "running" and row.peers == 3 for row in cluster.status()),
             f"every node to run: {cluster.status()}")


def test_it_runs_and_every_node_has_power_and_signs(cluster, filing):
    height = filing.file("XB")
    agree_at(cluster, height)
    settled(cluster)
    rows = cluster.status()
    assert [row.office for row in rows] == ["XA", "XB", "XC", "XD"]
    assert all(row.power == 1 for row in rows)
    assert cluster.agree(rows)
    told = CliRunner().invoke(app, ["network", "status", str(cluster.folder), "--json"])
    assert told.exit_code == 0
    assert [row["state"] for row in json.loads(told.stdout)] == ["running"] * 4


def test_a_plain_claim_between_its_offices_is_in_order(cluster, filing):
    """The ledger has the periods, calendars and formats that a check needs."""
    filing.file("XA")
    node = cluster.nodes["XB"]
    told = CliRunner().invoke(app, [
        "priority", "check", "XB/patent/2026-00077", "--filed", "2027-01-05", "--json", "--claim",
        "XA/patent/2026/000001@2026-01-05", "--node", node.plan().place.url, "--ledger",
        str(node.folder)])
    assert told.exit_code == 0, told.output
    claim = json.loads(told.stdout)["claims"][0]
    found = {name: check["result"] for name, check in claim["checks"].items()}
    assert [found[name] for name in ("P01", "P02", "P03", "P04", "P05", "P06", "P07")] == [
        "WELL_FORMED", "OFFICE_ATTESTED", "EQUAL", "PARIS", "PERIOD", "IN_TIME", "LATER"]
    assert claim["excluded_by"] == []


def test_a_member_sees_the_others_from_its_own_node(cluster, filing):
    filing.file("XA")
    settled(cluster)
    node = cluster.nodes["XC"]
    for words in ([str(node.folder)], ["--node", node.plan().place.url]):
        told = CliRunner().invoke(app, ["network", "status", *words, "--json"])
        assert told.exit_code == 0, told.output
        roll = json.loads(told.stdout)
        assert [(one["office"], one["power"], one["is_connected"]) for one in roll["voters"]] == [
            (office, 1, True) for office in ("XA", "XB", "XC", "XD")]
        assert (roll["voted"], roll["total"], roll["well"]) == (4, 4, True)
    shown = CliRunner().invoke(app, ["network", "status", str(node.folder)]).stdout
    assert max(map(len, shown.splitlines())) <= 80
    whole = CliRunner().invoke(app, ["network", "status", str(cluster.folder)]).stdout
    assert max(map(len, whole.splitlines())) <= 80


def test_a_network_that_is_there_is_not_said_to_have_other_offices(cluster):
    told = CliRunner().invoke(app, ["network", "up", "--offices", "7", str(cluster.folder),
                                    "--json"])
    assert told.exit_code == 2
    assert json.loads(told.stdout)["error"] == "offices-differ"


@pytest.mark.parametrize(("file", "advice"), [
    ("node.json", "network status"), ("ledger.db", "network promote"), ("x", "another directory")])
def test_no_network_is_founded_over_what_is_there(cometbft, tmp_path, file, advice):
    (tmp_path / file).touch()
    told = CliRunner().invoke(app, ["network", "up", str(tmp_path), "--json"])
    error = json.loads(told.stdout.splitlines()[-1])
    assert error["error"] == "directory-not-empty"
    assert advice in error["remedy"]


@pytest.mark.parametrize(("how", "office", "state"), [
    ("kill", "XD", "stopped"), ("pause", "XC", "paused"), ("cut", "XB", "cut off"),
    ("skew", "XD", "clock +300 s"),
])
def test_a_broken_node_is_missed_by_nobody_and_comes_back(cluster, filing, how, office, state):
    if how == "skew":
        need_skew()
    settled(cluster)
    cluster.break_(office, how)
    try:
        wait_for(lambda: next(row for row in cluster.status() if row.office == office).state ==
                 state, f"{office} to be {state}: {cluster.status()}")
        assert not cluster.agree(cluster.status())
        first = filing.file("XA")
        last = filing.file("XA")
        assert last > first
        time_of = node_time(cluster, "XA", last)
        assert abs(time.time() - time_of) < 60  # the median of votes, not the one that is wrong
        if how == "cut":
            assert heights(cluster)[office] < last
    finally:
        assert cluster.heal() == [office]
    row = next(row for row in cluster.status() if row.office == office)
    assert row.state == "running"  # whoever mends waits until it is
    assert row.peers > 0
    settled(cluster)
    agree_at(cluster, last)
    assert filing.file(office) > last


def test_each_office_files_with_its_own_keys_through_its_own_node(cluster, filing):
    settled(cluster)
    node = cluster.nodes["XB"]
    at_home = ["--node", node.plan().place.url, "--ledger", str(node.folder), "--json"]
    told = CliRunner().invoke(app, ["filing", "submit", "2026-00042", "--date", "2026-01-05", "--as",
                                    "XB", "--office", "XB", "--title", "A lamp", *at_home])
    assert told.exit_code == 0, told.output
    position = json.loads(told.stdout)["position"]
    other = cluster.nodes["XC"]
    shown = CliRunner().invoke(app, ["filing", "show", "XB/patent/2026-00042", "--json", "--node",
                                     other.plan().place.url, "--ledger", str(other.folder)])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["entry"]["entry"] == position


def node_time(cluster, office, height):
    """Return the time of a block, in UTC seconds."""
    header = cluster.nodes[office].rpc().call("block", height=height)["block"]["header"]
    return datetime.fromisoformat(header["time"][:19] + "+00:00").timestamp()


def test_a_clock_before_the_beginning_waits_and_is_set_right(cluster, filing):
    need_skew()
    settled(cluster)
    cluster.break_("XB", "skew", seconds=-36_000)
    wait_for(lambda: "sleeping" in cluster.nodes["XB"].engine.tail().lower() or
             "CONSENSUS FAILURE" in cluster.nodes["XB"].engine.tail(), "it to wait")
    last = filing.file("XA")
    assert cluster.heal("XB") == ["XB"]
    settled(cluster)
    agree_at(cluster, last)


def need_skew():
    try:
        skew.find_skewed()
    except NotFound:
        reason = "the engine to skew is not built: muniment engine install --with-skew"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.parametrize("name", ["engine", "application"])
def test_the_supervisor_starts_again_what_was_killed(cluster, filing, name):
    settled(cluster)
    node = cluster.nodes["XC"]
    before = getattr(node, name).pid()
    os.kill(before, signal.SIGKILL)
    last = filing.file("XA")
    wait_for(lambda: getattr(node, name).pid() not in {None, before}, f"a new {name}")
    settled(cluster)
    agree_at(cluster, last)


def test_nothing_is_healed_where_nothing_is_broken(cluster):
    settled(cluster)
    assert cluster.heal() == []


def test_what_cannot_be_broken_is_said_so(cluster):
    with pytest.raises(NotFound, match="office-not-here"):
        cluster.break_("XX", "kill")
    with pytest.raises(NotFound, match="no-such-break"):
        cluster.break_("XA", "hex")


def test_stopped_and_started_it_stands_where_it_stood(cluster, filing):
    last = filing.file("XD")
    agree_at(cluster, last)
    cluster.down()
    assert {row.state for row in cluster.status()} == {"stopped"}
    assert not any(node.runs() for node in cluster.nodes.values())
    with pytest.raises(Refused, match="node-not-running"):
        cluster.break_("XA", "kill")
    for node in cluster.nodes.values():  # nothing acknowledged was lost, anywhere
        with DecidedLedger(DecidedStorage(node.folder)) as ledger:
            assert len(list(ledger.tree.scan(b"application/XA/"))) == filing.acknowledged
    cluster.up()
    assert filing.file("XA") > last


def test_in_namespaces_a_node_is_cut_off_and_comes_back(cometbft, tmp_path):
    links = Namespaces(tmp_path / "net", 4)
    try:
        links.up()
    except LedgerError as error:
        if os.environ.get("CI") and os.getuid() == 0:
            raise
        pytest.skip(f"network namespaces are not permitted here: {error.detail}")
    links.down()
    network = Cluster.make(tmp_path / "net", 4, links="namespaces")
    try:
        network.up()
        filing = Filing(network)
        settled(network)
        network.break_("XB", "cut")
        last = filing.file("XA")
        last = filing.file("XA")
        row = next(row for row in network.status() if row.office == "XB")
        assert row.state == "cut off"
        assert row.height < last
        assert network.heal() == ["XB"]
        agree_at(network, last)
    finally:
        network.down()


def test_one_directory_holds_one_network_and_a_failed_founding_leaves_nothing(
        cometbft, tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(AlreadyThere, match="directory-not-empty"):
        Cluster.make(tmp_path / "full", 4)
    for offices, links in ((0, "relays"), (99, "relays"), (4, "string")):
        with pytest.raises(Malformed):
            Cluster.make(tmp_path / "new", offices, links=links)
    monkeypatch.setattr("muniment.network.fiction.promote", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Cluster.make(tmp_path / "new", 2)
    assert not (tmp_path / "new").exists()


def test_without_an_engine_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.setenv("MUNIMENT_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr(install.shutil, "which", lambda _: None)
    told = CliRunner().invoke(app, ["network", "up", str(tmp_path / "new"), "--json"])
    assert told.exit_code == 3
    assert json.loads(told.stdout)["remedy"] == "muniment engine install --line 0.38"
    assert not (tmp_path / "new").exists()


def test_a_node_that_cannot_serve_says_why(cometbft, tmp_path):
    node = Node(tmp_path / "xa")
    node.folder.mkdir()
    node.write_plan(Plan("XA", Place("127.0.0.1", 1, 2)))
    node.start()
    try:
        with pytest.raises(Busy, match="again and again.*genesis") as raised:
            node.await_ready()
        assert "muniment doctor" in raised.value.remedy
    finally:
        node.stop()
    assert not node.runs()


def test_a_path_too_long_for_a_socket_gets_another(tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    address = Node(folder).address()
    assert len(address) < 108
    assert address == Node(folder).address()
    assert address != Node(tmp_path).address()
