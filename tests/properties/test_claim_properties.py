"""Laws of claims over drawn facts and drawn acts: nothing crashes, the index is true, all is said."""

from datetime import date
from importlib import import_module

from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.codec import encode, from_members
from muniment.invariants import uphold
from muniment.model import example
from muniment.model.account import ACCOUNTS, ROLES, Grant
from muniment.model.application import APPLICATIONS
from muniment.model.checking import assess_recorded
from muniment.model.claim import CLAIMED, CLAIMS, FALLEN, FINDINGS, claimed_key, recorded_claims
from muniment.model.claiming import later_filing
from muniment.model.earlier_acts import earlier_key
from muniment.model.priority import assess_priority
from muniment.model.priority_facts import (
    ClaimFacts,
    Descent,
    Document,
    Filing,
    Presented,
    RelatedFiling,
    Reliance,
    Restored,
    Steps,
    Title,
)
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.model.result_texts import ABOUT, EXCLUDING, TEXTS
from muniment.model.rulebook import Rulebook
from muniment.model.state import State, change
from muniment.proof import canonical
from muniment.proof.errors import Malformed
from muniment.reference import PackagedReference, packaged_rows

RULES = Rulebook(PackagedReference("demo"))
DAYS = st.dates(date(2019, 12, 1), date(2036, 1, 31))
MAYBE = st.none() | DAYS
OFFICES = st.sampled_from(["XA", "XB", "XC", "XD", "XE", "US", "EP", "IB", "NO", "QQ"])
RIGHTS = st.sampled_from(["patent", "utility-model", "design", "trademark"])
WORDS = st.sampled_from(["one", "two"])
STEPS = st.builds(Steps, **dict.fromkeys(Steps.__dataclass_fields__, MAYBE))
FILINGS = st.builds(Filing, OFFICES, RIGHTS, st.sampled_from(["", "1", "PCT/US2024/000001"]), MAYBE)
DESCENTS = st.none() | st.builds(
    Descent, MAYBE, OFFICES, st.booleans(), st.sampled_from(["", "PCT/US2024/000001"]),
    st.sampled_from(["", "2"]), MAYBE)
RELATED = st.builds(RelatedFiling, OFFICES, st.just("3"), MAYBE, MAYBE, st.booleans(), MAYBE,
                    st.lists(st.tuples(OFFICES, DAYS), max_size=2).map(tuple))
CLAIM = st.builds(
    ClaimFacts, FILINGS, st.booleans(),
    st.sampled_from(["ok", "respelled", "unknown", "ambiguous", "check-digit-wrong", "missing"]),
    st.sampled_from(["", "1"]), st.sampled_from(["application", "copy", "sealed", "none"]), MAYBE,
    st.just("gazette"), st.just(7), st.booleans(),
    st.sampled_from(["Claimed", "Abandoned", "Accepted", "Partially refused", "Refused"]),
    st.lists(RELATED, max_size=2).map(tuple),
    st.none() | st.builds(Title, st.just("merger"), MAYBE, st.sampled_from(["", "all", "some"])),
    st.lists(st.builds(Reliance, OFFICES, st.sampled_from(["", "corrected", "newer", "withdrawn"])),
             max_size=2).map(tuple), STEPS, MAYBE, MAYBE, MAYBE,
    st.sampled_from([(), (9, 42)]),
    st.booleans(),
    st.lists(st.builds(Restored, OFFICES, st.sampled_from(["due-care", "unintentional"]),
                       st.sampled_from(["own", "international", "other"])), max_size=2).map(tuple),
    st.lists(st.builds(Document, OFFICES, OFFICES, DAYS, DAYS, WORDS, MAYBE), max_size=3).map(
        tuple),
    st.none() | st.builds(Presented, WORDS, st.booleans()),
    st.sampled_from(["standing", "fallen", "none", "unknown"]), st.booleans(),
    st.sampled_from([(), ("XC C 1/2025",)]),
)


@settings(max_examples=300, deadline=None)
@given(later=FILINGS, claims=st.lists(CLAIM, min_size=1, max_size=3), descent=DESCENTS,
       published=MAYBE)
