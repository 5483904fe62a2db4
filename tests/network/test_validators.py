"""Four real validators: everything of the solo ledger works through a node, with proof from another."""

import gzip
import itertools
import json
import signal
import threading
import time

import pytest
from tests.network.cluster import Cluster, wait_until
from tests.network.world import World
from tests.oracles.conftest import ask_comet, evidence_case
from tests.scenarios.test_commands import answer, run

from muniment.network.remote_ledger import RemoteLedger
from muniment.network.trust import trusted_now
from muniment.proof.attestation import TrustPolicy
from muniment.proof.crypto import unb64

OFFICES = ("US", "IN", "EP", "JP")
ROWS = 3_000
PERIOD = 14 * 86_400


def clock():
    return int(time.time())


class Network:
    """A running cluster, and the desks of two of its offices."""

    def __init__(self, cluster, world):
        self.cluster, self.world = cluster, world
        self.nodes = list(cluster)
        trusted = trusted_now(self.nodes[0].rpc, world.genesis.initial_height, PERIOD)
        self.desks = {office: world.desk(office, self.nodes[0].url, trusted)
                      for office in ("US", "IN")}

    def at(self, office, node):
        """Return the options of a command at an office's desk, through a node."""
        return ["--ledger", self.desks[office], "--node", self.nodes[node].url]

    def settled(self):
        """Wait until every node stands at the same checkpoint and nothing moves; return it."""
        seen = []

        def quiet():
            seen.append([])
            for node in self.nodes:
                with RemoteLedger(node.url) as ledger:
                    seen[-1].append((ledger.current(), ledger.tree.root()))
            return len(set(sum(seen[-3:], []))) == 1 and len(seen) > 2

        wait_until(quiet, what="all nodes to stand at the same checkpoint")
        return seen[-1][0]


