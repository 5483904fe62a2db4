"""Number, translation and fee: P12, P16, P17 (Paris Convention Art. 4D)."""

from datetime import date
from typing import Any

from muniment.model.calendar import CalendarUnknown, format_date
from muniment.model.declaration import time_to_declare
from muniment.model.priority_case import Case
from muniment.model.priority_result import Result, by_law, plain
from muniment.model.rulebook import Row, law
from muniment.model.time_limit import due, late, limit, not_stated, overdue, unknown_calendar


def number_is_given_in_time(case: Case) -> Result:
    """P12: the number of the earlier filing MUST be given within the office's time limit."""
    made, given = case.made, _day_of_number(case)
    early = case.too_early("P12", given)
    if made is None or early is not None:
        return early or plain("P12", "NOT_TESTED", "no-date")
    if given is not None and given <= made:
        return _given(case, given, {"due": format_date(made)}, {})
    row = case.policy("number")
    if row is None:
        return case.unsourced("P12", "number")
    try:
        if row["value"] == "with-declaration":
            term = time_to_declare(case, made)[1]
        else:
            term = due(case, row, case.start)
    except CalendarUnknown as error:
        return unknown_calendar("P12", error)
    if given is None and case.claim.earlier.number:
        return not_stated("P12", case, row, term, made)
    facts = limit(case, row, term) if term else {"due": format_date(made), **law(row)}
    return _given(case, given, facts, row)


def _day_of_number(case: Case) -> date | None:
    """Return the day on which the number was given: with the claim, if no other is stated."""
    claim, steps = case.claim, case.claim.steps
    if not claim.earlier.number:
        return None
    return steps.number_given or steps.declared or claim.recorded


def _given(case: Case, given: date | None, facts: dict[str, Any], row: Row) -> Result:
    if not case.claim.earlier.number:
        return _missing(case, facts, row)
    steps, is_late = case.claim.steps, given is not None and format_date(given) > facts["due"]
    stated = steps.number_given or steps.declared
    if given is None or (is_late and not stated):
        return Result("P12", "NOT_TESTED", facts=facts)
    facts["given"] = format_date(given)
    if is_late and case.under_pct:
        return Result("P12", "LATE_NOT_VOID", facts=facts)
    if is_late:
        return overdue("P12", case, row, facts)
    why = "" if steps.number_given else "declared" if stated else "recorded"
    return Result("P12", "IN_TIME", why, facts)


def _missing(case: Case, facts: dict[str, Any], row: Row) -> Result:
    if case.under_pct:
        return Result("P12", "MISSING_NOT_VOID", facts=facts)
    if case.is_accepted:
        return Result("P12", "EXCUSED", "missing", facts)
    if row.get("late") == "invitation":
        return Result("P12", "INVITATION_DUE", "missing", facts)
    return Result("P12", "MISSING", facts=facts)


def translation_is_filed(case: Case) -> Result:
    """P16: a translation of the earlier filing MUST be filed in time where it is asked for."""
    row = case.policy("translation")
    if row is None:
        return case.unsourced("P16", "translation")
    if row["value"] == "not-asked":
        return by_law("P16", "NOT_ASKED", row)
    if row["value"] == "on-invitation":
        return _on_invitation(case, row)
    if case.descent is not None and case.descent.phase:
        return _translated(case, case.claim.steps.translation_due, law(row), "national-phase")
    try:
        term = due(case, row, case.start, seat=case.later.office)
    except CalendarUnknown as error:
        return unknown_calendar("P16", error)
    facts = limit(case, row, term, case.later.office) if term else law(row)
    return _translated(case, term.deadline.end if term else None, facts)


def _on_invitation(case: Case, row: Row) -> Result:
    steps = case.claim.steps
    if steps.translation_asked is None and steps.translation_filed is None:
        return by_law("P16", "NOT_TESTED", row, "not-invited")
    return _translated(case, steps.translation_due, law(row))


def _translated(
    case: Case, last: date | None, facts: dict[str, Any], why: str = "no-date"
) -> Result:
    steps, filed = case.claim.steps, case.claim.steps.translation_filed
    early = case.too_early("P16", steps.translation_asked, filed, steps.translation_due)
    if early is not None:
        return early
    if last is None:
        return Result("P16", "NOT_TESTED", why, facts)
    facts["due"] = format_date(last)
    if filed is None:
        return Result("P16", "NOT_TESTED", facts=facts)
    facts["filed_on"] = format_date(filed)
    return Result("P16", "IN_TIME", facts=facts) if filed <= last else late("P16", case, facts)


def fee_is_paid(case: Case) -> Result:
    """P17: the fee for the claim MUST be paid where the office charges one."""
    row, paid = case.policy("fee"), case.claim.steps.fee_paid
    if row is None:
        return case.unsourced("P17", "fee")
    if row["value"] == "none":
        return by_law("P17", "NOT_CHARGED", row)
    if paid is None:
        return by_law("P17", "NOT_TESTED", row)
    return case.too_early("P17", paid) or (
        Result("P17", "PAID", facts={**law(row), "paid": format_date(paid)}))
