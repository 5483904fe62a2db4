"""The commit path under every fault: nothing acknowledged is lost, nothing half is kept.

Each case runs in a forked child that may die; what it acknowledged comes back through a pipe.
Afterwards the ledger is opened again, or its export replayed, and compared with a run that
nothing disturbed.
"""

import base64
import io
import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from muniment.codec import encode
from muniment.node.audit import audit
from muniment.node.export import export_lines, replay
from muniment.node.founding import found
from muniment.node.register import Reference, Register
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations.file_application import FileApplication
from muniment.proof.errors import StorageFault
from muniment.reference import packaged_rows
from muniment.storage.sqlite import SqliteStorage

START = 1_790_000_000
SOURCE = Path(__file__).parent.parent.parent / "src"
ENVELOPES = 4
FAULTS = ("fails-before", "persists-then-fails", "killed-before", "killed-after")
KILLED = 77


def now():
    return START


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "ledger"
    rows = [row for row in packaged_rows("demo") if row[1][0].startswith("X")]
    found(path, office="XA", name="register.test.example", profile="demo", rows=rows, now=now)
    return path


@pytest.fixture
def path(template, tmp_path):
    return Path(shutil.copytree(template, tmp_path / "ledger"))


def line(number):
    return encode(FileApplication(date="2026-01-05", number=f"2026/{number:06}", office="XA",
                                  right="patent"))


def signed(path):
    """Return the envelopes of one account, signed before anything is submitted."""
    wallet = Wallet.load(path / "keys" / "XA.json")
    with SoloLedger(path, now=now) as ledger:
        return [
            ledger.sign(wallet, [line(number * 3 + one) for one in range(3)], ahead=number)
            for number in range(ENVELOPES)
        ]


def roots(path):
    with SoloLedger(path, now=now) as ledger:
        audit(ledger)
        return ledger.engine.log.root(), ledger.tree.root(), ledger.head


def undisturbed(template, folder, envelopes):
    path = Path(shutil.copytree(template, folder / "undisturbed"))
    with SoloLedger(path, now=now) as ledger:
        for one in envelopes:
            ledger.submit([one])
    return roots(path)


class FaultyStorage:
    """Storage whose n-th block fails, or takes the process with it, before or after it is kept."""

    def __init__(self, inner, fail_at, fault):
        self._inner, self._left, self._fault = inner, fail_at, fault

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def commit(self, write):
        self._left -= 1
        if self._left == 0 and self._fault == "killed-before":
            os._exit(KILLED)
        if self._left or self._fault in {"persists-then-fails", "killed-after"}:
            self._inner.commit(write)
        if self._left == 0:
            if self._fault == "killed-after":
                os._exit(KILLED)
            raise StorageFault("the disk went away")


class FaultyConnection:
    """A database connection that fails, or kills the process, at its n-th statement of a block."""

    def __init__(self, inner, at, fault):
        self._inner, self._left, self._fault = inner, at, fault

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def _met(self, run, statement, *values):
        if statement == "ROLLBACK":
            return run(statement, *values)
        self._left -= 1
        if self._left == 0 and self._fault == "killed-before":
            os._exit(KILLED)
        done = None
        if self._left or self._fault != "fails-before":
            done = run(statement, *values)
        if self._left == 0:
            if self._fault == "killed-after":
                os._exit(KILLED)
            raise StorageFault("the disk went away")
        return done

    def execute(self, statement, *values):
        writes = statement.split(" ", 1)[0] in {"BEGIN", "INSERT", "DELETE", "UPDATE", "COMMIT"}
        run = self._inner.execute
        return self._met(run, statement, *values) if writes else run(statement, *values)

    def executemany(self, statement, values):
        return self._met(self._inner.executemany, statement, values)


def in_child(act):
    """Run `act(acknowledge)` in a forked child; return (exit code, what it acknowledged)."""
    source, target = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        try:
            act(lambda number: os.write(target, bytes([number])))
        except StorageFault:
            os._exit(1)
        except BaseException:  # noqa: BLE001 - whatever it is, the child must not run the tests
            os._exit(2)
        os._exit(0)
    os.close(target)
    with os.fdopen(source, "rb") as pipe:
        acknowledged = list(pipe.read())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), acknowledged


def disturbed(path, envelopes, make_storage):
    def act(acknowledge):
        ledger = SoloLedger(path, now=now, storage=make_storage())
        for number, one in enumerate(envelopes):
            assert ledger.submit([one])[0].operations == (0, 0, 0)
            acknowledge(number)

    return in_child(act)


def finish(path, envelopes, acknowledged):
    """Submit everything again, as a client does that got no answer; none is entered twice."""
    with SoloLedger(path, now=now) as ledger:
        audit(ledger)
        names = [ledger.submit([one])[0].name for one in envelopes]
        assert names[: len(acknowledged)] == ["sequence-used"] * len(acknowledged)
        assert set(names) <= {"sequence-used", "admitted"}
        return names


def replayed(path, folder):
    with SoloLedger(path, read_only=True, now=now) as ledger:
        text = b"".join(export_lines(ledger))
    replay(io.BytesIO(text), folder / "replayed")
    return folder / "replayed"


