"""Relations between filings, as the offices concerned declare them; never found by search.

A relation stands in the register of the office that declares it, and in an index by the other
filing, so that it is found from both sides.
"""

from typing import Literal

from muniment.codec import AccountId, Date, Natural, Record, Word
from muniment.model.claim import FilingName, Place
from muniment.model.state import Table
from muniment.proof.crypto import b64, sha256

RelationKind = Literal["same-subject", "successor"]


class Relation(Record, frozen=True, kw_only=True):
    """What an office says of its filing and another one."""

    basis: Word | None = None
    """The title of a successor, e.g. `assignment` or `merger`."""
    entry: Natural
    """Position in the log."""
    executed: Date | None = None
    """The day on which a successor's title was executed."""
    kind: RelationKind
    """Whether both have the same subject, or the applicant succeeds the other's."""
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
