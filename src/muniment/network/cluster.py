"""A network whose nodes all run on this machine: to try it, to break it, to mend it.

`network.json` in its directory says which offices take part and how they are connected; each
office's node is the folder of its code in small letters. Whatever else is known is asked of the
processes and engines themselves.
"""

import json
import shutil
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from muniment.network.fiction import fictional, gather
from muniment.network.finding import readable
from muniment.network.home import Home
from muniment.network.install import DEFAULT_LINE, find
from muniment.network.links import KINDS, Links
from muniment.network.node import NODE_FILE, Node, Plan
from muniment.network.process import is_stopped
from muniment.network.roll_call import LOOK_BACK, signed_lately
from muniment.network.trust import extend_policy
from muniment.node.edition import announced
from muniment.node.solo import POLICY_FILE
from muniment.node.wallet import read_private, write_private
from muniment.proof.errors import AlreadyThere, LedgerError, Malformed, NotFound, Refused
from muniment.storage.sqlite import FILE_NAME

NETWORK_FILE = "network.json"
BREAKS = ("kill", "pause", "cut", "skew")
SKEW_SECONDS = 300
"""Its votes come from the future; the median of all votes, which is a block's time, stays."""
_LOOK_SECONDS = 0.2
_ON_ITS_WAY = ("stopped", "starting", "catching up")
SETTLE_SECONDS = 30.0
"""How long to wait for nodes to run again once they are started."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What `network.json` holds."""

    offices: tuple[str, ...]
    links: str
    ports: tuple[int, ...]
    line: str
    initial_height: int
    chain_id: str


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """How one office's node does."""

    office: str
    state: str
    """running, catching up, starting, paused, cut off, stopped, or how wrong its clock is."""
    url: str
    height: int | None = None
    app_hash: str | None = None
    """The hash that the last block bears: of the ledger after the block before it."""
    peers: int | None = None
    power: int | None = None
    last_signed: int | None = None
    """The last height whose commit holds its signature, if it is one of the last ten."""
    waiting: int | None = None
    """Envelopes that wait in its mempool."""