def test_whatever_the_facts_every_check_says_one_thing_of_its_catalogue(
    later, claims, descent, published
):
    assessed = assess_priority(later, claims, RULES, descent, published)
    for one in assessed.claims:
        if not one.confirmed:
            assert one.claim.covered
            continue
        assert [result.check for result in one.results] == [
            check for check in ABOUT if check != "P18"]
        for result in one.results:
            assert result.key in TEXTS
            assert result.reason.strip()
            assert "{" not in result.reason + result.remedy
        plain = one.as_json()
        assert plain["excluded_by"] == [
            check for check, result in one.summary().items() if (check, result) in EXCLUDING]
    canonical.decode(canonical.encode(assessed.as_json()))
    standing = [one.claim.date for one in assessed.claims if one.gives_priority
                and one.claim.date and not (one.claim.classes or one.claim.listed)]
    assert assessed.priority_date == min(standing, default=None)


@settings(max_examples=100, deadline=None)
@given(later=FILINGS, claims=st.lists(CLAIM, min_size=2, max_size=3), descent=DESCENTS)
def test_the_order_in_which_claims_are_given_changes_no_result(later, claims, descent):
    dated = {one.date: one for one in claims if one.date}
    kept = list(dated.values())
    forward = assess_priority(later, kept, RULES, descent)
    backward = assess_priority(later, kept[::-1], RULES, descent)
    assert [one.summary() for one in forward.claims] == [
        one.summary() for one in reversed(backward.claims)]


NUMBERS = [("XA", "2025/000001"), ("XA", "2025/000002"), ("XA", None), ("XB", "2026-00002")]
PLACES = st.integers(0, 1)
DATES = st.sampled_from(["2025-03-03", "2025-04-01", "2026-05-05", "2026-05-06", "2026-02-30"])
EARLIER = st.sampled_from(NUMBERS).map(
    lambda one: {"office": one[0], "right": "patent"} | ({"number": one[1]} if one[1] else {}))
LATER = st.sampled_from(["2026-00001", "2026-00002"]).map(
    lambda number: {"number": number, "office": "XB", "right": "patent"})
STEP_DAYS = st.dictionaries(st.sampled_from(["declared", "fee_paid", "number_given"]), DATES,
                            max_size=2)


def act(kind, /, **members):
    fixed = st.fixed_dictionaries({"type": st.just(kind), **members})
    return st.tuples(fixed, LATER).map(lambda one: {**one[1], **one[0]})


ACTS = st.one_of(
    act("claim-priority", date=DATES, earlier=EARLIER),
    act("correct-claim", claim=PLACES, earlier=EARLIER),
    act("correct-claim", claim=PLACES, date=DATES),
    act("correct-claim", claim=PLACES, steps=STEP_DAYS),
    act("withdraw-claim", claim=PLACES),
    act("decide-claim", claim=PLACES, date=DATES, ground=st.just("requirements-met"),
        status=st.sampled_from(["Accepted", "Partially refused", "Refused"])),
    act("restore-priority", claim=PLACES, criterion=st.just("due-care"), date=DATES,
        requested=DATES),
    act("declare-relation", kind=st.sampled_from(["divisional", "same-subject", "same-applicant"]),
        other=EARLIER.filter(lambda one: "number" in one)),
)


def world():
    entries = example.world() | {ACCOUNTS.key("XC"): example.account("XC")} | {
        REFERENCE.key(table, *name): example.reference_row(row)
        for table, name, row in packaged_rows("demo") if name[0] in ("XA", "XB", "patent")}
    for office, year, number, day, printed in (
        ("XA", "2025", 1, "2025-03-03", "2025/000001"),
        ("XA", "2025", 2, "2025-04-01", "2025/000002"),
        ("XB", "2026", 1, "2026-03-02", "2026-00001"),
        ("XB", "2026", 2, "2026-05-04", "2026-00002"),
    ):
        key = APPLICATIONS.key(office, "patent", year, f"{number:012}")
        entries[key] = example.application(day, number=printed)
    return State(example.MemoryBase({key: encode(value) for key, value in entries.items()}))


