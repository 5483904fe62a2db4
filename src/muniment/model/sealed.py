"""What sealed entries hold: the disclosure that opens a filing or a claim.

The disclosed value names ledger, office and submitter, so that who copies a digest opens nothing.
A disclosure in the hands of the entitled is a grant: it shows him the filing, and nobody else.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from muniment.codec import (
    AccountId,
    Date,
    Digest,
    Disclosed,
    Number,
    Office,
    Record,
    RightKind,
    from_members,
)
from muniment.model.application import SEALED, Sealed, identify
from muniment.model.claim import ClaimSteps, EarlierName, Goods
from muniment.model.number import Reading
from muniment.model.state import State
from muniment.proof import disclosure
from muniment.proof.errors import LedgerError, Malformed

Opened = TypeVar("Opened", bound=Record)


class SealedFiling(Record, frozen=True, kw_only=True):
    """What the disclosure of a sealed filing holds."""

    date: Date
    """The filing date."""
    disclosed: Disclosed = {}
    """The names disclosed off the ledger, each with its digest."""
    ledger: Digest
    """The ledger for which it was sealed: a copy on another one opens nothing."""
    number: Number
    """The number."""
    office: Office
    """The office."""
    right: RightKind
    """The kind of right."""
    submitter: AccountId
    """The account that sealed it: who copies a digest cannot open it."""


class SealedClaim(Record, frozen=True, kw_only=True):
    """What the disclosure of a sealed claim holds."""

    date: Date
    """The filing date of the earlier filing, as claimed."""
    earlier: EarlierName
    """The earlier filing."""
    goods: Goods | None = None
    """The goods and services for which it is made."""
    ledger: Digest
    """The ledger for which it was sealed."""
    number: Number
    """The number of the later filing."""
    office: Office
    """The later office."""
    right: RightKind
    """The kind of right of the later filing."""
    steps: ClaimSteps | None = None
    """What was done for it, each step with its day."""
    submitter: AccountId
    """The account that sealed it."""


class Grant(NamedTuple):
    """A sealed filing as a disclosure opens it for its bearer."""

    filing: SealedFiling
    """The filing."""
    sealed: Sealed
    """The sealed entry."""
    readings: tuple[Reading, ...]
    """How its number is read by the published formats."""


def disclosed_value(text: str, name: str, kind: type[Opened]) -> Opened | None:
    """Return the value of a disclosure of a name, or None if it holds no such value."""
    try:
        _, named, value = disclosure.parse(text)
        opened = from_members(kind, value)
    except LedgerError:
        return None
    return opened if named == name else None


def read_grant(text: str) -> str:
    """Return a grant as it was handed in, without the white space around it.

    Raises:
        Malformed: It is no disclosure of a filing.
    """
    text = text.strip()
    if disclosed_value(text, "filing", SealedFiling) is None:
        raise Malformed(
            "grant-malformed", "The grant is no SD-JWT disclosure of a sealed filing.",
            basis="RFC 9901; docs/formats/disclosure.md",
            remedy="Hand in the disclosure that the applicant holds, as one line of text.",
        )
    return text


def open_grant(state: State, ledger: str, text: str) -> Grant | None:
    """Return what a grant opens, or None where it opens nothing here.

    What is read does not depend on the number that somebody asks for: the sealed entries are read
    as a whole.
    """
    filing = disclosed_value(text, "filing", SealedFiling)
    if filing is None:
        return None
    sealed = _by_digest(state).get(disclosure.digest(text))
    if sealed is None:
        return None
    named = (filing.ledger, filing.office, filing.submitter)
    if named != (ledger, sealed.office, sealed.submitter):
        return None
    identity = identify(state, filing.office, filing.right, filing.number)
    return Grant(filing, sealed, identity.readings)


def _by_digest(state: State) -> Mapping[str, Sealed]:
    def first_of_each() -> Mapping[str, Sealed]:
        rows = sorted((value for _, value in state.rows(SEALED)), key=lambda one: -one.entry)
        return {one.digest: one for one in rows}

    return state.remember(SEALED.key(), "by-digest", first_of_each)
