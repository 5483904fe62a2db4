"""The laws of governance: what only the members do together, and every way to get around them."""

import dataclasses
import io
import re
from pathlib import Path

import pytest
from tests.governing import (
    DAY,
    OFFICES,
    as_office,
    attest,
    completing,
    date_of,
    decide,
    enacted,
    enacting,
    enrol_node,
    found_network,
    objecting,
    powers,
    proposal_code,
    proposing,
    recovered_wallet,
    recovering,
    report,
    voting,
)

from muniment.cli.account import _made, denying
from muniment.codec import encode, members, replace
from muniment.declare import Majority, Signer
from muniment.editions import rules_of
from muniment.model import codes
from muniment.model.account import ACCOUNTS
from muniment.model.envelope import Envelope
from muniment.model.example import key
from muniment.model.member import GOVERNANCE, MEMBERS
from muniment.model.parameters import SETTABLE
from muniment.model.possession import prove_possession
from muniment.model.proposal import PROPOSALS, counted, tally
from muniment.model.recovery import RECOVERIES, WAIT_SECONDS, make_objection
from muniment.model.validator import VALIDATORS, ValidatorUpdate
from muniment.node.audit import audit
from muniment.node.ballot import ballot, fate
from muniment.node.enrolment import enrol
from muniment.node.evidence import entry_evidence
from muniment.node.export import export_lines, replay
from muniment.node.governance import act_of, node_enrolment, proposal_of, vote
from muniment.node.register import Register
from muniment.node.rotation import rotate_keys
from muniment.node.solo import KEYS, SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations import declared
from muniment.operations.admit_member import AdmitMember
from muniment.operations.file_application import FileApplication
from muniment.operations.remove_member import RemoveMember
from muniment.operations.seat_validator import SeatValidator
from muniment.operations.set_parameter import SetParameter
from muniment.operations.set_power_policy import SetPowerPolicy
from muniment.proof.attestation import TrustPolicy
from muniment.proof.errors import Fault, LedgerError, Refused
from muniment.proof.evidence import verify

CLOSED = {"closed": {"01-01": "New Year"}, "open": [], "source": "test", "weekend": [6, 7]}


@pytest.fixture
def network(register):
    found_network(register)
    return register


# --- founding, and what the operator may no longer do ---------------------------------------


def test_first_policy_gives_every_seated_validator_its_power_in_one_block(register):
    results = []
    run = register.ledger.run_block
    register.ledger.run_block = lambda *given: results.append(run(*given)) or results[-1]
    found_network(register)
    assert powers(register) == dict.fromkeys(OFFICES, 1)
    changed = [one.validators for one in results if one.validators]
    assert len(changed) == 1
    assert dict(changed[0]) == {key(f"engine {one}").public.jwk["x"]: 1 for one in OFFICES}


def acts():
    """One act of each kind that the operator may do alone while he founds."""
    return [
        AdmitMember(office="XB", units=1), RemoveMember(office="XB"), SeatValidator(office="XB"),
        SetPowerPolicy(policy="weighted"),
        _made("activate-edition", {"edition": "2027", "hash": "A" * 43, "height": 10_000}),
    ]


@pytest.mark.parametrize("act", acts(), ids=lambda one: type(one).__name__)
def test_operator_alone_no_longer_suffices_once_the_members_decide(network, act):
    assert as_office(network, "XA", act) == codes.MEMBERS_DECIDE


def test_operator_enrols_no_office_and_publishes_no_shared_row_after_the_founding(network):
    network.account = "XA"
    with pytest.raises(Refused, match="members-decide"):
        enrol(network, "XE")
    row = {"name": ["US", "2026"], "row": CLOSED}
    operation = _made("publish-reference-data", {
        "publisher": "XA", "rows": [row], "table": "closed-days"})
    assert as_office(network, "XA", operation) == 1701


@pytest.mark.parametrize("kind", [one for one in declared() if one.majority],
                         ids=lambda one: one.name)
def test_no_single_account_submits_an_act_of_the_members(network, kind):
    """Each example that is accepted with a mandate is refused to every single account."""
    operation = next(one.operation for cases in kind.cases for one in cases()
                     if one.refusal is None)
    for office in OFFICES:
        if office == getattr(operation, kind.register or "none", None):
            continue  # a register's own office may do what it may do anyway
        assert as_office(network, office, operation) in (
            codes.MEMBERS_DECIDE, codes.NOT_AUTHORISED, codes.REGISTER_UNKNOWN)


def test_before_the_founding_ends_nothing_can_be_proposed(register):
    register.act(AdmitMember(office="XA", units=1))
    assert as_office(register, "XA", proposing("XA", AdmitMember(office="XA", units=1))) == 4201


def test_stranger_founds_nothing(register):
    enrol(register, "XB")
    assert as_office(register, "XB", AdmitMember(office="XB", units=1)) == codes.NOT_AUTHORISED


def test_operator_cannot_recover_an_account_nor_set_a_parameter_even_while_founding(register):
    enrol(register, "XB")
    assert as_office(register, "XA", recovering(register, "XB", "thief")) == codes.NOT_AUTHORISED
    assert as_office(register, "XA", SetParameter(name="proposal-days", value=9)) == (
        codes.NOT_AUTHORISED)


# --- votes ------------------------------------------------------------------------------------


def test_more_than_two_thirds_enact_and_two_thirds_do_not(network):
    act = SetParameter(name="proposal-days", value=60)
    number = decide(network, act, "XA", "XB")
    assert not enacted(network, number)
    assert proposal_code(network, "XA", number) == 4405
    network.account = "XC"
    assert vote(network, number).enacted
    assert proposal_code(network, "XA", number) == 4403


