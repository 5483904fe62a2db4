"""The certified copy of the earlier filing: P13, P14, P15 (Paris Convention Art. 4D(3)).

A copy serves in four ways: the later office received it, the earlier office recorded here what it
certified, a digital library was asked for it, or the receiving Office to send its own (PCT Rule
17.1(a) to (b-bis)).
"""

from datetime import date
from typing import Literal

from muniment.model.calendar import CalendarUnknown, format_date
from muniment.model.priority_case import Case
from muniment.model.priority_facts import NO_STEPS, Document
from muniment.model.priority_result import Result, by_law, plain
from muniment.model.rulebook import Row, Term
from muniment.model.time_limit import due, limit, overdue, resting_on, unknown_calendar

PARIS_MONTHS = 3
"""No office may refuse a copy filed by then (Paris Convention Art. 4D(3))."""
_NOT_ASKED = {"not-required": "NOT_REQUIRED", "on-request": "ON_REQUEST"}
Way = Literal["library", "there", "transmittal"]
"""How a copy serves: it is there, or a library or the receiving Office was asked for it."""
_BEST_FIRST = ("IN_TIME", "LAST_DAY", "TO_VERIFY", "LATE")


def copy_is_on_record(case: Case) -> Result:
    """P13: a certified copy SHOULD be received, recorded by the earlier office or asked for."""
    received, own = _received(case), _own(case)
    if received:
        first = min(received, key=_day_received)
        return Result("P13", "RECEIVED", facts={
            "received": format_date(_day_received(first)), "recorder": first.recorder})
    if own:
        return Result("P13", "AVAILABLE", facts={"certified": format_date(own[0].certified),
                                                 "recorder": own[0].recorder})
    row = case.policy("copy")
    served = {"library": "any", "transmits": row is not None and row.get("transmits")}
    requests = [day for day, _ in _requests(case, served)]
    if requests:
        return Result("P13", "REQUESTED", facts={"requested": format_date(min(requests))})
    if row is not None and row["value"] in _NOT_ASKED:
        return by_law("P13", _NOT_ASKED[row["value"]], row)
    untested = case.unsourced("P13", "copy") if row is None else by_law("P13", "NOT_TESTED", row)
    return _too_early(case, "P13") or untested


def _documents(case: Case) -> list[Document]:
    """Return the copies that can be ones of the earlier filing: no older than it."""
    if not case.is_early:
        return list(case.claim.documents)
    return [one for one in case.claim.documents
            if case.too_early("P15", one.certified, one.received) is None]


def _too_early(case: Case, check: str) -> Result | None:
    """Return that a copy, or what asked for one, is older than the earlier filing, if any is."""
    if not case.is_early:
        return None
    days = [one.certified for one in case.claim.documents]
    steps = case.claim.steps
    return case.too_early(check, *days, steps.copy_requested, steps.transmittal_requested)


def _received(case: Case) -> list[Document]:
    if not case.claim.documents:
        return []
    return [one for one in _documents(case) if one.received is not None]


def _day_received(one: Document) -> date:
    return one.received or one.available


def _own(case: Case) -> list[Document]:
    """Return the copies that the earlier office recorded under its own account."""
    if not case.claim.documents:
        return []
    office = case.claim.earlier.office
    return sorted((one for one in _documents(case) if one.recorder == one.certifier == office),
                  key=lambda one: (one.available, one.digest))


def copy_is_in_time(case: Case) -> Result:
    """P14: the certified copy MUST be there, or asked for, by the day on which it is due."""
    row = case.policy("copy")
    if row is not None and row["value"] in _NOT_ASKED:
        return by_law("P14", _NOT_ASKED[row["value"]], row)
    if case.made is None:
        return plain("P14", "NOT_TESTED", "no-date")
    try:
        if row is None:
            return _by_the_convention(case, case.made)
        term = due(case, row, case.start)
    except CalendarUnknown as error:
        return unknown_calendar("P14", error)
    if term is None:
        return case.unsourced("P14", "copy")
    return _by_the_office(case, row, term)


