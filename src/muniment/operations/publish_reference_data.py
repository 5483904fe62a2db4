"""Publish reference data: number formats, calendars, memberships, periods, policies."""

from collections.abc import Iterator
from typing import Annotated

from muniment.codec import AccountId, Component, Payload, Record, Row, Word, encode, items
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.account import ACCOUNTS
from muniment.model.context import Context
from muniment.model.member import is_governed
from muniment.model.number import NumberFormat
from muniment.model.reference import PARAMETERS, REFERENCE, ReferenceRow, well_named
from muniment.model.reference_shape import row_is_sound
from muniment.model.state import Change, State, change
from muniment.proof import limits
from muniment.proof.errors import LedgerError

ROWS_MAX = 100
"""Most rows of one operation; a calendar of decades takes several."""
READING_PARTS = ("check", "masks", "series")
"""What decides under which key a number stands: entries would be lost from view."""
COMPONENTS_MAX = 4
"""Most components of a row's name."""


class NamedRow(Record, frozen=True, kw_only=True):
    """A row and the components that name it."""

    name: Annotated[tuple[Component, ...], items(most=COMPONENTS_MAX)]
    """The components, e.g. `["XB", "2026"]`."""
    row: Row
    """The row, with its source and dates."""


class PublishReferenceData(Payload, frozen=True, kw_only=True, tag="publish-reference-data"):
    """Rows of one table."""

    publisher: AccountId
    """The account that publishes."""
    rows: Annotated[tuple[NamedRow, ...], items(most=ROWS_MAX)]
    """The rows; each replaces the row of the same name."""
    table: Word
    """The table, e.g. `number-format` or `closed-days`."""


TYPE = TransactionType(
    name="publish-reference-data",
    number=17,
    payload=PublishReferenceData,
    signers=frozenset({Signer.ITSELF, Signer.MEMBERS}),
    may_change=frozenset({"reference"}),
    register="publisher",
    majority=Majority.ORDINARY,
)


@TYPE.check(1, "row-not-of-the-publisher", basis="docs/reference-data.md")
def rows_are_the_publishers(
    operation: PublishReferenceData, state: State, ctx: Context
) -> bool:
    """The publisher MUST be an office whose code begins the name of each row, or the operator.

    Once the members have taken over, they publish in his place, and no row of an enrolled office.
    """
    if ctx.mandate is not None:
        return not any(state.get(ACCOUNTS, row.name[0]) for row in operation.rows)
    operator = state.get(PARAMETERS, "operator")
    founding = operator is not None and operator.value == operation.publisher
    if founding and not is_governed(state):
        return True
    return all(row.name[0] == operation.publisher for row in operation.rows)


@TYPE.check(2, "row-without-source", basis="docs/reference-data.md")
def rows_have_sources(operation: PublishReferenceData, state: State, ctx: Context) -> bool:
    """Each row MUST name its source."""
    return all(isinstance(row.row.get("source"), str) for row in operation.rows)


@TYPE.check(3, "row-named-twice", basis="docs/reference-data.md")
def rows_differ(operation: PublishReferenceData, state: State, ctx: Context) -> bool:
    """No two rows of the operation MUST have the same name."""
    return len({row.name for row in operation.rows}) == len(operation.rows)


@TYPE.check(4, "number-format-malformed", basis="docs/number-formats.md")
def number_formats_are_sound(
    operation: PublishReferenceData, state: State, ctx: Context
) -> bool:
    """A number format MUST be written in the mask language and match its own examples."""
    if operation.table != "number-format":
        return True
    try:
        formats = [NumberFormat.from_row(row.row) for row in operation.rows]
    except (LedgerError, KeyError, TypeError, ValueError):
        return False
    return all(
        (one.office, one.right_kind, one.identifier) == row.name
        for one, row in zip(formats, operation.rows, strict=True)
    )


@TYPE.check(5, "row-name-not-of-its-table", basis="docs/reference-data.md")
def rows_are_named_as_their_table_asks(
    operation: PublishReferenceData, state: State, ctx: Context
) -> bool:
    """The table MUST be a known one, and each row MUST be named as that table asks."""
    return all(well_named(operation.table, row.name) for row in operation.rows)


@TYPE.check(6, "number-format-replaced", basis="docs/number-formats.md")
def number_formats_stay(operation: PublishReferenceData, state: State, ctx: Context) -> bool:
    """A published number format MUST NOT change how it reads: a new one gets a new name."""
    if operation.table != "number-format":
        return True
    for one in operation.rows:
        before = state.get(REFERENCE, operation.table, *one.name)
        if before and any(before.row.get(part) != one.row.get(part) for part in READING_PARTS):
            return False
    return True


