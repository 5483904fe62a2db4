"""Reference data on the ledger: number formats, calendars, memberships, periods, policies.

- A row stands under `reference/TABLE/COMPONENTS.../` with its source, dates and version; the
  version counts the publications of that row, and the older ones stay in the log.
- The operator publishes what is shared; an office publishes the rows of its own code.
"""

from collections.abc import Iterator
from typing import Any

from muniment.codec import AccountId, Natural, Record, Row
from muniment.model.state import State, Table


class ReferenceRow(Record, frozen=True, kw_only=True):
    """A published row."""

    published: Natural
    """Block time of the publication, in UTC seconds."""
    publisher: AccountId
    """The account that published it."""
    row: Row
    """The row itself, with its source and dates."""
    version: Natural
    """How many times this row has been published."""


class Parameter(Record, frozen=True, kw_only=True):
    """One parameter of the ledger."""

    value: str | Natural
    """Its value."""


_OFFICE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
WORD_LENGTH_MAX = 14
RIGHTS = ("patent", "utility-model", "design", "trademark")
TABLES = {
    "closed-days": ("office", "year"),
    "membership": ("office", "word"),
    "number-format": ("office", "right", "word"),
    "policy": ("office", "right", "word"),
    "period": ("right", "right"),
    "restoration": ("office", "right", "word"),
}
"""Each table and how its rows are named: one free word at most, so that no path is too deep."""


def well_named(table: str, name: tuple[str, ...]) -> bool:
    """Return whether a row is named as its table asks."""
    shape = TABLES.get(table, ())
    return len(name) == len(shape) > 0 and all(
        _fits(part, kind) for part, kind in zip(name, shape, strict=True)
    )


def _fits(part: str, kind: str) -> bool:
    if kind == "office":
        return len(part) == 2 and _OFFICE.issuperset(part)
    if kind == "right":
        return part in RIGHTS
    if kind == "year":
        return len(part) == 4 and part.isascii() and part.isdigit()
    return 1 <= len(part) <= WORD_LENGTH_MAX and _WORD.issuperset(part)


REFERENCE = Table("reference", ReferenceRow, "Reference data, versioned and dated.")
PARAMETERS = Table("parameter", Parameter, "The ledger's parameters, set by genesis.")


class LedgerReference:
    """The reference data of a state, as the priority rules read it."""

    def __init__(self, state: State) -> None:
        self._state = state

    def row(self, table: str, *components: str) -> dict[str, Any] | None:
        """Return the row under `components`, or None."""
        found = self._state.get(REFERENCE, table, *components)
        return found.row if found else None

    def rows(self, table: str, *prefix: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
        """Yield (components, row) of a table under a prefix, in order."""
        for key, value in self._state.rows(REFERENCE, table, *prefix):
            yield tuple(key.decode("ascii").split("/")[2:-1]), value.row
