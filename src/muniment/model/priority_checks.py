"""The checks of one priority claim, each with its own result, reason, basis and remedy.

P08 and P09 stand in `model/first_filing.py`, P10 in `model/applicant.py`. P18 looks at all
claims together and stands in `model/priority.py`. Checks P11 to P17, P19 and P20 of the rulebook
have their place in `CHECKS`.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from muniment.model.applicant import applicant_is_entitled
from muniment.model.calendar import (
    CalendarUnknown,
    Deadline,
    Reference,
    deadline,
    format_date,
)
from muniment.model.first_filing import filing_is_first, filing_is_not_barred
from muniment.model.priority_case import Case, Result

NOT_CONFIRMED_REASON = (
    "No unsealed entry within the declared coverage. Unknown, sealed and unpublished filings are "
    "answered alike."
)

Check = Callable[[Case], Result]
_TREATY_NAMES = {"paris": "PARIS", "wto": "WTO", "regional": "REGIONAL"}


def number_is_read(case: Case) -> Result:
    """P01: both offices MUST be known and the earlier number MUST have one reading."""
    basis = "WIPO Standards ST.3 and ST.13"
    claim = case.claim
    if not claim.office_known:
        return Result("P01", "OFFICE_UNKNOWN", f"{claim.earlier.office} is no ST.3 code.", basis,
                      True, "Correct the office code.")
    reasons = {
        "ok": ("WELL_FORMED", "The number is written as its office writes it."),
        "respelled": ("RESPELLED", "The number is matched in its canonical form."),
        "unknown": ("FORMAT_UNKNOWN", "No published format of the office reads the number."),
        "ambiguous": ("AMBIGUOUS", "The number can be read in several ways."),
        "check-digit-wrong": ("CHECK_DIGIT_WRONG", "The number's check digit is wrong."),
    }
    result, reason = reasons[claim.reading]
    excludes = claim.reading == "check-digit-wrong"
    remedy = "Compare the number with the filing receipt." if result.isupper() and (
        claim.reading not in ("ok", "respelled")) else ""
    return Result("P01", result, reason, basis, excludes, remedy,
                  {"canonical": claim.canonical or None})


def filing_is_registered(case: Case) -> Result:
    """P02: the earlier filing SHOULD stand in the register, in its own office's words."""
    basis = "Paris Convention Art. 4A(2)-(3)"
    claim = case.claim
    if claim.found == "application":
        return Result("P02", "OFFICE_ATTESTED", "The office's own entry stands here.", basis)
    if claim.found == "copy":
        return Result("P02", "COPY", "A copy from a named source stands here, not the office's "
                      "own entry.", basis, remedy="Ask the office for its entry.",
                      facts={"source": claim.source})
    if not claim.covered:
        return Result("P02", "NOT_COVERED", "The office has not declared this series complete "
                      "here; nothing follows from its absence.", basis,
                      remedy="Ask for a certified copy.")
    return Result("P02", "NOT_CONFIRMED", NOT_CONFIRMED_REASON, basis)


def date_is_registered(case: Case) -> Result:
    """P03: the filing date in the claim MUST be the one in the register."""
    basis = "Paris Convention Art. 4D(1)"
    claim = case.claim
    if claim.earlier.date is None:
        return Result("P03", "DATE_UNREADABLE", "The claim gives no real date.", basis, True,
                      "Give the date as YYYY-MM-DD.")
    claimed = {"claimed": format_date(claim.earlier.date)}
    if claim.register_date is None:
        return Result("P03", "NOT_TESTED", "No public entry gives a date to compare.", basis,
                      facts=claimed)
    facts = {**claimed, "register": format_date(claim.register_date)}
    if claim.register_date == claim.earlier.date:
        return Result("P03", "EQUAL", "Claim and register give the same date.", basis, facts=facts)
    return Result("P03", "DIFFERENT", "Claim and register give different dates.", basis, True,
                  "Correct the claim, or ask the office whether its entry is wrong.", facts)


def country_is_bound(case: Case) -> Result:
    """P04: the earlier office's country MUST have been bound by Paris or WTO at that date."""
    basis = "Paris Convention Art. 4A(1)-(2); TRIPS Art. 2"
    office, day = case.claim.earlier.office, case.earlier_date
    if office == case.later.office:
        return Result("P04", "SAME_COUNTRY", "Both filings are at one office: its rule on "
                      "internal priority decides, and none is published.", basis,
                      remedy="Look for the office's rule on internal priority.")
    if day is None:
        return Result("P04", "NOT_TESTED", "Without a date no membership can be tested.", basis)
    rows = dict(case.reference.rows("membership", office))
    treaties = {name[-1]: row for name, row in rows.items()}
    for treaty, result in _TREATY_NAMES.items():
        row = treaties.get(treaty)
        if row and row["from"] <= format_date(day) and not (
            row["until"] and row["until"] <= format_date(day)):
            return Result("P04", result, f"Bound since {row['from']}.", basis,
                          facts={"since": row["from"], "source": row["source"]})
    if not treaties:
        return Result("P04", "MEMBERSHIP_UNKNOWN", "Nobody published whether the country was "
                      "bound.", basis, remedy="Consult WIPO's list of contracting parties.")
    return Result("P04", "NOT_PARIS", "The country was bound neither by the Paris Convention nor "
                  "by the WTO at that date.", basis, True)


