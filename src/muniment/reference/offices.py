"""The names of offices, for people: `offices.csv` beside this module.

- What an office is, is decided by the codes in `model/office.py`; a test keeps both equal.
- Names are those of WIPO Standard ST.3; they express no opinion on any State or territory.
"""

import csv
from functools import cache
from importlib.resources import files

from muniment.model.office import DEMO


@cache
def _names() -> dict[str, str]:
    path = files(__package__).joinpath("offices.csv")
    with path.open(encoding="utf-8") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def office_name(code: str) -> str:
    """Return the name of an office, or an empty text for a code that nobody has."""
    if code in DEMO:
        return f"{DEMO[code]}, a fictional office"
    return _names().get(code, "")
