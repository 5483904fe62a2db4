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