def test_ordinary_act_needs_more_than_half(network):
    wallet = Wallet.generate("XE")
    key_set = wallet.key_set()
    act = _made("enrol-office", {
        "key_set": members(key_set), "office": "XE", "possession": members(prove_possession(
            "XE", key_set, network.ledger.identity.id, wallet.keys))})
    number = decide(network, act, "XB", "XC")
    assert not enacted(network, number)
    network.account = "XD"
    assert vote(network, number).enacted
    assert network.ledger.state.get(ACCOUNTS, "XE").enrolled_by == "XB"


def test_member_may_vote_again_until_the_act_is_enacted(network):
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA", "XB")
    assert as_office(network, "XB", voting(network, "XB", number, favour=False)) == 0
    assert as_office(network, "XC", voting(network, "XC", number)) == 0
    assert proposal_code(network, "XA", number) == 4405
    assert as_office(network, "XB", voting(network, "XB", number)) == 0
    assert proposal_code(network, "XA", number) == 0
    assert as_office(network, "XB", voting(network, "XB", number, favour=False)) == 4302


def test_one_member_voting_often_is_one_vote(network):
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA")
    for _ in range(4):
        assert as_office(network, "XA", voting(network, "XA", number)) == 0
    stands = tally(network.ledger.state, number)
    assert (stands.favour, stands.heads, stands.total) == (1, 1, 4)
    assert proposal_code(network, "XA", number) == 4405


def test_member_cannot_vote_for_another(network):
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA")
    assert as_office(network, "XB", voting(network, "XC", number)) == codes.NOT_AUTHORISED


def test_office_that_is_no_member_neither_proposes_nor_votes_nor_enacts(register):
    enrol(register, "XE")
    found_network(register)
    number = decide(register, SetParameter(name="proposal-days", value=60), "XA", "XB")
    assert as_office(register, "XE", voting(register, "XE", number)) == codes.NOT_AUTHORISED
    assert as_office(register, "XE", proposing("XE", AdmitMember(office="XE", units=1))) == (
        codes.NOT_AUTHORISED)
    as_office(register, "XC", voting(register, "XC", number))
    assert proposal_code(register, "XE", number) == codes.NOT_AUTHORISED


def test_registrar_of_an_office_has_no_vote(network):
    network.account = "XB"
    agent, _ = enrol(network, None)
    network.act(_made("grant-role", {"account": agent, "office": "XB", "role": "registrar"}))
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA")
    assert as_office(network, agent, voting(network, "XB", number)) == codes.NOT_AUTHORISED


def test_vote_and_enactment_after_the_last_second_are_refused(network, clock):
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA", "XB")
    clock.time = network.ledger.state.get(PROPOSALS, counted(number)).expires - 1
    assert as_office(network, "XC", voting(network, "XC", number)) == 0
    clock.time += 1
    assert as_office(network, "XD", voting(network, "XD", number)) == 4303
    assert proposal_code(network, "XA", number) == 4404


def test_envelope_of_a_vote_is_not_replayed(network):
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA")
    network.account = "XB"
    data = network.ledger.sign(network.wallet(), [encode(voting(network, "XB", number))])
    assert network.ledger.submit([data])[0].operations == (0,)
    assert network.ledger.submit([data])[0].name == "sequence-used"


def test_act_that_differs_from_the_proposed_is_refused(network):
    number = decide(network, RemoveMember(office="XD"), "XA", "XB")
    assert as_office(network, "XC", voting(network, "XC", number)) == 0
    for other in (RemoveMember(office="XB"), AdmitMember(office="XD", units=2)):
        assert proposal_code(network, "XA", number, other) == 4402
    assert proposal_code(network, "XA", number) == 0


def test_enacting_again_changes_nothing(network):
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA", "XB", "XC")
    decide(network, SetParameter(name="proposal-days", value=90), "XA", "XB", "XC")
    act = act_of(network.ledger, number)
    assert proposal_code(network, "XD", number, act) == 4403


def test_refused_act_leaves_the_proposal_open_until_its_ground_is_gone(network):
    """An office that is not yet enrolled cannot be admitted; once it is, the same vote stands."""
    network.account = "XA"
    with pytest.raises(Refused, match="office-not-enrolled"):
        decide(network, AdmitMember(office="XE", units=1), "XA", "XB", "XC")
    number = network.ledger.state.get(GOVERNANCE).proposals
    assert not enacted(network, number)
    wallet = Wallet.generate("XE")
    decide(network, _made("enrol-office", {
        "key_set": members(wallet.key_set()), "office": "XE",
        "possession": members(prove_possession(
            "XE", wallet.key_set(), network.ledger.identity.id, wallet.keys))}), "XA", "XB", "XC")
    assert proposal_code(network, "XD", number) == 0
    assert network.ledger.state.get(MEMBERS, "XE").units == 1


# --- who counts -------------------------------------------------------------------------------


def test_removed_members_vote_counts_no_more_and_it_cannot_vote(network):
    number = decide(network, SetParameter(name="proposal-days", value=60), "XD", "XC")
    decide(network, RemoveMember(office="XD"), "XA", "XB", "XC")
    assert tally(network.ledger.state, number)[:5] == (1, 0, 3, 1, 3)
    assert as_office(network, "XD", voting(network, "XD", number)) == codes.NOT_AUTHORISED
    assert as_office(network, "XB", voting(network, "XB", number)) == 0
    assert proposal_code(network, "XB", number) == 4405
    assert as_office(network, "XA", voting(network, "XA", number)) == 0
    assert proposal_code(network, "XB", number) == 0


