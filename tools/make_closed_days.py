"""Make `src/muniment/reference/closed_days.csv` from a holiday library and offices' own notices.

Run it by hand when the library or `tools/office_notices.csv` changes:
`.venv/bin/python tools/make_closed_days.py`. One row is one office and year. The library knows
public holidays; what an office announced itself stands in the notices and goes before it. A year
whose week-ends or working Saturdays nobody knows is left out: it is unknown, never assumed. A day
on which the office perhaps closed is no closed day: it stands apart, and nothing is certain around
it.
"""

import csv
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import holidays
from dateutil.easter import easter

FIRST_YEAR, LAST_YEAR = 1970, 2035
NAME_LENGTH_MAX = 26


class Place(NamedTuple):
    """Whose public holidays a filing office keeps."""

    country: str
    subdivision: str | None = None
    first: int = FIRST_YEAR
    """The first year whose week-ends the office kept as the library has them."""
    last: int = LAST_YEAR
    """The last year whose working days are announced."""
    categories: tuple[str, ...] = ("public",)


OFFICES = {
    "AE": Place("AE", first=2007),
    "AT": Place("AT"),
    "AU": Place("AU", "ACT"),
    "CN": Place("CN", first=2001, last=2026),
    "CZ": Place("CZ"),
    "DE": Place("DE", "BY", categories=("public", "catholic")),
    "EG": Place("EG", first=2000),
    "EM": Place("ES", "VC"),
    "EP": Place("DE", "BY", categories=("public", "catholic")),
    "FR": Place("FR"),
    "GB": Place("GB", "ENG"),
    "IB": Place("CH", "GE"),
    "IL": Place("IL", first=1990),
    "IN": Place("IN", first=1986),
    "JP": Place("JP", first=1993),
    "KR": Place("KR", first=2006, categories=("public", "bank")),
    "PH": Place("PH", first=2000),
    "RU": Place("RU", first=2000, last=2025),
    "SA": Place("SA", first=2014),
    "SE": Place("SE", categories=("public", "de_facto")),
    "US": Place("US"),
}
"""ST.3 code -> whose holidays; the reasons for the years stand in docs/reference-data.md."""
OWN_LISTS = ("EM", "EP", "IB")
"""Offices that announce every closed day themselves; the holidays around them only come near."""
ESTIMATED = "(estim"
"""How the library marks a holiday whose day is announced when the moon is seen."""
FOLDER = Path(__file__).parent
NOTICES = FOLDER / "office_notices.csv"
TARGET = FOLDER.parent / "src/muniment/reference/closed_days.csv"


class Notice(NamedTuple):
    """What an office announced about a year."""

    whole: bool
    """Whether it lists every closed day; if not, it adds to the public holidays."""
    closed: str
    source: str


def main() -> None:
    """Write the table."""
    announced = notices()
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["office", "year", "weekend", "closed", "open", "perhaps", "own_list",
                         "source"])
        for office, place in OFFICES.items():
            for year in range(place.first, place.last + 1):
                made = row(office, place, year, announced.get((office, year)))
                if made[3]:  # a year that the library does not know is left unknown
                    writer.writerow(made)
    sys.stdout.write(f"{TARGET.name}: {len(OFFICES)} offices, {FIRST_YEAR} to {LAST_YEAR}\n")


def notices() -> dict[tuple[str, int], Notice]:
    """Return what offices announced, by office and year."""
    with NOTICES.open(encoding="utf-8") as file:
        return {
            (line["office"], int(line["year"])):
            Notice(line["whole"] == "yes", line["closed"], line["source"])
            for line in csv.DictReader(file)
        }


