"""Declaration, number, translation and fee: P11, P12, P16, P17 (Paris Convention Art. 4D).

The time limits are data of the office, or the rules of international applications; that a
time limit of months from the priority date runs from the date as it stood, or as it stands, if
that ends first, is the rule of PCT Rule 26bis.1 and EPC Rule 52, and part of the code.
"""

from datetime import date
from typing import Any

from muniment.model.calendar import CLOSED_MONTHS_MAX, CalendarUnknown, add_months, format_date
from muniment.model.priority_case import Case
from muniment.model.priority_result import Result, by_law, plain, shared
from muniment.model.rulebook import Row, Term, law

GRACE_MONTHS = 1
"""A correction after the time limit counts as in time by no more (PCT Rule 26bis.2(b))."""


def due(
    case: Case, row: Row, own: date | None, was: date | None = None, seat: str = ""
) -> Term | None:
    """Return the end of a time limit of an office, or None if no term of it runs.

    Args:
        case: The claim.
        row: The policy: `filing_months`, `priority_months`, how to combine them, and whether
            `each` claim has its own limit; else it runs from the earliest priority date.
        own: The date that the claim gives.
        was: The date that it gave before: what ends first counts (PCT Rule 26bis.1(a)).
        seat: The office whose calendar counts, where it is another than that of the procedure.

    Raises:
        CalendarUnknown: Nobody published the calendar of that year.
    """
    term, seat = case.rulebook.term, seat or case.seat
    ends = [term(seat, day, months) for day, months in _limbs(case, row, own, was)]
    if len(ends) < 2:
        return ends[0] if ends else None
    choose = min if row.get("combine") == "earlier" else max
    return choose(ends, key=lambda one: one.deadline.end)


def _limbs(
    case: Case, row: Row, own: date | None, was: date | None
) -> list[tuple[date, int]]:
    """Return (day, months) of each term of which a time limit consists."""
    limbs = []
    if row.get("filing_months") and case.made is not None:
        limbs.append((case.made, row["filing_months"]))
    if row.get("priority_months"):
        priority = _earliest(own, was, None if row.get("each") else case.others)
        if priority is not None:
            limbs.append((priority, row["priority_months"]))
    return limbs


def _earliest(own: date | None, was: date | None, others: date | None) -> date | None:
    if was is None and others is None:
        return own
    return min((day for day in (own, was, others) if day is not None), default=None)


def limit(case: Case, row: Row, term: Term, seat: str = "") -> dict[str, Any]:
    """Return the facts of a time limit: its last day, how it was counted, whose rule it is."""
    return {"calendar": seat or case.seat, "due": format_date(term.deadline.end),
            "term": term.members, **law(row)}


def resting_on(check: str, result: str, case: Case, row: Row, term: Term) -> Result:
    """Return a result that rests on a time limit alone: the same one for each claim."""
    name = (check, result, case.seat, row["basis"], row["source"])
    made: Result | None = term.results.get(name)
    if made is None:
        made = term.results[name] = shared(Result(check, result, facts=limit(case, row, term)))
    return made


def unknown_calendar(check: str, error: CalendarUnknown) -> Result:
    """Return that the calendar of an office is unknown."""
    return Result(check, "CALENDAR_UNKNOWN", facts={"calendar": error.office, "year": error.year})


def late(check: str, case: Case, facts: dict[str, Any], why: str = "") -> Result:
    """Return that something was done too late, unless the office accepted the claim after all."""
    return Result(check, "EXCUSED" if case.is_accepted else "LATE", why, facts)


def overdue(check: str, case: Case, row: Row, facts: dict[str, Any]) -> Result:
    """Return what follows where a number or a copy came too late.

    That is the office's rule: the claim is lost, or the office must first invite the applicant
    (EPC Rule 59). Where nobody sourced it, nothing excludes the claim.

    Args:
        check: The number of the check.
        case: The claim.
        row: The policy.
        facts: Its time limit, and the day that came after it.
    """
    if case.is_accepted or row.get("late") == "lost":
        return late(check, case, facts)
    if row.get("late") == "invitation":
        return Result(check, "INVITATION_DUE", facts=facts)
    return Result(check, "TO_VERIFY", "late", {**facts, "office": case.later.office})


