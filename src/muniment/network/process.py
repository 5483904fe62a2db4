"""Processes of a node: started apart from us, known again by a file, ended by their own id alone.

- The file holds the process id and when that process began, as the system tells it: an id that
  was given to another process since is never signalled.
- A process is a group of its own and outlives the command that started it. Its output goes to a
  file, which is moved aside when it has grown.
- One that notes itself holds a lock until it ends: whoever starts it a second time, in another
  container even, whose processes have other ids, is refused.
"""

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from muniment.proof.errors import Busy, LedgerError

LOG_BYTES_MAX = 64 * 1024 * 1024
STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_TAIL_BYTES = 4_000


class Process:
    """One process of a node, whether it runs or not.

    Args:
        folder: The node's directory; `run/NAME.json` and `logs/NAME.log` are within it.
        name: What it is, e.g. `engine`.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.file = folder / "run" / f"{name}.json"
        self.log = folder / "logs" / f"{name}.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._lock: BinaryIO | None = None

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it, apart from this process.

        Raises:
            Busy: It runs already.
            LedgerError: It cannot be started.
        """
        with self._beginning():
            if self.pid() is not None or self._is_locked():
                raise self._running()
            self._begin(command, environment)

    def _begin(self, command: Sequence[str], environment: Mapping[str, str] | None) -> None:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._rotate()
        with self.log.open("ab") as log:
            try:
                self._child = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True, env={**os.environ, **(environment or {})})
            except OSError as error:
                raise LedgerError("cannot-start", f"{command[0]}: {error.strerror}") from None
        try:
            self._note(self._child.pid, command)
        except OSError:  # the disk is full: what nobody could end later must not live on
            self._child.kill()
            self._child.wait()
            raise

    def _note(self, pid: int, command: Sequence[str]) -> None:
        document = {"began": began(pid), "command": list(command), "pid": pid}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(document) + "\n", encoding="utf-8")
        fresh.replace(self.file)

    def adopt(self) -> None:
        """Note that this very process is it; no other can be until it ends.

        Raises:
            Busy: Another runs.
        """
        with self._beginning():
            if self.pid() not in {None, os.getpid()}:
                raise self._running()
            self._lock = self._take()
            self._note(os.getpid(), [])

    def is_held(self) -> bool:
        """Return whether one that noted itself runs, be it in another container, out of sight."""
        if not self.file.with_suffix(".lock").exists():
            return False
        with suppress(OSError), self._beginning():  # nobody begins while the lock is tried
            return self._is_locked()
        return False

    @contextmanager
    def kept_out(self) -> Iterator[None]:
        """Let none begin for a while.

        Raises:
            Busy: One runs.
        """
        with self._beginning():
            held = self._take()
        try:
            yield
        finally:
            held.close()

    def _take(self) -> BinaryIO:
        held = _locked(self.file.with_suffix(".lock"), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if held is None:
            raise self._running()
        return held

    def _is_locked(self) -> bool:
        with suppress(Busy):
            self._take().close()
            return False
        return True

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        """Let one process at a time see whether it runs, and begin."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = _locked(self.file.with_suffix(".starting"), fcntl.LOCK_EX)
        try:
            yield
        finally:
            if held is not None:
                held.close()

    def _running(self) -> Busy:
        folder, pid = self.file.parent.parent, self.pid()
        return Busy("already-running", f"The {self.name} of {folder} runs"
                    f"{f', process {pid}' if pid else ', in another container, or is rebuilt'}.",
                    basis="docs/network.md", remedy=f"To end it: muniment node stop {folder}"
                    f"{'' if pid else ', where it runs'}")

    def pid(self) -> int | None:
        """Return its id while it runs; None if it ended, or the id is another's by now."""
        if self._child is not None:
            self._child.poll()  # a child that ended is taken from the table of processes
        noted = self.noted()
        if noted is None:
            return None
        pid, since = noted
        return pid if since is not None and began(pid) == since else None

    def noted(self) -> tuple[int, object] | None:
        """Return (id, when it began) of the one started last, though it may have ended."""
        try:
            noted = json.loads(self.file.read_text(encoding="utf-8"))
            return int(noted["pid"]), noted["began"]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def signal(self, number: int, *, group: bool = False) -> bool:
        """Send it a signal; False if it does not run.

        Args:
            number: The signal.
            group: Whether the processes that it started within its group get it too.
        """
        pid = self.pid()
        if pid is None:
            return False
        try:
            if group and os.getpgid(pid) == pid:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it: first by asking; then, after some seconds, without asking."""
        pid = self.pid()
        if pid is None or not self.signal(signal.SIGTERM):
            return
        self.signal(signal.SIGCONT)
        if not self._ended(pid, seconds):
            self.signal(signal.SIGKILL)
            self._ended(pid, seconds)

    def kill(self) -> None:
        """End it without asking, as a failure of power would."""
        pid = self.pid()
        if pid is not None and self.signal(signal.SIGKILL):
            self._ended(pid, STOP_SECONDS)

    def _ended(self, pid: int, seconds: float) -> bool:
        """Wait until that one ended; another may have been started since by its supervisor."""
        until = time.monotonic() + seconds
        while self.pid() == pid:
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def tail(self) -> str:
        """Return the end of its log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
                return file.read().decode(errors="replace")
        except OSError:
            return ""

    def _rotate(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))


def _locked(path: Path, how: int) -> BinaryIO | None:
    """Return a file that is locked until it is closed; None if another has it."""
    file = path.open("ab")
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        file.close()
        return None
    return file


def began(pid: int) -> str | None:
    """Return when a process began, as the system tells it; None if there is none that runs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607
                              capture_output=True, text=True, check=False).stdout
        return told.strip() or None
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2:].split()
    # Once its first thread is gone it is called a zombie, but it holds its files, and so its
    # locks, until the last thread is gone (proc(5): state, num_threads, starttime).
    over = fields[0] in {"Z", "X"} and int(fields[17]) <= 1
    return None if over else f"{_boot()}:{fields[19]}"


def _boot() -> str:
    """Return which start of this machine it is: ticks are counted from each."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_stopped(pid: int) -> bool:
    """Return whether a process is halted by a signal."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat[stat.rindex(")") + 2:].startswith("T")
