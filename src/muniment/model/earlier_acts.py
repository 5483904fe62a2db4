"""From the public state to what was done about an earlier filing: copies, restorations, claims.

All of it is read from prefixes: the documents of the earlier filing, the claims of the filings
from which the later one descends, the index of claims by earlier filing.
"""

from collections.abc import Sequence

from muniment.model import application as filings
from muniment.model.calendar import parse_date
from muniment.model.claim import CLAIMS, FALLEN, Claim, EarlierName, claims_on
from muniment.model.dates import SECONDS_A_DAY, day_of
from muniment.model.descent import Lineage
from muniment.model.document import DOCUMENTS
from muniment.model.priority_case import Act, Document, Restored
from muniment.model.state import State


def earlier_key(state: State, named: EarlierName) -> str | None:
    """Return the earlier filing of a claim as keys show it, or None while it has no number."""
    if named.number is None:
        return None
    return filings.key_part(state, named.office, named.right, named.number)


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
        held = claim_of(state, one.key, key)
        if held is not None and held[1].restored is not None:
            office = one.key.partition("/")[0]
            act: Act = "own" if office == own else "international"
            acts.append(Restored(office, held[1].restored.criterion, act))
    acts += [
        Restored(place.partition("/")[0], other.restored.criterion, "other")
        for place, other in claims_on(state, key)
        if other.restored is not None and place.rpartition("/")[0] not in lineage.line
    ]
    return tuple(acts)


def claim_of(state: State, later: str, earlier: str) -> tuple[str, Claim] | None:
    """Return (place, claim) of the claim of a filing to an earlier one: what stands goes first.

    Args:
        state: The public state.
        later: Office, kind of right, series and number of the one as keys show them.
        earlier: The same of the other.
    """
    found = None
    for row, claim in state.rows(CLAIMS, later):
        if earlier_key(state, claim.earlier) == earlier and (
            found is None or claim.status not in FALLEN or found[1].status in FALLEN):
            found = (row.decode("ascii").rstrip("/").rpartition("/")[2], claim)
    return found


def awaits_number(state: State, later: str, earlier: str, day: str) -> bool:
    """Return whether a filing holds a claim in force that may turn out to name an earlier one.

    Args:
        state: The public state.
        later: The filing that holds claims, as keys show it.
        earlier: The earlier filing, as keys show it.
        day: Its filing date as another claim gives it.
    """
    return any(
        claim.earlier.number is None and claim.status not in FALLEN
        and earlier.startswith(f"{claim.earlier.office}/{claim.earlier.right}/")
        and claim.date == day
        for _, claim in state.rows(CLAIMS, later)
    )


def chain_of(state: State, key: str) -> tuple[str, ...]:
    """Return the filings whose priority a filing claims in its own office's register."""
    named = [claim.earlier for _, claim in state.rows(CLAIMS, key) if claim.status not in FALLEN]
    return tuple(f"{one.office} {one.number or 'without number'}" for one in named)
