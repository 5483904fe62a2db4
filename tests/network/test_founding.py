"""A solo ledger that was used for a while becomes a network, and a second office joins it."""

import json
import shutil
import threading
import time
from itertools import count

import pytest
from tests.network.cluster import wait_until
from tests.network.conftest import LINE
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.network.founder import begin_network
from muniment.network.head_trust import SEEN_FILE
from muniment.network.home import Place
from muniment.network.kept_blocks import FOLDER as KEPT
from muniment.network.node import Node
from muniment.network.remote_ledger import RemoteLedger
from muniment.node.register import Register
from muniment.node.solo import RESTORED_FILE
from muniment.operations.file_application import FileApplication
from muniment.proof.errors import NotFound


def run(*words, code=0):
    ran = CliRunner().invoke(app, [str(word) for word in words])
    assert ran.exit_code == code, (words, ran.output)
    return ran.stdout if "--json" in words else ran.output


def answer(*words, code=0):
    return json.loads(run(*words, "--json", code=code).splitlines()[-1])


NUMBERS = count(1)


def file(ledger, *more):
    number = f"2026/{next(NUMBERS):06}"
    answer("filing", "submit", number, "--date", "2026-01-05", "--ledger", ledger, *more)
    return f"XA/patent/{number}"


def height_of(folder):
    return int(Node(folder).rpc().call("status")["sync_info"]["latest_block_height"])


def enter(ledger, url, times=12, trust=True):
    """File by and by; beside a command, whose output is caught, nobody runs another one."""
    for _ in range(times):
        time.sleep(0.7)
        with Register(ledger, ledger=RemoteLedger(url, ledger if trust else None)) as register:
            register.act(FileApplication(date="2026-01-05", number=f"2026/{next(NUMBERS):06}",
                                         office="XA", right="patent"))


def evidence(reference, out, *where):
    run("evidence", "make", reference, "--out", out, *where)
    return out


@pytest.fixture(scope="module")
def solo(cometbft, tmp_path_factory):
    """A ledger that has filings, and evidence that was handed out."""
    folder = tmp_path_factory.mktemp("founding")
    ledger = folder / "xa"
    run("init", "--office", "XA", "--profile", "demo", ledger)
    reference = file(ledger)
    file(ledger)
    evidence(reference, folder / "before.json", "--ledger", ledger)
    facts = answer("ledger", "status", "--ledger", ledger)
    return folder, ledger, reference, facts


@pytest.fixture(scope="module")
def promoted(solo):
    """The same as a network of one node; its RPC."""
    ledger = solo[1]
    url = answer("network", "promote", ledger, "--line", LINE)["url"]
    yield url
    answer("node", "stop", ledger)
    assert not Node(ledger).runs()


def test_id_origin_entries_and_evidence_stay(solo, promoted, tmp_path):
    folder, ledger, reference, facts = solo
    at = ("--ledger", ledger, "--node", promoted)
    now = answer("ledger", "status", *at)
    assert (now["id"], now["origin"]) == (facts["id"], facts["origin"])
    later = file(ledger, "--node", promoted)
    policy = ledger / "trust-policy.txt"
    for name, one in (("old", reference), ("new", later)):
        proven = answer("evidence", "verify", evidence(one, tmp_path / name, *at),
                        "--trust", policy)
        assert (proven["valid"], proven["attestation"]) == (True, "commit")
    before = answer("evidence", "verify", folder / "before.json", "--trust", policy)
    assert (before["valid"], before["attestation"]) == (True, "note")
    assert answer("ledger", "verify", *at)["valid"]


def test_log_key_attests_nothing_beyond_the_solo_range(solo, promoted):
    lines = (solo[1] / "trust-policy.txt").read_text().splitlines()[1:]
    (origin, first, last, kind, *_), (other, after, end, chain, *_) = map(str.split, lines)
    assert (origin, first, kind) == (solo[3]["origin"], "0", "note")
    assert (other, int(after), end, chain) == (origin, int(last) + 1, "-", "commit")
    refused = answer("filing", "submit", "2026/009999", "--date", "2026-01-05", "--ledger",
                     solo[1], code=5)
    assert refused["error"] == "ledger-in-use"
    assert "--node" in refused["remedy"]
    again = answer("network", "promote", solo[1], code=3)
    assert again["error"] == "ledger-promoted"
    assert "network run" in again["remedy"]


