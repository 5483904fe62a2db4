"""What public state says of the claims of a later filing: the facts of every check.

- Where an office has declared a series complete and nothing unsealed stands there, nothing more is
  read: what is read depends on public entries only, never on what is sealed.
- Everything follows from what stands now. What was found when a claim was last acted on is kept
  beside it, and read by nobody who asks: else the order of the acts would change the answers.
- A claim that is judged for the sake of another one is judged alone: by its own facts, and by the
  dates of the claims beside it. So no question leads back to itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from muniment.codec import members
from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, COPIES, Application, Copy, Identity
from muniment.model.calendar import format_date, parse_date
from muniment.model.claim import CLAIMED, CLAIMS, FALLEN, Claim, Made, recorded_claims
from muniment.model.dates import SECONDS_A_DAY, day_of
from muniment.model.descent import Lineage, filing_at, is_pct_number
from muniment.model.document import DOCUMENTS
from muniment.model.earlier_acts import (
    chain_of,
    claims_of,
    documents_of,
    inherited_claim,
    restorations_of,
)
from muniment.model.number import UNKNOWN_SERIES
from muniment.model.number import Reading as NumberReading
from muniment.model.office import known_office
from muniment.model.priority import ClaimAssessment, OrderedClaims, assess_claim
from muniment.model.priority_facts import (
    ClaimFacts,
    Filing,
    Found,
    Inherited,
    Presented,
    Reading,
    Steps,
)
from muniment.model.reference import PARAMETERS
from muniment.model.relation import RELATED, RELATIONS, RelationKind, has_relations
from muniment.model.reliance import Reliances, Standing
from muniment.model.rulebook import Rulebook
from muniment.model.same_subject import Subject, declared_title
from muniment.model.sealed import Grant
from muniment.model.state import State, Table

FIRST_DAY = "1900-01-01"
_ACTS: tuple[Table[Any], ...] = (CLAIMED, CLAIMS, DOCUMENTS, RELATED, RELATIONS)
"""Where stands what was declared or recorded of an earlier filing, under its office and kind."""


def _named_by(claim: Claim) -> Filing:
    """Return the earlier filing as a recorded claim names it."""
    named = claim.earlier
    return named_filing(named.office, named.right, named.number or "", parse_date(claim.date))


def named_filing(office: str, right: str, number: str, day: date | None) -> Filing:
    """Return a filing as somebody names it; an international application by its receiving Office.

    Args:
        office: ST.3 code.
        right: The kind of right.
        number: The number as given; empty if none was.
        day: The filing date as given, if it is a real date.
    """
    return Filing(filings.as_received(office, right, number)[0], right, number, day)


Known = tuple[ClaimFacts, str]
"""What public state says of a claim by itself, and the earlier filing as keys show it; no key where
nobody said or did anything about it."""


class Inquiry:
    """What is asked of the claims of a later filing; sealed filings are never looked at.

    Args:
        state: The public state.
        later: The later filing.
        rulebook: The rules and calendars.
        grant: A sealed filing that the asker's disclosure opens.
        presented: A file that the asker presents as the certified copy.
        key: The later filing as keys show it, where that is known.
    """

    __slots__ = ("_above", "_grant", "_later", "_presented", "_rulebook", "_state", "lineage")

    def __init__(
        self, state: State, later: Filing, rulebook: Rulebook, *, grant: Grant | None = None,
        presented: Presented | None = None, key: str | None = None,
    ) -> None:
        self._state, self._later, self._rulebook = state, later, rulebook
        self._grant, self._presented = grant, presented
        self._above: Inquiry | None = None
        self.lineage = Lineage(state, later, key)
        """The later filing, with those from which it descends."""

    def facts(self, earlier: Filing) -> ClaimFacts:
        """Return what public state says of a claim that somebody states.

        Args:
            earlier: The earlier filing, as claimed.
        """
        return self._whole(self._known(earlier, None))

    def ordered(self, claims: Sequence[Claim]) -> OrderedClaims:
        """Return recorded claims, to be assessed in the order of their dates."""
        named = [_named_by(one) for one in claims]
        known: dict[int, Known] = {}

        def alone(at: int) -> Known:
            if at not in known:
                known[at] = self._known(named[at], claims[at])
            return known[at]

        return OrderedClaims(
            self._later, [self._date(one) for one in named], lambda at: alone(at)[0],
            lambda at: self._whole(alone(at)), self._rulebook, self.lineage.descent,
            self._published)

    def judged(self, place: str, claim: Claim, *, with_line: bool) -> list[ClaimAssessment]:
        """Return what a recorded claim gives by its own facts, whatever shares its subject.

        It is judged by its own date and, if an older one is claimed beside it, by that too: a
        time limit that runs from the priority date lies between the two.

        Args:
            place: Its place among those of its filing.
            claim: The claim.
            with_line: Whether the claims from which it descends are judged as well. If not, that
                of a divisional says nothing: its parent's stands in the same index.
        """
        facts, key = self._known(_named_by(claim), claim)
        if with_line:
            facts = self._with_inherited(facts, key)
        elif self.lineage.is_divided and facts.inherited != "unknown":
            return []
        beside = [one for at, one in recorded_claims(self._state, self.lineage.key).items()
                  if at != place and one.status not in FALLEN]
        days = [parse_date(one.date) for one in beside]
        older = [one for one in days if facts.date and one < facts.date]
        turns = [None, min(older)] if older else [None]
        return [assess_claim(
            self._later, facts, self._rulebook, self.lineage.descent, one, self._published,
            lambda: [self._known(_named_by(other), other)[0] for other in beside],
        ) for one in turns]

    @property
    def _published(self) -> date | None:
        entry = self._state.at(APPLICATIONS, APPLICATIONS.key(self.lineage.key))
        return parse_date(entry.published) if entry and entry.published else None

    def _date(self, earlier: Filing) -> date | None:
        """Return the date that counts of a claim, as its facts would say it."""
        entry = _found(self._state, earlier)[1]
        return parse_date(entry.date) if entry and entry.date else earlier.date

    def _known(self, earlier: Filing, claim: Claim | None) -> Known:
        state, grant = self._state, self._grant
        named = _received(earlier)
        identity = filings.identify(state, *named)
        key, entry = _found(state, earlier)
        granted = grant if grant and not entry and _opens(grant, earlier, identity) else None
        found = _kind(entry, granted)
        covered = filings.covered(state, *named[:2], identity.suffix)
        facts: dict[str, Any] = {
            "earlier": earlier,
            "office_known": is_known(earlier, demo=_is_demo(state)),
            "reading": reading_of(earlier.number, identity.readings),
            "canonical": identity.canonical if identity.readings else "",
            "found": found,
            "covered": covered,
            "international": is_pct_number(earlier.number, identity.readings),
            "itself": bool(earlier.number) and self.lineage.is_of_itself(key),
        }
        facts |= _of_the_entry(entry, granted)
        if claim is not None:
            facts |= _of_the_claim(claim)
        if not earlier.number or (found == "none" and covered) or self._is_silent(key, claim):
            key = ""
        else:
            facts |= _acts(state, key, identity, self.lineage, claim, found)
        if self._presented is not None:
            facts["presented"] = self._presented
        return ClaimFacts(**facts), key

    def _is_silent(self, key: str, claim: Claim | None) -> bool:
        """Return whether nobody declared or recorded anything of such filings."""
        place = key.split("/", 2)[:2]
        return claim is None and not self.lineage.has_relations and not any(
            self._state.holds(table, *place) for table in _ACTS)

    def _whole(self, known: Known) -> ClaimFacts:
        """Return the facts of a claim with what depends on other claims and filings."""
        facts, key = known
        if not key:
            return facts
        if facts.found in ("application", "copy") and has_relations(self._state, key):
            facts = self._among_its_subject(facts, key)
        return self._with_inherited(facts, key)

    def _among_its_subject(self, facts: ClaimFacts, key: str) -> ClaimFacts:
        concerned = self.lineage.offices | {facts.earlier.office}
        subject = Subject(self._state, key, concerned)
        related = subject.related(key, concerned)
        if not related:
            return facts
        reliances = Reliances(subject, key, concerned, self._judge).found
        return replace(facts, many_related=subject.is_cut, related=related, reliances=reliances)

    def _judge(self, made: Made) -> Standing:
        """Return what an undecided claim to a newer filing gives."""
        later = filing_at(self._state, made.later)
        if later is None:
            return "lost"
        inquiry = Inquiry(self._state, later, self._rulebook, key=made.later)
        place = made.place.rpartition("/")[2]
        found = {_standing(one) for one in inquiry.judged(place, made.claim, with_line=False)}
        if len(found) > 1:
            return "pending"
        return found.pop() if found else "lost"

    def _with_inherited(self, facts: ClaimFacts, key: str) -> ClaimFacts:
        """Return the facts with what stands of the same claim of the filing from which it descends.

        A national phase loses it only where the claim of the international application is void.
        """
        if facts.inherited != "standing":
            return facts
        nearest = self.lineage.ancestors[0]
        held = claims_of(self._state, nearest.key, self.lineage).get(key)
        above = self._parent()
        if above is None or held is None:
            return replace(facts, inherited="unknown")
        fallen = {_is_fallen(one, nearest.relation.kind)
                  for one in above.judged(*held, with_line=True)}
        agreed: Inherited = "fallen" if True in fallen else "standing"
        return replace(facts, inherited=agreed if len(fallen) == 1 else "unknown")

    def _parent(self) -> "Inquiry | None":
        """Return the inquiry into the filing from which the later one descends, made once."""
        descent, nearest = self.lineage.descent, self.lineage.ancestors[0]
        parent = filing_at(self._state, nearest.key)
        if parent is None or descent is None or not descent.complete:
            return None  # a circle, or a line that is too long
        if self._above is None:
            self._above = Inquiry(self._state, parent, self._rulebook, key=nearest.key)
            self._above.lineage.held = self.lineage.held
        return self._above


def _standing(found: ClaimAssessment) -> Standing:
    if found.gives_priority:
        return "gives"
    return "lost" if found.is_lost or not found.confirmed else "pending"


def _is_fallen(found: ClaimAssessment, kind: RelationKind) -> bool:
    """Return whether a parent's claim gives its child nothing."""
    if kind != "national-phase":
        return bool(found.excluded_by)
    period = found.result("P06")
    return period is not None and period.result == "VOID"


