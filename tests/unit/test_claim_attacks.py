"""Attacks on claims: one filer against another, and acts in another order for another answer."""

import pytest
from test_claim import LATER, claim, found, named, of, on, relate, run, stands, world

from muniment.codec import encode, members
from muniment.model import example
from muniment.model.account import ACCOUNTS, ROLES, Grant
from muniment.model.application import APPLICATIONS, SEALED, Sealed
from muniment.model.claim import CLAIMED
from muniment.model.claiming import CLAIMS_MAX, CLAIMS_OF_FILERS_MAX
from muniment.model.number import unknown_suffix
from muniment.model.reference import REFERENCE
from muniment.model.state import State, change
from muniment.operations import claim_priority
from muniment.proof import disclosure

AGENT, RIVAL = example.agent(), example.OTHER_DIGEST
UNNUMBERED = {"office": "XA", "right": "patent"}


@pytest.fixture()
def state():
    return world()


def enrol(state, account, role="filer", **period):
    """Give an account a role at XB."""
    key = ROLES.key("XB", role, account)
    grant = Grant(**{"since": 0, **period})
    state.put((change(ROLES, key, state.at(ROLES, key), grant),))
    if state.get(ACCOUNTS, account) is None:
        known = example.account(example.AGENT, kind="participant")
        state.put((change(ACCOUNTS, ACCOUNTS.key(account), None, known),))


@pytest.fixture()
def filers(state):
    """Two filers at XB."""
    enrol(state, AGENT)
    enrol(state, RIVAL)
    return state


def by(signer, state, kind, place=0, **more):
    return run(state, kind, signer, **of(), claim=place, **more)


def claims(signer, state, earlier=None, date="2025-03-03", later=None):
    return run(state, "claim-priority", signer, **(later or of()), date=date,
               earlier=earlier or named())


@pytest.mark.parametrize(("kind", "members"), [
    ("correct-claim", {"date": "2025-03-04"}), ("withdraw-claim", {})])
def test_no_filer_touches_the_claim_of_another(filers, kind, members):
    assert claims(AGENT, filers) is None
    assert by(RIVAL, filers, kind, **members) == "claim-of-another"
    assert by(AGENT, filers, kind, **members) is None


@pytest.mark.parametrize(("kind", "members"), [
    ("correct-claim", {"date": "2025-03-04"}), ("withdraw-claim", {})])
def test_no_filer_touches_a_claim_of_the_office_and_the_office_touches_all(filers, kind, members):
    assert claim(filers) is None
    assert by(AGENT, filers, kind, **members) == "claim-of-another"
    assert claims(AGENT, filers, named("2025/000002"), "2025-04-01") is None
    assert by("XB", filers, kind, 1, **{**members, **({"date": "2025-04-02"} if members else {})}
              ) is None


def test_a_registrar_whose_role_ended_keeps_nothing_of_what_he_entered(filers):
    """He entered it for the office; as a filer he is one more filer."""
    enrol(filers, AGENT, "registrar")
    assert claims(AGENT, filers) is None
    enrol(filers, AGENT, "registrar", until=example.TIME)
    assert by(AGENT, filers, "withdraw-claim") == "claim-of-another"
    assert claims(RIVAL, filers, named("2025/000002"), "2025-04-01") is None


@pytest.mark.parametrize("status", ["Accepted", "Partially refused", "Refused"])
def test_only_the_office_reopens_what_it_decided(filers, status):
    claims(AGENT, filers)
    assert on(filers, "decide-claim", status=status, date="2026-05-05", ground="g") is None
    wanted = "claim-fallen" if status == "Refused" else "decided-by-the-office"
    assert by(AGENT, filers, "correct-claim", date="2025-03-04") == wanted
    assert stands(filers)[0].status == status
    if status != "Refused":
        assert on(filers, "correct-claim", date="2025-03-04") is None
        assert stands(filers)[0].status == "Claimed"


def test_what_was_refused_is_not_withdrawn_and_claimed_anew(filers):
    claims(AGENT, filers)
    on(filers, "decide-claim", status="Refused", date="2026-05-05", ground="g")
    assert claims(AGENT, filers) == "claim-already-recorded"
    assert by(AGENT, filers, "withdraw-claim") == "decided-by-the-office"
    assert on(filers, "withdraw-claim") is None


