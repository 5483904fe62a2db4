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
    Related,
    Relation,
    RelationKind,
    RelationWithdrawal,
    relation_name,
    standing_relation,
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
    return _standing(operation, state) is not None


@TYPE.check(3, "date-not-real-or-future", basis="WIPO Standard ST.2")
def date_has_come(operation: WithdrawRelation, state: State, ctx: Context) -> bool:
    """The day MUST be a real date that has come."""
    return has_come(operation.date, ctx.time)


@TYPE.effect
def relation_is_withdrawn(
    operation: WithdrawRelation, state: State, ctx: Context
) -> Iterator[Change]:
    """The relation is marked as withdrawn, in the office's register and in the index."""
    own, stands = _own(operation, state), _standing(operation, state)
    if stands is None:
        return
    other, relation = stands
    key = RELATIONS.key(own, relation_name(operation.kind, other))
    index = RELATED.key(other, relation_name(operation.kind, own))
    withdrawn = RelationWithdrawal(cause=operation.cause, date=operation.date, entry=ctx.position)
    yield change(RELATIONS, key, state.at(RELATIONS, key), replace(relation, withdrawn=withdrawn))
    yield change(RELATED, index, state.at(RELATED, index),
                 Related(filing=own, kind=operation.kind, withdrawn=True))


def _standing(operation: WithdrawRelation, state: State) -> tuple[str, Relation] | None:
    return standing_relation(state, _own(operation, state), operation.kind, operation.other)


def _own(operation: WithdrawRelation, state: State) -> str:
    return filings.key_part(state, operation.office, operation.right, operation.number)


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