@pytest.fixture(scope="module")
def network(cometbft, tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    world = World(folder / "world", OFFICES, now=clock, demo=False, observers=("BR",))
    with Cluster(cometbft, world, folder / "net") as cluster:
        cluster.start()
        yield Network(cluster, world)


@pytest.fixture(scope="module")
def imported(network, data, tmp_path_factory):
    """Import real filings through one node."""
    part = tmp_path_factory.mktemp("rows") / "part.jsonl"
    with gzip.open(data / "filings/filings_us_in.jsonl.gz", "rt", encoding="utf-8") as rows:
        part.write_text("".join(itertools.islice(rows, ROWS)), encoding="utf-8")
    return part, answer("import", part, *network.at("US", 0))


def test_real_data_imported_through_one_node_stands_on_every_node(network, imported):
    _, done = imported
    assert done["rows"] == ROWS
    assert done["entered"] + done["refused_rows"] == ROWS
    network.settled()
    with RemoteLedger(network.nodes[2].url) as ledger:
        assert len(list(ledger.tree.scan(b"copy/"))) + len(
            list(ledger.tree.scan(b"application/"))) == done["entered"]


def test_second_import_through_another_node_changes_nothing(network, imported):
    before = network.settled()
    again = answer("import", imported[0], *network.at("US", 1))
    assert again["entered"] == 0
    assert network.settled() == before


def test_every_kind_of_evidence_is_made_through_another_node_and_verifies_offline(
    network, imported, tmp_path
):
    policy = network.desks["US"] / "trust-policy.txt"
    run("filing", "submit", "90/123456", "--date", "2026-01-05", *network.at("US", 1))
    reference = "US/patent/90/123456"
    wanted = {
        "entry": [reference], "state": [reference, "--state"],
        "absence": ["US/patent/90/123457", "--absent"], "completeness": ["US/patent/90", "--complete"],
    }
    for at, (kind, arguments) in enumerate(wanted.items()):
        out = tmp_path / f"{kind}.json"
        run("evidence", "make", *arguments, "--out", out, *network.at("IN", at))
        proven = answer("evidence", "verify", out, "--trust", policy)
        assert (proven["valid"], proven["kind"], proven["attestation"]) == (True, kind, "commit")
        plain = json.loads(out.read_bytes())
        plain["block"]["leaf"]["time"] += 1
        out.write_text(json.dumps(plain))
        answer("evidence", "verify", out, "--trust", policy, code=1)


def test_evidence_of_real_validators_is_verified_by_the_engines_own_light_client(
    network, imported, tmp_path
):
    out, policy = tmp_path / "evidence.json", tmp_path / "policy.txt"
    policy.write_bytes((network.desks["US"] / "trust-policy.txt").read_bytes())
    run("evidence", "make", "US/patent/06113950", "--out", out, *network.at("IN", 2))
    trusted = TrustPolicy.parse(policy.read_text()).rules[-1].trusted
    text = out.read_text(encoding="utf-8")
    assert ask_comet([evidence_case(text, trusted, clock())]) == ["accept"]
    assert ask_comet([evidence_case(text.replace('"code":0', '"code":7'), trusted, clock()),
                      evidence_case(text, trusted, clock() + PERIOD)]) == ["refuse"] * 2
    answer("evidence", "renew", out, "--trust", policy)
    newer = TrustPolicy.parse(policy.read_text()).rules[-1].trusted
    assert newer.height > trusted.height
    assert trusted_now(network.nodes[3].rpc, newer.height, PERIOD).header_hash == newer.header_hash


def test_each_office_writes_in_its_own_register_through_its_own_node(network):
    at = network.at("IN", 1)
    receipt = answer("filing", "submit", "202641000001", "--date", "2026-01-05", *at)
    assert receipt["accepted"]
    assert receipt["checkpoint"]["header"]
    assert answer("filing", "show", "IN/patent/202641000001", *network.at("US", 3))
    refused = answer("filing", "submit", "202641000001", "--date", "2026-01-06", *at, code=1)
    assert refused["error"] == "number-already-entered"
    refused = answer("filing", "submit", "90/123499", "--date", "2026-01-05", "--office", "US",
                     *at, code=4)
    assert refused["error"] == "not-authorised"


def test_commands_that_read_answer_alike_through_every_node(network, imported):
    asked = [["ledger", "status"], ["filing", "show", "US/patent/06113950"],
             ["filing", "gaps", "US/patent/06"], ["keys", "list"], ["ledger", "export", "-"]]
    network.settled()
    for command in asked:
        told = {run(*command, *network.at("US", node)) for node in range(4)}
        assert len(told) == 1, command


def test_history_of_the_network_replays_solo_and_every_byte_is_recomputed(
    network, imported, tmp_path
):
    network.settled()
    sound = answer("ledger", "verify", *network.at("US", 2))
    run("ledger", "export", tmp_path / "export", *network.at("US", 3))
    reached = answer("ledger", "replay", tmp_path / "export", tmp_path / "again")
    assert (sound["valid"], sound["entries"]) == (True, reached["size"])
    assert sound["state_root"] == unb64(reached["state_root"]).hex()
    assert answer("ledger", "verify", "--ledger", tmp_path / "again")["log_root"] == sound["log_root"]


def test_node_that_does_not_answer_is_named_and_nothing_is_lost(network):
    error = answer("ledger", "status", "--ledger", network.desks["US"], "--node",
                   "http://127.0.0.1:1", code=5)
    assert error["error"] == "node-unreachable"
    error = answer("ledger", "status", "--node", "ftp://x", code=2)
    assert error["error"] == "node-url-malformed"


def test_desk_without_a_trust_policy_makes_no_evidence_and_says_why(network, imported, tmp_path):
    error = answer("evidence", "make", "US/patent/06113950", "--out", tmp_path / "e", "--ledger",
                   tmp_path, "--node", network.nodes[0].url, code=1)
    assert error["error"] == "no-trusted-header"


def test_solo_commands_refuse_a_promoted_ledger(network):
    error = answer("filing", "submit", "90/1", "--date", "2026-01-05", "--ledger",
                   network.world.origin, code=3)
    assert error["error"] == "ledger-promoted"
    assert answer("ledger", "status", "--ledger", network.world.origin)["height"]


def headers(node, heights):
    """Return what the header of each height commits to at a node: block and state before it."""
    signed = [node.rpc.call("commit", height=height)["signed_header"] for height in heights]
    return [(one["commit"]["block_id"]["hash"], one["header"]["app_hash"]) for one in signed]


def test_killed_application_and_killed_node_lose_nothing_and_fork_nowhere(network):
    """kill -9 in mid-load, of an application and then of a whole node; both come back."""
    orphaned, killed = network.nodes[3], network.nodes[2]
    numbers = [f"90/{200_000 + at}" for at in range(20)]
    receipts = []

    def load():
        for number in numbers:
            receipts.append(answer("filing", "submit", number, "--date", "2026-01-05",
                                   *network.at("US", 0)))

    loading = threading.Thread(target=load)
    loading.start()
    wait_until(lambda: len(receipts) >= 3)
    orphaned.application.end(signal.SIGKILL)
    wait_until(lambda: not orphaned.engine.runs, what="the engine to stop with its application")
    wait_until(lambda: len(receipts) >= 8)
    orphaned.start()
    wait_until(lambda: orphaned.height() >= network.nodes[0].height() - 1, what=orphaned.logs())
    killed.stop(signal.SIGKILL)
    wait_until(lambda: len(receipts) >= 15)
    killed.start()
    loading.join()
    assert len(receipts) == len(numbers)
    wait_until(lambda: len({one.height() for one in network.nodes}) == 1, what=killed.logs())
    network.settled()
    for number, receipt in zip(numbers, receipts, strict=True):
        for node in (2, 3):
            shown = answer("filing", "show", f"US/patent/{number}", *network.at("US", node))
            assert shown["entry"]["entry"] == receipt["position"]
    every = range(network.world.genesis.initial_height, network.nodes[0].height() + 1)
    first, *others = [headers(node, every) for node in network.nodes]
    assert others == [first] * 3


def test_fresh_node_begins_from_a_snapshot_and_fetches_the_log(network, imported, tmp_path):
    """State sync by the engine, against the light client's app hash; proofs once the log is here."""
    fresh, source = network.cluster.nodes["BR"], network.nodes[0]
    run("node", "snapshot", source.folder)
    trusted = network.world.genesis.initial_height
    digest = source.rpc.call("commit", height=trusted)["signed_header"]["commit"]["block_id"]["hash"]
    for number in ("90/300001", "90/300002"):
        run("filing", "submit", number, "--date", "2026-01-05", *network.at("US", 1))
    fresh.sync_from(network.nodes[:2], trusted, digest)
    fresh.serve += ["--fetch-from", network.nodes[1].url, "--fetch-from", network.nodes[2].url]
    fresh.start()
    wait_until(lambda: fresh.height() >= source.height(), what=fresh.logs(), seconds=60)
    receipt = answer("filing", "submit", "90/300003", "--date", "2026-01-05", *network.at("US", 1))
    wait_until(lambda: fresh.height() >= source.height(), what=fresh.logs())

    def complete():
        with RemoteLedger(fresh.url) as one, RemoteLedger(source.url) as other:
            same = one.current() == other.current() and one.tree.root() == other.tree.root()
            return same and one.head.size > receipt["position"]

    wait_until(complete, what=fresh.logs())
    # It keeps no block before its snapshot: whoever asks it begins trust at a header that it has.
    earliest = int(fresh.status()["earliest_block_height"])
    desk = network.world.desk("US", fresh.url, trusted_now(fresh.rpc, earliest + 1, PERIOD), "fresh")
    out = tmp_path / "e.json"
    run("evidence", "make", "US/patent/06113950", "--out", out, "--ledger", desk, "--node", fresh.url)
    assert answer("evidence", "verify", out, "--trust", desk / "trust-policy.txt")["valid"]
