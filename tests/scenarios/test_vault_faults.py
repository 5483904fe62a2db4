"""The vault under crashes, and after erasure: no key without a use is a secret kept by mistake."""

import base64
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from muniment.cli import filing
from muniment.cli.filing import erase_name, open_filing
from muniment.intake.importer import Importer
from muniment.intake.sources import open_source
from muniment.model.application import APPLICATIONS
from muniment.node.audit import audit
from muniment.node.enrolment import enrol
from muniment.node.founding import found
from muniment.node.register import ImportTarget, Reference, Register
from muniment.operations.file_application import FileApplication
from muniment.proof import disclosure
from muniment.proof.errors import LedgerError, NotFound
from muniment.reference import packaged_rows
from muniment.vault import vault as vaults
from muniment.vault.vault import Disclosure, Vault, disclose

SOURCE = Path(__file__).parent.parent.parent / "src"
NAME = "Ottilie Beispiel von Aldmere"
OTHER = "Balduin Muster zu Brenholt"
REFERENCE = "XA/patent/2026/000000000001"
FILED = Reference("XA", "patent", "2026/000001")
KILLED = 77


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "ledger"
    rows = [row for row in packaged_rows("demo") if row[1][0].startswith("X")]
    found(path, office="XA", name="register.test.example", profile="demo", rows=rows)
    return path


@pytest.fixture
def path(template, tmp_path):
    return Path(shutil.copytree(template, tmp_path / "ledger"))


def killed_when(act):
    """Run `act` in a forked child, which must kill itself with KILLED."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:  # noqa: BLE001 - the child must never run the tests
            os._exit(2)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


class Dying:
    """A connection that kills the process before its n-th use that is not a read."""

    def __init__(self, inner, left):
        self._inner, self._left = inner, left

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def __enter__(self):
        return self._inner.__enter__()

    def __exit__(self, *details):
        self._count()
        return self._inner.__exit__(*details)

    def _count(self):
        self._left -= 1
        if self._left == 0:
            os._exit(KILLED)

    def execute(self, statement, *values):
        if not statement.startswith("SELECT"):
            self._count()
        return self._inner.execute(statement, *values)

    def executemany(self, *values):
        self._count()
        return self._inner.executemany(*values)


def everything(path):
    return b"".join(one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file())


def spellings(secret):
    """Return how bytes may stand in a file: raw, in base64 at each offset, in hexadecimal."""
    found_as = {secret, secret.hex().encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):
            text = encode(b"\0" * offset + secret).rstrip(b"=")
            found_as.add(text[4 if offset else 0 : -1])
    return found_as


def assert_gone(path, *secrets):
    stored = everything(path)
    for secret in secrets:
        for one in spellings(secret):
            assert one not in stored, secret


def kept(path, *names, reference=REFERENCE):
    """Keep a disclosure of each name; return (text, digest) of the first."""
    made = [disclose("applicants", [name]) for name in names]
    with Vault(path) as vault:
        vault.keep([Disclosure(f"{reference[:-1]}{at + 1}", "applicants", text)
                    for at, (text, _) in enumerate(made)])
    return made[0]


def data_key(path, digest):
    """Return (data key, wrapped form) as the vault's owner could compute it."""
    with Vault(path) as vault:
        wrapped = vault._keys.execute("SELECT wrapped FROM data_key WHERE digest = ?",
                                      (vaults.unb64(digest, 32),)).fetchone()[0]
        return vault._wrap.decrypt(wrapped[:12], wrapped[12:], vaults.unb64(digest, 32)), wrapped


def test_kill_between_keys_and_disclosures_leaves_nothing_to_show_and_no_text(path):
    text, digest = disclose("applicants", [NAME])

    def act():
        vault = Vault(path)
        vault._vault = Dying(vault._vault, 1)
        vault.keep([Disclosure(REFERENCE, "applicants", text)], envelopes=[b"signed"])

    killed_when(act)
    assert_gone(path, NAME.encode(), text.encode(), vaults.unb64(disclosure.parse(text)[0]))
    with Vault(path) as vault:
        assert vault._keys.execute("SELECT count(*) FROM data_key").fetchone() == (1,)
        assert (vault.show(digest), vault.pending(), vault.names(REFERENCE)) == (None, [], [])
        fresh, fresh_digest = disclose("applicants", [NAME])
        vault.keep([Disclosure(REFERENCE, "applicants", fresh)], envelopes=[b"signed"])
        assert vault.show(fresh_digest) == fresh
        assert [one.envelope for one in vault.pending()] == [b"signed"]


