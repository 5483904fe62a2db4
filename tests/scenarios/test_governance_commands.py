"""Governance as its users type it: found a network, decide, be refused, lose keys, object."""

import json
import shutil
import time

import pytest
from typer.testing import CliRunner

from muniment import editions
from muniment.cli.app import app
from muniment.model.calendar import format_date
from muniment.model.dates import day_of

RUNNER = CliRunner()
DAY = 86_400


def run(*arguments, code=0):
    done = RUNNER.invoke(app, [str(one) for one in arguments])
    assert done.exit_code == code, (arguments, done.output, done.exception)
    return done.output


def answer(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).splitlines()[-1])


class Office:
    """The commands, on one ledger."""

    def __init__(self, path):
        self.path = path

    def run(self, *arguments, code=0, by=None):
        return run(*arguments, "--ledger", self.path, *(("--as", by) if by else ()), code=code)

    def answer(self, *arguments, code=0, by=None):
        return answer(*arguments, "--ledger", self.path, *(("--as", by) if by else ()), code=code)


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    """A demo ledger of four offices with members and validators, founded by commands alone."""
    tmp_path = tmp_path_factory.mktemp("network")
    path = tmp_path / "ledger"
    run("init", "--office", "XA", "--profile", "demo", path)
    office = Office(path)
    for name in ("XA", "XB", "XC", "XD"):
        if name != "XA":
            office.run("office", "enrol", name)
        office.run("validator", "enrol", tmp_path / name, by=name)
        office.run("governance", "propose", "admit-member", "--set", f"office={name}",
                   "--set", "units=10")
        office.run("governance", "propose", "seat-validator", "--set", f"office={name}")
    told = office.answer("governance", "propose", "set-power-policy", "--set", "policy=authority")
    assert told["proposal"] is None
    assert told["enacted"]
    return tmp_path


@pytest.fixture
def network(founded, tmp_path):
    """A copy of it, with the nodes of the offices beside."""
    shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
    return Office(tmp_path / "ledger")


def test_founding_is_told_as_what_it_is(network):
    stands = network.answer("governance", "status")
    assert stands["in_charge"] == "members"
    assert (stands["members"], stands["validators"], stands["total_power"]) == (4, 4, 4)
    rows = network.answer("validator", "list")
    assert {one["office"]: one["power"] for one in rows} == dict.fromkeys(
        ("XA", "XB", "XC", "XD"), 1)
    assert len({one["node"] for one in rows}) == 4


def test_members_decide_with_three_commands(network):
    told = network.run("governance", "propose", "set-parameter", "--set", "name=proposal-days",
                       "--set", "value=60", by="XA")
    assert "1 of 4 for it, 3 needed" in told
    network.run("governance", "vote", 1, "--against", by="XD")
    assert network.answer("governance", "vote", 1, by="XB")["enacted"] is False
    early = network.answer("governance", "enact", 1, by="XA", code=1)
    assert early["error"] == "proposal-not-carried"
    assert "governance status" in early["remedy"]
    shown = network.run("governance", "status", 1)
    assert ["value", "60"] in [line.split() for line in shown.splitlines()]
    assert [line.split()[0] for line in shown.splitlines() if line.endswith("against")] == ["XD"]
    assert network.answer("governance", "vote", 1, by="XC")["enacted"] is True
    assert network.answer("governance", "status")["proposals"] == []
    everything = network.answer("governance", "status", "--all")["proposals"]
    assert [one["fate"] for one in everything] == ["enacted"]
    values = {one["name"]: one["value"] for one in network.answer(
        "governance", "rulebook")["parameters"]}
    assert values["proposal-days"] == 60
    assert "proposal-days" in network.run("governance", "rulebook")


def test_a_member_sees_the_act_before_it_votes_and_votes_on_no_other(network):
    network.run("governance", "propose", "set-parameter", "--set", "name=proposal-days", "--set",
                "value=60", by="XA")
    digest = network.answer("governance", "status", 1)["digest"]
    told = network.run("governance", "vote", 1, by="XB")
    assert '"value":60' in told and f"digest: {digest}" in told
    assert told.index('"value":60') < told.index("votes for proposal 1")
    other = network.answer("governance", "vote", 1, "--digest", "A" * 43, by="XC", code=1)
    assert other["error"] == "act-not-the-proposed"
    done = network.answer("governance", "vote", 1, "--digest", digest, by="XC")
    assert done["enacted"] and done["digest"] == digest


def test_at_a_terminal_a_member_is_asked_before_it_votes(network, monkeypatch):
    network.run("governance", "propose", "set-parameter", "--set", "name=proposal-days", "--set",
                "value=60", by="XA")
    monkeypatch.setattr("muniment.cli.governance._at_terminal", lambda: True)
    words = ["governance", "vote", "1", "--ledger", str(network.path), "--as", "XB"]
    assert RUNNER.invoke(app, words, input="n\n").exit_code == 1
    assert network.answer("governance", "status", 1)["favour"] == 1
    assert RUNNER.invoke(app, words, input="y\n").exit_code == 0
    assert RUNNER.invoke(app, [*words, "--against", "--yes"]).exit_code == 0
    assert network.answer("governance", "status", 1)["against"] == 1