def test_quorum_of_removed_members_enacts_nothing(network):
    """Three agree to expel the fourth; two are gone before it is enacted, and their votes too."""
    number = decide(network, SetParameter(name="majority-ordinary", value=59), "XB", "XC")
    assert as_office(network, "XD", voting(network, "XD", number)) == 0
    for office in ("XD", "XC"):
        assert as_office(network, office, _made("leave-members", {"member": office})) == 0
    stands = tally(network.ledger.state, number)
    assert (stands.favour, stands.total) == (1, 2)
    assert proposal_code(network, "XB", number) == 4405


def test_vote_from_before_a_readmission_does_not_count(network):
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA", "XD")
    decide(network, RemoveMember(office="XD"), "XA", "XB", "XC")
    decide(network, AdmitMember(office="XD", units=1), "XA", "XB", "XC")
    assert tally(network.ledger.state, number).favour == 1
    assert as_office(network, "XB", voting(network, "XB", number)) == 0
    assert proposal_code(network, "XA", number) == 4405


def test_units_count_under_weighted_and_one_holder_of_most_decides_nothing_alone(network):
    decide(network, SetPowerPolicy(policy="weighted", units={"XA": 97, "XB": 1, "XC": 1, "XD": 1}),
           "XA", "XB", "XC")
    assert powers(network) == {"XA": 97, "XB": 1, "XC": 1, "XD": 1}
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA")
    stands = tally(network.ledger.state, number)
    assert 60 * stands.favour > 40 * stands.total
    assert not stands.carried
    assert proposal_code(network, "XA", number) == 4405
    for office in ("XB", "XC"):
        as_office(network, office, voting(network, office, number))
    assert proposal_code(network, "XA", number) == 0


def test_most_heads_without_the_units_decide_nothing(network):
    decide(network, SetPowerPolicy(policy="weighted", units={"XA": 97, "XB": 1, "XC": 1, "XD": 1}),
           "XA", "XB", "XC")
    number = decide(network, RemoveMember(office="XA"), "XB", "XC", "XD")
    assert proposal_code(network, "XB", number) == 4405


def test_half_of_the_heads_with_most_units_decide_nothing(network):
    decide(network, SetPowerPolicy(policy="weighted", units={
        "XA": 50, "XB": 40, "XC": 5, "XD": 5}), "XA", "XB", "XC")
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA", "XB")
    assert proposal_code(network, "XA", number) == 4405
    assert as_office(network, "XC", voting(network, "XC", number)) == 0
    assert proposal_code(network, "XA", number) == 0


def test_lent_units_give_power_and_no_vote(network):
    decide(network, SetPowerPolicy(policy="delegated"), "XA", "XB", "XC")
    for office in ("XB", "XC"):
        assert as_office(network, office, _made("lend-units", {"member": office, "to": "XA"})) == 0
    assert powers(network) == {"XA": 30, "XB": 0, "XC": 0, "XD": 10}
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA")
    assert tally(network.ledger.state, number)[:3] == (10, 0, 40)
    assert as_office(network, "XB", _made("lend-units", {"member": "XB"})) == 0
    assert powers(network) == {"XA": 20, "XB": 10, "XC": 0, "XD": 10}


def test_lending_is_not_handed_on(network):
    decide(network, SetPowerPolicy(policy="delegated"), "XA", "XB", "XC")
    assert as_office(network, "XB", _made("lend-units", {"member": "XB", "to": "XA"})) == 0
    assert as_office(network, "XA", _made("lend-units", {"member": "XA", "to": "XC"})) == 0
    assert powers(network) == {"XA": 10, "XB": 0, "XC": 20, "XD": 10}


def test_units_come_home_when_the_borrower_leaves(network):
    decide(network, SetPowerPolicy(policy="delegated"), "XA", "XB", "XC")
    for office in ("XB", "XC", "XD"):
        assert as_office(network, office, _made("lend-units", {"member": office, "to": "XA"})) == 0
    assert powers(network) == {"XA": 40, "XB": 0, "XC": 0, "XD": 0}
    assert as_office(network, "XA", _made("leave-members", {"member": "XA"})) == 0
    assert powers(network) == {"XA": 0, "XB": 10, "XC": 10, "XD": 10}


def test_where_no_member_holds_units_each_has_one_vote(register):
    found_network(register, units=0)
    decide(register, SetPowerPolicy(policy="weighted", units={"XA": 1}), "XA", "XB", "XC")
    number = decide(register, SetParameter(name="proposal-days", value=60), "XB")
    assert tally(register.ledger.state, number).total == 1
    decide(register, SetPowerPolicy(policy="authority", units={"XA": 0}), "XA", "XB", "XC")
    assert tally(register.ledger.state, number).total == 4


# --- what no vote does ------------------------------------------------------------------------


def over_a_register():
    """An act of each kind that changes what is an office's own."""
    return [
        FileApplication(date="2026-01-05", number="2026-00001", office="XB", right="patent"),
        _made("grant-role", {"account": "XA", "office": "XB", "role": "registrar"}),
        _made("declare-coverage", {"office": "XB", "right": "patent", "series": ["2026"]}),
        _made("leave-members", {"member": "XB"}), _made("vote", {
            "digest": "A" * 43, "favour": True, "member": "XB", "proposal": 1}),
        _made("lend-units", {"member": "XB", "to": "XA"}),
        _made("rotate-log-key", {"log_key": dict(key("log XE").public.jwk)}),
    ]


