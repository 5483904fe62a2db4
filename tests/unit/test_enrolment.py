"""An enrolment may be told late, twice or never: no first key that may be in force is ever lost."""

import json

import pytest
from test_rotation import Standstill
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.model.account import ACCOUNTS
from muniment.node.backup import mark_restored
from muniment.node.enrolment import enrol
from muniment.node.register import Register
from muniment.node.wallet import Wallet
from muniment.proof.errors import Busy, LedgerError, Refused, VerificationError


@pytest.fixture
def still(ledger_path, clock):
    with Standstill(ledger_path, now=clock) as ledger:
        yield Register(ledger_path, "XA", ledger=ledger)


def are_here(register, account):
    """Return whether the keys in the directory are those that the ledger names."""
    held = register.ledger.state.get(ACCOUNTS, account)
    return held is not None and held.key_set == register.wallet(account).key_set()


def attempt(register, office, **options):
    with pytest.raises(Busy, match="nothing-decided") as caught:
        enrol(register, office, **options)
    return caught.value


def cut_short(monkeypatch, register, office):
    """Enrol, and let the power fail after the commit."""
    def end(*_given):
        raise OSError("the power failed")

    with monkeypatch.context() as cut:
        cut.setattr(Register, "receipt", end)
        with pytest.raises(OSError, match="the power failed"):
            enrol(register, office)


@pytest.mark.parametrize("office", ["XB", None])
def test_enrolment_cut_short_after_its_commit_is_finished_with_the_same_keys(
        register, monkeypatch, office):
    cut_short(monkeypatch, register, office)
    before = register.ledger.head.size
    account, receipt = enrol(register, office)
    assert receipt is None
    assert register.ledger.head.size == before
    assert are_here(register, account)
    with pytest.raises(LedgerError, match="office-enrolled"):
        enrol(register, account)


@pytest.mark.parametrize("office", ["XB", None])
def test_repeated_enrolment_keeps_the_keys_of_the_first(still, office):
    """Two attempts while nothing is decided, then the first envelope enters: the keys are here."""
    told = attempt(still, office)
    assert " enrol" in told.remedy
    (waiting,) = (still.directory / "keys").glob("*.enrolling")
    assert waiting.name in told.detail
    first = waiting.read_bytes()
    attempt(still, office)
    assert waiting.read_bytes() == first
    assert list((still.directory / "keys").glob("*.enrolling")) == [waiting]
    still.ledger.heal()
    account, receipt = enrol(still, office)
    assert receipt is None
    assert are_here(still, account)


def test_earlier_envelope_that_enters_while_the_same_is_sent_again_is_an_enrolment(
        still, monkeypatch):
    attempt(still, "XB")
    act = Register.act

    def late(register, *given, **options):
        register.ledger.heal()
        return act(register, *given, **options)

    monkeypatch.setattr(Register, "act", late)
    assert enrol(still, "XB") == ("XB", None)
    assert are_here(still, "XB")


def test_keys_that_wait_are_no_answer_to_who_asks_for_others(still):
    attempt(still, None)
    attempt(still, None, keys=3, threshold=2)
    attempt(still, None, algorithm="ES256")
    assert len(list((still.directory / "keys").glob("*.enrolling"))) == 3


def test_refused_enrolment_overwrites_nothing_that_waits(register):
    """Another directory's keys were enrolled for the office: what waits here stays as it was."""
    enrol(register, "XB")
    waiting = register.directory / "keys/XB.enrolling"
    Wallet.generate("XB").save(waiting)
    (register.directory / "keys/XB.json").unlink()
    before = waiting.read_bytes()
    with pytest.raises(Refused, match="office-enrolled"):
        enrol(register, "XB")
    assert waiting.read_bytes() == before


def test_restored_ledger_enrols_nobody_before_it_is_shown_to_be_the_newest(register):
    """Refused before anything is submitted: a receipt that fails later would be tried again."""
    mark_restored(register.directory)
    size, before = register.ledger.head.size, sorted((register.directory / "keys").iterdir())
    for _ in range(2):
        with pytest.raises(VerificationError, match="restored-not-caught-up") as caught:
            enrol(register, "XB")
        assert "muniment backup resume" in caught.value.remedy
    assert register.ledger.head.size == size
    assert sorted((register.directory / "keys").iterdir()) == before


@pytest.mark.parametrize("command", [["office", "enrol", "XB"], ["participant", "enrol"]])
def test_command_says_that_an_earlier_attempt_came_to_pass(ledger_path, monkeypatch, command):
    with Register(ledger_path) as register:
        cut_short(monkeypatch, register, "XB" if command[0] == "office" else None)
    ran = CliRunner().invoke(app, [*command, "--ledger", str(ledger_path)])
    assert ran.exit_code == 0, ran.output
    assert "had been enrolled before" in ran.output


def test_command_names_the_account_whose_keys_it_put_in_place(ledger_path, monkeypatch):
    with Register(ledger_path) as register:
        cut_short(monkeypatch, register, None)
    ran = CliRunner().invoke(app, [
        "participant", "enrol", "--ledger", str(ledger_path), "--json"])
    told = json.loads(ran.output)
    with Register(ledger_path, read_only=True) as register:
        assert are_here(register, told["account"])
    assert told["keys"] == "in place"
