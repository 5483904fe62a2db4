"""A filing as a source prints it, and how its printed dates are read.

- A reader of a source yields records and nothing else; what may enter the ledger is the business
  of the rules, and of the ledger.
- Values are kept as printed. A date that is not of the notation of its source stays as it is, so
  that a rule can say so; a value that the source does not give is an empty text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from muniment.intake.parents import NO_LINE, Line

DATE_FORMATS = ("YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "MM-DD-YYYY", "DD.MM.YYYY", "YYYYMMDD")
RIGHTS = ("patent", "utility-model", "design", "trademark")
NATIONAL_STAGE = "national-stage"
HAGUE_DESIGNATION = "hague-designation"
RE_EXAMINATION = "re-examination"
_DIGITS = frozenset("0123456789")
_ZONED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T00:00:00Z|Z|[+-][0-9]{2}:[0-9]{2})?\Z")
_SPACE = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Goods or services of one class."""

    class_number: str
    """The class of the Nice Classification, e.g. `009`."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A priority as a source prints it, with the components of WIPO Standard ST.96."""

    office: str
    """The ST.3 code of the office of the earlier filing, or empty if the source names none."""
    number: str
    date: str
    kind: str = "claim"
    """`claim` under the Paris Convention, or `parent`: an earlier application of the same office
    of which this one is a continuation, division, reissue or the like."""
    right: str = ""
    """The kind of right of the earlier filing, where the source says so."""
    category: str = ""
    """PCT, Regional or National."""
    indicated: tuple[str, ...] = ()
    """Codes of States for which an earlier regional or international application was made."""
    document: str = ""
    """How the priority document comes: requested, attached or online."""
    access_code: str = ""
    """Its access code, a secret of the applicant: exchanged, never entered in a ledger."""
    holder: str = ""
    status: str = ""
    """Claimed, Abandoned, Accepted, Partially refused, Refused or Undefined."""
    status_date: str = ""
    partial: bool | None = None
    """Whether the priority is claimed for some of the goods and services only."""
    goods: tuple[Goods, ...] = ()
    """Which ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A filing as a source prints it."""

    row: int
    """The last of the rows that it comes from."""
    office: str
    right: str
    number: str
    date: str
    """The filing date, `YYYY-MM-DD`; anything else as printed."""
    title: str = ""
    applicants: tuple[str, ...] = ()
    grant_number: str = ""
    source: str
    priorities: tuple[Priority, ...] = ()
    line: Line = NO_LINE
    """From which filing it descends, as its parents are printed."""
    stage: str = ""
    """`national-stage`, `hague-designation` or `re-examination`, where the source says so."""
    dated: bool = True
    """Whether the source gives filing dates at all."""
    joined: bool = False
    """Whether several rows made it."""


class Item(NamedTuple):
    """What a reader yields for a row: a record, or the fault of that row."""

    row: int
    record: Record | None
    fault: str = ""
    """The rule that it breaks."""
    label: str = ""
    """What names the row if it has no number, e.g. the file of a folder."""


def text(value: Any) -> str:
    """Return a text, or an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def phrase(value: Any) -> str:
    """Return a text with its white space collapsed, as an XML token is."""
    return _SPACE.sub(" ", text(value)).strip(" ")


def listed(value: Any) -> list[Any]:
    """Return a list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def members(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; what is none is left out."""
    return [one for one in listed(value) if isinstance(one, dict)]


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that are not empty, each once, in their order."""
    return tuple(dict.fromkeys(name for name in names if name))


def read_date(printed: str, date_format: str) -> str:
    """Return a date as `YYYY-MM-DD`, or the text itself where it is not of the format."""
    if len(printed) != len(date_format):
        return printed
    parts = {"Y": "", "M": "", "D": ""}
    for sign, place in zip(printed, date_format, strict=True):
        if place in parts:
            if sign not in _DIGITS:
                return printed
            parts[place] += sign
        elif sign != place:
            return printed
    return f"{parts['Y']}-{parts['M']}-{parts['D']}"


def day_only(printed: str) -> str:
    """Return the date of `2011-05-31-04:00` or `2013-12-03T00:00:00Z`: the day that is printed.

    A zone after a date (`xsd:date`) names where that day was; it is never converted.
    """
    found = _ZONED.match(printed)
    return found[1] if found else printed