def _keys(state: State, key: str, identity: Identity) -> tuple[str, ...]:
    """Return an earlier filing as the keys of documents may show it, as it stands now first."""
    office, right = key.split("/")[:2]
    known = identity.read
    if state.holds(DOCUMENTS, office, right, UNKNOWN_SERIES):
        known = identity.suffixes
    return tuple(dict.fromkeys((key, *(f"{office}/{right}/{one}" for one in known))))


def _acts(
    state: State, key: str, identity: Identity, lineage: Lineage, claim: Claim | None, found: Found
) -> dict[str, Any]:
    """Return what offices declared and recorded of an earlier filing."""
    facts: dict[str, Any] = {
        "documents": documents_of(state, _keys(state, key, identity), lineage),
        "inherited": inherited_claim(state, key, lineage, claim),
        "restored": restorations_of(state, key, lineage, claim),
        "title": declared_title(state, lineage, key),
    }
    if found == "application":
        facts |= chain_of(state, key)
    return facts


def _of_the_entry(entry: Application | Copy | None, granted: Grant | None) -> dict[str, Any]:
    """Return what the entry of an earlier filing says, or the disclosure that opens it."""
    if entry is not None:
        return {"register_date": parse_date(entry.date) if entry.date else None,
                "source": entry.source if isinstance(entry, Copy) else ""}
    if granted is not None:
        return {"register_date": parse_date(granted.filing.date), "entry": granted.sealed.entry}
    return {}