def test_a_filer_withdraws_his_own_accepted_claim(filers):
    """To withdraw is the applicant's right at any time (PCT Rule 90bis.3)."""
    claims(AGENT, filers)
    on(filers, "decide-claim", status="Accepted", date="2026-05-05", ground="g")
    assert by(AGENT, filers, "withdraw-claim") is None


def test_a_rival_adds_no_older_claim_that_moves_the_limits_of_others(filers):
    claims(AGENT, filers)
    assert claims(RIVAL, filers, named("2024/000001"), "2024-01-02") == "filing-claimed-by-another"
    assert claims("XB", filers, named("2024/000001"), "2024-01-02") is None


def test_a_rival_who_squats_on_a_filing_is_removed_by_the_office(filers):
    assert claims(RIVAL, filers) is None
    assert claims(AGENT, filers, named("2025/000002"), "2025-04-01") == "filing-claimed-by-another"
    assert on(filers, "withdraw-claim") is None
    assert claims(AGENT, filers) is None


def test_a_rival_cannot_fill_all_places_of_a_filing(filers):
    for _ in range(CLAIMS_OF_FILERS_MAX):
        assert claims(RIVAL, filers) is None
        assert run(filers, "withdraw-claim", RIVAL, **of(), claim=_) is None
    assert claims(RIVAL, filers) == claims(AGENT, filers) == "too-many-claims"
    assert claims("XB", filers) is None
    assert CLAIMS_OF_FILERS_MAX < CLAIMS_MAX


def test_two_applications_of_one_day_are_claimed_before_they_have_numbers(state):
    """To file two applications at one office on one day is lawful and common."""
    assert claim(state, earlier=UNNUMBERED) is None
    assert claim(state, earlier=UNNUMBERED) is None
    assert on(state, "correct-claim", 0, earlier=named()) is None
    assert on(state, "correct-claim", 1, earlier=named()) == "claim-already-recorded"
    assert on(state, "correct-claim", 1, earlier=named("2025/000002")) is None


def test_a_correction_of_the_date_meets_no_other_claim_without_number(state):
    claim(state, earlier=UNNUMBERED)
    claim(state, "2025-04-01", earlier=UNNUMBERED)
    assert on(state, "correct-claim", 1, date="2025-03-03") is None


def test_an_international_application_is_one_whichever_office_a_claim_names(state):
    """Its number names the receiving Office (PCT Rule 4.10(a))."""
    first = named("PCT/XA2025/000007", "XA")
    assert claim(state, earlier=first) is None
    for office in ("IB", "WO"):
        assert claim(state, earlier={**first, "office": office}) == "claim-already-recorded"


@pytest.mark.parametrize("number", [LATER, "202600001"])
def test_no_filing_claims_itself(state, number):
    itself = named(number, "XB")
    assert claim(state, "2026-03-02", earlier=itself) == "claim-to-itself"
    assert claim(state) is None
    assert on(state, "correct-claim", earlier=itself) == "claim-to-itself"


def restored(state, **more):
    """Restore a claim of XC that gives no number yet."""
    own = of("C 1/2026", "XC")
    assert claim(state, later=own, earlier=UNNUMBERED, **more) is None
    assert on(state, "restore-priority", later=own, criterion="due-care", date="2026-05-05",
              requested="2026-05-04") is None
    return own


def test_a_restored_claim_receives_its_number(state):
    """PCT Rule 26bis.2(c)(i): a claim is not void for want of the number, which follows."""
    own = restored(state)
    assert on(state, "correct-claim", later=own, earlier=named()) is None
    assert found(state, own)["P06"].result == "RESTORED"
    assert len(state.rows(CLAIMED)) == 1
    assert on(state, "correct-claim", later=own, earlier=named("2025/000002")) == "claim-restored"


@pytest.mark.parametrize("change_of", [
    {"earlier": named(office="XD", number="25/000001")}, {"earlier": {**UNNUMBERED, "office": "XD"}},
    {"earlier": named(right="utility-model")}, {"earlier": named(), "date": "2025-03-04"},
    {"date": "2025-03-04"}])
def test_a_restored_claim_without_number_changes_in_nothing_else(state, change_of):
    own = restored(state)
    assert on(state, "correct-claim", later=own, **change_of) == "claim-restored"


