"""What the ledger keeps of itself: its log key, the edition in force, its last block."""

from typing import Annotated

from muniment.codec import Digest, Natural, Record, members, pattern, replace
from muniment.model.account import Jwk
from muniment.model.state import Table
from muniment.proof.crypto import load_public_key
from muniment.proof.errors import LedgerError

EditionName = Annotated[str, pattern(r"\A[0-9]{4}[a-z0-9.-]{0,12}\Z")]
"""The name of an edition: a year, and what sorts after it."""


class LogKey(Record, frozen=True, kw_only=True):
    """The key that signs checkpoints."""

    key: Jwk
    """The public key."""
    since: Natural
    """Position in the log of the operation that enrolled it; 0 for the key of genesis."""


class Edition(Record, frozen=True, kw_only=True):
    """The rules in force, and those that will be."""

    hash: Digest
    """SHA-256 of the edition's lock."""
    name: EditionName
    """Its name, e.g. `2026`."""
    next_hash: Digest | None = None
    """The hash of the edition that follows."""
    next_height: Natural | None = None
    """The height of the first block under it."""
    next_name: EditionName | None = None
    """The name of the edition that follows."""


class Clock(Record, frozen=True, kw_only=True):
    """The last block that changed something."""

    height: Natural
    """Its height."""
    time: Natural
    """Its time, in UTC seconds: no later block has an earlier one."""


LOG_KEYS = Table("log-key", LogKey, "The key that signs a solo ledger's checkpoints.")
EDITIONS = Table("edition", Edition, "The rules in force.")
CLOCK = Table("clock", Clock, "The height and time of the last block that changed something.")


def without_next(edition: Edition) -> Edition:
    """Return the rules in force with nothing announced."""
    return replace(edition, next_hash=None, next_height=None, next_name=None)


def admissible(key: Jwk) -> bool:
    """Return whether a key may be a log key: Ed25519, canonical, torsion-free."""
    try:
        return load_public_key(members(key)).alg == "Ed25519"
    except LedgerError:
        return False
