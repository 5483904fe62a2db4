"""The rules that are data, as the priority checks read them: each row once, each term once.

A rulebook stands over one reference for as long as that does not change: for one operation, one
command or one batch.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from muniment.model.calendar import (
    Calendar,
    CalendarUnknown,
    Deadline,
    Reference,
    deadline,
    format_date,
    parse_date,
)

TERMS_KEPT = 30_000
"""Most terms remembered; forgetting them changes nothing but speed."""
UNKNOWN = "unknown"
Row = Mapping[str, Any]


class Term(NamedTuple):
    """The end of a term at an office, and the same as JSON members."""

    deadline: Deadline
    members: dict[str, Any]
    results: dict[tuple[str, ...], Any]
    """What checks find that rests on the term and a policy alone, once made."""


class Rulebook:
    """Reference data with what was read and counted from it.

    Args:
        reference: Reference data of a ledger, or the packaged one.
    """

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self._calendars: dict[str, Calendar] = {}
        self._terms: dict[tuple[str, date, int], Term | CalendarUnknown] = {}
        self._periods: dict[tuple[str, str], Row | None] = {}
        self._memberships: dict[str, dict[str, Row]] = {}
        self._restorations: dict[tuple[str, str], tuple[tuple[str, Row], ...]] = {}
        self._policies: dict[tuple[str, str], Policies] = {}

    def calendar(self, office: str) -> Calendar:
        """Return the calendar of an office."""
        if office not in self._calendars:
            self._calendars[office] = Calendar(office, self.reference)
        return self._calendars[office]

    def term(self, office: str, start: date, months: int) -> Term:
        """Return the end of a term of months at an office.

        Raises:
            CalendarUnknown: Nobody published the calendar of that year.
        """
        key = (office, start, months)
        found = self._terms.get(key)
        if found is None:
            if len(self._terms) >= TERMS_KEPT:
                self._terms.clear()
            found = self._terms[key] = self._count(office, start, months)
        if isinstance(found, CalendarUnknown):
            raise found.with_traceback(None)
        return found

    def _count(self, office: str, start: date, months: int) -> Term | CalendarUnknown:
        try:
            end = deadline(start, months, self.calendar(office))
        except CalendarUnknown as error:
            return error
        return Term(end, end.as_json(), {})

    def period(self, later: str, earlier: str) -> Row | None:
        """Return the row of the period between two kinds of right, or None."""
        key = (later, earlier)
        if key not in self._periods:
            self._periods[key] = self.reference.row("period", later, earlier)
        return self._periods[key]

    @cached_property
    def has_periods(self) -> bool:
        """Whether any period is published: without one nothing follows from a missing row."""
        return next(self.reference.rows("period"), None) is not None

    def memberships(self, office: str) -> Mapping[str, Row]:
        """Return the row of each treaty by which an office's country was ever bound."""
        if office not in self._memberships:
            rows = self.reference.rows("membership", office)
            self._memberships[office] = {name[-1]: row for name, row in rows}
        return self._memberships[office]

    def restorations(self, office: str, right: str, day: date) -> list[tuple[str, Row]]:
        """Return (criterion, row) of each ground of restoration at an office on a day."""
        key = (office, right)
        if key not in self._restorations:
            rows = self.reference.rows("restoration", office, right)
            self._restorations[key] = tuple((name[-1], row) for name, row in rows)
        text = format_date(day)
        return [one for one in self._restorations[key]
                if one[1]["valid_from"] <= text
                and not ("" < one[1].get("valid_until", "") <= text)]

    def policies(self, office: str, right: str) -> "Policies":
        """Return the policies of an office for a kind of right."""
        key = (office, right)
        found = self._policies.get(key)
        if found is None:
            found = self._policies[key] = Policies(self.reference, office, right)
        return found


class Policies:
    """The policies of an office for a kind of right, each version with the day of its beginning.

    Args:
        reference: Reference data.
        office: ST.3 code.
        right: The kind of right.
    """

    def __init__(self, reference: Reference, office: str, right: str) -> None:
        self._reference, self._named = reference, (office, right)
        self._versions: dict[str, tuple[tuple[date | None, Row], ...]] = {}

    def on(self, word: str, day: date | None) -> Row | None:
        """Return what is published of a policy on a day, be it that it is unknown.

        A row may list the policies that held before it, the newest first, under `before`.
        """
        versions = self._versions.get(word)
        if versions is None:
            versions = self._versions[word] = self._read(word)
        for since, row in versions:
            if since is None or (day is not None and since <= day):
                return row
        return None

    def _read(self, word: str) -> tuple[tuple[date | None, Row], ...]:
        row = self._reference.row("policy", *self._named, word)
        found = (row, *row.get("before", ())) if row else ()
        return tuple(
            (parse_date(one["valid_from"]) if one.get("valid_from") else None, one)
            for one in found
        )


def law(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that every result shows which rests on a policy."""
    return {"law": row["basis"], "source": row["source"]}
