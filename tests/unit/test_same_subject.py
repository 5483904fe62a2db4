"""Filings of one subject: who said so, how far it is followed, and which claims set one aside.

XA's A of January 2025 was withdrawn in February, unpublished; its B of March has the same subject.
"""

from importlib import import_module

import pytest

from muniment.codec import encode, from_members
from muniment.invariants import uphold
from muniment.model import example
from muniment.model.account import ACCOUNTS
from muniment.model.application import APPLICATIONS
from muniment.model.checking import assess, assess_recorded, filing
from muniment.model.claim import FINDINGS, recorded_claims
from muniment.model.claiming import later_filing
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.model.reliance import RELIANCES_MAX
from muniment.model.rulebook import Rulebook
from muniment.model.same_subject import SUBJECTS_MAX
from muniment.model.state import State, change
from muniment.reference import packaged_rows

A, B = ("XA", "2025/000001", "2025-01-06"), ("XA", "2025/000002", "2025-03-03")
XB, XC, XD = ("XB", "2026-00001"), ("XC", "C 1/2026"), ("XD", "26/000001")
LATE_XC, LATE_XD = ("XC", "C 2/2026"), ("XD", "26/000002")
ELSEWHERE = ("XC", "C 1/2024")
FORMATS = REFERENCE.key("number-format", "XA", "patent")
FILED = {XB: "2026-03-02", XC: "2026-01-05", XD: "2026-01-06", LATE_XC: "2026-04-15",
         LATE_XD: "2026-04-20", ELSEWHERE: "2024-12-02", A[:2]: A[2], B[:2]: B[2]}


def key_of(state, office, number):
    from muniment.model.application import key_part

    return key_part(state, office, "patent", number)


def world(*, without_formats=False):
    """Return a register, perhaps one in which XA has published no format of its numbers yet."""
    entries = example.world() | {
        REFERENCE.key(table, *name): example.reference_row(row)
        for table, name, row in packaged_rows("demo")
        if name[0].startswith("X") or name[0] == "IB" or table == "period"
    } | {ACCOUNTS.key(office): example.account(office) for office in ("XC", "XD")}
    if without_formats:
        entries = {key: one for key, one in entries.items() if not key.startswith(FORMATS)}
    made = State(example.MemoryBase({key: encode(value) for key, value in entries.items()}))
    for (office, number), date in FILED.items():
        if not (without_formats and office == "XA"):
            enter(made, office, number, date)
    return made


@pytest.fixture()
def state():
    return world()


def enter(state, office, number, date, **more):
    key = APPLICATIONS.key(key_of(state, office, number))
    state.put((change(APPLICATIONS, key, None,
                      example.application(date, number=number, **more)),))


def run(state, kind, office, /, signer=None, **members):
    module = import_module(f"muniment.operations.{kind.replace('-', '_')}")
    operation = from_members(module.TYPE.payload, {"type": kind, "office": office, **members})
    outcome = module.TYPE.run(operation, state, example.context(signer or office), module.TYPE.checks)
    assert isinstance(outcome, tuple), outcome.refusal
    uphold(outcome, state)
    state.put(outcome)


def named(office, number, *_):
    return {"number": number, "office": office, "right": "patent"}


def end(state, one=A, date="2025-02-10"):
    run(state, "end-application", one[0], number=one[1], right="patent", date=date,
        fate="withdrawn")


def relate(state, own=B, other=A):
    run(state, "declare-relation", own[0], number=own[1], right="patent", kind="same-subject",
        other=named(*other))


def unrelate(state, own=B, other=A):
    run(state, "withdraw-relation", own[0], number=own[1], right="patent", kind="same-subject",
        other=named(*other), cause="declared-in-error", date="2026-05-05")


def claim(state, later, earlier, signer=None):
    run(state, "claim-priority", later[0], number=later[1], right="patent", date=earlier[2],
        earlier=named(*earlier), signer=signer)


def on(state, kind, later, place=0, **more):
    run(state, kind, later[0], number=later[1], right="patent", claim=place, **more)


def decide(state, later, status):
    on(state, "decide-claim", later, status=status, ground="requirements-met", date="2026-05-05")


