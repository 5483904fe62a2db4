"""A ledger's own trust policy moves on by its rules, whatever else its owner wrote into it."""

import json
import shutil

import pytest
from tests.governing import found_network
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.network import trust
from muniment.network.head_trust import HeadTrust
from muniment.network.trust import extend_policy
from muniment.node.evidence import entry_evidence, tie
from muniment.node.policy import end_note_range
from muniment.node.promotion import chain_id, promote
from muniment.node.register import Register
from muniment.node.rotation import rotate_log_key
from muniment.node.solo import POLICY_FILE, load_log_key
from muniment.operations.file_application import FileApplication
from muniment.proof.attestation import TrustPolicy, attest
from muniment.proof.checkpoint import Checkpoint, sign_note
from muniment.proof.crypto import sha256
from muniment.proof.errors import Malformed, Refused, VerificationError
from muniment.proof.evidence import assemble, verify
from muniment.proof.history import Trusted

OTHER = "other.example/0123456789abcdef 0 - note other.example/0123456789abcdef+x+y"
WRITTEN = ("", "# B\u00fcro\n", "# handed out on 1 March 2026\n", "#\n", f"\n# another ledger\n{OTHER}\n\n")


@pytest.fixture
def solo(ledger_path, clock):
    with Register(ledger_path, now=clock) as register:
        found_network(register)
    return ledger_path


def facts(path):
    with Register(path, read_only=True) as register:
        return (register.ledger.identity.origin, register.ledger.head.size,
                chain_id(register.ledger.identity.id))


def write(path, more):
    policy = path / POLICY_FILE
    policy.write_text(policy.read_text() + more, encoding="utf-8")
    return policy


@pytest.mark.parametrize("more", WRITTEN)
def test_promotion_ends_the_log_keys_range_whatever_stands_after_its_rule(
        solo, clock, monkeypatch, more):
    policy = write(solo, more)
    origin, size, chain = facts(solo)
    promote(solo, now=clock)
    monkeypatch.setattr(trust, "trusted_now", lambda *_: Trusted(chain, 9, bytes(32), 100))
    extended = extend_policy(policy, None, 9)
    kinds = [(one.first, one.last, one.kind) for one in extended.rules if one.origin == origin]
    assert kinds == [(0, size, "note"), (size + 1, None, "commit")]
    assert all(line in policy.read_text().splitlines() for line in more.splitlines())
    assert extend_policy(policy, None, 9) == TrustPolicy.parse(policy.read_text())
    forged = sign_note(Checkpoint(origin, 10**6, sha256(b"forged")).text(), origin,
                       load_log_key(solo))
    with pytest.raises(VerificationError, match="requires a commit"):
        attest(forged, extended)


@pytest.mark.parametrize("more", WRITTEN)
def test_rotation_ends_the_old_keys_range_whatever_stands_after_its_rule(solo, clock, more):
    policy = write(solo, more)
    origin, size, _ = facts(solo)
    old = load_log_key(solo)
    with Register(solo, now=clock) as register:
        rotate_log_key(register)
    rules = TrustPolicy.parse(policy.read_text())
    assert [(one.first, one.last) for one in rules.rules if one.origin == origin] == [
        (0, size), (size + 1, None)]
    forged = sign_note(Checkpoint(origin, size + 2, sha256(b"forged")).text(), origin, old)
    with pytest.raises(VerificationError):
        attest(forged, rules)


@pytest.fixture
def forked(solo, clock, tmp_path):
    """A promoted ledger, evidence from before, and what its old key tells of another past."""
    fork = shutil.copytree(solo, tmp_path / "fork")
    with Register(solo, now=clock) as register:
        register.act(FileApplication(date="2026-01-05", number="2026/000001", office="XA",
                                     right="patent"))
        honest = entry_evidence(register.ledger, register.ledger.head.size - 2)
        register.act(FileApplication(date="2026-01-05", number="2026/000002", office="XA",
                                     right="patent"))
    told = []
    with Register(fork, now=clock) as register:
        for number in ("2026/000666", "2026/000667"):
            register.act(FileApplication(date="2025-01-05", number=number, office="XA",
                                         right="patent"))
            told.append(entry_evidence(register.ledger, register.ledger.head.size - 2))
    promote(solo, now=clock)
    return solo, honest, told


def test_retired_key_tells_no_other_past_unnoticed(forked):
    """The root at the end of its range stands in the policy: another one there is refused."""
    path, honest, (backdated, at_the_end) = forked
    policy = TrustPolicy.parse((path / POLICY_FILE).read_text())
    with pytest.raises(VerificationError, match="history-of-another"):
        verify(at_the_end, policy)
    assert verify(backdated, policy).retired
    assert verify(honest, policy).retired
    with Register(path, read_only=True) as register:
        tied = tie(register.ledger, honest, policy)
        assert not verify(tied, policy).retired
        with pytest.raises(VerificationError, match="history-of-another"):
            tie(register.ledger, backdated, policy)
        assert tie(register.ledger, tied, policy) == tied
    path_of = json.loads(tied)["consistency"]
    parts = {name: value for name, value in json.loads(backdated).items()
             if name not in {"format", "kind", "sha256"}}
    with pytest.raises(VerificationError, match="history-of-another"):
        verify(assemble("entry", {**parts, "consistency": path_of}), policy)


