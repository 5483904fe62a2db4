"""Accounts: key sets, admission windows, quotas, roles and denials.

- A participant is an account with a key set, never a bare key. An office's account id is its
  ST.3 code; any other's is the digest of its first key set.
- What admission needs stands in a record of its own, so that admitting an envelope leaves the
  key set's bytes alone.
"""

from enum import StrEnum
from typing import Annotated, Literal

from muniment.codec import (
    AccountId,
    Date,
    Digest,
    Natural,
    Record,
    RightKind,
    Word,
    encode,
    items,
    members,
    pattern,
)
from muniment.model.state import Table
from muniment.proof import limits
from muniment.proof.crypto import b64, sha256

Coordinate = Annotated[str, pattern(r"\A[A-Za-z0-9_-]{43}\Z")]


class Jwk(Record, frozen=True, kw_only=True):
    """A public key as RFC 7517 and RFC 8037 write it, with its required members only."""

    crv: Literal["Ed25519", "P-256"]
    """The curve."""
    kty: Literal["OKP", "EC"]
    """The key type."""
    x: Coordinate
    """The x coordinate, or the Ed25519 public key."""
    y: Coordinate | None = None
    """The y coordinate of a P-256 key."""


class KeySet(Record, frozen=True, kw_only=True):
    """The keys of an account, how many must sign, and what the next set will be."""

    keys: Annotated[tuple[Jwk, ...], items(most=limits.KEY_SET_KEYS_MAX)]
    """The keys, sorted by their RFC 7638 thumbprints."""
    next: Digest
    """The commitment to the next key set: only who knows that set can rotate."""
    recovered_by_members: bool = False
    """Whether the members once replaced the account's key set: every later set says so, so that
    each entry under it shows it for ever."""
    threshold: Natural
    """How many of the keys must sign."""

    def digest(self) -> str:
        """Return the name of the key set: SHA-256 of its canonical JSON, in base64url."""
        return b64(sha256(encode(self)))

    def commitment(self) -> str:
        """Return what the set before this one names as next: SHA-256 of it without its `next`.

        It leaves this set's own `next` out: otherwise the whole chain would have to be known
        before its first link.
        """
        plain = members(self)
        del plain["next"]
        return b64(sha256(encode(plain)))


class Account(Record, frozen=True, kw_only=True):
    """A participant: who may sign for it now."""

    enrolled_by: AccountId
    """The account that enrolled it."""
    key_set: KeySet
    """The key set in force."""
    kind: Literal["office", "participant"]
    """Whether it is an office."""
    since: Natural
    """Block time of its enrolment, in UTC seconds."""


class Admission(Record, frozen=True, kw_only=True):
    """What an account has submitted: sequence window and quota of the day."""

    bytes: Natural = 0
    """Bytes admitted on `day`."""
    day: Natural = 0
    """UTC day of the quota, in days since 1970-01-01."""
    highest: Natural = 0
    """The highest sequence number used."""
    operations: Natural = 0
    """Operations admitted on `day`."""
    window: Annotated[str, pattern(r"\A[0-9a-f]{1,256}\Z")] = "0"
    """1,024 bits in hexadecimal: bit i is set when sequence `highest - i` has been used."""


class Quotas(Record, frozen=True, kw_only=True):
    """What an account may submit in one UTC day; genesis writes every member out."""

    office_bytes: Natural
    """Bytes of an office."""
    office_operations: Natural
    """Operations of an office."""
    participant_bytes: Natural
    """Bytes of another participant."""
    participant_operations: Natural
    """Operations of another participant."""


STANDARD_QUOTAS = Quotas(
    office_bytes=limits.QUOTA_BYTES_PER_DAY,
    office_operations=limits.QUOTA_OPERATIONS_PER_DAY,
    participant_bytes=limits.PARTICIPANT_BYTES_PER_DAY,
    participant_operations=limits.PARTICIPANT_OPERATIONS_PER_DAY,
)
"""What a ledger is founded with unless its founder says otherwise."""


class Role(StrEnum):
    """What an office can let another account do in its register."""

    REGISTRAR = "registrar"
    """Accords numbers and dates, corrects, unseals."""
    FILER = "filer"
    """Claims priority and withdraws claims."""


class Grant(Record, frozen=True, kw_only=True):
    """A role that an office granted."""

    since: Natural
    """First block time at which it holds, in UTC seconds."""
    until: Natural = limits.INTEGER_MAX
    """First block time at which it no longer holds."""


class Denial(Record, frozen=True, kw_only=True):
    """A bar on submitting: scoped, dated and reasoned. It never touches what is registered."""

    acts: tuple[Word, ...] = ()
    """The transaction types that are barred; none named means all."""
    evidence: Digest | None = None
    """The salted digest of the decision."""
    reason: Word
    """The code of the ground."""
    review: Date
    """The date by which the office reviews the bar."""
    rights: tuple[RightKind, ...] = ()
    """The kinds of right for which it holds; none named means all."""
    since: Natural
    """First block time at which it holds, in UTC seconds."""
    until: Natural
    """First block time at which it no longer holds."""


ACCOUNTS = Table("account", Account, "Who may sign for a participant.")
ADMISSIONS = Table("admission", Admission, "What an account has submitted.")
ROLES = Table("role", Grant, "What an office lets another account do.")
DENIALS = Table("deny", Denial, "Who is barred from submitting, where, for what and how long.")
QUOTAS = Table("quota", Quotas, "What an account may submit in one UTC day.")
