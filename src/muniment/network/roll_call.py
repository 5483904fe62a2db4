"""Who votes in a network, as one of its nodes sees it: what a member sees of the others.

Nothing here is proven: it is for whoever looks after a node, of whom the node is his own.
"""

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from muniment.model.validator import address_of, validators
from muniment.network.light_block import Responder, read_validators
from muniment.network.logs import last_complaint
from muniment.network.node import Node
from muniment.network.remote_ledger import RemoteLedger
from muniment.network.rpc import Rpc
from muniment.node.edition import announced
from muniment.proof.crypto import b64
from muniment.proof.errors import Busy, LedgerError

LOOK_BACK = 10
"""Blocks in whose commits a vote is looked for."""
STILL_SECONDS = 150
"""An idle network makes a block a minute at the slowest; so long without one, and it stands still.
"""
_VOTED = 2
"""A signature of this kind is a vote for the block (BlockIDFlag)."""


@dataclass(frozen=True, slots=True)
class Voter:
    """A validator, or an observer whose node is enrolled."""

    office: str
    """Whose it is; a question mark if the ledger does not say."""
    power: int
    """Its power by the engine's set of validators."""
    last_signed: int | None
    """The last height whose commit holds its signature, if it is one of the last ten."""
    is_connected: bool
    """Whether the node that was asked is connected to it, or is it."""
    node: str
    """The node's id."""
    address: str
    """The address of its engine key."""


@dataclass(frozen=True, slots=True)
class RollCall:
    """A network as one node sees it."""

    chain_id: str
    """The chain."""
    url: str
    """The node that was asked."""
    node: str
    """Its id."""
    height: int
    """Its last block."""
    age: int
    """How old that is by this machine's clock, in seconds."""
    is_catching_up: bool
    """Whether it fetches old blocks."""
    peers: int
    """How many nodes it is connected to."""
    voters: tuple[Voter, ...]
    """Validators and observers, the most powerful first."""
    announced: str
    """What edition is to begin, in one sentence; empty if none is."""

    @property
    def total(self) -> int:
        """The power of all validators."""
        return sum(one.power for one in self.voters)

    @property
    def voted(self) -> int:
        """The power of those that signed one of the last ten blocks."""
        return sum(one.power for one in self.voters if one.last_signed is not None)

    @property
    def stands_still(self) -> bool:
        """Whether no block was decided for longer than an idle network takes."""
        return self.age > STILL_SECONDS

    @property
    def is_well(self) -> bool:
        """Whether the node is abreast, blocks are decided, and every validator votes."""
        return not self.is_catching_up and not self.stands_still and 0 < self.voted == self.total


def call_roll(rpc: Rpc) -> RollCall:
    """Return a network as a node sees it.

    Raises:
        Busy: The node cannot be reached.
        VerificationError: It answers something else.
    """
    status = rpc.call("status")
    peers = {one["node_info"]["id"] for one in rpc.call("net_info")["peers"]}
    sync, own = status["sync_info"], status["node_info"]
    height = int(sync["latest_block_height"])
    there = {own["id"], *peers}
    age = int(time.time()) - _seconds(sync["latest_block_time"]) if height else 0
    enrolled, coming = _ledger(rpc) if height else ({}, "")
    voters = _voters(rpc, sync, there, enrolled) if height else ()
    return RollCall(
        own["network"], rpc.url, own["id"], height, max(age, 0), bool(sync["catching_up"]),
        len(peers), tuple(sorted(voters, key=lambda one: (-one.power, one.office))), coming)


def _ledger(rpc: Rpc) -> tuple[dict[str, tuple[str, str]], str]:
    """Return office and node of each enrolled key by its address; and an announced edition."""
    with suppress(LedgerError), RemoteLedger(rpc.url) as ledger:
        coming = announced(ledger.state)
        return {address_of(one.key): (office, one.node) for office, one in validators(
            ledger.state).items()}, "" if coming is None else coming.text()
    return {}, ""


def _voters(
    rpc: Rpc, sync: dict[str, Any], there: Collection[str], enrolled: dict[str, tuple[str, str]]
) -> Iterator[Voter]:
    height, earliest = (int(sync[f"{name}_block_height"]) for name in ("latest", "earliest"))
    powers = {address_of(b64(key)): power for key, power in read_validators(rpc, height).items()}
    signed = signed_lately(rpc, height, max(height - LOOK_BACK, earliest - 1), powers)
    for address in {**powers, **enrolled}:
        office, node = enrolled.get(address, ("?", ""))
        yield Voter(office, powers.get(address, 0), signed.get(address), node in there, node,
                    address)


def own_rpc(node: Node) -> Rpc:
    """Return the RPC of a node on this machine, once its engine answers.

    Raises:
        Busy: The node does not run, or its engine does not answer.
    """
    if not node.runs():
        raise Busy("node-not-running", f"The node in {node.folder} does not run.",
                   basis="docs/network.md",
                   remedy=f"muniment node start {node.folder}, or your service manager")
    rpc = node.rpc()
    try:
        rpc.call("status")
    except Busy:
        raise Busy("node-not-ready", f"The engine of {node.folder} does not answer. It says last: "
                   f"{last_complaint(node.engine.tail())}", basis="docs/network.md",
                   remedy=f"Wait while it starts; then muniment doctor {node.folder}") from None
    return rpc


def signed_lately(
    rpc: Responder, top: int, bottom: int, wanted: Collection[str]
) -> dict[str, int]:
    """Return the last height that each validator signed, by address in small letters.

    Args:
        rpc: The node that is asked for commits.
        top: The height to begin at.
        bottom: The height before which to end.
        wanted: Addresses; once all are found nothing further is asked.
    """
    signed: dict[str, int] = {}
    for height in range(top, bottom, -1):
        try:
            votes = rpc.call("commit", height=height)["signed_header"]["commit"]["signatures"]
        except LedgerError:
            break
        for vote in votes:
            if vote["block_id_flag"] == _VOTED:
                signed.setdefault(vote["validator_address"].lower(), height)
        if set(wanted) <= signed.keys():
            break
    return signed


def _seconds(time_text: str) -> int:
    return int(datetime.fromisoformat(time_text[:19]).replace(tzinfo=UTC).timestamp())
