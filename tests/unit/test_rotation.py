"""A rotation may be told late, twice or never: no key that may yet be in force is ever lost."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.model.account import ACCOUNTS
from muniment.model.ledger import LOG_KEYS
from muniment.node import rotation
from muniment.node.register import Register
from muniment.node.rotation import rotate_keys, rotate_log_key
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations.rotate_log_key import RotateLogKey
from muniment.proof.attestation import TrustPolicy, attest
from muniment.proof.errors import Busy, LedgerError


class Standstill(SoloLedger):
    """A ledger of a network that stands still: what is submitted waits, and may enter later."""

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        self.waiting = []
        self.stands = True

    def submit(self, envelopes):
        if self.stands:
            self.waiting.extend(envelopes)
            raise Busy("nothing-decided", "The network decided nothing.", remedy="Wait.")
        return super().submit(envelopes)

    def heal(self):
        """Go on, with what waits."""
        self.stands = False
        return [self.submit([one])[0] for one in self.waiting]


@pytest.fixture
def still(ledger_path, clock):
    with Standstill(ledger_path, now=clock) as ledger:
        yield Register(ledger_path, "XA", ledger=ledger)


def attempt(register):
    with pytest.raises(Busy, match="nothing-decided") as caught:
        rotate_keys(register)
    return caught.value


def in_force(register):
    return register.ledger.state.get(ACCOUNTS, "XA").key_set.digest()


def held(register):
    return register.wallet().key_set().digest()


def test_repeated_rotation_keeps_the_keys_of_the_first(still):
    """Two attempts while nothing is decided, then the first envelope enters: the keys are here."""
    told = attempt(still)
    assert "XA.rotated" in told.detail
    assert "muniment keys rotate" in told.remedy
    first = (still.directory / "keys/XA.rotated").read_bytes()
    attempt(still)
    assert (still.directory / "keys/XA.rotated").read_bytes() == first
    assert [one.operations for one in still.ledger.heal()] == [(0,), ()]
    before = still.ledger.head.size
    assert rotate_keys(still) is None
    assert still.ledger.head.size == before
    assert held(still) == in_force(still)
    assert rotate_keys(still) is not None
    assert held(still) == in_force(still)


def test_rotation_that_never_entered_is_submitted_again_with_the_same_keys(still):
    attempt(still)
    waited = Wallet.load(still.directory / "keys/XA.rotated").key_set().digest()
    still.ledger.stands = False
    assert rotate_keys(still) is not None
    assert waited == held(still) == in_force(still)
    assert not (still.directory / "keys/XA.rotated").exists()


def test_earlier_envelope_that_enters_while_the_same_is_sent_again_is_a_rotation(
        still, monkeypatch):
    attempt(still)
    act = Register.act

    def late(register, *given, **options):
        register.ledger.heal()
        return act(register, *given, **options)

    monkeypatch.setattr(Register, "act", late)
    assert rotate_keys(still) is None
    assert held(still) == in_force(still)


def test_waiting_keys_that_can_never_be_in_force_are_set_aside_not_lost(register):
    stale = Wallet.generate("XA")
    stale.save(register.directory / "keys/XA.rotated")
    rotate_keys(register)
    assert held(register) == in_force(register)
    (kept,) = (register.directory / "keys").glob("XA.*.unused")
    assert Wallet.load(kept).key_set() == stale.key_set()


def test_foreign_wallet_rotates_nothing_and_says_what_to_do(register):
    Wallet.generate("XA").save(register.directory / "keys/XA.json")
    before = sorted((register.directory / "keys").iterdir())
    with pytest.raises(LedgerError, match="keys-not-in-force") as caught:
        rotate_keys(register)
    assert "request-recovery" in caught.value.remedy
    assert sorted((register.directory / "keys").iterdir()) == before


@pytest.mark.parametrize("point", ["submitted", "vouched", "written"])
def test_log_key_rotation_that_was_cut_short_goes_on_with_the_same_key(
        register, monkeypatch, point):
    """Whatever step it ended at, the key in force is the one here, and the policy names it."""
    def end(*_given, **_options):
        raise OSError("the power failed")

    old, replace = register.ledger.checkpoint(), Path.replace
    with monkeypatch.context() as cut:
        if point == "submitted":
            cut.setattr(Register, "submit", end)
        elif point == "vouched":
            cut.setattr(rotation, "_vouch_by", end)
        else:
            cut.setattr(Path, "replace", lambda path, *rest: (
                end() if path.name == "log.rotated" else replace(path, *rest)))
        with pytest.raises(OSError, match="the power failed"):
            rotate_log_key(register)
    waited = (register.directory / "keys/log.rotated").read_bytes()
    rotate_log_key(register)
    assert (register.directory / "keys/log.key").read_bytes() == waited
    assert not (register.directory / "keys/log.rotated").exists()
    text = (register.directory / "trust-policy.txt").read_text()
    assert len(TrustPolicy.parse(text).rules) == 2
    attest(register.ledger.checkpoint(), TrustPolicy.parse(text))
    attest(old, TrustPolicy.parse(text))


def test_command_says_that_an_earlier_attempt_came_to_pass(ledger_path, clock):
    with Standstill(ledger_path, now=clock) as ledger:
        desk = Register(ledger_path, "XA", ledger=ledger)
        attempt(desk)
        ledger.heal()
    ran = CliRunner().invoke(app, ["keys", "rotate", "--ledger", str(ledger_path)])
    assert ran.exit_code == 0, ran.output
    assert "had been rotated before" in ran.output
    told = CliRunner().invoke(app, ["keys", "rotate", "--ledger", str(ledger_path), "--json"])
    assert json.loads(told.output)["accepted"]


def test_keys_that_are_no_longer_in_force_are_told_as_such(ledger_path, clock):
    """Whoever goes on with the old keys after a late rotation is told what ends it."""
    with Standstill(ledger_path, now=clock) as ledger:
        desk = Register(ledger_path, "XA", ledger=ledger)
        attempt(desk)
        ledger.heal()
        with pytest.raises(LedgerError, match="key-not-in-set") as caught:
            desk.submit([RotateLogKey(log_key=ledger.state.get(LOG_KEYS).key)])
    assert "muniment keys rotate" in caught.value.remedy
    listed = CliRunner().invoke(app, ["keys", "list", "--ledger", str(ledger_path)])
    assert f"NO: muniment doctor {ledger_path}" in listed.output
    CliRunner().invoke(app, ["keys", "rotate", "--ledger", str(ledger_path)])
    listed = CliRunner().invoke(app, ["keys", "list", "--ledger", str(ledger_path)])
    assert "yes" in listed.output
