"""The demo's last act: five offices run one ledger together, and one machine fails in mid-work.

It is told where the engine is installed; elsewhere a line says how to get it.
"""

import time
from typing import Any

from muniment.cli.filing import open_filing
from muniment.codec import encode
from muniment.network.cluster import Cluster
from muniment.network.install import find
from muniment.network.remote_ledger import RemoteLedger
from muniment.node import evidence as maker
from muniment.node.register import Reference, Register
from muniment.node.solo import POLICY_FILE
from muniment.proof.errors import LedgerError

OFFICES = 5
ENVELOPES = 120
BATCH = 20
FAILS_AFTER, FAILING = 40, "XD"
_PATIENCE_SECONDS = 60.0


def act_network(story: Any) -> None:
    """Found a network, load it, kill a node, mend it, compare; skip without an engine."""
    try:
        find()
    except LedgerError as error:
        story.say(f"\nOne act is left out, five offices as a network ({error.name}): "
                  "muniment engine install")
        return
    story.act("The five offices run one ledger together; XD's machine fails in mid-work")
    cluster = Cluster.make(story.directory / "network", OFFICES, links="direct")
    try:
        began = time.monotonic()
        cluster.up()
        story.expect(f"{OFFICES} validators, {3 * OFFICES} processes, ready in "
                     f"{time.monotonic() - began:.1f} s",
                     {row.power for row in cluster.status()}, {1})
        _work(story, cluster)
        _compare(story, cluster)
        _prove(story, cluster)
    finally:
        cluster.down()
    story.say(f"       again: muniment network up {cluster.folder}")


def _work(story: Any, cluster: Cluster) -> None:
    """File through XB's node; kill XD's in between."""
    with _register(cluster, "XA", "XB") as register:
        accepted = 0
        for first in range(0, ENVELOPES, BATCH):
            if first == FAILS_AFTER:
                cluster.break_(FAILING, "kill")
            filings = [open_filing(register, _named(number), "2025-09-18", {})
                       for number in range(first, first + BATCH)]
            outcomes = register.ledger.submit([
                register.ledger.sign(register.wallet(), [one], ahead=ahead)
                for ahead, one in enumerate(map(encode, filings))])
            accepted += sum(one.operations == (0,) for one in outcomes)
    story.expect(f"{ENVELOPES} filings sent to XB's node, XD killed after {FAILS_AFTER}: "
                 f"{accepted} acknowledged", accepted, ENVELOPES)


def _compare(story: Any, cluster: Cluster) -> None:
    """Mend XD, and compare what the five hold."""
    began = time.monotonic()
    story.expect("XD's machine is back", cluster.heal(), [FAILING])
    while not _alike(cluster) and time.monotonic() - began < _PATIENCE_SECONDS:
        time.sleep(0.2)
    rows = cluster.status()
    story.expect(f"it caught up in {time.monotonic() - began:.1f} s; one hash at all five: "
                 f"{(rows[0].app_hash or '-')[:16]}",
                 (_alike(cluster), {row.app_hash for row in rows}), (True, {rows[0].app_hash}))


def _alike(cluster: Cluster) -> bool:
    rows = cluster.status()
    return cluster.agree(rows) and len({row.height for row in rows}) == 1


def _prove(story: Any, cluster: Cluster) -> None:
    """Make evidence through the node that failed, of what was filed while it was down."""
    wanted = _named(ENVELOPES - 1)
    with _register(cluster, "XE", FAILING) as register:
        _, entry = register.find(wanted)
        data = maker.entry_evidence(register.ledger, entry.entry)
    file = story.directory / "evidence-network.json"
    file.write_bytes(data)
    policy = cluster.nodes["XE"].folder / POLICY_FILE
    story.expect(f"evidence of the last filing, made through XD's node: {file} is VALID",
                 story.verify(file, policy), True)


def _register(cluster: Cluster, office: str, through: str) -> Register:
    """Return an office's register over another office's node."""
    folder = cluster.nodes[office].folder
    ledger = RemoteLedger(cluster.nodes[through].plan().place.url, folder)
    return Register(folder, office, ledger=ledger)


def _named(number: int) -> Reference:
    return Reference("XA", "patent", f"2025/{number + 1:06}")
