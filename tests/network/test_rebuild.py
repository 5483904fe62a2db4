"""A damaged node is made anew in its place by one command, and its key signs no height twice."""

import fcntl
import json
import time
import tomllib
from types import SimpleNamespace

import pytest
from tests.network.conftest import LINE
from tests.network.test_joining import run
from tests.network.test_local_network import Filing, agree_at, wait_for

from muniment.network import rebuild as rebuilding
from muniment.network import trusted_header
from muniment.network.cluster import Cluster
from muniment.network.home import GENESIS, SETTINGS, VALIDATOR_KEY, VOTES, Home, Place
from muniment.network.kept_blocks import FOLDER
from muniment.network.node import Node, Plan
from muniment.network.rebuild import DAMAGED, own_trust
from muniment.node.promotion import EVIDENCE_SECONDS
from muniment.node.solo import POLICY_FILE
from muniment.proof.errors import Busy, Malformed, NotFound, OutOfTurn, Refused, VerificationError
from muniment.storage.sqlite import FILE_NAME, SqliteStorage, writing

DIGEST = bytes(range(32))
POLICY = f"""muniment/trust-policy/v1
register.test.example/bd35ba9816a4798c 0 - commit muniment-bd35ba9816a4798c 8 {DIGEST.hex().upper()} 1814400
"""
SOURCES = ["http://127.0.0.1:1", "http://127.0.0.1:2"]


def rebuild(node, sources, **options):
    return rebuilding.rebuild(node, sources, own_trust(node), **options)


class Header:
    """What another node answers for the trusted height."""

    def __init__(self, digest=DIGEST, age=60):
        self.digest = lambda: digest
        self.time = (int(time.time()) - age, 0)
        self.hashes = {"validators_hash": DIGEST, "next_validators_hash": DIGEST}


@pytest.fixture
def node(tmp_path, monkeypatch):
    """A node's directory with a ledger, snapshots, an engine's blocks and a vote."""
    made = Node(tmp_path / "xa")
    made.home.make_keys()
    made.home.configure(name="XA", place=Place("127.0.0.1", 1, 2), application=made.address(),
                        peers=["a@b:1"])
    made.home.write_genesis({"chain_id": "muniment-bd35ba9816a4798c"})
    made.write_plan(Plan("XA", Place("127.0.0.1", 1, 2),
                         serve=("--fetch-from", "http://old", "--metrics", "127.0.0.1:9")))
    (made.folder / POLICY_FILE).write_text(POLICY)
    (made.home.path / VOTES).write_text('{"height": "9", "round": 0, "step": 3}')
    for name in (FILE_NAME, f"{FILE_NAME}-wal", "vault.db", "snapshots/7/metadata",
                 "engine/data/blockstore.db/1.log", "engine/data/cs.wal/wal"):
        path = made.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"damaged")
    answers(monkeypatch, Header())
    return made


def answers(monkeypatch, header):
    block = SimpleNamespace(header=header)
    monkeypatch.setattr(trusted_header, "read_light_block", lambda rpc, height: block)
    monkeypatch.setattr(trusted_header, "kept_heights", lambda rpc: (1, 40))