def test_same_disclosure_kept_again_after_that_kill_can_be_shown(path):
    text, digest = disclose("applicants", [NAME])
    kept_one = [Disclosure(REFERENCE, "applicants", text)]

    def act():
        vault = Vault(path)
        vault._vault = Dying(vault._vault, 1)
        vault.keep(kept_one)

    killed_when(act)
    with Vault(path) as vault:
        vault.keep(kept_one)
        assert vault.show(digest) == text


@pytest.mark.parametrize("at", range(1, 6))
def test_kill_within_keep_keeps_disclosure_outbox_and_journal_together_or_not_at_all(path, at):
    text, digest = disclose("applicants", [NAME])

    def act():
        vault = Vault(path)
        vault._vault = Dying(vault._vault, at)
        vault.keep([Disclosure(REFERENCE, "applicants", text)], envelopes=[b"signed"], file="f",
                   journal=[vaults.JournalRow(1, "rule", "1")], rows=1)
        os._exit(KILLED)

    killed_when(act)
    with Vault(path) as vault:
        assert not vault.pending()
        assert (vault.show(digest), vault.rows_done("f"), vault.journal("f")) == (None, 0, [])


@pytest.mark.parametrize(("database", "at"), [
    ("_vault", 3), ("_keys", 1), ("_keys", 2), ("_keys", 3), ("_vault", 4), ("_vault", 5),
])
def test_kill_anywhere_after_the_tombstone_is_finished_on_opening(path, database, at):
    text, digest = kept(path, NAME, OTHER)
    key, wrapped = data_key(path, digest)

    def act():
        vault = Vault(path)
        setattr(vault, database, Dying(getattr(vault, database), at))
        vault.erase(REFERENCE, "applicants")

    killed_when(act)
    with Vault(path) as vault:
        assert vault.show(digest) is None
        assert vault.is_erased(REFERENCE, "applicants")
        assert vault.names(REFERENCE) == []
        assert vault.names(REFERENCE[:-1] + "2") == ["applicants"]
        assert_gone(path, NAME.encode(), text.encode(), key, wrapped)
    assert_gone(path, NAME.encode(), text.encode(), key, wrapped)


@pytest.mark.parametrize("at", [1, 2])
def test_kill_before_the_tombstone_stands_erases_nothing(path, at):
    text, digest = kept(path, NAME)

    def act():
        vault = Vault(path)
        vault._vault = Dying(vault._vault, at)
        vault.erase(REFERENCE, "applicants")

    killed_when(act)
    with Vault(path) as vault:
        assert vault.show(digest) == text
        assert not vault.is_erased(REFERENCE, "applicants")


@pytest.mark.parametrize("others", [0, 1, 300])
def test_after_erasure_no_byte_of_name_salt_or_key_is_in_any_file(path, others):
    text, digest = kept(path, NAME)
    with Vault(path) as vault:
        vault.keep([Disclosure(f"XA/patent/2025/{at:012}", "applicants", disclose("applicants", [
            f"{OTHER} {at}"])[0]) for at in range(others)])
    key, wrapped = data_key(path, digest)
    salt = vaults.unb64(disclosure.parse(text)[0], 16)
    with Vault(path) as vault:
        sealed = vault._vault.execute("SELECT sealed FROM disclosure WHERE digest = ?",
                                      (vaults.unb64(digest, 32),)).fetchone()[0]
    assert wrapped in everything(path)
    assert sealed in everything(path)
    with Vault(path) as vault:
        vault.erase(REFERENCE, "applicants")
        assert_gone(path, NAME.encode(), salt, key, wrapped, text.encode(), sealed)
    assert_gone(path, NAME.encode(), salt, key, wrapped, text.encode(), sealed)


