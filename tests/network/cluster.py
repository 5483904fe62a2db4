"""Validators on this machine: real engines, real applications, a copy of one promoted ledger each.

The parts are those of every node (`home.py`, `process.py`); only here each part is started, ended
and told other settings by itself.
"""

import signal
import sys
import time
from pathlib import Path

from muniment.network.home import FOLDER, Home, Place, state_sync
from muniment.network.links import free_ports
from muniment.network.node import APPLICATION, ENGINE, SOCKET_FILE
from muniment.network.process import Process
from muniment.network.rpc import Rpc
from muniment.node.promotion import copy_ledger
from muniment.proof.errors import LedgerError

SETTINGS = {
    "": {"log_level": ("error", "what went wrong is looked for")},
    "consensus": {"create_empty_blocks_interval": ("0s", "a test says when there is a block")},
}


def wait_until(condition, seconds=90, what="it"):
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            if condition():
                return
        except LedgerError as error:
            last = error
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s ({last}) for {what}")


class Part(Process):
    """A process of a node, which a test ends in its own way."""

    @property
    def runs(self):
        return self.pid() is not None

    def end(self, number=signal.SIGTERM):
        self.kill() if number == signal.SIGKILL else self.stop()


class Validator:
    """One office's node: engine and application."""

    def __init__(self, binary, folder, place, options=()):
        self.binary, self.folder, self.place = binary, Path(folder), place
        self.home = Home(self.folder / FOLDER)
        self.engine, self.application = Part(self.folder, ENGINE), Part(self.folder, APPLICATION)
        self.socket = self.folder / SOCKET_FILE
        self.rpc = Rpc(place.url, timeout=5)
        self.serve = [sys.executable, "-m", "muniment.cli.main", "network", "serve",
                      str(self.folder), *options]

    @property
    def url(self):
        return self.rpc.url

    def configure(self, name, peers):
        self.home.configure(name=name, place=self.place, application=f"unix://{self.socket}",
                            peers=peers, settings=SETTINGS)

    def sync_from(self, nodes, height, digest):
        """Begin from a snapshot: what a light client needs, from a header that is trusted."""
        self.home.set_section("statesync", state_sync([one.url for one in nodes], height, digest))

    def start(self, **environment):
        self.start_application()
        self.start_engine(**environment)

    def start_application(self):
        self.launch_application()
        wait_until(lambda: self.socket.exists() and self.application.runs,
                   what=f"the application: {self.application.log}")

    def launch_application(self):
        self.socket.unlink(missing_ok=True)
        self.application.start(self.serve)

    def start_engine(self, **environment):
        self.engine.start([self.binary, "start", "--home", str(self.home.path)], environment)

    def dies(self, seconds):
        """Wait for the engine to die by itself; return whether it did."""
        end = time.monotonic() + seconds
        while self.engine.runs and time.monotonic() < end:
            time.sleep(0.02)
        return not self.engine.runs

    def stop(self, number=signal.SIGTERM):
        self.engine.end(number)
        self.application.end(number)

    def status(self):
        return self.rpc.call("status")["sync_info"]

    def height(self):
        return int(self.status()["latest_block_height"])

    def logs(self):
        return "".join(f"--- {one.log}\n{one.tail()}\n" for one in (self.engine, self.application))


class Cluster:
    """The nodes of a world's ledger, one for each of its offices; a context manager.

    An observer's directory holds no ledger: it begins from a snapshot of another node.
    """

    def __init__(self, binary, world, folder):
        self.world, self.folder = world, Path(folder)
        names = list(world.engine_keys)
        ports = free_ports(2 * len(names))
        self.nodes = {name: Validator(binary, self.folder / name, Place(
            "127.0.0.1", *ports[2 * at : 2 * at + 2])) for at, name in enumerate(names)}
        for name, node in self.nodes.items():
            node.folder.mkdir(parents=True)
            if name not in world.observers:
                copy_ledger(world.origin, node.folder)
            node.home.make_keys(validator=world.engine_keys[name], node=world.node_keys[name])
            node.home.write_genesis(world.genesis.document())
        dialled = {name: f"{node.home.node_id()}@{node.place.host}:{node.place.p2p_port}"
                   for name, node in self.nodes.items()}
        for name, node in self.nodes.items():
            node.configure(name, [one for other, one in dialled.items() if other != name])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes.values():
            node.stop(signal.SIGKILL)

    def __iter__(self):
        return (node for name, node in self.nodes.items() if name not in self.world.observers)

    def start(self):
        for node in self:
            node.launch_application()
        for node in self:
            wait_until(node.socket.exists, what=node.logs())
            node.start_engine()
        first = self.world.genesis.initial_height
        for node in self:
            wait_until(lambda node=node: node.height() >= first, what=node.logs())
