"""From the public state to what is known of filings of the same subject.

Served as a basis and barred are derived from the index of claims by earlier filing: nobody
writes them into another office's register.
"""

from datetime import date

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS
from muniment.model.calendar import parse_date
from muniment.model.claim import CLAIMED, CLAIMS, Claim, FilingName
from muniment.model.priority_case import RelatedFiling, Title
from muniment.model.relation import RELATED, RELATIONS
from muniment.model.state import State

_SAME = "same-subject"


def related_filings(state: State, key: str) -> tuple[RelatedFiling, ...]:
    """Return the public filings declared, from either side, to have the subject of `key`.

    Args:
        state: The public state.
        key: Office, kind of right, series and number as keys show them.
    """
    return tuple(_related(state, other) for other in _related_keys(state, key))


def declared_title(state: State, later: str, earlier: str) -> Title | None:
    """Return the earliest declared title of the applicant of `later` to `earlier`, or None."""
    titles = [
        Title(one.basis or "", parse_date(one.executed))
        for _, one in state.rows(RELATIONS, later)
        if one.kind == "successor" and one.executed and _key(state, one.other) == earlier
    ]
    return min(titles, key=lambda title: title.executed, default=None)


def relying_offices(state: State, key: str) -> tuple[str, ...]:
    """Return the offices that hold a standing claim which set the filing of `key` aside."""
    offices = {
        place.partition("/")[0]
        for other in _related_keys(state, key)
        for place, claim in _claims(state, other)
        if claim.results.get("P08") == "FIRST_BY_4C4" and _is_older(state, key, other)
    }
    return tuple(sorted(offices))


def _related_keys(state: State, key: str) -> tuple[str, ...]:
    named = {_key(state, one.other) for _, one in state.rows(RELATIONS, key) if one.kind == _SAME}
    named |= {one.filing for _, one in state.rows(RELATED, key) if one.kind == _SAME}
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
            (place.partition("/")[0], filed) for place, _ in _claims(state, key)
            if (filed := _filed(state, place)) is not None
        )),
    )


def _claims(state: State, key: str) -> list[tuple[str, Claim]]:
    """Return (place, claim) of each claim ever made to a filing, withdrawn ones included."""
    places = [one.claim for _, one in state.rows(CLAIMED, key)]
    found = [(place, state.at(CLAIMS, CLAIMS.key(place))) for place in places]
    return [(place, claim) for place, claim in found if claim is not None]


def _filed(state: State, place: str) -> date | None:
    entry = state.at(APPLICATIONS, APPLICATIONS.key(place.rpartition("/")[0]))
    return parse_date(entry.date) if entry else None


def _is_older(state: State, key: str, other: str) -> bool:
    first = state.at(APPLICATIONS, APPLICATIONS.key(key))
    second = state.at(APPLICATIONS, APPLICATIONS.key(other))
    return first is not None and second is not None and first.date < second.date


def _key(state: State, named: FilingName) -> str:
    return filings.key_part(state, named.office, named.right, named.number)
