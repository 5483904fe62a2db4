"""Laws over whole runs: the same blocks give the same bytes, whatever else differs."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from muniment.cli.account import _made
from muniment.codec import encode
from muniment.model.envelope import Envelope
from muniment.node.audit import audit
from muniment.node.enrolment import enrol
from muniment.node.evidence import entry_evidence
from muniment.node.export import export_lines, replay
from muniment.node.founding import found
from muniment.node.register import Reference, Register
from muniment.node.signatures import VerifiedSignatures
from muniment.node.solo import SoloLedger
from muniment.operations.file_application import FileApplication
from muniment.reference import packaged_rows

START = 1_790_000_000
ROOT = Path(__file__).parent.parent.parent
NUMBERS = st.integers(1, 12).map(lambda one: f"2026/{one:06}") | st.sampled_from(
    ["2026000003", "2026/00O004", "nonsense"])
DATES = st.sampled_from(["2026-01-05", "2026-02-30", "2026-12-31", "2026-01-06"])
OPERATIONS = st.builds(
    lambda number, date: encode(FileApplication(date=date, number=number, office="XA",
                                                right="patent")), NUMBERS, DATES)
BLOCKS = st.lists(
    st.lists(st.tuples(st.lists(OPERATIONS, min_size=1, max_size=5), st.booleans()), max_size=4),
    min_size=1, max_size=4)


class Clock:
    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time


def founded(path):
    rows = [row for row in packaged_rows("demo") if row[1][0].startswith("X")]
    found(path, office="XA", name="register.test.example", profile="demo", rows=rows, now=Clock())


TEMPLATE = Path(tempfile.mkdtemp()) / "template"
founded(TEMPLATE)


def copied(folder, name):
    path = Path(folder) / name
    shutil.copytree(TEMPLATE, path)
    return path


@settings(max_examples=25)
@given(BLOCKS)
def test_same_blocks_give_the_same_roots_and_codes_warm_or_cold(blocks):
    """A driver that verified ahead and one that verifies nothing ahead are one ledger."""
    with tempfile.TemporaryDirectory() as folder:
        one = SoloLedger(copied(folder, "one"), now=Clock())
        other = SoloLedger(copied(folder, "other"), now=Clock())
        wallet = Register(copied(folder, "keys"), now=Clock()).wallet()
        for height, block in enumerate(blocks, one.head.height + 1):
            envelopes = [
                Envelope.parse(one.sign(wallet, lines, atomic=atomic, ahead=at))
                for at, (lines, atomic) in enumerate(block)
            ]
            warm = one._signatures
            for envelope in envelopes:
                for signature in envelope.signed.signatures:
                    warm.check(wallet.keys[0].public, signature)
            other.engine._check = None
            results = [ledger.run_block(height, START + height, envelopes) for ledger in (one, other)]
            assert results[0].leaves == results[1].leaves
            assert results[0].outcomes == results[1].outcomes
        assert one.tree.root() == other.tree.root()
        assert one.engine.log.root() == other.engine.log.root()
        one.close()
        other.close()


@settings(max_examples=15)
@given(BLOCKS)
def test_replay_of_the_export_reaches_the_same_roots(blocks):
    with tempfile.TemporaryDirectory() as folder:
        path = copied(folder, "one")
        with Register(path, now=Clock()) as register:
            for block in blocks:
                register.ledger.submit([
                    register.ledger.sign(register.wallet(), lines, atomic=atomic, ahead=at)
                    for at, (lines, atomic) in enumerate(block)
                ])
            text = b"".join(export_lines(register.ledger))
            roots = (register.ledger.engine.log.root(), register.ledger.tree.root())
        replay(io.BytesIO(text), Path(folder) / "again")
        with SoloLedger(Path(folder) / "again") as again:
            assert (again.engine.log.root(), again.tree.root()) == roots
            assert b"".join(export_lines(again)) == text


REPLAY = """
import sys
from pathlib import Path
from muniment.node.export import replay
with open(sys.argv[1], "rb") as file:
    print(replay(file, Path(sys.argv[2])))
