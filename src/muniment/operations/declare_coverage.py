"""Declare coverage: say for which series an office's register here is complete."""

from collections.abc import Iterator
from typing import Annotated

from muniment.codec import Component, Office, Payload, RightKind, items
from muniment.declare import Example, Signer, TransactionType
from muniment.model.application import COVERAGE, Coverage
from muniment.model.context import Context
from muniment.model.state import Change, State, change


class DeclareCoverage(Payload, frozen=True, kw_only=True, tag="declare-coverage"):
    """Which series is complete here."""

    office: Office
    """The office that declares."""
    right: RightKind
    """The kind of right."""
    series: Annotated[tuple[Component, ...], items(most=3)]
    """The components of the series, year first where it has one, e.g. `["2011", "CHENP"]`."""
    withdrawn: bool = False
    """Whether the office takes an earlier declaration back."""


TYPE = TransactionType(
    name="declare-coverage",
    number=18,
    payload=DeclareCoverage,
    signers=frozenset({Signer.OFFICE}),
    may_change=frozenset({"coverage"}),
    event="",
)


@TYPE.check(1, "coverage-unchanged", basis="WIPO Standard ST.37; docs/formats/state-tree.md")
def coverage_changes(operation: DeclareCoverage, state: State, ctx: Context) -> bool:
    """A series MUST be declared before it is withdrawn, and not be declared twice."""
    key = COVERAGE.key(operation.office, operation.right, *operation.series)
    before = state.at(COVERAGE, key)
    declared = before is not None and not before.withdrawn
    return declared == operation.withdrawn


@TYPE.effect
def coverage_is_declared(
    operation: DeclareCoverage, state: State, ctx: Context
) -> Iterator[Change]:
    """Absence within the series now means: no unsealed entry."""
    key = COVERAGE.key(operation.office, operation.right, *operation.series)
    after = Coverage(declared=ctx.time, withdrawn=operation.withdrawn)
    yield change(COVERAGE, key, state.at(COVERAGE, key), after)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def declare(*, withdrawn: bool = False) -> DeclareCoverage:
        return DeclareCoverage(office="XA", right="patent", series=("2026",), withdrawn=withdrawn)

    yield Example("plain", declare())
    yield Example("withdrawn-before-declared", declare(withdrawn=True), "coverage-unchanged")
