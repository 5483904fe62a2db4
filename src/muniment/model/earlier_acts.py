"""From the public state to what was done about an earlier filing: copies, restorations, claims.

All of it is read from prefixes: the documents of the earlier filing, the claims of the filings
from which the later one descends, the index of claims by earlier filing.
"""

from collections.abc import Sequence

from muniment.model import application as filings
from muniment.model.calendar import parse_date
from muniment.model.claim import (
    CLAIMS,
    FALLEN,
    Claim,
    EarlierName,
    claims_on,
    recorded_claims,
)
from muniment.model.dates import SECONDS_A_DAY, day_of
from muniment.model.descent import Held, Lineage
from muniment.model.document import DOCUMENTS
from muniment.model.priority_facts import Act, Document, Inherited, Restored
from muniment.model.state import State

BUREAU = ("IB", "WO")
"""The codes of the International Bureau: a claim without number may name it for an international
application."""


def earlier_key(state: State, named: EarlierName) -> str | None:
    """Return the earlier filing of a claim as keys show it, or None while it has no number."""
    if named.number is None:
        return None
    return filings.named_key(state, named.office, named.right, named.number)


def documents_of(
    state: State, keys: Sequence[str], lineage: Lineage
) -> tuple[Document, ...]:
    """Return the certified copies of an earlier filing: its office's, and those for this claim.

    Args:
        state: The public state.
        keys: The earlier filing as keys may show it: a copy that was recorded before its office
            published a format stands under the number as it was printed.
        lineage: The later filing, with those from which it descends.
    """
    rows = [row for key in keys for row in state.rows(DOCUMENTS, key)]
    if not rows:
        return ()
    own, line = keys[0].partition("/")[0], lineage.line
    return tuple(
        Document(
            recorder=one.recorder, certifier=one.certifier,
            certified=parse_date(one.certified), digest=one.digest,
            available=day_of(one.recorded + SECONDS_A_DAY),
            received=parse_date(one.received) if one.received and one.later in line else None,
        )
        for _, one in rows
        if one.recorder == own or one.later in line
    )


def restorations_of(
    state: State, key: str, lineage: Lineage, claim: Claim | None
) -> tuple[Restored, ...]:
    """Return the acts that restored the right from an earlier filing, the nearest first."""
    acts, own = [], lineage.office
    if claim is not None and claim.restored is not None:
        acts.append(Restored(own, claim.restored.criterion))
    for one in lineage.ancestors:
        held = claims_of(state, one.key, lineage).get(key)
        if held is not None and held[1].restored is not None:
            office = one.key.partition("/")[0]
            act: Act = "own" if office == own else "international"
            acts.append(Restored(office, held[1].restored.criterion, act))
    acts += [
        Restored(one.office, one.claim.restored.criterion, "other")
        for one in claims_on(state, key)
        if one.claim.restored is not None and one.later not in lineage.line
    ]
    return tuple(acts)


def inherited_claim(
    state: State, key: str, lineage: Lineage, claim: Claim | None
) -> Inherited:
    """Return whether the filing from which the later one descends holds the same claim.

    Its status alone is looked at: what the checks find of it is for who asks.

    Args:
        state: The public state.
        key: The earlier filing, as keys show it.
        lineage: The later filing, with those from which it descends.
        claim: The claim, if it is recorded.
    """
    if not lineage.ancestors:
        return "unknown"
    nearest = lineage.ancestors[0]
    held = claims_of(state, nearest.key, lineage).get(key)
    if held is not None:
        return "fallen" if held[1].status in FALLEN else "standing"
    entered = state.at(filings.APPLICATIONS, filings.APPLICATIONS.key(nearest.key))
    follows = claim is not None and awaits_number(state, nearest.key, key, claim.date)
    return "unknown" if entered is None or follows else "none"


def claims_of(state: State, later: str, lineage: Lineage) -> Held:
    """Return the claims of a filing from which the later one descends: what stands goes first.

    They are read once for a lineage: a filing holds many, and has many children.

    Args:
        state: The public state.
        later: The filing, as keys show it.
        lineage: The later filing, with those from which it descends.
    """
    if later in lineage.held:
        return lineage.held[later]
    found: dict[str, tuple[str, Claim]] = {}
    for place, claim in recorded_claims(state, later).items():
        key = earlier_key(state, claim.earlier)
        if key is not None and (
            key not in found or claim.status not in FALLEN or found[key][1].status in FALLEN):
            found[key] = (place, claim)
    lineage.held[later] = found
    return found


def awaits_number(state: State, later: str, earlier: str, day: str) -> bool:
    """Return whether a filing holds a claim in force that may turn out to name an earlier one.

    Args:
        state: The public state.
        later: The filing that holds claims, as keys show it.
        earlier: The earlier filing, as keys show it.
        day: Its filing date as another claim gives it.
    """
    office, right = earlier.split("/")[:2]
    return any(
        claim.earlier.number is None and claim.status not in FALLEN and claim.date == day
        and claim.earlier.right == right and claim.earlier.office in (office, *BUREAU)
        for _, claim in state.rows(CLAIMS, later)
    )


def chain_of(state: State, key: str) -> dict[str, tuple[str, ...]]:
    """Return the filings whose priority a filing claims, or claimed, in its office's register.

    They are named as facts of a claim to it: those claimed now, and those whose claim fell.
    """
    stands: dict[str, bool] = {}
    for _, claim in state.rows(CLAIMS, key):
        name = f"{claim.earlier.office} {claim.earlier.number or 'without number'}"
        stands[name] = stands.get(name, False) or claim.status not in FALLEN
    return {"chain": tuple(name for name, one in stands.items() if one),
            "chain_fallen": tuple(name for name, one in stands.items() if not one)}
