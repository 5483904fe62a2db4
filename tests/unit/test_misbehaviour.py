"""What a consensus engine reports: a leaf for each report, and the power of who is reported."""

import io

import pytest

from muniment.codec import encode
from muniment.engine import BLOCK_LEAF, OPERATION_LEAF, Engine
from muniment.model.envelope import Envelope
from muniment.model.example import key
from muniment.model.genesis import initial_state
from muniment.model.member import GOVERNANCE, MEMBERS, Governance, Member
from muniment.model.misbehaviour import ENGINE_LEAF, REPORTS, Misbehaviour, Report, read_leaf
from muniment.model.validator import (
    ENGINE_KEYS,
    VALIDATORS,
    EngineKey,
    Validator,
    ValidatorUpdate,
    address_of,
    updates,
)
from muniment.node.audit import audit
from muniment.node.evidence import entry_evidence
from muniment.node.export import export_lines, replay
from muniment.node.solo import SoloLedger
from muniment.operations.file_application import FileApplication
from muniment.proof import statetree
from muniment.proof.attestation import TrustPolicy
from muniment.proof.canonical import decode
from muniment.proof.errors import LedgerError, NotFound
from muniment.proof.evidence import assemble, verify
from muniment.proof.merkle import Frontier, leaf_hash

OFFICES = ("XA", "XB", "XC", "XD")
HEIGHT = 10


def engine_key(office):
    return key(f"engine {office}").public.jwk["x"]


def report(office, height=9, kind="duplicate-vote", **changed):
    made = {"kind": kind, "address": address_of(engine_key(office)), "height": height,
            "time": 1_790_000_000, "total_power": 4, **changed}
    return Misbehaviour(**made)


class Plain:
    """A tree in a dictionary."""

    def __init__(self, entries):
        self.entries = dict(entries)

    def get(self, name):
        return self.entries.get(name)

    def scan(self, prefix, after=b""):
        return iter(sorted((name, value) for name, value in self.entries.items()
                           if name.startswith(prefix) and name > after))

    def apply(self, entries):
        self.entries.update(entries)
        return statetree.root(sorted(self.entries.items()))


def network(genesis, ledger_id, offices=OFFICES):
    """Return the engine of a ledger with seated validators, each with power 1."""
    rows = {GOVERNANCE.key(): Governance(policy="authority", since=1)}
    for office in offices:
        public = engine_key(office)
        rows[MEMBERS.key(office)] = Member(entry=3, since=1, units=1)
        rows[VALIDATORS.key(office)] = Validator(
            entry=4, key=public, log_key=key(f"log {office}").public.jwk["x"],
            node=address_of(public), power=1, seated=1)
        rows[ENGINE_KEYS.key(address_of(public))] = EngineKey(entry=4, office=office)
    stored = {name: encode(row) for name, row in rows.items()}
    log = Frontier()
    for leaf in (b"genesis", b"block"):
        log.append(leaf_hash(leaf))
    return Engine(ledger_id, Plain(dict(initial_state(genesis)) | stored), log)


@pytest.fixture
def engine(register):
    identity = register.ledger.identity
    return network(identity.genesis, identity.id)


def power(engine, office):
    return engine.state.get(VALIDATORS, office).power


def block(engine, height, *reports):
    return engine.execute(height, 1_790_000_100 + height, [], reports)


def test_report_is_a_leaf_before_the_block_leaf_and_takes_the_power(engine):
    result = block(engine, HEIGHT, report("XB"))
    assert [leaf.partition(b"\n")[0] for leaf in result.leaves] == [
        b"muniment/engine/v1", b"muniment/block/v1"]
    assert read_leaf(result.leaves[0]) == report("XB")
    assert decode(result.leaves[1][len(BLOCK_LEAF):])["count"] == 1
    assert result.validators == (ValidatorUpdate(engine_key("XB"), 0),)
    assert [power(engine, office) for office in OFFICES] == [1, 0, 1, 1]
    assert result.alarms


def test_same_report_again_adds_nothing_in_the_same_block_or_later(engine):
    result = block(engine, HEIGHT, report("XB"), report("XB"))
    assert len(result.leaves) == 2
    root = engine.log.root()
    later = block(engine, HEIGHT + 1, report("XB"))
    assert not later.leaves
    assert not later.validators
    assert engine.log.root() == root


def test_another_report_of_the_same_validator_is_recorded_and_changes_no_power(engine):
    block(engine, HEIGHT, report("XB"))
    result = block(engine, HEIGHT + 1, report("XB", height=8))
    assert len(result.leaves) == 2
    assert result.validators == ()


def test_report_of_an_unknown_key_is_recorded_without_an_office(engine):
    result = block(engine, HEIGHT, report("XA", address="ab" * 20))
    assert len(result.leaves) == 2
    assert result.validators == ()
    recorded = [one for _, one in engine.state.rows(REPORTS)]
    assert recorded == [Report(entry=2, height=9, kind="duplicate-vote",
                               recorded=1_790_000_110)]


def test_last_validator_keeps_its_power_so_that_the_chain_goes_on(engine):
    for number, office in enumerate(OFFICES):
        block(engine, HEIGHT + number, report(office))
    assert [power(engine, office) for office in OFFICES] == [0, 0, 0, 1]
    assert len(engine.state.rows(REPORTS)) == 4


@pytest.mark.parametrize("wrong", [
    {"kind": "Duplicate Vote"}, {"kind": ""}, {"address": "AB" * 20}, {"address": "ab"},
    {"height": -1}, {"time": 2**53}, {"time": 10**40}, {"total_power": 1.5}, {"height": "9"},
    {"kind": None},
])
def test_malformed_report_halts_nobody_and_leaves_no_trace(engine, wrong):
    root = engine.log.root()
    assert not block(engine, HEIGHT, report("XB", **wrong)).leaves
    assert engine.log.root() == root