def test_a_number_given_last_does_not_undo_a_late_correction(state):
    """Correction and number in either order leave the same days."""
    both = []
    for later in (of(), of("2026-00002")):
        claim(state, later=later, earlier=UNNUMBERED)
        acts = [{"date": "2025-04-01"}, {"earlier": named("2025/000002")}]
        for act in acts if later == of() else acts[::-1]:
            assert on(state, "correct-claim", later=later, **act) is None
        both.append(stands(state, f"XB/patent/2026/{later['number'][-5:]:0>12}")[0])
    first, second = both
    assert first.steps == second.steps
    assert first.steps.corrected is not None


def opened(state, submitter, at, **changed):
    """Put a sealed claim into the register and open it; return the refusal or None."""
    text = example.sealing_claim(**{"earlier": named(), "number": LATER, "office": "XB",
                                    "submitter": submitter, **changed})
    name = f"{at:042}A"
    value = Sealed(digest=disclosure.digest(text), entry=13, office="XB", recorded=at,
                   submitter=submitter)
    state.put((change(SEALED, SEALED.key(name), None, value),))
    return run(state, "unseal-claim", disclosure=text, office="XB", sealed=name)


def test_what_a_filer_sealed_is_declared_when_the_office_knows_it(filers):
    """Else he would seal every claim that he might make, and show the one that he needs."""
    early = example.TIME - 80 * 86_400
    assert opened(filers, AGENT, early) is None
    assert stands(filers)[0].recorded == example.TIME
    assert opened(filers, "XB", early, earlier=named("2025/000002"), date="2025-04-01") is None
    assert stands(filers, place=1)[0].recorded == early


def test_a_filer_states_no_days_under_a_seal(filers):
    at, steps = example.TIME - 9, {"declared": "2026-03-02"}
    assert opened(filers, AGENT, at, steps=steps) == "steps-not-of-the-office"
    assert opened(filers, "XB", at - 1, steps=steps) is None


@pytest.mark.parametrize("one", [
    pytest.param(one, id=one.name) for cases in claim_priority.TYPE.cases for one in cases()
    if one.operation.sealed is None and one.operation.number])
def test_an_unsealed_claim_is_refused_where_an_open_one_is(one):
    """Each declared example of an open claim, sealed by who signs it and opened by the office."""
    plain = members(one.operation)
    del plain["type"]
    text = example.sealing_claim(**{**plain, "office": "XA", "submitter": one.signer})
    given = example.world() | dict(one.given) | example.sealed(text, submitter=one.signer)
    sealed = State(example.MemoryBase({key: encode(value) for key, value in given.items()}))
    outcome = run(sealed, "unseal-claim", "XA", disclosure=text, office="XA",
                  sealed=example.SEALED_NAME)
    if one.name in ("beside-another-filers", "filers-forty-ninth"):
        assert outcome is None  # the office opens it, and answers for it
    else:
        assert (outcome is None) == (one.refusal is None)


LATE = of("C 1/2026", "XC")
"""Filed on 2026-04-01; the period ended on 2026-03-03, the window on Monday, 2026-05-04."""


def restore(state, requested, date="2026-05-06", later=LATE):
    return on(state, "restore-priority", later=later, criterion="due-care", date=date,
              requested=requested)


def row_of(state, **changed):
    """Change XC's row of restoration."""
    key = REFERENCE.key("restoration", "XC", "patent", "due-care")
    before = state.at(REFERENCE, key)
    row = example.reference_row({**before.row, **changed})
    state.put((change(REFERENCE, key, before, row),))


def test_restoration_is_requested_by_the_last_day_of_the_window_as_moved(state):
    claim(state, later=LATE)
    assert restore(state, "2026-05-05") == "request-too-late"
    assert restore(state, "2026-05-04") is None


def test_an_office_sets_another_time_limit_for_the_request_or_none(state):
    claim(state, later=LATE)
    row_of(state, request_months=1)
    assert found(state, LATE)["P06"].facts["restoration"]["until"] == "2026-04-03"
    assert restore(state, "2026-04-06") == "request-too-late"
    row_of(state, request_months=0)
    assert restore(state, "2026-05-06") is None


