"""A process is known again by its id and its beginning; no other is ever signalled."""

import errno
import fcntl
import json
import signal
import subprocess
import sys
import time

import pytest

from muniment.network import process
from muniment.network.process import Process, began, is_stopped
from muniment.proof.errors import Busy, LedgerError

SLEEP = [sys.executable, "-c", "print('begun', flush=True); import time; time.sleep(60)"]
STUBBORN = [sys.executable, "-c",
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
            "print('begun', flush=True); time.sleep(60)"]


@pytest.fixture
def one(tmp_path):
    made = Process(tmp_path, "one")
    yield made
    made.kill()


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_it_is_known_again_by_another_command(one, tmp_path):
    one.start(SLEEP)
    again = Process(tmp_path, "one")
    assert again.pid() == one.pid() is not None
    with pytest.raises(Busy, match="already-running"):
        again.start(SLEEP)
    wait_for(lambda: "begun" in again.tail())
    again.stop()
    assert one.pid() is None
    assert again.pid() is None


def test_an_id_that_is_anothers_by_now_is_never_signalled(one):
    other = subprocess.Popen(SLEEP, stdout=subprocess.DEVNULL)
    try:
        one.file.parent.mkdir()
        one.file.write_text(json.dumps({"began": "1", "command": [], "pid": other.pid}))
        assert one.pid() is None
        assert not one.signal(signal.SIGKILL)
        one.stop()
        one.kill()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": "x", "began": "1"}', "\0"])
def test_a_damaged_file_names_nobody(one, text):
    one.file.parent.mkdir()
    one.file.write_text(text)
    assert one.pid() is None
    one.start(SLEEP)
    assert one.pid()


def test_what_ends_by_itself_does_not_run(one):
    one.start([sys.executable, "-c", "print('over')"])
    wait_for(lambda: one.pid() is None)
    assert one.tail() == "over\n"


def test_one_that_does_not_listen_is_ended_all_the_same(one):
    one.start(STUBBORN)
    wait_for(lambda: "begun" in one.tail())
    one.stop(seconds=0.3)
    assert one.pid() is None


BUSY = """
import fcntl, hashlib, sys, threading
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
work = lambda: hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
for _ in range(16):
    threading.Thread(target=work, daemon=True).start()
print("begun", flush=True)
work()
"""


def test_one_that_was_ended_holds_no_lock_any_more(one, tmp_path):
    """A process whose first thread is gone holds its files until the last one is."""
    for round_ in range(12):
        one.start([sys.executable, "-c", BUSY, str(tmp_path / "lock")])
        wait_for(lambda round_=round_: one.tail().count("begun") == round_ + 1)
        one.kill()
        with (tmp_path / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_halted_one_is_seen_and_can_be_ended(one):
    one.start(SLEEP)
    pid = one.pid()
    one.signal(signal.SIGSTOP)
    wait_for(lambda: is_stopped(pid))
    assert one.pid() == pid
    one.stop()
    assert one.pid() is None


def test_a_command_that_is_not_there_is_said_so(one):
    with pytest.raises(LedgerError, match="cannot-start"):
        one.start(["/nowhere/nothing"])


def test_one_that_cannot_be_noted_does_not_live_on(one, monkeypatch):
    """The disk is full: nobody would know its id, and it would hold the ledger's lock."""
    begun = []

    def full(pid, _):
        begun.append(pid)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(one, "_note", full)
    with pytest.raises(OSError, match="No space"):
        one.start(SLEEP)
    assert began(begun[0]) is None
    monkeypatch.undo()
    one.start(SLEEP)
    assert one.pid()


def test_a_log_that_has_grown_is_moved_aside(one, monkeypatch):
    monkeypatch.setattr(process, "LOG_BYTES_MAX", 3)
    for _ in range(2):
        one.start([sys.executable, "-c", "print('line')"])
        wait_for(lambda: one.pid() is None)
    assert one.log.read_text() == "line\n"
    assert one.log.with_suffix(".log.1").read_text() == "line\n"


def test_nobody_began_as_an_id_that_cannot_be():
    assert began(2**22 + 1) is None
