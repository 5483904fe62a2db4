"""Whatever fails, whenever: nothing acknowledged is lost, nothing half is left, roots agree."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from muniment.codec import encode
from muniment.node.audit import audit
from muniment.node.register import Register
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations.file_application import FileApplication
from muniment.proof import disclosure
from muniment.proof.errors import StorageFault
from muniment.storage.sqlite import SqliteStorage
from muniment.vault.vault import Disclosure, Vault, disclose


def envelope(ledger, path, number):
    wallet = Wallet.load(path / "keys" / "XA.json")
    line = encode(FileApplication(date="2026-01-05", number=f"2026/{number:06}", office="XA",
                                  right="patent"))
    return ledger.sign(wallet, [line])


class Failing:
    """Storage whose n-th commit fails: before it is written, or after."""

    def __init__(self, inner, fail_at, persisted):
        self._inner = inner
        self._left = fail_at
        self._persisted = persisted

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def commit(self, write):
        self._left -= 1
        if self._left:
            self._inner.commit(write)
            return
        if self._persisted:
            self._inner.commit(write)
        raise StorageFault("the disk went away")


@pytest.mark.parametrize(("fail_at", "persisted"), list(itertools.product((1, 2, 3), (False, True))))
def test_failed_commit_is_there_whole_or_not_at_all(ledger_path, clock, fail_at, persisted,
                                                    tmp_path):
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(ledger_path, undisturbed)
    storage = Failing(SqliteStorage(ledger_path), fail_at, persisted)
    acknowledged, sent = [], []
    ledger = SoloLedger(ledger_path, now=clock, storage=storage)
    for number in range(1, 6):
        data = envelope(ledger, ledger_path, number)
        sent.append(data)
        try:
            acknowledged.append((data, ledger.submit([data])[0].position))
        except StorageFault:
            break
    with pytest.raises(StorageFault):
        ledger.submit([sent[-1]])
    ledger.close()
    with SoloLedger(ledger_path, now=clock) as again:
        for data, position in acknowledged:
            assert again.storage.envelope_at(position).jws == data.split(b"\n")[0]
        outcome = again.submit([sent[-1]])[0]
        assert outcome.name == ("sequence-used" if persisted else "admitted")
        audit(again)
        roots = (again.engine.log.root(), again.tree.root())
    with SoloLedger(undisturbed, now=clock) as other:
        for data in sent:
            other.submit([data])
        assert (other.engine.log.root(), other.tree.root()) == roots


CHILD = """
import sys
from pathlib import Path
from muniment.codec import encode
from muniment.node.register import Register
from muniment.operations.file_application import FileApplication

path, first = Path(sys.argv[1]), int(sys.argv[2])
with Register(path) as register:
    for number in range(first, first + 5_000):
        receipt = register.act(FileApplication(
            date="2026-01-05", number=f"2026/{number:06}", office="XA", right="patent"))
        print(number, receipt.position, flush=True)
"""


@pytest.mark.parametrize("round_number", range(3))
def test_killed_process_loses_nothing_that_it_acknowledged(ledger_path, round_number):
    source = Path(__file__).parent.parent.parent / "src"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(ledger_path), "1"], stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(source)}, text=True,
    )
    lines = [child.stdout.readline() for _ in range(20 + 7 * round_number)]
    time.sleep(0.001 * round_number)
    child.send_signal(signal.SIGKILL)
    lines += child.stdout.read().splitlines()
    child.wait()
    acknowledged = [line.split() for line in lines if line.count(" ") == 1 and line.strip()]
    with Register(ledger_path) as register:
        audit(register.ledger)
        for number, position in acknowledged[:-1]:
            key, entry = register.find(("XA", "patent", f"2026/{int(number):06}"))
            assert entry.entry == int(position)
        last = int(acknowledged[-1][0]) + 2
        register.act(FileApplication(date="2026-01-05", number=f"2026/{last:06}", office="XA",
                                     right="patent"))


NAME = "Ottilie Beispiel von Aldmere"
REFERENCE = "XA/patent/2026/000000000001"


def everything(path):
    return b"".join(file.read_bytes() for file in path.rglob("*") if file.is_file())


def test_erasure_leaves_no_copy_and_no_key(ledger_path):
    text, digest = disclose("applicants", [NAME])
    with Vault(ledger_path) as vault:
        vault.keep([Disclosure(REFERENCE, "applicants", text)])
        assert vault.show(digest) == text
        assert NAME.encode() not in everything(ledger_path)
        key = vault._keys.execute("SELECT wrapped FROM data_key").fetchone()[0]
        assert key in everything(ledger_path)
        assert vault.erase(REFERENCE, "applicants") == 1
        assert vault.show(digest) is None
        left = everything(ledger_path)
    assert key not in left
    assert text.encode() not in left
    assert key not in everything(ledger_path)


def test_after_erasure_known_values_do_not_find_the_digest():
    text, digest = disclose("applicants", [NAME])
    salt = disclosure.parse(text)[0]
    known = [[NAME], NAME, [NAME.upper()]]
    guesses = {disclosure.digest(disclosure.make(bytes([salted]) * 16, name, value))
               for value in known for name in ("applicants", "title") for salted in range(256)}
    assert digest not in guesses
    assert len(salt) == 22


def test_erasure_cut_off_by_a_crash_is_finished_on_opening(ledger_path, monkeypatch):
    text, digest = disclose("applicants", [NAME])
    with Vault(ledger_path) as vault:
        vault.keep([Disclosure(REFERENCE, "applicants", text)])
        monkeypatch.setattr(vault, "_destroy", lambda digests: None)
        vault.erase(REFERENCE, "applicants")
        assert vault.show(digest) == text
    with Vault(ledger_path) as vault:
        assert vault.show(digest) is None
        assert vault.is_erased(REFERENCE, "applicants")


def test_keys_without_disclosures_do_no_harm(ledger_path, monkeypatch):
    text, digest = disclose("applicants", [NAME])
    with Vault(ledger_path) as vault:
        vault._vault.execute("DROP TABLE outbox")
        with pytest.raises(Exception, match="outbox"):
            vault.keep([Disclosure(REFERENCE, "applicants", text)], envelopes=[b"x"])
    with Vault(ledger_path) as vault:
        assert vault.show(digest) is None
        vault.keep([Disclosure(REFERENCE, "applicants", text)], envelopes=[b"x"])
