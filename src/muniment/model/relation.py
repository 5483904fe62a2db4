"""Relations between filings, as the offices concerned declare them; never found by search.

A relation stands in the register of the office that declares it, and in an index by the other
filing, so that it is found from both sides.
"""

from typing import Literal

from muniment.codec import AccountId, Date, Natural, Record, Word
from muniment.model.claim import FilingName, Place
from muniment.model.state import Table
from muniment.proof.crypto import b64, sha256

RelationKind = Literal[
    "divisional", "national-phase", "same-applicant", "same-subject", "successor"
]
"""What the office's own filing is to the other one:

- `divisional`: divided from it or a continuation of it, its parent;
- `national-phase`: its national phase or designation, the other being the international one;
- `same-applicant`: made by the same applicant;
- `same-subject`: for the same subject;
- `successor`: made by a successor in title of the other's applicant.
"""
ORIGINS: tuple[RelationKind, ...] = ("divisional", "national-phase")
"""Kinds that say from which filing the office's own one descends: one of each at most."""
Applicants = Literal["all", "some"]


class Relation(Record, frozen=True, kw_only=True):
    """What an office says of its filing and another one."""

    applicants: Applicants | None = None
    """Whether all or only some of the other filing's applicants, or successors of theirs, made
    the office's own filing."""
    basis: Word | None = None
    """The title of a successor, e.g. `assignment` or `merger`."""
    entry: Natural
    """Position in the log."""
    executed: Date | None = None
    """The day on which a successor's title was executed; of several titles, the last one's."""
    filed: Date | None = None
    """The filing date of a parent or international application, as the office states it."""
    kind: RelationKind
    """What the office's own filing is to the other one."""
    other: FilingName
    """The other filing."""
    recorded: Natural
    """Block time of the entry, in UTC seconds."""
    submitter: AccountId
    """The account that declared it."""


class Related(Record, frozen=True, kw_only=True):
    """An entry of the index of relations by the other filing."""

    filing: Place
    """The key part of the filing in whose register the relation stands."""
    kind: RelationKind
    """The kind of relation."""


RELATIONS = Table("relation", Relation, "Declared relations between filings.")
RELATED = Table("related", Related, "The index of relations by the other filing.")


def relation_name(kind: str, other: str) -> str:
    """Return the last component of a relation's key: a digest, whatever the other number is."""
    return b64(sha256(f"{kind}/{other}".encode("ascii")))
