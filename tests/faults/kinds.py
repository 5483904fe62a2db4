"""The faults: each is done to one node or two, lasts a while, and is mended."""

import os
import random
import shutil
import subprocess
from pathlib import Path

from muniment.network.invite import invite
from muniment.network.rebuild import rebuild
from muniment.proof.errors import LedgerError, StorageFault
from muniment.storage.sqlite import FILE_NAME, SqliteStorage

FULL = "filler"
DISK_MEGABYTES = 900


class Faults:
    """What can be done to a network.

    Args:
        cluster: The network.
        seed: Draws the same faults again.
    """

    def __init__(self, cluster, seed):
        self.cluster = cluster
        self.random = random.Random(f"faults/{seed}")
        self.kinds = {
            "kill": (self.kill, self.start), "kill engine": (self.kill_engine, self.start),
            "kill application": (self.kill_application, self.start),
            "pause": (self.pause, self.go_on), "cut": (self.cut, self.join),
            "cut two": (self.cut_two, self.join_all), "clock": (self.clock, self.clock_right),
            "disk full": (self.fill, self.empty), "corrupt": (self.corrupt, self.rebuild),
        }

    def draw(self, weights):
        """Return (kind, office) of the next fault."""
        kind = self.random.choices(list(weights), list(weights.values()))[0]
        office = "XD" if kind == "disk full" else self.random.choice(list(self.cluster.nodes))
        fetching = [one for one, node in self.cluster.nodes.items() if lacks(node)]
        if kind == "corrupt" and fetching:  # of four validators one may fail: not a second disk
            office = fetching[0]
        return kind, office

    def kill(self, office):
        self.cluster.node(office).kill()

    def kill_engine(self, office):
        self.cluster.node(office).engine.kill()

    def kill_application(self, office):
        self.cluster.node(office).application.kill()

    def start(self, office):
        """Start a node anew: its supervisor would wait ever longer."""
        node = self.cluster.node(office)
        node.stop()
        node.start()

    def pause(self, office):
        self.cluster.node(office).pause()

    def go_on(self, office):
        self.cluster.node(office).go_on()

    def _at(self, office):
        return self.cluster.settings.offices.index(office)

    def cut(self, office):
        self.cluster.links.cut(self._at(office))

    def join(self, office):
        self.cluster.links.heal(self._at(office))

    def cut_two(self, office):
        other = self.random.choice([one for one in self.cluster.nodes if one != office])
        self.cut(office)
        self.cut(other)

    def join_all(self, office):
        for one in self.cluster.nodes:
            self.join(one)

    def clock(self, office):
        self.cluster.node(office).skew(self.random.choice([-3_600, -120, -30, 30, 120, 3_600]))

    def clock_right(self, office):
        self.cluster.node(office).skew(0)
        self.start(office)

    def fill(self, office):
        """Leave no room on the disk of a node."""
        path = self.cluster.node(office).folder / FULL
        with path.open("wb") as file:
            try:
                while True:
                    file.write(bytes(1024 * 1024))
                    file.flush()
            except OSError:
                return

    def empty(self, office):
        (self.cluster.node(office).folder / FULL).unlink(missing_ok=True)
        self.start(office)

    def corrupt(self, office):
        """Change bytes of a stopped node's files, and start it with them."""
        node = self.cluster.node(office)
        node.kill()
        files = [node.folder / FILE_NAME, *sorted((node.home.path / "data").rglob("*.log")),
                 *sorted((node.home.path / "data/cs.wal").glob("*"))]
        path = self.random.choice([one for one in files if one.is_file() and one.stat().st_size])
        size = path.stat().st_size
        with path.open("r+b") as file:
            for _ in range(8):
                at = self.random.randrange(size)
                file.seek(at)
                byte = file.read(1) or b"\0"
                file.seek(at)
                file.write(bytes([byte[0] ^ (1 << self.random.randrange(8))]))
        node.start()
        return path.name

    def rebuild(self, office):
        """Do as the runbook says: another office invites, and all but keys and votes is fetched."""
        node = self.cluster.node(office)
        node.stop()
        node.kill()
        other = self.random.choice([one for one in self.cluster.nodes if one != office])
        invitation = invite(self.cluster.node(other))
        urls = [one.plan().place.url for one in self.cluster.nodes.values() if one is not node]
        try:
            rebuild(node, urls, invitation.trusted, discard=True)
        except LedgerError:  # one of them does not have the header: it was rebuilt just now
            rebuild(node, [invitation.rpc], invitation.trusted, discard=True)
        node.start()


def lacks(node):
    """Return how many entries a node has not fetched yet; 0 if its ledger cannot be read."""
    try:
        with SqliteStorage(node.folder, read_only=True) as storage:
            return len(storage.missing)
    except (LedgerError, StorageFault):
        return 0


def own_disk(folder, megabytes=DISK_MEGABYTES):
    """Give a node's directory a disk of its own, in memory, so that it can be full."""
    kept = Path(f"{folder}.kept")
    shutil.move(folder, kept)
    Path(folder).mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs",
                    str(folder)], check=True)
    for path in kept.iterdir():
        shutil.move(str(path), folder)
    kept.rmdir()


def no_disk(folder):
    """Take that disk away again."""
    if os.path.ismount(folder):
        subprocess.run(["umount", "-l", str(folder)], check=False)
