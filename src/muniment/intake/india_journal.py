"""The journal of the Indian patent office, as tables of granted patents.

- A date of priority stands there without country and number: a printed date, not a claim.
- In some rows the columns have slipped; the rules see it and refuse them.
"""

from collections.abc import Mapping
from typing import Any

from muniment.intake.record import Priority, Record, read_date, text

NAME = "india-journal"
_DATE = "DD/MM/YYYY"
_COLUMNS = ("Patent Number", "Application Number", "Date of Application", "Date of Priority",
            "Title of Invention", "Patentee Name")


def recognises(fields: Mapping[str, Any]) -> bool:
    """Return whether these are the columns of the journal."""
    return all(name in fields for name in _COLUMNS)


def to_record(row: int, fields: Mapping[str, Any]) -> Record:
    """Return the record of a row."""
    day = read_date(text(fields.get("Date of Priority")).strip(), _DATE)
    return Record(
        row=row, office="IN", right="patent",
        number=text(fields.get("Application Number")).strip(),
        date=read_date(text(fields.get("Date of Application")).strip(), _DATE),
        title=text(fields.get("Title of Invention")).strip(),
        applicants=(name,) if (name := text(fields.get("Patentee Name")).strip()) else (),
        grant_number=text(fields.get("Patent Number")).strip(), source=NAME,
        priorities=(Priority(office="", number="", date=day),) if day else (),
    )
