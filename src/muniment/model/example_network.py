"""The little network of the examples on governance: four offices as members and validators."""

from typing import Any

from muniment.codec import Act, Payload, Record, encode
from muniment.model.account import ACCOUNTS
from muniment.model.example import POSITION, TIME, YEAR, account, key
from muniment.model.member import GOVERNANCE, MEMBERS, Governance, Member
from muniment.model.possession import NodeKeys, Possession, prove_node
from muniment.model.proposal import PROPOSALS, VOTES, Proposal, Vote, counted, digest_of
from muniment.model.validator import ENGINE_KEYS, VALIDATORS, EngineKey, Validator, address_of

OFFICES = ("XA", "XB", "XC", "XD")
HEIGHT = 100
DAY = 86_400


def engine_key(name: str) -> str:
    """Return the public engine key of a name."""
    return key(f"engine {name}").public.jwk["x"]


def log_key(name: str) -> str:
    """Return the public log key of a name."""
    return key(f"log {name}").public.jwk["x"]


def node_keys(name: str) -> NodeKeys:
    """Return the public keys of a name's node."""
    return NodeKeys(engine_key(name), log_key(name), address_of(engine_key(f"node {name}")))


def node_possession(name: str, office: str, ledger: str) -> Possession:
    """Return the proof that an office has the keys of a name's node."""
    keys = [key(f"engine {name}"), key(f"log {name}")]
    return prove_node(office, node_keys(name), ledger, keys)


def member(units: int = 10, **more: Any) -> Member:
    """Return a member."""
    return Member(entry=20, since=TIME - YEAR, units=units, **more)


def validator(name: str, **changed: Any) -> Validator:
    """Return a seated validator."""
    keys = node_keys(name)
    plain = {"entry": 30, "key": keys.engine_key, "log_key": keys.log_key, "node": keys.node,
             "power": 1, "seated": 7, **changed}
    return Validator(**plain)


def network(*offices: str, policy: Any = "authority", **changed: Any) -> dict[bytes, Record]:
    """Return the entries of a network of offices, all four by default.

    Args:
        offices: Its members, each with a seated validator.
        policy: The policy of power.
        changed: The members that differ, by office.
    """
    rows: dict[bytes, Record] = {
        GOVERNANCE.key(): Governance(policy=policy, since=TIME - YEAR, proposals=3)}
    for office in offices or OFFICES:
        one = validator(office)
        rows[ACCOUNTS.key(office)] = account(office)
        rows[MEMBERS.key(office)] = changed.get(office, member())
        rows[VALIDATORS.key(office)] = one
        rows[ENGINE_KEYS.key(address_of(one.key))] = EngineKey(entry=30, office=office)
    return rows


def carried(act: Payload) -> Act:
    """Return an act as an operation carries it."""
    return Act(encode(act))


def proposed(act: Payload, *favour: str, against: tuple[str, ...] = (), **changed: Any) -> dict[
    bytes, Record
]:
    """Return proposal 3 of XA, and the votes on it.

    Args:
        act: The act.
        favour: The offices that agree.
        against: Those that do not.
        changed: The members of the proposal that differ.
    """
    plain = {"act": "admit-member", "digest": digest_of(carried(act)), "entry": POSITION - 50,
             "expires": TIME + DAY, "made": TIME - DAY, "majority": "constitutional",
             "proposer": "XA", **changed}
    rows: dict[bytes, Record] = {PROPOSALS.key(counted(3)): Proposal(**plain)}
    for office in (*favour, *against):
        rows[VOTES.key(counted(3), office)] = Vote(
            cast=TIME - 900, entry=POSITION - 40, favour=office in favour)
    return rows


def enrolled(office: str) -> dict[bytes, Record]:
    """Return the account of a further office."""
    return {ACCOUNTS.key(office): account(office)}
