"""The engine's laws: who may write, what is admitted, what is refused and with which code."""

import dataclasses
import shutil

import pytest

from muniment.admission import use_sequence
from muniment.cli.account import _made, denying
from muniment.cli.filing import keep_sealed, sealed_filing, sealed_name_at, unsealing
from muniment.codec import encode, from_members, members, replace
from muniment.declare import TransactionType
from muniment.editions import NEWEST, rules_of
from muniment.model import codes
from muniment.model.account import ADMISSIONS, STANDARD_QUOTAS, Admission
from muniment.model.application import APPLICATIONS
from muniment.model.envelope import Envelope, sign_envelope
from muniment.model.possession import prove_possession
from muniment.model.state import change
from muniment.node.audit import audit
from muniment.node.enrolment import enrol
from muniment.node.evidence import entry_evidence
from muniment.node.founding import found
from muniment.node.ledger import parse
from muniment.node.register import Reference, Register
from muniment.node.rotation import rotate_keys, rotate_log_key
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations import declared
from muniment.operations.file_application import FileApplication
from muniment.proof import limits
from muniment.proof.attestation import TrustPolicy, attest
from muniment.proof.errors import Fault, LedgerError, OutOfTurn, Refused
from muniment.proof.evidence import verify
from muniment.reference import packaged_rows


def file(number, date="2026-01-05", office="XA", right="patent"):
    return FileApplication(date=date, number=number, office=office, right=right)


def outcome(register, *operations, atomic=False, wallet=None):
    return register.submit(operations, atomic=atomic, wallet=wallet).operations


def code(register, operation, account=None):
    register.account = account or "XA"
    try:
        return outcome(register, operation)[0]
    finally:
        register.account = "XA"


def test_each_operation_is_decided_by_itself(register):
    assert outcome(register, file("2026/000001"), file("2026/000001"), file("2026/000002")) == (
        0, 2006, 0)


def test_one_refusal_refuses_all_of_an_atomic_envelope(register):
    before = register.ledger.tree.root()
    assert outcome(register, file("2026/000001"), file("2026/00O002"), file("2026/000003"),
                   atomic=True) == (900, 2002, 900)
    assert outcome(register, file("2026/000001"), atomic=True) == (0,)
    assert before != register.ledger.tree.root()


def test_refused_atomic_envelope_leaves_the_register_as_it_was(register):
    rows = list(register.ledger.tree.scan(b"application/"))
    outcome(register, file("2026/000001"), file("2026/000001"), atomic=True)
    assert list(register.ledger.tree.scan(b"application/")) == rows


def test_only_the_office_or_its_registrar_changes_its_register(register):
    enrol(register, "XB")
    agent, _ = enrol(register, None)
    assert code(register, file("2026/000009"), "XB") == codes.NOT_AUTHORISED
    assert code(register, file("2026/000009"), agent) == codes.NOT_AUTHORISED
    register.act(_made("grant-role", {"account": agent, "office": "XA", "role": "registrar"}))
    assert code(register, file("2026/000009"), agent) == 0
    register.act(_made("revoke-role", {"account": agent, "office": "XA", "role": "registrar"}))
    assert code(register, file("2026/000010"), agent) == codes.NOT_AUTHORISED


def test_filer_does_not_accord_dates(register):
    agent, _ = enrol(register, None)
    register.act(_made("grant-role", {"account": agent, "office": "XA", "role": "filer"}))
    assert code(register, file("2026/000009"), agent) == codes.NOT_AUTHORISED


def test_filer_acts_on_his_own_claims_alone(register):
    one, other = (enrol(register, None)[0] for _ in range(2))
    for agent in (one, other):
        register.act(_made("grant-role", {"account": agent, "office": "XA", "role": "filer"}))
    assert code(register, file("2026/000001")) == 0
    named = {"number": "2026/000001", "office": "XA", "right": "patent"}
    earlier = {"number": "2025-00007", "office": "XB", "right": "patent"}
    claim = _made("claim-priority", {**named, "date": "2025-03-03", "earlier": earlier})
    withdraw = _made("withdraw-claim", {**named, "claim": 0})
    assert code(register, claim, one) == 0
    assert code(register, withdraw, other) == 3103
    assert code(register, withdraw, one) == 0


def test_role_ends_by_block_time_alone(register, clock):
    agent, _ = enrol(register, None)
    register.act(_made("grant-role", {"account": agent, "office": "XA", "role": "registrar",
                                      "until": clock.time + 100}))
    assert code(register, file("2026/000001"), agent) == 0
    clock.time += 100
    assert code(register, file("2026/000002"), agent) == codes.NOT_AUTHORISED