@pytest.mark.parametrize("act", over_a_register(), ids=lambda one: type(one).__name__)
def test_no_vote_overrules_an_office(network, act):
    assert as_office(network, "XA", proposing("XA", act)) == codes.NOT_FOR_THE_MEMBERS


@pytest.mark.parametrize("kind", declared(), ids=lambda one: one.name)
def test_members_decide_no_type_that_names_a_register_but_these(kind):
    if Signer.MEMBERS in kind.signers and kind.register:
        assert kind.name in {"publish-reference-data", "retire-validator"}
    assert bool(kind.majority) == (Signer.MEMBERS in kind.signers)
    assert kind.majority in Majority


def test_members_publish_no_row_of_an_enrolled_office(network):
    row = {"name": ["XB", "2026"], "row": CLOSED}
    act = _made("publish-reference-data", {
        "publisher": "XA", "rows": [row], "table": "closed-days"})
    with pytest.raises(Refused, match="row-not-of-the-publisher"):
        decide(network, act, "XA", "XB", "XC")


def test_members_publish_shared_rows_in_the_name_of_who_proposes(network):
    row = {"name": ["US", "2026"], "row": CLOSED}

    def act(publisher):
        return _made("publish-reference-data", {
            "publisher": publisher, "rows": [row], "table": "closed-days"})

    assert as_office(network, "XA", proposing("XA", act("XB"))) == codes.NOT_AUTHORISED
    assert enacted(network, decide(network, act("XA"), "XA", "XB", "XC"))


def test_proposal_carries_no_proposal(network):
    inner = proposing("XA", AdmitMember(office="XE", units=1))
    network.account = "XA"
    answer = network.ledger.submit([network.ledger.sign(
        network.wallet(), [encode(proposing("XA", inner))])])[0]
    assert answer.name == "malformed-value"


@pytest.mark.parametrize("act", [
    b'{"office": "XE","type":"admit-member","units":1}', b'{"type":"admit-member"}', b"[]",
    b'{"office":"XE","type":"admit-member","units":1.5}', b"1", b'"x"', b"null",
    b'{"office":"XE","type":"of-no-edition"}', b"[" * 900 + b"]" * 900,
    b'{"office":"XE","office":"XE","type":"admit-member","units":1}',
    b'{"type":"admit-member","office":"XE","units":1}',
])
def test_act_is_read_as_strictly_as_an_operation(network, act):
    network.account = "XA"
    line = b'{"act":' + act + b',"member":"XA","type":"propose"}'
    size = network.ledger.head.size
    answer = network.ledger.submit([network.ledger.sign(network.wallet(), [line])])[0]
    assert answer.name in {"malformed-value", "not-canonical"}
    assert network.ledger.head.size == size


# --- the deny list, and dealing with oneself --------------------------------------------------


def test_bar_at_one_office_takes_no_vote(network):
    network.account = "XA"
    network.act(denying(network, "XB", "suspension", 30))
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA")
    assert as_office(network, "XB", voting(network, "XB", number)) == 0


def test_members_cannot_bar_an_account_from_anothers_register(network):
    network.account = "XA"
    act = denying(network, "XC", "suspension", 30)
    assert as_office(network, "XA", proposing("XA", replace(act, office="XB"))) == (
        codes.NOT_FOR_THE_MEMBERS)


def test_member_does_not_seat_itself_nor_give_itself_units(network):
    for act in (SeatValidator(office="XB"), SetPowerPolicy(policy="weighted", units={"XB": 99})):
        assert as_office(network, "XB", act) == codes.MEMBERS_DECIDE
        number = decide(network, act, "XB")
        assert proposal_code(network, "XB", number) == 4405


def test_service_is_attested_by_others_once_a_day_and_after_the_day(network, clock):
    decide(network, SetPowerPolicy(policy="importance"), "XA", "XB", "XC")
    assert powers(network) == dict.fromkeys(OFFICES, 1_000)
    yesterday, today = date_of(clock.time - DAY), date_of(clock.time)
    assert as_office(network, "XA", attest("XA", "XA", yesterday)) == 5601
    assert as_office(network, "XA", attest("XB", "XA", yesterday)) == codes.NOT_AUTHORISED
    assert as_office(network, "XB", attest("XB", "XA", today)) == 5604
    assert as_office(network, "XB", attest("XB", "XA", yesterday)) == 0
    assert as_office(network, "XB", attest("XB", "XA", yesterday)) == 5605
    assert as_office(network, "XB", attest("XB", "XA", date_of(clock.time - 2 * DAY))) == 5605
    assert as_office(network, "XB", attest("XB", "XC", yesterday, signed=101)) == 5603


def test_ring_that_attests_itself_stays_below_a_third_and_fades(network, clock):
    """Three of four give each other full marks for months, and the fourth nothing."""
    decide(network, SetPowerPolicy(policy="importance"), "XA", "XB", "XC")
    ring = ("XA", "XB", "XC")
    for _ in range(70):
        clock.time += DAY
        for member in ring:
            network.account = member
            network.submit([attest(member, office, date_of(clock.time - DAY))
                            for office in ring if office != member])
    stand = powers(network)
    assert all(1_000 < stand[office] <= 1_499 for office in ring)
    assert stand["XD"] == 1_000
    assert all(3 * one < sum(stand.values()) for one in stand.values())
    clock.time += 64 * DAY
    assert as_office(network, "XA", attest("XA", "XD", date_of(clock.time - DAY))) == 0
    assert {office: powers(network)[office] for office in ring} == dict.fromkeys(ring, 1_000)