@pytest.mark.parametrize("again", ["reopen", "replay"])
@pytest.mark.parametrize(("fail_at", "fault"), list(itertools.product((1, 2, ENVELOPES), FAULTS)))
def test_fault_at_a_commit_leaves_the_block_whole_or_absent(
    template, path, tmp_path, fail_at, fault, again
):
    envelopes = signed(path)
    expected = undisturbed(template, tmp_path, envelopes)
    code, acknowledged = disturbed(
        path, envelopes, lambda: FaultyStorage(SqliteStorage(path), fail_at, fault))
    assert code == (KILLED if fault.startswith("killed") else 1)
    assert acknowledged == list(range(fail_at - 1))
    names = finish(path, envelopes, acknowledged)
    kept = fault in {"persists-then-fails", "killed-after"}
    assert names[fail_at - 1] == ("sequence-used" if kept else "admitted")
    assert roots(replayed(path, tmp_path) if again == "replay" else path)[:2] == expected[:2]
    assert roots(path) == expected


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("statement", range(1, 9))
def test_fault_at_any_statement_of_a_commit_leaves_no_half_block(
    template, path, tmp_path, statement, fault
):
    """BEGIN, entries, envelopes, pages, tiles, block, head, COMMIT: in the second block each."""
    envelopes = signed(path)
    expected = undisturbed(template, tmp_path, envelopes)

    def storage():
        made = SqliteStorage(path)
        made._db = FaultyConnection(made._db, 8 + statement, fault)
        return made

    code, acknowledged = disturbed(path, envelopes, storage)
    assert code == (KILLED if fault.startswith("killed") else 1)
    assert acknowledged == [0]
    names = finish(path, envelopes, acknowledged)
    durable = statement == 8 and fault in {"persists-then-fails", "killed-after"}
    assert names[1] == ("sequence-used" if durable else "admitted")
    assert roots(path) == expected


def test_failed_ledger_signs_and_executes_nothing_more(path):
    envelopes = signed(path)
    with SoloLedger(path, now=now,
                    storage=FaultyStorage(SqliteStorage(path), 1, "fails-before")) as ledger:
        for _ in range(2):
            with pytest.raises(StorageFault):
                ledger.submit([envelopes[0]])
    with SoloLedger(path, now=now) as ledger:
        assert ledger.submit([envelopes[0]])[0].name == "admitted"


def test_failed_ledger_signs_no_checkpoint_over_what_was_never_stored(path):
    envelopes = signed(path)
    with SoloLedger(path, now=now,
                    storage=FaultyStorage(SqliteStorage(path), 1, "fails-before")) as ledger:
        before = ledger.head.size
        with pytest.raises(StorageFault):
            ledger.submit([envelopes[0]])
        try:
            note = ledger.checkpoint()
        except StorageFault:
            return
    with SoloLedger(path, read_only=True, now=now) as stored:
        lines = note.split("\n")
        assert int(lines[1]) == before
        assert base64.b64decode(lines[2]) == stored.engine.log.root(), (
            "a root was signed that no stored log has")


@pytest.mark.parametrize("fault", FAULTS)
def test_founding_that_fails_leaves_no_ledger_and_can_be_repeated(tmp_path, monkeypatch, fault):
    whole = SqliteStorage.commit

    def commit(self, write):
        if write.head.height == 1:
            if fault in {"persists-then-fails", "killed-after"}:
                whole(self, write)
            if fault.startswith("killed"):
                os._exit(KILLED)
            raise StorageFault("the disk went away")
        whole(self, write)

    path = tmp_path / "ledger"
    rows = [row for row in packaged_rows("demo") if row[1][0].startswith("X")]
    given = {"office": "XA", "name": "register.test.example", "profile": "demo", "rows": rows,
             "now": now}

    def act(_):
        monkeypatch.setattr(SqliteStorage, "commit", commit)
        found(path, **given)

    code, _ = in_child(act)
    assert code == (KILLED if fault.startswith("killed") else 1)
    assert not path.exists()
    found(path, **given)
    roots(path)


CHILD = """
import sys
from pathlib import Path
from muniment.node.register import Register
from muniment.operations.file_application import FileApplication

with Register(Path(sys.argv[1])) as register:
    for number in range(int(sys.argv[2]), 900_000):
        receipt = register.act(FileApplication(
            date="2026-01-05", number=f"2026/{number:06}", office="XA", right="patent"))
        print(number, receipt.position, receipt.checkpoint.split(chr(10))[1:3], flush=True)
"""


def test_kill_minus_nine_again_and_again_loses_no_receipt(path):
    receipts = {}
    for attempt in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(attempt * 10_000 + 1)],
            stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SOURCE)}, text=True)
        lines = [child.stdout.readline() for _ in range(11 + 7 * attempt)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.read().splitlines(keepends=True)
        child.wait()
        whole = [one for one in lines if one.endswith("]\n")]
        assert len(whole) >= 11
        for one in whole:
            number, position, checkpoint = one.split(" ", 2)
            receipts[int(number)] = (int(position), checkpoint)
        with Register(path) as register:
            audit(register.ledger)
            for number, (position, checkpoint) in receipts.items():
                entry = register.find(Reference("XA", "patent", f"2026/{number:06}"))[1]
                assert entry.entry == position
                size = int(checkpoint.split("'")[1])
                assert size <= register.ledger.head.size
            register.ledger.checkpoint()  # what was signed before the kill is a prefix
