"""From the public state to the facts of a claim: the one way from a register to an assessment."""

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, COPIES, Application, Copy
from muniment.model.calendar import Reference, parse_date
from muniment.model.number import NumberFormat, read_number
from muniment.model.number import Reading as NumberReading
from muniment.model.office import known_office
from muniment.model.priority_case import ClaimFacts, Filing, Found, Reading, Title
from muniment.model.reference import PARAMETERS
from muniment.model.same_subject import declared_title, related_filings, relying_offices
from muniment.model.state import State
from muniment.proof.errors import LedgerError


def filing(office: str, right: str, number: str, day: str) -> Filing:
    """Return a filing as a claim names it; an unreadable date is left out."""
    try:
        return Filing(office, right, number, parse_date(day))
    except LedgerError:
        return Filing(office, right, number, None)


def claim_facts(
    state: State, earlier: Filing, later: Filing | None = None, *, withdrawn: bool = False
) -> ClaimFacts:
    """Return what public state says of an earlier filing; sealed filings are never looked at."""
    profile = state.get(PARAMETERS, "profile")
    demo = profile is not None and profile.value == "demo"
    named = (earlier.office, earlier.right, earlier.number)
    identity = filings.identify(state, *named)
    found = _found(state, named)
    key = filings.key_part(state, *named)
    return ClaimFacts(
        earlier=earlier,
        office_known=known_office(earlier.office, date="1900-01-01", demo=demo),
        reading=_reading(earlier.number, identity.readings),
        canonical=identity.canonical if identity.readings else "",
        found="none" if found is None else found[0],
        register_date=parse_date(found[1].date) if found and found[1].date else None,
        source=found[1].source if found and isinstance(found[1], Copy) else "",
        covered=filings.covered(state, earlier.office, earlier.right, identity.suffix),
        withdrawn=withdrawn,
        related=related_filings(state, key) if found else (),
        title=_title(state, later, key) if found and later else None,
        barred_by=relying_offices(state, key) if found else (),
    )


def _title(state: State, later: Filing, earlier: str) -> Title | None:
    return declared_title(
        state, filings.key_part(state, later.office, later.right, later.number), earlier
    )


def _found(
    state: State, named: tuple[str, str, str]
) -> tuple[Found, Application | Copy] | None:
    own = filings.find(state, APPLICATIONS, *named)
    if own is not None:
        return "application", own[1]
    for suffix in filings.identify(state, *named).suffixes:
        rows = state.rows(COPIES, named[0], named[1], suffix)
        if rows:
            return "copy", rows[0][1]
    return None


def _reading(printed: str, readings: tuple[NumberReading, ...]) -> Reading:
    if not readings:
        return "unknown"
    if len(readings) > 1:
        return "ambiguous"
    if readings[0].check == "wrong":
        return "check-digit-wrong"
    return "ok" if readings[0].canonical == printed else "respelled"


def packaged_facts(reference: Reference, earlier: Filing) -> ClaimFacts:
    """Return what the reference data alone says of an earlier filing: its number, no entry."""
    rows = reference.rows("number-format", earlier.office, earlier.right)
    readings = read_number([NumberFormat.from_row(row) for _, row in rows], earlier.number)
    return ClaimFacts(
        earlier=earlier,
        office_known=known_office(earlier.office, date="1900-01-01", demo=True),
        reading=_reading(earlier.number, readings),
        canonical=readings[0].canonical if readings else "",
    )
