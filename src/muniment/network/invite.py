"""Invitations: how a new office's node finds a network and lets itself be believed in.

- The office that invites makes the key by which peers will know the new node, and lets that key in
  for a while: so one command on each side is enough. The invitation is a secret until it is used.
- It names a header of the network. The new node fetches the state of a later block and believes it
  only as far as validators signed from that header on. So the one thing to compare, by telephone,
  is the fingerprint. It is over all of the invitation: the trust policy that the new node keeps,
  and whom it asks, no less than ledger, chain, header and rules.
"""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from muniment.codec import Digest, Natural, Record, decoder, encode
from muniment.editions import rules_of
from muniment.model.validator import address_of, validators
from muniment.network.guests import let_in
from muniment.network.home import Home, Place, state_sync
from muniment.network.install import find, release_of
from muniment.network.light_block import read_header
from muniment.network.node import Node, Plan
from muniment.network.queries import FILTER
from muniment.network.remote_ledger import RemoteLedger
from muniment.network.rpc import Rpc
from muniment.network.snapshots import make as make_snapshot
from muniment.network.trust import begun_at, extend_policy
from muniment.network.trusted_header import fetch_trusted
from muniment.node.policy import write_policy
from muniment.node.promotion import EVIDENCE_SECONDS
from muniment.node.solo import POLICY_FILE
from muniment.node.wallet import write_private
from muniment.proof.attestation import TrustPolicy
from muniment.proof.crypto import PrivateKey, b64, sha256, unb64
from muniment.proof.engine_bytes import is_chain_id
from muniment.proof.errors import (
    AlreadyThere,
    Busy,
    Fault,
    LedgerError,
    Malformed,
    OutOfTurn,
    Refused,
)
from muniment.proof.history import Trusted
from muniment.vault.vault import make_vault_key

FORMAT: Literal["muniment/invitation/v1"] = "muniment/invitation/v1"
LIFE_SECONDS = 7 * 86_400
BEHIND = 2
"""Blocks between the header named and the newest: the state of a later one must be there."""
PATIENCE_SECONDS = 200.0
"""How long the first blocks of a network are awaited; an idle one makes few."""
_GROUPS, _GROUP_DIGITS = 6, 5
_HASH, _NODE = re.compile(r"[0-9A-F]{64}"), re.compile(r"[0-9a-f]{40}")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,253}")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_URL = re.compile(r"[!-+\--~]{1,2000}")
"""Printable ASCII without a comma: the engine's settings divide addresses by commas."""


class Invitation(Record, frozen=True, kw_only=True):
    """What one office hands to another."""

    chain_id: str
    """The chain."""
    edition: str
    """The name of the rules in force."""
    edition_hash: Digest
    """The hash of their lock."""
    format: Literal["muniment/invitation/v1"]
    """The format."""
    genesis: str
    """The engine's genesis, as JSON text."""
    header: str
    """The hash of the header at `height`, in hexadecimal capitals."""
    height: Natural
    """The height of the header from which the new node trusts."""
    host: str
    """Where the inviting node's engine is reached by its peers, `host:port`."""
    line: str
    """The line of the engine: nodes of two lines do not agree on the time of a block."""
    node: str
    """The id of the inviting node."""
    node_key: Digest
    """The seed of the key by which peers know the new node."""
    office: str
    """The office that invites."""
    origin: str
    """The origin of the ledger's checkpoints."""
    policy: str
    """The inviting office's trust policy."""
    rpc: str
    """Where the inviting node answers questions, `http://host:port`."""
    until: Natural
    """Until when the new node is let in, in UTC seconds."""

    @property
    def trusted(self) -> Trusted:
        """The header from which the new node trusts."""
        return Trusted(self.chain_id, self.height, bytes.fromhex(self.header), EVIDENCE_SECONDS)

    def fingerprint(self) -> str:
        """Return thirty digits over the whole invitation, as it is written."""
        number = int.from_bytes(sha256(encode(self)), "big")
        digits = f"{number % 10 ** (_GROUPS * _GROUP_DIGITS):0{_GROUPS * _GROUP_DIGITS}}"
        return " ".join(digits[at : at + _GROUP_DIGITS]
                        for at in range(0, len(digits), _GROUP_DIGITS))


_decode = decoder(Invitation)


