"""Declare a relation: an office says what a filing of its own is to another filing."""

from collections.abc import Iterator

from muniment.codec import Date, Number, Office, Payload, RightKind, Word
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS
from muniment.model.claim import FilingName
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.descent import is_pct_number
from muniment.model.relation import (
    ORIGINS,
    RELATED,
    RELATIONS,
    Applicants,
    Related,
    Relation,
    RelationKind,
    relation_name,
    relations_of,
    standing_relation,
)
from muniment.model.state import Change, State, change


class DeclareRelation(Payload, frozen=True, kw_only=True, tag="declare-relation"):
    """Which filings are related, and how."""

    applicants: Applicants | None = None
    """Whether all or only some of the other filing's applicants, or successors of theirs, made
    the office's own filing."""
    basis: Word | None = None
    """The title of a successor, e.g. `assignment` or `merger`."""
    executed: Date | None = None
    """The day on which a successor's title was executed; of several titles, the last one's."""
    filed: Date | None = None
    """The filing date of a parent or international application, as the office states it."""
    kind: RelationKind
    """What the office's own filing is to the other one: its divisional or continuation, its
    national phase or designation, of the same applicant, of the same subject, or a successor's."""
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
    """A successor MUST state basis and day of execution; every other kind MUST state neither."""
    stated = (operation.basis is not None, operation.executed is not None)
    return stated == ((True, True) if operation.kind == "successor" else (False, False))


@TYPE.check(4, "date-not-real-or-future", basis="WIPO Standard ST.2")
def dates_have_come(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """The day of execution and the filing date MUST be real dates that have come."""
    days = (operation.executed, operation.filed)
    return all(day is None or has_come(day, ctx.time) for day in days)


@TYPE.check(5, "relation-already-declared", basis="docs/formats/state-tree.md")
def relation_is_new(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """This relation MUST NOT stand declared; one that was withdrawn may be declared anew."""
    own = _own(operation, state)
    return standing_relation(state, own, operation.kind, operation.other) is None


@TYPE.check(6, "fact-not-of-this-kind", basis="Paris Convention Art. 4A(1) and 4G")
def facts_fit_the_kind(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """Applicants MUST be stated of applicants only, a filing date of what it descends from."""
    titles = operation.kind in ("same-applicant", "successor")
    return (operation.applicants is None or titles) and (
        operation.filed is None or operation.kind in ORIGINS)


@TYPE.check(7, "parent-already-declared", basis="Paris Convention Art. 4G; PCT Art. 11(3)")
def parent_is_one(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """A filing MUST NOT have two parents, or be the national phase of two applications."""
    if operation.kind not in ORIGINS:
        return True
    declared = relations_of(state, _own(operation, state))
    return all(one.kind != operation.kind for one in declared)


@TYPE.check(8, "parent-elsewhere", basis="Paris Convention Art. 4G; PCT Art. 11(3)")
def parent_is_of_the_office(operation: DeclareRelation, state: State, ctx: Context) -> bool:
    """A parent MUST be a filing of the same office, or an international application."""
    other = operation.other
    if operation.kind != "divisional" or other.office == operation.office:
        return True
    named = filings.as_received(other.office, other.right, other.number)
    readings = filings.identify(state, *named).readings
    return is_pct_number(other.number, readings)


@TYPE.effect
def relation_is_declared(
    operation: DeclareRelation, state: State, ctx: Context
) -> Iterator[Change]:
    """The relation stands in the office's register, and in the index by the other filing."""
    own, other = _own(operation, state), _other(operation, state)
    relation = Relation(
        applicants=operation.applicants, basis=operation.basis, entry=ctx.position,
        executed=operation.executed, filed=operation.filed, kind=operation.kind,
        other=operation.other, recorded=ctx.time, submitter=ctx.signer,
    )
    key = RELATIONS.key(own, relation_name(operation.kind, other))
    index = RELATED.key(other, relation_name(operation.kind, own))
    yield change(RELATIONS, key, state.at(RELATIONS, key), relation)
    yield change(RELATED, index, state.at(RELATED, index),
                 Related(filing=own, kind=operation.kind))


def _named(operation: DeclareRelation) -> tuple[str, str, str]:
    return operation.office, operation.right, operation.number


def _own(operation: DeclareRelation, state: State) -> str:
    return filings.key_part(state, *_named(operation))


def _other(operation: DeclareRelation, state: State) -> str:
    other = operation.other
    return filings.named_key(state, other.office, other.right, other.number)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def relate(other: str = "2026/000002", kind: RelationKind = "same-subject",
               office: str = "XA", **more: object) -> DeclareRelation:
        named = FilingName(number=other, office=office, right="patent")
        return DeclareRelation(kind=kind, number="2026/000001", office="XA", other=named,
                               right="patent", **more)  # type: ignore[arg-type]

    def succeed(executed: str = "2026-01-02") -> DeclareRelation:
        return relate(kind="successor", basis="assignment", executed=executed, applicants="all")

    filed = given.filed()
    withdrawn = {"cause": "declared-in-error", "date": "2026-05-05", "entry": 20}
    yield Example("same-subject", relate(), given=filed)
    yield Example("successor", succeed(), given=filed)
    yield Example("same-applicant", relate(kind="same-applicant"), given=filed)
    yield Example("divisional", relate(kind="divisional", filed="2026-01-02"), given=filed)
    yield Example("national-phase", relate("PCT/IB2025/000007", "national-phase", "IB",
                                           filed="2025-05-05"), given=filed)
    yield Example("anew", relate(), given=filed | given.related(withdrawn=withdrawn))
    yield Example("another-parent", relate("2026/000003", "divisional"),
                  given=filed | given.related("divisional", withdrawn=withdrawn))
    yield Example("no-such-filing", relate(), "not-confirmed")
    yield Example("to-itself", relate("2026/000001"), "relation-to-itself", filed)
    yield Example("successor-without-title", relate(kind="successor"), "title-not-stated", filed)
    yield Example("thirtieth-of-february", succeed("2026-02-30"), "date-not-real-or-future",
                  filed)
    yield Example("again", relate(), "relation-already-declared", filed | given.related())
    yield Example("dated-subject", relate(filed="2026-01-02"), "fact-not-of-this-kind", filed)
    yield Example("second-parent", relate("2026/000003", "divisional"),
                  "parent-already-declared", filed | given.related("divisional"))
    yield Example("parent-abroad", relate("2026-00002", "divisional", "XB"), "parent-elsewhere",
                  filed)
