"""The rules that are data, as the priority checks read them: each row once, each term once.

A rulebook stands over one reference for as long as that does not change: for one operation, one
command or one batch.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from muniment.model.calendar import (
    Calendar,
    CalendarUnknown,
    Deadline,
    Reference,
    deadline,
    format_date,
)

TERMS_KEPT = 200_000
"""Most terms remembered; forgetting them changes nothing but speed."""
UNKNOWN = "unknown"
Row = Mapping[str, Any]


class Term(NamedTuple):
    """The end of a term at an office, and the same as JSON members."""

    deadline: Deadline
    members: dict[str, Any]


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
        self._policies: dict[tuple[str, str, str], tuple[Row, ...]] = {}

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
        return Term(end, end.as_json())

    def period(self, later: str, earlier: str) -> Row | None:
        """Return the row of the period between two kinds of right, or None."""
        key = (later, earlier)
        if key not in self._periods:
            self._periods[key] = self.reference.row("period", later, earlier)
        return self._periods[key]

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
        return [one for one in self._restorations[key] if one[1]["valid_from"] <= text]

    def policy(self, office: str, right: str, word: str, day: date | None) -> Row | None:
        """Return an office's policy as it was on a day; None where nobody sourced one."""
        row = self.stated(office, right, word, day)
        return None if row is None or row["value"] == UNKNOWN else row

    def stated(self, office: str, right: str, word: str, day: date | None) -> Row | None:
        """Return what is published of an office's policy on a day, be it that it is unknown.

        A row may list the policies that held before it, the newest first, under `before`.
        """
        key = (office, right, word)
        versions = self._policies.get(key)
        if versions is None:
            row = self.reference.row("policy", *key)
            versions = (row, *row.get("before", ())) if row else ()
            self._policies[key] = versions
        for version in versions:
            since = version.get("valid_from", "")
            if not since or (day is not None and since <= format_date(day)):
                return version
        return None