def test_power_moves_once_in_seven_days_by_service(network, clock):
    decide(network, SetPowerPolicy(policy="importance"), "XA", "XB", "XC")
    moved = []
    for day in range(16):
        before = powers(network)
        clock.time += DAY
        assert as_office(network, "XB", attest("XB", "XA", date_of(clock.time - DAY))) == 0
        if powers(network) != before:
            moved.append(day)
    assert len(moved) == 3
    assert all(later - earlier == 7 for earlier, later in zip(moved, moved[1:], strict=False))


# --- validators -------------------------------------------------------------------------------


def test_newcomer_observes_until_the_members_seat_it(network):
    wallet = Wallet.generate("XE")
    decide(network, _made("enrol-office", {
        "key_set": members(wallet.key_set()), "office": "XE",
        "possession": members(prove_possession(
            "XE", wallet.key_set(), network.ledger.identity.id, wallet.keys))}), "XA", "XB", "XC")
    wallet.save(network.directory / KEYS / "XE.json")
    enrol_node(network, "XE")
    assert powers(network)["XE"] == 0
    decide(network, AdmitMember(office="XE", units=5), "XA", "XB", "XC")
    assert powers(network)["XE"] == 0
    decide(network, SeatValidator(office="XE"), "XA", "XB", "XC", "XD")
    assert powers(network) == dict.fromkeys((*OFFICES, "XE"), 1)


def test_no_departure_empties_the_set(register):
    found_network(register, ("XA", "XB"))
    assert as_office(register, "XA", _made("retire-validator", {"office": "XA"})) == 0
    assert as_office(register, "XB", _made("retire-validator", {"office": "XB"})) == 5202
    assert as_office(register, "XB", _made("leave-members", {"member": "XB"})) == 4702
    assert as_office(register, "XA", _made("leave-members", {"member": "XA"})) == 0
    assert as_office(register, "XB", _made("leave-members", {"member": "XB"})) == 4701
    assert powers(register) == {"XA": 0, "XB": 1}


def test_departed_member_keeps_its_register_and_account(network):
    operation = _made("declare-coverage", {"office": "XD", "right": "patent", "series": ["2026"]})
    assert as_office(network, "XD", _made("leave-members", {"member": "XD"})) == 0
    row = network.ledger.state.get(MEMBERS, "XD")
    assert row.left == network.ledger.head.time
    assert powers(network)["XD"] == 0
    assert network.ledger.state.get(VALIDATORS, "XD").seated is None
    assert as_office(network, "XD", operation) == 0


def test_key_of_a_validator_changes_hands_never(network):
    network.account = "XD"
    stolen = node_enrolment(network, key("engine XA"), key("log XE"), "ab" * 20)
    assert as_office(network, "XD", stolen) == 4803
    enrol_node(network, "XD", "XD2")
    network.account = "XC"
    retired = node_enrolment(network, key("engine XD"), key("log XE"), "ab" * 20)
    assert as_office(network, "XC", retired) == 4803
    network.account = "XD"
    again = node_enrolment(network, key("engine XD"), key("log XE"), "ab" * 20)
    assert as_office(network, "XD", again) == 4803


def test_replaced_engine_key_leaves_the_set_in_the_block_in_which_the_new_one_enters(network):
    ledger = network.ledger
    network.account = "XD"
    operation = node_enrolment(network, key("engine XD2"), key("log XD"), "cd" * 20)
    data = ledger.sign(network.wallet(), [encode(operation)])
    result = ledger.run_block(ledger.head.height + 1, ledger.head.time, [Envelope.parse(data)])
    assert dict(result.validators) == {
        key("engine XD").public.jwk["x"]: 0, key("engine XD2").public.jwk["x"]: 1}


def test_several_newcomers_in_one_block_stay_below_a_third(register):
    """Founders seat whom they like; later, more than one newcomer in a block must be few."""
    found_network(register)
    for office in ("XB", "XC"):
        assert as_office(register, office, _made("retire-validator", {"office": office})) == 0
    numbers = []
    for office in ("XB", "XC"):
        numbers.append(decide(register, SeatValidator(office=office), "XA", "XB"))
        assert as_office(register, "XC", voting(register, "XC", numbers[-1])) == 0
    register.account = "XA"
    both = register.submit([
        enacting(act_of(register.ledger, number), "XA", number) for number in numbers])
    assert both.operations == (0, 4904)
    assert proposal_code(register, "XA", numbers[1]) == 0


def test_reported_validator_stays_without_power_until_the_members_seat_it(network):
    ledger = network.ledger
    result = ledger.run_block(ledger.head.height + 1, ledger.head.time, [], [report("XB")])
    assert result.validators == (ValidatorUpdate(key("engine XB").public.jwk["x"], 0),)
    enrol_node(network, "XB", "XB2")
    decide(network, SetPowerPolicy(policy="weighted"), "XA", "XB", "XC")
    assert powers(network)["XB"] == 0
    assert as_office(network, "XB", SeatValidator(office="XB")) == codes.MEMBERS_DECIDE
    decide(network, SeatValidator(office="XB"), "XA", "XB", "XC")
    assert powers(network)["XB"] == 10


def test_reported_member_keeps_its_vote(network):
    """Its node is at fault, not its office: who decides is not changed by an engine."""
    ledger = network.ledger
    ledger.run_block(ledger.head.height + 1, ledger.head.time, [], [report("XB")])
    assert enacted(network, decide(network, SeatValidator(office="XB"), "XA", "XB", "XC"))