def test_erasure_beside_a_reader_does_not_claim_what_it_did_not_do(path):
    _, digest = kept(path, NAME)
    _, wrapped = data_key(path, digest)
    reader = sqlite3.connect(path / vaults.KEYS_FILE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM data_key").fetchone()
    try:
        with Vault(path) as vault:
            vault._keys.execute("PRAGMA busy_timeout=100")
            try:
                vault.erase(REFERENCE, "applicants")
            except (LedgerError, vaults.VaultFault):
                return
            assert wrapped not in everything(path)
    finally:
        reader.close()


def test_known_values_and_the_vault_key_do_not_bring_an_erased_name_back(path):
    """An attacker knows every name, has a copy of all files and even the vault key."""
    text, digest = kept(path, NAME, OTHER)
    with Vault(path) as vault:
        sealed = vault._vault.execute("SELECT sealed FROM disclosure WHERE digest = ?",
                                      (vaults.unb64(digest, 32),)).fetchone()[0]
        vault.erase(REFERENCE, "applicants")
        left = [row for (row,) in vault._keys.execute("SELECT wrapped FROM data_key")]
        wrap = vault._wrap
    vault_key = bytes.fromhex((path / "keys" / "vault.key").read_text())
    for key in (vault_key, bytes(32), vaults.unb64(digest, 32)):
        with pytest.raises(InvalidTag):
            AESGCM(key).decrypt(bytes(12), sealed, vaults.unb64(digest, 32))
    for wrapped in left:
        with pytest.raises(InvalidTag):
            wrap.decrypt(wrapped[:12], wrapped[12:], vaults.unb64(digest, 32))
    salts = [bytes([one]) * 16 for one in range(64)] + [
        vaults.unb64(digest, 32)[:16], vault_key[:16], REFERENCE.encode()[:16]]
    stored = everything(path)
    salts += [stored[at : at + 16] for at in range(0, min(len(stored), 16 * 4_000), 16)]
    values = ([NAME], NAME, [NAME.upper()], [NAME, OTHER])
    guesses = {disclosure.digest(disclosure.make(salt, "applicants", value))
               for salt, value in itertools.product(salts, values)}
    assert digest not in guesses
    assert disclosure.digest(text) == digest


def test_same_name_twice_cannot_be_linked_by_its_digest():
    digests = {disclose("applicants", [NAME])[1] for _ in range(200)}
    assert len(digests) == 200


def filed(path):
    with Register(path) as register:
        register.act(open_filing(register, FILED, "2026-01-05", {"applicants": [NAME]}))


def test_erasure_cut_off_before_its_record_can_be_recorded_by_repeating_it(path):
    filed(path)

    def act():
        register = Register(path)
        register.act = lambda _: os._exit(KILLED)
        erase_name(register, FILED, "applicants", "data-subject-request")

    killed_when(act)
    with Register(path) as register:
        erase_name(register, FILED, "applicants", "data-subject-request")
        assert register.find(FILED)[1].erased == ("applicants",)


def test_refused_erasure_erases_nothing(path):
    filed(path)
    with Register(path) as register:
        digest = register.find(FILED)[1].disclosed["applicants"]
        with pytest.raises(LedgerError):
            erase_name(register, FILED, "applicants", "No Code Word")
        register.account, _ = enrol(register, None)
        with pytest.raises(LedgerError):
            erase_name(register, FILED, "applicants", "data-subject-request")
        assert register.vault.show(digest) is not None


def test_sealed_filing_can_be_opened_whenever_the_process_was_killed(path, monkeypatch):
    def act():
        monkeypatch.setattr(filing, "sealed_name_at", lambda *_: os._exit(KILLED))
        with Register(path) as register:
            filing._submit_sealed(register, FILED, "2026-01-05", {}, as_json=False)

    killed_when(act)
    with Register(path) as register:
        sealed = [value for _, value in register.ledger.tree.scan(b"sealed/")]
        assert len(sealed) == 1
        assert register.vault.show(json.loads(sealed[0])["digest"]) is not None


ROWS = 9_000


def rows_file(tmp_path, count=ROWS):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({
        "office": "XA", "right": "patent", "application_number": f"2026/{number:06}",
        "filing_date": "2026-01-05", "title": f"Lantern {number}",
        "applicants": [f"{OTHER} {number}"], "grant_number": None, "priorities": [],
        "source": "test"}) + "\n" for number in range(1, count + 1)))
    return path