def test_evidence_while_the_range_is_open_rests_on_no_retired_key(solo, clock):
    policy = TrustPolicy.parse((solo / POLICY_FILE).read_text())
    with Register(solo, now=clock) as register:
        data = entry_evidence(register.ledger, register.ledger.head.size - 2)
        assert not verify(data, policy).retired
        with pytest.raises(Refused, match="nothing-to-tie-to"):
            tie(register.ledger, data, policy)


def test_commands_show_what_rests_on_a_retired_key_and_tie_it(forked, tmp_path):
    path, honest, _ = forked
    (tmp_path / "one.json").write_bytes(honest)

    def run(*words):
        ran = CliRunner().invoke(app, [str(word) for word in words])
        assert ran.exit_code == 0, ran.output
        return ran.output

    trusting = (tmp_path / "one.json", "--trust", path / POLICY_FILE)
    assert "RETIRED LOG KEY" in run("evidence", "verify", *trusting)
    run("evidence", "tie", *trusting, "--ledger", path)
    assert "RETIRED LOG KEY" not in run("evidence", "verify", *trusting)


@pytest.mark.parametrize("rule", [
    "0 - note k root " + "A" * 43 + "=", "0 9 note k root", "0 9 note k root AAAA",
    "0 9 note k root " + "A" * 42 + "B=", "0 9 note k root " + "-" * 43 + "=",
    "0 9 note k seal " + "A" * 43 + "=", "0 0 note k root " + "A" * 43 + "="])
def test_root_of_a_range_stands_at_its_end_in_the_one_spelling(rule):
    with pytest.raises(Malformed, match="trust-policy-malformed"):
        TrustPolicy.parse(f"muniment/trust-policy/v1\nx.example/0123456789abcdef {rule}\n")
    right = f"x.example/0123456789abcdef 0 9 note k root {'A' * 43}="
    assert TrustPolicy.parse(f"muniment/trust-policy/v1\n{right}\n").rules[0].text() == right


def test_promotion_that_was_cut_short_ends_the_range_anew(solo):
    policy, (origin, size, _) = solo / POLICY_FILE, facts(solo)
    once = end_note_range(policy.read_text(), origin, size, bytes(32))
    assert end_note_range(once, origin, size + 3, bytes(32)) == once.replace(
        f" 0 {size} ", f" 0 {size + 3} ")


def test_policy_without_the_ledgers_rule_is_an_error_and_never_edited(solo, clock):
    policy = solo / POLICY_FILE
    policy.write_text(f"muniment/trust-policy/v1\n{OTHER}\n")
    with pytest.raises(Refused, match="policy-without-log-key"):
        promote(solo, now=clock)
    assert policy.read_text() == f"muniment/trust-policy/v1\n{OTHER}\n"


def test_open_range_of_a_log_key_is_never_taken_for_an_extended_policy(solo, monkeypatch):
    chain = facts(solo)[2]
    monkeypatch.setattr(trust, "trusted_now", lambda *_: Trusted(chain, 9, bytes(32), 100))
    with pytest.raises(Refused, match="policy-range-open"):
        extend_policy(solo / POLICY_FILE, None, 9)


def test_client_never_takes_an_older_checkpoint_of_a_retired_key_for_the_last_solo_one(forked):
    """A node whose owner found the old key could show a client the ledger as it never was."""
    path, _, (backdated, _) = forked
    told = {"note": json.loads(backdated)["checkpoint"]}

    class Node:
        def call(self, _method):
            return {"genesis": {"app_state": {"checkpoint": told["note"]}}}

    trusting = HeadTrust(Node(), path, lambda: 0)
    forged = Checkpoint.parse(told["note"].partition("\n\n")[0] + "\n")
    with pytest.raises(VerificationError, match="before the last one"):
        trusting.note(forged)
    told["note"] = json.loads((path / "genesis.json").read_text())["app_state"]["checkpoint"]
    last = Checkpoint.parse(told["note"].partition("\n\n")[0] + "\n")
    assert trusting.note(last) == told["note"]


def test_policy_that_is_no_text_is_told_as_such(solo, clock, tmp_path):
    (solo / POLICY_FILE).write_bytes(b"\xff")
    with Register(solo, now=clock) as register, pytest.raises(
            Malformed, match="trust-policy-malformed") as caught:
        rotate_log_key(register)
    assert str(solo / POLICY_FILE) in caught.value.detail
    with pytest.raises(Malformed, match="trust-policy-malformed"):
        promote(solo, now=clock)
    with pytest.raises(Malformed, match="trust-policy-malformed"):
        trust.begin_here(solo / POLICY_FILE, None, "", 0)
    file = tmp_path / "evidence.json"
    ran = CliRunner().invoke(app, ["evidence", "verify", str(file), "--trust",
                                   str(solo / POLICY_FILE)])
    assert "trust-policy-malformed" in ran.output