class Cluster:
    """A network on this machine.

    Args:
        folder: Its directory, with `network.json`.

    Raises:
        NotFound: There is no network.
        Malformed: Its file says nothing of use.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / NETWORK_FILE
        if not path.exists():
            raise NotFound("network-not-found", f"{folder} holds no network of this machine.",
                           basis="docs/network.md", remedy=_instead(folder))
        try:
            plain = read_private(path)
            self.settings = Settings(**{
                **plain, "offices": tuple(plain["offices"]), "ports": tuple(plain["ports"])})
            count = len(self.settings.offices)
            self.links: Links = KINDS[self.settings.links](folder, count, self.settings.ports)
        except (KeyError, TypeError) as error:
            raise Malformed("network-malformed", f"{path}: {error}.") from None
        self.nodes = {office: Node(folder / office.lower()) for office in self.settings.offices}

    @classmethod
    def make(
        cls, folder: Path, offices: int, *, links: str = "relays", line: str = DEFAULT_LINE,
        profile: str = "lan", progress: Progress = lambda _: None,
    ) -> "Cluster":
        """Found a network of fictional offices.

        Args:
            folder: Its directory; it must not exist, or be empty.
            offices: How many take part.
            links: `relays`, `namespaces` or `direct`: how the nodes reach each other.
            line: The line of the engine.
            profile: `lan` or `wan`: the engine's settings.
            progress: Told what is done now.

        Raises:
            AlreadyThere: The directory is not empty.
            NotFound: No engine is installed.
            Malformed: There are not so many offices.
        """
        find(line)
        codes = fictional(offices)
        if links not in KINDS:
            raise Malformed("links-unknown", f"{links!r} is no kind of link.",
                            remedy=f"One of {', '.join(KINDS)}")
        if folder.exists() and any(folder.iterdir()):
            raise AlreadyThere("directory-not-empty", f"{folder} is not empty.",
                           basis="docs/network.md", remedy=_instead(folder) if any(
                               (folder / one).exists() for one in (NODE_FILE, FILE_NAME))
                           else "Name another directory.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            settings = _found(folder, codes, links, line, profile, progress)
        except BaseException:  # what is half founded is of no use, and would bar the next try
            shutil.rmtree(folder, ignore_errors=True)
            raise
        write_private(folder / NETWORK_FILE, json.dumps(asdict(settings), indent=1).encode())
        return cls(folder)

    def up(self, progress: Progress = lambda _: None, seconds: float = 60.0) -> None:
        """Start what does not run, and wait until each node has the first block.

        Raises:
            Busy: A node is not ready in time.
        """
        self.links.up()
        for office, node in self.nodes.items():
            if node.supervisor.pid() is None:
                progress(f"starting {office}")
                node.start()
        for office, node in self.nodes.items():
            progress(f"waiting for {office}")
            node.await_ready(self.settings.initial_height, seconds)
            extend_policy(node.folder / POLICY_FILE, node.rpc(), self.settings.initial_height)
        progress("waiting until each is abreast of the others")
        self.settle(list(self.nodes))

    def settle(self, offices: Collection[str], seconds: float = SETTLE_SECONDS) -> bool:
        """Wait a while until nodes that were started are abreast and connected; return if they are.

        Args:
            offices: Whose nodes.
            seconds: How long; without two thirds of the others a node may wait for ever.
        """
        end = time.monotonic() + seconds
        while True:
            rows = [row for row in self.status() if row.office in offices]
            if not any(row.state in _ON_ITS_WAY or (
                    row.state == "running" and not row.peers and len(self.nodes) > 1)
                       for row in rows):
                return True
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK_SECONDS)

    def down(self, progress: Progress = lambda _: None) -> None:
        """Stop every node, and remove the links."""
        for node in self.nodes.values():
            node.go_on()
            node.supervisor.signal(15)
        for office, node in self.nodes.items():
            progress(f"stopping {office}")
            node.stop()
        self.links.down()

    def node(self, office: str) -> Node:
        """Return an office's node.

        Raises:
            NotFound: It takes no part.
        """
        if office.upper() not in self.nodes:
            raise NotFound("office-not-here", f"{office} has no node in {self.folder}.",
                           remedy=f"One of {', '.join(self.nodes)}")
        return self.nodes[office.upper()]

    def break_(self, office: str, how: str, seconds: int = SKEW_SECONDS) -> None:
        """Break a node.

        Args:
            office: Whose node.
            how: `kill` its processes, `pause` them, `cut` it off from the others, or `skew` its
                engine's clock.
            seconds: By how much the clock is set wrong.

        Raises:
            NotFound: There is no such node, or no such way, or no engine to skew.
            Refused: It does not run, or cannot be cut off.
        """
        node = self.node(office)
        if how not in BREAKS:
            raise NotFound("no-such-break", f"There is no way {how!r} to break a node.",
                           remedy=f"One of {', '.join(BREAKS)}")
        if not node.runs():
            raise Refused("node-not-running", f"The node of {office.upper()} does not run.",
                          remedy="muniment network heal")
        if how == "kill":
            node.kill()
        elif how == "pause":
            node.pause()
        elif how == "skew":
            node.skew(seconds)
        else:
            self.links.cut(self._at(office))

    def heal(self, office: str | None = None) -> list[str]:
        """Mend what is broken, and wait a while until it runs; return the offices whose node was.

        Args:
            office: Only this office's node; all by default.
        """
        self.links.up()
        healed = []
        for code in [self.node(office).plan().office] if office else list(self.nodes):
            node, at = self.nodes[code], self._at(code)
            broken = False
            if self.links.is_cut(at):
                self.links.heal(at)
                broken = True
            if self._is_paused(node):
                node.go_on()
                broken = True
            if node.skewed_by():
                node.skew(0)
                broken = True
            if node.supervisor.pid() is None:
                node.stop()
                node.start()
                broken = True
            if broken:
                healed.append(code)
        self.settle(healed)
        return healed

    def status(self) -> list[NodeStatus]:
        """Return how each node does."""
        asked = {office: self._ask(office) for office in self.nodes}
        signed = self._signed([told for told in asked.values() if told])
        return [self._status(office, told, signed) for office, told in asked.items()]

    def announced(self) -> str:
        """Return what edition is to begin, in one sentence; empty if none is, or nobody knows."""
        for node in self.nodes.values():
            register = readable(node.folder)
            if register is not None:
                with register:
                    coming = announced(register.ledger.state)
                return "" if coming is None else coming.text()
        return ""

    @staticmethod
    def agree(rows: Sequence[NodeStatus]) -> bool:
        """Return whether every node runs, and those at one height bear one app hash."""
        hashes = {(row.height, row.app_hash) for row in rows}
        return all(row.state == "running" for row in rows) and (
            len(hashes) == len({row.height for row in rows}))

    def _at(self, office: str) -> int:
        return self.settings.offices.index(office.upper())

    def _ask(self, office: str) -> dict[str, Any] | None:
        """Return what an engine says of itself, None if it says nothing."""
        node = self.nodes[office]
        if node.engine.pid() is None or self._is_paused(node):
            return None
        rpc = node.rpc(timeout=2.0)
        try:
            return {**rpc.call("status"), "peers": rpc.call("net_info")["n_peers"], "rpc": rpc,
                    "waiting": rpc.call("num_unconfirmed_txs")["total"]}
        except LedgerError:
            return None

    def _status(
        self, office: str, told: dict[str, Any] | None, signed: dict[str, int]
    ) -> NodeStatus:
        node = self.nodes[office]
        state, url = self._state(office, told), node.plan().place.url
        if told is None:
            return NodeStatus(office, state, url)
        sync, own = told["sync_info"], told["validator_info"]
        return NodeStatus(
            office, state, url, height=int(sync["latest_block_height"]),
            app_hash=sync["latest_app_hash"].lower(), peers=int(told["peers"]),
            power=int(own["voting_power"]), last_signed=signed.get(own["address"].lower()),
            waiting=int(told["waiting"]))

    def _state(self, office: str, told: dict[str, Any] | None) -> str:
        node = self.nodes[office]
        if not node.runs():
            return "stopped"
        if self._is_paused(node):
            return "paused"
        if self.links.is_cut(self._at(office)):
            return "cut off"
        if node.skewed_by():
            return f"clock {node.skewed_by():+d} s"
        if told is None:
            return "starting"
        return "catching up" if told["sync_info"]["catching_up"] else "running"

    def _signed(self, told: Sequence[dict[str, Any]]) -> dict[str, int]:
        """Return the last height that each validator signed, by address, among the last few.

        The newest commit that a node shows ends with the vote that made two thirds, or with its
        own: of the last block each is asked for its own vote.
        """
        if not told:
            return {}
        own = {one["validator_info"]["address"].lower(): one for one in told}
        signed = {}
        for address, one in own.items():
            top = _top(one)
            if address in signed_lately(one["rpc"], top, top - 1, {address}):
                signed[address] = top
        best = max(told, key=_top)
        last = max(_top(best) - LOOK_BACK, self.settings.initial_height - 1)
        before = signed_lately(best["rpc"], _top(best), last, own.keys() - signed.keys())
        return {**before, **signed}

    @staticmethod
    def _is_paused(node: Node) -> bool:
        pid = node.engine.pid() or node.application.pid()
        return pid is not None and is_stopped(pid)


def _instead(folder: Path) -> str:
    """Return what to do where a folder holds no network of this machine."""
    if (folder / NODE_FILE).exists():
        return (f"It is one office's node: muniment network status {folder}, muniment node stop "
                f"{folder}")
    if (folder / FILE_NAME).exists():
        return f"It is a ledger: muniment network promote {folder} makes it a network's first node"
    return f"muniment network up --offices 4 {folder}"


def _top(told: dict[str, Any]) -> int:
    return int(told["sync_info"]["latest_block_height"])


def _found(
    folder: Path, codes: Sequence[str], links: str, line: str, profile: str, progress: Progress
) -> Settings:
    """Found the ledger, and write each node's directory."""
    count = len(codes)
    made = KINDS[links](folder, count)
    nodes = [Node(folder / code.lower()) for code in codes]
    homes = [Home(folder / f".{code}.keys") for code in codes]
    for home in homes:
        home.make_keys()
    genesis = gather([node.folder for node in nodes], homes, progress)
    ids = [home.node_id() for home in homes]
    for at, (code, node) in enumerate(zip(codes, nodes, strict=True)):
        homes[at].path.rename(node.home.path)
        plan = Plan(code, made.places()[at], line, made.within(at))
        node.write_plan(plan)
        node.home.write_genesis(genesis.document())
        node.home.configure(
            name=code, place=plan.place, application=node.address(), profile=profile,
            peers=[f"{ids[peer]}@{made.dialled(at, peer)}" for peer in range(count) if peer != at])
    return Settings(tuple(codes), links, tuple(made.ports), line, genesis.initial_height,
                    genesis.chain_id)
