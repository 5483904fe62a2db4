"""The priority period (Paris Convention Art. 4C(1)-(3); PCT Rules 26bis.2, 26bis.3, 49ter): P06.

- The filing date that counts, and the office whose calendar counts, are those of the filing from
  which the later one descends: in a PCT national phase the international filing date (PCT Art.
  11(3)) and the receiving Office.
- Restoration is the act of one office. Its effect at another is a rule of that one, and data.
"""

from datetime import date, timedelta
from typing import Any

from muniment.model.calendar import (
    CLOSED_MONTHS_MAX,
    DAY_NAMES,
    CalendarUnknown,
    add_months,
    format_date,
)
from muniment.model.priority_case import INTERNATIONAL, Case
from muniment.model.priority_facts import Restored
from muniment.model.priority_result import Result, plain
from muniment.model.rulebook import Row, Term, law

PCT_WINDOW_MONTHS = 2
"""A claim of an international application is not void if late by no more, and within them its
restoration is requested (PCT Rules 26bis.2(c)(iii) and 26bis.3(e))."""
LONGEST_MONTHS = 12
"""No period of priority is longer (Paris Convention Art. 4C(1))."""
OFFICE_DEPENDENT = {("design", "patent"): "from-patent", ("patent", "design"): "from-design",
                    ("utility-model", "design"): "from-design"}
"""Kinds of right between which priority is a matter of the office, and the word of its policy."""


def period_of(case: Case) -> tuple[int, Row] | None:
    """Return (months, row) of the period between the kinds of right, or None."""
    later, earlier = case.later.right, case.claim.earlier.right
    row = case.rulebook.period(later, earlier)
    if row is None:
        word = OFFICE_DEPENDENT.get((later, earlier))
        row = case.policy(word) if word else None
        if row is None or row["value"] != "allowed":
            return None
    own = case.policy("own-period") if case.has_own_rules else None
    if own is not None and own["value"] == "months":
        return own["months"], own
    return row["months"], row


def kinds_agree(case: Case) -> Result:
    """P05: the kinds of right MUST be ones between which priority can be claimed."""
    later, earlier = case.later.right, case.claim.earlier.right
    found = period_of(case)
    if found is not None:
        months, row = found
        return plain("P05", "PERIOD", "", ("law", row["basis"]), ("months", months))
    if not case.rulebook.has_periods:
        return plain("P05", "NOT_TESTED")
    word = OFFICE_DEPENDENT.get((later, earlier))
    if word and case.policy(word) is None:
        return case.unsourced("P05", word, earlier=earlier, later=later)
    return plain("P05", "KINDS_INCOMPATIBLE", "", ("earlier", earlier), ("later", later))


def filing_is_in_time(case: Case) -> Result:
    """P06: the later filing MUST be made by the end of the period at the later office."""
    start, filed, found = case.start, case.filed, period_of(case)
    if start is None or filed is None:
        return plain("P06", "NOT_TESTED", "descent" if case.descent and start and found else "")
    if filed < start:
        return plain("P06", "NOT_TESTED", "not-later" if found else "")
    if found is None:
        return _long_over(case, start, filed, LONGEST_MONTHS) or plain("P06", "NOT_TESTED")
    try:
        term = case.rulebook.term(_calendar(case), start, found[0])
        facts = {"calendar": _calendar(case), "deadline": term.members,
                 "filed": format_date(filed)}
        if filed <= term.deadline.end:
            return Result("P06", "IN_TIME", _moved(term), facts)
        return _after_the_end(case, term, facts)
    except CalendarUnknown as error:
        return _long_over(case, start, filed, found[0]) or Result(
            "P06", "CALENDAR_UNKNOWN", facts={"calendar": error.office, "year": error.year})


def _long_over(case: Case, start: date, filed: date, months: int) -> Result | None:
    """Return that a period is over whatever is unknown of it, unless an office restored the right.

    Args:
        case: The claim.
        start: The day from which the period runs.
        filed: The filing date that counts.
        months: Its length; the longest one where nobody sourced which it is.
    """
    if any(one.act != "other" for one in case.claim.restored) or _is_open(case):
        return None
    try:
        over = case.rulebook.term(_calendar(case), start, months).deadline.latest
    except CalendarUnknown:
        over = add_months(start, months + CLOSED_MONTHS_MAX)
    if filed <= over:
        return None
    return Result("P06", "LATE", "at-any-rate", {
        "calendar": _calendar(case), "filed": format_date(filed), "months": months,
        "over": format_date(over)})


def _calendar(case: Case) -> str:
    """Return the office whose calendar counts: at which the filing that counts was made.

    The rules of international applications say which that is: the receiving Office, the Office
    of origin, or the International Bureau itself.
    """
    if case.descent is not None and case.descent.international:
        row = case.treaty_rules.on("calendar", case.made)
        if row is not None and row["value"] == "own":
            return INTERNATIONAL
    return case.office


def _moved(term: Term) -> str:
    if not term.deadline.closed:
        return ""
    by_holiday = any(reason not in DAY_NAMES for _, reason in term.deadline.closed)
    return "moved-by-estimate" if by_holiday and term.deadline.is_estimate else "moved"


