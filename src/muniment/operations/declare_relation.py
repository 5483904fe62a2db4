"""Declare a relation: an office says that two filings have one subject, or who succeeds whom."""

from collections.abc import Iterator

from muniment.codec import Date, Number, Office, Payload, RightKind, Word
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
    relation_name,
)
from muniment.model.state import Change, State, change


class DeclareRelation(Payload, frozen=True, kw_only=True, tag="declare-relation"):
    """Which filings are related, and how."""

    basis: Word | None = None
    """The title of a successor, e.g. `assignment` or `merger`."""
    executed: Date | None = None
    """The day on which a successor's title was executed."""
    kind: RelationKind
    """Whether both have the same subject, or the applicant succeeds the other's."""
    number: Number
    """The number of the office's own filing."""
    office: Office
    """The office that declares it, in whose register it stands."""
    other: FilingName
    """The other filing, at any office."""
    right: RightKind
    """The kind of right of the office's own filing."""


TYPE = TransactionType(
    name="declare-relation",
    number=25,
    payload=DeclareRelation,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"relation", "related"}),
)


@TYPE.check(1, "not-confirmed", basis="docs/formats/state-tree.md")
def filing_is_here(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """The office's own filing MUST stand unsealed in its register."""
    return filings.find(state, APPLICATIONS, *_named(operation)) is not None


@TYPE.check(2, "relation-to-itself", basis="Paris Convention Art. 4C(4)")
def filings_differ(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """The two filings MUST NOT be one and the same."""
    return _own(operation, state) != _other(operation, state)


@TYPE.check(3, "title-not-stated", basis="Paris Convention Art. 4A(1)")
def title_is_stated(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """A successor MUST state basis and day of execution; the same subject MUST state neither."""
    stated = (operation.basis is not None, operation.executed is not None)
    return stated == ((True, True) if operation.kind == "successor" else (False, False))


@TYPE.check(4, "date-not-real-or-future", basis="WIPO Standard ST.2")
def execution_has_come(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """The day of execution MUST be a real date that has come."""
    return operation.executed is None or has_come(operation.executed, ctx.time)


@TYPE.check(5, "relation-already-declared", basis="docs/formats/state-tree.md")
def relation_is_new(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """The office MUST NOT have declared this relation before."""
    name = relation_name(operation.kind, _other(operation, state))
    return state.get(RELATIONS, _own(operation, state), name) is None


@TYPE.effect
def relation_is_declared(
    operation: DeclareRelation, state: State, ctx: Context
) -> Iterator[Change]:
    """The relation stands in the office's register, and in the index by the other filing."""
    own, other = _own(operation, state), _other(operation, state)
    relation = Relation(
        basis=operation.basis, entry=ctx.position, executed=operation.executed,
        kind=operation.kind, other=operation.other, recorded=ctx.time, submitter=ctx.signer,
    )
    kind = operation.kind
    yield change(RELATIONS, RELATIONS.key(own, relation_name(kind, other)), None, relation)
    yield change(RELATED, RELATED.key(other, relation_name(kind, own)), None,
                 Related(filing=own, kind=kind))


def _named(operation: DeclareRelation) -> tuple[str, str, str]:
    return operation.office, operation.right, operation.number


def _own(operation: DeclareRelation, state: State) -> str:
    return filings.key_part(state, *_named(operation))


def _other(operation: DeclareRelation, state: State) -> str:
    other = operation.other
    return filings.key_part(state, other.office, other.right, other.number)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def relate(other: str = "2026/000002", kind: RelationKind = "same-subject",
               basis: str | None = None, executed: str | None = None) -> DeclareRelation:
        named = FilingName(number=other, office="XA", right="patent")
        return DeclareRelation(basis=basis, executed=executed, kind=kind, number="2026/000001",
                               office="XA", other=named, right="patent")

    yield Example("same-subject", relate(), given=given.filed())
    yield Example("successor", relate(kind="successor", basis="assignment",
                                      executed="2026-01-02"), given=given.filed())
    yield Example("no-such-filing", relate(), "not-confirmed")
    yield Example("to-itself", relate("2026/000001"), "relation-to-itself", given.filed())
    yield Example("successor-without-title", relate(kind="successor"), "title-not-stated",
                  given.filed())
    yield Example("thirtieth-of-february", relate(kind="successor", basis="merger",
                                                  executed="2026-02-30"),
                  "date-not-real-or-future", given.filed())
    yield Example("again", relate(), "relation-already-declared", given.filed() | given.related())
