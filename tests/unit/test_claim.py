"""Claims in the register: what fits into a value, and what operations do to a claim in turn."""

from importlib import import_module
from typing import get_args

import pytest

from muniment.codec import encode, from_members
from muniment.invariants import uphold
from muniment.model import example
from muniment.model.account import ACCOUNTS
from muniment.model.application import APPLICATIONS, COVERAGE, SEALED, Coverage
from muniment.model.checking import assess_recorded
from muniment.model.claim import (
    ASSERTED_MAX,
    CLAIMS,
    FINDINGS,
    Claim,
    ClaimStatus,
    ClaimSteps,
    Decision,
    EarlierName,
    Finding,
    Goods,
    Restoration,
    claims_on,
    recorded_claims,
)
from muniment.model.claiming import later_filing
from muniment.model.document import PriorityDocument
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.model.result_texts import ABOUT, results_of
from muniment.model.rulebook import Rulebook
from muniment.model.state import State, change
from muniment.proof import disclosure, limits
from muniment.reference import packaged_rows

DAY, MANY = "2199-12-31", limits.INTEGER_MAX


def longest(values):
    return max(values, key=len)


POSITION, SECONDS = 10**14 - 1, 10**12 - 1
"""A log of a thousand million leaves a day for 270 years; a time of the year 33,658."""


def test_the_longest_claim_fits_into_a_value():
    """All classes and a list, restored, decided, corrected twice, every step taken."""
    steps = ClaimSteps(**dict.fromkeys(ClaimSteps.__struct_fields__, DAY))
    claim = Claim(
        correction=POSITION, date=DAY, first=DAY, was=DAY, steps=steps, submitter="A" * 43,
        decided=Decision(date=DAY, entry=POSITION, ground="g" * 40), entry=POSITION,
        earlier=EarlierName(number="\\" * 40, office="XB", right="utility-model"),
        goods=Goods(classes=tuple(range(1, 46)), listed=example.DIGEST), recorded=SECONDS,
        restored=Restoration(criterion="unintentional", date=DAY, entry=POSITION, requested=DAY),
        status=longest(get_args(ClaimStatus)))
    assert {name for name in Claim.__struct_fields__ if getattr(claim, name) is None} == set()
    assert len(encode(claim)) <= limits.STATE_VALUE_BYTES_MAX


def test_the_longest_finding_fits_into_a_value():
    results = {check: longest(results_of(check)) for check in ABOUT}
    asserted = dict(sorted(results.items(), key=lambda one: -len(one[1]))[:ASSERTED_MAX])
    finding = Finding(
        asserted=asserted, calendar=f"XA.2199.{MANY}", deadline=DAY, entry=MANY, results=results,
        rules="2026")
    assert len(encode(finding)) <= limits.STATE_VALUE_BYTES_MAX


def test_the_longest_document_fits_into_a_value():
    document = PriorityDocument(
        certified=DAY, certifier="XA", digest=example.DIGEST, entry=MANY, language="en",
        later="~" * 160, received=DAY, recorded=MANY, recorder="XB", submitter="A" * 43)
    assert len(encode(document)) <= limits.STATE_VALUE_BYTES_MAX


LATER, MARK = "2026-00001", "T2026/000001"


def entry(office, right, year, number, date, printed, **more):
    key = APPLICATIONS.key(office, right, year, f"{number:012}")
    return {key: example.application(date, number=printed, **more)}


def world():
    """Return XA's filings of 2025, XB's and XC's of 2026, and all packaged rows of the fictional offices."""
    entries = example.world() | {
        REFERENCE.key(table, *name): example.reference_row(row)
        for table, name, row in packaged_rows("demo")
        if name[0].startswith("X") or name[0] == "IB" or table == "period"
    }
    entries |= {ACCOUNTS.key("XC"): example.account("XC")}
    entries |= entry("XA", "patent", "2025", 1, "2025-03-03", "2025/000001")
    entries |= entry("XA", "patent", "2025", 2, "2025-04-01", "2025/000002")
    entries |= entry("XB", "patent", "2026", 1, "2026-03-02", LATER)
    entries |= entry("XB", "patent", "2026", 2, "2026-05-04", "2026-00002")
    entries |= entry("XC", "patent", "2026", 1, "2026-04-01", "C 1/2026")
    return State(example.MemoryBase({key: encode(value) for key, value in entries.items()}))


