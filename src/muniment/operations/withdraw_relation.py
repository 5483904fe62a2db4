"""Withdraw a relation: the office that declared it says that it does not hold."""

from collections.abc import Iterator

from muniment.codec import Date, Number, Office, Payload, RightKind, Word, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS
from muniment.model.claim import FilingName
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.relation import (
    RELATED,
    RELATIONS,
    Relation,
    RelationKind,
    RelationWithdrawal,
    relation_name,
)
from muniment.model.state import Change, State, change


class WithdrawRelation(Payload, frozen=True, kw_only=True, tag="withdraw-relation"):
    """Which relation is withdrawn, when and why. It stays on record, and has no effect."""

    cause: Word
    """The code of the cause, e.g. `declared-in-error`."""
    date: Date
    """The day on which the office withdrew it."""
    kind: RelationKind
    """What the office's own filing was said to be to the other one."""
    number: Number
    """The number of the office's own filing."""
    office: Office
    """The office that declared it, in whose register it stands."""
    other: FilingName
    """The other filing, at any office."""
    right: RightKind
    """The kind of right of the office's own filing."""


TYPE = TransactionType(
    name="withdraw-relation",
    number=26,
    payload=WithdrawRelation,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"relation", "related"}),
)


@TYPE.check(1, "not-confirmed", basis="docs/formats/state-tree.md")
def filing_is_here(operation: WithdrawRelation, state: State, ctx: Context) -> bool:
    """The office's own filing MUST stand unsealed in its register."""
    named = (operation.office, operation.right, operation.number)
    return filings.find(state, APPLICATIONS, *named) is not None


@TYPE.check(2, "relation-not-declared", basis="docs/priority.md")
def relation_stands(operation: WithdrawRelation, state: State, ctx: Context) -> bool:
    """The relation MUST stand declared in the office's register, and not be withdrawn already."""
    stands = _standing(operation, state)
    return stands is not None and stands.withdrawn is None


@TYPE.check(3, "date-not-real-or-future", basis="WIPO Standard ST.2")
def date_has_come(operation: WithdrawRelation, state: State, ctx: Context) -> bool:
    """The day MUST be a real date that has come."""
    return has_come(operation.date, ctx.time)


@TYPE.effect
def relation_is_withdrawn(
    operation: WithdrawRelation, state: State, ctx: Context
) -> Iterator[Change]:
    """The relation is marked as withdrawn, in the office's register and in the index."""
    own, other = _keys(operation, state)
    key = RELATIONS.key(own, relation_name(operation.kind, other))
    index = RELATED.key(other, relation_name(operation.kind, own))
    before, listed = state.at(RELATIONS, key), state.at(RELATED, index)
    if before is None or listed is None:
        return
    withdrawn = RelationWithdrawal(cause=operation.cause, date=operation.date, entry=ctx.position)
    yield change(RELATIONS, key, before, replace(before, withdrawn=withdrawn))
    yield change(RELATED, index, listed, replace(listed, withdrawn=True))


def _standing(operation: WithdrawRelation, state: State) -> Relation | None:
    own, other = _keys(operation, state)
    return state.get(RELATIONS, own, relation_name(operation.kind, other))


def _keys(operation: WithdrawRelation, state: State) -> tuple[str, str]:
    """Return the office's own filing and the other one as keys show them."""
    other = operation.other
    return (filings.key_part(state, operation.office, operation.right, operation.number),
            filings.key_part(state, other.office, other.right, other.number))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def withdraw(date: str = "2026-05-05", kind: RelationKind = "same-subject",
                 number: str = "2026/000002") -> WithdrawRelation:
        return WithdrawRelation(
            cause="declared-in-error", date=date, kind=kind, number="2026/000001", office="XA",
            other=FilingName(number=number, office="XA", right="patent"), right="patent")

    withdrawn = {"cause": "subject-differs", "date": "2026-04-04", "entry": 20}
    declared = given.filed() | given.related()
    yield Example("plain", withdraw(), given=declared)
    yield Example("parent", withdraw(kind="divisional"),
                  given=given.filed() | given.related("divisional"))
    yield Example("no-such-filing", withdraw(), "not-confirmed")
    yield Example("another-kind", withdraw(kind="same-applicant"), "relation-not-declared",
                  declared)
    yield Example("another-filing", withdraw(number="2026/000003"), "relation-not-declared",
                  declared)
    yield Example("again", withdraw(), "relation-not-declared",
                  given.filed() | given.related(withdrawn=withdrawn))
    yield Example("thirtieth-of-february", withdraw("2026-02-30"), "date-not-real-or-future",
                  declared)
    yield Example("tomorrow-and-more", withdraw("2026-06-28"), "date-not-real-or-future",
                  declared)
