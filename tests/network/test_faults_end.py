"""However a run of faults ends, it leaves no process, no disk and no network behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from muniment.network import skew
from muniment.network.links import Namespaces
from muniment.proof.errors import LedgerError


def needed(tmp_path):
    """Skip where the faults cannot run; a desk that is no root's cannot mount a disk."""
    if os.getuid() != 0:
        pytest.skip("faults need root: disks are mounted, networks are cut")
    links = Namespaces(tmp_path, 1)
    try:
        skew.find_skewed()
        links.up()
    except LedgerError as error:
        pytest.skip(f"faults cannot run here: {error.detail}")
    finally:
        links.down()


def left(folder):
    """Return what the system has that names a folder."""
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line]
    running = [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline")
               if str(folder) in _read(path)]
    return mounts, running


def _read(path):
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def spaces():
    told = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    return {line.split(" ")[0] for line in told.stdout.splitlines()}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT,
                                    signal.SIGHUP])
def test_an_interrupted_run_takes_everything_down(cometbft, tmp_path, number):
    needed(tmp_path)
    before = spaces()
    inherited = signal.signal(number, signal.SIG_DFL)  # a child goes on ignoring what we ignore
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.run", "--out", str(tmp_path / "faults.json")],
        env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True)
    signal.signal(number, inherited)
    try:
        end = time.monotonic() + 60
        while len(left(tmp_path)[1]) < 8 and run.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        mounts, running = left(tmp_path)
        assert mounts
        assert len(running) >= 8
        run.send_signal(number)
        time.sleep(0.3)
        run.send_signal(signal.SIGTERM)  # who is impatient asks twice
        assert run.wait(60) == 128 + number
    finally:
        run.kill()
    assert left(tmp_path) == ([], [])
    assert spaces() == before
    assert not list(tmp_path.glob("muniment-faults-*"))
    assert not (tmp_path / "faults.json").exists()
