"""Record a copy: what another than its office knows of a filing, with the source."""

from collections.abc import Iterator

from muniment.codec import (
    Component,
    Date,
    Disclosed,
    Number,
    Office,
    Payload,
    RightKind,
    from_members,
)
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import COPIES, Copy
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.office import known_office
from muniment.model.reference import PARAMETERS, REFERENCE, ReferenceRow
from muniment.model.state import Change, State, change


class RecordCopy(Payload, frozen=True, kw_only=True, tag="record-copy"):
    """What the recorder took from a source."""

    date: Date | None = None
    """The filing date, as the source gives it; a source without one is a copy for searching."""
    disclosed: Disclosed = {}
    """The names disclosed off the ledger, each with its digest."""
    number: Number
    """The number as the source prints it."""
    office: Office
    """The office whose filing it is."""
    recorder: Office
    """The office that records the copy in its own register."""
    retrieved: Date
    """The day on which the recorder took it from the source."""
    right: RightKind
    """The kind of right."""
    source: Component
    """The source, e.g. `india-journal`."""


TYPE = TransactionType(
    name="record-copy",
    number=22,
    payload=RecordCopy,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"copy"}),
    register="recorder",
)


@TYPE.check(1, "copy-of-own-entry", basis="docs/formats/state-tree.md")
def copy_is_of_another(operation: RecordCopy, state: State, ctx: Context) -> bool:
    """An office MUST file its own applications, not record copies of them."""
    return operation.office != operation.recorder


@TYPE.check(2, "office-unknown", basis="WIPO Standard ST.3")
def office_is_known(operation: RecordCopy, state: State, ctx: Context) -> bool:
    """The office of the filing MUST have an ST.3 code, former ones included."""
    profile = state.get(PARAMETERS, "profile")
    demo = profile is not None and profile.value == "demo"
    return known_office(operation.office, date=operation.date or operation.retrieved, demo=demo)


@TYPE.check(3, "number-ambiguous", basis="WIPO Standard ST.13; docs/number-formats.md")
def number_has_one_reading(operation: RecordCopy, state: State, ctx: Context) -> bool:
    """The number MUST have at most one reading by the published formats."""
    return filings.identify(state, *_named(operation)).has_one_reading


@TYPE.check(6, "international-application-elsewhere", basis="PCT Rules 4.10(a) and 20.2")
def number_is_of_that_register(operation: RecordCopy, state: State, ctx: Context) -> bool:
    """A copy of an international application MUST name its receiving Office, and a patent.

    Its number names that Office.
    """
    return not filings.is_received_elsewhere(*_named(operation))


@TYPE.check(4, "date-not-real-or-future", basis="PCT Rule 80.4; Paris Convention Art. 4A(3)")
def dates_have_come(operation: RecordCopy, state: State, ctx: Context) -> bool:
    """Both dates MUST be real and not in the future, and the filing not after its retrieval."""
    if not has_come(operation.retrieved, ctx.time):
        return False
    day = operation.date
    return day is None or (has_come(day, ctx.time) and day <= operation.retrieved)


@TYPE.check(5, "copy-already-recorded", basis="WIPO Standard ST.13: one number, one application")
def copy_is_new(operation: RecordCopy, state: State, ctx: Context) -> bool:
    """The recorder MUST NOT have recorded a copy of this number before; it corrects instead."""
    return filings.find(state, COPIES, *_named(operation), operation.recorder) is None


@TYPE.effect
def copy_is_recorded(operation: RecordCopy, state: State, ctx: Context) -> Iterator[Change]:
    """The copy stands under the number and its recorder, never as that office's entry."""
    office, right, number = _named(operation)
    named = filings.identify(state, office, right, number)
    copy = Copy(
        date=operation.date,
        disclosed=operation.disclosed,
        entry=ctx.position,
        number=named.canonical,
        printed=None if named.canonical == number else number,
        recorded=ctx.time,
        retrieved=operation.retrieved,
        source=operation.source,
    )
    key = COPIES.key(office, right, named.suffix, operation.recorder)
    yield change(COPIES, key, None, copy)


def _named(operation: RecordCopy) -> tuple[str, str, str]:
    return operation.office, operation.right, operation.number


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def copy(
        office: str = "XB", number: str = "2026-00001", date: str | None = "2026-01-05"
    ) -> RecordCopy:
        return RecordCopy(date=date, number=number, office=office, recorder="XA",
                          retrieved="2026-05-01", right="patent", source="gazette")

    row = {**given.number_format("XB", "{S:4}-{N:5}"), "format": "dash", "series": ["=other"]}
    second = from_members(ReferenceRow, {"published": 1, "publisher": "XA", "row": row,
                                         "version": 1})
    key = REFERENCE.key("number-format", "XB", "patent", "dash")
    yield Example("plain", copy())
    yield Example("number-of-no-known-format", copy(number="B 17"))
    yield Example("of-a-source-without-dates", copy(date=None))
    yield Example("own", copy("XA", "2026/000002"), "copy-of-own-entry")
    yield Example("no-office", copy("ZZ"), "office-unknown")
    yield Example("two-readings", copy(), "number-ambiguous", {key: second})
    yield Example("named-by-the-bureau", copy("IB", "PCT/XB2026/000001"),
                  "international-application-elsewhere")
    yield Example("after-its-retrieval", copy(date="2026-05-02"), "date-not-real-or-future")
    yield Example("again", copy(), "copy-already-recorded", given.copied())
