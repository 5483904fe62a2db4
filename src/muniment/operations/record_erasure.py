"""Record an erasure: say that disclosures of a filing were destroyed, and why."""

from collections.abc import Iterator
from typing import Annotated

from muniment.codec import Number, Office, Payload, RightKind, Word, items, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS, COPIES
from muniment.model.context import Context
from muniment.model.state import Change, State, change


class RecordErasure(Payload, frozen=True, kw_only=True, tag="record-erasure"):
    """Which disclosures are gone. It names no person and repeats no digest."""

    erased: Annotated[tuple[Word, ...], items(most=8)]
    """The names whose disclosures were destroyed, e.g. `["applicants"]`."""
    ground: Word
    """The code of the ground, e.g. `data-subject-request`."""
    number: Number
    """The number of the filing."""
    office: Office
    """The office whose filing it is."""
    recorder: Office
    """The office that held and destroyed the disclosures."""
    right: RightKind
    """The kind of right."""


TYPE = TransactionType(
    name="record-erasure",
    number=41,
    payload=RecordErasure,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"application", "copy"}),
    register="recorder",
)


@TYPE.check(1, "not-confirmed", basis="docs/formats/state-tree.md")
def filing_is_here(operation: RecordErasure, state: State, ctx: Context) -> bool:
    """The filing MUST stand in the register of the office that erases."""
    return _found(operation, state) is not None


@TYPE.check(2, "name-not-disclosed", basis="docs/formats/disclosure.md")
def names_were_disclosed(operation: RecordErasure, state: State, ctx: Context) -> bool:
    """Each name MUST be one that the filing disclosed and that is not erased already."""
    found = _found(operation, state)
    if found is None:
        return False
    names = set(operation.erased)
    fresh = names <= found[1].disclosed.keys() - set(found[1].erased)
    return fresh and len(names) == len(operation.erased)


@TYPE.effect
def erasure_is_recorded(operation: RecordErasure, state: State, ctx: Context) -> Iterator[Change]:
    """The filing says which names are gone; every digest and proof stays."""
    if operation.office == operation.recorder:
        own = filings.find(state, APPLICATIONS, *_named(operation))
        if own is not None:
            erased = tuple(sorted({*own[1].erased, *operation.erased}))
            yield change(APPLICATIONS, own[0], own[1], replace(own[1], erased=erased))
        return
    copy = filings.find(state, COPIES, *_named(operation), operation.recorder)
    if copy is not None:
        erased = tuple(sorted({*copy[1].erased, *operation.erased}))
        yield change(COPIES, copy[0], copy[1], replace(copy[1], erased=erased))


def _found(
    operation: RecordErasure, state: State
) -> tuple[bytes, filings.Application | filings.Copy] | None:
    if operation.office == operation.recorder:
        return filings.find(state, APPLICATIONS, *_named(operation))
    return filings.find(state, COPIES, *_named(operation), operation.recorder)


def _named(operation: RecordErasure) -> tuple[str, str, str]:
    return operation.office, operation.right, operation.number


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def erase(*names: str) -> RecordErasure:
        return RecordErasure(erased=names, ground="data-subject-request", number="2026/000001",
                             office="XA", recorder="XA", right="patent")

    yield Example("plain", erase("title"), given=given.filed())
    yield Example("no-such-entry", erase("title"), "not-confirmed")
    yield Example("never-disclosed", erase("applicants"), "name-not-disclosed", given.filed())