@pytest.fixture()
def state():
    return world()


def run(state, kind, signer="XB", /, **members):
    """Run an operation, uphold the invariants, write; return its refusal or None."""
    module = import_module(f"muniment.operations.{kind.replace('-', '_')}")
    operation = from_members(module.TYPE.payload, {"type": kind, **members})
    outcome = module.TYPE.run(operation, state, example.context(signer), module.TYPE.checks)
    if not isinstance(outcome, tuple):
        return outcome.refusal
    uphold(outcome, state)
    state.put(outcome)
    return None


def named(number="2025/000001", office="XA", right="patent"):
    return {"number": number, "office": office, "right": right}


def of(number=LATER, office="XB", right="patent"):
    return {"number": number, "office": office, "right": right}


def claim(state, date="2025-03-03", later=None, earlier=None, **more):
    later = later or of()
    return run(state, "claim-priority", later["office"], **later, date=date,
               earlier=earlier or named(), **more)


def on(state, kind, place=0, later=None, **more):
    later = later or of()
    return run(state, kind, later["office"], **later, claim=place, **more)


def stands(state, later="XB/patent/2026/000000000001", place=0):
    """Return (claim, finding) as they stand."""
    name = f"{place:012}"
    return state.get(CLAIMS, later, name), state.get(FINDINGS, later, name)


def assessed(state, later=None):
    later = later or of()
    filed = later_filing(state, later["office"], later["right"], later["number"])
    return assess_recorded(state, filed.named, recorded_claims(state, filed.part),
                           Rulebook(LedgerReference(state)))


def found(state, later=None, place=0):
    """Return the results of a recorded claim, made anew, by check."""
    return {one.check: one for one in assessed(state, later).claims[place].results}


def test_a_claim_and_what_the_checks_found_of_it(state):
    assert claim(state, steps={"declared": "2026-03-02"}) is None
    one, finding = stands(state)
    assert (one.status, one.steps.declared) == ("Claimed", "2026-03-02")
    assert (finding.deadline, finding.calendar) == ("2026-03-03", "XB.2026.1")
    assert finding.results["P06"] == "IN_TIME"
    assert finding.results == {check: result.result for check, result in found(state).items()
                               } | {"P11": finding.results["P11"]}


def test_a_number_given_later_brings_the_claim_into_the_index(state):
    assert claim(state, earlier={"office": "XA", "right": "patent"}) is None
    assert stands(state)[1].results["P12"] == "MISSING"
    assert claims_on(state, "XA/patent/2025/000000000001") == ()
    assert on(state, "correct-claim", earlier=named(), steps={"number_given": "2026-05-05"}) is None
    one, finding = stands(state)
    assert (one.correction, one.steps.corrected) == (None, None)
    assert (finding.results["P01"], finding.results["P12"]) == ("WELL_FORMED", "IN_TIME")
    assert len(claims_on(state, "XA/patent/2025/000000000001")) == 1


def test_a_corrected_claim_moves_in_the_index_and_back(state):
    assert claim(state) is None
    first, second = "XA/patent/2025/000000000001", "XA/patent/2025/000000000002"
    assert on(state, "correct-claim", earlier=named("2025/000002"), date="2025-04-01") is None
    assert (len(claims_on(state, first)), len(claims_on(state, second))) == (0, 1)
    one, finding = stands(state)
    assert (one.was, one.correction) == ("2025-03-03", example.POSITION)
    assert finding.results["P03"] == "EQUAL"
    assert on(state, "correct-claim", earlier=named(), date="2025-03-03") is None
    assert (len(claims_on(state, first)), len(claims_on(state, second))) == (1, 0)


def test_another_spelling_of_the_number_is_the_same_claim(state):
    assert claim(state) is None
    assert claim(state, earlier=named("2025000001")) == "claim-already-recorded"
    assert on(state, "withdraw-claim") is None
    assert claim(state, earlier=named("2025000001")) is None
    assert stands(state, place=1)[1].results["P01"] == "RESPELLED"


