"""From which filing a later one descends: parents, and the international application.

A divisional or continuation has the filing date of its first parent for the period (Paris
Convention Art. 4G); a national phase that of the international application (PCT Art. 11(3)).
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS
from muniment.model.calendar import parse_date
from muniment.model.claim import Claim
from muniment.model.number import Reading
from muniment.model.priority_facts import Descent, Filing
from muniment.model.relation import ORIGINS, RELATIONS, Relation, relations_of
from muniment.model.state import State

ANCESTORS_MAX = 16
"""A longer line of parents is not followed: the filing date that counts is then unknown."""
PCT_FORMAT = "pct"
"""The name of the number formats of international applications."""


Held = Mapping[str, tuple[str, Claim]]
"""(place, claim) of the latest claim of a filing to each earlier one, as keys show that."""


class Ancestor(NamedTuple):
    """A filing from which the later one descends."""

    key: str
    """Office, kind of right, series and number as keys show them."""
    relation: Relation
    """How the filing before it in the line is related to it."""


class Lineage:
    """A later filing with those from which it descends, as its office declared them.

    Args:
        state: The public state.
        later: The later filing.
        key: The same as keys show it, where that is known; it is read from the number if not.
    """

    __slots__ = ("_key", "_later", "_state", "ancestors", "descent", "has_relations", "held")

    def __init__(self, state: State, later: Filing, key: str | None = None) -> None:
        self._state, self._later = state, later
        self._key = key
        self.has_relations = bool(later.number) and state.holds(
            RELATIONS, later.office, later.right)
        """Whether its office declared any relation of a filing of that kind of right."""
        self.held: dict[str, Held] = {}
        """The claims of each of them, once they have been read."""
        self.ancestors: tuple[Ancestor, ...] = ()
        """The filings from which it descends, the nearest first."""
        self.descent: Descent | None = None
        """What follows for the filing date and the calendar, if anything does."""
        if self.has_relations:
            self.ancestors = tuple(_ancestors(state, self.key))
        if self.ancestors:
            self.descent = _descent(state, later, self.key, self.ancestors)
        elif later.number[:2].isalpha():  # as every spelling of a PCT number begins
            self.descent = self._international()

    @property
    def key(self) -> str:
        """The later filing as keys show it, read when it is asked for; empty without a number."""
        if self._key is None:
            later = self._later
            named = (later.office, later.right, later.number)
            self._key = filings.named_key(self._state, *named) if later.number else ""
        return self._key

    @property
    def later(self) -> Filing:
        """The later filing."""
        return self._later

    @property
    def office(self) -> str:
        """The later office."""
        return self._later.office

    def is_of_itself(self, earlier: str) -> bool:
        """Return whether an earlier filing is the later one, or what that is the national phase of.

        Args:
            earlier: Office, kind of right, series and number as keys show them.
        """
        if earlier.startswith(f"{self.office}/") and earlier == self.key:
            return True
        return any(one.key == earlier and one.relation.kind == "national-phase"
                   for one in self.ancestors)

    def _international(self) -> Descent | None:
        later = self._later
        named = filings.as_received(later.office, later.right, later.number)
        if not is_pct_number(later.number, filings.identify(self._state, *named).readings):
            return None
        return Descent(later.date, named[0], international=True,
                       published=_published(self._state, self.key))

    @property
    def line(self) -> frozenset[str]:
        """The later filing and those from which it descends, as keys show them."""
        return frozenset((self.key, *(one.key for one in self.ancestors)))

    @property
    def is_divided(self) -> bool:
        """Whether the later filing is a divisional or continuation."""
        return bool(self.ancestors) and self.ancestors[0].relation.kind == "divisional"

    @property
    def offices(self) -> frozenset[str]:
        """The later office and those of the filings from which the later one descends."""
        return frozenset((self.office, *(one.key.partition("/")[0] for one in self.ancestors)))


def filing_at(state: State, key: str) -> Filing | None:
    """Return the filing that stands under a key in its office's register, or None.

    Args:
        state: The public state.
        key: Office, kind of right, series and number as keys show them.
    """
    entry = state.at(APPLICATIONS, APPLICATIONS.key(key))
    if entry is None:
        return None
    office, right, _ = key.split("/", 2)
    return Filing(office, right, entry.number, parse_date(entry.date))


def is_pct_number(printed: str, readings: tuple[Reading, ...]) -> bool:
    """Return whether a number is that of an international application under the PCT."""
    if readings:
        return readings[0].format.identifier == PCT_FORMAT
    return printed.startswith("PCT/")


def _ancestors(state: State, key: str) -> list[Ancestor]:
    found: list[Ancestor] = []
    seen = {key}
    while len(found) < ANCESTORS_MAX:
        declared = [one for one in relations_of(state, key) if one.kind in ORIGINS]
        if not declared:
            return found
        relation = min(declared, key=lambda one: ORIGINS.index(one.kind))
        other = relation.other
        key = filings.named_key(state, other.office, other.right, other.number)
        if key in seen:
            break
        seen.add(key)
        found.append(Ancestor(key, relation))
    return found


def _descent(
    state: State, later: Filing, key: str, ancestors: tuple[Ancestor, ...]
) -> Descent:
    first, last = ancestors[0], ancestors[-1]
    followed = len(ancestors) < ANCESTORS_MAX and not any(
        one.kind in ORIGINS for one in relations_of(state, last.key))
    other = last.relation.other
    named = filings.as_received(other.office, other.right, other.number)
    readings = filings.identify(state, *named).readings
    phases = [one for one in ancestors if one.relation.kind == "national-phase"]
    is_phase = first.relation.kind == "national-phase"
    return Descent(
        filed=_filed(state, last) if followed else None,
        office=named[0],
        international=bool(phases) or is_pct_number(other.number, readings),
        phase=first.relation.other.number if is_phase else "",
        parent="" if is_phase else first.relation.other.number,
        published=_published(state, first.key if is_phase else key),
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
