"""A ledger's own trust policy moves on by its rules, whatever else its owner wrote into it."""

import pytest
from tests.governing import found_network

from muniment.network import trust
from muniment.network.trust import extend_policy
from muniment.node.policy import end_note_range
from muniment.node.promotion import chain_id, promote
from muniment.node.register import Register
from muniment.node.rotation import rotate_log_key
from muniment.node.solo import POLICY_FILE, load_log_key
from muniment.proof.attestation import TrustPolicy, attest
from muniment.proof.checkpoint import Checkpoint, sign_note
from muniment.proof.crypto import sha256
from muniment.proof.errors import Refused, VerificationError
from muniment.proof.history import Trusted

OTHER = "other.example/0123456789abcdef 0 - note other.example/0123456789abcdef+x+y"
WRITTEN = ("", "# handed out on 1 March 2026\n", "#\n", f"\n# another ledger\n{OTHER}\n\n")


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
    policy.write_text(policy.read_text() + more)
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


def test_promotion_that_was_cut_short_ends_the_range_anew(solo):
    policy, (origin, size, _) = solo / POLICY_FILE, facts(solo)
    once = end_note_range(policy.read_text(), origin, size)
    assert end_note_range(once, origin, size + 3) == once.replace(f" 0 {size} ", f" 0 {size + 3} ")


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
