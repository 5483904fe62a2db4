"""Governance as commands use it: proposals with their acts, votes, the keys of a node.

- The act of a proposal is read from the log, where it stands whole; the state holds its digest.
- While the operator founds the ledger, what the members will decide later is done directly.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from muniment.codec import Act, Payload, encode, takes_text
from muniment.declare import Signer
from muniment.editions import carried_rules
from muniment.model.member import GOVERNANCE, is_governed
from muniment.model.possession import NodeKeys, prove_node, prove_possession
from muniment.model.proposal import PROPOSALS, Proposal, counted, digest_of, tally
from muniment.node.acts import card, require_names
from muniment.node.ledger import Ledger
from muniment.node.register import Receipt, Register
from muniment.node.solo import KEYS
from muniment.node.wallet import Wallet
from muniment.operations.enact import Enact
from muniment.operations.enrol_office import EnrolOffice
from muniment.operations.enrol_validator import EnrolValidator
from muniment.operations.propose import Propose
from muniment.operations.vote import CastVote
from muniment.proof.canonical import decode
from muniment.proof.canonical import encode as encode_plain
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import LedgerError, Malformed, NotFound, Refused, VerificationError
from muniment.vault.vault import begin_vault


class Decided(NamedTuple):
    """What became of an act that was submitted to the members, or of a vote."""

    receipt: Receipt
    """The receipt of the last operation."""
    proposal: int | None
    """The number of the proposal; None if the operator founded alone."""
    enacted: bool
    """Whether the act is in force now."""
    digest: str | None = None
    """The digest of the act that was voted on."""
    refusal: LedgerError | None = None
    """Why the act was refused, though the members carried it: then the proposal stays open."""


def members_acts(ledger: Ledger) -> dict[str, type[Payload]]:
    """Return the payload of each act that the members decide, by its type's name."""
    return {
        kind.name: payload for payload, (kind, _) in ledger.engine.rules.types.items()
        if Signer.MEMBERS in kind.signers
    }


def act_from(
    ledger: Ledger, kind: str, plain: Mapping[str, Any], texts: Mapping[str, str]
) -> Payload:
    """Return an act of the members.

    Args:
        ledger: The ledger.
        kind: The name of its type.
        plain: Members as JSON values.
        texts: Members as a person types them: text where text is due, else JSON. The hash of an
            edition is that of this code's own declarations, if it is not given.

    Raises:
        Malformed: It is no act of the members, or its members are not those of the type.
        NotFound: The hash is not given, and this code does not carry the edition.
    """
    payload = _act_of(ledger, kind)
    typed = {name: _typed(payload, name, text) for name, text in texts.items()}
    plain = {**plain, **typed, "type": kind}
    if kind == "activate-edition" and "hash" not in plain and "edition" in plain:
        plain = {**plain, "hash": carried_rules(str(plain["edition"])).hash}
    require_names(kind, payload, plain)
    try:
        act: Payload = ledger.engine.rules.decode(encode_plain(plain))
    except Malformed as error:
        error.remedy = f"See what each NAME takes: muniment governance rulebook {kind}"
        raise
    return act


def act_card(ledger: Ledger, kind: str) -> dict[str, Any]:
    """Return what an act of the members is, its NAMEs, and how it is proposed.

    Raises:
        Malformed: It is no act of the members.
    """
    payload = _act_of(ledger, kind)
    return card(ledger.engine.rules.types[payload][0], payload)


def _act_of(ledger: Ledger, kind: str) -> type[Payload]:
    acts = members_acts(ledger)
    if kind not in acts:
        raise Malformed(
            "act-unknown", f"{kind!r} is no act that the members decide. They decide "
            f"{', '.join(acts)}.", basis="docs/governance.md",
            remedy="See who decides what: muniment governance rulebook",
        )
    return acts[kind]


def _typed(payload: type[Payload], name: str, text: str) -> Any:
    if takes_text(payload, name):
        return text
    try:
        return decode(text.encode("utf-8"))
    except LedgerError:
        return text


def founds_alone(register: Register, act: Payload) -> bool:
    """Return whether the operator does this alone, as the members have not taken over."""
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
    number = _number_at(register.ledger, receipt.position)
    if not agree:
        return Decided(receipt, number, enacted=False)
    return vote(register, number, digest=digest_of(Act(encode(act))))


