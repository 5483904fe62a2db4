"""What stands of the members' affairs, as plain values for screens and other programs."""

from typing import Any

from muniment.declare import Signer
from muniment.model.account import ACCOUNTS
from muniment.model.confirmation import readiness
from muniment.model.dates import SECONDS_A_DAY
from muniment.model.ledger import EDITIONS
from muniment.model.member import GOVERNANCE, MEMBERS, members
from muniment.model.parameters import SETTABLE, value_of
from muniment.model.power import SERVICE, bonus_cap, faded
from muniment.model.proposal import PROPOSALS, VOTES, Proposal, counted, tally, weights
from muniment.model.recovery import RECOVERIES, WAIT_SECONDS
from muniment.model.state import State
from muniment.model.validator import address_of, validators
from muniment.node.governance import act_of, proposal_of
from muniment.node.ledger import Ledger
from muniment.proof.canonical import decode
from muniment.proof.errors import NotFound


def fate(state: State, number: int, proposal: Proposal, time: int) -> str:
    """Return how a proposal stands: open, carried, lost, expired or enacted."""
    if proposal.enacted is not None:
        return "enacted"
    if time >= proposal.expires:
        return "expired"
    stands = tally(state, number)
    if stands is not None and stands.carried:
        return "carried"
    return "lost" if stands is not None and stands.lost else "open"


def proposals(ledger: Ledger, time: int) -> list[dict[str, Any]]:
    """Return every proposal with its count, the newest first."""
    governance = ledger.state.get(GOVERNANCE)
    newest = governance.proposals if governance is not None else 0
    return [proposal(ledger, number, time) for number in range(newest, 0, -1)]


def proposal(ledger: Ledger, number: int, time: int) -> dict[str, Any]:
    """Return a proposal with its count.

    Raises:
        NotFound: There is none of that number.
    """
    state, one = ledger.state, proposal_of(ledger, number)
    stands = tally(state, number)
    count = {} if stands is None else {
        "against": stands.against, "favour": stands.favour, "heads": stands.heads,
        "members": stands.members, "needed": stands.needed,
        "total": stands.total,
    }
    return {
        "act": one.act, "digest": one.digest, "entry": one.entry, "expires": one.expires,
        "fate": fate(state, number, one, time), "majority": one.majority, "number": number,
        "proposer": one.proposer, **count,
    }


def ballot(ledger: Ledger, number: int, time: int) -> dict[str, Any]:
    """Return a proposal with its act whole and what each member said.

    Raises:
        NotFound: There is none of that number.
    """
    state = ledger.state
    weight = weights(state)
    said = {key.decode("ascii").split("/")[2]: vote
            for key, vote in state.rows(VOTES, counted(number))}
    votes = [
        {"office": office, "votes": weight[office], "said": _said(said.get(office), member.entry)}
        for office, member in members(state).items()
    ]
    return {**proposal(ledger, number, time), "act_text": decode(bytes(act_of(ledger, number))),
            "by_member": votes}


def _said(vote: Any, admitted: int) -> str:
    if vote is None or vote.entry <= admitted:
        return "-"
    return "for" if vote.favour else "against"


def standing(ledger: Ledger) -> dict[str, Any]:
    """Return who decides, under which policy, and how power lies."""
    state = ledger.state
    governance, nodes = state.get(GOVERNANCE), validators(state)
    power = {office: one.power for office, one in nodes.items() if one.power}
    total = sum(power.values())
    largest = max(power, key=lambda office: power[office]) if power else None
    return {
        "in_charge": "members" if governance is not None else "operator",
        "largest": largest,
        "largest_holds_a_third": largest is not None and len(power) > 1 and (
            3 * power[largest] >= total),
        "members": len(members(state)),
        "policy": governance.policy if governance is not None else None,
        "reported": [office for office, one in nodes.items() if one.reported is not None],
        "since": governance.since if governance is not None else None,
        "total_power": total,
        "validators": len(power),
    }