BEGINNING = [
    {"type": "claim-priority", "date": "2025-03-03", "earlier": earlier, "number": number,
     "office": "XB", "right": "patent"}
    for number, earlier in (
        ("2026-00001", {"office": "XA", "right": "patent"}),
        ("2026-00002", {"number": "2025/000001", "office": "XA", "right": "patent"}))
]


def apply(state, plain, signer="XB"):
    """Run an act; return whether it was accepted."""
    module = import_module(f"muniment.operations.{plain['type'].replace('-', '_')}")
    try:
        operation = from_members(module.TYPE.payload, plain)
    except Malformed:
        return False
    outcome = module.TYPE.run(operation, state, example.context(signer), module.TYPE.checks)
    if isinstance(outcome, tuple):
        uphold(outcome, state)
        state.put(outcome)
        return True
    return False


@settings(max_examples=60, deadline=None)
@given(acts=st.lists(ACTS.filter(lambda one: one["type"] != "declare-relation"), max_size=12))
def test_a_finding_is_what_anyone_finds_who_checks_all_claims_at_that_moment(acts):
    """Though the act itself checked one claim, and took the others by their findings."""
    state = world()
    for plain in BEGINNING + acts:
        if not apply(state, plain):
            continue
        later = later_filing(state, plain["office"], plain["right"], plain["number"])
        claims = recorded_claims(state, later.part)
        place = plain.get("claim", len(claims) - 1)
        assessed = assess_recorded(state, later.named, claims,
                                   Rulebook(LedgerReference(state))).claims[place]
        finding = state.get(FINDINGS, later.part, f"{place:012}")
        assert finding.results == assessed.summary()


@settings(max_examples=80, deadline=None)
@given(acts=st.lists(ACTS, max_size=20))
def test_after_any_acts_index_and_findings_are_those_of_the_claims(acts):
    state = world()
    for plain in BEGINNING + acts:
        apply(state, plain)
    claims = {key.decode().removeprefix("claim/").removesuffix("/"): claim
              for key, claim in state.rows(CLAIMS)}
    pointing = [row.claim for _, row in state.rows(CLAIMED) if not row.moved]
    numbered = {part: claim for part, claim in claims.items() if claim.earlier.number}
    assert sorted(pointing) == sorted(numbered)
    for part, claim in claims.items():
        finding = state.get(FINDINGS, part)
        assert finding.results
        if part in numbered:
            key = claimed_key(earlier_key(state, claim.earlier), part)
            assert state.at(CLAIMED, key).claim == part
    in_force = [(part.rpartition("/")[0], earlier_key(state, claim.earlier))
                for part, claim in numbered.items() if claim.status != "Abandoned"]
    assert len(set(in_force)) == len(in_force)


RIVAL = example.OTHER_DIGEST
OF_A_FILER = ACTS.filter(lambda one: one["type"] in (
    "claim-priority", "correct-claim", "withdraw-claim"))


@settings(max_examples=80, deadline=None)
@given(acts=st.lists(st.tuples(st.booleans(), OF_A_FILER), max_size=12))
def test_whatever_another_filer_does_a_filers_claims_stay_as_he_made_them(acts):
    """Neither the claims change, nor what anyone finds who checks them."""
    state = world()
    for role, account in (("filer", RIVAL), ("filer", example.agent())):
        state.put((change(ROLES, ROLES.key("XB", role, account), None, Grant(since=0)),))
    for plain in BEGINNING:
        apply(state, plain, example.agent())
    for is_rival, plain in acts:
        before = snapshot(state)
        apply(state, plain, RIVAL if is_rival else example.agent())
        if is_rival:
            kept = {key: one for key, one in snapshot(state).items() if key in before}
            assert kept == before


def snapshot(state):
    """Return each claim of the agent with what is found of it now."""
    found = {}
    for number in ("2026-00001", "2026-00002"):
        later = later_filing(state, "XB", "patent", number)
        claims = recorded_claims(state, later.part)
        if not any(one.submitter == example.agent() and one.status not in FALLEN
                   for one in claims.values()):
            continue
        assessed = assess_recorded(state, later.named, claims, Rulebook(LedgerReference(state)))
        for (place, claim), one in zip(claims.items(), assessed.claims, strict=True):
            if claim.submitter == example.agent():
                found[number, place] = claim, one.summary()
    return found