def files(node):
    return {path.relative_to(node.folder).as_posix(): path.read_bytes()
            for path in node.folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("discard", [False, True])
def test_what_only_this_node_has_stays_and_the_rest_is_kept_as_evidence(node, discard):
    before = files(node)
    assert rebuild(node, SOURCES, discard=discard) == 40
    after = files(node)
    for name in ("vault.db", POLICY_FILE, f"engine/{VALIDATOR_KEY}", f"engine/{VOTES}"):
        assert after[name] == before[name]
    gone = {name for name, data in before.items() if data == b"damaged"} - {"vault.db"}
    assert not gone & after.keys()
    kept = {name.split("/", 2)[2]: data for name, data in after.items()
            if name.startswith(f"{DAMAGED}/")}
    assert kept == ({} if discard else {name: before[name] for name in gone})


def test_the_engine_begins_at_the_header_that_the_node_trusts_and_keeps_its_settings(node):
    before = tomllib.loads((node.home.path / SETTINGS).read_text())
    for _ in range(2):  # a second disaster leaves one section, not two
        rebuild(node, SOURCES, discard=True)
    settings = tomllib.loads((node.home.path / SETTINGS).read_text())
    sync = settings.pop("statesync")
    assert settings == before
    assert (sync["enable"], sync["trust_height"], sync["trust_hash"], sync["rpc_servers"]) == (
        True, 8, DIGEST.hex().upper(), ",".join(SOURCES))
    assert node.plan().serve == ("--metrics", "127.0.0.1:9", "--fetch-from", SOURCES[0],
                                 "--fetch-from", SOURCES[1])
    rebuild(node, SOURCES[:1], discard=True)
    sync = tomllib.loads((node.home.path / SETTINGS).read_text())["statesync"]
    assert sync["rpc_servers"] == ",".join(SOURCES[:1] * 2)  # the engine takes no single one


def test_trust_is_read_whatever_language_its_comments_are_in(node):
    path = node.folder / POLICY_FILE
    path.write_text(f"{POLICY}# B\u00fcro\n", encoding="utf-8")
    assert own_trust(node).header_hash == DIGEST
    path.write_bytes(b"\xff")
    with pytest.raises(Malformed, match="trust-policy-malformed"):
        own_trust(node)


@pytest.mark.parametrize("votes", [None, "", "{}", '{"height": "x", "round": 0, "step": 0}', "[]",
                                   '{"height": "-1", "round": 0, "step": 0}'])
def test_without_the_last_vote_the_key_must_not_vote_again(node, votes):
    path = node.home.path / VOTES
    path.unlink() if votes is None else path.write_text(votes)
    refused(node, Refused, "last-vote-lost")


def refused(node, kind, name):
    before = files(node)
    with pytest.raises(kind, match=name):
        rebuild(node, SOURCES)
    assert files(node) == before


def test_a_source_of_another_story_or_a_header_too_old_changes_nothing(node, monkeypatch):
    answers(monkeypatch, Header(DIGEST[::-1]))
    refused(node, VerificationError, "source-differs")
    answers(monkeypatch, Header(age=EVIDENCE_SECONDS + 10))
    refused(node, OutOfTurn, "trust-too-old")


def test_a_header_of_another_network_changes_nothing(node):
    node.home.write_genesis({"chain_id": "muniment-0000000000000000"})
    refused(node, Refused, "other-network")


@pytest.mark.parametrize("damage", [None, "", "{}", "[]", "\0", '{"chain_id": 1}'])
def test_a_damaged_genesis_is_named_and_mended_by_an_invitation(node, damage):
    path = node.home.path / GENESIS
    sound = path.read_text()
    path.unlink() if damage is None else path.write_text(damage)
    refused(node, Malformed, "genesis-malformed")
    rebuild(node, SOURCES, genesis=sound)
    assert json.loads(path.read_text()) == json.loads(sound)
    other = sound.replace("bd35", "0000")
    path.unlink()
    with pytest.raises(Refused, match="other-network"):
        rebuild(node, SOURCES, genesis=other)


def test_a_source_must_have_the_header_itself_whatever_is_kept_here(node, monkeypatch):
    """The engine that begins there asks the sources, and finds nothing of what is kept here."""
    class Pruned:
        def __init__(self, url):
            self.close = list

        def call(self, method, **parameters):
            raise Refused("node-refused", "height 8 is not available, lowest height is 900")

    def asking(rpc, height):
        rpc.call("commit", height=height)
        rpc.call("validators", height=height, page=1)
        return SimpleNamespace(header=Header())

    monkeypatch.setattr(trusted_header, "Rpc", Pruned)
    monkeypatch.setattr(trusted_header, "read_light_block", asking)
    kept = node.folder / FOLDER / "8.json"
    kept.parent.mkdir()
    kept.write_text('{"commit 1": {"x": 1}, "validators 1": {"x": 1}}')
    refused(node, Refused, "node-refused")
    assert trusted_header.fetch_trusted(SOURCES[0], own_trust(node), node.folder,
                                        or_kept=True).top == 40


def test_a_node_that_runs_in_another_container_is_left_alone(node):
    lock = node.supervisor.file.with_suffix(".lock")
    lock.parent.mkdir()
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        elsewhere = {"began": "another machine's", "command": [], "pid": 7}
        node.supervisor.file.write_text(json.dumps(elsewhere))
        assert node.runs()
        with pytest.raises(Busy, match="already-running"):
            rebuild(node, SOURCES)
        stopping = json.loads(run("node", "stop", node.folder, "--json", code=5))
        assert stopping["error"] == "not-stopped"
    assert not node.runs()
    assert (node.folder / FILE_NAME).read_bytes() == b"damaged"


def test_nothing_is_moved_while_an_application_writes_the_ledger(node):
    with writing(node.folder):
        before = files(node)
        with pytest.raises(Busy, match="ledger-in-use"):
            rebuild(node, SOURCES)
        assert {name: data for name, data in files(node).items()
                if not name.startswith("run/")} == before


def test_no_supervisor_begins_while_files_are_moved(node, monkeypatch):
    tried = []

    def move(*_, **__):
        for begin in (node.supervisor.adopt, lambda: node.supervisor.start(["true"])):
            with pytest.raises(Busy, match="already-running"):
                begin()
            tried.append(begin)

    monkeypatch.setattr(rebuilding, "_put_aside", move)
    rebuild(node, SOURCES)
    assert len(tried) == 2
    assert not node.runs()


def test_fewer_blocks_are_kept_only_once_what_trust_hangs_on_is_kept_beside(node):
    before = node.plan()
    told = json.loads(run("node", "keep", node.folder, "--blocks", "4", "--days", "0", "--json",
                          code=5))
    assert told["error"] == "node-not-running"
    assert node.plan() == before
    run("node", "keep", node.folder, "--blocks", "0")


def test_a_node_that_runs_or_trusts_no_header_is_left_alone(node):
    node.application.adopt()
    refused(node, Busy, "already-running")
    node.application.file.unlink()
    for text in ("muniment/trust-policy/v1\n", None):
        path = node.folder / POLICY_FILE
        path.write_text(text) if text else path.unlink()
        refused(node, NotFound, "no-trusted-header")


def test_a_section_is_written_anew_wherever_it_stands(tmp_path):
    home = Home(tmp_path)
    home.configure(name="XA", place=Place("127.0.0.1", 1, 2), application="unix:///a",
                   settings={"statesync": {"enable": (False, "not yet")}})
    before = tomllib.loads((tmp_path / SETTINGS).read_text())
    home.set_section("statesync", {"enable": (True, "now")})
    assert tomllib.loads((tmp_path / SETTINGS).read_text()) == before | {
        "statesync": {"enable": True}}


def test_nobody_is_asked_who_was_not_named(node):
    told = json.loads(run("node", "rebuild", node.folder, "--json", code=2))
    assert told["error"] == "sources-missing"


@pytest.fixture(scope="module")
def network(cometbft, tmp_path_factory):
    cluster = Cluster.make(tmp_path_factory.mktemp("rebuilt") / "net", 4, links="direct",
                           line=LINE)
    try:
        cluster.up()
        filing = Filing(cluster)
        for _ in range(4):
            filing.file("XA")
        yield cluster, filing
    finally:
        cluster.down()


def damage(node):
    """End a node without asking, and overwrite its ledger and its engine's files."""
    node.kill()
    for path in (node.folder / FILE_NAME, *(node.home.path / "data").rglob("*.log")):
        path.write_bytes(b"\x5a" * path.stat().st_size)


def test_a_damaged_node_is_rebuilt_from_what_its_own_policy_trusts_and_votes_again(network):
    cluster, filing = network
    damaged = cluster.nodes["XD"]
    damage(damaged)
    run("node", "snapshot", cluster.nodes["XB"].folder)
    filing.file("XA")
    last = filing.file("XC")
    told = json.loads(run("node", "rebuild", damaged.folder, "--json", *(
        word for office in ("XA", "XB")
        for word in ("--from", cluster.nodes[office].plan().place.url))))
    assert told["height"] >= last
    votes_again(cluster, filing, "XD")
    assert list((damaged.folder / DAMAGED).rglob(FILE_NAME))
    run("node", "stop", damaged.folder)
    assert not damaged.runs()
    run("node", "start", damaged.folder)
    agree_at(cluster, filing.file("XD"))


def test_by_an_invitation_it_is_rebuilt_where_nobody_has_the_old_blocks(network, tmp_path):
    """XB's only source is XD, which began from a snapshot itself and lacks what XB trusts."""
    cluster, filing = network
    damaged, source = cluster.nodes["XB"], cluster.nodes["XD"]
    wait_for(lambda: is_whole(source.folder), "the log")
    damage(damaged)
    url, file = source.plan().place.url, tmp_path / "invitation.json"
    told = json.loads(run("node", "rebuild", damaged.folder, "--from", url, "--json", code=3))
    assert told["error"] == "block-not-kept"
    invited = json.loads(run("network", "invite", source.folder, "--out", file, "--json"))
    filing.file("XA")
    filing.file("XA")
    wrong = invited["fingerprint"][::-1]
    assert "fingerprint-differs" in run("node", "rebuild", damaged.folder, file, "--fingerprint",
                                        wrong, "--json", code=1)
    run("node", "rebuild", damaged.folder, file, "--fingerprint", invited["fingerprint"],
        "--discard")
    votes_again(cluster, filing, "XB")
    assert not (damaged.folder / DAMAGED).exists()


def votes_again(cluster, filing, office):
    """It agrees, votes, has the whole log again, and its own desk verifies what it answers."""
    node = cluster.nodes[office]
    agree_at(cluster, filing.file("XA"))
    row = next(row for row in cluster.status() if row.office == office)
    assert (row.state, row.power) == ("running", 1)
    wait_for(lambda: next(row for row in cluster.status() if row.office == office).last_signed,
             "its vote")
    wait_for(lambda: is_whole(node.folder), "the log")
    at_home = ["--node", node.plan().place.url, "--ledger", node.folder, "--json"]
    assert json.loads(run("ledger", "verify", *at_home))["valid"]
    out = node.folder / "evidence.json"
    run("evidence", "make", "XA/patent/2026/000001", "--out", out, *at_home)
    assert json.loads(run("evidence", "verify", out, "--trust", node.folder / POLICY_FILE,
                          "--json"))["valid"]


def is_whole(folder):
    with SqliteStorage(folder, read_only=True) as storage:
        return not storage.missing