def test_second_office_joins_and_is_seated_by_the_first_members_vote(solo, promoted, tmp_path):
    _, ledger, reference, _ = solo
    first = ("--ledger", ledger, "--node", promoted)
    for _ in range(3):
        file(ledger, "--node", promoted)
    told = answer("network", "invite", ledger, "--out", tmp_path / "invitation.json")
    there = tmp_path / "xb"
    filing = threading.Thread(target=enter, args=(ledger, promoted))
    filing.start()  # a new node waits for blocks after the snapshot; an idle network makes few
    try:
        url = answer("join", tmp_path / "invitation.json", there, "--office", "XB",
                     "--fingerprint", told["fingerprint"])["url"]
        filing.join()
        own = ("--ledger", there, "--node", url)
        run("office", "request", "XB", "--out", tmp_path / "xb.json", *own)
        run("governance", "propose", "enrol-office", "--file", tmp_path / "xb.json", *first)
        enrolled = height_of(ledger)
        wait_until(lambda: height_of(there) >= enrolled, what="it at XB's node")
        run("validator", "enrol", there, *own, "--as", "XB")
        done = answer("governance", "propose", "admit-member", "--set", "office=XB", "--set",
                      "units=1", *first)
        assert done["enacted"]  # the first member alone is all of them; of two, both must agree
        done = answer("governance", "propose", "seat-validator", "--set", "office=XB", *first)
        assert not done["enacted"]
        assert answer("governance", "vote", done["proposal"], *own)["enacted"]
        node = Node(there)

        def votes():
            file(ledger, "--node", promoted)
            return int(node.rpc().call("status")["validator_info"]["voting_power"]) == 1

        wait_until(votes, what="the second validator")
        proven = answer("evidence", "verify", evidence(reference, tmp_path / "e", *own), "--trust",
                        there / "trust-policy.txt")
        assert (proven["valid"], proven["attestation"]) == (True, "commit")
        left = answer("leave", there)
        assert left["was_member"]
        assert file(ledger, "--node", promoted)
    finally:
        Node(there).stop()


def test_node_that_prunes_its_blocks_proves_old_entries_all_the_same(solo, promoted, tmp_path):
    _, ledger, reference, _ = solo
    at = ("--ledger", ledger, "--node", promoted)
    node = Node(ledger)
    first = json.loads((node.home.path / "config/genesis.json").read_bytes())["initial_height"]
    evidence(reference, tmp_path / "before.json", *at)
    shutil.rmtree(ledger / KEPT, ignore_errors=True)  # as if nobody had asked this node before from here
    (ledger / SEEN_FILE).unlink(missing_ok=True)
    told = answer("node", "keep", ledger, "--blocks", "4", "--days", "0")
    assert (told["blocks"], told["restarted"]) == (4, True)

    def pruned():
        enter(ledger, promoted, times=1, trust=None)
        # Blocks since the snapshot for the node that was invited stay.
        return int(node.rpc().call("status")["sync_info"]["earliest_block_height"]) > int(first)

    wait_until(pruned, what="the engine to prune")
    policy = ledger / "trust-policy.txt"
    for name in ("after.json", "again.json"):
        proven = answer("evidence", "verify", evidence(reference, tmp_path / name, *at),
                        "--trust", policy)
        assert (proven["valid"], proven["attestation"]) == (True, "commit")
    assert answer("evidence", "verify", tmp_path / "before.json", "--trust", policy)["valid"]
    assert answer("ledger", "verify", *at)["valid"]
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / "trust-policy.txt").write_bytes(policy.read_bytes())
    refused = answer("evidence", "make", reference, "--out", tmp_path / "x", "--ledger", stranger,
                     "--node", promoted, code=3)
    assert refused["error"] == "block-not-kept"
    assert "keeps" in refused["remedy"]


def test_ledger_in_which_others_are_seated_is_not_left_without_a_quorum(cometbft, tmp_path):
    ledger = tmp_path / "xa"
    run("init", "--office", "XA", "--profile", "demo", ledger)
    run("office", "enrol", "XB", "--ledger", ledger)
    run("validator", "enrol", tmp_path / "xb", "--ledger", ledger, "--as", "XB")
    for act in (("admit-member", "--set", "units=1"), ("seat-validator",)):
        run("governance", "propose", *act, "--set", "office=XB", "--ledger", ledger)
    told = answer("network", "promote", ledger, "--line", LINE, code=1)
    assert told["error"] == "others-seated"
    assert file(ledger)
    assert "operator" in run("governance", "status", "--ledger", ledger)


def test_restored_ledger_is_not_promoted_before_it_has_caught_up(cometbft, tmp_path):
    ledger = tmp_path / "xa"
    run("init", "--office", "XA", "--profile", "demo", ledger)
    (ledger / "keys" / RESTORED_FILE).touch()
    told = answer("network", "promote", ledger, "--line", LINE, code=1)
    assert told["error"] == "restored-not-caught-up"
    assert "operator" in run("governance", "status", "--ledger", ledger)


def test_promotion_that_was_interrupted_goes_on_where_it_ended(cometbft, tmp_path, monkeypatch):
    ledger = tmp_path / "xa"
    run("init", "--office", "XA", "--profile", "demo", ledger)
    place = Place("127.0.0.1", 1, 2)
    assert answer("network", "promote", ledger, "--line", "0.1", code=3)["error"] == "no-such-line"
    for broken in ("muniment.network.founder.promote", "muniment.network.home.Home.configure"):
        with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
            patched.setattr(broken, lambda *_, **__: 1 / 0)
            begin_network(ledger, place, line=LINE)
    key = Node(ledger).home.validator_key().public
    started = []
    with monkeypatch.context() as patched:
        for name in ("start", "await_ready", "rpc"):
            patched.setattr(f"muniment.network.node.Node.{name}", lambda *_: started.append(1))
        patched.setattr("muniment.network.founder.extend_policy", lambda *_: None)
        node = begin_network(ledger, place, line=LINE)
    assert started
    genesis = json.loads((node.home.path / "config/genesis.json").read_bytes())
    assert node.home.validator_key().public == key
    assert [one["name"] for one in genesis["validators"]] == ["XA"]
    with pytest.raises(NotFound, match="ledger-promoted"):
        begin_network(ledger, place, line=LINE)
