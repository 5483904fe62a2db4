"""An international application is one filing, with whichever office somebody names it (PCT Art. 11(3))."""

import pytest
from test_claim import LATER, claim, found, named, of, on, relate, run, world

from muniment.model import example
from muniment.model.application import APPLICATIONS, as_received
from muniment.model.checking import assess, filing
from muniment.model.number import unknown_suffix
from muniment.model.reference import LedgerReference
from muniment.model.rulebook import Rulebook
from muniment.model.state import change

NUMBER = "PCT/XC2026/000001"
NAMES = ("XC", "IB", "WO", "EP")


@pytest.fixture()
def state():
    """Return a register in which XC, as receiving Office, entered an international application."""
    made = world()
    key = APPLICATIONS.key("XC", "patent", unknown_suffix(NUMBER))
    entered = example.application("2026-04-01", number=NUMBER)
    made.put((change(APPLICATIONS, key, None, entered),))
    return made


def answer(state, later, earlier):
    return assess(state, later, [earlier], Rulebook(LedgerReference(state))).as_json()


@pytest.mark.parametrize(("office", "right", "number", "stands"), [
    ("IB", "patent", NUMBER, ("XC", "patent")),
    ("WO", "utility-model", NUMBER.lower(), ("XC", "patent")),
    ("IB", "patent", "PCTXC2026000001", ("XC", "patent")),
    ("IB", "patent", "PCT/SU1989/000001", ("SU", "patent")),
    ("IB", "patent", "PCT/QQ2026/000001", ("IB", "patent")),
    ("IB", "trademark", NUMBER, ("IB", "trademark")),
    ("IN", "patent", "IN/PCT/2002/1408/CHE", ("IN", "patent")),
    ("XA", "patent", "PCTURE 7", ("XA", "patent")),
    ("XA", "patent", "", ("XA", "patent")),
])
def test_the_number_names_the_receiving_office(office, right, number, stands):
    assert as_received(office, right, number) == (*stands, number)


@pytest.mark.parametrize("office", NAMES)
def test_every_name_of_the_earlier_filing_gives_one_answer(state, office):
    run(state, "record-priority-document", "XC", certified="2026-05-05", certifier="XC",
        digest=example.DIGEST, earlier=named(NUMBER, office), language="en", office="XC")
    later = filing("XB", "patent", LATER, "2027-03-02")
    known = answer(state, later, filing("XC", "patent", NUMBER, "2026-04-02"))
    assert answer(state, later, filing(office, "patent", NUMBER, "2026-04-02")) == known
    assert known["claims"][0]["excluded_by"] == ["P03"]


@pytest.mark.parametrize("office", NAMES)
def test_no_name_of_the_later_filing_makes_it_another_one(state, office):
    itself = filing("XC", "patent", NUMBER, "2026-04-01")
    checks = answer(state, filing(office, "patent", NUMBER, "2026-04-01"), itself)
    assert checks["claims"][0]["checks"]["P07"]["why"] == "itself"
    own = filing("XA", "patent", "2025/000001", "2025-03-03")
    counted = answer(state, filing(office, "patent", NUMBER, "2026-04-01"), own)
    assert counted["claims"][0]["checks"]["P06"]["calendar"] == "XC"


@pytest.mark.parametrize("office", NAMES)
def test_a_national_phase_has_what_the_receiving_office_did(state, office):
    """Claims, restoration and calendar are those of the application, named with any office."""
    later = of(NUMBER, "XC")
    claim(state, later=later)
    on(state, "restore-priority", later=later, criterion="due-care", date="2026-05-05",
       requested="2026-05-04")
    relate(state, named(NUMBER, office), "national-phase", filed="2026-04-01")
    claim(state)
    results = found(state)
    assert results["P19"].result == "INHERITED"
    assert (results["P06"].key, results["P06"].facts["calendar"]) == (
        "P06.RESTORED.international", "XC")
    assert claim(state, earlier=named(NUMBER, office), date="2026-04-01") is None
    assert found(state, place=1)["P07"].key == "P07.NOT_LATER.itself"


@pytest.mark.parametrize("office", NAMES)
def test_a_relation_is_withdrawn_by_any_name(state, office):
    relate(state, named(NUMBER, "XC"), "national-phase", filed="2026-04-01")
    assert run(state, "declare-relation", **of(), kind="national-phase",
               other=named(NUMBER, office)) == "relation-already-declared"
    assert run(state, "withdraw-relation", **of(), kind="national-phase", date="2026-05-05",
               cause="declared-in-error", other=named(NUMBER, office)) is None


def test_a_parents_claim_without_number_may_be_to_the_bureaus_application(state):
    """It names the Bureau, and its number follows: that excludes nothing yet."""
    claim(state, "2026-04-01", later=of("2026-00002"),
          earlier={"office": "IB", "right": "patent"})
    relate(state, of("2026-00002"), "divisional")
    claim(state, "2026-04-01", earlier=named(NUMBER, "IB"))
    assert found(state)["P19"].result == "TO_VERIFY"
