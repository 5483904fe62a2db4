"""Dates against block time: real dates, and the day of a time."""

from datetime import date

from muniment.model.calendar import format_date, parse_date
from muniment.proof.errors import LedgerError

_EPOCH = date(1970, 1, 1).toordinal()
SECONDS_A_DAY = 86_400


def day_of(time: int) -> date:
    """Return the UTC day of a time in UTC seconds."""
    return date.fromordinal(_EPOCH + time // SECONDS_A_DAY)


def day_number(day: date) -> int:
    """Return a day as days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def utc(time: int) -> str:
    """Return a time in UTC seconds as ISO 8601, e.g. `2026-09-21T08:00:00Z`."""
    hour, rest = divmod(time % SECONDS_A_DAY, 3_600)
    return f"{format_date(day_of(time))}T{hour:02}:{rest // 60:02}:{rest % 60:02}Z"


def is_date(text: str) -> bool:
    """Return whether `text` is a real date of the register's range."""
    try:
        parse_date(text)
    except LedgerError:
        return False
    return True


def has_come(text: str, time: int) -> bool:
    """Return whether a date is real and not in the future.

    One day is allowed for offices whose local date runs ahead of UTC (PCT Rule 80.4).
    """
    try:
        day = parse_date(text)
    except LedgerError:
        return False
    return day.toordinal() <= _EPOCH + time // SECONDS_A_DAY + 1