def test_the_treaty_sets_the_time_limit_for_an_international_application(state):
    """Two months from the end (PCT Rule 26bis.3(e)), whatever the receiving Office's own row says."""
    row_of(state, request_months=0)
    number = "PCT/XC2026/000001"
    key = APPLICATIONS.key("XC", "patent", unknown_suffix(number))
    state.put((change(APPLICATIONS, key, None, example.application("2026-04-01", number=number)),))
    later = of(number, "XC")
    claim(state, later=later)
    assert restore(state, "2026-05-05", later=later) == "request-too-late"
    assert restore(state, "2026-05-04", later=later) is None


def test_in_a_national_phase_the_time_limit_runs_from_the_entry(state):
    """One month from the time limit for entering (PCT Rule 49ter.2(b)): no row gives that day."""
    assert run(state, "declare-relation", "XC", **LATE, kind="national-phase", filed="2026-04-01",
               other=named("PCT/IB2026/000007", "IB")) is None
    claim(state, later=LATE)
    assert found(state, LATE)["P06"].key == "P06.RESTORABLE.national-phase"
    assert restore(state, "2026-05-06") is None


def test_restoration_is_not_requested_once_the_filing_was_published(state):
    claim(state, later=LATE)
    run(state, "publish-application", "XC", **LATE, date="2026-04-15")
    assert restore(state, "2026-04-15") == "request-too-late"
    assert restore(state, "2026-04-14") is None


@pytest.mark.parametrize("kind", ["decide-claim", "restore-priority"])
def test_a_decision_is_on_the_claim_as_it_stood(state, kind):
    """Decision and correction in either order leave one answer: the correction reopens."""
    claim(state, later=LATE)
    steps = {"corrected": "2026-05-06"}
    assert on(state, "correct-claim", later=LATE, date="2025-03-04", steps=steps) is None
    if kind == "decide-claim":
        acts = {"status": "Accepted", "ground": "g"}
        assert on(state, kind, later=LATE, date="2026-05-05", **acts) == "decision-overtaken"
        assert on(state, kind, later=LATE, date="2026-05-06", **acts) is None
    else:
        assert restore(state, "2026-05-04", "2026-05-05") == "decision-overtaken"
        assert restore(state, "2026-05-04", "2026-05-06") is None


def test_two_decisions_in_either_order_leave_the_later_one(state):
    for later, order in ((of(), (0, 1)), (of("2026-00002"), (1, 0))):
        claim(state, later=later)
        decisions = [{"status": "Accepted", "date": "2026-05-05"},
                     {"status": "Refused", "date": "2026-05-07"}]
        outcomes = [on(state, "decide-claim", later=later, ground="g", **decisions[one])
                    for one in order]
        assert outcomes == ([None, None] if order == (0, 1) else [None, "decision-overtaken"])
        assert stands(state, f"XB/patent/2026/{later['number'][-5:]:0>12}")[0].status == "Refused"


def test_a_refusal_does_not_overtake_a_restoration(state):
    """In the other order the refused claim is not restored until the office decides anew."""
    claim(state, later=LATE)
    assert restore(state, "2026-05-04", "2026-05-06") is None
    refusal = {"status": "Refused", "ground": "period-expired"}
    assert on(state, "decide-claim", later=LATE, date="2026-05-05", **refusal) == (
        "decision-overtaken")



def test_a_date_corrected_and_then_the_goods_keeps_the_date_of_the_declaration(state):
    """One correction or two: the declaration is in time by the date that it gave."""
    limits = []
    for together in (True, False):
        state = world()
        claim(state, "2025-03-03", earlier=named("2025/000002"), steps={"declared": "2026-03-02"})
        again = {"earlier": named()}
        first = {"date": "2025-02-24", **(again if together else {})}
        for act in [first] if together else [first, again]:
            assert on(state, "correct-claim", **act, steps={"corrected": "2026-05-05"}) is None
        one = stands(state)[0]
        limits.append(one.first or one.was)
    assert limits == ["2025-03-03", "2025-03-03"]
    assert (one.was, one.first) == ("2025-02-24", "2025-03-03")
    assert found(state)["P11"].result == "TO_VERIFY"