def test_bar_is_scoped_dated_and_lifted(register, clock):
    agent, _ = enrol(register, None)
    register.act(_made("grant-role", {"account": agent, "office": "XA", "role": "registrar"}))
    register.act(denying(register, agent, "suspension", 10, ["file-application"], ["patent"]))
    assert code(register, file("2026/000001"), agent) == codes.PARTICIPANT_BARRED
    assert code(register, file("T2026/000001", right="trademark"), agent) == 0
    register.act(_made("lift-denial", {"account": agent, "office": "XA", "reason": "appeal"}))
    assert code(register, file("2026/000001"), agent) == 0
    register.act(denying(register, agent, "suspension", 10))
    assert code(register, file("2026/000002"), agent) == codes.PARTICIPANT_BARRED
    clock.time += 11 * 86_400
    assert code(register, file("2026/000002"), agent) == 0


def test_bar_never_touches_what_is_registered(register):
    agent, _ = enrol(register, None)
    register.act(_made("grant-role", {"account": agent, "office": "XA", "role": "registrar"}))
    assert code(register, file("2026/000001"), agent) == 0
    register.act(denying(register, agent, "suspension", 10))
    assert register.find(Reference("XA", "patent", "2026/000001"))[1].date == "2026-01-05"


def test_operator_alone_enrols_offices(register):
    enrol(register, "XB")
    register.account = "XB"
    with pytest.raises(Refused, match="not-authorised"):
        enrol(register, "XC")


def test_account_of_an_unknown_register_is_refused(register):
    assert code(register, file("2026-00001", office="XB")) == codes.REGISTER_UNKNOWN


def envelope(register, *operations, **changed):
    wallet = register.wallet()
    given = {
        "ledger": register.ledger.identity.id, "submitter": "XA", "sequence": 500,
        "not_after": 2_000_000_000, **changed,
    }
    return sign_envelope([encode(one) for one in operations], wallet.keys, **given)


def refused_untraced(register, data, name):
    size = register.ledger.head.size
    root = register.ledger.tree.root()
    answer = register.ledger.submit([data])[0]
    assert answer.name == name
    assert answer.code
    assert (register.ledger.head.size, register.ledger.tree.root()) == (size, root)


def test_replayed_envelope_leaves_no_trace(register):
    data = envelope(register, file("2026/000001"))
    assert register.ledger.submit([data])[0].operations == (0,)
    refused_untraced(register, data, "sequence-used")


def test_expired_envelope_leaves_no_trace(register, clock):
    refused_untraced(register, envelope(register, file("2026/000001"), not_after=clock.time - 1),
                     "envelope-expired")


def test_envelope_for_another_ledger_leaves_no_trace(register):
    refused_untraced(register, envelope(register, file("2026/000001"), ledger="A" * 43),
                     "ledger-other")


def test_envelope_of_an_unknown_account_leaves_no_trace(register):
    refused_untraced(register, envelope(register, file("2026/000001"), submitter="XC"),
                     "account-unknown")


def test_envelope_signed_by_a_stranger_leaves_no_trace(register):
    stranger = Wallet.generate("XA")
    data = register.ledger.sign(stranger, [encode(file("2026/000001"))])
    refused_untraced(register, data, "key-not-in-set")


def test_envelope_with_too_few_signatures_leaves_no_trace(register):
    joint, _ = enrol(register, None, keys=3, threshold=2)
    wallet = register.wallet(joint)
    data = register.ledger.sign(dataclasses.replace(wallet, threshold=1), [encode(file("2026/1"))])
    refused_untraced(register, data, "threshold-not-met")


def test_one_malformed_operation_refuses_the_envelope_whole(register):
    wallet = register.wallet()
    lines = [encode(file("2026/000001")), b'{"type":"file-application","x":1}']
    refused_untraced(register, register.ledger.sign(wallet, lines), "malformed-value")


def test_admitted_envelope_spends_its_sequence_though_all_is_refused(register):
    data = envelope(register, file("nonsense"))
    assert register.ledger.submit([data])[0].operations == (2002,)
    refused_untraced(register, data, "sequence-used")


def test_sequences_may_come_in_any_order_within_the_window():
    admission = Admission()
    for sequence in (5, 3, 1_029, 6, 1_028):
        highest, window = use_sequence(admission, sequence)
        admission = Admission(highest=highest, window=window)
    for used in (5 + 1, 1_029, 1_028):
        with pytest.raises(OutOfTurn, match="sequence-used"):
            use_sequence(admission, used)
    for outside in (5, 3, 1_029 + 1_025):
        with pytest.raises(OutOfTurn, match="sequence-out-of-window"):
            use_sequence(admission, outside)


