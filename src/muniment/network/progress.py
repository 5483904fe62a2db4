"""How far a node is that begins from a snapshot, and what keeps it from going on."""

import time
from collections.abc import Callable
from typing import Any

from muniment.network.logs import last_complaint
from muniment.network.node import Node
from muniment.network.restoring import FOLDER as RESTORING
from muniment.network.rpc import Rpc
from muniment.proof.errors import Busy, LedgerError
from muniment.storage.sqlite import SqliteStorage

PATIENCE_SECONDS = 300.0
PEER_SECONDS = 60.0
"""A peer that answers at all is connected within seconds; the engine dials again every five."""
HISTORY_SECONDS = 45.0
"""It is fetched once a block follows the snapshot; an idle network makes one in ten seconds."""
_LOOK_SECONDS = 0.3
_BASIS = "docs/network.md"
Stage = Callable[[str, int, int | None], None]


def await_ledger(node: Node, least: int, stage: Stage) -> int:
    """Wait until a node has fetched the state and stands at a height; return its height.

    Args:
        node: The node; it was started.
        least: The height.
        stage: Told what it does now, and at which block it is.

    Raises:
        Busy: It ended, nobody lets it connect, or it takes too long.
    """
    begun = time.monotonic()
    alone = True
    while (past := time.monotonic() - begun) < PATIENCE_SECONDS:
        sync, peers = _standing(node)
        alone = alone and not peers
        height, behind = int(sync.get("latest_block_height", 0)), bool(sync.get("catching_up", 1))
        if height >= least and not behind:
            return height
        if node.supervisor.pid() is None:
            break
        if alone and sync and past > PEER_SECONDS:
            raise _no_peer(node)
        stage(_doing(node, sync, peers, height), height, None)
        time.sleep(_LOOK_SECONDS)
    raise why_not_yet(node)


def await_history(node: Node, stage: Stage) -> bool:
    """Wait a little while a node fetches the log that its snapshot left out; return if it is whole.

    Until the first entry is there the node answers nobody, and a short log is whole in seconds. A
    long one is fetched on while the node runs.
    """
    end = time.monotonic() + HISTORY_SECONDS
    while time.monotonic() < end and node.supervisor.pid() is not None:
        with SqliteStorage(node.folder, read_only=True) as storage:
            missing, head = len(storage.missing), storage.head()
        if not missing:
            return True
        size = head.size if head is not None else 0
        stage("fetching the history, each part proven", size - missing, size)
        time.sleep(_LOOK_SECONDS)
    return False


def _standing(node: Node) -> tuple[dict[str, Any], int]:
    """Return what the engine says of its blocks, nothing if it does not answer; and its peers."""
    rpc = Rpc(node.plan().place.url, 2.0)
    try:
        return dict(rpc.call("status")["sync_info"]), int(rpc.call("net_info")["n_peers"])
    except (LedgerError, KeyError, TypeError, ValueError):
        return {}, 0
    finally:
        rpc.close()


def _doing(node: Node, sync: dict[str, Any], peers: int, height: int) -> str:
    if not sync:
        return "starting the engine"
    if height:
        return "catching up with the newest blocks"
    if (node.folder / RESTORING).exists():
        return "fetching the state, each part proven"
    return "looking for a snapshot and for blocks after it" if peers else "connecting to a peer"


def _no_peer(node: Node) -> LedgerError:
    return Busy(
        "no-peer", f"No node lets {node.folder} connect. Its engine says last: "
        f"{last_complaint(node.engine.tail())}", basis=_BASIS,
        remedy="Is the p2p port of the other node open, and did another node use this invitation? "
        f"It goes on trying: muniment doctor {node.folder}, muniment node stop {node.folder}")


def why_not_yet(node: Node) -> LedgerError:
    """Return what to tell of a node that fetches for too long, or ended."""
    return Busy(
        "not-caught-up", f"{node.folder} has not caught up yet. Its engine says last: "
        f"{last_complaint(node.engine.tail())}", basis=_BASIS,
        remedy="If it still looks for a snapshot, no office offers one: let another run muniment "
        f"node snapshot DIR. Look again: muniment doctor {node.folder}")
