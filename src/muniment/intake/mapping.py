"""From a row of a file to a record of a filing, by a mapping that the office writes.

- A mapping names the column of each field, or a constant in its place, and how dates are
  written. JSON lines in our own shape need none.
- Values are taken as printed. A date is read in the one notation that the mapping names; what
  does not fit stays empty and a rule says so.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from muniment.intake.parents import Parent, line_of
from muniment.intake.record import (
    DATE_FORMATS,
    Priority,
    Record,
    distinct,
    listed,
    members,
    read_date,
    text,
)
from muniment.proof.errors import Malformed, NotFound

NAME = "csv"
OUR_NAME = "json-lines"
FIELDS = ("office", "right", "number", "date", "title", "applicants", "grant_number", "source",
          "priority_date", "priority_number", "priority_country")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where a file keeps the fields of a filing."""

    columns: Mapping[str, str]
    """Field -> column."""
    constants: Mapping[str, str]
    """Field -> text that holds for every row."""
    date_format: str
    """How dates are written, one of DATE_FORMATS."""


OUR_SHAPE = ColumnMap({}, {}, "YYYY-MM-DD")


def load_map(path: Path) -> ColumnMap:
    """Read a mapping file (docs/import.md).

    Raises:
        NotFound: There is no such file.
        Malformed: A table, field or date format is not known.
    """
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound("map-not-found", f"There is no mapping {path}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _bad(f"It is no TOML: {error}") from None
    if not plain.keys() <= {"columns", "constants", "date_format"}:
        raise _bad(f"It has the tables columns and constants, not {sorted(plain)}.")
    columns, constants = plain.get("columns", {}), plain.get("constants", {})
    for table in (columns, constants):
        texts = isinstance(table, dict) and all(isinstance(one, str) for one in table.values())
        if not texts or not table.keys() <= set(FIELDS):
            raise _bad(f"A field is none of {', '.join(FIELDS)}, or its value is no text.")
    date_format = plain.get("date_format", "YYYY-MM-DD")
    if date_format not in DATE_FORMATS:
        raise _bad(f"date_format is none of {', '.join(DATE_FORMATS)}.")
    return ColumnMap(columns, constants, date_format)


def check_columns(mapping: ColumnMap, fields: Mapping[str, Any]) -> None:
    """Raise unless every column that the mapping names is in the file.

    Raises:
        Malformed: A column is missing.
    """
    missing = [name for name in mapping.columns.values() if name not in fields]
    if missing:
        raise _bad(f"The file has no column {missing[0]!r}; it has {', '.join(fields)}.")


def to_record(row: int, fields: Mapping[str, Any], mapping: ColumnMap) -> Record:
    """Return the record of a row."""
    if mapping is OUR_SHAPE:
        return _our_record(row, fields)

    def field(name: str) -> str:
        column = mapping.columns.get(name)
        value = fields.get(column) if column else mapping.constants.get(name, "")
        return text(value).strip()

    number, country = field("priority_number"), field("priority_country")
    day = read_date(field("priority_date"), mapping.date_format)
    claim = Priority(office=country, number=number, date=day)
    return Record(
        row=row, office=field("office"), right=field("right"), number=field("number"),
        date=read_date(field("date"), mapping.date_format), title=field("title"),
        applicants=distinct([field("applicants")]), grant_number=field("grant_number"),
        source=field("source") or "csv-file", priorities=(claim,) if day or number else (),
        dated="date" in mapping.columns or "date" in mapping.constants,
    )


def recognises(fields: Mapping[str, Any]) -> bool:
    """Return whether these are the fields of our own shape."""
    return "application_number" in fields and "office" in fields


def _our_record(row: int, fields: Mapping[str, Any]) -> Record:
    office, number = text(fields.get("office")), text(fields.get("application_number")).strip()
    printed = members(fields.get("priorities"))
    return Record(
        row=row, office=office, right=text(fields.get("right")), number=number,
        date=text(fields.get("filing_date")).strip(),
        title=text(fields.get("title")),
        applicants=distinct(text(one) for one in listed(fields.get("applicants"))),
        grant_number=text(fields.get("grant_number")),
        source=text(fields.get("source")) or OUR_NAME,
        priorities=tuple(map(_priority, printed)),
        line=line_of(office, number, (
            Parent(text(one["continuity"]), text(one.get("number")), text(one.get("date")))
            for one in printed if "continuity" in one)),
    )


def _priority(plain: Mapping[str, Any]) -> Priority:
    return Priority(
        office=text(plain.get("country")), number=text(plain.get("number")),
        date=text(plain.get("date")), kind="parent" if "continuity" in plain else "claim",
    )


def _bad(detail: str) -> Malformed:
    return Malformed("map-malformed", f"The mapping cannot be used. {detail}",
                     basis="docs/import.md", remedy="Compare it with the example on that page.")
