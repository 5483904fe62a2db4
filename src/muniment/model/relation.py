"""Relations between filings, as the offices concerned declare them; never found by search.

A relation stands in the register of the office that declares it, and in an index by the other
filing, so that it is found from both sides. One that its office withdrew stays on record, marked in
both places, and has no effect.
"""

from typing import Literal

from muniment.codec import AccountId, Date, Natural, Record, Word
from muniment.model.application import as_received, identify, named_key, others_keys
from muniment.model.claim import FilingName, Place
from muniment.model.state import State, Table
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


class RelationWithdrawal(Record, frozen=True, kw_only=True):
    """An office's word that a relation does not hold."""

    cause: Word
    """The code of the cause, e.g. `declared-in-error`."""
    date: Date
    """The day on which the office withdrew it."""
    entry: Natural
    """Position in the log of the operation that recorded it."""


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
    withdrawn: RelationWithdrawal | None = None
    """That its office withdrew it, if it did; it may be declared anew."""


class Related(Record, frozen=True, kw_only=True):
    """An entry of the index of relations by the other filing."""

    filing: Place
    """The key part of the filing in whose register the relation stands."""
    kind: RelationKind
    """The kind of relation."""
    withdrawn: bool = False
    """Whether its office withdrew it."""


RELATIONS = Table("relation", Relation, "Declared relations between filings.")
RELATED = Table("related", Related, "The index of relations by the other filing.")


def relation_name(kind: str, other: str) -> str:
    """Return the last component of a relation's key: a digest, whatever the other number is."""
    return b64(sha256(f"{kind}/{other}".encode("ascii")))


def relations_of(state: State, key: str) -> tuple[Relation, ...]:
    """Return the relations that an office declared of a filing of its own, and not withdrew.

    Args:
        state: The public state.
        key: Office, kind of right, series and number as keys show them.
    """
    return tuple(one for _, one in state.rows(RELATIONS, key) if one.withdrawn is None)


def relations_to(state: State, key: str) -> tuple[Related, ...]:
    """Return the index entries of the relations that offices declared to a filing, and hold to.

    Args:
        state: The public state.
        key: Office, kind of right, series and number as keys show them.
    """
    return tuple(one for name in others_keys(state, RELATED, key)
                 for _, one in state.rows(RELATED, name) if not one.withdrawn)


def has_relations(state: State, key: str) -> bool:
    """Return whether any office ever declared a relation of a filing, or to it.

    Args:
        state: The public state.
        key: Office, kind of right, series and number as keys show them.
    """
    return bool(state.rows(RELATIONS, key)) or any(
        state.rows(RELATED, name) for name in others_keys(state, RELATED, key))


def standing_relation(
    state: State, own: str, kind: RelationKind, other: FilingName
) -> tuple[str, Relation] | None:
    """Return (key part of the other filing, relation) as an office declared it, if it stands.

    That key part is the one under which it was indexed: its office may have published a format
    since.

    Args:
        state: The public state.
        own: The office's own filing, as keys show it.
        kind: What it is to the other one.
        other: The other filing.
    """
    wanted = _key(state, other)
    for row, one in state.rows(RELATIONS, own):
        if one.withdrawn is not None or one.kind != kind or _key(state, one.other) != wanted:
            continue
        name, named = row.decode("ascii").split("/")[-2], one.other
        office, right, number = as_received(named.office, named.right, named.number)
        for suffix in identify(state, office, right, number).suffixes:
            listed = f"{office}/{right}/{suffix}"
            if relation_name(kind, listed) == name:
                return listed, one
    return None


def _key(state: State, named: FilingName) -> str:
    return named_key(state, named.office, named.right, named.number)
