"""How the engines of nodes on one machine reach each other, so that one can be cut off.

- `Namespaces`: each engine in a network namespace of its own, on a bridge. When one is
  cut off its packets vanish, as they do when a cable is cut. It needs root.
- `Relays`: each node dials the others through a relay of ours on the loopback interface. Cutting
  closes its connections and takes no new ones. It needs nothing, and costs some of the processor.
- `Direct`: the loopback interface alone; nothing can be cut.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from muniment.network.home import Place
from muniment.network.process import Process
from muniment.node.wallet import read_private, write_private
from muniment.proof.errors import LedgerError, Refused

P2P_PORT, RPC_PORT = 26656, 26657
RELAYS_FILE = "relays.json"
_LOOPBACK = "127.0.0.1"
_CHUNK = 256 * 1024


class Links(Protocol):
    """How nodes reach each other."""

    def places(self) -> Sequence[Place]:
        """Return where each node's engine listens."""

    def dialled(self, dialler: int, peer: int) -> str:
        """Return the `host:port` by which one node reaches another."""

    def within(self, node: int) -> tuple[str, ...]:
        """Return the command within which a node's engine is started."""

    def up(self) -> None:
        """Make the links; what stands already is kept."""

    def cut(self, node: int) -> None:
        """Cut a node off from all others."""

    def heal(self, node: int) -> None:
        """Connect it again."""

    def is_cut(self, node: int) -> bool:
        """Return whether it is cut off."""

    def down(self) -> None:
        """Remove the links."""


class Direct:
    """The loopback interface alone."""

    kind = "direct"

    def __init__(self, folder: Path, count: int, ports: Sequence[int] = ()) -> None:
        given = list(ports) or free_ports(2 * count)
        self.ports = given
        self._places = [Place(_LOOPBACK, given[2 * at], given[2 * at + 1]) for at in range(count)]

    def places(self) -> Sequence[Place]:
        """Return where each node's engine listens."""
        return self._places

    def dialled(self, dialler: int, peer: int) -> str:
        """Return where the peer listens."""
        return f"{_LOOPBACK}:{self._places[peer].p2p_port}"

    def within(self, node: int) -> tuple[str, ...]:
        """Return nothing: the engine is started as it is."""
        return ()

    def up(self) -> None:
        """Do nothing."""

    def cut(self, node: int) -> None:
        """Refuse.

        Raises:
            Refused: Always.
        """
        raise Refused("not-cuttable", "The nodes of this network are connected directly.",
                      remedy="Make it with --links relays, or as root with --links namespaces")

    def heal(self, node: int) -> None:
        """Do nothing."""

    def is_cut(self, node: int) -> bool:
        """Return False."""
        return False

    def down(self) -> None:
        """Do nothing."""


class Relays(Direct):
    """A relay for each link, all in one process; `relays.json` says where, and who is cut off."""

    kind = "relays"

    def __init__(self, folder: Path, count: int, ports: Sequence[int] = ()) -> None:
        super().__init__(folder, count, ports[:2 * count])
        pairs = [(one, other) for one in range(count) for other in range(count) if one != other]
        more = list(ports[2 * count:]) or free_ports(len(pairs))
        self.ports = [*self.ports, *more]
        self._relays = dict(zip(pairs, more, strict=True))
        self._file = folder / RELAYS_FILE
        self._process = Process(folder, "relays")

    def dialled(self, dialler: int, peer: int) -> str:
        """Return where the relay of this link listens."""
        return f"{_LOOPBACK}:{self._relays[dialler, peer]}"

    def up(self) -> None:
        """Start the relays."""
        if self._process.pid() is None:
            self._write([])
            self._process.start([sys.executable, "-m", "muniment.network.links", str(self._file)])

    def cut(self, node: int) -> None:
        """Close its links."""
        self._write(sorted({*self._cut(), node}))

    def heal(self, node: int) -> None:
        """Open its links."""
        self._write([one for one in self._cut() if one != node])

    def is_cut(self, node: int) -> bool:
        """Return whether its links are closed."""
        return node in self._cut()

    def down(self) -> None:
        """End the relays."""
        self._process.stop()
        self._file.unlink(missing_ok=True)

    def _cut(self) -> list[int]:
        return list(read_private(self._file)["cut"]) if self._file.exists() else []

    def _write(self, cut: list[int]) -> None:
        links = [[one, other, port, self._places[other].p2p_port]
                 for (one, other), port in self._relays.items()]
        write_private(self._file, json.dumps({"cut": cut, "links": links}).encode())
        self._process.signal(signal.SIGHUP)


