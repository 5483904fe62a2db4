"""Four real validators, of which one is hostile or of other code, or all bear one fault."""

import base64
import signal
import sys
import time
from itertools import count

import pytest
from tests.faults.hostile import OTHER, POISON, Hostile
from tests.network.cluster import Cluster, wait_until
from tests.network.test_validators import PERIOD, answer, clock, headers
from tests.network.world import World

from muniment import editions
from muniment.codec import encode
from muniment.editions import NEWEST, rules_of
from muniment.engine import BLOCK_LEAF
from muniment.model import codes
from muniment.model.account import ADMISSIONS
from muniment.model.envelope import sign_envelope
from muniment.network.remote_ledger import RemoteLedger
from muniment.network.submission import Submission
from muniment.network.trust import trusted_now
from muniment.node.register import Register
from muniment.operations.file_application import FileApplication
from muniment.proof.canonical import decode
from muniment.proof.errors import Fault

OFFICES = ("XA", "XB", "XC", "XD")
NUMBERS = {"XA": "2026/{:06}", "XD": "26/{:06}"}
HEIGHTS_AT_MOST = 10


class Network:
    """A running cluster whose applications are those of `tests/faults/hostile.py`."""

    def __init__(self, cluster, world):
        self.cluster, self.world = cluster, world
        self.nodes = cluster.nodes
        with RemoteLedger(self.nodes["XA"].url) as ledger:
            self.sequences = {office: count((ledger.state.get(ADMISSIONS, office)).highest + 1)
                              for office in OFFICES}
        self.numbers = count(1)

    def envelope(self, office, *numbers):
        lines = [encode(FileApplication(date="2026-01-05", number=number, office=office,
                                        right="patent")) for number in numbers]
        return sign_envelope(lines, self.world.wallets[office].signers(), ledger=self.world.id,
                             submitter=office, sequence=next(self.sequences[office]),
                             not_after=clock() + 3_600)

    def filing(self, office):
        return self.envelope(office, NUMBERS[office].format(next(self.numbers)))

    def enter(self, office, node, *numbers):
        """Submit one envelope through a node; return its outcome once it is in a block."""
        envelope = (self.envelope(office, *numbers) if numbers else self.filing(office))
        with RemoteLedger(self.nodes[node].url) as ledger:
            return Submission(ledger.rpc, ledger.remote).run([envelope])[0]

    def restart(self, office, *ways):
        """Start an office's node again, on other ways."""
        node = self.nodes[office]
        node.stop(signal.SIGKILL)
        node.serve = serve(node, *ways)
        node.start()
        # From line 0.39 on an engine that catches up takes no envelope.
        wait_until(lambda: node.height() >= self.nodes["XA"].height() - 1
                   and not node.status()["catching_up"], what=node.logs())

    def same_everywhere(self):
        """Wait until all stand at one height; require one block and one root at each height."""
        nodes = list(self.nodes.values())
        wait_until(lambda: len({one.height() for one in nodes}) == 1, what=nodes[3].logs())
        every = range(self.world.genesis.initial_height, nodes[0].height() + 1)
        first, *others = [headers(node, every) for node in nodes]
        assert others == [first] * 3


def serve(node, *ways):
    return [sys.executable, "-m", Hostile.__module__, str(node.folder), *ways]


