"""First filing: V8, V9 and V19 on a state made by the operations themselves."""

import pytest

from muniment.codec import encode, replace
from muniment.invariants import uphold
from muniment.model import example
from muniment.model.application import APPLICATIONS
from muniment.model.checking import assess, filing
from muniment.model.claim import EarlierName, FilingName
from muniment.model.relation import RELATED, RELATIONS, RelationWithdrawal
from muniment.model.rulebook import Rulebook
from muniment.model.state import State, change
from muniment.operations import (
    claim_priority,
    declare_relation,
    end_application,
    publish_application,
    withdraw_relation,
)
from muniment.proof.errors import Fault
from muniment.reference import PackagedReference

RULES = Rulebook(PackagedReference("demo"))
FIRST, SECOND = "2026/000001", "2026/000002"


def filed(office, number, date, printed):
    key = APPLICATIONS.key(office, "patent", "2026", f"{number:012}")
    return {key: example.application(date, number=printed)}


@pytest.fixture()
def state():
    entries = (example.world() | filed("XA", 1, "2026-01-05", FIRST)
               | filed("XA", 2, "2026-03-02", SECOND)
               | filed("XB", 1, "2027-02-01", "2026-00001")
               | filed("XB", 2, "2026-02-20", "2026-00002"))
    return State(example.MemoryBase({key: encode(value) for key, value in entries.items()}))


def run(state, kind, operation, signer="XA"):
    outcome = kind.run(operation, state, example.context(signer), kind.checks)
    assert isinstance(outcome, tuple), outcome
    state.put(outcome)


def end(state, **more):
    given = {"date": "2026-02-10", "fate": "withdrawn", "number": FIRST, "office": "XA",
             "right": "patent", **more}
    run(state, end_application.TYPE, end_application.EndApplication(**given))


def relate(state, number=SECOND, office="XA", other=FIRST, other_office="XA"):
    named = FilingName(number=other, office=other_office, right="patent")
    run(state, declare_relation.TYPE, declare_relation.DeclareRelation(
        kind="same-subject", number=number, office=office, other=named, right="patent"), office)


def unrelate(state, kind="same-subject", number=SECOND, office="XA", other=FIRST, other_office="XA"):
    named = FilingName(number=other, office=other_office, right="patent")
    run(state, withdraw_relation.TYPE, withdraw_relation.WithdrawRelation(
        cause="declared-in-error", date="2026-05-05", kind=kind, number=number, office=office,
        other=named, right="patent"), office)


def claim(state, later, earlier, date):
    named = EarlierName(number=earlier, office="XA", right="patent")
    run(state, claim_priority.TYPE, claim_priority.ClaimPriority(
        date=date, earlier=named, number=later, office="XB", right="patent"), "XB")


def results(state, number, date):
    later = filing("XB", "patent", "2026-00001", "2027-02-01")
    return assess(state, later, [filing("XA", "patent", number, date)], RULES).claims[0]


def test_v8_the_later_filing_counts_as_first_and_the_older_one_is_barred(state):
    end(state)
    relate(state)
    assert results(state, FIRST, "2026-01-05").summary()["P09"] == "NOT_BARRED"
    claim(state, "2026-00001", SECOND, "2026-03-02")
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "FIRST_BY_4C4"
    barred = next(one for one in results(state, FIRST, "2026-01-05").results if one.check == "P09")
    assert (barred.result, barred.facts["relied_on_by"]) == ("BARRED", ["XB"])


def test_v9_a_filing_that_had_served_as_a_basis_is_not_set_aside(state):
    claim(state, "2026-00002", FIRST, "2026-01-05")
    end(state)
    relate(state)
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "NOT_FIRST"


def test_a_claim_made_after_the_second_filing_does_not_count_as_used_before(state):
    claim(state, "2026-00001", FIRST, "2026-01-05")
    end(state)
    relate(state)
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "FIRST_BY_4C4"


def test_v19_an_older_filing_in_another_country_makes_this_one_not_first(state):
    relate(state, other="2026-00002", other_office="XB")
    found = results(state, SECOND, "2026-03-02")
    assert found.summary()["P08"] == "NOT_FIRST"
    assert not found.gives_priority


