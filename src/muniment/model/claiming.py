"""What all operations on claims share: how a claim is found, entered, indexed and checked.

Whatever acts on a claim writes its finding anew: what the checks say of it from the public state
as it stands before the operation, with the claim as it will stand.
"""

from collections.abc import Iterator
from typing import NamedTuple

from muniment.codec import members
from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, Application
from muniment.model.calendar import parse_date
from muniment.model.checking import ordered_claims
from muniment.model.claim import (
    ACCEPTED,
    CLAIMED,
    CLAIMS,
    FINDINGS,
    Claim,
    Claimed,
    ClaimSteps,
    EarlierName,
    Finding,
    Goods,
    claimed_key,
    recorded_claims,
)
from muniment.model.claimant import speaks_for_office
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.earlier_acts import earlier_key
from muniment.model.period import last_day_of_request
from muniment.model.priority import RULES, ClaimAssessment, OrderedClaims
from muniment.model.priority_facts import Filing
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.model.rulebook import Rulebook
from muniment.model.state import Change, State, change

CLAIMS_MAX = 64
"""Most claims of one application, withdrawn ones included."""
CLAIMS_OF_FILERS_MAX = 48
"""A filer enters none beyond these: the last places are the office's, so that no filer can fill
them all."""


class LaterFiling(NamedTuple):
    """A later filing as it stands in its office's register."""

    part: str
    """Office, kind of right, series and number as keys show them."""
    entry: Application
    named: Filing
    """The filing, with the date that its entry shows."""


class Standing(NamedTuple):
    """A claim as it stands in the later office's register."""

    later: LaterFiling
    place: str
    claim: Claim

    @property
    def part(self) -> str:
        """The claim's key part."""
        return f"{self.later.part}/{self.place}"


def later_filing(state: State, office: str, right: str, number: str) -> LaterFiling | None:
    """Return the later filing, if it stands unsealed in the office's register."""
    found = filings.find(state, APPLICATIONS, office, right, number)
    if found is None:
        return None
    part = found[0].decode("ascii").removeprefix("application/").removesuffix("/")
    day = parse_date(found[1].date)
    return LaterFiling(part, found[1], Filing(office, right, number, day))


def standing_claim(
    state: State, office: str, right: str, number: str, place: int
) -> Standing | None:
    """Return a claim by its place among those of its filing, or None."""
    later = later_filing(state, office, right, number)
    if later is None:
        return None
    name = f"{place:012}"
    claim = state.get(CLAIMS, later.part, name)
    return None if claim is None else Standing(later, name, claim)


def is_claimed(state: State, later: LaterFiling, claim: Claim, but: str = "") -> bool:
    """Return whether a filing holds a claim in force to the same earlier filing.

    Without numbers two claims are never one: that two applications were filed at one office on
    one day is lawful and common.

    Args:
        state: The state.
        later: The later filing.
        claim: The claim that names the earlier one.
        but: The place of a claim that is left out.
    """
    wanted = _one_name(state, claim.earlier)
    return wanted is not None and any(
        place != but and one.status != "Abandoned" and _one_name(state, one.earlier) == wanted
        for place, one in recorded_claims(state, later.part).items()
    )


def names_itself(state: State, later: LaterFiling, earlier: EarlierName) -> bool:
    """Return whether the earlier filing that a claim names is the later one itself."""
    return _one_name(state, later.named) == _one_name(state, earlier)


def _one_name(state: State, named: EarlierName | Filing) -> str | None:
    """Return the one name of a filing in every spelling, or None while it has no number."""
    number = named.number
    return filings.named_key(state, named.office, named.right, number) if number else None


def has_room(state: State, later: LaterFiling, ctx: Context) -> bool:
    """Return whether a filing may hold one more claim of the signer."""
    own = speaks_for_office(state, later.named.office, ctx)
    return len(recorded_claims(state, later.part)) < (CLAIMS_MAX if own else CLAIMS_OF_FILERS_MAX)


def steps_have_come(steps: ClaimSteps | None, ctx: Context) -> bool:
    """Return whether every step has a real day, and one that has come but for what is due."""
    if steps is None:
        return True
    days = members(steps)
    due = days.pop("translation_due", None)
    return all(has_come(day, ctx.time) for day in days.values()) and (
        due is None or has_come(due, ctx.time + YEARS_AHEAD))