class Namespaces:
    """A network namespace for each engine, joined by a bridge; names come from the directory."""

    kind = "namespaces"

    def __init__(self, folder: Path, count: int, ports: Sequence[int] = ()) -> None:
        digest = sha256(os.fsencode(folder.resolve())).digest()
        self.ports: Sequence[int] = list(ports) or [1 + digest[0] % 250]
        self._net = f"10.77.{self.ports[0]}"
        self._count = count
        self._tag = digest[:4].hex()

    def places(self) -> Sequence[Place]:
        """Return where each node's engine listens, within its namespace."""
        hosts = map(self._host, range(self._count))
        return [Place(host, P2P_PORT, RPC_PORT, host) for host in hosts]

    def dialled(self, dialler: int, peer: int) -> str:
        """Return the peer's address on the bridge."""
        return f"{self._host(peer)}:{P2P_PORT}"

    def within(self, node: int) -> tuple[str, ...]:
        """Return the command that enters the node's namespace."""
        return ("ip", "netns", "exec", self._space(node))

    def up(self) -> None:
        """Make bridge, namespaces and the links between.

        Raises:
            LedgerError: It is not permitted here.
        """
        standing = {line.split(" ")[0] for line in _ip("netns", "list").splitlines()}
        if standing.issuperset(map(self._space, range(self._count))):
            return
        self.down()
        bridge = f"mb{self._tag}"
        try:
            _ip("link", "add", bridge, "type", "bridge")
            _ip("addr", "add", f"{self._net}.1/24", "dev", bridge)
            _ip("link", "set", bridge, "up")
            for node in range(self._count):
                space, link = self._space(node), self._link(node)
                _ip("netns", "add", space)
                _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
                _ip("link", "set", link, "master", bridge, "up")
                within = ("-n", space)
                _ip(*within, "addr", "add", f"{self._host(node)}/24", "dev", "eth0")
                _ip(*within, "link", "set", "eth0", "up")
                _ip(*within, "link", "set", "lo", "up")
        except LedgerError:
            self.down()
            raise

    def cut(self, node: int) -> None:
        """Send what goes between it and the others nowhere; its RPC is still reached from here."""
        _ip("-n", self._space(node), "route", "replace", "blackhole", self._mark())
        for one, other in self._pairs(node):
            _ip("-n", self._space(one), "route", "replace", "blackhole", self._host(other))

    def heal(self, node: int) -> None:
        """Let it reach the others again, but for those that are cut off themselves."""
        if self.is_cut(node):
            _ip("-n", self._space(node), "route", "del", "blackhole", self._mark())
        for one, other in self._pairs(node):
            if not self.is_cut(one) and not self.is_cut(other):
                with contextlib.suppress(LedgerError):
                    _ip("-n", self._space(one), "route", "del", "blackhole", self._host(other))

    def is_cut(self, node: int) -> bool:
        """Return whether it bears the mark of one that is cut off."""
        try:
            told = _ip("-n", self._space(node), "route", "show", "type", "blackhole")
        except LedgerError:
            return False
        return self._mark() in told

    def _pairs(self, node: int) -> list[tuple[int, int]]:
        others = [other for other in range(self._count) if other != node]
        return [(node, other) for other in others] + [(other, node) for other in others]

    def _host(self, node: int) -> str:
        return f"{self._net}.{10 + node}"

    def _mark(self) -> str:
        return f"{self._net}.254"

    def down(self) -> None:
        """Remove all of it."""
        for node in range(self._count):
            with contextlib.suppress(LedgerError):
                _ip("netns", "del", self._space(node))
        with contextlib.suppress(LedgerError):
            _ip("link", "del", f"mb{self._tag}")

    def _space(self, node: int) -> str:
        return f"muniment-{self._tag}-{node}"

    def _link(self, node: int) -> str:
        return f"mv{self._tag}{node}"


KINDS = {one.kind: one for one in (Direct, Relays, Namespaces)}


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((_LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _ip(*arguments: str) -> str:
    try:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True,  # noqa: S607
                              check=False)
    except OSError as error:
        raise LedgerError("namespaces-refused", f"ip: {error.strerror}",
                          remedy="Use --links relays") from None
    if done.returncode:
        raise LedgerError("namespaces-refused", f"ip {' '.join(arguments)}: {done.stderr.strip()}",
                          remedy="Run as root, or use --links relays")
    return done.stdout


class _Relay:
    """Copies what comes on one port to another, while neither end is cut off."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._cut: set[int] = set()
        self._open: set[tuple[int, int, asyncio.StreamWriter]] = set()

    def read(self) -> None:
        """Take over who is cut off, and close what is open to them."""
        self._cut = set(read_private(self._file)["cut"])
        for one, other, writer in list(self._open):
            if self._cut & {one, other}:
                writer.close()

    async def run(self) -> None:
        """Relay until SIGTERM."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, ended.set)
        loop.add_signal_handler(signal.SIGHUP, self.read)
        self.read()
        servers = [await asyncio.start_server(self._handler(one, other, target), _LOOPBACK, port)
                   for one, other, port, target in read_private(self._file)["links"]]
        await ended.wait()
        for server in servers:
            server.close()

    def _handler(
        self, one: int, other: int, target: int
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.closing(writer), contextlib.suppress(OSError):
                if self._cut & {one, other}:
                    return
                far_reader, far_writer = await asyncio.open_connection(_LOOPBACK, target)
                ends = {(one, other, writer), (one, other, far_writer)}
                self._open |= ends
                with contextlib.closing(far_writer):
                    await asyncio.wait(
                        {asyncio.create_task(_copy(reader, far_writer)),
                         asyncio.create_task(_copy(far_reader, writer))},
                        return_when=asyncio.FIRST_COMPLETED)
                self._open -= ends

        return relay


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


if __name__ == "__main__":
    asyncio.run(_Relay(Path(sys.argv[1])).run())