def kinds_agree(case: Case) -> Result:
    """P05: the kinds of right MUST be ones between which priority can be claimed."""
    later, earlier = case.later.right, case.claim.earlier.right
    row = case.reference.row("period", later, earlier)
    if row is None:
        return Result("P05", "KINDS_INCOMPATIBLE", f"A {later} cannot claim the priority of a "
                      f"{earlier} under the published periods.",
                      "Paris Convention Art. 4C(1) and 4E", True)
    return Result("P05", "PERIOD", f"The period is {row['months']} months.", row["basis"],
                  facts={"months": row["months"]})


def filing_is_in_time(case: Case) -> Result:
    """P06: the later filing MUST be made by the end of the period at the later office."""
    basis = "Paris Convention Art. 4C(1)-(3); PCT Rule 80"
    start, filed = case.earlier_date, case.later.date
    row = case.reference.row("period", case.later.right, case.claim.earlier.right)
    if start is None or filed is None or row is None:
        return Result("P06", "NOT_TESTED", "Without two dates and a period nothing can be "
                      "counted.", basis)
    try:
        end = deadline(start, row["months"], case.calendar)
        facts = {"calendar": case.calendar.office, "deadline": end.as_json(),
                 "filed": format_date(filed)}
        if filed <= end.end:
            why = "; ".join(f"{format_date(day)} {reason}" for day, reason in end.closed)
            moved = f" The end moved from {format_date(end.nominal)}: {why}." if why else ""
            return Result("P06", "IN_TIME", f"The period ended on {format_date(end.end)}.{moved}",
                          basis, facts=facts)
        return _after_the_end(case, end, filed, facts, basis)
    except CalendarUnknown as error:
        return Result("P06", "CALENDAR_UNKNOWN", error.detail, basis, False, error.remedy,
                      {"calendar": error.office, "year": error.year})


def _after_the_end(
    case: Case, end: Deadline, filed: date, facts: dict[str, Any], basis: str
) -> Result:
    windows = restorations(case.reference, case.later.office, case.later.right, filed)
    for criterion, row in windows:
        # The window runs from the end as moved, and is moved itself (PCT Rules 2.4(b), 80.5).
        window = deadline(end.end, row["months"], case.calendar)
        if filed <= window.end:
            until = format_date(window.end)
            shown = {**facts, "restoration": {
                "basis": row["basis"], "criterion": criterion, "until": until}}
            return Result("P06", "RESTORABLE", f"The period ended on {format_date(end.end)}; the "
                          f"right can be restored on the criterion {criterion} until {until}.",
                          f"{basis}; {row['basis']}", True,
                          f"Request restoration by {until} and show {criterion}.", shown)
    reason = ("the office restores no such right" if not windows
              else "the window for restoration is over")
    return Result("P06", "LATE", f"The period ended on {format_date(end.end)} and {reason}.",
                  basis, True, facts={**facts, "window": "over" if windows else "none"})


def restorations(
    reference: Reference, office: str, right: str, day: date
) -> list[tuple[str, dict[str, Any]]]:
    """Return (criterion, row) of each ground of restoration at an office on a day."""
    return [
        (name[-1], row)
        for name, row in reference.rows("restoration", office, right)
        if row["valid_from"] <= format_date(day)
    ]


def later_is_later(case: Case) -> Result:
    """P07: the later filing MUST be made after the day of the earlier one."""
    basis = "Paris Convention Art. 4C(2)"
    start, filed = case.earlier_date, case.later.date
    if start is None or filed is None:
        return Result("P07", "NOT_TESTED", "Without two dates nothing can be compared.", basis)
    if filed > start:
        return Result("P07", "LATER", "The later filing follows the earlier one.", basis)
    if filed == start:
        return Result("P07", "TO_VERIFY", "Both were filed on one day: offices differ.", basis,
                      remedy="The later office decides by its own rule.")
    return Result("P07", "NOT_LATER", "The filing that claims is the older one.", basis, True)


def answer_is_public(case: Case) -> Result:
    """P21: nothing is answered beyond what is public."""
    basis = "Paris Convention Art. 4; domestic secrecy law"
    if case.claim.found == "none":
        return Result("P21", "ASSERTED_ONLY", "No public entry stands here: the other results rest "
                      "on what the claim asserts.", basis)
    return Result("P21", "PUBLIC", "The entry is public: everyone gets every result.", basis)


def claim_stands(case: Case) -> Result:
    """P22: a withdrawn claim is recorded and excluded."""
    basis = "PCT Rule 90bis.3; Paris Convention Art. 4D"
    if case.claim.withdrawn:
        return Result("P22", "WITHDRAWN", "The claim was withdrawn.", basis, True)
    return Result("P22", "STANDS", "No withdrawal is recorded.", basis)


CHECKS: tuple[Check, ...] = (
    number_is_read,
    filing_is_registered,
    date_is_registered,
    country_is_bound,
    kinds_agree,
    filing_is_in_time,
    later_is_later,
    filing_is_first,
    filing_is_not_barred,
    applicant_is_entitled,
    answer_is_public,
    claim_stands,
)
"""The checks of one claim, by their numbers; P18 looks at all claims together."""