def member_rows(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the members, and those that left."""
    state = ledger.state
    weight, nodes = weights(state), validators(state)
    rows = []
    for key, one in state.rows(MEMBERS):
        office = key.decode("ascii").split("/")[1]
        node = nodes.get(office)
        rows.append({
            "left": one.left, "lent_to": one.lent_to, "office": office,
            "power": node.power if node is not None else 0, "since": one.since,
            "units": one.units, "votes": weight.get(office, 0),
        })
    return rows


def validator_rows(ledger: Ledger, time: int) -> list[dict[str, Any]]:
    """Return the nodes that offices enrolled, with their power and what they earned."""
    state = ledger.state
    earned = {key.decode("ascii").split("/")[1]: one for key, one in state.rows(SERVICE)}
    return [
        {
            "address": address_of(one.key), "earned": faded(
                earned[office], time // SECONDS_A_DAY) if office in earned else 0,
            "engine_key": one.key, "log_key": one.log_key, "node": one.node, "office": office,
            "power": one.power, "reported": one.reported, "seated": one.seated,
        }
        for office, one in validators(state).items()
    ]


def rulebook(ledger: Ledger) -> dict[str, Any]:
    """Return who decides what under the edition in force, and the parameters."""
    state, rules = ledger.state, ledger.engine.rules
    edition = state.get(EDITIONS)
    acts = [
        {"act": kind.name, "majority": kind.majority.value,
         "signers": sorted(one.value for one in kind.signers)}
        for kind, _ in sorted(rules.types.values(), key=lambda pair: pair[0].number)
        if kind.signers & {Signer.MEMBERS, Signer.MEMBER, Signer.OPERATOR, Signer.ANYONE}
    ]
    parameters = [
        {"least": bounds.least, "meaning": bounds.describes, "most": bounds.most, "name": name,
         "value": value_of(state, name)}
        for name, bounds in SETTABLE.items()
    ]
    coming = edition is not None and edition.next_height is not None
    ready = readiness(state, edition) if edition is not None and coming else None
    return {
        "acts": acts, "bonus_cap": bonus_cap(standing(ledger)["validators"]),
        "confirmed": None if ready is None else {
            "by": list(ready.offices), "enough": ready.is_enough, "power": ready.power,
            "total": ready.total},
        "edition": rules.edition, "hash": rules.hash,
        "next_edition": edition.next_name if edition is not None and coming else None,
        "next_hash": edition.next_hash if edition is not None and coming else None,
        "next_height": edition.next_height if edition is not None and coming else None,
        "parameters": parameters, "recovery_days": WAIT_SECONDS // SECONDS_A_DAY,
    }


def account_card(ledger: Ledger, name: str) -> dict[str, Any]:
    """Return what stands of an account: its keys, and whether members recovered it.

    Raises:
        NotFound: It is not enrolled.
    """
    found = ledger.state.get(ACCOUNTS, name)
    if found is None:
        raise NotFound("account-unknown", f"No account {name} is enrolled here.",
                       remedy="List those whose keys are here: muniment keys list")
    recovery = ledger.state.get(RECOVERIES, name)
    return {
        "account": name, "enrolled_by": found.enrolled_by, "key_set": found.key_set.digest(),
        "keys": len(found.key_set.keys), "kind": found.kind,
        "recovered_by_members": found.key_set.recovered_by_members,
        "recovery": None if recovery is None else {
            "due": recovery.due, "ended": recovery.ended, "key_set": recovery.key_set,
            "outcome": recovery.outcome, "proposal": recovery.proposal,
        },
        "since": found.since, "threshold": found.key_set.threshold,
    }


def open_proposals(state: State, time: int) -> int:
    """Return how many proposals wait for votes or for their enactment."""
    governance = state.get(GOVERNANCE)
    count = 0
    for number in range(1, (governance.proposals if governance is not None else 0) + 1):
        one = state.get(PROPOSALS, counted(number))
        count += one is not None and fate(state, number, one, time) in {"open", "carried"}
    return count