def invite(
    node: Node, *, host: str | None = None, rpc: str | None = None,
    now: Callable[[], float] = time.time, progress: Callable[[str], None] = lambda _: None,
) -> Invitation:
    """Return an invitation to the network of a node, and let the invited node in.

    A network that was founded just now has few blocks: they are awaited.

    Args:
        node: The inviting office's node; it must run.
        host: `host:port` at which others reach its engine, if not where it listens.
        rpc: URL at which others reach its RPC, if not where it listens.
        now: Returns the time in UTC seconds.
        progress: Told what is awaited.

    Raises:
        Busy: The node does not answer, or the network decides too few blocks.
    """
    plan = node.plan()
    asked = node.rpc()
    genesis = asked.call("genesis")["genesis"]
    height = _await_blocks(asked, int(genesis["initial_height"]), progress)
    header = read_header(asked, height)
    rules, size = _rules(node)
    trusted = Trusted(header.chain_id, height, header.digest(), EVIDENCE_SECONDS)
    policy = extend_policy(node.folder / POLICY_FILE, asked, int(genesis["initial_height"]))
    key = PrivateKey.generate("Ed25519")
    until = int(now()) + LIFE_SECONDS
    made = Invitation(
        format=FORMAT, chain_id=header.chain_id, edition=rules["edition"],
        edition_hash=rules["hash"],
        genesis=json.dumps(genesis, sort_keys=True), header=header.digest().hex().upper(),
        height=height, host=host or f"{plan.place.host}:{plan.place.p2p_port}",
        line=plan.line, node=node.home.node_id(), node_key=key.jwk()["d"], office=plan.office,
        origin=rules["origin"], policy=begun_at(policy.text(), rules["origin"], size, trusted),
        rpc=rpc or plan.place.url, until=until,
    )
    let_in(node.folder, guest_id(made), until)
    make_snapshot(node.folder)
    return made


def _await_blocks(asked: Rpc, first: int, progress: Callable[[str], None]) -> int:
    """Return the height of the header to name, once the blocks after it are there."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        height = int(asked.call("status")["sync_info"]["latest_block_height"]) - BEHIND
        if height >= first:
            return height
        if time.monotonic() > end:
            raise Busy(
                "chain-too-short", f"The network stands at block {height + BEHIND}, and can be "
                f"joined from block {first + BEHIND} on; none came in {PATIENCE_SECONDS:.0f} s.",
                basis="docs/network.md", remedy="See whether more than two thirds of the power "
                "run: muniment network status DIR")
        progress(f"waiting for block {first + BEHIND}: one comes by itself every ten seconds, or "
                 "every minute by the profile wan")
        time.sleep(0.3)


def _rules(node: Node) -> tuple[dict[str, str], int]:
    """Return the rules in force and the origin of a node's ledger, and the size of its log."""
    with RemoteLedger(node.plan().place.url) as ledger:
        rules = ledger.engine.rules
        return {"edition": rules.edition, "hash": rules.hash,
                "origin": ledger.identity.origin}, ledger.head.size


def guest_id(invitation: Invitation) -> str:
    """Return the id of the node that is invited."""
    return address_of(b64(_node_key(invitation).public.raw()))


def _node_key(invitation: Invitation) -> PrivateKey:
    return PrivateKey.from_seed(unb64(invitation.node_key, 32))


def read_invitation(data: bytes, now: Callable[[], float] = time.time) -> Invitation:
    """Return the invitation of a file.

    Raises:
        Malformed: The file is none.
        OutOfTurn: It is over.
        Fault: This code has other rules than the network.
    """
    try:
        made: Invitation = _decode(data.rstrip(b"\n"))
        unb64(made.node_key, 32)
        release_of(made.line)
        whole = _is_whole(made, json.loads(made.genesis))
    except (LedgerError, ValueError, RecursionError):
        whole = False
    if not whole:
        raise Malformed("invitation-malformed", "The file is no invitation.",
                        basis="docs/network.md", remedy="Ask for it again.")
    if made.until < now():
        raise OutOfTurn("invitation-over", "The invitation is over.", basis="docs/network.md",
                        remedy="Ask for a new one: muniment network invite")
    if rules_of(made.edition).hash != made.edition_hash:
        raise Fault(f"This code has another edition {made.edition} than the network: install the "
                    "network's version.")
    return made


def _is_whole(made: Invitation, genesis: object) -> bool:
    """Return whether each member can be what it is for; some go into the engine's settings."""
    host, _, port = made.host.rpartition(":")
    asked = urlsplit(made.rpc)
    return (
        is_chain_id(made.chain_id)
        and isinstance(genesis, dict) and genesis.get("chain_id", made.chain_id) == made.chain_id
        and made.height > 0
        and _HASH.fullmatch(made.header) is not None
        and _NODE.fullmatch(made.node) is not None
        and _HOST.fullmatch(host) is not None and _PORT.fullmatch(port) is not None
        and asked.scheme in {"http", "https"} and _HOST.fullmatch(asked.hostname or "") is not None
        and _URL.fullmatch(made.rpc) is not None
        and _names_network(made)
    )