def test_a_copy_recorded_before_the_filing_was_entered_shows_no_more_than_after(state):
    """Recorded first, it is accepted, because nothing is known; then it shows nothing."""
    claim(state, earlier=named("2025/000009"))
    document = {"certified": "2025-03-02", "certifier": "XA", "digest": example.DIGEST,
                "earlier": named("2025/000009"), "language": "en", "later": of(), "office": "XB",
                "received": "2026-05-05"}
    assert run(state, "record-priority-document", **document) is None
    key = APPLICATIONS.key("XA", "patent", "2025", "000000000009")
    state.put((change(APPLICATIONS, key, None,
                      example.application("2025-03-03", number="2025/000009")),))
    assert {check: found(state)[check].key for check in ("P13", "P14", "P15")} == {
        check: f"{check}.NOT_TESTED.too-early" for check in ("P13", "P14", "P15")}
    assert run(state, "record-priority-document", **{**document, "digest": example.OTHER_DIGEST}
               ) == "copy-older-than-the-filing"


def divided(state):
    relate(state, named(LATER, "XB"), "divisional", of("2026-00002"))
    claim(state, later=of("2026-00002"))


def test_a_divisional_inherits_by_what_stands_whenever_the_parents_register_was_mended(state):
    """The parent's claim is checked as it stands, not as it stood when it was last acted on."""
    claim(state, "2025-03-04")
    divided(state)
    assert found(state, of("2026-00002"))["P19"].key == "P19.NOT_INHERITED.fallen"
    assert run(state, "correct-entry", "XA", **named(), date="2025-03-04", was="2025-03-03",
               ground="clerical-error") is None
    assert found(state, of("2026-00002"))["P19"].result == "INHERITED"
    assert stands(state)[1].results["P03"] == "DIFFERENT"


def test_a_divisional_inherits_the_claim_that_stands_wherever_it_was_numbered(state):
    """A withdrawn claim to the same filing beside it takes nothing away."""
    claim(state, earlier=UNNUMBERED)
    claim(state)
    on(state, "withdraw-claim", 1)
    assert on(state, "correct-claim", 0, earlier=named()) is None
    divided(state)
    assert found(state, of("2026-00002"))["P19"].result == "INHERITED"


def test_a_parents_claim_without_number_is_not_yet_another_one(state):
    claim(state, earlier=UNNUMBERED)
    divided(state)
    assert found(state, of("2026-00002"))["P19"].result == "TO_VERIFY"
    on(state, "correct-claim", earlier=named("2025/000002"))
    assert found(state, of("2026-00002"))["P19"].result == "NOT_INHERITED"


def test_a_national_phase_claims_not_the_application_whose_phase_it_is(state):
    """In law it is that application (PCT Art. 11(3)), whether relation or claim comes first."""
    international = named("C 1/2026", "XC")
    claim(state, "2026-04-01", earlier=international)
    assert found(state)["P07"].key == "P07.NOT_LATER"
    relate(state, international, "national-phase")
    assert found(state)["P07"].key == "P07.NOT_LATER.itself"
    assert stands(state)[0].status == "Claimed"


def test_parents_in_a_circle_inherit_nothing_and_end(state):
    relate(state, named("2026-00002", "XB"), "divisional")
    relate(state, named(LATER, "XB"), "divisional", of("2026-00002"))
    for later in (of(), of("2026-00002")):
        claim(state, later=later)
    assert found(state)["P19"].result == "TO_VERIFY"


def test_a_rivals_open_claim_keeps_a_sealed_one_out_no_longer_than_the_office_lets_it(filers):
    assert claims(RIVAL, filers) is None
    at = example.TIME - 9
    assert opened(filers, "XB", at) == "claim-already-recorded"
    assert on(filers, "withdraw-claim") is None
    name = f"{at:042}A"
    text = example.sealing_claim(earlier=named(), number=LATER, office="XB", submitter="XB")
    assert run(filers, "unseal-claim", disclosure=text, office="XB", sealed=name) is None


def test_a_copy_counts_whether_its_office_published_the_format_before_or_after(state):
    earlier = named("Q 7/2025")
    claim(state, "2025-04-01", earlier=earlier)
    assert run(state, "record-priority-document", certified="2026-04-04", certifier="XA",
               digest=example.DIGEST, earlier=earlier, language="en", later=of(), office="XB",
               received="2026-05-05") is None
    assert found(state)["P13"].result == "RECEIVED"
    row = {**example.number_format("XA", "Q {N:1-5}/{Y}"), "format": "q"}
    state.put((change(REFERENCE, REFERENCE.key("number-format", "XA", "patent", "q"), None,
                      example.reference_row(row)),))
    assert found(state)["P01"].result == "WELL_FORMED"
    assert found(state)["P13"].result == "RECEIVED"
