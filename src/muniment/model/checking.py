"""From the public state to the facts of a claim: the one way from a register to an assessment.

Where an office has declared a series complete and nothing unsealed stands there, nothing more is
read: what is read depends on public entries only, never on what is sealed.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from muniment.codec import members
from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, COPIES, Application, Copy, Identity
from muniment.model.calendar import Reference, format_date, parse_date
from muniment.model.claim import CLAIMED, CLAIMS, FALLEN, FINDINGS, Claim
from muniment.model.dates import SECONDS_A_DAY, day_of
from muniment.model.descent import Lineage, is_pct_number
from muniment.model.document import DOCUMENTS
from muniment.model.earlier_acts import (
    awaits_number,
    chain_of,
    claim_of,
    documents_of,
    restorations_of,
)
from muniment.model.number import UNKNOWN_SERIES, NumberFormat, read_number
from muniment.model.number import Reading as NumberReading
from muniment.model.office import known_office
from muniment.model.priority import LOSING, Assessment, assess_claim, assess_priority
from muniment.model.priority_case import (
    ClaimFacts,
    Descent,
    Filing,
    Found,
    Inherited,
    Presented,
    Reading,
    Steps,
)
from muniment.model.reference import PARAMETERS, LedgerReference
from muniment.model.relation import RELATED, RELATIONS
from muniment.model.rulebook import Rulebook
from muniment.model.same_subject import declared_title, same_subject
from muniment.model.sealed import Grant
from muniment.model.state import State, Table
from muniment.proof.errors import LedgerError

FIRST_DAY = "1900-01-01"
_ACTS: tuple[Table[Any], ...] = (CLAIMED, CLAIMS, DOCUMENTS, RELATED, RELATIONS)
"""Where stands what was declared or recorded of an earlier filing, under its office and kind."""


def filing(office: str, right: str, number: str, day: str) -> Filing:
    """Return a filing as a claim names it; an unreadable date is left out."""
    try:
        return Filing(office, right, number, parse_date(day))
    except LedgerError:
        return Filing(office, right, number, None)


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
    lineage = Lineage(state, later)
    facts = [claim_facts(state, one, lineage, grant=grant) for one in claims]
    return assess_priority(later, facts, rulebook, lineage.descent)


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
    lineage = Lineage(state, later)
    facts = [
        claim_facts(state, named_by(one), lineage, claim=one, grant=grant, presented=presented)
        for one in claims.values()
    ]
    entry = state.at(APPLICATIONS, APPLICATIONS.key(lineage.key))
    published = parse_date(entry.published) if entry and entry.published else None
    return assess_priority(later, facts, rulebook, lineage.descent, published)


def recorded_claims(state: State, later: str) -> dict[str, Claim]:
    """Return each claim of a later filing by its place.

    Args:
        state: The public state.
        later: Office, kind of right, series and number as keys show them.
    """
    rows = state.rows(CLAIMS, later)
    return {key.decode("ascii").split("/")[-2]: claim for key, claim in rows}


def named_by(claim: Claim) -> Filing:
    """Return the earlier filing as a recorded claim names it."""
    named = claim.earlier
    return Filing(named.office, named.right, named.number or "", parse_date(claim.date))


def claim_facts(
    state: State, earlier: Filing, lineage: Lineage, *, claim: Claim | None = None,
    grant: Grant | None = None, presented: Presented | None = None,
) -> ClaimFacts:
    """Return what public state says of a claim; sealed filings are never looked at.

    Args:
        state: The public state.
        earlier: The earlier filing, as claimed.
        lineage: The later filing, with those from which it descends.
        claim: The claim as it is recorded, if it is.
        grant: A sealed filing that the asker's disclosure opens.
        presented: A file that the asker presents as the certified copy.
    """
    identity = filings.identify(state, earlier.office, earlier.right, earlier.number)
    key, entry = _found(state, earlier, identity)
    granted = grant if grant and not entry and _opens(grant, earlier, identity) else None
    found = _kind(entry, granted)
    covered = filings.covered(state, earlier.office, earlier.right, identity.suffix)
    facts: dict[str, Any] = {
        "earlier": earlier,
        "office_known": _is_known(earlier, demo=_is_demo(state)),
        "reading": _reading(earlier.number, identity.readings),
        "canonical": identity.canonical if identity.readings else "",
        "found": found,
        "covered": covered,
        "itself": bool(earlier.number) and lineage.is_of_itself(key),
    }
    facts |= _of_the_entry(entry, granted)
    if claim is not None:
        facts |= _of_the_claim(claim)
    if earlier.number and not (found == "none" and covered):
        facts |= _acts(state, key, identity, lineage, claim, found)
    if presented is not None:
        facts["presented"] = presented
    return ClaimFacts(**facts)


def _keys(state: State, key: str, identity: Identity) -> tuple[str, ...]:
    """Return an earlier filing as the keys of documents may show it, as it stands now first."""
    office, right = key.split("/")[:2]
    known = identity.read
    if state.holds(DOCUMENTS, office, right, UNKNOWN_SERIES):
        known = identity.suffixes
    return tuple(dict.fromkeys((key, *(f"{office}/{right}/{one}" for one in known))))


class Seen(NamedTuple):
    """A recorded claim with all that its checks read, as they take it."""

    later: Filing
    claim: ClaimFacts
    rulebook: Rulebook
    descent: Descent | None
    others: date | None
    published: date | None


def seen_claim(state: State, lineage: Lineage, place: str, claim: Claim) -> Seen:
    """Return a claim as it will stand, beside the others of its filing.

    Of the others only their dates matter, and whether they are lost: their findings say so, so
    that a check of one of many claims costs no more than one.

    Args:
        state: The public state.
        lineage: The later filing, with those from which it descends.
        place: The place of the claim.
        claim: The claim.
    """
    facts = claim_facts(state, named_by(claim), lineage, claim=claim)
    before = [
        parse_date(other.date) for at, other in recorded_claims(state, lineage.key).items()
        if at != place and not _is_lost(state, f"{lineage.key}/{at}")
    ]
    entry = state.at(APPLICATIONS, APPLICATIONS.key(lineage.key))
    return Seen(lineage.later, facts, Rulebook(LedgerReference(state)), lineage.descent,
                min(before, default=None),
                parse_date(entry.published) if entry and entry.published else None)


def _is_lost(state: State, part: str) -> bool:
    finding = state.get(FINDINGS, part)
    return finding is not None and not LOSING.isdisjoint(finding.results.items())


def _inherited(state: State, claim: Claim | None, key: str, lineage: Lineage) -> Inherited:
    """Return whether the filing from which the later one descends holds the same claim.

    That one's claim is checked as things stand, not as they stood when somebody last acted on it:
    what was recorded since counts, in whatever order.
    """
    if not lineage.ancestors:
        return "unknown"
    nearest = lineage.ancestors[0]
    entry = state.at(APPLICATIONS, APPLICATIONS.key(nearest.key))
    held = claim_of(state, nearest.key, key)
    if entry is None or held is None:
        follows = claim is not None and awaits_number(state, nearest.key, key, claim.date)
        return "unknown" if entry is None or follows else "none"
    if held[1].status in FALLEN:
        return "fallen"
    office, right = nearest.key.split("/")[:2]
    parent = Lineage(state, Filing(office, right, entry.number, parse_date(entry.date)))
    if parent.key != nearest.key or len(parent.ancestors) >= len(lineage.ancestors):
        return "unknown"  # parents in a circle
    found = assess_claim(*seen_claim(state, parent, *held))
    if nearest.relation.kind == "national-phase":
        return "fallen" if found.summary().get("P06") == "VOID" else "standing"
    return "fallen" if found.excluded_by else "standing"


def _acts(
    state: State, key: str, identity: Identity, lineage: Lineage, claim: Claim | None, found: Found
) -> dict[str, Any]:
    """Return what offices declared and recorded of an earlier filing."""
    place = key.split("/", 2)[:2]
    if claim is None and not lineage.has_relations and not any(
        state.holds(table, *place) for table in _ACTS):
        return {}  # nobody declared or recorded anything of such filings
    facts: dict[str, Any] = {
        "documents": documents_of(state, _keys(state, key, identity), lineage),
        "inherited": _inherited(state, claim, key, lineage),
        "restored": restorations_of(state, key, lineage, claim),
        "title": declared_title(state, lineage, key),
    }
    if found in ("application", "copy"):
        facts["related"], facts["barred_by"] = same_subject(state, key)
    if found == "application":
        facts["chain"] = chain_of(state, key)
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


def _found(
    state: State, named: Filing, identity: Identity
) -> tuple[str, Application | Copy | None]:
    """Return (key part, entry) of an earlier filing: its office's entry, else a copy of it."""
    office, right = named.office, named.right
    own = filings.find(state, APPLICATIONS, office, right, named.number)
    if own is not None:
        return own[0].decode("ascii").removeprefix("application/").removesuffix("/"), own[1]
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
    if (filing.office, filing.right) != (earlier.office, earlier.right):
        return False
    if filing.number == earlier.number:
        return True
    canonical = {one.canonical for one in identity.readings}
    return bool(canonical & {one.canonical for one in grant.readings})