def claim_is_declared_in_time(case: Case) -> Result:
    """P11: the claim MUST be declared, and corrected, within the office's time limit."""
    steps = case.claim.steps
    if case.made is None:
        return plain("P11", "NOT_TESTED", "no-date")
    early = case.too_early("P11", steps.declared or case.claim.recorded, steps.corrected)
    if early is not None:
        return early
    try:
        declared = _declared(case, case.made)
        if declared.result == "IN_TIME" and steps.corrected is not None:
            declared = _corrected(case, steps.corrected, declared)
    except CalendarUnknown as error:
        return _long_over(case) or unknown_calendar("P11", error)
    if declared.result in ("IN_TIME", "COUNTED_IN_TIME"):
        return _unless_published_early(case, declared)
    return declared


def _long_over(case: Case) -> Result | None:
    """Return that a claim was declared too late, whatever days the office was closed."""
    row, declared = case.policy("declaration"), case.claim.steps.declared
    if row is None or declared is None:
        return None
    last = max((add_months(day, months + CLOSED_MONTHS_MAX) for day, months in
                _limbs(case, row, case.claim.first or case.claim.was or case.start, None)),
               default=None)
    if last is None or declared <= last:
        return None
    facts = {"declared": format_date(declared), "due": format_date(last), **law(row)}
    return late("P11", case, facts, "" if case.is_accepted else "at-any-rate")


def _declared(case: Case, made: date) -> Result:
    claim = case.claim
    stated = claim.steps.declared
    declared = stated or claim.recorded
    filing_day = {"due": format_date(made)}
    if declared is not None and declared <= made:
        return Result("P11", "IN_TIME", "" if stated else "recorded",
                      {"declared": format_date(declared), **filing_day})
    row = case.policy("declaration")
    if row is None:
        return case.unsourced("P11", "declaration")
    term = None
    if row["value"] != "with-filing":
        term = due(case, row, claim.first or claim.was or case.start)
        if term is None:
            return case.unsourced("P11", "declaration")
    last = term.deadline.end if term else made
    if declared is None or (stated is None and declared > last):
        return _not_stated("P11", case, row, term, made)
    facts = limit(case, row, term) if term else {**filing_day, **law(row)}
    facts["declared"] = format_date(declared)
    if declared > last:
        return late("P11", case, facts)
    return Result("P11", "IN_TIME", "" if stated else "recorded", facts)


def _unless_published_early(case: Case, found: Result) -> Result:
    """Return what a request for early publication makes of an act that is in time without it.

    What comes after such a request counts as not submitted (PCT Rule 26bis.1(b)). An international
    application that is published before the time limit ends was published early.
    """
    asked, row = case.descent.early_publication if case.descent else None, None
    since, steps = asked or case.published, case.claim.steps
    acted = steps.corrected or steps.declared or case.claim.recorded
    if since is not None and acted is not None and case.made is not None and acted > case.made:
        row = case.policy("declaration") if acted >= since else None
    if row is None or acted is None or not row.get("closes_early"):
        return found
    if not (steps.corrected or steps.declared):
        return Result("P11", "NOT_TESTED", facts=found.facts)
    facts = {**found.facts, "acted": format_date(acted)}
    if asked is not None and acted > asked:
        return late("P11", case, {**facts, "asked": format_date(asked)}, "early-publication")
    return Result("P11", "TO_VERIFY", "early-publication", facts)


def _not_stated(check: str, case: Case, row: Row, term: Term | None, made: date) -> Result:
    """Return that no day is stated on which something was done, with the last one for it."""
    if term is not None:
        return resting_on(check, "NOT_TESTED", case, row, term)
    return plain(check, "NOT_TESTED", "", ("due", format_date(made)), *law(row).items())


def _corrected(case: Case, corrected: date, declared: Result) -> Result:
    facts = {**declared.facts, "corrected": format_date(corrected)}
    if case.made is not None and corrected <= case.made:
        return Result("P11", "IN_TIME", "corrected", facts)
    row = case.policy("declaration")
    term = due(case, row, case.start, case.claim.was) if row else None
    if row is None or term is None:
        return case.unsourced("P11", "declaration", "correction", **facts)
    last = term.deadline.end
    facts |= limit(case, row, term)
    if corrected <= last and case.claim.first is not None:
        return Result("P11", "TO_VERIFY", facts=facts)  # only the latest correction is known
    if corrected <= last:
        return Result("P11", "IN_TIME", "corrected", facts)
    grace = case.rulebook.term(case.seat, last, GRACE_MONTHS).deadline.end
    if case.under_pct and corrected <= grace:
        return Result("P11", "COUNTED_IN_TIME", facts=facts)
    return late("P11", case, facts, "correction")


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
        term = due(case, row, case.start)
    except CalendarUnknown as error:
        return unknown_calendar("P12", error)
    if given is None and case.claim.earlier.number:
        return _not_stated("P12", case, row, term, made)
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