def test_an_office_decides_and_asserts_what_public_state_cannot_test(state):
    claim(state)
    assert on(state, "decide-claim", status="Accepted", date="2026-05-05",
              ground="requirements-met", asserted={"P10": "SAME_APPLICANT"}) is None
    one, finding = stands(state)
    assert (one.status, one.decided.ground) == ("Accepted", "requirements-met")
    assert (finding.results["P10"], finding.results["P22"]) == ("NOT_TESTED", "ACCEPTED")
    assert finding.asserted == {"P10": "SAME_APPLICANT"}
    assert on(state, "correct-claim", steps={"fee_paid": "2026-05-06"}) is None
    assert stands(state)[1].asserted == {"P10": "SAME_APPLICANT"}
    assert on(state, "decide-claim", status="Refused", date="2026-05-07",
              ground="period-expired") is None
    assert stands(state)[1].results["P22"] == "REFUSED"


def test_restoration_is_the_act_of_one_office(state):
    """XC restores by due care; XB's own claim, as late, is not restored by it."""
    own, other = of("C 1/2026", "XC"), of("2026-00002")
    assert claim(state, later=own) is None
    assert claim(state, later=other) is None
    assert found(state, own)["P06"].result == "RESTORABLE"
    act = {"criterion": "due-care", "date": "2026-05-05", "requested": "2026-05-04"}
    assert on(state, "restore-priority", later=other, **act) == "not-restorable"
    assert on(state, "restore-priority", later=own, **act) is None
    restored = found(state, own)["P06"]
    assert (restored.result, restored.facts["restored_by"]) == ("RESTORED", "XC")
    late = found(state, other)["P06"]
    assert (late.result, late.facts["restored_at"]) == ("LATE", ["XC"])


def test_a_restored_international_application_has_effect_where_the_policy_says_so(state):
    international = of("C 1/2026", "XC")
    claim(state, later=international)
    on(state, "restore-priority", later=international, criterion="due-care", date="2026-05-05",
       requested="2026-05-04")
    relate(state, named("C 1/2026", "XC"), "national-phase")
    claim(state)
    period = found(state)["P06"]
    assert (period.key, period.facts["calendar"]) == ("P06.RESTORED.international", "XC")
    assert found(state)["P19"].result == "INHERITED"


def relate(state, other, kind, own=None, **more):
    own = own or of()
    assert run(state, "declare-relation", own["office"], **own, other=other, kind=kind,
               **more) is None


def test_a_divisional_counts_from_its_parent_and_has_its_claims_only(state):
    claim(state)
    child = of("2026-00002")
    claim(state, later=child)
    claim(state, "2025-04-01", child, named("2025/000002"))
    assert found(state, child)["P06"].result == "LATE"
    relate(state, named(LATER, "XB"), "divisional", child)
    assert found(state, child)["P06"].facts["filed"] == "2026-03-02"
    assert [found(state, child, place)["P19"].result for place in (0, 1)] == [
        "INHERITED", "NOT_INHERITED"]
    on(state, "withdraw-claim")
    assert found(state, child)["P19"].key == "P19.NOT_INHERITED.fallen"


def test_a_parent_declared_in_error_gives_its_filing_date_no_longer(state):
    child = of("2026-00002")
    claim(state, later=child)
    relate(state, named(LATER, "XB"), "divisional", child)
    assert found(state, child)["P06"].facts["filed"] == "2026-03-02"
    assert run(state, "withdraw-relation", "XB", **child, other=named(LATER, "XB"),
               kind="divisional", cause="declared-in-error", date="2026-05-05") is None
    assert found(state, child)["P06"].facts["filed"] == "2026-05-04"
    assert found(state, child)["P19"].result == "NO_PARENT"
    relate(state, named("C 1/2026", "XC"), "national-phase", child)


def test_parents_in_a_circle_leave_the_filing_date_unknown(state):
    relate(state, named("2026-00002", "XB"), "divisional")
    relate(state, named(LATER, "XB"), "divisional", of("2026-00002"))
    claim(state)
    assert found(state)["P06"].key == "P06.NOT_TESTED.descent"