def _number_at(ledger: Ledger, position: int) -> int:
    """Return the number of the proposal that stands at a position; others may follow it."""
    governance = ledger.state.get(GOVERNANCE)
    for number in range(governance.proposals if governance else 0, 0, -1):
        proposal = ledger.state.get(PROPOSALS, counted(number))
        if proposal is not None and proposal.entry == position:
            return number
    raise _unknown(0)


def vote(
    register: Register, number: int, *, favour: bool = True, enact: bool = True,
    digest: str | None = None,
) -> Decided:
    """Vote on an act, and enact it if the vote carries it.

    Args:
        register: The ledger, with the member as the acting account.
        number: The number of the proposal.
        favour: Whether the member agrees.
        enact: Whether to enact what is carried.
        digest: The digest of the act that the member read; by default of what stands here. Under
            another act the vote does not count.

    Raises:
        Refused: The vote was refused.
        NotFound: No digest is given, and the act is not kept here.
    """
    digest = digest or digest_of(act_of(register.ledger, number))
    receipt = register.act(CastVote(
        digest=digest, favour=favour, member=register.account, proposal=number))
    stands = tally(register.ledger.state, number)
    if not enact or stands is None or not stands.carried:
        return Decided(receipt, number, enacted=False, digest=digest)
    try:
        return Decided(carry_out(register, number), number, enacted=True, digest=digest)
    except Refused as error:
        return Decided(receipt, number, enacted=False, digest=digest, refusal=error)


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
        NotFound: There is no such proposal, or this node joined later and keeps no such entry.
        VerificationError: The log shows another act than the state names.
    """
    proposal = proposal_of(ledger, number)
    entry = proposal.entry
    stands = next(iter(ledger.storage.entries(entry, entry + 1)), None)
    if stands is None or stands.body is None:
        raise NotFound(
            "act-not-kept", f"Proposal {number} stands at entry {entry}, which is not kept here.",
            basis="docs/governance.md", remedy="Ask a node that keeps the history: --node URL",
        )
    act = Act(encode_plain(decode(stands.body).get("act")))
    if digest_of(act) != proposal.digest:
        raise VerificationError(
            "act-not-the-proposed", f"Entry {entry} holds another act than proposal {number} has.",
            basis="docs/governance.md", remedy="Ask another node: --node URL",
        )
    return act


def proposal_of(ledger: Ledger, number: int) -> Proposal:
    """Return a proposal.

    Raises:
        NotFound: There is none of that number.
    """
    found = ledger.state.get(PROPOSALS, counted(number))
    if found is None:
        raise _unknown(number)
    return found


def office_enrolment(
    register: Register, office: str, *, keys: int = 1, threshold: int = 1
) -> EnrolOffice:
    """Return the act by which members enrol an office; its keys are kept in the directory.

    Asked again, it is made of the same keys. The office's vault begins with them.
    """
    begin_vault(register.directory)
    path = register.directory / KEYS / f"{office}.json"
    if not path.exists():
        Wallet.generate(office, keys=keys, threshold=threshold).save(path)
    wallet = register.wallet(office)
    key_set = wallet.key_set()
    possession = prove_possession(office, key_set, register.ledger.identity.id, wallet.keys)
    return EnrolOffice(key_set=key_set, office=office, possession=possession)


def node_enrolment(
    register: Register, engine: PrivateKey, log: PrivateKey, node: str
) -> EnrolValidator:
    """Return the operation by which the acting office names the keys of its node.

    Args:
        register: The ledger, with the office as the acting account.
        engine: The key with which the consensus engine signs.
        log: The key with which the node signs checkpoints.
        node: The id of the node, 40 hexadecimal digits.
    """
    keys = NodeKeys(engine.public.jwk["x"], log.public.jwk["x"], node)
    possession = prove_node(register.account, keys, register.ledger.identity.id, [engine, log])
    return EnrolValidator(**keys._asdict(), office=register.account, possession=possession)


def _unknown(number: int) -> NotFound:
    return NotFound("proposal-unknown", f"There is no proposal {number}.",
                    basis="docs/governance.md", remedy="List them: muniment governance status")
