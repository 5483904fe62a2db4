"""From the public state to what is known of filings of the same subject.

- What has one subject is followed from filing to filing, a bounded number of them: what the
  offices concerned declared first, then what others did.
- An office declares what its own filing is to another. Of a claim the word of these counts: the
  office of the earlier filing, the later office, and those of the filings from which the later one
  descends. What only others said is kept apart, with their names.
- Served as a basis and relied on are derived from the index of claims by earlier filing: nobody
  writes them into another office's register.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS
from muniment.model.calendar import parse_date
from muniment.model.claim import FilingName, Made, claims_made_on
from muniment.model.claimant import is_unconfirmed
from muniment.model.descent import Lineage, filing_at
from muniment.model.priority_facts import RelatedFiling, Title
from muniment.model.relation import relations_of, relations_to
from muniment.model.state import State

SUBJECTS_MAX = 16
"""Most filings that are followed beside the one asked about."""
_SAME = "same-subject"
_TITLES = ("same-applicant", "successor")
_Links = tuple[tuple[str, str], ...]


class Subject:
    """The filings declared to have one subject, each link with the office that declared it.

    Args:
        state: The public state.
        key: Office, kind of right, series and number of a filing as keys show them.
        concerned: The offices whose word counts.
    """

    def __init__(self, state: State, key: str, concerned: AbstractSet[str]) -> None:
        self.state = state
        self.is_cut = False
        """Whether more filings are declared than are followed."""
        self._links: dict[str, _Links] = {key: _links(state, key)}
        self._filings: dict[str, RelatedFiling] = {}
        if self._links[key]:
            self._follow(concerned)
            self._follow(None)

    def _follow(self, offices: AbstractSet[str] | None) -> None:
        """Follow what these offices declared, or any, in the order of the keys."""
        waiting = list(self._links)
        for one in waiting:  # it grows
            for other, office in self._links[one]:
                if other in self._links or (offices is not None and office not in offices):
                    continue
                if len(self._links) > SUBJECTS_MAX:
                    self.is_cut = True
                    return
                self._links[other] = _links(self.state, other)
                waiting.append(other)

    def heard(self, key: str, concerned: AbstractSet[str]) -> dict[str, tuple[str, ...]]:
        """Return each other filing with the offices on whose word alone it has one subject.

        Args:
            key: The filing from which it is seen.
            concerned: The offices whose word counts.
        """
        found: dict[str, tuple[str, ...]] = {key: ()}
        for settled in (True, False):
            waiting = list(found)
            for one in waiting:  # it grows
                for other, saying in self._said(one).items():
                    counts = bool(saying & concerned)
                    if other in found or (settled and not counts):
                        continue
                    alone = set(found[one]) | (set() if counts else saying)
                    found[other] = tuple(sorted(alone))
                    waiting.append(other)
        del found[key]
        return dict(sorted(found.items()))

    def _said(self, key: str) -> dict[str, set[str]]:
        """Return each filing linked to one, with the offices that declared the link."""
        said: dict[str, set[str]] = {}
        for other, office in self._links[key]:
            if other in self._links:
                said.setdefault(other, set()).add(office)
        return said

    def related(self, key: str, concerned: AbstractSet[str]) -> tuple[RelatedFiling, ...]:
        """Return the other filings as a claim to one sees them.

        Args:
            key: The filing from which they are seen.
            concerned: The offices whose word counts.
        """
        return tuple(replace(self.filing(other), said_by=said_by) if said_by
                     else self.filing(other)
                     for other, said_by in self.heard(key, concerned).items())

    def filing(self, key: str) -> RelatedFiling:
        """Return a filing of the subject as the public register shows it."""
        if key not in self._filings:
            self._filings[key] = _shown(self.state, key)
        return self._filings[key]


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


def _links(state: State, key: str) -> _Links:
    """Return (other filing, office that declared it) of each relation, found from both sides."""
    own = key.partition("/")[0]
    links = {(_key(state, one.other), own) for one in relations_of(state, key)
             if one.kind == _SAME}
    links |= {(one.filing, one.filing.partition("/")[0]) for one in relations_to(state, key)
              if one.kind == _SAME}
    return tuple(sorted(links))


def _shown(state: State, key: str) -> RelatedFiling:
    entry = state.at(APPLICATIONS, APPLICATIONS.key(key))
    office = key.partition("/")[0]
    if entry is None:
        return RelatedFiling(office, key.rpartition("/")[2])
    made: dict[str, list[tuple[str, date]]] = {"once": [], "served": [], "unconfirmed": []}
    for one in claims_made_on(state, key):
        filed = _filed(state, one.later)
        if filed is not None:
            made[_served(state, one)].append((one.office, filed))
    return RelatedFiling(
        office, entry.number, parse_date(entry.date),
        ended=parse_date(entry.ended.date) if entry.ended else None,
        leaves_rights=entry.ended is not None and entry.ended.leaves_rights,
        published=parse_date(entry.published) if entry.published else None,
        served=tuple(sorted(made["served"])), once=tuple(sorted(made["once"])),
        unconfirmed=tuple(sorted(made["unconfirmed"])),
    )


def _served(state: State, made: Made) -> str:
    """Return how a claim made its earlier filing serve, as `RelatedFiling` names it."""
    if made.moved:
        return "once"
    return "unconfirmed" if is_unconfirmed(state, made.office, made.claim) else "served"


def _filed(state: State, key: str) -> date | None:
    """Return the filing date that counts of a filing that claims: that of its first parent."""
    later = filing_at(state, key)
    if later is None:
        return None
    descent = Lineage(state, later, key).descent
    return (descent.filed if descent else None) or later.date


def _key(state: State, named: FilingName) -> str:
    return filings.named_key(state, named.office, named.right, named.number)