def imported(path, file):
    with Register(path) as register:
        return Importer(ImportTarget(register), register.vault, open_source(file)).run()


def assert_complete(path, file, count):
    with Register(path) as register:
        audit(register.ledger)
        rows = list(register.ledger.state.rows(APPLICATIONS, "XA"))
        assert len(rows) == count
        assert len({entry.entry for _, entry in rows}) == count
        assert not register.vault.pending()
        for _, entry in rows[:: max(1, count // 50)]:
            assert register.vault.show(entry.disclosed["title"]) is not None
    again = imported(path, file)
    assert (again.entered, again.rows, again.refused) == (0, count, 0)


def test_import_killed_again_and_again_enters_everything_once(path, tmp_path):
    file = rows_file(tmp_path)
    code = ("import sys; from muniment.cli.main import main; main()")
    for attempt in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", code, "import", str(file), "--ledger", str(path)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        began, size = time.monotonic(), (path / "vault.db").stat().st_size if attempt else 0
        while time.monotonic() - began < 60 and child.poll() is None:
            # Wait until it writes, so that each kill hits another moment of the work.
            logs = [one for one in path.glob("*-wal") if one.stat().st_size > 0]
            if logs and attempt < len(logs) + 1:
                time.sleep(0.15 * (attempt + 1))
                break
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert size >= 0
    done = imported(path, file)
    assert done.rows == ROWS
    assert_complete(path, file, ROWS)


@pytest.mark.parametrize("moment", ["before-submit", "between-blocks", "before-sent", "in-resend"])
def test_import_killed_at_each_seam_enters_everything_once(path, tmp_path, moment):
    count = 1_300
    file = rows_file(tmp_path, count)

    def act(kill_resend=False):
        register = Register(path)
        target = ImportTarget(register)
        submit = target.submit

        def dying(envelopes):
            if moment == "before-submit" or (moment == "in-resend" and not kill_resend):
                os._exit(KILLED)
            if moment == "between-blocks":
                submit(envelopes[:1])
                os._exit(KILLED)
            answer = submit(envelopes)
            os._exit(KILLED)
            return answer

        target.submit = dying
        Importer(target, register.vault, open_source(file)).run()
        assert kill_resend in {True, False}

    killed_when(act)
    if moment == "in-resend":
        killed_when(lambda: act(kill_resend=True))
    imported(path, file)
    assert_complete(path, file, count)


def test_import_resumed_after_another_command_still_enters_everything(path, tmp_path):
    count = 600
    file = rows_file(tmp_path, count)

    def act():
        register = Register(path)
        target = ImportTarget(register)
        target.submit = lambda _: os._exit(KILLED)
        Importer(target, register.vault, open_source(file)).run()

    killed_when(act)
    with Register(path) as register:
        register.act(FileApplication(date="2026-01-05", number="2026/100001", office="XA",
                                     right="patent"))
    imported(path, file)
    with Register(path) as register:
        rows = list(register.ledger.state.rows(APPLICATIONS, "XA"))
        assert len(rows) == count + 1


def test_erased_name_stays_erased_when_its_import_is_resumed(path, tmp_path):
    file = rows_file(tmp_path, 3)
    imported(path, file)
    with Register(path) as register:
        erase_name(register, FILED, "applicants", "data-subject-request")
        with pytest.raises(NotFound):
            erase_name(register, FILED, "applicants", "data-subject-request")
    assert imported(path, file).entered == 0
    with Register(path) as register:
        digest = register.find(FILED)[1].disclosed["applicants"]
        assert register.vault.show(digest) is None
        assert register.find(FILED)[1].erased == ("applicants",)
