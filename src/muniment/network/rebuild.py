"""A node whose ledger or engine is damaged, made anew in its place from the state of another node.

- What only this node has stays: its keys, its trust policy, its vault, its settings, and the record
  of its last vote, without which its key must not vote again.
- The rest is kept beside as evidence, and fetched: the engine's state sync brings the ledger's
  state, the log comes after it. The light client begins at the header that this node's own trust
  policy names, or at an invitation's, compared by telephone; so that nobody needs to be believed.
"""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from muniment.network.home import GENESIS, VOTES, Home, state_sync
from muniment.network.node import Node
from muniment.network.remote_ledger import RemoteLedger
from muniment.network.snapshots import FOLDER as SNAPSHOTS
from muniment.network.trust import begin_here
from muniment.network.trusted_header import fetch_trusted
from muniment.node.ledger import Ledger
from muniment.node.policy import read_policy
from muniment.node.solo import POLICY_FILE
from muniment.proof.attestation import TrustPolicy
from muniment.proof.errors import (
    Busy,
    LedgerError,
    Malformed,
    NotFound,
    Refused,
)
from muniment.proof.history import Trusted
from muniment.storage.decided import DecidedStorage
from muniment.storage.sqlite import FILE_NAME, writing

DAMAGED = "damaged"
"""Where what was damaged is kept, in a folder named by the time, in UTC."""
_BASIS = "docs/runbooks/disk-loss.md"
_FETCH = "--fetch-from"


def rebuild(
    node: Node, sources: Sequence[str], trusted: Trusted, *, discard: bool = False,
    genesis: str | None = None,
) -> int:
    """Prepare a stopped node to fetch ledger and blocks anew; return the height of the network.

    Args:
        node: The node; what is damaged of it is not read.
        sources: RPC of other offices' nodes, each of which must answer.
        trusted: The header at which the light client begins.
        discard: Whether to remove what was damaged instead of keeping it beside.
        genesis: The engine's genesis as an invitation has it, where the node's own is damaged.

    Raises:
        Busy: The node runs, be it out of sight in another container, or a source does not answer.
        Refused: The record of its last vote is lost, or the header is of another network.
        Malformed: The node's own genesis is damaged, and none is given.
        OutOfTurn: The header is too old.
        NotFound: A source does not have it.
        VerificationError: A source has another.
    """
    if node.runs():
        raise Busy("already-running", f"The node in {node.folder} runs.",
                   remedy=f"muniment node stop {node.folder}, or your service manager")
    _require_votes(node.home)
    document = _require_chain(node.home, trusted, genesis)
    headers = [fetch_trusted(url, trusted, node.folder) for url in sources]
    plan = node.plan()
    with node.supervisor.kept_out(), writing(node.folder):
        _put_aside(node, discard=discard)
        headers[0].hold()
        if _genesis(node.home) is None:
            node.home.write_genesis(document)
        node.home.set_section("statesync", state_sync(
            sources, trusted.height, trusted.header_hash.hex().upper()))
        node.write_plan(replace(plan, serve=_serving(plan.serve, sources)))
    return max(one.top for one in headers)


def own_trust(node: Node) -> Trusted:
    """Return the newest header of a chain that a node's own trust policy names.

    Raises:
        NotFound: It names none.
    """
    path = node.folder / POLICY_FILE
    rules = TrustPolicy.parse(read_policy(path)).rules if path.exists() else ()
    for rule in reversed(rules):
        if rule.trusted is not None:
            return rule.trusted
    raise NotFound(
        "no-trusted-header", f"{path} names no header of the network's chain.", basis=_BASIS,
        remedy="Let another office invite this node (muniment network invite), and rebuild by "
        "the invitation.")


def settle(node: Node, sources: Sequence[str]) -> None:
    """Let a node that has caught up hold on to the block on which its trust hangs.

    A node that began from a snapshot has no block so old. It is kept beside, from the first node
    that has it; if none has, the node's own trust policy begins at a block of its own.

    Args:
        node: The node; it runs.
        sources: RPC of other offices' nodes.
    """
    own = node.plan().place.url
    for url in (own, *sources):
        with suppress(LedgerError), RemoteLedger(url, node.folder) as ledger:
            ledger.checkpoint()
            # As long as nothing followed the last solo checkpoint that needs no header yet.
            fetch_trusted(url, own_trust(node), node.folder, or_kept=True).hold()
            return
    with DecidedStorage(node.folder, read_only=True) as storage:  # its log is still fetched
        own_copy = Ledger(storage)
        begin_here(node.folder / POLICY_FILE, node.rpc(), own_copy.identity.origin,
                   own_copy.head.size)


def _require_votes(home: Home) -> None:
    try:
        votes = json.loads((home.path / VOTES).read_bytes())
        sound = int(votes["height"]) >= 0 and {"round", "step"} <= votes.keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise Refused(
            "last-vote-lost", f"{home.path / VOTES} does not say what this node's key signed "
            "last: it might sign a second vote for one height.", basis=_BASIS,
            remedy="Never vote with this key again: join anew with a fresh one (muniment join), "
            "and let the members seat it.")


def _require_chain(home: Home, trusted: Trusted, given: str | None) -> dict[str, Any]:
    """Return the genesis of the header's chain: the node's own, or where it is damaged another."""
    document = _genesis(home) or (json.loads(given) if given is not None else None)
    if document is None:
        raise Malformed(
            "genesis-malformed", f"{home.path / GENESIS} is lost or damaged; the engine "
            "cannot begin without it.",
            basis=_BASIS, remedy="Let another office invite this node (muniment network invite), "
            "and rebuild by the invitation, which brings it.")
    chain = document["chain_id"]
    if chain != trusted.chain_id:
        raise Refused("other-network", f"The header is of chain {trusted.chain_id}, the node of "
                      f"{chain}.", basis=_BASIS, remedy="Take an invitation to its own network.")
    return document


def _genesis(home: Home) -> dict[str, Any] | None:
    """Return the engine's genesis; None if it is lost or damaged."""
    try:
        document: dict[str, Any] = json.loads((home.path / GENESIS).read_bytes())
        return document if isinstance(document["chain_id"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _put_aside(node: Node, *, discard: bool) -> None:
    """Move or remove ledger, snapshots and the engine's data, but for the record of votes."""
    votes = node.home.path / VOTES
    data = votes.parent
    gone = [*node.folder.glob(f"{FILE_NAME}*"), node.folder / SNAPSHOTS,
            *(path for path in data.iterdir() if path != votes)]
    aside = node.folder / DAMAGED / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for path in gone:
        if not path.exists():
            continue
        if not discard:
            kept = aside / path.relative_to(node.folder)
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.rename(kept)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _serving(given: Sequence[str], sources: Sequence[str]) -> tuple[str, ...]:
    """Return arguments of `serve` that fetch the log from these sources and no others."""
    kept = [one for at, one in enumerate(given)
            if one != _FETCH and (at == 0 or given[at - 1] != _FETCH)]
    return (*kept, *(word for url in sources for word in (_FETCH, url)))