def row(office: str, place: Place, year: int, notice: Notice | None) -> list[str]:
    """Return the row of an office and year."""
    days = holidays.country_holidays(
        place.country, subdiv=place.subdivision, years=year, language=language(place.country),
        categories=place.categories,
    )
    names = {f"{day:%m-%d}": name(days[day]) for day in days
             if day.year == year and not days.is_weekend(day)}
    names = {f"{day:%m-%d}": why for day, why in beside(office, year) if day.isoweekday() < 6
             } | names
    if office == "IB":
        names.pop("08-01", None)  # it was open on that day in both years whose list is at hand
    where = "-".join(filter(None, (place.country, place.subdivision)))
    kinds = " and ".join(place.categories)
    source = f"{kinds} holidays of {where}, holidays {holidays.__version__}"
    moving = [day for day in days if ESTIMATED in days[day]]
    is_own = bool(notice and notice.whole)
    if office in OWN_LISTS and not is_own:
        source += "; the office's own list of that year is not at hand"
    if notice:
        listed = dict(one.strip().split(" ", 1) for one in notice.closed.split(";"))
        names = listed if notice.whole else names | listed
        source = notice.source if notice.whole else f"{source}; {notice.source}"
    closed = "; ".join(f"{day} {names[day]}" for day in sorted(names))
    working = getattr(days, "weekend_workdays", set())
    opened = " ".join(f"{day:%m-%d}" for day in sorted(working) if day.year == year)
    doubtful = {f"{day:%m-%d}" for day in (*doubts(office, year), *around(moving))
                if day.year == year and not days.is_weekend(day)} - names.keys()
    return [office, str(year), weekend(days, year), closed, opened,
            "" if is_own else " ".join(sorted(doubtful)),
            "no" if not is_own and (office in OWN_LISTS or moving) else "", source]


def around(moving: list[date]) -> Iterator[date]:
    """Yield the days beside those of holidays that depend on the moon."""
    for day in moving:
        yield from (day - timedelta(days=1), day + timedelta(days=1))


def doubts(office: str, year: int) -> Iterator[date]:
    """Yield the days on which an office perhaps closed, though no notice of that year is at hand.

    From memory and to be verified, where no notice of another year shows it.
    """
    days: list[str] = []
    if office == "US" and year not in (2013, 2015):  # in these no order gave a whole day
        days = ["12-24", "12-26"]  # by order of the President, as in 2014, 2018, 2020, 2024, 2025
    if office == "EP":  # as in its lists of other years
        days = ["04-30" if year < 2014 else "04-27", "05-05", "12-24", "12-27", "12-28", "12-29",
                "12-30", "12-31"]
        if date(year, 1, 2).isoweekday() == 5:
            days.append("01-02")  # a bridge to the week-end
    if office == "IB":
        days = ["01-02", "08-01", "12-24", "12-26", "12-27", "12-28", "12-29", "12-30", "12-31"]
    if office == "EM":
        days = ["01-02", "01-03", "01-04", "01-05", "05-01", "05-09", "06-24", "11-02", "12-24",
                "12-26", "12-27", "12-28", "12-29", "12-30", "12-31"]
        yield from (easter(year) + timedelta(days=after) for after in (-3, 1, 39, 40, 50))
    yield from (date.fromisoformat(f"{year}-{day}") for day in days)


def weekend(days: holidays.HolidayBase, year: int) -> str:
    """Return the ISO week days on which an ordinary week of a year closes.

    Raises:
        ValueError: The week-end changed within the year, which one row cannot say.
    """
    def week(first: date) -> str:
        span = (first + timedelta(days=at) for at in range(7))
        return "".join(sorted(str(day.isoweekday()) for day in span if days._is_weekend(day)))  # noqa: SLF001 - `is_weekend` leaves working Saturdays out

    start, end = week(date(year, 1, 1)), week(date(year, 12, 25))
    if start != end:
        raise ValueError(f"the week-end of {days.country} changed within {year}")
    return start


def beside(office: str, year: int) -> Iterator[tuple[date, str]]:
    """Yield the days on which an office closes by law though they are no public holidays.

    Inauguration Day is one in the District of Columbia alone (5 U.S.C. 6103(c)); offices of the
    Japanese State close from 29 December to 3 January (Act 91 of 1988).
    """
    if office == "US" and year % 4 == 1:
        day = date(year, 1, 20)
        yield day + timedelta(days=day.isoweekday() == 7), "Inauguration Day"
    if office == "JP":
        for month, number in ((1, 2), (1, 3), (12, 29), (12, 30), (12, 31)):
            yield date(year, month, number), "Year-end closing"


def language(country: str) -> str:
    """Return the English variant that the library has for a country."""
    known = holidays.country_holidays(country).supported_languages
    return next((one for one in ("en_US", "en_GB", "en_AU", "en_IN", "en") if one in known), "")


def name(text: str) -> str:
    """Return a holiday's name in ASCII and short enough for a row."""
    plain = text.replace("\u2019", "'").encode("ascii", "ignore").decode("ascii")
    return plain.replace(";", ",")[:NAME_LENGTH_MAX].strip() or "Holiday"


if __name__ == "__main__":
    main()