YEARS_AHEAD = 10 * 366 * 86_400
"""How far ahead an invitation may set a last day, in seconds."""


def goods_are_sound(goods: Goods | None, right: str) -> bool:
    """Return whether goods are stated for a mark only, in ascending classes or by a digest."""
    if goods is None:
        return True
    ordered = all(one < two for one, two in zip(goods.classes, goods.classes[1:], strict=False))
    return right == "trademark" and ordered and bool(goods.classes or goods.listed)


def enter_claim(
    state: State, ctx: Context, later: LaterFiling, claim: Claim
) -> Iterator[Change]:
    """Yield the changes that enter a new claim: itself, its index entry, its finding."""
    place = f"{len(recorded_claims(state, later.part)):012}"
    standing = Standing(later, place, claim)
    yield change(CLAIMS, CLAIMS.key(standing.part), None, claim)
    yield from index_claim(state, standing)
    yield note_finding(state, ctx, standing)


def index_claim(state: State, standing: Standing) -> Iterator[Change]:
    """Yield the change of the index by earlier filing, if there is one: once there is a number."""
    earlier, status = earlier_key(state, standing.claim.earlier), standing.claim.status
    if earlier is None:
        return
    key = claimed_key(earlier, standing.part)
    before = state.at(CLAIMED, key)
    was_accepted = before is not None and before.accepted and status != "Refused"
    after = Claimed(accepted=status in ACCEPTED or was_accepted, claim=standing.part)
    if after != before:
        yield change(CLAIMED, key, before, after)


def note_finding(
    state: State, ctx: Context, standing: Standing, asserted: dict[str, str] | None = None
) -> Change:
    """Return the change that notes what the checks find of a claim as it will stand.

    Args:
        state: The state before the operation.
        ctx: The circumstances.
        standing: The claim as it will stand.
        asserted: What the deciding office asserts; what it asserted before stays if left out.
    """
    assessed = check_claim(state, standing)
    key = FINDINGS.key(standing.part)
    before = state.at(FINDINGS, key)
    kept = asserted if asserted is not None else before.asserted if before else {}
    period = assessed.result("P06")
    facts = period.facts if period else {}
    deadline = facts["deadline"]["end"] if "deadline" in facts else None
    finding = Finding(
        asserted=kept, calendar=_calendar(state, facts.get("calendar"), deadline),
        deadline=deadline, entry=ctx.position, results=assessed.summary(), rules=RULES,
    )
    return change(FINDINGS, key, before, finding)


def check_claim(state: State, standing: Standing) -> ClaimAssessment:
    """Return what the checks find of a claim as it will stand, beside the others as they stand.

    Of the others only their dates matter, and whether they are lost: no more of them are checked
    than the earliest by date, until one is not lost.
    """
    claims, at = _ordered(state, standing)
    return claims.assess(at)


def is_requested_in_time(
    state: State, standing: Standing, criterion: str, requested: str
) -> bool:
    """Return whether restoration on a criterion was requested by its last day, if one is known."""
    claims, at = _ordered(state, standing)
    last = last_day_of_request(claims.case(at), criterion)
    return last is None or parse_date(requested) <= last


def is_overtaken(standing: Standing, decided: str) -> bool:
    """Return whether a decision is older than the latest correction or restoration of its claim."""
    steps, restored = standing.claim.steps, standing.claim.restored
    since = [steps.corrected if steps else None, restored.date if restored else None]
    return any(day is not None and decided < day for day in since)


def _ordered(state: State, standing: Standing) -> tuple[OrderedClaims, int]:
    """Return the claims of a filing, one of them as it will stand, and its place among them."""
    later = standing.later
    claims = recorded_claims(state, later.part) | {standing.place: standing.claim}
    rules = Rulebook(LedgerReference(state))
    return ordered_claims(state, later.named, claims, rules), list(claims).index(standing.place)


def _calendar(state: State, office: str | None, deadline: str | None) -> str | None:
    """Return office, year and version of the closed days by which a period was counted."""
    if office is None or deadline is None:
        return None
    year = deadline[:4]
    row = state.get(REFERENCE, "closed-days", office, year)
    return f"{office}.{year}.{row.version}" if row else None
