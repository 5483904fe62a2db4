"""From which filing a later one descends: parents, and the international application.

A divisional or continuation has the filing date of its first parent for the period (Paris
Convention Art. 4G); a national phase that of the international application (PCT Art. 11(3)).
"""

from datetime import date
from typing import NamedTuple

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS
from muniment.model.calendar import parse_date
from muniment.model.number import Reading
from muniment.model.priority_case import Descent, Filing
from muniment.model.relation import ORIGINS, RELATIONS, Relation
from muniment.model.state import State

ANCESTORS_MAX = 16
"""A longer line of parents is not followed: the filing date that counts is then unknown."""
PCT_FORMAT = "pct"
"""The name of the number formats of international applications."""


class Ancestor(NamedTuple):
    """A filing from which the later one descends."""

    key: str
    """Office, kind of right, series and number as keys show them."""
    relation: Relation
    """How the filing before it in the line is related to it."""


class Lineage(NamedTuple):
    """A later filing with those from which it descends, the nearest first."""

    key: str
    """The later filing, as keys show it."""
    descent: Descent | None
    ancestors: tuple[Ancestor, ...]


def is_pct_number(printed: str, readings: tuple[Reading, ...]) -> bool:
    """Return whether a number is that of an international application under the PCT."""
    if readings:
        return readings[0].format.identifier == PCT_FORMAT
    return printed.startswith("PCT/")


def lineage_of(state: State, later: Filing) -> Lineage:
    """Return a later filing with those from which it descends, as its office declared it."""
    named = (later.office, later.right, later.number)
    key = filings.key_part(state, *named) if later.number else ""
    ancestors = tuple(_ancestors(state, key)) if key else ()
    if ancestors:
        return Lineage(key, _descent(state, later, ancestors), ancestors)
    if not is_pct_number(later.number, filings.identify(state, *named).readings):
        return Lineage(key, None, ())
    own = Descent(later.date, later.office, international=True, published=_published(state, key))
    return Lineage(key, own, ())


def _ancestors(state: State, key: str) -> list[Ancestor]:
    found: list[Ancestor] = []
    seen = {key}
    while len(found) < ANCESTORS_MAX:
        declared = [one for _, one in state.rows(RELATIONS, key) if one.kind in ORIGINS]
        if not declared:
            return found
        relation = min(declared, key=lambda one: ORIGINS.index(one.kind))
        other = relation.other
        key = filings.key_part(state, other.office, other.right, other.number)
        if key in seen:
            break
        seen.add(key)
        found.append(Ancestor(key, relation))
    return found


def _descent(state: State, later: Filing, ancestors: tuple[Ancestor, ...]) -> Descent:
    first, last = ancestors[0], ancestors[-1]
    followed = len(ancestors) < ANCESTORS_MAX and not any(
        one.kind in ORIGINS for _, one in state.rows(RELATIONS, last.key))
    other = last.relation.other
    readings = filings.identify(state, other.office, other.right, other.number).readings
    phases = [one for one in ancestors if one.relation.kind == "national-phase"]
    is_phase = first.relation.kind == "national-phase"
    return Descent(
        filed=_filed(state, last) if followed else None,
        office=other.office,
        international=bool(phases) or is_pct_number(other.number, readings),
        phase=first.relation.other.number if is_phase else "",
        parent="" if is_phase else first.relation.other.number,
        published=_published(state, first.key if is_phase else
                             filings.key_part(state, later.office, later.right, later.number)),
        complete=followed,
    )


def _filed(state: State, ancestor: Ancestor) -> date | None:
    """Return the filing date of an ancestor: its office's, else the one that was stated."""
    entry = state.at(APPLICATIONS, APPLICATIONS.key(ancestor.key))
    stated = entry.date if entry else ancestor.relation.filed
    return parse_date(stated) if stated else None


def _published(state: State, key: str) -> date | None:
    entry = state.at(APPLICATIONS, APPLICATIONS.key(key))
    return parse_date(entry.published) if entry and entry.published else None