def check(state, later, earlier, wanted):
    """Return one result of a claim that somebody states."""
    assessed = assess(state, filing(later[0], "patent", later[1], FILED[later]),
                      [filing(earlier[0], "patent", *earlier[1:])],
                      Rulebook(LedgerReference(state)))
    return assessed.claims[0].result(wanted)


def barred(state, later=XC):
    """Return what P09 finds of a claim to A: its result with the sentence, and who relied."""
    found = check(state, later, A, "P09")
    return found.key.removeprefix("P09."), list(found.facts.get("relied_on_by", ()))


def first(state, later=XC, earlier=B):
    return check(state, later, earlier, "P08").key.removeprefix("P08.")


# --- The order of acts -----------------------------------------------------------------------------


def test_a_relation_declared_after_the_claim_bars_the_older_filing_all_the_same(state):
    claim(state, XB, B)
    end(state)
    relate(state)
    assert first(state) == "FIRST_BY_4C4"
    assert barred(state) == ("BARRED", ["XB"])


def test_an_end_recorded_after_the_claim_bars_it_all_the_same(state):
    relate(state)
    claim(state, XB, B)
    end(state)
    assert barred(state) == ("BARRED", ["XB"])


def test_a_relation_taken_back_opens_the_older_filing_again(state):
    end(state)
    relate(state)
    claim(state, XB, B)
    assert barred(state) == ("BARRED", ["XB"])
    unrelate(state)
    assert barred(state) == ("NOT_BARRED", [])
    relate(state)
    assert barred(state) == ("BARRED", ["XB"])


def test_the_older_filing_bars_no_newer_one(state):
    end(state)
    relate(state)
    claim(state, XC, A)
    assert check(state, XB, B, "P09").result == "NOT_BARRED"


# --- A newer filing that gave nothing sets nothing aside -------------------------------------------


def relied(state, later=XB):
    end(state)
    relate(state)
    claim(state, later, B)


def test_a_claim_made_too_late_leaves_the_older_filing(state):
    relied(state, LATE_XD)
    assert check(state, LATE_XD, B, "P06").result == "LATE"
    assert barred(state) == ("NOT_BARRED", [])


@pytest.mark.parametrize("before", [None, "Refused"])
def test_a_claim_withdrawn_undecided_or_refused_leaves_the_older_filing(state, before):
    relied(state)
    if before:
        decide(state, XB, before)
        assert barred(state) == ("NOT_BARRED", [])
    on(state, "withdraw-claim", XB)
    assert barred(state) == ("NOT_BARRED", [])


@pytest.mark.parametrize("status", ["Accepted", "Partially refused"])
def test_a_claim_accepted_and_then_withdrawn_leaves_the_question_open(state, status):
    relied(state)
    decide(state, XB, status)
    assert barred(state) == ("BARRED", ["XB"])
    on(state, "withdraw-claim", XB)
    assert barred(state) == ("TO_VERIFY.withdrawn", ["XB"])


def test_what_the_later_office_accepted_counts_though_it_was_late(state):
    relied(state, LATE_XD)
    decide(state, LATE_XD, "Accepted")
    assert barred(state) == ("BARRED", ["XD"])


def test_a_claim_that_can_still_be_restored_leaves_the_question_open(state):
    relied(state, LATE_XC)
    assert barred(state) == ("TO_VERIFY.pending", ["XC"])
    on(state, "restore-priority", LATE_XC, criterion="due-care", date="2026-05-05",
       requested="2026-04-20")
    assert barred(state) == ("BARRED", ["XC"])


def test_one_claim_that_gives_priority_is_enough_and_each_office_is_named_once(state):
    relied(state, LATE_XD)
    for later in (XB, XC, XD):
        claim(state, later, B)
    decide(state, XC, "Accepted")
    decide(state, XC, "Refused")
    assert barred(state) == ("BARRED", ["XB", "XD"])
    on(state, "withdraw-claim", XC)
    for later in (XB, XD):
        on(state, "withdraw-claim", later, 0)
    assert barred(state) == ("NOT_BARRED", [])