def test_a_national_phase_counts_from_the_stated_date_of_a_filing_elsewhere(state):
    relate(state, named("PCT/IB2025/000007", "IB"), "national-phase", filed="2026-02-02")
    claim(state)
    period = found(state)["P06"]
    assert (period.facts["filed"], period.facts["calendar"]) == ("2026-02-02", "IB")
    assert found(state)["P19"].result == "TO_VERIFY"


def test_priority_on_priority_gives_only_what_is_new(state):
    claim(state)
    later = of("C 1/2026", "XC")
    claim(state, "2026-03-02", later, named(LATER, "XB"))
    chain = found(state, later)["P20"]
    assert (chain.result, chain.facts["claims"]) == ("ONLY_WHAT_IS_NEW", ["XA 2025/000001"])
    on(state, "withdraw-claim")
    fallen = found(state, later)["P20"]
    assert (fallen.key, fallen.facts) == ("P20.ONLY_WHAT_IS_NEW.fallen", chain.facts)
    claim(state)
    assert found(state, later)["P20"] == chain


def test_a_certified_copy_serves_who_received_it_and_who_finds_it_here(state):
    claim(state)
    document = {"certified": "2026-04-04", "certifier": "XA", "digest": example.DIGEST,
                "earlier": named(), "language": "en"}
    assert run(state, "record-priority-document", **document, office="XB",
               later=of("2026-00002"), received="2026-05-05") is None
    assert found(state)["P13"].result == "NOT_TESTED"
    assert run(state, "record-priority-document", **document, office="XB", later=of(),
               received="2026-05-05") is None
    assert found(state)["P13"].facts["received"] == "2026-05-05"
    assert (found(state)["P14"].result, found(state)["P15"].result) == (
        "IN_TIME", "CERTIFIED_BY_ANOTHER")
    assert run(state, "record-priority-document", "XA", **document, office="XA") is None
    assert found(state)["P15"].result == "OFFICE_CERTIFIED"


def test_joint_applicants_are_all_or_some(state):
    claim(state)
    relate(state, named(), "successor", basis="assignment", executed="2026-01-02",
           applicants="some")
    assert found(state)["P10"].result == "JOINT_INCOMPLETE"


def test_a_claim_with_two_readings_of_its_number_is_ambiguous(state):
    row = {**example.number_format("XA", "{S:4}/{N:6}"), "format": "slash", "series": ["=other"]}
    state.put((change(REFERENCE, REFERENCE.key("number-format", "XA", "patent", "slash"), None,
                      example.reference_row(row)),))
    claim(state)
    assert found(state)["P01"].result == "AMBIGUOUS"


def test_a_mark_claims_for_some_classes(state):
    for office, year, printed, date in (("XA", "2025", "T2025/000001", "2025-12-01"),
                                        ("XB", "2026", "2026-00001 T", "2026-03-02")):
        key = APPLICATIONS.key(office, "trademark", year, "000000000001")
        state.put((change(APPLICATIONS, key, None, example.application(date, number=printed)),))
    later = of("2026-00001 T", right="trademark")
    earlier = named("T2025/000001", right="trademark")
    assert claim(state, "2025-12-01", later, earlier, goods={"classes": [42, 9]}) == (
        "goods-not-sound")
    assert claim(state, "2025-12-01", later, earlier, goods={"classes": [9, 42]}) is None
    together = assessed(state, later)
    assert together.priority_date is None
    assert together.several.facts["partial"] == [
        {"classes": [9, 42], "date": "2025-12-01", "listed": False}]


def test_a_claim_to_a_sealed_filing_is_sealed_until_both_are_open(state):
    """It enters register and index as of the day when it was sealed."""
    state.put((change(COVERAGE, COVERAGE.key("XA", "patent", "2025"), None, Coverage(declared=1)),))
    text = example.sealing_claim(earlier=named("2025/000009"), number=LATER, office="XB",
                                 submitter="XB")
    assert run(state, "claim-priority", office="XB", sealed=disclosure.digest(text)) is None
    name = next(key for key, _ in state.rows(SEALED)).decode().split("/")[1]
    opening = {"disclosure": text, "office": "XB", "sealed": name}
    assert run(state, "unseal-claim", **opening) == "earlier-filing-not-open"
    key = APPLICATIONS.key("XA", "patent", "2025", "000000000009")
    state.put((change(APPLICATIONS, key, None,
                      example.application("2025-03-03", number="2025/000009")),))
    assert run(state, "unseal-claim", **opening) is None
    assert stands(state)[0].recorded == example.TIME
    assert len(claims_on(state, "XA/patent/2025/000000000009")) == 1
    assert run(state, "unseal-claim", **opening) == "not-confirmed"


