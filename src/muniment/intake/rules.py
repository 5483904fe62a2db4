"""What is looked at in each row, in order: each rule a sentence, a code, and what follows.

- A rule that refuses keeps the row out of the ledger; one that flags lets it in and reports it.
- Nothing is mended: no date is guessed, no column shifted back, no number completed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from muniment.intake.mapping import Record
from muniment.model.calendar import add_months, parse_date
from muniment.proof.errors import LedgerError

PLACEHOLDERS = ("1900-01-01", "0001-01-01", "1970-01-01", "9999-12-31")
RIGHTS = ("patent", "utility-model", "design", "trademark")
DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    code: str
    """Its stable code."""
    refuses: bool
    """Whether it keeps the row out."""
    sentence: str
    """What is wrong, in one sentence."""
    basis: str
    """Why it matters."""
    broken: Callable[[Record], bool]
    """Whether a record breaks it."""


def _real(text: str) -> bool:
    try:
        parse_date(text)
    except LedgerError:
        return False
    return True


def _printable(text: str) -> bool:
    return bool(text) and len(text) <= 40 and all(" " <= one <= "~" for one in text)


def _priority_dates(record: Record) -> Iterable[str]:
    return (one.date for one in record.priorities if not one.parent)


def _after_filing(record: Record) -> bool:
    return any(_real(day) and day > record.date for day in _priority_dates(record))


def _over_a_year(record: Record) -> bool:
    filed = parse_date(record.date)
    return any(
        _real(day) and day not in PLACEHOLDERS and add_months(parse_date(day), 12) < filed
        for day in _priority_dates(record)
    )


RULES: tuple[Rule, ...] = (
    Rule("columns-slipped", True, "The grant number holds no digit: the columns have slipped.",
         "data quality", lambda one: bool(one.grant_number) and not DIGITS & set(one.grant_number)),
    Rule("office-malformed", True, "The office is no two-letter code.", "WIPO ST.3",
         lambda one: len(one.office) != 2 or not one.office.isascii() or not one.office.isupper()),
    Rule("right-unknown", True, "The kind of right is none of the four.", "docs/import.md",
         lambda one: one.right not in RIGHTS),
    Rule("number-missing", True, "There is no number of at most 40 printable ASCII characters.",
         "WIPO ST.13", lambda one: not _printable(one.number)),
    Rule("date-missing", True, "There is no filing date.", "Paris Convention Art. 4A(3)",
         lambda one: not one.date),
    Rule("date-malformed", True, "The filing date is no real date.", "WIPO ST.2",
         lambda one: one.date not in PLACEHOLDERS and not _real(one.date)),
    Rule("date-placeholder", True, "The filing date is a placeholder.", "WIPO ST.2",
         lambda one: one.date in PLACEHOLDERS),
    Rule("priority-placeholder", False, "A priority date is a placeholder.", "WIPO ST.2",
         lambda one: any(entry.date in PLACEHOLDERS for entry in one.priorities)),
    Rule("priority-malformed", False, "A priority date is no real date.", "WIPO ST.2",
         lambda one: any(entry.date and entry.date not in PLACEHOLDERS and not _real(entry.date)
                         for entry in one.priorities)),
    Rule("priority-after-filing", False, "A priority date is after the filing date.",
         "Paris Convention Art. 4C(2)", _after_filing),
    Rule("priority-over-12-months", False,
         "A priority date is more than 12 months before the filing date.",
         "Paris Convention Art. 4C(1); national phases are filed by their international date",
         _over_a_year),
    Rule("priority-without-number", False,
         "A priority is printed without country and number: a printed date is no claim.",
         "Paris Convention Art. 4D(1)",
         lambda one: any(not entry.number for entry in one.priorities)),
    Rule("parent-not-claim", False,
         "A parent application is printed among the priorities; it is no Paris claim.",
         "Paris Convention Art. 4G", lambda one: any(entry.parent for entry in one.priorities)),
    Rule("applicant-missing", False, "No applicant is named.", "PLT Art. 5",
         lambda one: not any(one.applicants)),
)

READING_RULES = {
    "row-not-json": "The line is no JSON object, or a member stands twice.",
    "row-not-utf-8": "The line is not UTF-8, holds a zero byte, or is too long.",
    "row-not-csv": "The line is no CSV.",
    "columns-slipped": RULES[0].sentence,
}
"""Faults of rows that could not be read; all of them refuse."""

LEDGER_RULES = {
    "number-in-file-twice": (True, "The number stood in an earlier row of this file."),
    "already-entered": (False, "The filing stands in the ledger with the same date."),
    "differs-from-entry": (True, "The filing stands in the ledger with another date."),
    "text-too-long": (True, "A title or name is longer than a disclosure may be."),
    "disclosure-erased": (False, "A name was erased earlier; it is not disclosed again."),
    "number-format-unknown": (False, "No published format reads the number; its digest stands."),
    "refused-by-ledger": (True, "A declared check of the ledger refused it."),
}
"""What only the ledger or the vault can tell, with whether it refuses."""


def judge(record: Record) -> tuple[bool, list[str]]:
    """Return whether a record may enter, and the codes of the rules that it breaks."""
    broken: list[str] = []
    for rule in RULES:
        if rule.broken(record):
            broken.append(rule.code)
            if rule.refuses:
                return False, broken
    return True, broken


def explain(code: str) -> tuple[bool, str]:
    """Return whether a code refuses, and its sentence."""
    for rule in RULES:
        if rule.code == code:
            return rule.refuses, rule.sentence
    if code in READING_RULES:
        return True, READING_RULES[code]
    return LEDGER_RULES.get(code.partition(":")[0], (True, code))