def test_a_claim_that_an_older_one_beside_it_makes_late_leaves_the_question_open(state):
    """XC's limit for the copy runs from the earliest priority date of the filing."""
    older, newer = ("XA", "2024/000001", "2024-01-08"), ("XA", "2024/000002", "2024-03-04")
    beside, later = ("XA", "2024/000003", "2024-02-12"), ("XC", "C 7/2025")
    for one in (older, newer, beside):
        enter(state, *one)
    end(state, older, "2024-02-01")
    relate(state, newer, older)
    enter(state, *later, "2025-02-03")
    run(state, "claim-priority", "XC", number=later[1], right="patent", date=newer[2],
        earlier=named(*newer), steps={"copy_requested": "2025-06-30"})
    assert check(state, XB, older, "P09").result == "BARRED"
    claim(state, later, beside)
    assert recorded(state, later)[0].result("P14").result == "LATE"
    assert check(state, XB, older, "P09").key == "P09.TO_VERIFY.pending"
    on(state, "withdraw-claim", later, 1)
    assert recorded(state, later)[0].result("P14").result == "IN_TIME"
    assert check(state, XB, older, "P09").result == "BARRED"


def recorded(state, later):
    """Return the assessments of the claims that a filing holds in the register."""
    found = later_filing(state, later[0], "patent", later[1])
    claims = recorded_claims(state, found.part)
    return assess_recorded(state, found.named, claims, Rulebook(LedgerReference(state))).claims


# --- What was corrected away -----------------------------------------------------------------------


def correct(state, later, earlier):
    on(state, "correct-claim", later, earlier=named(*earlier), date=earlier[2])


def test_v9_a_claim_that_was_corrected_to_another_filing_may_have_served(state):
    enter(state, "XC", "C 3/2025", "2025-02-01")
    enter(state, "XA", "2025/000007", "2025-01-07")
    claim(state, ("XC", "C 3/2025"), A)
    end(state)
    relate(state)
    assert first(state) == "NOT_FIRST.has-served"
    correct(state, ("XC", "C 3/2025"), ("XA", "2025/000007", "2025-01-07"))
    assert first(state) == "TO_VERIFY.corrected-away"
    correct(state, ("XC", "C 3/2025"), A)
    assert first(state) == "NOT_FIRST.has-served"


def test_a_rivals_claim_proves_nothing_until_its_office_decides(state):
    """Whoever has the role of a filer can claim another's filing: that is to be verified only."""
    enter(state, "XC", "C 3/2025", "2025-02-01")
    claim(state, ("XC", "C 3/2025"), A, signer=example.agent())
    end(state)
    relate(state)
    assert first(state) == "TO_VERIFY.unconfirmed"
    decide(state, ("XC", "C 3/2025"), "Refused")
    assert first(state) == "NOT_FIRST.has-served"


def test_a_rivals_claim_to_the_newer_filing_sets_nothing_aside_until_it_is_accepted(state):
    claim(state, XB, B, signer=example.agent())
    end(state)
    relate(state)
    assert barred(state) == ("TO_VERIFY.pending", ["XB"])
    decide(state, XB, "Accepted")
    assert barred(state) == ("BARRED", ["XB"])


def test_a_claim_corrected_from_the_newer_filing_undecided_sets_nothing_aside(state):
    relied(state)
    correct(state, XB, A)
    assert barred(state) == ("NOT_BARRED", [])


def test_a_claim_accepted_and_then_corrected_to_another_filing_leaves_the_question_open(state):
    relied(state)
    decide(state, XB, "Accepted")
    correct(state, XB, A)
    assert barred(state) == ("TO_VERIFY.corrected", ["XB"])
    assert barred(state, XB) == ("TO_VERIFY.corrected", ["XB"])
    correct(state, XB, B)
    assert recorded(state, XB)[0].result("P11").key == "P11.LATE.correction"
    assert barred(state) == ("TO_VERIFY.pending", ["XB"])
    on(state, "withdraw-claim", XB)
    assert barred(state) == ("TO_VERIFY.withdrawn", ["XB"])