def test_one_office_alone_is_told_to_propose(network):
    told = network.answer("office", "enrol", "XE", code=4)
    assert told["error"] == "members-decide"
    assert "governance propose" in told["remedy"]


@pytest.mark.parametrize(("arguments", "code", "error"), [
    (("propose", "file-application"), 2, "act-unknown"),
    (("propose", "no-such-act"), 2, "act-unknown"),
    (("propose", "admit-member", "--set", "office=XE"), 2, "act-malformed"),
    (("propose", "admit-member", "--set", "office=XE", "--set", "unit=1"), 2, "act-malformed"),
    (("rulebook", "no-such-act"), 2, "act-unknown"),
    (("propose", "admit-member", "--set", "office"), 2, "act-malformed"),
    (("propose", "admit-member", "--set", "office=XE", "--set", "units=1.5"), 2, "malformed-value"),
    (("propose", "admit-member", "--file", __file__), 2, "act-malformed"),
    (("vote", "7"), 3, "proposal-unknown"),
    (("enact", "7"), 3, "proposal-unknown"),
    (("status", "7"), 3, "proposal-unknown"),
])
def test_wrong_input_is_answered_in_kind(network, arguments, code, error):
    told = network.answer("governance", *arguments, code=code)
    assert told["error"] == error


def test_an_act_that_lacks_something_is_told_all_of_it_at_once_with_its_meaning(network):
    told = network.answer("governance", "propose", "set-parameter", "--set", "nme=x", code=2)
    for said in ("name (The parameter", "value (Its value", "has no nme"):
        assert said in told["detail"]
    advised = told["remedy"].partition("muniment ")[2].split()
    assert "proposal-days" in network.run(*advised)
    wrong = network.answer("governance", "propose", "set-parameter", "--set", "name=x", "--set",
                           "value=many", code=2)
    assert wrong["remedy"] == told["remedy"].replace("what each", "what each NAME")


def test_every_act_is_taught_and_its_example_is_a_proposal(network):
    """What the rulebook says can be typed: the ledger reads it, whatever it then decides."""
    book = network.answer("governance", "rulebook")["acts"]
    acts = [one["act"] for one in book if "members" in one["signers"]]
    assert len(acts) == 11
    for act in acts:
        shown = network.answer("governance", "rulebook", act)
        assert all(one["meaning"] for one in shown["names"])
        assert network.run("governance", "rulebook", act).count("\n") >= 5
        typed = shown["propose"].split()
        if "--file" not in typed:
            done = RUNNER.invoke(app, [*typed[1:], "--ledger", str(network.path), "--as", "XA",
                                       "--json"])
            assert json.loads(done.stdout).get("error") not in {"act-malformed", "malformed-value"}


def test_act_that_is_refused_though_carried_says_so(network):
    act = ("propose", "admit-member", "--set", "office=XE", "--set", "units=1")
    network.run("governance", *act, by="XA")
    network.run("governance", "vote", 1, by="XB")
    told = network.answer("governance", "vote", 1, by="XC", code=1)
    assert told["accepted"]
    assert not told["enacted"]
    assert told["refusal"]["error"] == "office-not-enrolled"
    assert network.answer("governance", "status")["proposals"][0]["fate"] == "carried"
    assert "REFUSED" in network.run("governance", "vote", 1, by="XD", code=1)


def test_edition_is_proposed_with_the_lock_of_this_code(network, monkeypatch):
    monkeypatch.setattr(editions, "NEWEST", "2027")
    told = network.answer("governance", "propose", "activate-edition", "--set", "edition=2027",
                          "--set", "height=999", by="XA")
    act = network.answer("governance", "status", told["proposal"])["act_text"]
    assert (act["edition"], act["height"], len(act["hash"])) == ("2027", 999, 43)


def test_units_lent_and_service_attested_show_in_the_lists(network):
    for number, office in enumerate(("XA", "XB", "XC")):
        told = network.answer("governance", *(("vote", 1) if number else (
            "propose", "set-power-policy", "--set", "policy=delegated", "--set",
            'units={"XA":40,"XB":5}')), by=office)
    assert told["enacted"]
    network.run("member", "lend", "XA", by="XB")
    network.run("member", "lend", "XA", by="XC")
    rows = {one["office"]: one for one in network.answer("member", "list")}
    assert (rows["XB"]["lent_to"], rows["XB"]["votes"], rows["XB"]["power"]) == ("XA", 5, 0)
    assert rows["XA"]["power"] == 55
    assert "holds a third" in network.run("governance", "status")
    network.run("member", "lend", by="XC")
    day = network.answer("ledger", "status")["time"] // DAY - 1
    network.run("member", "attest", "XA", "--day", format_date(day_of(day * DAY)), "--signed", 90,
                "--blocks", 100, by="XB")
    assert {one["office"]: one["earned"] for one in network.answer("validator", "list")}[
        "XA"] == 900 * 63 // 64