def test_a_decided_claim_that_is_corrected_is_to_be_decided_anew(state):
    claim(state)
    on(state, "decide-claim", status="Accepted", date="2026-05-05", ground="requirements-met",
       asserted={"P10": "SAME_APPLICANT"})
    on(state, "correct-claim", date="2025-03-04")
    one, finding = stands(state)
    assert (one.status, one.decided, finding.asserted) == ("Claimed", None, {})


def test_a_copy_before_publication_counts_where_the_office_says_so(state):
    """The day of publication is that of the later filing's own entry (PCT Rule 17.1(a))."""
    row = {"basis": "r. 5", "combine": "later", "filing_months": 1, "library": "",
           "library_until": "", "priority_months": 0, "publication_counts": True,
           "source": "example", "valid_from": "", "value": "months"}
    key = REFERENCE.key("policy", "XB", "patent", "copy")
    before = state.at(REFERENCE, key)
    state.put((change(REFERENCE, key, before, example.reference_row(row)),))
    claim(state)
    run(state, "record-priority-document", certified="2026-04-04", certifier="XA",
        digest=example.DIGEST, earlier=named(), language="en", later=of(), office="XB",
        received="2026-05-05")
    assert found(state)["P14"].result == "TO_VERIFY"
    run(state, "publish-application", **of(), date="2026-05-06")
    assert found(state)["P14"].result == "LAST_DAY"


def test_a_restored_continuation_of_an_application_elsewhere_rests_on_its_effect_here(state):
    """XB takes up an international application that XC restored by due care, as XB gives effect."""
    international = of("C 1/2026", "XC")
    claim(state, later=international)
    on(state, "restore-priority", later=international, criterion="due-care", date="2026-05-05",
       requested="2026-05-04")
    relate(state, named("C 1/2026", "XC"), "national-phase")
    child = of("2026-00002")
    relate(state, named(LATER, "XB"), "divisional", child)
    claim(state)
    claim(state, later=child)
    assert found(state, child)["P06"].key == "P06.RESTORED.international"
    assert found(state, child)["P19"].result == "INHERITED"


@pytest.mark.parametrize(("number", "date"), [("2025/000300", "2025-03-03"),
                                              ("2025/000999", "2025-04-04")])
def test_what_the_later_office_did_in_public_is_told_of_a_claim_that_is_not_confirmed(
        state, number, date):
    """Its register is public, whatever the earlier filing is: unknown, sealed or unpublished."""
    key = COVERAGE.key("XA", "patent", "2025")
    state.put((change(COVERAGE, key, None, Coverage(declared=1)),))
    claim(state, date, earlier=named(number))
    silent = assessed(state).claims[0].as_json()
    assert sorted(silent["checks"]) == ["P02", "P21"]
    on(state, "decide-claim", status="Accepted", date="2026-05-05", ground="in-order")
    accepted = assessed(state)
    assert accepted.claims[0].as_json()["checks"]["P22"]["result"] == "ACCEPTED"
    assert (accepted.claims[0].as_json()["excluded_by"], accepted.priority_date) == ([], None)
    on(state, "withdraw-claim")
    fallen = assessed(state).claims[0]
    plain = fallen.as_json()
    assert (plain["checks"]["P22"]["result"], plain["excluded_by"]) == ("WITHDRAWN", ["P22"])
    assert (plain["answer"], "remedy" in plain) == ("not-confirmed", False)
    assert fallen.is_lost
    assert fallen.as_brief()["results"] == {"P02": "NOT_CONFIRMED", "P22": "WITHDRAWN"}
    assert number not in str(plain) + str(accepted.claims[0].as_json())