def test_a_claim_served_by_the_date_of_the_filing_from_which_its_own_descends(state):
    """A national phase of 2025-09 has the international filing date, before B was filed."""
    enter(state, "XC", "C 4/2025", "2025-09-01")
    run(state, "declare-relation", "XC", number="C 4/2025", right="patent",
        kind="national-phase", filed="2025-02-03", other=named("IB", "PCT/IB2025/000007"))
    claim(state, ("XC", "C 4/2025"), A)
    end(state)
    relate(state)
    assert first(state) == "NOT_FIRST.has-served"


def test_what_was_recorded_before_its_office_published_a_format_counts_all_the_same():
    """A claim to A and a relation to it, of filings that stood under their numbers as printed."""
    early = ("XC", "C 3/2025")
    state = world(without_formats=True)
    enter(state, *early, "2025-02-01")
    claim(state, early, A)
    relate(state, ELSEWHERE, A)
    for key, one in world().rows(REFERENCE, "number-format", "XA", "patent"):
        state.put((change(REFERENCE, key, None, one),))
    for one in (A, B):
        enter(state, *one)
    end(state)
    relate(state)
    assert first(state) == "NOT_FIRST.has-served"
    assert first(state, earlier=A) == "NOT_FIRST.other-country"
    unrelate(state, ELSEWHERE, A)
    assert first(state, earlier=A) == "NONE_DECLARED.none-older"


# --- How far a subject is followed -----------------------------------------------------------------


def chain(state, length):
    """Declare filings of XA of one subject in a line, the newest being B; return the oldest."""
    before = B
    for place in range(length):
        one = ("XA", f"2024/{place + 1:06}", f"2024-12-{28 - place:02}")
        enter(state, *one)
        relate(state, before, one)
        before = one
    return before


def test_an_older_filing_is_found_over_another_one(state):
    """B has one subject with C, and C with the older A; nobody said so of B and A."""
    c = ("XA", "2025/000003", "2025-04-01")
    enter(state, *c)
    relate(state, B, c)
    relate(state, c, A)
    assert first(state) == "NOT_FIRST.not-ended"
    end(state)
    assert first(state) == "FIRST_BY_4C4"
    claim(state, XB, B)
    assert barred(state) == ("BARRED", ["XB"])


def test_a_subject_is_followed_to_its_bound_and_beyond_it_is_to_be_verified(state):
    last = chain(state, SUBJECTS_MAX)
    assert first(state, earlier=B) == "NOT_FIRST.not-ended"
    assert check(state, XC, last, "P08").key == "P08.NONE_DECLARED.none-older"
    enter(state, "XA", "2023/000001", "2023-12-01", ended={"date": "2023-12-02",
                                                            "fate": "withdrawn"})
    relate(state, last, ("XA", "2023/000001"))
    assert first(state, earlier=B) == "NOT_FIRST.not-ended"
    assert check(state, XC, last, "P08").key == "P08.TO_VERIFY.too-many"
    assert check(state, XC, ("XA", "2023/000001", "2023-12-01"), "P09").key == (
        "P09.TO_VERIFY.too-many")


def test_what_others_declare_pushes_nothing_out_that_the_office_concerned_declared(state):
    """A foreign office ties many filings of its own to B; XA's own word is heard first."""
    for place in range(2 * SUBJECTS_MAX):
        one = ("XD", f"20/{place + 1:06}")
        enter(state, *one, "2025-05-05")
        relate(state, one, B)
    relate(state)
    assert first(state) == "NOT_FIRST.not-ended"
    end(state)
    assert first(state) == "TO_VERIFY.too-many"


def test_more_claims_than_are_judged_leave_the_question_open(state):
    end(state)
    relate(state)
    for place in range(RELIANCES_MAX + 1):
        later = ("XD", f"26/{100 + place:06}")
        enter(state, *later, "2026-06-01")
        claim(state, later, B)
        expected = "NOT_BARRED" if place < RELIANCES_MAX else "TO_VERIFY.too-many"
        if place >= RELIANCES_MAX - 1:
            assert barred(state)[0] == expected


# --- Who may say what of whom ----------------------------------------------------------------------


