"""The one way from a register to an assessment, and from the packaged reference data to facts."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from muniment.model.application import as_received
from muniment.model.calendar import Reference, parse_date
from muniment.model.claim import Claim
from muniment.model.descent import is_pct_number
from muniment.model.inquiry import Inquiry, is_known, named_filing, reading_of
from muniment.model.number import NumberFormat, read_number
from muniment.model.number import Reading as NumberReading
from muniment.model.priority import Assessment, OrderedClaims, assess_priority
from muniment.model.priority_case import is_pct
from muniment.model.priority_facts import ClaimFacts, Descent, Filing, Presented
from muniment.model.rulebook import Rulebook
from muniment.model.sealed import Grant
from muniment.model.state import State
from muniment.proof.errors import LedgerError


def filing(office: str, right: str, number: str, day: str) -> Filing:
    """Return a filing as a claim names it; an unreadable date is left out."""
    try:
        return named_filing(office, right, number, parse_date(day))
    except LedgerError:
        return named_filing(office, right, number, None)


def assess(
    state: State, later: Filing, claims: Sequence[Filing], rulebook: Rulebook, *,
    grant: Grant | None = None,
) -> Assessment:
    """Assess claims as somebody states them against the public state.

    Args:
        state: The public state.
        later: The filing that claims.
        claims: The earlier filings, as claimed.
        rulebook: The rules and calendars of the ledger.
        grant: A sealed filing that the asker's disclosure opens.
    """
    inquiry = Inquiry(state, later, rulebook, grant=grant)
    facts = [inquiry.facts(one) for one in claims]
    return assess_priority(later, facts, rulebook, inquiry.lineage.descent)


def assess_recorded(
    state: State, later: Filing, claims: Mapping[str, Claim], rulebook: Rulebook, *,
    grant: Grant | None = None, presented: Presented | None = None,
) -> Assessment:
    """Assess claims of a later filing as they stand in the register, or as they will stand.

    Args:
        state: The public state.
        later: The later filing, with the date that its entry shows.
        claims: Each claim by its place, in their order.
        rulebook: The rules and calendars of the ledger.
        grant: A sealed filing that the asker's disclosure opens.
        presented: A file that the asker presents as the certified copy of each.
    """
    inquiry = Inquiry(state, later, rulebook, grant=grant, presented=presented)
    descent = inquiry.lineage.descent
    filed = descent.filed if descent else later.date
    found = inquiry.ordered(list(claims.values())).all()
    return Assessment(later, found, filed, is_pct(later, descent))


def ordered_claims(
    state: State, later: Filing, claims: Mapping[str, Claim], rulebook: Rulebook
) -> OrderedClaims:
    """Return the claims of a later filing, each to be assessed when it is asked for.

    Args:
        state: The public state.
        later: The later filing, with the date that its entry shows.
        claims: Each claim by its place, in their order.
        rulebook: The rules and calendars of the ledger.
    """
    return Inquiry(state, later, rulebook).ordered(list(claims.values()))


def packaged_facts(reference: Reference, earlier: Filing) -> ClaimFacts:
    """Return what the reference data alone says of an earlier filing: its number, no entry."""
    readings = _packaged_readings(reference, earlier)
    return ClaimFacts(
        earlier=earlier,
        office_known=is_known(earlier, demo=True),
        reading=reading_of(earlier.number, readings),
        canonical=readings[0].canonical if readings else "",
        international=is_pct_number(earlier.number, readings),
    )


def packaged_descent(reference: Reference, later: Filing) -> Descent | None:
    """Return what the number of a later filing alone says: whether it is a PCT one."""
    if not is_pct_number(later.number, _packaged_readings(reference, later)):
        return None
    return Descent(later.date, later.office, international=True)


def _packaged_readings(reference: Reference, named: Filing) -> tuple[NumberReading, ...]:
    office, right, number = as_received(named.office, named.right, named.number)
    return read_number(_packaged_formats(reference, office, right), number)


@lru_cache(maxsize=512)
def _packaged_formats(reference: Reference, office: str, right: str) -> tuple[NumberFormat, ...]:
    rows = reference.rows("number-format", office, right)
    return tuple(NumberFormat.from_row(row) for _, row in rows)