@pytest.mark.parametrize("goes", ["removed", "leaves"])
def test_units_lent_to_a_member_that_went_are_lent_to_it_no_more(register, goes):
    """Admitted again it has its own units alone: the lender did not agree anew."""
    found_network(register, policy="delegated")
    lends = _made("lend-units", {"member": "XB", "to": "XD"})
    assert as_office(register, "XB", lends) == 0
    assert powers(register) == {"XA": 10, "XB": 0, "XC": 10, "XD": 20}
    if goes == "leaves":
        assert as_office(register, "XD", _made("leave-members", {"member": "XD"})) == 0
    else:
        decide(register, RemoveMember(office="XD"), "XA", "XB", "XC")
    assert register.ledger.state.get(MEMBERS, "XB").lent_to is None
    decide(register, AdmitMember(office="XD", units=10), "XA", "XB", "XC")
    decide(register, SeatValidator(office="XD"), "XA", "XB", "XC")
    assert powers(register) == dict.fromkeys(OFFICES, 10)
    assert as_office(register, "XB", lends) == 0


def test_admission_never_drains_the_last_power(register):
    found_network(register, policy="delegated")
    as_office(register, "XA", _made("lend-units", {"member": "XA", "to": "XD"}))
    decide(register, RemoveMember(office="XD"), "XA", "XB", "XC")
    for office in ("XB", "XC"):
        assert as_office(register, office, _made("retire-validator", {"office": office})) == 0
    assert enacted(register, decide(
        register, AdmitMember(office="XD", units=10), "XA", "XB", "XC"))
    assert powers(register) == {"XA": 10, "XB": 0, "XC": 0, "XD": 0}


# --- parameters, editions ---------------------------------------------------------------------


def test_majority_is_raised_and_never_lowered_below_two_thirds(register):
    seven = (*OFFICES, "XE", "FR", "US")
    network = register
    found_network(network, seven)
    decide(network, SetParameter(name="majority-constitutional", value=43), *seven[:5])
    number = decide(network, SetParameter(name="proposal-days", value=60), *seven[:5])
    assert not enacted(network, number)
    assert fate(network.ledger.state, number, proposal_of(network.ledger, number),
                network.ledger.time()) == "open"
    recovery = decide(network, recovering(network, "US", "found"), *seven[:5])
    assert enacted(network, recovery)
    assert as_office(network, "FR", voting(network, "FR", number)) == 0
    assert proposal_code(network, "XA", number) == 0
    with pytest.raises(Refused, match="parameter-out-of-bounds"):
        decide(network, SetParameter(name="majority-constitutional", value=39), *seven[:6])


def test_no_chosen_majority_lets_one_silent_member_stop_the_rest(network):
    three = ("XA", "XB", "XC")
    decide(network, SetParameter(name="majority-constitutional", value=59), *three)
    decide(network, SetParameter(name="majority-ordinary", value=59), *three)
    for act in (SetParameter(name="majority-constitutional", value=50),
                recovering(network, "XD", "found"), SetPowerPolicy(policy="importance"),
                RemoveMember(office="XD")):
        assert enacted(network, decide(network, act, *three)), act
    assert ballot(network.ledger, 1, network.ledger.time())["needed"] == 3


def test_who_could_stop_an_act_at_two_thirds_still_can(register):
    """The rule of all but one asks for the least share: units are counted, not only heads."""
    network = register
    found_network(network)
    decide(network, SetPowerPolicy(policy="weighted", units={"XD": 15}), "XA", "XB", "XC")
    number = decide(network, SetParameter(name="proposal-days", value=60), "XA", "XB", "XC")
    assert not enacted(network, number)


def test_quota_set_by_the_members_is_charged_at_once(network):
    decide(network, SetParameter(name="quota-participant-operations", value=2),
           "XA", "XB", "XC")
    network.account = "XA"
    agent, _ = enrol(network, None)
    network.account = agent
    filed = FileApplication(date="2026-01-05", number="x", office="XA", right="patent")
    network.submit([filed, filed])
    with pytest.raises(LedgerError, match="quota-exceeded"):
        network.submit([filed])


def later_edition(kinds):
    """Return code of a later edition: another check, and what members may decide anew."""
    changed = []
    for one in kinds:
        kind = one
        if kind.name == "admit-member":
            kind = dataclasses.replace(kind, checks=list(kind.checks))

            @kind.check(50, "units-odd", basis="a test", since="2027")
            def units_are_even(operation, state, ctx):
                """The units MUST be even."""
                return operation.units % 2 == 0
        changed.append(kind)
    return tuple(changed)


class Ballot:
    """A ledger run by given declarations, on which offices decide without a register."""

    def __init__(self, path, clock, types=None):
        self.path, self.ledger = path, SoloLedger(path, now=clock, types=types)
        self.types = types

    def submit(self, office, *operations):
        wallet = Wallet.load(self.path / KEYS / f"{office}.json")
        lines = [encode(one) for one in operations]
        return self.ledger.submit([self.ledger.sign(wallet, lines)])[0].operations

    def confirming(self, office):
        return _made("confirm-edition", {
            "edition": "2027", "hash": rules_of("2027", self.types).hash, "office": office})

    def decide(self, act, *offices):
        assert self.submit(offices[0], proposing(offices[0], act)) == (0,)
        number = self.ledger.state.get(GOVERNANCE).proposals
        for office in offices:
            assert self.submit(office, voting(self, office, number)) == (0,)
        return self.submit(offices[0], enacting(act, offices[0], number))[0]


