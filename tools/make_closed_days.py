"""Make `src/muniment/reference/closed_days.csv` from the public holidays of a holiday library.

Run it by hand when the library is updated: `.venv/bin/python tools/make_closed_days.py`. One row
is one office and year. The library knows public holidays; the closings that an office announces
by decree are not in it and are added by publishing a row (docs/reference-data.md).
"""

import csv
import sys
from datetime import date
from pathlib import Path

import holidays

FIRST_YEAR, LAST_YEAR = 1970, 2035
NAME_LENGTH_MAX = 26
OFFICES = {
    "AT": ("AT", None),
    "AU": ("AU", "ACT"),
    "CN": ("CN", None),
    "CZ": ("CZ", None),
    "DE": ("DE", "BY"),
    "EM": ("ES", "VC"),
    "EP": ("DE", "BY"),
    "FR": ("FR", None),
    "GB": ("GB", "ENG"),
    "IB": ("CH", "GE"),
    "IN": ("IN", None),
    "JP": ("JP", None),
    "KR": ("KR", None),
    "SE": ("SE", None),
    "US": ("US", None),
}
"""ST.3 code -> country and subdivision whose public holidays its filing office keeps."""
TARGET = Path(__file__).parent.parent / "src/muniment/reference/closed_days.csv"


def main() -> None:
    """Write the table."""
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["office", "year", "weekend", "closed", "open", "source"])
        for office, (country, subdivision) in OFFICES.items():
            for year in range(FIRST_YEAR, LAST_YEAR + 1):
                made = row(office, country, subdivision, year)
                if made[3]:  # a year that the library does not know is left unknown
                    writer.writerow(made)
    sys.stdout.write(f"{TARGET.name}: {len(OFFICES)} offices, {FIRST_YEAR} to {LAST_YEAR}\n")


def row(office: str, country: str, subdivision: str | None, year: int) -> list[str]:
    """Return the row of an office and year."""
    days = holidays.country_holidays(
        country, subdiv=subdivision, years=year, language=language(country)
    )
    closed = "; ".join(
        f"{day:%m-%d} {name(days[day])}"
        for day in sorted(days)
        if day.year == year and day.isoweekday() < 6
    )
    working = getattr(days, "weekend_workdays", set())
    opened = " ".join(f"{day:%m-%d}" for day in sorted(working) if day.year == year)
    place = country if subdivision is None else f"{country}-{subdivision}"
    source = f"public holidays of {place}, holidays {holidays.__version__}"
    return [office, str(year), "67", closed, opened, source]


def language(country: str) -> str:
    """Return the English variant that the library has for a country."""
    known = holidays.country_holidays(country).supported_languages
    return next((one for one in ("en_US", "en_GB", "en_AU", "en_IN", "en") if one in known), "")


def name(text: str) -> str:
    """Return a holiday's name in ASCII and short enough for a row."""
    plain = text.replace("\u2019", "'").encode("ascii", "ignore").decode("ascii")
    return plain.replace(";", ",")[:NAME_LENGTH_MAX].strip() or date.min.isoformat()


if __name__ == "__main__":
    main()
