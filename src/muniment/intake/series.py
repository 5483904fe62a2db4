"""What the series of a number says of a filing: that it is none of that day, or none at all.

A table of facts about offices' own numbering. It is looked at for every source, whatever the
source itself says.
"""

from functools import lru_cache

from muniment.intake.record import HAGUE_DESIGNATION, NATIONAL_STAGE, RE_EXAMINATION, Record

_US_DIGITS = 8
_INDIAN_DIGITS = 12
_INDIAN_KIND_AT = 5
_US_SERIES = {
    ("design", "35"): HAGUE_DESIGNATION,
    ("patent", "90"): RE_EXAMINATION,
    ("patent", "95"): RE_EXAMINATION,
    ("patent", "96"): RE_EXAMINATION,
}
"""Series of the USPTO: designations under the Hague System; ex parte and inter partes
re-examination, supplemental examination."""


def stage_of(record: Record) -> str:
    """Return the stage of a filing, from its source or the series of its number; or nothing."""
    return record.stage or _of_series(record.office, record.right, record.number)


@lru_cache(maxsize=1)
def _of_series(office: str, right: str, number: str) -> str:
    """Return what the series says; several rules ask it of one record."""
    if office == "US":
        digits = "".join(one for one in number if one.isdigit())
        if len(digits) == _US_DIGITS:
            return _US_SERIES.get((right, digits[:2]), "")
    if office == "IN" and right == "patent":
        return NATIONAL_STAGE if _is_indian_national_phase(number) else ""
    return ""


def _is_indian_national_phase(number: str) -> bool:
    """Return whether a number is of a national phase: `n/DELNP/yyyy`, or 7 to 9 as sixth digit."""
    parts = number.split("/")
    if len(parts) == 3:
        return parts[1].upper().endswith("NP")
    return len(number) == _INDIAN_DIGITS and number.isdigit() and number[_INDIAN_KIND_AT] in "789"
