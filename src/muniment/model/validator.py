"""Validators: the engine keys of offices, what power each has, and what a block changed of it.

- A key belongs to one office for ever: the index by address says whose report of misbehaviour
  it is, also after the office took another key.
- The set as the engine knows it is the rows with power; an update names a key once, and power 0
  only for a key that had some (CometBFT, spec/abci: ValidatorUpdate).
"""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

from muniment.codec import Digest, Natural, Office, Record, pattern
from muniment.model.state import State, Table
from muniment.proof.crypto import sha256, unb64

ADDRESS_BYTES = 20
Address = Annotated[str, pattern(r"\A[0-9a-f]{40}\Z")]
"""20 bytes in hexadecimal: an engine key's address, or a node's id."""


class Validator(Record, frozen=True, kw_only=True):
    """An office's node: its keys, and the power that the members' policy gives it."""

    entry: Natural
    """Position in the log of the enrolment of these keys."""
    key: Digest
    """The engine's Ed25519 public key, in base64url."""
    log_key: Digest
    """The Ed25519 public key with which the node signs checkpoints, in base64url."""
    node: Address
    """The node's id, by which the other nodes let it in."""
    power: Natural
    """The power that the engine gives it; 0 means that it observes."""
    reported: Natural | None = None
    """Position of the engine's report that took its power, until the members seat it again."""
    seated: Natural | None = None
    """Height at which the members seated it; absent for an observer."""


class EngineKey(Record, frozen=True, kw_only=True):
    """Whose an engine key is."""

    entry: Natural
    """Position in the log of its enrolment."""
    office: Office
    """The office that enrolled it."""


class ValidatorUpdate(NamedTuple):
    """What the engine must be told of one key."""

    key: str
    """The Ed25519 public key, in base64url."""
    power: int
    """Its power from now on; 0 removes it."""


VALIDATORS = Table("validator", Validator, "The nodes of offices, and the power of each.")
ENGINE_KEYS = Table("engine-key", EngineKey, "Whose an engine key is, by its address.")


def address_of(key: str) -> str:
    """Return the address of an engine key: the first 20 bytes of its SHA-256, in hexadecimal."""
    return sha256(unb64(key, 32))[:ADDRESS_BYTES].hex()


def validators(state: State) -> dict[str, Validator]:
    """Return every row by office, in order of their codes."""
    return {key.decode("ascii").split("/")[1]: one for key, one in state.rows(VALIDATORS)}


def updates(
    rows: Iterable[tuple[Validator | None, Validator]]
) -> tuple[ValidatorUpdate, ...]:
    """Return what the engine must be told, sorted by key.

    Args:
        rows: Each changed row before and after the block.
    """
    before = {one.key: one.power for one, _ in rows if one is not None and one.power}
    after = {one.key: one.power for _, one in rows if one.power}
    moved = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return tuple(ValidatorUpdate(key, after.get(key, 0)) for key in sorted(moved))
