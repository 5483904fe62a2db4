"""From the public state to the facts of a claim: the one way from a register to an assessment."""

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, COPIES, Application, Copy, Identity
from muniment.model.calendar import parse_date
from muniment.model.office import known_office
from muniment.model.priority import ClaimFacts, Filing, Reading
from muniment.model.reference import PARAMETERS
from muniment.model.state import State
from muniment.proof.errors import LedgerError


def filing(office: str, right: str, number: str, day: str) -> Filing:
    """Return a filing as a claim names it; an unreadable date is left out."""
    try:
        return Filing(office, right, number, parse_date(day))
    except LedgerError:
        return Filing(office, right, number, None)


def claim_facts(state: State, earlier: Filing, *, withdrawn: bool = False) -> ClaimFacts:
    """Return what public state says of an earlier filing; sealed filings are never looked at."""
    profile = state.get(PARAMETERS, "profile")
    demo = profile is not None and profile.value == "demo"
    named = (earlier.office, earlier.right, earlier.number)
    identity = filings.identify(state, *named)
    found = _found(state, named)
    return ClaimFacts(
        earlier=earlier,
        office_known=known_office(earlier.office, date="1900-01-01", demo=demo),
        reading=_reading(earlier.number, identity),
        canonical=identity.canonical if identity.readings else "",
        found="none" if found is None else found[0],
        register_date=parse_date(found[1].date) if found else None,
        source=found[1].source if found and isinstance(found[1], Copy) else "",
        covered=filings.covered(state, earlier.office, earlier.right, identity.suffixes[0]),
        withdrawn=withdrawn,
    )


def _found(
    state: State, named: tuple[str, str, str]
) -> tuple[str, Application | Copy] | None:
    own = filings.find(state, APPLICATIONS, *named)
    if own is not None:
        return "application", own[1]
    for suffix in filings.identify(state, *named).suffixes:
        rows = state.rows(COPIES, named[0], named[1], suffix)
        if rows:
            return "copy", rows[0][1]
    return None


def _reading(printed: str, identity: Identity) -> Reading:
    if not identity.readings:
        return "unknown"
    if not identity.has_one_reading:
        return "ambiguous"
    if identity.check_digit_is_wrong:
        return "check-digit-wrong"
    return "ok" if identity.canonical == printed else "respelled"