def test_report_of_a_replaced_key_takes_the_power_of_its_office(engine):
    row = engine.state.get(VALIDATORS, "XB")
    old = report("XB")
    fresh = key("engine XB again").public.jwk["x"]
    stored = encode(Validator(entry=9, key=fresh, log_key=row.log_key, node=row.node, power=1,
                              seated=1))
    engine._tree.entries[VALIDATORS.key("XB")] = stored
    engine.state._known.clear()
    engine.state._rows.clear()
    assert block(engine, HEIGHT, old).validators == (ValidatorUpdate(fresh, 0),)


def test_update_names_each_key_once_and_removes_only_what_had_power():
    def row(name, power):
        public = key(name).public.jwk["x"]
        return Validator(entry=1, key=public, log_key=public, node="ab" * 20, power=power)

    assert updates([(None, row("new", 0)), (row("idle", 0), row("idle", 0))]) == ()
    assert updates([(row("a", 2), row("a", 2)), (row("b", 2), row("b", 5))]) == (
        ValidatorUpdate(row("b", 5).key, 5),)
    changed = updates([(row("old", 2), row("new", 2))])
    assert dict(changed) == {row("old", 0).key: 0, row("new", 0).key: 2}
    assert [one.key for one in changed] == sorted(one.key for one in changed)
    assert updates([(row("idle", 0), row("other", 0))]) == ()


def filed(number):
    return FileApplication(date="2026-01-05", number=number, office="XA", right="patent")


def with_reports(register):
    """Run a block of operations and reports, one of reports alone, one of operations."""
    ledger, wallet = register.ledger, register.wallet()

    def parsed(*numbers):
        lines = [encode(filed(number)) for number in numbers]
        return [Envelope.parse(ledger.sign(wallet, lines))]

    time, height = ledger.head.time, ledger.head.height
    ledger.run_block(height + 1, time, parsed("2026/000001", "2026/000002"),
                   [report("XB"), report("XC", kind="light-client-attack")])
    ledger.run_block(height + 4, time + 4, [], [report("XD")])
    ledger.run_block(height + 5, time + 5, parsed("2026/000003"))
    return ledger


def test_reports_survive_audit_export_and_replay(register, tmp_path):
    ledger = with_reports(register)
    assert audit(ledger).entries == ledger.head.size
    text = b"".join(export_lines(ledger))
    assert text.count(b'"line":"misbehaviour"') == 3
    reached = replay(io.BytesIO(text), tmp_path / "replayed")
    assert reached["size"] == ledger.head.size
    with SoloLedger(tmp_path / "replayed") as copy:
        assert b"".join(export_lines(copy)) == text
        assert audit(copy).log_root == ledger.engine.log.root()


def test_replay_without_a_report_or_with_a_forged_one_reaches_other_roots(register, tmp_path):
    text = b"".join(export_lines(with_reports(register)))
    lines = text.split(b"\n")
    at = next(n for n, line in enumerate(lines) if b'"line":"misbehaviour"' in line)
    forged = text.replace(b'"kind":"light-client-attack"', b'"kind":"unknown"')
    dropped = b"\n".join(lines[:at] + lines[at + 1:])
    for number, changed in enumerate((forged, dropped)):
        with pytest.raises(LedgerError, match=r"replay-differs|export-malformed"):
            replay(io.BytesIO(changed), tmp_path / f"replayed-{number}")


def test_damaged_report_is_found_by_the_audit(register):
    """One that still reads is executed as it stands, and the block leaf gives it away."""
    ledger = with_reports(register)
    position, leaf = next((at, entry.leaf) for at, entry in enumerate(
        ledger.storage.entries(0, ledger.head.size)) if entry.leaf.startswith(ENGINE_LEAF))
    for changed, found in ((leaf.replace(b'"height":9', b'"height":8'), position + 2),
                           (leaf[:-1], position)):
        ledger.storage._db.execute("UPDATE entry SET leaf = ? WHERE position = ?",
                                   (changed, position))
        with pytest.raises(LedgerError, match=f"Entry {found}:"):
            audit(ledger)


def test_entry_beside_a_report_is_proven_and_the_report_is_no_entry(register):
    ledger = with_reports(register)
    policy = TrustPolicy.parse((register.directory / "trust-policy.txt").read_text())
    leaves = [entry.leaf for entry in ledger.storage.entries(0, ledger.head.size)]
    reports = [at for at, leaf in enumerate(leaves) if leaf.startswith(ENGINE_LEAF)]
    proven = verify(entry_evidence(ledger, reports[0] - 1), policy)
    assert proven.operation["number"] == "2026/000002"
    for position in reports:
        with pytest.raises(NotFound):
            entry_evidence(ledger, position)


def test_report_shown_as_an_operation_is_refused(register):
    """The verifier hashes what it is shown under the kind of an operation, never under another."""
    ledger = with_reports(register)
    policy = TrustPolicy.parse((register.directory / "trust-policy.txt").read_text())
    leaves = [entry.leaf for entry in ledger.storage.entries(0, ledger.head.size)]
    at = next(number for number, leaf in enumerate(leaves) if leaf.startswith(ENGINE_LEAF))
    plain = decode(entry_evidence(ledger, at - 1)[:-1])
    plain["entry"] |= {"index": at, "leaf": decode(leaves[at][len(ENGINE_LEAF):])}
    body = {name: one for name, one in plain.items() if name not in {"sha256", "kind", "format"}}
    with pytest.raises(LedgerError, match="evidence-invalid"):
        verify(assemble("entry", body), policy)
    with pytest.raises(LedgerError, match="malformed-value"):
        read_leaf(OPERATION_LEAF + leaves[at][len(ENGINE_LEAF):])