def _is_known(earlier: Filing, *, demo: bool) -> bool:
    """Return whether the earlier office had an ST.3 code on the day that the claim gives."""
    day = format_date(earlier.date) if earlier.date else FIRST_DAY
    return known_office(earlier.office, date=day, demo=demo)


def _is_demo(state: State) -> bool:
    profile = state.get(PARAMETERS, "profile")
    return profile is not None and profile.value == "demo"


def _reading(printed: str, readings: tuple[NumberReading, ...]) -> Reading:
    if not printed:
        return "missing"
    if not readings:
        return "unknown"
    if len(readings) > 1:
        return "ambiguous"
    if readings[0].check == "wrong":
        return "check-digit-wrong"
    return "ok" if readings[0].canonical == printed else "respelled"


def packaged_facts(reference: Reference, earlier: Filing) -> ClaimFacts:
    """Return what the reference data alone says of an earlier filing: its number, no entry."""
    readings = _packaged_readings(reference, earlier)
    return ClaimFacts(
        earlier=earlier,
        office_known=_is_known(earlier, demo=True),
        reading=_reading(earlier.number, readings),
        canonical=readings[0].canonical if readings else "",
    )


def packaged_descent(reference: Reference, later: Filing) -> Descent | None:
    """Return what the number of a later filing alone says: whether it is a PCT one."""
    if not is_pct_number(later.number, _packaged_readings(reference, later)):
        return None
    return Descent(later.date, later.office, international=True)


def _packaged_readings(reference: Reference, named: Filing) -> tuple[NumberReading, ...]:
    return read_number(_packaged_formats(reference, named.office, named.right), named.number)


@lru_cache(maxsize=512)
def _packaged_formats(reference: Reference, office: str, right: str) -> tuple[NumberFormat, ...]:
    rows = reference.rows("number-format", office, right)
    return tuple(NumberFormat.from_row(row) for _, row in rows)
