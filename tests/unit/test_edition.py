"""The laws of editions: when an announced one begins, and that no announcement stops a ledger."""

import json

import pytest
from tests.governing import as_office, decide, found_network
from typer.testing import CliRunner

from muniment import editions
from muniment.cli.account import _made
from muniment.cli.app import app
from muniment.editions import NEWEST, rules_of
from muniment.model import codes
from muniment.model import example as given
from muniment.model.ledger import EDITIONS
from muniment.network.doctor import examine
from muniment.node.audit import audit
from muniment.node.ballot import rulebook
from muniment.node.edition import announce_edition, announced, confirm_edition
from muniment.node.governance import act_from
from muniment.node.register import Register
from muniment.operations.remove_member import RemoveMember
from muniment.proof.errors import NotFound, Refused


@pytest.fixture(autouse=True)
def newer_code(monkeypatch):
    """Let this code carry the edition 2027 beside the one in force."""
    monkeypatch.setattr(editions, "NEWEST", "2027")


@pytest.fixture
def network(register):
    found_network(register)
    return register


def edition_of(register):
    return register.ledger.engine.rules.edition


def announcing(register, ahead, digest=None):
    return _made("activate-edition", {
        "edition": "2027", "hash": digest or rules_of("2027").hash,
        "height": register.ledger.head.height + ahead})


def to_pass(register, blocks):
    """Let blocks pass in which everything is refused."""
    for _ in range(blocks):
        assert as_office(register, "XA", _made("withdraw-edition", {"edition": "1999"}))


def test_an_edition_that_no_code_carries_stops_nobody(network):
    """The members carry any 32 bytes; too few confirm them, and the ledger goes on."""
    decide(network, announcing(network, 6, given.DIGEST), "XA", "XB", "XC")
    assert as_office(network, "XA", _made("confirm-edition", {
        "edition": "2027", "hash": given.DIGEST, "office": "XA"})) == 0
    to_pass(network, 3)
    assert edition_of(network) == NEWEST
    assert network.ledger.state.get(EDITIONS).next_name is None
    assert "lapsed" in network.ledger.alarms[-1]
    assert audit(network.ledger).entries == network.ledger.head.size
    decide(network, RemoveMember(office="XD"), "XA", "XB", "XC")
    with Register(network.directory, read_only=True) as again:
        assert edition_of(again) == NEWEST


@pytest.mark.parametrize(("offices", "begins"), [
    (("XA", "XB"), False), (("XA", "XB", "XC"), True)])
def test_an_edition_begins_if_more_than_two_thirds_of_the_power_confirmed_it(
        network, offices, begins):
    decide(network, announcing(network, 9), "XA", "XB", "XC")
    for office in offices:
        network.account = office
        confirm_edition(network, "2027")
    book = rulebook(network.ledger)
    assert book["confirmed"] == {
        "by": list(offices), "enough": begins, "power": len(offices), "total": 4}
    to_pass(network, 5)
    assert edition_of(network) == ("2027" if begins else NEWEST)
    assert rulebook(network.ledger)["next_edition"] is None


def test_exactly_two_thirds_are_too_few(network):
    decide(network, RemoveMember(office="XD"), "XA", "XB", "XC")
    decide(network, announcing(network, 9), "XA", "XB", "XC")
    for office in ("XA", "XB", "XD"):
        network.account = office
        confirm_edition(network, "2027")
    to_pass(network, 6)
    assert edition_of(network) == NEWEST


def test_an_announcement_is_withdrawn_and_later_made_anew(network):
    for office in ("XA", "XB", "XC"):
        network.account = office
        confirm_edition(network, "2027")
    decide(network, announcing(network, 12), "XA", "XB", "XC")
    withdraws = _made("withdraw-edition", {"edition": "2027"})
    assert as_office(network, "XA", withdraws) == codes.MEMBERS_DECIDE
    decide(network, withdraws, "XA", "XB", "XC")
    to_pass(network, 12)
    assert edition_of(network) == NEWEST
    decide(network, announcing(network, 6), "XA", "XB", "XC")
    to_pass(network, 6)
    assert edition_of(network) == "2027"