def test_an_office_that_the_claim_does_not_concern_cannot_say_that_a_filing_is_not_first(state):
    relate(state, ELSEWHERE, B)
    found = check(state, XB, B, "P08")
    assert (found.key, found.facts["said_by"]) == ("P08.TO_VERIFY.declared-elsewhere", ["XC"])
    assert not found.excludes
    assert "Only XC declared that XC C 1/2024 has the same subject" in found.reason


def test_the_later_office_says_it_for_its_own_decision_alone(state):
    relate(state, ELSEWHERE, B)
    assert first(state, XC) == "NOT_FIRST.other-country"
    assert first(state, XD) == "TO_VERIFY.declared-elsewhere"


def test_the_office_of_the_earlier_filing_says_it_for_all(state):
    relate(state, B, ELSEWHERE)
    assert [first(state, one) for one in (XB, XC, XD)] == ["NOT_FIRST.other-country"] * 3
    relate(state, ELSEWHERE, B)
    unrelate(state, B, ELSEWHERE)
    assert first(state, XB) == "TO_VERIFY.declared-elsewhere"


def test_the_office_of_the_international_application_says_it_for_its_national_phase(state):
    relate(state, ELSEWHERE, B)
    run(state, "declare-relation", "XB", number=XB[1], right="patent", kind="national-phase",
        other=named(*XC))
    assert first(state, XB) == "NOT_FIRST.other-country"


def test_a_word_that_does_not_count_breaks_a_line_of_words_that_do(state):
    """XA ties B to XC's filing; that this one has the subject of A, XC alone says."""
    enter(state, "XC", "C 9/2025", "2025-06-02")
    relate(state, B, ("XC", "C 9/2025"))
    relate(state, ("XC", "C 9/2025"), A)
    assert first(state, XB) == "TO_VERIFY.declared-elsewhere"
    assert check(state, XB, B, "P08").facts["said_by"] == ["XC"]
    assert first(state, XC) == "NOT_FIRST.not-ended"


def test_an_office_sets_no_filing_of_another_aside_by_its_own_word(state):
    """XB says that its filing has the subject of A and of B, and relies on Art. 4C(4)."""
    end(state)
    relate(state, XB, A)
    relate(state, XB, B)
    claim(state, XB, B)
    assert first(state, XB) == "FIRST_BY_4C4"
    found = check(state, XC, A, "P09")
    assert (found.key, found.facts["said_by"]) == ("P09.TO_VERIFY.declared-elsewhere", ["XB"])
    assert barred(state, XB) == ("BARRED", ["XB"])


def test_a_newer_filing_that_is_not_first_for_the_claim_sets_nothing_aside(state):
    """XB knows of an older filing of its own: its claim to B does not rest on Art. 4C(4)."""
    enter(state, "XB", "2024-00001", "2024-11-04")
    relied(state)
    relate(state, ("XB", "2024-00001"), B)
    assert first(state, XB) == "NOT_FIRST.other-country"
    assert barred(state) == ("NOT_BARRED", [])


def test_a_newer_filing_that_is_perhaps_first_leaves_the_question_open(state):
    relied(state)
    relate(state, B, ("XA", "2024/000077"))
    assert first(state) == "TO_VERIFY"
    assert barred(state) == ("TO_VERIFY.newer", ["XB"])


# --- What is inherited, and what others cost -------------------------------------------------------


def test_a_child_inherits_what_its_parents_claim_gives_now_not_what_it_once_gave(state):
    """The finding of the parent's claim is that of the day on which it was made."""
    child = ("XB", "2026-00009")
    enter(state, *child, "2026-03-03")
    claim(state, XB, B)
    claim(state, child, B)
    run(state, "declare-relation", "XB", number=child[1], right="patent", kind="divisional",
        other=named(*XB))
    assert recorded(state, child)[0].result("P19").key == "P19.INHERITED"
    run(state, "declare-relation", "XB", number=XB[1], right="patent", kind="successor",
        other=named(*B), basis="merger", executed="2026-03-03")
    assert state.get(FINDINGS, key_of(state, *XB), "0" * 12).results["P10"] == "NOT_TESTED"
    assert recorded(state, child)[0].result("P19").key == "P19.NOT_INHERITED.fallen"
