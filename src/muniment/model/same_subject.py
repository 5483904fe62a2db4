"""From the public state to what is known of filings of the same subject.

Served as a basis and barred are derived from the index of claims by earlier filing: nobody
writes them into another office's register.
"""

from datetime import date

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS
from muniment.model.calendar import parse_date
from muniment.model.claim import FINDINGS, FilingName, claims_on
from muniment.model.descent import Lineage
from muniment.model.priority_case import RelatedFiling, Title
from muniment.model.relation import relations_of, relations_to
from muniment.model.state import State

_SAME = "same-subject"
_TITLES = ("same-applicant", "successor")


def same_subject(
    state: State, key: str
) -> tuple[tuple[RelatedFiling, ...], tuple[str, ...]]:
    """Return the filings declared to have the subject of one, and who set that one aside.

    They are declared from either side. Who set it aside are the offices that hold a claim which
    relied on Art. 4C(4) for a newer one of them.

    Args:
        state: The public state.
        key: Office, kind of right, series and number as keys show them.
    """
    keys = _related_keys(state, key)
    if not keys:
        return (), ()
    relying = {
        place.partition("/")[0]
        for other in keys
        for place, _ in claims_on(state, other)
        if _relied(state, place) and _is_older(state, key, other)
    }
    return tuple(_related(state, other) for other in keys), tuple(sorted(relying))


def declared_title(state: State, lineage: Lineage, earlier: str) -> Title | None:
    """Return the title of a later filing's applicant to an earlier one, or None.

    It may be declared for the later filing or for one from which that descends; the nearest
    declaration counts, and of several the earliest title.
    """
    if not lineage.has_relations:
        return None
    for later in (lineage.key, *(one.key for one in lineage.ancestors)):
        named = [one for one in relations_of(state, later)
                 if one.kind in _TITLES and _key(state, one.other) == earlier]
        if named:
            first = min(named, key=lambda one: one.executed or "")
            return Title(first.basis or "",
                         parse_date(first.executed) if first.executed else None,
                         first.applicants or "")
    return None


def _related_keys(state: State, key: str) -> tuple[str, ...]:
    named = {_key(state, one.other) for one in relations_of(state, key) if one.kind == _SAME}
    named |= {one.filing for one in relations_to(state, key) if one.kind == _SAME}
    return tuple(sorted(named))


def _related(state: State, key: str) -> RelatedFiling:
    entry = state.at(APPLICATIONS, APPLICATIONS.key(key))
    office = key.partition("/")[0]
    if entry is None:
        return RelatedFiling(office, key.rpartition("/")[2])
    return RelatedFiling(
        office, entry.number, parse_date(entry.date),
        ended=parse_date(entry.ended.date) if entry.ended else None,
        leaves_rights=entry.ended is not None and entry.ended.leaves_rights,
        published=parse_date(entry.published) if entry.published else None,
        served=tuple(sorted(
            (place.partition("/")[0], filed) for place, _ in claims_on(state, key)
            if (filed := _filed(state, place)) is not None
        )),
    )


def _relied(state: State, place: str) -> bool:
    """Return whether a claim gave priority because Art. 4C(4) set an older filing aside."""
    finding = state.get(FINDINGS, place)
    return finding is not None and finding.results.get("P08") == "FIRST_BY_4C4"


def _filed(state: State, place: str) -> date | None:
    entry = state.at(APPLICATIONS, APPLICATIONS.key(place.rpartition("/")[0]))
    return parse_date(entry.date) if entry else None


def _is_older(state: State, key: str, other: str) -> bool:
    first = state.at(APPLICATIONS, APPLICATIONS.key(key))
    second = state.at(APPLICATIONS, APPLICATIONS.key(other))
    return first is not None and second is not None and first.date < second.date


def _key(state: State, named: FilingName) -> str:
    return filings.key_part(state, named.office, named.right, named.number)