@pytest.fixture(scope="module")
def network(cometbft, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    world = World(folder / "world", OFFICES, now=clock)
    with Cluster(cometbft, world, folder / "net") as cluster:
        for node in cluster:
            node.serve = serve(node, "poisoned")
        cluster.start()
        yield Network(cluster, world)


def test_poisoned_operation_halts_nobody_and_is_a_refused_leaf_everywhere(network):
    outcome = network.enter("XA", "XA", "2026/000501", POISON, "2026/000502")
    assert outcome.operations == (0, codes.INTERNAL_FAULT, 0)
    assert network.enter("XA", "XB").operations == (0,)
    network.same_everywhere()
    leaves = set()
    for node in network.nodes.values():
        with RemoteLedger(node.url) as ledger:
            leaf = next(iter(ledger.storage.entries(outcome.position + 1, outcome.position + 2)))
            leaves.add(leaf.leaf)
            assert ledger.tree.get(b"application/XA/patent/2026/000666/") is None
        alarms = [line for line in node.application.log.read_text().splitlines()
                  if "ZeroDivisionError" in line]
        assert len(alarms) == 1
    assert b'"code":901,' in leaves.pop()
    assert not leaves


def test_who_submits_a_poisoned_operation_is_told_that_it_changed_nothing(network):
    ledger = RemoteLedger(network.nodes["XB"].url)
    with Register(network.world.origin, "XA", ledger=ledger) as register, pytest.raises(
            Fault, match=r"entry \d+ .*changed nothing: each node's log"):
        register.act(FileApplication(date="2026-01-05", number=POISON, office="XA", right="patent"))
    next(network.sequences["XA"])


def test_envelope_given_to_one_honest_node_cannot_be_withheld(network):
    """XD proposes, hands on and votes for nothing but its own office's; it has plenty of that."""
    network.restart("XD", "poisoned", "withholding=XD")
    honest, hostile = network.nodes["XA"], network.nodes["XD"]
    own = hostile.rpc.call("status")["validator_info"]["address"]
    waits, proposers = [], []
    for _ in range(12):
        hostile.rpc.call("broadcast_tx_sync", tx=network.filing("XD"))
        tx = network.filing("XA")
        refused = hostile.rpc.call("broadcast_tx_sync", tx=tx)
        assert int(refused["code"])
        began = honest.height()
        assert int(honest.rpc.call("broadcast_tx_sync", tx=tx)["code"]) == 0
        height, proposer = found_in(honest, tx, began)
        waits.append(height - began)
        proposers.append(proposer)
    assert max(waits) <= HEIGHTS_AT_MOST
    assert own not in proposers
    others = {one.rpc.call("status")["validator_info"]["address"]
              for one in (network.nodes["XB"], network.nodes["XC"])}
    assert others & set(proposers), "nobody proposed what only XA had been given"
    blocks = [honest.rpc.call("block", height=height)["block"]["header"]["proposer_address"]
              for height in range(began - 8, honest.height() + 1)]
    assert own in blocks, "the hostile one never had its turn: nothing was shown"
    network.restart("XD", "poisoned")
    network.same_everywhere()


def found_in(node, tx, after):
    """Return (height, proposer) of the block that holds an envelope."""
    wanted, height = base64.b64encode(tx).decode(), after
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if height > node.height():
            time.sleep(0.02)
            continue
        block = node.rpc.call("block", height=height)["block"]
        if wanted in (block["data"]["txs"] or ()):
            return height, block["header"]["proposer_address"]
        height += 1
    raise AssertionError(f"not in a block after {height - after} heights")


def test_edition_that_members_voted_begins_at_its_height_and_stops_code_that_lacks_it(
        network, monkeypatch):
    monkeypatch.setattr(editions, "NEWEST", OTHER)
    first = network.world.genesis.initial_height
    trusted = trusted_now(network.nodes["XA"].rpc, first, PERIOD)
    desks = {office: network.world.desk(office, network.nodes[office].url, trusted)
             for office in ("XA", "XB", "XC")}

    def ask(office, *words):
        return answer("governance", *words, "--ledger", desks[office], "--node",
                      network.nodes[office].url)

    network.restart("XD", "poisoned", f"other-{OTHER}")
    for office in ("XA", "XB", "XC"):
        answer("validator", "confirm", OTHER, "--ledger", desks[office], "--node",
               network.nodes[office].url)
    switch = network.nodes["XA"].height() + 24
    number = ask("XA", "propose", "activate-edition", "--set", f"edition={OTHER}", "--set",
                    f"height={switch}")["proposal"]
    assert not ask("XB", "vote", number)["enacted"]
    assert ask("XC", "vote", number)["enacted"]
    book = ask("XA", "rulebook")
    assert (book["edition"], book["next_edition"], book["next_height"]) == (NEWEST, OTHER, switch)
    behind, ahead = network.nodes["XD"], network.nodes["XA"]
    while ahead.height() <= switch:
        assert network.enter("XD", "XB").operations == (0,)
    assert ask("XB", "rulebook")["edition"] == OTHER
    wait_until(lambda: not behind.application.runs or not behind.engine.runs, what=behind.logs())
    assert f"lacks edition {OTHER}" in behind.logs()
    network.restart("XD", "poisoned")
    network.enter("XD", "XD")
    network.same_everywhere()
    with RemoteLedger(behind.url) as ledger:
        blocks = [(one.height, decode(next(iter(ledger.storage.entries(
            one.position, one.position + 1))).leaf[len(BLOCK_LEAF):])["edition"])
            for one in ledger.storage.blocks(first)]
    lock = {False: rules_of(NEWEST).hash, True: rules_of(OTHER).hash}
    assert {edition for _, edition in blocks} == set(lock.values())
    assert all(edition == lock[height >= switch] for height, edition in blocks)
