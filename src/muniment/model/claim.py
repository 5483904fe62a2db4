"""Priority claims in the state: in the later office's register, indexed by earlier filing.

- A claim holds what was claimed, what was done for it and when, and what the office decided. What
  the checks found of it stands beside it, as a finding: it can be computed again by anyone.
- The index by earlier filing never loses an entry; a claim that was corrected to another filing
  is marked there.
"""

from typing import Annotated, Literal, NamedTuple

from muniment.codec import (
    AccountId,
    Component,
    Date,
    Digest,
    Natural,
    Number,
    Office,
    Record,
    RightKind,
    Word,
    between,
    items,
    pattern,
)
from muniment.model.application import others_keys
from muniment.model.state import State, Table
from muniment.proof.crypto import b64, sha256

Place = Annotated[str, pattern(r"\A[ -~]{1,160}\Z")]
NiceClass = Annotated[int, between(1, 45)]
"""A class of the Nice Classification of goods and services."""
CheckNumber = Annotated[str, pattern(r"\AP[0-9]{2}\Z")]
"""The number of a priority check, e.g. `P06`."""
ASSERTED_MAX = 8
"""Most results that an office asserts in one decision: they fit beside those computed."""
Criterion = Literal["due-care", "unintentional"]
"""On what a right of priority is restored (PCT Rule 26bis.3(a); PLT Art. 13(2)(iv))."""
ClaimStatus = Literal["Abandoned", "Accepted", "Claimed", "Partially refused", "Refused"]
"""The status of a claim, in the words of WIPO Standard ST.96."""
ACCEPTED: frozenset[str] = frozenset({"Accepted", "Partially refused"})
"""The status of claims that the later office accepted, if only in part."""
FALLEN: frozenset[str] = frozenset({"Abandoned", "Refused"})
"""The status of claims that no longer count."""


class FilingName(Record, frozen=True, kw_only=True):
    """A filing as an office names it."""

    number: Number
    """The number as given."""
    office: Office
    """The office."""
    right: RightKind
    """The kind of right."""


class EarlierName(Record, frozen=True, kw_only=True):
    """The earlier filing as a claim names it."""

    number: Number | None = None
    """The number as the claim gives it; it may follow later (Paris Convention Art. 4D(5))."""
    office: Office
    """The office."""
    right: RightKind
    """The kind of right."""


class Goods(Record, frozen=True, kw_only=True):
    """The part of a mark's goods and services for which priority is claimed."""

    classes: Annotated[tuple[NiceClass, ...], items(least=0, most=45)] = ()
    """The classes of the Nice Classification, in ascending order."""
    listed: Digest | None = None
    """The salted digest of the list of goods and services."""


class ClaimSteps(Record, frozen=True, kw_only=True):
    """What was done for a claim at the later office, each step with its day."""

    copy_requested: Date | None = None
    """A digital library was asked for the certified copy."""
    corrected: Date | None = None
    """The latest correction of the claim was received."""
    declared: Date | None = None
    """The claim was declared."""
    fee_paid: Date | None = None
    """The fee for the claim was paid."""
    number_given: Date | None = None
    """The number of the earlier filing was given."""
    translation_asked: Date | None = None
    """The office asked for a translation of the earlier filing."""
    translation_due: Date | None = None
    """The last day that the invitation set for it."""
    translation_filed: Date | None = None
    """The translation was received."""


class Decision(Record, frozen=True, kw_only=True):
    """The later office's decision on a claim."""

    date: Date
    """The day of the decision."""
    entry: Natural
    """Position in the log of the operation that recorded it."""
    ground: Word
    """The code of the ground."""


class Restoration(Record, frozen=True, kw_only=True):
    """The later office's act that restored the right of priority."""

    criterion: Criterion
    """The criterion that it found fulfilled."""
    date: Date
    """The day of the decision."""
    entry: Natural
    """Position in the log of the operation that recorded it."""
    requested: Date
    """The day on which it was asked for."""


