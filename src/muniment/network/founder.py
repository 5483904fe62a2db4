"""A solo ledger becomes a network of one node, which others join by invitation.

- Id, origin, entries and evidence stay. The office is member and validator; the members, of whom
  it is the first, decide from now on.
- Whatever fails before the ledger is marked can be done again, and what fails after it goes on
  where it ended.
"""

import json
from pathlib import Path
from typing import Any

from muniment.codec import Payload
from muniment.model.member import is_governed, is_member
from muniment.model.validator import VALIDATORS, validators
from muniment.network.home import Place
from muniment.network.install import DEFAULT_LINE, find
from muniment.network.node import NODE_FILE, Node, Plan
from muniment.network.trust import extend_policy
from muniment.node.governance import node_enrolment
from muniment.node.promotion import GENESIS_FILE, promote
from muniment.node.register import Register
from muniment.node.solo import POLICY_FILE, load_log_key
from muniment.operations.admit_member import AdmitMember
from muniment.operations.seat_validator import SeatValidator
from muniment.operations.set_power_policy import SetPowerPolicy
from muniment.proof.errors import NotFound, Refused
from muniment.storage.sqlite import SqliteStorage

UNITS = 1


def begin_network(
    directory: Path, place: Place, *, profile: str = "lan", line: str = DEFAULT_LINE
) -> Node:
    """Promote a solo ledger to a network of its operator's node, and start the node.

    Args:
        directory: The ledger's directory, which becomes the node's.
        place: Where its engine listens.
        profile: `lan` or `wan`: the engine's settings.
        line: The line of the engine.

    Raises:
        NotFound: There is no ledger, it is a node already, or no engine is installed.
        Busy: Another process writes the ledger, or the node is not ready in time.
        Refused: Another office is seated, or the members decide already and have not seated this.
        VerificationError: The ledger was restored, and a newer checkpoint may have been signed.
    """
    find(line)
    if (directory / NODE_FILE).exists():
        raise NotFound("ledger-promoted", f"{directory} is a network's node already.",
                       basis="docs/network.md", remedy=f"Run it: muniment network run {directory}")
    with SqliteStorage(directory, read_only=True) as storage:
        promoted = storage.is_promoted
    node = Node(directory)
    office = _take_seat(node, promoted=promoted)
    if not promoted:
        promote(directory)
    genesis: dict[str, Any] = json.loads((directory / GENESIS_FILE).read_bytes())
    node.home.write_genesis(genesis)
    node.home.configure(name=office, place=place, application=node.address(), profile=profile)
    node.write_plan(Plan(office, place, line))
    node.start()
    first = int(genesis["initial_height"])
    node.await_ready(first)
    extend_policy(directory / POLICY_FILE, node.rpc(), first)
    return node


def _take_seat(node: Node, *, promoted: bool) -> str:
    """Let the operator found what is not founded yet; return its code."""
    with Register(node.folder, read_only=promoted) as register:
        if promoted:
            return register.operator
        register.ledger.checkpoint()  # what must not sign must not be handed over either
        _refuse_others(register)
        node.home.make_keys()
        engine = node.home.validator_key()
        standing = register.ledger.state.get(VALIDATORS, register.operator)
        if standing is None or standing.key != engine.public.jwk["x"]:
            log = load_log_key(node.folder)
            register.act(node_enrolment(register, engine, log, node.home.node_id()))
        for act in _missing(register):
            register.act(act)
        return register.operator


def _missing(register: Register) -> list[Payload]:
    """Return what the operator still has to do alone before the members decide."""
    state, office = register.ledger.state, register.operator
    if is_governed(state):
        return []
    validator = state.get(VALIDATORS, office)
    acts: list[Payload] = []
    if not is_member(state, office):
        acts.append(AdmitMember(office=office, units=UNITS))
    if validator is None or validator.seated is None:
        acts.append(SeatValidator(office=office))
    return [*acts, SetPowerPolicy(policy="authority")]


def _refuse_others(register: Register) -> None:
    """Refuse if another office is seated: without its vote this node alone decides nothing."""
    others = [office for office, one in validators(register.ledger.state).items()
              if one.seated is not None and office != register.operator]
    if others:
        raise Refused(
            "others-seated", f"{', '.join(others)} are seated: this node alone would decide "
            "nothing, and nobody can join what does not run.", basis="docs/network.md",
            remedy="Unseat them until the network runs: muniment governance propose "
            "retire-validator --set office=CODE, or remove-member while you found",
        )
