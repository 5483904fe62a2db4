"""Governance as commands use it: proposals with their acts, votes, and what stands.

- The act of a proposal is read from the log, where it stands whole; the state holds its digest.
- While the operator founds the ledger, what the members will decide later is done directly.
"""

from typing import NamedTuple

from muniment.codec import Act, Payload, encode
from muniment.declare import Signer
from muniment.model.member import GOVERNANCE, is_governed
from muniment.model.possession import NodeKeys, prove_node
from muniment.model.proposal import PROPOSALS, counted, tally
from muniment.node.ledger import Ledger
from muniment.node.register import Receipt, Register
from muniment.operations.enact import Enact
from muniment.operations.enrol_validator import EnrolValidator
from muniment.operations.propose import Propose
from muniment.operations.vote import CastVote
from muniment.proof.canonical import decode
from muniment.proof.canonical import encode as encode_plain
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import LedgerError, NotFound, Refused


class Decided(NamedTuple):
    """What became of an act that was submitted to the members, or of a vote."""

    receipt: Receipt
    """The receipt of the operation."""
    proposal: int | None
    """The number of the proposal; None if the operator founded alone."""
    enacted: bool
    """Whether the act is in force now."""
    refusal: LedgerError | None = None
    """Why the act was refused, though the members carried it: then the proposal stays open."""


def members_acts(register: Register) -> dict[str, type[Payload]]:
    """Return the payload of each act that the members decide, by name."""
    return {
        kind.name: payload for payload, (kind, _) in register.ledger.engine.rules.types.items()
        if Signer.MEMBERS in kind.signers
    }


def founds_alone(register: Register, act: Payload) -> bool:
    """Return whether the acting account does this without the members: the operator, founding."""
    kind, _ = register.ledger.engine.rules.types[type(act)]
    return not is_governed(register.ledger.state) and Signer.OPERATOR in kind.signers


def propose(register: Register, act: Payload, *, agree: bool = True) -> Decided:
    """Propose an act, and vote for it; enact it at once if that is enough.

    Raises:
        Refused: The proposal or the vote was refused; the act, if the operator founds alone.
    """
    if founds_alone(register, act):
        return Decided(register.act(act), None, enacted=True)
    receipt = register.act(Propose(act=Act(encode(act)), member=register.account))
    number = newest(register.ledger)
    if not agree:
        return Decided(receipt, number, enacted=False)
    return vote(register, number)


def newest(ledger: Ledger) -> int:
    """Return the number of the newest proposal."""
    governance = ledger.state.get(GOVERNANCE)
    return governance.proposals if governance is not None else 0


def vote(register: Register, number: int, *, favour: bool = True, enact: bool = True) -> Decided:
    """Vote, and enact the act if the vote carries it.

    Raises:
        Refused: The vote was refused.
    """
    receipt = register.act(CastVote(favour=favour, member=register.account, proposal=number))
    stands = tally(register.ledger.state, number)
    if not enact or stands is None or not stands.carried:
        return Decided(receipt, number, enacted=False)
    try:
        return Decided(carry_out(register, number), number, enacted=True)
    except Refused as error:
        return Decided(receipt, number, enacted=False, refusal=error)


def carry_out(register: Register, number: int) -> Receipt:
    """Enact a proposal that the members have carried.

    Raises:
        Refused: It is not carried, or the act is refused.
    """
    act = act_of(register.ledger, number)
    return register.act(Enact(act=act, member=register.account, proposal=number))


def act_of(ledger: Ledger, number: int) -> Act:
    """Return the act of a proposal, from the log.

    Raises:
        NotFound: There is no such proposal.
    """
    proposal = ledger.state.get(PROPOSALS, counted(number))
    entry = next(iter(ledger.storage.entries(proposal.entry, proposal.entry + 1)), None) if (
        proposal is not None) else None
    if proposal is None or entry is None or entry.body is None:
        raise NotFound("proposal-unknown", f"There is no proposal {number}.",
                       basis="docs/governance.md", remedy="List them: muniment governance status")
    return Act(encode_plain(decode(entry.body)["act"]))


def node_enrolment(
    register: Register, engine: PrivateKey, log: PrivateKey, node: str
) -> EnrolValidator:
    """Return the operation by which the acting office names the keys of its node."""
    keys = NodeKeys(engine.public.jwk["x"], log.public.jwk["x"], node)
    possession = prove_node(
        register.account, keys, register.ledger.identity.id, [engine, log])
    return EnrolValidator(**keys._asdict(), office=register.account, possession=possession)