def _names_network(made: Invitation) -> bool:
    """Return whether the policy trusts the network's validators: a node that joins has no other."""
    return any(
        rule.origin == made.origin and rule.last is None and rule.trusted is not None
        and rule.trusted.chain_id == made.chain_id
        for rule in TrustPolicy.parse(made.policy).rules
    )


def write_invitation(invitation: Invitation, path: Path) -> None:
    """Write an invitation to a file that only its owner reads."""
    write_private(path, encode(invitation) + b"\n")


def join(
    invitation: Invitation, folder: Path, name: str, place: Place, *, profile: str = "lan"
) -> Node:
    """Make the directory of a node that joins, once the inviting node answers for it.

    Args:
        invitation: The invitation.
        folder: The node's directory; it must not exist, or be empty.
        name: What the node is called: the office's code.
        place: Where its engine listens.
        profile: `lan` or `wan`.

    Raises:
        NotFound: The directory is not empty, or the network's line of the engine not installed.
        Busy: The inviting node cannot be asked.
        Refused: The invitation was used, or its node is not let in.
        VerificationError: The inviting node has another header than the invitation.
    """
    _require_room(invitation, folder)
    _require_unused(invitation)
    header = fetch_trusted(invitation.rpc, invitation.trusted, folder)
    node = prepare(invitation, folder, name, place, profile=profile)
    header.hold()
    return node


def _require_room(invitation: Invitation, folder: Path) -> None:
    find(invitation.line)
    if folder.exists() and any(folder.iterdir()):
        raise AlreadyThere("directory-not-empty", f"{folder} is not empty.",
                       remedy="Name another directory.")


def prepare(
    invitation: Invitation, folder: Path, name: str, place: Place, *, profile: str = "lan"
) -> Node:
    """Make the directory of a node that joins; its engine fetches the state when it starts.

    Args:
        invitation: The invitation.
        folder: The node's directory; it must not exist, or be empty.
        name: What the node is called: the office's code.
        place: Where its engine listens.
        profile: `lan` or `wan`.

    Raises:
        NotFound: The directory is not empty, or the network's line of the engine not installed.
    """
    _require_room(invitation, folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_vault_key(folder)
    node = Node(folder)
    node.home.make_keys(node=_node_key(invitation))
    node.home.write_genesis(json.loads(invitation.genesis))
    _configure(node.home, invitation, name, place, node.address(), profile)
    node.write_plan(Plan(name, place, invitation.line, serve=("--fetch-from", invitation.rpc)))
    write_policy(folder / POLICY_FILE, invitation.policy)
    return node


def _require_unused(invitation: Invitation) -> None:
    """Require that the inviting node lets in the invited one, and nobody has come in its name.

    The engine says nothing of it: whoever is not let in would dial for ever.
    """
    guest, rpc = guest_id(invitation), Rpc(invitation.rpc)
    try:
        connected = {one["node_info"]["id"] for one in rpc.call("net_info")["peers"]}
        answer = rpc.call("abci_query", path=f"{FILTER}id/{guest}", data="", height=0, prove=False)
        let = not answer["response"]["code"]
        with RemoteLedger(invitation.rpc) as ledger:
            enrolled = {one.node for one in validators(ledger.state).values()}
    except (Refused, KeyError, TypeError):  # a front that shows less: the engine will see
        return
    finally:
        rpc.close()
    if guest in connected | enrolled:
        raise Refused(
            "invitation-used", f"A node with the key of this invitation is "
            f"{'connected' if guest in connected else 'enrolled'} already.",
            basis="docs/network.md", remedy="One invitation is for one node: ask for another. If "
            "it is your own, begun before, end that first: muniment node stop DIR")
    if not let:
        raise Refused(
            "guest-not-let-in", f"The node of {invitation.office} does not let this one in.",
            basis="docs/network.md", remedy="Ask for another invitation: muniment network invite")


def _configure(
    home: Home, invitation: Invitation, name: str, place: Place, application: str, profile: str
) -> None:
    home.configure(
        name=name, place=place, application=application, profile=profile,
        peers=[f"{invitation.node}@{invitation.host}"],
        settings={"statesync": state_sync(
            [invitation.rpc], invitation.height, invitation.header)})
