"""The engine's own crash points, against the real application: nothing is lost, nothing enters twice."""

import signal
import time
from contextlib import closing

from tests.network.cluster import Cluster, wait_until
from tests.network.world import World, filing

from muniment.model.envelope import Envelope
from muniment.network.remote import RemoteStorage
from muniment.node.ledger import Ledger
from muniment.node.promotion import copy_ledger
from muniment.proof.crypto import sha256
from muniment.proof.errors import Busy, Refused
from muniment.storage.decided import DecidedStorage
from muniment.storage.sqlite import SqliteStorage

POINTS = 10
"""Crash points that one height passes (`fail.Fail()` in consensus/state.go, state/execution.go)."""


def envelope(world, number):
    return world.envelope("XA", number, [filing("XA", number)], not_after=int(time.time()) + 3_600)


def test_every_crash_point_of_the_engine_is_survived(cometbft, tmp_path):
    """The engine dies at its next point each time; every other time its application too."""
    world = World(tmp_path / "world", ("XA",))
    sent = []
    with Cluster(cometbft, world, tmp_path / "net") as cluster:
        (node,) = cluster
        node.start_application()
        died = 0
        for point in range(POINTS):
            sent.append(envelope(world, len(sent) + 1))
            node.start_engine(FAIL_TEST_INDEX=str(point))
            wait_until(lambda: send(node, sent[-1]) or not node.engine.runs, what=node.logs())
            died += node.dies(seconds=3)
            node.engine.end(signal.SIGKILL)
            if point % 2:
                node.application.end(signal.SIGKILL)
                node.start_application()
            node.start_engine()
            # What waited in memory alone is lost with it: whoever sent it sends it again.
            wait_until(lambda: send(node, sent[-1]) and entered(node, sent), what=node.logs())
            node.engine.end(signal.SIGKILL)
        assert died >= POINTS - 1, node.logs()
    with DecidedStorage(node.folder) as storage, Ledger(storage) as ledger:
        assert len(list(ledger.tree.scan(b"application/XA/"))) == len(sent)
        assert ledger.engine.log.root() == replayed(world, node.folder, tmp_path)


def send(node, tx):
    """Send an envelope if the node answers; return whether it did."""
    try:
        return node.rpc.call("broadcast_tx_sync", tx=tx) is not None
    except Refused:
        return True
    except Busy:
        return False


def entered(node, sent):
    """Return whether every envelope has the outcome of an entry."""
    with closing(RemoteStorage(node.rpc)) as storage:
        found = storage.ask("outcomes", [sha256(one) for one in sent])
    assert all(one is None or (one.code, one.operations) == (0, (0,)) for one in found)
    return all(found)


def replayed(world, folder, tmp_path):
    """Run the stored blocks again on a copy of the solo ledger; return the root of its log."""
    copy_ledger(world.origin, tmp_path / "again")
    with DecidedStorage(folder, read_only=True) as storage, Ledger(
            SqliteStorage(tmp_path / "again")) as again:
        for block in storage.blocks(world.genesis.initial_height - 1):
            again.run_block(block.height, block.time, [
                Envelope.restore(one.jws, [entry.body for entry in storage.entries(
                    one.position, one.position + 1)])
                for one in storage.envelopes(block.height)])
        return again.engine.log.root()