def test_node_is_retired_and_a_member_leaves(network):
    network.run("validator", "retire", by="XD")
    assert "observes" in network.run("validator", "list")
    assert network.answer("governance", "status")["total_power"] == 3
    assert network.answer("member", "leave", by="XD", code=2)["error"] == "confirmation-missing"
    network.run("member", "leave", "--yes", by="XD")
    rows = {one["office"]: one for one in network.answer("member", "list")}
    assert rows["XD"]["left"] is not None
    assert "members  3" in network.run("member", "list")


def test_node_keeps_its_keys_when_it_is_enrolled_again(network, tmp_path):
    again = network.answer("validator", "enrol", tmp_path / "XB", by="XB", code=1)
    assert again["error"] == "validator-unchanged"


@pytest.fixture
def moved(monkeypatch):
    """Let the clock run ahead."""
    real, ahead = time.time, [0]
    monkeypatch.setattr("muniment.node.solo.clock.time", lambda: real() + ahead[0])
    return ahead


def lose_keys(network, tmp_path):
    """XD asks for recovery with fresh keys; the other three carry it."""
    there = tmp_path / "lost"
    (network.path / "keys" / "XD.json").rename(tmp_path / "XD.json")
    asked = network.answer("account", "request-recovery", "XD", "--out", there)
    network.run("governance", "propose", "recover-account", "--file", there, by="XA")
    network.run("governance", "vote", 1, by="XB")
    assert network.answer("governance", "vote", 1, by="XC")["enacted"]
    return asked["key_set"]


def test_lost_keys_are_recovered_in_fourteen_days(network, tmp_path, moved):
    key_set = lose_keys(network, tmp_path)
    card = network.answer("account", "show", "XD")
    assert card["recovery"]["outcome"] == "pending"
    assert "RECOVERY" in network.run("account", "show", "XD")
    early = network.answer("account", "complete-recovery", "XD", code=1)
    assert early["error"] == "recovery-not-due"
    moved[0] += 14 * DAY + 5
    network.run("account", "complete-recovery", "XD", by="XB")
    card = network.answer("account", "show", "XD")
    assert (card["key_set"], card["recovered_by_members"]) == (key_set, True)
    assert "RECOVERED" in network.run("account", "show", "XD")
    out = tmp_path / "evidence.json"
    told = network.answer("coverage", "declare", "patent/2026", by="XD")
    network.run("evidence", "make", told["position"], "--out", out)
    assert "RECOVERED BY THE MEMBERS" in run(
        "evidence", "show", out, "--trust", network.path / "trust-policy.txt")
    network.run("keys", "rotate", by="XD")
    assert network.answer("account", "show", "XD")["recovered_by_members"]


def test_keys_that_were_not_lost_object(network, tmp_path, moved):
    lose_keys(network, tmp_path)
    (tmp_path / "XD.json").rename(network.path / "keys" / "XD.json")
    moved[0] += 14 * DAY + 5
    network.run("account", "object", "XD")
    assert network.answer("account", "show", "XD")["recovery"]["outcome"] == "objected"
    late = network.answer("account", "complete-recovery", "XD", code=1)
    assert late["error"] == "no-recovery-pending"
    assert network.answer("account", "object", "XD", code=3)["error"] == "no-recovery-pending"


def test_account_nobody_enrolled_is_not_found(network):
    assert network.answer("account", "show", "XE", code=3)["error"] == "account-unknown"


def test_office_joins_with_keys_of_its_own_and_by_the_members_votes(network, tmp_path):
    act = tmp_path / "act"
    network.run("office", "request", "XE", "--out", act, "--keys", 3, "--threshold", 2)
    again = network.answer("office", "request", "XE", "--out", act)
    told = network.answer("governance", "propose", "enrol-office", "--file", act, by="XA")
    shown = network.run("governance", "status", told["proposal"])
    assert max(map(len, shown.splitlines())) <= 80  # six hundred characters of keys and proofs
    assert json.loads(act.read_bytes())["key_set"]["next"] in shown
    for office in ("XB", "XC"):
        told = network.answer("governance", "vote", told["proposal"], by=office)
    assert told["enacted"]
    card = network.answer("account", "show", "XE")
    assert (card["key_set"], card["threshold"], card["keys"]) == (again["key_set"], 2, 3)
    network.run("validator", "enrol", tmp_path / "XE", by="XE")
    assert [one["power"] for one in network.answer("validator", "list")] == [1, 1, 1, 1, 0]
    listed = network.run("validator", "list")
    assert max(map(len, listed.splitlines())) <= 80


def test_new_keys_of_a_seated_node_are_not_sent_to_the_vote(network, tmp_path):
    told = network.run("validator", "enrol", tmp_path / "new", by="XB")
    assert "stands, with power 1, and goes over to these keys" in told
    assert "seat-validator" not in told


def test_hint_to_vote_does_not_say_to_sign_for_others_from_here(network):
    told = network.run("governance", "propose", "set-parameter", "--set", "name=proposal-days",
                       "--set", "value=60", by="XA")
    assert "--as OFFICE" not in told
    assert "each where its keys are: muniment governance vote 1" in told