def test_members_upgrade_a_ledger_made_under_an_older_edition(network, clock):
    """Made by code of 2026 alone; newer code runs it unchanged until the height they voted for."""
    path = network.directory
    network.ledger.close()
    newer = later_edition(declared())
    voting = Ballot(path, clock, newer)
    height = voting.ledger.head.height + 15
    act = _made("activate-edition", {
        "edition": "2027", "hash": rules_of("2027", newer).hash, "height": height})
    assert voting.submit("XA", act) == (codes.MEMBERS_DECIDE,)
    for office in ("XA", "XB", "XC"):
        assert voting.submit(office, voting.confirming(office)) == (0,)
    assert voting.decide(act, "XA", "XB") == 4405
    assert voting.decide(act, "XA", "XB", "XC") == 0
    assert voting.decide(RemoveMember(office="XD"), "XA", "XB", "XC") == 0
    assert voting.ledger.head.height >= height
    assert voting.ledger.engine.rules.edition == "2027"
    assert voting.decide(AdmitMember(office="XD", units=3), "XA", "XB", "XC") == 4550
    assert audit(voting.ledger, types=newer).entries == voting.ledger.head.size
    voting.ledger.close()
    with pytest.raises(Fault, match="it is not the code that wrote it"):
        SoloLedger(path, now=clock)


def test_node_without_the_edition_stops_at_its_height_and_writes_nothing(network, clock):
    path = network.directory
    network.ledger.close()
    newer = later_edition(declared())
    voting = Ballot(path, clock, newer)
    height = voting.ledger.head.height + 9
    for office in ("XA", "XB", "XC"):
        assert voting.submit(office, voting.confirming(office)) == (0,)
    act = _made("activate-edition", {
        "edition": "2027", "hash": rules_of("2027", newer).hash, "height": height})
    assert voting.decide(act, "XA", "XB", "XC") == 0
    voting.ledger.close()
    older = SoloLedger(path, now=clock)
    head = older.head
    with pytest.raises(Fault, match=r"no edition 2027|lacks edition"):
        older.run_block(height, head.time, [])
    older.discard()
    assert older.head == head
    older.close()


# --- recovery ---------------------------------------------------------------------------------


@pytest.fixture
def lost(network):
    """XD's keys are lost; the other three have decided what shall follow them."""
    network.number = decide(network, recovering(network, "XD", "found"), "XA", "XB", "XC")
    return network


def outcome_of(register, account="XD"):
    return register.ledger.state.get(RECOVERIES, account).outcome


def test_recovery_takes_fourteen_days_of_block_time_and_not_a_second_less(lost, clock):
    assert as_office(lost, "XA", completing("XA", "XD", "found")) == 5902
    clock.time = lost.ledger.state.get(RECOVERIES, "XD").due - 1
    assert as_office(lost, "XA", completing("XA", "XD", "found")) == 5902
    clock.time += 1
    assert as_office(lost, "XA", completing("XA", "XD", "thief")) == 5903
    old = lost.ledger.state.get(ACCOUNTS, "XD").key_set
    assert as_office(lost, "XA", completing("XA", "XD", "found")) == 0
    assert lost.ledger.state.get(ACCOUNTS, "XD").key_set != old
    assert lost.ledger.state.get(RECOVERIES, "XD").due - clock.time == 0
    assert WAIT_SECONDS == 14 * 86_400
    assert as_office(lost, "XA", completing("XA", "XD", "found")) == 5901


def test_two_thirds_of_the_members_do_not_recover_an_account(network):
    number = decide(network, recovering(network, "XD", "found"), "XA", "XB")
    assert proposal_code(network, "XA", number) == 4405
    assert network.ledger.state.get(RECOVERIES, "XD") is None


def test_old_keys_act_until_the_recovery_is_completed_and_never_after(lost, clock):
    assert as_office(lost, "XD", voting(lost, "XD", lost.number)) == 4302
    clock.time += WAIT_SECONDS
    lost.account = "XD"
    waiting = lost.ledger.sign(lost.wallet(), [encode(voting(lost, "XD", lost.number))])
    assert as_office(lost, "XA", completing("XA", "XD", "found")) == 0
    assert lost.ledger.submit([waiting])[0].name == "key-not-in-set"


def test_one_current_key_objects_at_the_last_second(lost, clock):
    clock.time += WAIT_SECONDS
    objection = objecting(lost, "XD", lost.wallet("XD").keys, lost.number)
    lost.account = "XA"
    answer = lost.submit([objection, completing("XA", "XD", "found")])
    assert answer.operations == (0, 5901)
    assert outcome_of(lost) == "objected"


def test_objection_after_the_completion_comes_too_late(lost, clock):
    clock.time += WAIT_SECONDS
    objection = objecting(lost, "XD", lost.wallet("XD").keys, lost.number)
    lost.account = "XA"
    answer = lost.submit([completing("XA", "XD", "found"), objection])
    assert answer.operations == (0, 5801)


def test_one_key_of_a_threshold_set_is_enough_to_object(network):
    """Two of three were lost: the last cannot sign an envelope, but it can object."""
    network.account = "XA"
    joint, _ = enrol(network, None, keys=3, threshold=2)
    number = decide(network, recovering(network, joint, "found"), "XA", "XB", "XC")
    last = network.wallet(joint).keys[2:]
    assert as_office(network, "XB", objecting(network, joint, last, number)) == 0
    assert outcome_of(network, joint) == "objected"


def test_stranger_does_not_object_nor_does_a_key_that_comes_next(lost):
    wallet = lost.wallet("XD")
    for keys in ([key("thief")], list(wallet.next_keys), [*wallet.keys, key("thief")]):
        assert as_office(lost, "XB", objecting(lost, "XD", keys, lost.number)) == 5802


