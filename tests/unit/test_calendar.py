"""Months and closed days against independent implementations, and where the law is awkward.

`python-dateutil` counts months; `workalendar` knows closed days. Where the second differs from
the packaged data, the difference stands with its reason in `tests/tables/calendar_differences.csv`:
one that does not stand there fails.
"""

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import assume, given
from hypothesis import strategies as st
from workalendar.core import CalendarError
from workalendar.registry import registry

from muniment.model.calendar import (
    CLOSED_RUN_MAX,
    Calendar,
    add_months,
    deadline,
    parse_date,
)
from muniment.proof.errors import NotFound
from muniment.reference import PackagedReference

REFERENCE = PackagedReference("demo")
TABLE = Path(__file__).parent.parent / "tables/calendar_differences.csv"
REGIONS = {
    "AT": "AT", "AU": "AU-ACT", "CN": "CN", "CZ": "CZ", "DE": "DE-BY", "EM": "ES-VC", "FR": "FR",
    "GB": "GB", "IB": "CH-GE", "IL": "IL", "JP": "JP", "KR": "KR", "PH": "PH", "RU": "RU",
    "SE": "SE", "US": "US",
}
"""Office -> region of workalendar. It has no AE, EG, IN, SA; EP keeps lists of its own."""
YEARS = range(2010, 2027)
DAY = timedelta(days=1)


def differences(office):
    calendar, other = Calendar(office, REFERENCE), registry.get(REGIONS[office])()
    for year in YEARS:
        try:
            names = dict(other.holidays(year))
            calendar.year(year)
        except (CalendarError, NotFound):
            continue  # one of the two does not know the year
        for day in days_of(year):
            reason, works = calendar.closing(day), other.is_working_day(day)
            if (reason is None) != works:
                named = str(names.get(day, "")).split(" #")[0]
                yield day, reason or "open", named or ("open" if works else "closed")


def days_of(year):
    return [date(year, 1, 1) + DAY * at for at in range(366 if not year % 4 else 365)]


def listed():
    with TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("office", REGIONS)
def test_closed_days_are_those_of_another_library_but_for_the_listed_ones(office):
    found = defaultdict(list)
    for day, ours, theirs in differences(office):
        found[ours, theirs].append(day)
    expected = {(row["packaged"], row["other"]): (int(row["days"]), parse_date(row["first"]))
                for row in listed() if row["office"] == office}
    assert {name: (len(days), days[0]) for name, days in found.items()} == expected


def test_every_listed_difference_has_a_reason_and_stands_once():
    rows = listed()
    assert all(row["reason"] and row["office"] in REGIONS for row in rows)
    assert len({(row["office"], row["packaged"], row["other"]) for row in rows}) == len(rows)


DATES = st.dates(date(1800, 1, 1), date(2190, 12, 31))


@given(DATES, st.integers(-120, 120))
def test_months_are_counted_as_an_independent_library_counts_them(start, months):
    assert add_months(start, months) == start + relativedelta(months=months)


@given(DATES, st.integers(0, 60), st.integers(0, 60))
def test_months_added_in_two_steps_never_end_later(start, first, second):
    """From 31 January over February, the short month is remembered: the law counts in one step."""
    both = add_months(add_months(start, first), second)
    assert both <= add_months(start, first + second) <= both + 3 * DAY


@given(st.integers(1800, 2180), st.integers(1, 30))
def test_last_day_of_february_ends_on_the_last_day_only_if_the_law_says_so(year, years):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    assume(leap)
    end = add_months(date(year, 2, 29), 12 * years)
    assert (end.month, end.day) in ((2, 28), (2, 29))
    assert add_months(date(year, 2, 28), 12 * years).day == 28


class Weeks:
    """Calendars made for a test: some years, a week-end, closed days, working days."""

    def __init__(self, weekend, closed=(), opened=(), years=range(2000, 2030)):
        self.weekend, self.years = list(weekend), years
        self.closed, self.opened = set(closed), set(opened)

    def row(self, table, *name):
        year = int(name[1])
        if table != "closed-days" or year not in self.years:
            return None
        named = {f"{day:%m-%d}": "closed by decree" for day in self.closed if day.year == year}
        return {"closed": named, "weekend": self.weekend, "source": "made for a test",
                "open": [f"{day:%m-%d}" for day in self.opened if day.year == year]}

    def rows(self, table, *prefix):
        return iter(())


SPAN = st.dates(date(2003, 1, 1), date(2026, 12, 31))
WEEKENDS = st.sampled_from([(), (7,), (6, 7), (5, 6), (4, 5), (6,), (5, 7)])


