"""Genesis: leaf 0 of a ledger, and the state that it begins with (docs/formats/genesis.md)."""

from typing import Annotated, Literal

from muniment.codec import AccountId, Digest, Natural, Record, encode, pattern
from muniment.model.account import (
    ACCOUNTS,
    ADMISSIONS,
    QUOTAS,
    Account,
    Admission,
    Jwk,
    KeySet,
    Quotas,
)
from muniment.model.ledger import CLOCK, EDITIONS, LOG_KEYS, Clock, Edition, LogKey
from muniment.model.possession import Possession
from muniment.model.reference import PARAMETERS, Parameter
from muniment.proof.crypto import b64, sha256


class EditionName(Record, frozen=True, kw_only=True):
    """The edition with which a ledger begins."""

    hash: Digest
    """SHA-256 of its lock."""
    name: Annotated[str, pattern(r"\A[0-9]{4}[a-z0-9.-]{0,12}\Z")]
    """Its name."""


class Operator(Record, frozen=True, kw_only=True):
    """The account that enrols offices, publishes shared data and activates editions."""

    account: AccountId
    """Its account id."""
    key_set: KeySet
    """Its first key set."""
    kind: Literal["office", "participant"]
    """Whether it is an office."""


class Genesis(Record, frozen=True, kw_only=True):
    """The initial state of a ledger except its reference data."""

    edition: EditionName
    """The rules in force."""
    log_key: Jwk
    """The key that signs checkpoints while one process runs the ledger."""
    name: Annotated[str, pattern(r"\A[a-z0-9][a-z0-9.-]{1,62}\Z")]
    """The ledger's name, the first part of its origin, e.g. `register.office.example`."""
    operator: Operator
    """Who operates it."""
    parameters: Quotas
    """The quotas."""
    possession: Possession
    """A signature by each of the operator's keys."""
    profile: Literal["solo", "demo"]
    """`demo` admits fictional offices, and marks all that comes out of it as fiction."""
    time: Natural
    """When the ledger began, in UTC seconds."""


def ledger_id(leaf: bytes) -> str:
    """Return the id of the ledger whose leaf 0 this is."""
    return b64(sha256(leaf))


def origin(name: str, leaf: bytes) -> str:
    """Return the origin of its checkpoints: name, slash, 16 hexadecimal digits of the id."""
    return f"{name}/{sha256(leaf).hex()[:16]}"


def initial_state(genesis: Genesis) -> list[tuple[bytes, bytes]]:
    """Return the entries of the state at height 0, sorted by key."""
    operator = genesis.operator
    values: dict[bytes, Record] = {
        ACCOUNTS.key(operator.account): Account(
            enrolled_by=operator.account,
            key_set=operator.key_set,
            kind=operator.kind,
            since=genesis.time,
        ),
        ADMISSIONS.key(operator.account): Admission(),
        CLOCK.key(): Clock(height=0, time=genesis.time),
        EDITIONS.key(): Edition(hash=genesis.edition.hash, name=genesis.edition.name),
        LOG_KEYS.key(): LogKey(key=genesis.log_key, since=0),
        PARAMETERS.key("operator"): Parameter(value=operator.account),
        PARAMETERS.key("profile"): Parameter(value=genesis.profile),
        QUOTAS.key(): genesis.parameters,
    }
    return sorted((key, encode(value)) for key, value in values.items())