def _by_the_office(case: Case, row: Row, term: Term) -> Result:
    """Return the best of the ways in which a copy serves, by the office's time limit."""
    last = term.deadline.end
    found = [_placed(case, row, day, way, last) for day, way in _evidence(case, row)]
    if not found:
        return _too_early(case, "P14") or resting_on("P14", "NOT_TESTED", case, row, term)
    facts = limit(case, row, term)
    result, why, day = min(found, key=lambda one: _BEST_FIRST.index(one[0]))
    if case.published is not None:
        facts["published"] = format_date(case.published)
    facts["copy"] = format_date(day)
    if result != "LATE":
        return Result("P14", result, why, facts)
    if case.under_pct:
        return Result("P14", "LATE_NOT_VOID", facts=facts)
    return overdue("P14", case, row, facts)


def _by_the_convention(case: Case, made: date) -> Result:
    """Return what the Convention says of each copy, where nobody sourced the office's own rule."""
    if case.has_own_rules:
        return case.unsourced("P14", "copy")
    days = [day for day, _ in _evidence(case, {})]
    last = case.rulebook.term(case.seat, made, PARIS_MONTHS).deadline.end if days else None
    if last is not None and min(days) <= last:
        return Result("P14", "IN_TIME", "convention", {"copy": format_date(min(days)),
                                                       "due": format_date(last)})
    return case.unsourced("P14", "copy")


def _evidence(case: Case, row: Row) -> list[tuple[date, Way]]:
    """Return (day, way) of each way in which a copy serves."""
    days: list[tuple[date, Way]] = [(_day_received(one), "there") for one in _received(case)]
    days += [(one.available, "there") for one in _own(case)]
    return [*days, *_requests(case, row)]


def _requests(case: Case, row: Row) -> list[tuple[date, Way]]:
    """Return (day, way) of each request by which the office has a copy fetched or sent.

    A receiving Office sends what was filed with itself, and nothing else (PCT Rule 17.1(b)).
    """
    steps, found = case.claim.steps, []
    if steps is NO_STEPS:
        return []
    ways: tuple[tuple[date | None, Way, bool], ...] = (
        (steps.copy_requested, "library", bool(row.get("library"))),
        (steps.transmittal_requested, "transmittal",
         bool(row.get("transmits")) and case.claim.earlier.office == case.office),
    )
    for day, way, serves in ways:
        if day is not None and serves and case.too_early("P14", day) is None:
            found.append((day, way))
    return found


def _placed(
    case: Case, row: Row, day: date, way: Way, last: date
) -> tuple[str, str, date]:
    """Return (result, sentence, day) of one way in which a copy serves."""
    if day <= last:
        return "IN_TIME", "" if way == "there" else "requested", day
    published, spared = case.published, {
        "library": row.get("library_until") == "publication",
        "there": bool(row.get("publication_counts")), "transmittal": False}
    if not spared[way]:
        return "LATE", "", day
    if published is None:
        return "TO_VERIFY", "", day
    if day >= published:
        return "LATE", "", day
    return ("IN_TIME", "library", day) if way == "library" else ("LAST_DAY", "", day)


def copy_is_intact(case: Case) -> Result:
    """P15: the copy MUST be the one that the earlier office certified."""
    own, presented = _own(case), case.claim.presented
    if presented is not None:
        if not presented.intact:
            return plain("P15", "ALTERED")
        if any(one.digest == presented.digest for one in own):
            return Result("P15", "INTACT", facts={"certifier": case.claim.earlier.office})
        if all(one.digest != presented.digest for one in _documents(case)):
            return plain("P15", "UNRECORDED")
    return _as_recorded(case, own)


def _as_recorded(case: Case, own: list[Document]) -> Result:
    """Return what the recorded digests say, without the document itself."""
    known = {one.digest for one in own}
    strangers = [one for one in _documents(case) if one.digest not in known]
    if strangers:
        facts = {"certifier": strangers[0].certifier, "recorder": strangers[0].recorder}
        return Result("P15", "DIGEST_DIFFERS" if own else "CERTIFIED_BY_ANOTHER", facts=facts)
    if own:
        return Result("P15", "OFFICE_CERTIFIED", facts={
            "certified": format_date(own[0].certified), "certifier": own[0].certifier})
    days = [one.certified for one in case.claim.documents]
    return case.too_early("P15", *days) or plain("P15", "NOT_TESTED")
