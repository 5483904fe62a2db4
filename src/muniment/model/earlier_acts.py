"""From the public state to what was done about an earlier filing: copies, restorations, claims.

All of it is read from prefixes: the documents of the earlier filing, the claims of the filings
from which the later one descends, the index of claims by earlier filing.
"""

from typing import Literal

from muniment.model import application as filings
from muniment.model.calendar import parse_date
from muniment.model.claim import CLAIMS, FALLEN, FINDINGS, Claim, EarlierName, Finding, claims_on
from muniment.model.dates import SECONDS_A_DAY, day_of
from muniment.model.descent import Lineage
from muniment.model.document import DOCUMENTS
from muniment.model.priority_case import Act, Document, Restored
from muniment.model.result_texts import EXCLUDING
from muniment.model.state import State

VOID = ("P06", "VOID")


def earlier_key(state: State, named: EarlierName) -> str | None:
    """Return the earlier filing of a claim as keys show it, or None while it has no number."""
    if named.number is None:
        return None
    return filings.key_part(state, named.office, named.right, named.number)


def documents_of(state: State, key: str, lineage: Lineage) -> tuple[Document, ...]:
    """Return the certified copies of an earlier filing: its office's, and those for this claim."""
    rows = state.rows(DOCUMENTS, key)
    if not rows:
        return ()
    own, line = key.partition("/")[0], lineage.line
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
        held = _claim_of(state, one.key, key)
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


def inherited_claim(
    state: State, key: str, lineage: Lineage
) -> Literal["standing", "fallen", "none", "unknown"]:
    """Return whether the filing from which the later one descends holds the same claim."""
    if not lineage.ancestors:
        return "unknown"
    nearest = lineage.ancestors[0]
    held = _claim_of(state, nearest.key, key)
    if held is None:
        entered = state.at(filings.APPLICATIONS, filings.APPLICATIONS.key(nearest.key))
        return "none" if entered else "unknown"
    place, claim = held
    finding = state.get(FINDINGS, place)
    if claim.status in FALLEN:
        return "fallen"
    if nearest.relation.kind == "national-phase":
        excluded = finding is not None and VOID in finding.results.items()
    else:
        excluded = finding is not None and _is_excluded(finding)
    return "fallen" if excluded else "standing"


def _is_excluded(finding: Finding) -> bool:
    return any(one in EXCLUDING for one in finding.results.items())


def _claim_of(state: State, later: str, earlier: str) -> tuple[str, Claim] | None:
    """Return (place, claim) of the latest claim of a filing to an earlier one."""
    found = None
    for row, claim in state.rows(CLAIMS, later):
        if earlier_key(state, claim.earlier) == earlier:
            place = row.decode("ascii").removeprefix("claim/").removesuffix("/")
            found = (place, claim)
    return found


def chain_of(state: State, key: str) -> tuple[str, ...]:
    """Return the filings whose priority a filing claims in its own office's register."""
    named = [claim.earlier for _, claim in state.rows(CLAIMS, key) if claim.status not in FALLEN]
    return tuple(f"{one.office} {one.number or 'without number'}" for one in named)