"""


def test_other_process_with_other_hashes_reaches_the_same_roots(tmp_path):
    path = copied(tmp_path, "one")
    with Register(path, now=Clock()) as register:
        enrol(register, "XB")
        register.act(FileApplication(date="2026-01-05", number="2026/000001", office="XA",
                                     right="patent"))
        (tmp_path / "export").write_bytes(b"".join(export_lines(register.ledger)))
    answers = {
        subprocess.run(
            [sys.executable, "-c", REPLAY, str(tmp_path / "export"), str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True, check=True).stdout
        for seed in ("1", "2", "3")
    }
    assert len(answers) == 1


def test_memory_of_signatures_keeps_facts_apart(register):
    """The same bytes under another key, or cut elsewhere, are another fact."""
    memory = VerifiedSignatures()
    wallet = register.wallet()
    data = register.ledger.sign(wallet, [encode(FileApplication(
        date="2026-01-05", number="2026/000001", office="XA", right="patent"))])
    signature = Envelope.parse(data).signed.signatures[0]
    memory.check(wallet.keys[0].public, signature)
    for wrong in (
        (wallet.next_keys[0].public, signature),
        (wallet.keys[0].public, type(signature)(
            signature.alg, signature.kid, signature.signing_input[:-1], signature.signature)),
        (wallet.keys[0].public, type(signature)(
            signature.alg, signature.kid, signature.signing_input[1:],
            signature.signature + signature.signing_input[:1])),
    ):
        try:
            memory.check(*wrong)
        except Exception as error:  # noqa: BLE001 - the point is that it is refused
            assert error.name == "signature-invalid"
        else:
            raise AssertionError("another fact was taken for this one")


class RegisterMachine(RuleBasedStateMachine):
    """The register against a model that a reader can hold in mind."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.register = Register(copied(self.folder.name, "one"), now=Clock())
        self.agent, _ = enrol(self.register, None)
        self.dates, self.registrar, self.size = {}, False, 0

    def submit(self, operation, account="XA"):
        self.register.account = account
        try:
            return self.register.submit([operation]).operations[0]
        finally:
            self.register.account = "XA"

    @rule(number=st.integers(1, 6), date=DATES, by_agent=st.booleans())
    def file(self, number, date, by_agent):
        operation = FileApplication(date=date, number=f"2026/{number:06}", office="XA",
                                    right="patent")
        code = self.submit(operation, self.agent if by_agent else "XA")
        if by_agent and not self.registrar:
            assert code == 301
        elif date in ("2026-02-30", "2026-12-31"):
            assert code == 2005
        elif number in self.dates:
            assert code == 2006
        else:
            assert code == 0
            self.dates[number] = date

    @rule(number=st.integers(1, 6), date=st.sampled_from(["2026-01-07", "2026-01-05"]))
    def correct(self, number, date):
        was = self.dates.get(number, "2026-01-05")
        code = self.submit(_made("correct-entry", {
            "date": date, "ground": "clerical-error", "number": f"2026/{number:06}",
            "office": "XA", "right": "patent", "was": was}))
        if number not in self.dates:
            assert code == 4001
        elif date == was:
            assert code == 4002
        else:
            assert code == 0
            self.dates[number] = date

    @rule()
    def grant(self):
        assert self.submit(_made("grant-role", {"account": self.agent, "office": "XA",
                                                "role": "registrar"})) == 0
        self.registrar = True

    @precondition(lambda self: self.registrar)
    @rule()
    def revoke(self):
        assert self.submit(_made("revoke-role", {"account": self.agent, "office": "XA",
                                                 "role": "registrar"})) == 0
        self.registrar = False

    @invariant()
    def register_is_the_model(self):
        for number, date in self.dates.items():
            found_entry = self.register.find(Reference("XA", "patent", f"2026/{number:06}"))[1]
            assert found_entry.date == date
        assert self.register.ledger.head.size >= self.size
        self.size = self.register.ledger.head.size

    def teardown(self):
        audit(self.register.ledger)
        self.register.__exit__(None, None, None)
        self.folder.cleanup()


TestRegister = RegisterMachine.TestCase
TestRegister.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)


def test_evidence_of_one_machine_has_the_bytes_of_another(register):
    """Making evidence draws no chance: two files of one entry are equal."""

    register.act(FileApplication(date="2026-01-05", number="2026/000001", office="XA",
                                 right="patent"))
    position = register.ledger.head.size - 2
    made = {hashlib.sha256(entry_evidence(register.ledger, position)).digest() for _ in range(3)}
    assert len(made) == 1
