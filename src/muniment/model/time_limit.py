"""Time limits of the procedure: when one ends, and what follows where something came after it.

The months are data of the office, or the rules of international applications; that a limit from
the priority date runs from the date as it stood, or as it stands, if that ends first, is the rule
of PCT Rule 26bis.1 and EPC Rule 52, and part of the code.
"""

from datetime import date
from typing import Any

from muniment.model.calendar import CalendarUnknown, format_date
from muniment.model.priority_case import Case
from muniment.model.priority_result import Result, plain, shared
from muniment.model.rulebook import Row, Term, law

_ACTED = ("acted", "corrected", "declared", "given", "copy", "filed_on")
"""The facts that say when something was done, the one that counts before the others."""


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
    ends = [term(seat, day, months) for day, months in limbs(case, row, own, was)]
    if len(ends) < 2:
        return ends[0] if ends else None
    choose = min if row.get("combine") == "earlier" else max
    return choose(ends, key=lambda one: one.deadline.end)


def limbs(
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


def not_stated(check: str, case: Case, row: Row, term: Term | None, made: date) -> Result:
    """Return that no day is stated on which something was done, with the last one for it."""
    if term is not None:
        return resting_on(check, "NOT_TESTED", case, row, term)
    return plain(check, "NOT_TESTED", "", ("due", format_date(made)), *law(row).items())


def unknown_calendar(check: str, error: CalendarUnknown) -> Result:
    """Return that the calendar of an office is unknown."""
    return Result(check, "CALENDAR_UNKNOWN", facts={"calendar": error.office, "year": error.year})


def late(check: str, case: Case, facts: dict[str, Any], why: str = "") -> Result:
    """Return that something was done too late, unless the office accepted the claim after all.

    Where the office was perhaps closed from the last day until then, nothing is late for sure.
    """
    if case.is_accepted:
        return Result(check, "EXCUSED", why, facts)
    term, acted = facts.get("term", {}), next(facts[name] for name in _ACTED if name in facts)
    if facts["due"] < acted <= term.get("latest_end", ""):
        return Result(check, "TO_VERIFY", "perhaps-closed",
                      {**facts, "perhaps": term["perhaps_closed"]})
    return Result(check, "LATE", why, facts)


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