def test_an_operator_who_announces_confirms_at_once_and_another_lock_lapses(register):
    announce_edition(register, "2027", register.ledger.head.height + 3)
    to_pass(register, 1)
    assert edition_of(register) == NEWEST
    to_pass(register, 1)
    assert edition_of(register) == "2027"
    height = register.ledger.head.height
    assert as_office(register, "XA", _made("activate-edition", {
        "edition": "2028", "hash": given.DIGEST, "height": height + 2})) == 0
    to_pass(register, 1)
    assert edition_of(register) == "2027"
    with pytest.raises(Refused, match="edition-not-later"):
        announce_edition(register, "2027", height + 9)


def said(directory):
    return {one.mark: one.what for one in examine(directory) if "begins at block" in one.what}


def test_commands_confirm_and_show_who_has_not(network):
    decide(network, announcing(network, 99), "XA", "XB", "XC")
    at = ("--ledger", str(network.directory))
    network.ledger.close()

    def run(*words):
        ran = CliRunner().invoke(app, [*words, *at])
        assert ran.exit_code == 0, ran.output
        return ran.output

    assert "0 of 4 power (nobody): NOT ENOUGH" in run("governance", "rulebook")
    assert "would lapse" in said(network.directory)["warn"]
    for office in ("XA", "XB", "XC"):
        run("validator", "confirm", "2027", "--as", office)
    assert "3 of 4 power (XA, XB, XC): enough" in run("governance", "rulebook")
    assert "3 of 4 power" in said(network.directory)["ok"]


def test_doctor_says_in_time_that_this_code_lacks_the_edition(network):
    decide(network, announcing(network, 99, given.DIGEST), "XA", "XB", "XC")
    assert "here the node would stop" in said(network.directory)["fix"]


def test_code_confirms_and_announces_nothing_newer_than_itself(network, register):
    """It computes a lock for any name, but it lacks what is new there: its word would be false."""
    network.account = "XA"
    with pytest.raises(NotFound, match="edition-not-carried"):
        confirm_edition(network, "2028")
    with pytest.raises(NotFound, match="edition-not-carried"):
        announce_edition(register, "2028", register.ledger.head.height + 9)
    named = {"edition": "2028", "height": network.ledger.head.height + 9}
    with pytest.raises(NotFound, match="edition-not-carried"):
        act_from(network.ledger, "activate-edition", named, {})
    assert act_from(network.ledger, "activate-edition", {**named, "hash": given.DIGEST}, {})


def test_doctor_says_that_this_code_lacks_an_edition_though_the_lock_is_what_it_computes(
        network, monkeypatch):
    """Older code announced it, which had nothing of it either."""
    decide(network, announcing(network, 99), "XA", "XB", "XC")
    assert announced(network.ledger.state).is_of_this_code
    monkeypatch.setattr(editions, "NEWEST", NEWEST)
    assert not announced(network.ledger.state).is_of_this_code
    assert "does not carry it" in said(network.directory)["fix"]


def test_announced_edition_is_told_by_status_and_doctor(ledger_path, register):
    """Not only by the rulebook: who runs a node must not have to ask for it."""
    at = ("--ledger", str(ledger_path))
    assert announced(register.ledger.state) is None
    register.ledger.close()
    ran = CliRunner().invoke(app, ["ledger", "activate-edition", "2027", "--height", "99", *at])
    assert ran.exit_code == 0, ran.output
    told = "edition 2027 begins at block 99; 1 of 1 power confirmed it"
    assert told in CliRunner().invoke(app, ["ledger", "status", *at]).output
    plain = json.loads(CliRunner().invoke(app, ["ledger", "status", "--json", *at]).output)
    assert plain["announced"]["height"] == 99
    assert told in CliRunner().invoke(app, ["doctor", str(ledger_path)]).output