def _after_the_end(case: Case, term: Term, facts: dict[str, Any]) -> Result:
    acts = {one.act: one for one in reversed(case.claim.restored)}
    if "own" in acts:
        return Result("P06", "RESTORED", facts={**facts, **_act(acts["own"])})
    if _is_open(case):
        row = case.stated("own-period")
        return Result("P06", "TO_VERIFY", "internal", {**facts, **(law(row) if row else {})})
    windows = open_windows(case, term)
    if "international" in acts and case.is_pct:
        return _restored_before(case, acts["international"], windows, facts)
    if case.filed is not None and case.filed <= term.deadline.latest:
        days = [format_date(day) for day in term.deadline.perhaps]
        criteria = {"criteria": [one[0] for one in windows]} if windows else {}
        return Result("P06", "TO_VERIFY", facts={**facts, **criteria, "perhaps": days})
    if acts:  # elsewhere, or at the office of a Hague or Madrid application: no rule gives effect
        offices = sorted({one.office for one in case.claim.restored})
        facts = {**facts, "restored_at": offices}
    return _void(case, term, facts) or _restorable(case, term, windows, facts)


def _is_open(case: Case) -> bool:
    """Return whether nobody sourced a period for a claim to a filing at the same office.

    That of the Convention does not bind it: it may be longer, or there may be none.
    """
    return case.has_own_rules and case.policy("own-period") is None


def _act(one: Restored) -> dict[str, Any]:
    return {"criterion": one.criterion, "restored_by": one.office}


def _restored_before(
    case: Case, act: Restored, windows: list[tuple[str, Row, Term]], facts: dict[str, Any]
) -> Result:
    """Return the effect at this office of an act on the international application."""
    facts = {**facts, **_act(act), "criteria": [one[0] for one in windows]}
    row = case.policy("restored")
    if row is None and act.criterion == "due-care":
        return Result("P06", "RESTORED", "by-default", facts)
    if row is None:
        return case.unsourced("P06", "restored", **facts)
    facts |= law(row)
    if row["value"] == "either" or row["value"] == act.criterion:
        return Result("P06", "RESTORED", "international", facts)
    return Result("P06", "RESTORED_ELSEWHERE", "own-request" if windows else "", facts)


def _void(case: Case, term: Term, facts: dict[str, Any]) -> Result | None:
    if not case.is_pct or case.filed is None:
        return None
    window = case.rulebook.term(case.office, term.deadline.end, PCT_WINDOW_MONTHS)
    if case.filed <= window.deadline.latest:
        return None
    until = {"until": format_date(window.deadline.end)}
    return Result("P06", "VOID", facts={**facts, "restoration": until})


def _restorable(
    case: Case, term: Term, windows: list[tuple[str, Row, Term]], facts: dict[str, Any]
) -> Result:
    for criterion, row, window in windows:
        until = format_date(last_day_of_request(case, criterion) or window.deadline.end)
        shown = {**facts, "criteria": [one[0] for one in windows], "law": row["basis"],
                 "restoration": {"basis": row["basis"], "criterion": criterion, "until": until}}
        why = "national-phase" if case.is_pct and case.descent and case.descent.phase else ""
        return Result("P06", "RESTORABLE", why, shown)
    if case.is_international and case.is_pct:
        return Result("P06", "RESTORABLE", "designated", facts)
    over = _windows(case, term)
    if not over:
        return Result("P06", "LATE", facts=facts)
    until = max(format_date(window.deadline.end) for _, _, window in over)
    return Result("P06", "LATE", "window-over", {**facts, "restoration": {"until": until}})


def open_windows(case: Case, term: Term) -> list[tuple[str, Row, Term]]:
    """Return (criterion, row, window) of each ground of restoration that is still open.

    The window runs from the end of the period as moved, and is moved itself (PCT Rules 2.4(b),
    80.5).
    """
    return [one for one in _windows(case, term)
            if case.filed is not None and case.filed <= one[2].deadline.latest]


def _windows(case: Case, term: Term) -> list[tuple[str, Row, Term]]:
    """Return every ground of restoration: the receiving Office's for an international filing."""
    end = term.deadline.end
    return [(criterion, row, case.rulebook.term(case.office, end, row["months"]))
            for criterion, row in _grounds(case)]


def _grounds(case: Case) -> list[tuple[str, Row]]:
    """Return (criterion, row) of each ground on which the office that can restore does so."""
    if case.filed is None:
        return []
    office = case.office if case.is_international else case.later.office
    own = case.policy("own-period") if case.has_own_rules else None
    if own is not None and own["value"] == "months":
        return []  # what it restores of foreign priority says nothing of its own
    if case.descent is not None and case.descent.phase:
        effect = case.policy("restored")
        if effect is not None and effect["value"] == "own-only":
            return []  # incompatible with PCT Rule 49ter: it restores nothing in that phase
    return case.rulebook.restorations(office, case.later.right, case.filed)


def last_day_of_request(case: Case, criterion: str) -> date | None:
    """Return the last day on which restoration can be requested, or None where none is known.

    It is that of the treaty for an international application, else that of the office's row, and
    no day from which on the filing was published. In a national phase the time limit runs from the
    one for entering it (PCT Rule 49ter.2(b)), which no row gives.

    Args:
        case: The claim.
        criterion: The criterion on which it is requested.
    """
    enters = case.descent is not None and case.descent.international and not case.is_international
    found, start = period_of(case), case.start
    if found is None or start is None or enters:
        return None
    try:
        end = case.rulebook.term(_calendar(case), start, found[0]).deadline.end
        months = [_months_of_request(case, row) for named, row in _grounds(case)
                  if named == criterion]
        if not any(months):
            return None
        last = case.rulebook.term(case.office, end, months[0]).deadline.end
    except CalendarUnknown:
        return None
    return last if case.published is None else min(last, case.published - timedelta(1))


def _months_of_request(case: Case, row: Row) -> int:
    """Return within how many months of the end restoration must be requested; 0 if no row says."""
    if case.is_international and case.is_pct:
        return PCT_WINDOW_MONTHS
    return int(row.get("request_months", row["months"]))
