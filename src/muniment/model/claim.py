"""Priority claims in the state: in the later office's register, indexed by earlier filing."""

from typing import Annotated, Literal

from muniment.codec import (
    AccountId,
    Component,
    Date,
    Natural,
    Number,
    Office,
    Record,
    RightKind,
    pattern,
)
from muniment.model.state import Table
from muniment.proof.crypto import b64, sha256

Place = Annotated[str, pattern(r"\A[ -~]{1,160}\Z")]


class FilingName(Record, frozen=True, kw_only=True):
    """A filing as a claim names it."""

    number: Number
    """The number as the claim gives it."""
    office: Office
    """The office."""
    right: RightKind
    """The kind of right."""


class Claim(Record, frozen=True, kw_only=True):
    """A claim to the priority of an earlier filing."""

    date: Date
    """The filing date that the claim gives for the earlier filing."""
    earlier: FilingName
    """The earlier filing."""
    entry: Natural
    """Position in the log of the operation that entered it."""
    recorded: Natural
    """Block time of the entry, in UTC seconds."""
    results: dict[Component, Component] = {}
    """The result of each check that public state allows, by its number."""
    rules: Component | None = None
    """The version of the rules that gave the results."""
    status: Literal["claimed", "withdrawn"] = "claimed"
    """The status, in the words of ST.96."""
    submitter: AccountId
    """The account that claimed."""


class Claimed(Record, frozen=True, kw_only=True):
    """An entry of the index of claims by earlier filing."""

    claim: Place
    """The claim's key part: later office, right, series, number and place."""


CLAIMS = Table("claim", Claim, "Priority claims, in the register of the later office.")
def claimed_key(earlier: str, claim: str) -> bytes:
    """Return the key of the index entry of a claim.

    The claim stands in it as its digest: two counted numbers in one key would make paths of more
    than 128 steps possible, which verifiers refuse.
    """
    return CLAIMED.key(earlier, b64(sha256(claim.encode("ascii"))))


CLAIMED = Table("claimed", Claimed, "The index of claims by earlier filing.")