def _of_the_claim(claim: Claim) -> dict[str, Any]:
    """Return what a recorded claim says of itself."""
    goods, steps = claim.goods, claim.steps
    facts: dict[str, Any] = {"recorded": day_of(claim.recorded + SECONDS_A_DAY),
                             "status": claim.status}
    if claim.was is not None:
        facts |= {"first": parse_date(claim.first) if claim.first else None,
                  "was": parse_date(claim.was)}
    if goods is not None:
        facts |= {"classes": goods.classes, "listed": goods.listed is not None}
    if steps is not None:
        facts["steps"] = Steps(**{name: parse_date(day) for name, day in members(steps).items()})
    return facts


def _received(named: Filing) -> tuple[str, str, str]:
    return filings.as_received(named.office, named.right, named.number)


def _found(state: State, named: Filing) -> tuple[str, Application | Copy | None]:
    """Return (key part, entry) of an earlier filing: its office's entry, else a copy of it."""
    office, right, number = _received(named)
    own = filings.find(state, APPLICATIONS, office, right, number)
    if own is not None:
        return own[0].decode("ascii").removeprefix("application/").removesuffix("/"), own[1]
    identity = filings.identify(state, office, right, number)
    if state.holds(COPIES, office, right):
        for suffix in identity.suffixes:
            copies = state.rows(COPIES, office, right, suffix)
            if copies:
                return f"{office}/{right}/{suffix}", copies[0][1]
    return f"{office}/{right}/{identity.suffix}", None


def _kind(entry: Application | Copy | None, granted: Grant | None) -> Found:
    if isinstance(entry, Application):
        return "application"
    if isinstance(entry, Copy):
        return "copy"
    return "sealed" if granted else "none"


def _opens(grant: Grant, earlier: Filing, identity: Identity) -> bool:
    """Return whether a grant opens the filing that a claim names, in any spelling."""
    filing = grant.filing
    if (filing.office, filing.right) != _received(earlier)[:2]:
        return False
    if filing.number == earlier.number:
        return True
    canonical = {one.canonical for one in identity.readings}
    return bool(canonical & {one.canonical for one in grant.readings})


def is_known(earlier: Filing, *, demo: bool) -> bool:
    """Return whether the earlier office had an ST.3 code on the day that the claim gives."""
    day = format_date(earlier.date) if earlier.date else FIRST_DAY
    return known_office(earlier.office, date=day, demo=demo)


def _is_demo(state: State) -> bool:
    profile = state.get(PARAMETERS, "profile")
    return profile is not None and profile.value == "demo"


def reading_of(printed: str, readings: tuple[NumberReading, ...]) -> Reading:
    """Return how a number was read, in one word."""
    if not printed:
        return "missing"
    if not readings:
        return "unknown"
    if len(readings) > 1:
        return "ambiguous"
    if readings[0].check == "wrong":
        return "check-digit-wrong"
    return "ok" if readings[0].canonical == printed else "respelled"