def test_quota_is_charged_by_utc_day(tmp_path, clock):
    path = tmp_path / "small"
    found(path, office="XA", name="register.test.example", profile="demo", now=clock,
          quotas=replace(STANDARD_QUOTAS, office_operations=3))
    with Register(path, now=clock) as register:
        assert outcome(register, file("nonsense-1"), file("nonsense-2"), file("nonsense-3"))
        with pytest.raises(OutOfTurn, match="quota-exceeded"):
            outcome(register, file("nonsense-4"))
        clock.time += 86_400
        assert outcome(register, file("nonsense-4"))


def poisoned(kinds):
    """Return the declarations with an effect that breaks in one way for one number."""
    def broken(operation, state, ctx):
        if operation.number == "2026/000666":
            raise ZeroDivisionError
        if operation.number == "2026/000667":
            value = APPLICATIONS.kind(date="2026-01-01", entry=ctx.position, number="x", recorded=1)
            yield from ()
            yield change(APPLICATIONS, b"role/XA/registrar/x/", None, value)
            yield change(APPLICATIONS, b"role/XA/registrar/x/", None, value)
        else:
            yield from original(operation, state, ctx)

    changed = []
    for kind in kinds:
        if kind.name == "file-application":
            original = kind.effects[0]
            changed.append(dataclasses.replace(kind, effects=[broken]))
        else:
            changed.append(kind)
    return tuple(changed)


def test_poisoned_operation_is_refused_alone_with_an_alarm(ledger_path, clock):
    with SoloLedger(ledger_path, now=clock, types=poisoned(declared())) as ledger:
        wallet = Wallet.load(ledger_path / "keys" / "XA.json")
        lines = [encode(file(f"2026/{number:06}")) for number in (1, 666, 667, 2)]
        answer = ledger.submit([ledger.sign(wallet, lines)])[0]
        assert answer.operations == (0, codes.INTERNAL_FAULT, codes.INTERNAL_FAULT, 0)
        assert len(ledger.alarms) == 2


def test_rotation_is_signed_by_the_revealed_set_and_old_entries_stay_provable(register):
    register.act(file("2026/000001"))
    old = register.wallet().key_set().digest()
    rotate_keys(register)
    assert register.wallet().key_set().digest() != old
    register.act(file("2026/000002"))
    policy = TrustPolicy.parse((register.directory / "trust-policy.txt").read_text())
    position = register.find(Reference("XA", "patent", "2026/000001"))[1].entry
    assert verify(entry_evidence(register.ledger, position), policy).key_set == old


def test_stolen_current_keys_cannot_rotate(register):
    thief = dataclasses.replace(register.wallet(), next_keys=Wallet.generate("XA").keys).rotated()
    possession = prove_possession("XA", thief.key_set(), register.ledger.identity.id, thief.keys)
    operation = _made("rotate-keys", {
        "account": "XA", "key_set": from_key_set(thief), "possession": possession_of(possession)})
    assert outcome(register, operation) == (1201,)


def from_key_set(wallet):
    return members(wallet.key_set())


def possession_of(possession):
    return members(possession)


def test_rotated_log_key_ends_the_old_keys_range(register):
    old = register.ledger.checkpoint()
    register.act(file("2026/000001"))
    rotate_log_key(register)
    policy = TrustPolicy.parse((register.directory / "trust-policy.txt").read_text())
    assert attest(register.ledger.checkpoint(), policy)
    assert attest(old, policy)


def test_restored_backup_does_not_sign_a_second_story(ledger_path, clock, tmp_path):
    with Register(ledger_path, now=clock) as register:
        shutil.copy(ledger_path / "ledger.db", tmp_path / "backup.db")
        register.act(file("2026/000001"))
        register.ledger.checkpoint()
    for extra in ledger_path.glob("ledger.db*"):
        extra.unlink()
    shutil.copy(tmp_path / "backup.db", ledger_path / "ledger.db")
    with (Register(ledger_path, now=clock) as register,
          pytest.raises(LedgerError, match="would-equivocate")):
        register.ledger.checkpoint()


def later_edition(kinds):
    """Return code of a later edition: a check more, and a new transaction type."""
    changed = []
    for one in kinds:
        kind = one
        if kind.name == "file-application":
            kind = dataclasses.replace(kind, checks=list(kind.checks))

            @kind.check(50, "number-unlucky", basis="a test", since="2027")
            def number_is_lucky(operation, state, ctx):
                """The number MUST NOT end in 13."""
                return not (operation.number or "").endswith("13")
        changed.append(kind)
    return tuple(changed)


