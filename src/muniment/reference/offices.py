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


@cache
def _codes() -> dict[str, str]:
    """Return the code of each name and of each word in `office_words.csv`; doubtful ones out."""
    found: dict[str, set[str]] = {}
    for code, name in _names().items():
        found.setdefault(_plain(name), set()).add(code)
    path = files(__package__).joinpath("office_words.csv")
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(_plain(row["words"]), set()).add(row["code"])
    return {words: min(codes) for words, codes in found.items() if len(codes) == 1}


def office_code(words: str) -> str:
    """Return the code of the office that a source names in words, or nothing; none is guessed."""
    return _codes().get(_plain(words), "")


def _plain(words: str) -> str:
    return " ".join(words.upper().split())
