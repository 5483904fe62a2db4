"""The declaration of a claim: P11 (Paris Convention Art. 4D(1); PCT Rule 26bis.1)."""

from datetime import date
from typing import Literal

from muniment.model.calendar import CLOSED_MONTHS_MAX, CalendarUnknown, add_months, format_date
from muniment.model.priority_case import Case
from muniment.model.priority_result import Result, plain
from muniment.model.rulebook import Row, Term, law
from muniment.model.time_limit import due, late, limbs, limit, not_stated, unknown_calendar

Others = Literal["", "none", "stands", "unknown"]
"""Whether another claim was made with the filing; nothing where that does not matter."""
_NOT_ASKED: Others = ""
GRACE_MONTHS = 1
"""A correction after the time limit counts as in time by no more (PCT Rule 26bis.2(b))."""


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
                limbs(case, row, case.claim.first or case.claim.was or case.start, None)),
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
    row, term, others = time_to_declare(case, made)
    if row is None:
        return case.unsourced("P11", "declaration")
    last = term.deadline.end if term else made
    if declared is None or (stated is None and declared > last):
        return not_stated("P11", case, row, term, made)
    facts = limit(case, row, term) if term else {**filing_day, **law(row)}
    facts["declared"] = format_date(declared)
    if declared > last:
        return late("P11", case, facts)
    if others == "unknown":
        return Result("P11", "TO_VERIFY", "another", facts)
    return Result("P11", "IN_TIME", "" if stated else "recorded", facts)


def time_to_declare(case: Case, made: date) -> tuple[Row | None, Term | None, Others]:
    """Return (policy, time limit, what other claims say) of the declaration of a claim.

    Without a limit it is the day of the filing. Where only who claimed another priority with the
    filing may add one, it depends on the other claims; where nothing is said of their day, the
    limit is returned, and it is to be verified.

    Args:
        case: The claim.
        made: The filing date that counts for the procedure.

    Raises:
        CalendarUnknown: Nobody published the calendar of that year.
    """
    row, others = case.policy("declaration"), _NOT_ASKED
    if row is None or row["value"] == "with-filing":
        return row, None, others
    if row["value"] == "months-if-one-stands":
        others = _others(case, made)
        if others == "none":
            return row, None, others
    claim = case.claim
    term = due(case, row, claim.first or claim.was or case.start)
    return (row if term else None), term, others


def _others(case: Case, made: date) -> Others:
    """Return whether another claim that stands was made with the filing."""
    found: Others = "none"
    for one in case.beside():
        if one.status in ("Abandoned", "Refused"):
            continue
        declared = one.steps.declared or one.recorded
        if declared is not None and declared <= made:
            return "stands"
        if one.steps.declared is None:
            found = "unknown"
    return found


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