@TYPE.check(7, "reference-row-malformed", basis="docs/reference-data.md")
def rows_hold_what_the_rules_read(
    operation: PublishReferenceData, state: State, ctx: Context
) -> bool:
    """Each row MUST hold the members of its table, with values that the rules understand."""
    return all(row_is_sound(operation.table, one.name, one.row) for one in operation.rows)


@TYPE.check(8, "reference-row-too-large", basis="docs/reference-data.md")
def rows_are_small(operation: PublishReferenceData, state: State, ctx: Context) -> bool:
    """Each row MUST fit into a value of the state, with what is kept beside it."""
    return all(len(encode(_kept(operation, one, state, ctx))) <= limits.STATE_VALUE_BYTES_MAX
               for one in operation.rows)


def _kept(
    operation: PublishReferenceData, one: NamedRow, state: State, ctx: Context
) -> ReferenceRow:
    before = state.get(REFERENCE, operation.table, *one.name)
    return ReferenceRow(published=ctx.time, publisher=operation.publisher, row=one.row,
                        version=before.version + 1 if before else 1)


@TYPE.effect
def rows_are_published(
    operation: PublishReferenceData, state: State, ctx: Context
) -> Iterator[Change]:
    """Each row stands with its version and the time of its publication."""
    for one in operation.rows:
        key = REFERENCE.key(operation.table, *one.name)
        before = state.at(REFERENCE, key)
        after = _kept(operation, one, state, ctx)
        yield change(REFERENCE, key, before, after)


_DAY: Row = {"closed": {"09-18": "National Day"}, "open": [], "source": "decree 7",
             "weekend": [6, 7]}


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def publish(table: str, *rows: NamedRow, publisher: str = "XB") -> PublishReferenceData:
        return PublishReferenceData(publisher=publisher, rows=rows, table=table)

    day = _DAY
    calendar = NamedRow(name=("XB", "2026"), row=day)
    bare = NamedRow(name=("XB", "2027"), row={"closed": {}})
    wrong = NamedRow(name=("XB", "patent", "year"), row={**given.number_format("XB", "{N:1-5}9"),
                                                         "source": "decree 7"})
    yield Example("plain", publish("closed-days", calendar), signer="XB")
    yield Example("of-another-office", publish("closed-days", NamedRow(name=("XA", "2026"),
                                                                        row=day)),
                  "row-not-of-the-publisher", signer="XB")
    yield Example("no-source", publish("closed-days", bare), "row-without-source", signer="XB")
    yield Example("twice", publish("closed-days", calendar, calendar), "row-named-twice",
                  signer="XB")
    yield Example("two-way-mask", publish("number-format", wrong), "number-format-malformed",
                  signer="XB")
    yield Example("table-of-ones-own", publish("office-notes", calendar),
                  "row-name-not-of-its-table", signer="XB")
    other = NamedRow(name=("XB", "patent", "year"), row={
        **given.number_format("XB", "{Y}/{N:5}"), "source": "decree 7"})
    yield Example("another-reading", publish("number-format", other), "number-format-replaced",
                  signer="XB")
    week = NamedRow(name=("XB", "2026"), row={**day, "weekend": [6, 8]})
    yield Example("eight-day-week", publish("closed-days", week), "reference-row-malformed",
                  signer="XB")
    wordy = NamedRow(name=("XB", "2026"), row={**day, "note": "x" * 900})
    yield Example("too-large", publish("closed-days", wordy), "reference-row-too-large",
                  signer="XB")
    fee: Row = {"basis": "Patents Act s. 9", "source": "Patents Act", "valid_from": "2010-01-01",
                "value": "per-claim"}
    charge = NamedRow(name=("XB", "patent", "fee"), row=fee)
    yield Example("policy", publish("policy", charge), signer="XB")
    dear = NamedRow(name=("XB", "patent", "fee"), row={**fee, "value": "dear"})
    yield Example("policy-of-no-meaning", publish("policy", dear), "reference-row-malformed",
                  signer="XB")


@TYPE.examples
def cases_of_a_network() -> Iterator[Example]:
    """The worked cases once the members have taken over."""
    def publish(name: str, publisher: str) -> PublishReferenceData:
        rows = (NamedRow(name=(name, "2026"), row=_DAY),)
        return PublishReferenceData(publisher=publisher, rows=rows, table="closed-days")

    yield Example("shared-rows-by-the-members", publish("US", "XB"), given=net.network(),
                  signer="XB", mandate=3)
    yield Example("operator-after-the-founding", publish("US", "XA"), "row-not-of-the-publisher",
                  net.network())
    yield Example("members-over-an-office", publish("XB", "XA"), "row-not-of-the-publisher",
                  net.network(), mandate=3)
