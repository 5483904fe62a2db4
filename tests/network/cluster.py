"""Validators on this machine: real engines, real applications, a copy of one promoted ledger each."""

import base64
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from muniment.network.rpc import Rpc
from muniment.node.promotion import copy_ledger
from muniment.proof.errors import LedgerError

SOURCE = Path(__file__).parent.parent.parent / "src"
SETTINGS = {
    "abci": "socket", "filter_peers": "true", "log_level": "error", "addr_book_strict": "false",
    "allow_duplicate_ip": "true", "pex": "false", "recheck": "false", "timeout_commit": "100ms",
    "peer_gossip_sleep_duration": "10ms", "flush_throttle_timeout": "10ms",
    "max_packet_msg_payload_size": "65536", "send_rate": "200000000", "recv_rate": "200000000",
    "create_empty_blocks": "false", "timeout_propose": "1s", "indexer": "null",
}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


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


class Process:
    """A process, started again and again; its output goes to a file."""

    def __init__(self, log):
        self.log, self.child = log, None

    def start(self, command, **environment):
        assert self.child is None or self.child.poll() is not None
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                          env={**os.environ, "PYTHONPATH": str(SOURCE), **environment})

    @property
    def runs(self):
        return self.child is not None and self.child.poll() is None

    def end(self, number=signal.SIGTERM):
        if self.runs:
            self.child.send_signal(signal.SIGCONT)
            self.child.send_signal(number)
            self.child.wait(20)


class Validator:
    """One office's node: engine and application."""

    def __init__(self, binary, folder, ports, options=()):
        self.binary, self.folder = binary, Path(folder)
        self.p2p_port, self.rpc_port = ports
        self.home = self.folder / "engine"
        self.engine = Process(self.folder / "engine.log")
        self.application = Process(self.folder / "application.log")
        self.rpc = Rpc(f"http://127.0.0.1:{self.rpc_port}", timeout=5)
        self.serve = [sys.executable, "-m", "muniment.cli.main", "network", "serve",
                      str(self.folder), *options]

    @property
    def url(self):
        return self.rpc.url

    def hold(self, engine, node):
        """Keep a validator's keys; an observer makes its own."""
        config = self.home / "config"
        (config / "priv_validator_key.json").write_text(json.dumps(engine_key(engine)))
        (config / "node_key.json").write_text(json.dumps(
            {"priv_key": engine_key(node)["priv_key"]}))

    def configure(self, genesis, peers, settings):
        path = self.home / "config/config.toml"
        text = path.read_text()
        values = SETTINGS | settings | {
            "proxy_app": f"unix://{self.folder}/app.sock",
            "persistent_peers": ",".join(peers),
        }
        for name, value in values.items():
            text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {_quoted(value)}", text)
            assert count >= 1, name
        for section, port in (("rpc", self.rpc_port), ("p2p", self.p2p_port)):
            text = re.sub(rf'(?ms)^(\[{section}\].*?^laddr = )"[^"]*"',
                          rf'\1"tcp://127.0.0.1:{port}"', text, count=1)
        path.write_text(text)
        (self.home / "config/genesis.json").write_text(json.dumps(genesis))

    def sync_from(self, nodes, height, digest):
        """Begin from a snapshot: what a light client needs, from a header that is trusted."""
        path = self.home / "config/config.toml"
        text = path.read_text()
        values = {"rpc_servers": ",".join(f"127.0.0.1:{one.rpc_port}" for one in nodes),
                  "trust_height": str(height), "trust_hash": digest, "trust_period": "336h0m0s",
                  "discovery_time": "5s"}
        for name, value in values.items():
            text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {_quoted(value)}", text)
            assert count == 1, name
        path.write_text(re.sub(r"(?ms)^(\[statesync\].*?^enable = )false", r"\1true", text, count=1))

    def node_id(self):
        return subprocess.run([self.binary, "show-node-id", "--home", str(self.home)], check=True,
                              capture_output=True, text=True).stdout.strip()

    def start(self, **environment):
        self.start_application()
        self.start_engine(**environment)

    def start_application(self):
        self.launch_application()
        wait_until(lambda: (self.folder / "app.sock").exists() and self.application.runs,
                   what=f"the application: {self.application.log}")

    def launch_application(self):
        (self.folder / "app.sock").unlink(missing_ok=True)
        self.application.start(self.serve)

    def start_engine(self, **environment):
        self.engine.start([self.binary, "start", "--home", str(self.home)], **environment)

    def dies(self, seconds):
        """Wait for the engine to die by itself; return whether it did."""
        try:
            self.engine.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, number=signal.SIGTERM):
        self.engine.end(number)
        self.application.end(number)

    def status(self):
        return self.rpc.call("status")["sync_info"]

    def height(self):
        return int(self.status()["latest_block_height"])

    def logs(self):
        return "".join(f"--- {one.log}\n{one.log.read_text(errors='replace')[-3000:]}\n"
                       for one in (self.engine, self.application) if one.log.exists())


class Cluster:
    """The nodes of a world's ledger, one for each of its offices; a context manager.

    An observer's directory holds no ledger: it begins from a snapshot of another node.
    """

    def __init__(self, binary, world, folder, settings=()):
        self.world, self.folder = world, Path(folder)
        names = list(world.engine_keys)
        ports = free_ports(2 * len(names))
        self.nodes = {
            name: Validator(binary, self.folder / name, ports[2 * at : 2 * at + 2])
            for at, name in enumerate(names)
        }
        for name, node in self.nodes.items():
            node.folder.mkdir(parents=True)
            if name not in world.observers:
                copy_ledger(world.origin, node.folder)
            subprocess.run([binary, "init", "--home", str(node.home)], check=True,
                           capture_output=True)
        for name, key in world.engine_keys.items():
            self.nodes[name].hold(key, world.node_keys[name])
        ids = {name: node.node_id() for name, node in self.nodes.items()}
        for name, node in self.nodes.items():
            peers = [f"{ids[other]}@127.0.0.1:{one.p2p_port}"
                     for other, one in self.nodes.items() if other != name]
            node.configure(world.genesis.document(), peers, dict(settings))

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
            wait_until((node.folder / "app.sock").exists, what=node.logs())
            node.start_engine()
        first = self.world.genesis.initial_height
        for node in self:
            wait_until(lambda node=node: node.height() >= first, what=node.logs())


def engine_key(key):
    """Return CometBFT's file of a validator key."""
    public = key.public.raw()
    seed = base64.urlsafe_b64decode(key.jwk()["d"] + "==")
    return {
        "address": hashlib.sha256(public).digest()[:20].hex().upper(),
        "priv_key": {"type": "tendermint/PrivKeyEd25519",
                     "value": base64.b64encode(seed + public).decode()},
        "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(public).decode()},
    }


def _quoted(value):
    return value if value in {"true", "false"} or value.isdigit() else f'"{value}"'