class Claim(Record, frozen=True, kw_only=True):
    """A claim to the priority of an earlier filing."""

    correction: Natural | None = None
    """Position in the log of the latest correction."""
    date: Date
    """The filing date that the claim gives for the earlier filing."""
    decided: Decision | None = None
    """What the later office decided, once it did."""
    earlier: EarlierName
    """The earlier filing."""
    entry: Natural
    """Position in the log of the operation that entered it."""
    first: Date | None = None
    """The filing date that it gave at first, if it is not the one before its latest correction."""
    goods: Goods | None = None
    """The goods and services for which it is made; all of them if left out."""
    recorded: Natural
    """Block time of the entry, in UTC seconds."""
    restored: Restoration | None = None
    """The act of the later office that restored the right of priority, if it did."""
    status: ClaimStatus = "Claimed"
    """The status, in the words of ST.96."""
    steps: ClaimSteps | None = None
    """What was done for it at the later office."""
    submitter: AccountId
    """The account that claimed."""
    was: Date | None = None
    """The filing date that it gave before its latest correction."""


class Finding(Record, frozen=True, kw_only=True):
    """What the checks found of a claim when it was last acted on, from public state alone."""

    asserted: Annotated[dict[CheckNumber, Component], items(least=0, most=ASSERTED_MAX)] = {}
    """What the deciding office found of checks that public state cannot test."""
    calendar: Component | None = None
    """Office, year and version of the closed days by which the end of the period was counted."""
    deadline: Date | None = None
    """The last day of the period, as counted."""
    entry: Natural
    """Position in the log of the act on which the checks were made."""
    results: dict[CheckNumber, Component]
    """The result of each check, by its number."""
    rules: Component
    """The version of the rules that gave the results."""


class Claimed(Record, frozen=True, kw_only=True):
    """An entry of the index of claims by earlier filing."""

    accepted: bool = False
    """Whether the later office accepted it, if only in part, and did not refuse it since: that
    stays known when it is withdrawn or corrected to another filing."""
    claim: Place
    """The claim's key part: later office, right, series, number and place."""
    moved: bool = False
    """Whether the claim was corrected to another filing."""


CLAIMS = Table("claim", Claim, "Priority claims, in the register of the later office.")
FINDINGS = Table("finding", Finding, "What the checks found of each priority claim.")
CLAIMED = Table("claimed", Claimed, "The index of claims by earlier filing.")


def claimed_key(earlier: str, claim: str) -> bytes:
    """Return the key of the index entry of a claim.

    The claim stands in it as its digest: two counted numbers in one key would make paths of more
    than 128 steps possible, which verifiers refuse.
    """
    return CLAIMED.key(earlier, b64(sha256(claim.encode("ascii"))))


class Made(NamedTuple):
    """A claim as it was made to a filing."""

    place: str
    """The claim's key part: later office, right, series, number and place."""
    claim: Claim
    """The claim as it stands now."""
    moved: bool
    """Whether it was corrected to another filing since."""
    accepted: bool
    """Whether the later office had accepted it while it named that filing."""

    @property
    def office(self) -> str:
        """The later office."""
        return self.place.partition("/")[0]

    @property
    def later(self) -> str:
        """The later filing, as keys show it."""
        return self.place.rpartition("/")[0]


def claims_made_on(state: State, earlier: str) -> tuple[Made, ...]:
    """Return each claim ever made to a filing, with those that fell or were corrected away.

    Args:
        state: The public state.
        earlier: Office, kind of right, series and number as keys show them.
    """
    found = [(one, state.at(CLAIMS, CLAIMS.key(one.claim)))
             for key in others_keys(state, CLAIMED, earlier)
             for _, one in state.rows(CLAIMED, key)]
    return tuple(Made(one.claim, claim, one.moved, one.accepted)
                 for one, claim in found if claim is not None)


def claims_on(state: State, earlier: str) -> tuple[Made, ...]:
    """Return the claims to a filing as they now stand, fallen ones included.

    Args:
        state: The public state.
        earlier: Office, kind of right, series and number as keys show them.
    """
    return tuple(one for one in claims_made_on(state, earlier) if not one.moved)


def recorded_claims(state: State, later: str) -> dict[str, Claim]:
    """Return each claim of a later filing by its place.

    Args:
        state: The public state.
        later: Office, kind of right, series and number as keys show them.
    """
    rows = state.rows(CLAIMS, later)
    return {key.decode("ascii").split("/")[-2]: claim for key, claim in rows}
