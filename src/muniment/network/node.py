"""One office's node: a directory with its ledger, its engine's home, and the processes of both.

- Three processes: the application, the engine, and a supervisor that starts both and starts
  again whichever ends. The engine ends when the application does; the application outlives it.
- A node that fails again and again is started again ever more slowly, never not at all.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from muniment.abci.address import ADDRESS_BYTES_MAX
from muniment.network.home import FOLDER, Home, Place
from muniment.network.install import DEFAULT_LINE, find
from muniment.network.logs import last_complaint, log_as_json
from muniment.network.process import Process
from muniment.network.rpc import Rpc
from muniment.network.skew import VARIABLE as CLOCK_VARIABLE
from muniment.network.skew import find_skewed
from muniment.node.wallet import read_private, write_private
from muniment.proof.errors import Busy, LedgerError, Malformed, NotFound, Refused

NODE_FILE = "node.json"
SOCKET_FILE = "app.sock"
ENGINE, APPLICATION, SUPERVISOR = "engine", "application", "supervisor"
METRICS = "--metrics"
"""The argument of `muniment network serve` that needs the engine's URL beside it."""
START_SECONDS = 60.0
_LOOK_SECONDS = 0.2
_STARTS_MAX = 3
"""What was started so often in one wait will not do better."""
_DELAY_FIRST, _DELAY_MAX, _STEADY_SECONDS = 0.5, 30.0, 60.0
log = logging.getLogger("muniment.network.node")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a node is started with, as its `node.json` says."""

    office: str
    """The office that runs it, or what an observer is called."""
    place: Place
    """Where its engine listens."""
    line: str = DEFAULT_LINE
    """The line of the engine."""
    within: tuple[str, ...] = ()
    """The command within which the engine is started, e.g. of a network namespace."""
    skewed: bool = False
    """Whether the engine is the one whose clock can be set wrong."""
    serve: tuple[str, ...] = ()
    """Further arguments of `muniment network serve`."""

    def with_option(self, name: str, value: str) -> "Plan":
        """Return the plan with an argument of `muniment network serve` set."""
        before = [one for at, one in enumerate(self.serve)
                  if name not in {one, *self.serve[max(0, at - 1) : at]}]
        return replace(self, serve=(*before, name, value))


class Node:
    """A node's directory.

    Args:
        folder: The directory, with `node.json`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.home = Home(self.folder / FOLDER)
        self.engine = Process(self.folder, ENGINE)
        self.application = Process(self.folder, APPLICATION)
        self.supervisor = Process(self.folder, SUPERVISOR)
        self.clock = self.folder / "run" / "clock"

    def plan(self) -> Plan:
        """Return what it is started with.

        Raises:
            NotFound: There is no node.
            Malformed: Its file says nothing of use.
        """
        path = self.folder / NODE_FILE
        if not path.exists():
            raise no_node(self.folder)
        try:
            plain = read_private(path)
            lists = {name: tuple(plain[name]) for name in ("within", "serve")}
            # A plan without it is of older code, whose engine listened for both at one address.
            place = Place(**{"rpc_host": plain["place"]["host"], **plain["place"]})
            return Plan(**{**plain, **lists, "place": place})
        except (KeyError, TypeError) as error:
            raise Malformed("node-malformed", f"{path} is no plan of a node: {error}.") from None

    def write_plan(self, plan: Plan) -> None:
        """Keep what it is started with."""
        write_private(self.folder / NODE_FILE, json.dumps(asdict(plan), indent=1).encode() + b"\n")

    def rpc(self, timeout: float = 5.0) -> Rpc:
        """Return its engine's RPC."""
        return Rpc(self.plan().place.url, timeout)

    def address(self) -> str:
        """Return the address of the application's socket.

        A path that is too long for a socket is replaced by one in the directory for temporary
        files, in a folder that only this user reads.

        Raises:
            Refused: Another user made that folder, or may enter it: he could answer for the ledger.
        """
        path = self.folder / SOCKET_FILE
        if len(os.fsencode(path)) > ADDRESS_BYTES_MAX:
            name = sha256(os.fsencode(self.folder)).hexdigest()[:16]
            path = Path(tempfile.gettempdir()) / f"muniment-{os.getuid()}-{name}" / SOCKET_FILE
            _own_folder(path.parent)
        return f"unix://{path}"

    def start(self) -> None:
        """Start its supervisor, apart from this process.

        Raises:
            Busy: It runs already.
            NotFound: No engine is installed.
        """
        find(self.plan().line)
        self.supervisor.start([sys.executable, "-m", "muniment.network.node", str(self.folder)])

    def stop(self) -> None:
        """End its processes; what was begun is ended first.

        Raises:
            Busy: It runs on in another container, whose processes are out of sight.
        """
        self.supervisor.stop()
        self.engine.stop()
        self.application.stop()
        if self.supervisor.is_held():
            raise Busy("not-stopped", f"The node in {self.folder} runs on in another container.",
                       basis="docs/network.md",
                       remedy=f"There: muniment node stop {self.folder}, or your service manager")

    def restart(self) -> bool:
        """Let the supervisor start both processes again, and wait; False if none runs.

        Raises:
            Busy: They are not ready in time.
        """
        if self.supervisor.pid() is None:
            return False
        before = {None, self.engine.pid()}
        self.application.stop()
        self.engine.stop()
        self._await(lambda: self.engine.pid() not in before, self.supervisor)
        self.await_ready()
        return True

    def kill(self) -> None:
        """End its processes without asking, the supervisor first."""
        for process in (self.supervisor, self.engine, self.application):
            process.kill()

    def pause(self) -> None:
        """Halt its processes where they are."""
        for process in (self.engine, self.application):
            process.signal(signal.SIGSTOP)

    def skew(self, seconds: int) -> None:
        """Set the engine's clock wrong by so many seconds; 0 sets it right.

        The first time, and with 0, the engine is started again by the supervisor: as the one
        whose clock can be set, or as the ordinary one.

        Raises:
            NotFound: No engine whose clock can be set is built.
        """
        plan = self.plan()
        if seconds:
            find_skewed(plan.line)
            self.clock.write_text(str(seconds), encoding="ascii")
        else:
            self.clock.unlink(missing_ok=True)
        if plan.skewed != bool(seconds):
            self.write_plan(replace(plan, skewed=bool(seconds)))
            self.engine.stop()

    def skewed_by(self) -> int:
        """Return by how many seconds the engine's clock is wrong."""
        try:
            return int(self.clock.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def go_on(self) -> None:
        """Let halted processes go on."""
        for process in (self.application, self.engine):
            process.signal(signal.SIGCONT)

    def runs(self) -> bool:
        """Return whether any of its processes runs, be it in another container."""
        seen = any(one.pid() for one in (self.supervisor, self.engine, self.application))
        return seen or self.supervisor.is_held()

    def start_application(self, options: Mapping[str, str] | None = None) -> None:
        """Start the application and wait until it listens.

        Args:
            options: Arguments of `muniment network serve`, before those of the plan.

        Raises:
            LedgerError: It ended, or does not listen in time.
        """
        address, plan = self.address(), self.plan()
        for name, value in (options or {}).items():
            plan = plan.with_option(name, value)
        if METRICS in plan.serve and "--engine" not in plan.serve:
            plan = plan.with_option("--engine", plan.place.url)
        self.application.start([
            sys.executable, "-m", "muniment.cli.main", "network", "serve", str(self.folder),
            "--address", address, *plan.serve])
        path = address.removeprefix("unix://")
        self._await(lambda: _listens(path), self.application)

    def start_engine(self) -> None:
        """Start the engine; it connects to the application by itself, where the folder is now."""
        plan = self.plan()
        self.home.set_application(self.address())
        binary = find_skewed(plan.line) if plan.skewed else find(plan.line).path
        self.engine.start([*plan.within, binary, "start", "--home", str(self.home.path)],
                          {CLOCK_VARIABLE: str(self.clock)})

    def await_ready(self, height: int = 1, seconds: float = START_SECONDS) -> None:
        """Wait until the engine answers and has reached a height.

        Raises:
            Busy: The node ended, ends again and again, or takes too long.
        """
        rpc = self.rpc()
        seen = {one: {one.noted()} for one in (self.application, self.engine)}

        def is_ready() -> bool:
            for process, starts in seen.items():
                starts.add(process.noted())  # one that ended at once is seldom seen to run
                if len(starts) > _STARTS_MAX:
                    raise self._failed(f"the {process.name} ends again and again", process)
            try:
                told = rpc.call("status")["sync_info"]
            except LedgerError:
                return False
            return int(told["latest_block_height"]) >= height

        self._await(is_ready, self.supervisor, seconds)

    def _await(self, condition: Callable[[], bool], process: Process,
               seconds: float = START_SECONDS) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if process.pid() is None:
                raise self._failed(f"the {process.name} ended", process)
            if time.monotonic() > until:
                ended = next((one for one in (self.application, self.engine)
                              if one.pid() is None), self.engine)
                raise self._failed(f"it was not ready in {seconds:.0f} s", ended)
            time.sleep(_LOOK_SECONDS / 4)

    def _failed(self, what: str, process: Process) -> Busy:
        """Return what to tell, with what a process that is to blame said last."""
        return Busy("node-not-ready", f"{self.folder.name}: {what}. Its {process.name} says last: "
                    f"{last_complaint(process.tail())}",
                    remedy=f"muniment doctor {self.folder}; its logs are in {process.log.parent}")


class Supervisor:
    """Keeps the two processes of a node running until it is told to stop.

    Args:
        node: The node.
        options: Arguments of `muniment network serve`, before those of the node's plan.
    """

    def __init__(self, node: Node, options: Mapping[str, str] | None = None) -> None:
        self._node = node
        self._options = options
        self._stop = threading.Event()
        self._delay = _DELAY_FIRST
        self._started = 0.0

    def run(self) -> None:
        """Start both, start again what ends, and end both when a signal says so.

        Raises:
            NotFound: There is no node, or no engine is installed.
            Busy: Another supervisor runs.
        """
        find(self._node.plan().line)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._node.supervisor.adopt()
        try:
            while not self._stop.is_set():
                try:
                    self._look()
                except (LedgerError, OSError) as error:  # a full disk may have room again
                    log.error("cannot start", extra={"error": str(error)})  # noqa: TRY400
                self._stop.wait(_LOOK_SECONDS)
        finally:
            self._node.engine.stop()
            self._node.application.stop()

    def _look(self) -> None:
        node = self._node
        served, driven = node.application.pid(), node.engine.pid()
        if served and driven:
            return
        if self._started:
            ended = [one.name for one, pid in ((node.application, served), (node.engine, driven))
                     if pid is None]
            log.warning("ended", extra={"ended": ended, "again_in_seconds": self._delay})
            self._pause()
        if self._stop.is_set():
            return
        self._started = time.monotonic()
        if not served:
            node.engine.stop()  # it ends by itself; a new application is no continuation to it
            node.application.stop()
            node.start_application(self._options)
        if node.engine.pid() is None:
            node.start_engine()
        log.info("started", extra={"application": node.application.pid(),
                                   "engine": node.engine.pid()})

    def _pause(self) -> None:
        """Wait before starting again: longer each time, until it ran for a while."""
        if time.monotonic() - self._started > _STEADY_SECONDS:
            self._delay = _DELAY_FIRST
        self._stop.wait(self._delay)
        self._delay = min(2 * self._delay, _DELAY_MAX)


def no_node(folder: Path) -> NotFound:
    """Return what to tell of a folder that is no node's."""
    nodes = sorted(path.parent for path in folder.glob(f"*/{NODE_FILE}"))
    return NotFound(
        "node-not-found", f"{folder} holds no node.", basis="docs/network.md",
        remedy=f"Name one of its nodes, e.g. {nodes[0]}" if nodes else
        "Name a node's directory: muniment network promote and muniment join make one")


def _own_folder(path: Path) -> None:
    """Make a folder that only this user reads, in a place where anyone may have made it before."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or (
            stat.S_IMODE(found.st_mode) & 0o077):
        raise Refused(
            "socket-folder-not-ours", f"{path} is not a folder of this user's alone: another "
            "could answer to the engine for the ledger.", basis="docs/network.md",
            remedy="Remove it, or give the node a shorter path: then it needs no such folder.")


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(path)
        return True
    return False


def run(folder: Path, options: Mapping[str, str] | None = None) -> None:
    """Run a node until it is stopped; what it logs is JSON on stderr."""
    log_as_json()
    Supervisor(Node(folder), options).run()


if __name__ == "__main__":
    run(Path(sys.argv[1]))
