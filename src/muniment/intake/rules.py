"""What is looked at in each row, in order: each rule a sentence, a code, and what follows.

- A rule that refuses keeps the row out of the ledger; one that flags lets it in and reports it.
- Nothing is mended: no date is guessed, no column shifted back, no number completed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from muniment.intake.record import (
    HAGUE_DESIGNATION,
    NATIONAL_STAGE,
    RE_EXAMINATION,
    RIGHTS,
    Goods,
    Priority,
    Record,
)
from muniment.intake.series import stage_of
from muniment.intake.xml import XML_RULES
from muniment.model.calendar import add_months, parse_date
from muniment.proof.errors import LedgerError

PLACEHOLDERS = ("1900-01-01", "0001-01-01", "1970-01-01", "9999-12-31")
DIGITS = frozenset("0123456789")
STANDING = ("", "Claimed", "Accepted", "Undefined")
"""Statuses of a priority, in the words of ST.96, under which it is still claimed."""


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


def is_real(text: str) -> bool:
    """Return whether a printed date is a real one."""
    try:
        parse_date(text)
    except LedgerError:
        return False
    return True


def _printable(text: str) -> bool:
    return bool(text) and len(text) <= 40 and all(" " <= one <= "~" for one in text)


def filing_date(record: Record) -> str:
    """Return the filing date that a record gives, or nothing where it gives none."""
    return "" if stage_of(record) == HAGUE_DESIGNATION else record.date


def _lacks_date(record: Record) -> bool:
    expected = record.dated and stage_of(record) not in {HAGUE_DESIGNATION, NATIONAL_STAGE}
    return expected and not record.date


def _claims(record: Record) -> Iterable[Priority]:
    return (one for one in record.priorities if one.kind == "claim")


def _after_filing(record: Record) -> bool:
    filed = filing_date(record)
    return bool(filed) and any(is_real(one.date) and one.date > filed for one in _claims(record))


def _is_over(record: Record, months: int) -> bool:
    filed = filing_date(record)
    return bool(filed) and any(
        is_real(one.date) and one.date not in PLACEHOLDERS
        and add_months(parse_date(one.date), months) < parse_date(filed)
        for one in _claims(record)
    )


def _over_a_year(record: Record) -> bool:
    return record.right in {"patent", "utility-model"} and _is_over(record, 12)


def _over_half_a_year(record: Record) -> bool:
    return record.right in {"design", "trademark"} and _is_over(record, 6)


def class_number(goods: Goods) -> int:
    """Return the class of the Nice Classification, 1 to 45, or 0 where none can be read."""
    text = goods.class_number.lstrip("0")
    known = text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= 45
    return int(text) if known else 0


def _part_is_untold(claim: Priority) -> bool:
    told = any(class_number(one) or one.text for one in claim.goods)
    return bool(claim.partial) and not told


def is_complete(claim: Priority) -> bool:
    """Return whether a priority is a claim that can be entered: office, number and real date."""
    named = len(claim.office) == 2 and claim.office.isascii() and claim.office.isupper()
    dated = is_real(claim.date) and claim.date not in PLACEHOLDERS
    stands = claim.kind == "claim" and claim.status in STANDING and not _part_is_untold(claim)
    return named and dated and stands and _printable(claim.number)


RULES: tuple[Rule, ...] = (
    Rule("columns-slipped", True, "The grant number holds no digit: the columns have slipped.",
         "data quality", lambda one: bool(one.grant_number) and not DIGITS & set(one.grant_number)),
    Rule("office-malformed", True, "The office is no two-letter code.", "WIPO ST.3",
         lambda one: len(one.office) != 2 or not one.office.isascii() or not one.office.isupper()),
    Rule("number-missing", True, "There is no number of at most 40 printable ASCII characters.",
         "WIPO ST.13", lambda one: not _printable(one.number)),
    Rule("right-unknown", True,
         "The kind of right is none that the register holds: patents, utility models, designs and "
         "marks.", "docs/import.md", lambda one: one.right not in RIGHTS),
    Rule("re-examination", True,
         "The number is of a request about a granted patent, such as re-examination: no "
         "application was filed that day.", "docs/import.md",
         lambda one: stage_of(one) == RE_EXAMINATION),
    Rule("date-missing", True, "There is no filing date.", "Paris Convention Art. 4A(3)",
         _lacks_date),
    Rule("date-malformed", True, "The filing date is no real date.", "WIPO ST.2",
         lambda one: bool(filing_date(one)) and one.date not in PLACEHOLDERS
         and not is_real(one.date)),
    Rule("date-placeholder", True, "The filing date is a placeholder.", "WIPO ST.2",
         lambda one: filing_date(one) in PLACEHOLDERS),
    Rule("source-without-dates", False,
         "The source gives no filing dates: the entry is a copy for searching, not a filing.",
         "Paris Convention Art. 4A(3)", lambda one: not one.dated),
    Rule("joint-applicants", False, "Several rows name applicants of one filing; it is one entry.",
         "docs/import.md", lambda one: one.joined),
    Rule("national-stage", False,
         "A national stage: its filing date is that of the international application, not the day "
         "of entry.", "PCT Art. 11(3)",
         lambda one: stage_of(one) == NATIONAL_STAGE),
    Rule("hague-designation", False,
         "A designation under the Hague System: its date is that of the international "
         "registration; the printed one may be that of receipt and is not taken.",
         "Hague Agreement (1999 Act) Art. 14(1)",
         lambda one: stage_of(one) == HAGUE_DESIGNATION),
    Rule("office-not-told", False, "The office is printed as XX, the code of an unknown one.",
         "WIPO ST.3", lambda one: one.office == "XX"),
    Rule("priority-placeholder", False, "A priority date is a placeholder.", "WIPO ST.2",
         lambda one: any(entry.date in PLACEHOLDERS for entry in one.priorities)),
    Rule("priority-malformed", False, "A priority date is no real date.", "WIPO ST.2",
         lambda one: any(entry.date and entry.date not in PLACEHOLDERS and not is_real(entry.date)
                         for entry in one.priorities)),
    Rule("priority-after-filing", False, "A priority date is after the filing date.",
         "Paris Convention Art. 4C(2)", _after_filing),
    Rule("priority-over-12-months", False,
         "A priority date is more than 12 months before the filing date.",
         "Paris Convention Art. 4C(1); national phases are filed by their international date",
         _over_a_year),
    Rule("priority-over-6-months", False,
         "A priority date is more than 6 months before the filing date of a design or mark.",
         "Paris Convention Art. 4C(1)", _over_half_a_year),
    Rule("priority-without-number", False,
         "A priority is printed without country and number: a printed date is no claim.",
         "Paris Convention Art. 4D(1)",
         lambda one: any(not entry.number for entry in one.priorities)),
    Rule("priority-office-unknown", False,
         "A priority names its office in words that stand for no single office of ST.3.",
         "WIPO ST.3", lambda one: any(entry.number and not entry.office for entry in _claims(one))),
    Rule("parent-not-claim", False,
         "A parent application is printed among the priorities; it is no Paris claim.",
         "Paris Convention Art. 4G",
         lambda one: any(entry.kind == "parent" for entry in one.priorities)),
    Rule("line-not-told", False,
         "Several parents are printed, and not which of them the filing descends from: neither a "
         "parent nor a claim is entered.", "Paris Convention Art. 4G",
         lambda one: one.line.is_open),
    Rule("claim-not-standing", False,
         "A priority is printed as abandoned or refused, in whole or in part; it is not entered.",
         "WIPO ST.96 PriorityStatusCategory",
         lambda one: any(entry.status not in STANDING for entry in _claims(one))),
    Rule("priority-part-untold", False,
         "A priority is claimed for some goods and services only, and they are not listed; it is "
         "not entered.", "Paris Convention Art. 4F",
         lambda one: any(map(_part_is_untold, _claims(one)))),
    Rule("access-code-printed", False,
         "An access code of a priority document is printed; it is a secret and is not kept.",
         "WIPO DAS", lambda one: any(entry.access_code for entry in one.priorities)),
    Rule("applicant-missing", False, "No applicant is named.", "PLT Art. 5",
         lambda one: not any(one.applicants)),
)

READING_RULES = {
    "row-not-json": "The line is no JSON object, or a member stands twice.",
    "row-not-utf-8": "The line is not UTF-8, holds a zero byte, or is too long.",
    "row-not-csv": "The line is no CSV.",
    "columns-slipped": RULES[0].sentence,
    "document-unknown": "The document is no JSON object with applications of a known shape.",
    "file-damaged": "The file is cut off, damaged or too large.",
    **XML_RULES,
}
"""Faults of rows and documents that could not be read; all of them refuse."""

LEDGER_RULES = {
    "already-entered": (
        False, "The filing stands in the ledger, or in an earlier row, with the same date."),
    "differs-from-entry": (
        True, "The filing stands in the ledger, or in an earlier row, with another date."),
    "entry-without-date": (True, "A copy without a date stands in the ledger; this row has one."),
    "own-filing-without-date": (
        True, "No filing date can be taken from the source; the office's own filing needs one."),
    "sealed-here": (
        True, "The office sealed a filing of that number and has not opened it: entered openly, "
        "the sealed one could never be opened."),
    "text-too-long": (True, "A title or name is longer than a disclosure may be."),
    "disclosure-erased": (False, "A name was erased earlier; it is not disclosed again."),
    "number-format-unknown": (
        False, "No published format of that office reads the number; it is kept as printed."),
    "claim-only-reported": (
        False, "A priority claim is printed with office, number and date. It is entered with "
        "--claims."),
    "claim-of-another-office": (
        False, "A priority claim is printed on a filing of another office; only that office enters "
        "it, in its own register."),
    "claim-refused-by-ledger": (False, "A declared check of the ledger refused a claim."),
    "parent-refused-by-ledger": (
        False, "A declared check of the ledger refused the parent; its claims are counted without "
        "it."),
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