@pytest.mark.parametrize("hindrance", ["alive", "late", "published", "rights"])
def test_each_condition_of_4c4_is_needed(state, hindrance):
    if hindrance == "late":
        end(state, date="2026-03-03")
    elif hindrance == "rights":
        end(state, leaves_rights=True)
    elif hindrance == "published":
        run(state, publish_application.TYPE, publish_application.PublishApplication(
            date="2026-02-01", number=FIRST, office="XA", right="patent"))
        end(state)
    relate(state)
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "NOT_FIRST"


def test_a_relation_is_found_from_both_sides(state):
    end(state)
    relate(state, number=FIRST, other=SECOND)
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "FIRST_BY_4C4"


def test_a_related_filing_without_public_entry_is_to_be_verified(state):
    relate(state, other="2026/000099")
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "TO_VERIFY"


@pytest.mark.parametrize(("executed", "expected"), [
    ("2027-02-01", "SUCCESSOR"), ("2027-02-02", "TITLE_TOO_LATE"), (None, "NOT_TESTED"),
])
def test_v15_a_title_counts_by_its_execution(state, executed, expected):
    """It is recorded long after; what counts is the day of the later filing, 2027-02-01."""
    later = filing("XB", "patent", "2026-00001", "2027-02-01")
    if executed:
        named = FilingName(number=SECOND, office="XA", right="patent")
        operation = declare_relation.DeclareRelation(
            basis="assignment", executed=executed, kind="successor", number="2026-00001",
            office="XB", other=named, right="patent")
        changes = declare_relation.TYPE.run(operation, state, example.context("XB"), [])
        state.put(changes)
    assessed = assess(state, later, [filing("XA", "patent", SECOND, "2026-03-02")], RULES)
    assert assessed.claims[0].summary()["P10"] == expected


def test_without_a_declared_relation_nothing_is_said_to_be_first(state):
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "NONE_DECLARED"


def test_a_withdrawn_relation_has_no_effect_from_either_side_until_it_is_declared_anew(state):
    relate(state)
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "NOT_FIRST"
    unrelate(state)
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "NONE_DECLARED"
    assert results(state, FIRST, "2026-01-05").summary()["P08"] == "NONE_DECLARED"
    relate(state)
    assert results(state, SECOND, "2026-03-02").summary()["P08"] == "NOT_FIRST"


def test_a_title_that_was_declared_in_error_is_taken_back(state):
    later = filing("XB", "patent", "2026-00001", "2027-02-01")
    named = FilingName(number=SECOND, office="XA", right="patent")
    for executed in ("2027-02-02", "2027-01-31"):
        operation = declare_relation.DeclareRelation(
            basis="assignment", executed=executed, kind="successor", number="2026-00001",
            office="XB", other=named, right="patent")
        state.put(declare_relation.TYPE.run(operation, state, example.context("XB"), []))
        if executed == "2027-02-02":
            unrelate(state, "successor", "2026-00001", "XB", SECOND)
    assessed = assess(state, later, [filing("XA", "patent", SECOND, "2026-03-02")], RULES)
    assert assessed.claims[0].summary()["P10"] == "SUCCESSOR"


def test_an_operation_that_rewrites_a_relation_is_a_fault(state):
    """Withdrawn once, or declared anew: nothing else ever changes what an office declared."""
    relate(state)
    (key, stood), = state.rows(RELATIONS)
    (index, listed), = state.rows(RELATED)
    cause = RelationWithdrawal(cause="declared-in-error", date="2026-05-05", entry=1)
    with pytest.raises(Fault, match="withdrawn once"):
        uphold((change(RELATIONS, key, stood, replace(stood, kind="successor")),), state)
    with pytest.raises(Fault, match="withdrawn once"):
        uphold((change(RELATIONS, key, stood, replace(stood, recorded=1, withdrawn=cause)),), state)
    with pytest.raises(Fault, match="keeps its filing"):
        uphold((change(RELATED, index, listed, replace(listed, filing="XB")),), state)
    unrelate(state)
    (_, fallen), = state.rows(RELATIONS)
    with pytest.raises(Fault, match="withdrawn once"):
        uphold((change(RELATIONS, key, fallen, replace(fallen, withdrawn=cause)),), state)