@given(SPAN, st.integers(1, 24), WEEKENDS, st.sets(SPAN, max_size=20), st.sets(SPAN, max_size=5))
def test_term_ends_on_the_first_day_that_is_open(start, months, weekend, closed, opened):
    nominal = start + relativedelta(months=months)
    closed |= {nominal + DAY * at for at in range(start.day % 4)}
    end = deadline(start, months, Calendar("QZ", Weeks(weekend, closed, opened)))
    day = nominal
    while day in closed or (day.isoweekday() in weekend and day not in opened):
        day += DAY
    assert (end.nominal, end.end) == (nominal, day)
    assert [one for one, _ in end.closed] == [nominal + DAY * at for at in range(
        (day - nominal).days)]


@given(SPAN, st.integers(0, CLOSED_RUN_MAX + 5))
def test_office_closed_for_long_opens_at_last_or_its_data_is_wrong(day, length):
    closed = {day + DAY * at for at in range(length)}
    calendar = Calendar("QZ", Weeks((), closed))
    if length <= CLOSED_RUN_MAX:
        opened, reasons = calendar.roll(day)
        assert opened == day + DAY * length and len(reasons) == length
    else:
        with pytest.raises(NotFound, match="calendar-unknown"):
            calendar.roll(day)


@given(st.integers(2001, 2028), st.integers(1, 10))
def test_term_that_rolls_into_an_unknown_year_is_unknown(year, length):
    last = date(year, 12, 31)
    closed = {last - DAY * at for at in range(length)}
    known = Calendar("QZ", Weeks((), closed, years=range(2000, year + 1)))
    with pytest.raises(NotFound, match="calendar-unknown"):
        deadline(add_months(last, -12), 12, known)
    before = deadline(add_months(last - DAY * length, -12), 12, known)
    assert before.end <= last


@pytest.mark.parametrize(("office", "start", "end", "reasons"), [
    ("EP", "2019-12-24", "2021-01-04", "Christmas Eve; Christmas Day; Saturday; Sunday; Bridging "
     "day; Bridging day; Bridging day; New Year's Eve; New Year's Day; Saturday; Sunday"),
    ("EP", "2014-04-27", "2015-04-28", "National Holiday"),
    ("EP", "2022-12-27", "2024-01-02", "Year-end closing; Year-end closing; Year-end closing; "
     "Saturday; Sunday; New Year's Day"),
    ("IB", "2016-01-02", "2017-01-03", "Non-working day"),
    ("IB", "2018-08-01", "2019-08-01", ""),
    ("JP", "2022-12-29", "2024-01-04", "Year-end closing; Saturday; Sunday; New Year's Day; "
     "Year-end closing; Year-end closing"),
    ("AE", "2020-12-31", "2022-01-03", "Friday; Saturday; Sunday"),
    ("AE", "2019-12-31", "2020-12-31", ""),
    ("SA", "2022-03-03", "2023-03-05", "Friday; Saturday"),
    ("EG", "2023-06-15", "2024-06-19", "Saturday; Eid al-Adha; Eid al-Adha; Eid al-Adha"),
    ("CN", "2023-10-12", "2024-10-12", ""),
    ("RU", "2023-04-27", "2024-04-27", ""),
    ("PH", "2020-07-20", "2021-07-21", "Closed by proclamation"),
    ("DE", "2023-08-15", "2024-08-16", "Assumption Day"),
    ("SE", "2023-06-21", "2024-06-24", "Midsummer Eve; Saturday; Sunday"),
    ("US", "1995-01-12", "1996-01-16",
     "Closed by notice; Saturday; Sunday; Martin Luther King Jr. Day"),
    ("US", "2002-02-18", "2003-02-19", "Closed by notice"),
    ("US", "2016-01-20", "2017-01-23", "Inauguration Day; Saturday; Sunday"),
])
def test_term_ends_as_offices_and_laws_have_it(office, start, end, reasons):
    counted = deadline(parse_date(start), 12, Calendar(office, REFERENCE))
    assert (str(counted.end), "; ".join(reason for _, reason in counted.closed)) == (end, reasons)


@pytest.mark.parametrize(("office", "year"), [
    ("JP", 1992), ("KR", 2005), ("IN", 1985), ("CN", 2000), ("CN", 2027), ("RU", 2026), ("AE", 2006),
    ("SA", 2013), ("US", 1969), ("US", 2036),
])
def test_year_whose_week_ends_or_working_days_nobody_knows_is_unknown(office, year):
    with pytest.raises(NotFound, match="calendar-unknown"):
        Calendar(office, REFERENCE).year(year)