def test_objection_is_not_replayed_against_a_later_recovery(lost):
    objection = objecting(lost, "XD", lost.wallet("XD").keys, lost.number)
    assert as_office(lost, "XB", objection) == 0
    assert as_office(lost, "XB", objection) == 5801
    decide(lost, recovering(lost, "XD", "found"), "XA", "XB", "XC")
    assert as_office(lost, "XB", objection) == 5802
    assert outcome_of(lost) == "pending"


def test_objection_for_another_account_or_ledger_is_refused(lost):
    wallet = lost.wallet("XD")
    other = make_objection("XA", lost.ledger.identity.id, lost.number, wallet.keys)
    elsewhere = make_objection("XD", "A" * 43, lost.number, wallet.keys)
    for objection in (other, elsewhere):
        made = _made("object-to-recovery", {"account": "XD", "objection": members(objection)})
        assert as_office(lost, "XB", made) == 5802


def test_rotation_by_the_account_ends_a_recovery(lost, clock):
    lost.account = "XD"
    rotate_keys(lost)
    assert outcome_of(lost) == "rotated"
    clock.time += WAIT_SECONDS
    assert as_office(lost, "XA", completing("XA", "XD", "found")) == 5901


def test_second_decision_does_not_replace_a_pending_recovery(lost):
    """Else the members could set the key set, or the days, at the last second."""
    with pytest.raises(Refused, match="recovery-pending"):
        decide(lost, recovering(lost, "XD", "thief"), "XA", "XB", "XC")


def test_recovery_without_its_mark_is_refused(network):
    with pytest.raises(Refused, match="recovery-unmarked"):
        decide(network, recovering(network, "XD", "found", marked=False), "XA", "XB", "XC")


def test_who_is_no_member_completes_nothing(lost, clock):
    clock.time += WAIT_SECONDS
    assert as_office(lost, "XD", _made("leave-members", {"member": "XD"})) == 0
    assert as_office(lost, "XD", completing("XD", "XD", "found")) == codes.NOT_AUTHORISED


def test_every_entry_after_a_recovery_shows_it_for_ever(lost, clock):
    """In the account, and offline in the evidence of each later entry, through rotations too."""
    clock.time += WAIT_SECONDS
    lost.account = "XD"
    before = lost.act(attest("XD", "XA", date_of(clock.time - DAY))).position
    assert as_office(lost, "XA", completing("XA", "XD", "found")) == 0
    recovered_wallet("XD", "found").save(lost.directory / KEYS / "XD.json")
    lost.account = "XD"
    after = lost.act(attest("XD", "XB", date_of(clock.time - DAY))).position
    rotate_keys(lost)
    later = lost.act(attest("XD", "XC", date_of(clock.time - DAY))).position
    assert lost.ledger.state.get(ACCOUNTS, "XD").key_set.recovered_by_members
    policy = TrustPolicy.parse((lost.directory / "trust-policy.txt").read_text())
    shown = [verify(entry_evidence(lost.ledger, at), policy) for at in (before, after, later)]
    assert [one.recovered_by_members for one in shown] == [False, True, True]
    assert all(one.signer == "XD" and one.code == 0 for one in shown)


def test_mark_of_a_recovery_cannot_be_rotated_away(lost, clock):
    clock.time += WAIT_SECONDS
    assert as_office(lost, "XA", completing("XA", "XD", "found")) == 0
    plain = Wallet("XD", (key("found+"),), 1, (key("found++"),))
    key_set = plain.key_set()
    operation = _made("rotate-keys", {
        "account": "XD", "key_set": members(key_set), "possession": members(prove_possession(
            "XD", key_set, lost.ledger.identity.id, plain.keys))})
    data = lost.ledger.sign(plain, [encode(operation)])
    assert lost.ledger.submit([data])[0].name == "key-not-in-set"


# --- everything together ----------------------------------------------------------------------


def test_governed_ledger_survives_audit_export_and_replay(network, clock, tmp_path):
    decide(network, SetPowerPolicy(policy="importance"), "XA", "XB", "XC")
    assert as_office(network, "XB", attest("XB", "XA", date_of(clock.time - DAY))) == 0
    ledger = network.ledger
    ledger.run_block(ledger.head.height + 3, clock.time, [], [report("XC")])
    decide(network, recovering(network, "XD", "found"), "XA", "XB", "XC")
    clock.time += WAIT_SECONDS
    assert as_office(network, "XA", completing("XA", "XD", "found")) == 0
    assert audit(ledger).entries == ledger.head.size
    text = b"".join(export_lines(ledger))
    reached = replay(io.BytesIO(text), tmp_path / "replayed")
    assert reached["size"] == ledger.head.size
    with Register(tmp_path / "replayed", read_only=True) as copy:
        assert powers(copy) == powers(network)


# --- the page ---------------------------------------------------------------------------------


def page():
    return (Path(__file__).parents[2] / "docs" / "governance.md").read_text(encoding="utf-8")


def test_page_says_who_decides_each_act_of_the_members():
    rows = [line.split("|") for line in page().splitlines() if line.startswith("| ")]
    said = {name: row[3].strip() for row in rows for name in re.findall(r"`([a-z-]+)`", row[1])}
    for kind in declared():
        if kind.majority:
            assert said[kind.name] == kind.majority.value, kind.name
        elif kind.signers & {Signer.MEMBER, Signer.ANYONE}:
            assert kind.name in page(), kind.name


def test_page_says_the_bounds_of_each_parameter():
    rows = [[cell.strip() for cell in line.split("|")] for line in page().splitlines()
            if line.startswith("| `")]
    said = {re.match(r"`([a-z-]+)`", row[1])[1]: row[2:5] for row in rows}
    for name, bounds in SETTABLE.items():
        assert said[name] == [str(one) for one in bounds[:3]], name
