"""A network of fictional offices on one ledger, as tests on governance found and move it."""

import dataclasses
from datetime import UTC, datetime

from muniment.cli.account import _made
from muniment.codec import Act, encode, members
from muniment.model.example import key
from muniment.model.misbehaviour import Misbehaviour
from muniment.model.possession import prove_possession
from muniment.model.proposal import PROPOSALS, counted
from muniment.model.recovery import make_objection
from muniment.model.validator import VALIDATORS, address_of
from muniment.node.enrolment import enrol
from muniment.node.governance import act_of, node_enrolment, propose, vote
from muniment.node.wallet import Wallet
from muniment.operations.admit_member import AdmitMember
from muniment.operations.enact import Enact
from muniment.operations.propose import Propose
from muniment.operations.seat_validator import SeatValidator
from muniment.operations.set_power_policy import SetPowerPolicy

OFFICES = ("XA", "XB", "XC", "XD")
DAY = 86_400


def as_office(register, office, operation):
    """Submit an operation as an office; return its code."""
    register.account = office
    return register.submit([operation]).operations[0]


def enrol_node(register, office, name=None):
    name = name or office
    register.account = office
    return register.act(node_enrolment(
        register, key(f"engine {name}"), key(f"log {name}"), address_of(
            key(f"node {name}").public.jwk["x"])))


def found_network(register, offices=OFFICES, policy="authority", units=10):
    """Let the operator found: offices, members, validators, and then the first policy."""
    for office in offices:
        if office != "XA":
            register.account = "XA"
            enrol(register, office)
        enrol_node(register, office)
        register.account = "XA"
        register.act(AdmitMember(office=office, units=units))
        register.act(SeatValidator(office=office))
    register.act(SetPowerPolicy(policy=policy))


def decide(register, act, *offices):
    """Propose an act by the first office and let the others agree; return its number.

    Raises:
        Refused: They agree, and the act is refused.
    """
    register.account = offices[0]
    made = propose(register, act)
    for office in offices[1:]:
        register.account = office
        made = vote(register, made.proposal)
    if made.refusal:
        raise made.refusal
    return made.proposal


def enacted(register, number):
    return register.ledger.state.get(PROPOSALS, counted(number)).enacted is not None


def powers(register):
    return {key.decode().split("/")[1]: one.power
            for key, one in register.ledger.state.rows(VALIDATORS)}


def proposal_code(register, office, number, act=None):
    act = act if act is not None else act_of(register.ledger, number)
    return as_office(register, office, enacting(act, office, number))


def enacting(act, office, number):
    return Enact(act=act if isinstance(act, Act) else Act(encode(act)), member=office,
                 proposal=number)


def voting(register, office, number, favour=True):
    """Return a vote on what stands under a number; where nothing does, on any act."""
    proposal = register.ledger.state.get(PROPOSALS, counted(number))
    return _made("vote", {
        "digest": proposal.digest if proposal else "A" * 43, "favour": favour, "member": office,
        "proposal": number})


def proposing(office, act):
    return Propose(act=Act(encode(act)), member=office)


def attest(member, office, day, signed=100, blocks=100, **more):
    return _made("attest-service", {"blocks": blocks, "day": day, "member": member,
                                    "office": office, "signed": signed, **more})


def date_of(time):
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


def report(office, height=9):
    return Misbehaviour("duplicate-vote", address_of(key(f"engine {office}").public.jwk["x"]),
                        height, 1_790_000_000, 4)


def recovered_wallet(account, name):
    return Wallet(account, (key(name),), 1, (key(f"{name}+"),), recovered=True)


def recovering(register, account, name, marked=True):
    key_set = dataclasses.replace(recovered_wallet(account, name), recovered=marked).key_set()
    return _made("recover-account", {
        "account": account, "key_set": members(key_set), "possession": members(prove_possession(
            account, key_set, register.ledger.identity.id, [key(name)]))})


def completing(member, account, name):
    return _made("complete-recovery", {
        "account": account, "key_set": members(recovered_wallet(account, name).key_set()),
        "member": member})


def objecting(register, account, keys, proposal):
    objection = make_objection(account, register.ledger.identity.id, proposal, keys)
    return _made("object-to-recovery", {"account": account, "objection": members(objection)})
