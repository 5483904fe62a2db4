"""Dates and calendars: real dates, months of law, closed days, deadlines with their reasons.

- A term in months ends on the same day number, or on the last day of the month (PCT Rule 80).
- A term that ends on a day when the office is closed runs to its next open day, by the calendar
  of the office where protection is claimed (Paris Convention Art. 4C(3)).
- Week-ends and closed days are reference data by office and year. A year without data is
  unknown; nothing is assumed.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Protocol

from muniment.proof import limits
from muniment.proof.errors import Malformed, NotFound

_DIGITS = frozenset("0123456789")
_DAY = timedelta(days=1)
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CLOSED_RUN_MAX = 40
"""No office is closed longer: a longer run is an error of the data."""

CLOSED_MONTHS_MAX = 6
"""By so many months after its end a term is over, whatever days an office was closed whose calendar
nobody published: the longest closing that is known, the EPO's of spring 2020, was 79 days."""


class Reference(Protocol):
    """Reference data, packaged or on a ledger."""

    def __hash__(self) -> int:
        """Return a hash by identity: what is made from reference data is kept with it."""

    def row(self, table: str, *components: str) -> dict[str, Any] | None:
        """Return the row under `components`, or None."""

    def rows(self, table: str, *prefix: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
        """Yield (components, row) of a table under a prefix, in order."""


@lru_cache(maxsize=8_192)
def parse_date(text: str) -> date:
    """Return the date of a text `YYYY-MM-DD` in ASCII digits.

    Raises:
        Malformed: It is no real date between 1790 and 2199.
    """
    parts = text[:4], text[5:7], text[8:]
    well_formed = len(text) == 10 and text[4] == text[7] == "-"
    if not well_formed or not all(_DIGITS.issuperset(part) for part in parts):
        raise _bad_date(text)
    year, month, day = (int(part) for part in parts)
    if not limits.YEAR_MIN <= year <= limits.YEAR_MAX or not 1 <= month <= 12:
        raise _bad_date(text)
    if not 1 <= day <= monthrange(year, month)[1]:
        raise _bad_date(text)
    return date(year, month, day)


def _bad_date(text: str) -> Malformed:
    return Malformed(
        "date-malformed", f"{text[:20]!r} is no real date of 1790 to 2199.",
        basis="WIPO Standard ST.2; ST.96", remedy="Write it as YYYY-MM-DD.",
    )


@lru_cache(maxsize=65_536)
def format_date(day: date) -> str:
    """Return a date as `YYYY-MM-DD`."""
    return day.isoformat()


def shown(day: date | None) -> str | None:
    """Return a date as JSON shows it."""
    return format_date(day) if day else None


def add_months(start: date, months: int) -> date:
    """Return the day on which a term of months from `start` ends (PCT Rule 80.2)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    month += 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


class CalendarUnknown(NotFound):
    """Nobody published the closed days of an office for a year, or no day of it is open."""

    def __init__(self, office: str, year: int) -> None:
        super().__init__(
            "calendar-unknown", f"No usable closed days of {office} for {year} are known.",
            basis="Paris Convention Art. 4C(3)",
            remedy="Publish the office's calendar of that year.",
        )
        self.office = office
        self.year = year


class Calendar:
    """The open and closed days of one office."""

    def __init__(self, office: str, reference: Reference) -> None:
        self.office = office
        self._reference = reference
        self._years: dict[int, dict[str, Any]] = {}

    def year(self, year: int) -> dict[str, Any]:
        """Return the row of a year.

        Raises:
            CalendarUnknown: Nobody published it.
        """
        if year not in self._years:
            row = self._reference.row("closed-days", self.office, f"{year:04}")
            if row is None:
                raise CalendarUnknown(self.office, year)
            self._years[year] = row
        return self._years[year]

    def closing(self, day: date) -> str | None:
        """Return why the office is closed on a day, or None if it is open.

        Raises:
            CalendarUnknown: Nobody published the calendar of that year.
        """
        row = self.year(day.year)
        name = f"{day.month:02}-{day.day:02}"
        if name in row["closed"]:
            return str(row["closed"][name])
        if day.isoweekday() in row["weekend"] and name not in row["open"]:
            return DAY_NAMES[day.weekday()]
        return None

    def perhaps(self, day: date) -> bool:
        """Return whether the office was perhaps closed on a day on which it is said to be open.

        Raises:
            CalendarUnknown: Nobody published the calendar of that year.
        """
        return f"{day.month:02}-{day.day:02}" in self.year(day.year).get("perhaps", ())

    def is_estimate(self, day: date) -> bool:
        """Return whether public holidays stand in for the office's own list of closed days."""
        return self.year(day.year).get("own_list") is False

    def roll(self, day: date) -> tuple[date, tuple[tuple[date, str], ...]]:
        """Return the first open day from `day` on, and each closed day before it with its reason.

        Raises:
            CalendarUnknown: Nobody published a calendar that is needed.
        """
        closed = []
        while (reason := self.closing(day)) is not None:
            closed.append((day, reason))
            day += _DAY
            if len(closed) > CLOSED_RUN_MAX:
                raise CalendarUnknown(self.office, day.year)
        return day, tuple(closed)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a term."""

    start: date
    """The day from which it runs; that day is not counted."""
    months: int
    """Its length."""
    nominal: date
    """The day on which it ends by the calendar alone."""
    end: date
    """The day on which it ends at the office: the first open day from there on."""
    closed: tuple[tuple[date, str], ...]
    """The closed days in between, each with its reason."""
    latest: date
    """The day on which it ends if the office was closed whenever it perhaps was."""
    perhaps: tuple[date, ...] = ()
    """The days from its end on that make the difference."""
    is_estimate: bool = False
    """Whether public holidays stand in for the office's own list of closed days."""

    def as_json(self) -> dict[str, Any]:
        """Return the deadline as JSON members."""
        shown: dict[str, Any] = {
            "closed": [[format_date(day), reason] for day, reason in self.closed],
            "end": format_date(self.end),
            "months": self.months,
            "nominal_end": format_date(self.nominal),
            "start": format_date(self.start),
        }
        if self.perhaps:
            shown |= {"latest_end": format_date(self.latest),
                      "perhaps_closed": [format_date(day) for day in self.perhaps]}
        if self.is_estimate:
            shown["own_list"] = False
        return shown


def deadline(start: date, months: int, calendar: Calendar) -> Deadline:
    """Return the end of a term of months at an office.

    Raises:
        CalendarUnknown: Nobody published the calendar of that year.
    """
    nominal = add_months(start, months)
    end, closed = calendar.roll(nominal)
    latest, perhaps = _latest(calendar, end)
    is_estimate = calendar.is_estimate(nominal) or calendar.is_estimate(end)
    return Deadline(start, months, nominal, end, closed, latest, perhaps, is_estimate)


def _latest(calendar: Calendar, end: date) -> tuple[date, tuple[date, ...]]:
    """Return the first day that is surely open, and the days before it that perhaps were not."""
    day = end
    perhaps: list[date] = []
    try:
        while calendar.perhaps(day) and len(perhaps) <= CLOSED_RUN_MAX:
            perhaps.append(day)
            day, _ = calendar.roll(day + _DAY)
    except CalendarUnknown:
        pass  # the next year is unknown: what is known ends with this one
    return day, tuple(perhaps)