def test_later_code_upgrades_a_ledger_made_by_older_code(ledger_path, clock):
    newer = later_edition(declared())
    with SoloLedger(ledger_path, now=clock, types=newer) as ledger:
        wallet = Wallet.load(ledger_path / "keys" / "XA.json")

        def submit(operation):
            return ledger.submit([ledger.sign(wallet, [encode(operation)])])[0].operations[0]

        assert submit(file("2026/000013")) == 0
        height, lock = ledger.head.height + 3, rules_of("2027", newer).hash
        assert submit(_made("activate-edition", {
            "edition": "2027", "hash": lock, "height": height})) == 0
        assert submit(_made("confirm-edition", {
            "edition": "2027", "hash": lock, "office": "XA"})) == 0
        assert submit(file("2026/000213")) == 2050
    with SoloLedger(ledger_path, now=clock, types=newer) as ledger:
        assert audit(ledger, types=newer).entries == ledger.head.size


def test_code_without_the_ledgers_edition_does_not_start(ledger_path, clock):
    with pytest.raises(Fault, match="it is not the code that wrote it"):
        SoloLedger(ledger_path, now=clock, types=tuple(
            kind for kind in declared() if kind.name != "record-copy"))


def test_edition_hash_changes_with_a_check_a_member_or_a_number():
    kinds = declared()
    assert rules_of(NEWEST, later_edition(kinds)).hash == rules_of(NEWEST).hash
    one = kinds[0]
    shorter = dataclasses.replace(one, checks=one.checks[:-1])
    assert rules_of(NEWEST, (shorter, *kinds[1:])).hash != rules_of(NEWEST).hash
    assert isinstance(one, TransactionType)


def test_time_never_goes_back(register, clock):
    register.act(file("2026/000001"))
    before = register.ledger.head.time
    clock.time -= 5_000
    register.act(file("2026/000002"))
    assert register.ledger.head.time == before


def test_block_that_admits_nothing_changes_nothing(register):
    head = register.ledger.head
    register.ledger.run_block(head.height + 5, head.time + 5, [])
    assert register.ledger.head == head


def test_sealed_filing_shows_neither_number_nor_date_and_opens_once(register):
    filed = Reference("XA", "patent", "2026/000077")
    operation, text = sealed_filing(register, filed, "2026-02-03", {"title": "Lamp"})
    receipt = register.act(operation)
    name = sealed_name_at(register, receipt.position)
    keep_sealed(register, operation.sealed, text)
    stored = b"".join(entry.leaf + (entry.body or b"") for entry in register.ledger.storage.entries(
        receipt.position, register.ledger.head.size))
    assert b"2026/000077" not in stored
    assert b"2026-02-03" not in stored
    opening = unsealing(register, name)
    register.act(opening)
    assert register.find(filed)[1].sealed == name
    assert outcome(register, opening) == (2101,)


def test_copier_of_a_sealed_digest_cannot_open_it(register):
    enrol(register, "XB")
    filed = Reference("XA", "patent", "2026/000078")
    operation, text = sealed_filing(register, filed, "2026-02-03", {})
    stolen = _made("file-application", {"office": "XB", "sealed": operation.sealed})
    register.account = "XB"
    receipt = register.act(stolen)
    name = sealed_name_at(register, receipt.position)
    opening = _made("unseal-application", {"disclosure": text, "office": "XB", "sealed": name})
    assert outcome(register, opening) == (2103,)


def test_envelope_bytes_are_bounded(register):
    assert parse(b"x" * (limits.ENVELOPE_BYTES_MAX + 1)).name == "envelope-too-large"
    lines = [encode(file(f"2026/{n:06}")) for n in range(limits.ENVELOPE_OPERATIONS_MAX + 1)]
    data = register.ledger.sign(register.wallet(), lines)
    assert parse(data).name in ("envelope-too-many", "envelope-too-large")


def test_envelope_survives_its_bytes(register):
    data = envelope(register, file("2026/000001"), file("2026/000002"))
    parsed = Envelope.parse(data)
    assert parsed.size == len(data)
    assert Envelope.restore(parsed.jws_line, parsed.lines) == parsed


def test_reading_numbers_is_the_same_in_every_spelling(register):
    assert outcome(register, file("2026/000001"), file("2026000001"), file("XA 2026/000001")) == (
        0, 2006, 2006)
    assert register.ledger.state.get(ADMISSIONS, "XA").operations > 0


def test_demo_offices_are_admitted_in_a_demo_ledger_only(tmp_path, clock):
    path = tmp_path / "solo"
    found(path, office="US", name="register.test.example", rows=packaged_rows(), now=clock)
    with Register(path, now=clock) as register, pytest.raises(Refused, match="office-unknown"):
        enrol(register, "XA")


def test_payload_from_members_is_strict():
    with pytest.raises(LedgerError):
        from_members(FileApplication, {"office": "xa", "type": "file-application"})
