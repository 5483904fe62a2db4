"""Applicants of Australian patents (IP Australia, IPGOD): rows without any day.

A year is no filing date, so these rows become copies for searching, never filings. Each row names
one applicant; rows of one number that follow each other are one filing of joint applicants.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from muniment.intake.reader import RawRow
from muniment.intake.record import Item, Record, distinct, text

NAME = "ipgod-au"
_NUMBER = "australian_appl_no"
_NAMES_MAX = 1_000
"""Most applicants of a filing that are kept; the most seen so far are 13."""


def recognises(fields: Mapping[str, Any]) -> bool:
    """Return whether these are the columns of the table of applicants."""
    return _NUMBER in fields and "cleanname" in fields


def read(rows: Iterable[RawRow]) -> Iterator[Item]:
    """Yield the filings of the rows."""
    for number, same in groupby(rows, _named):
        if number:
            yield _filing(number, same)
        else:
            yield from (_unnamed(row) for row in same)


def _named(row: RawRow) -> str:
    return text(row.fields.get(_NUMBER)).strip() if row.fields else ""


def _filing(number: str, rows: Iterable[RawRow]) -> Item:
    names: dict[str, None] = {}
    count = last = 0
    for row in rows:
        count, last = count + 1, row.number
        if row.fields and len(names) < _NAMES_MAX:
            names[text(row.fields.get("cleanname")).strip()] = None
    return Item(last, _record(last, number, distinct(names), joined=count > 1))


def _unnamed(row: RawRow) -> Item:
    return Item(row.number, _record(row.number, "", ()) if row.fields else None, row.fault)


def _record(row: int, number: str, names: tuple[str, ...], *, joined: bool = False) -> Record:
    return Record(row=row, office="AU", right="patent", number=number, date="",
                  applicants=names, source=NAME, dated=False, joined=joined)
