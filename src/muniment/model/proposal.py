"""Proposals and votes: what the members decide together, and when it is carried.

- A proposal carries an act; the state keeps its digest, the log its text.
- Votes are counted when the act is to be enacted, and only those of who is a member then: a vote
  cast before the office was last admitted does not count.
- Carried is what more than the asked share of all units agree to, and more than half of the
  members by head. Units count under the policies `weighted` and `delegated`, where units are lent
  without the vote; otherwise each member has one vote.
- A share that the members raised never gives one of them alone a veto that he had not before: all
  but one need no more than the least share.
"""

from typing import Literal, NamedTuple

from muniment.codec import Act, Digest, Natural, Office, Record, Word
from muniment.model.member import GOVERNANCE, members
from muniment.model.parameters import MAJORITY_PARTS, majority_of
from muniment.model.state import State, Table
from muniment.proof.crypto import b64, sha256


class Proposal(Record, frozen=True, kw_only=True):
    """An act that was put to the vote."""

    act: Word
    """The name of the act's transaction type."""
    digest: Digest
    """SHA-256 of the act's canonical bytes."""
    enacted: Natural | None = None
    """Position in the log of the operation that enacted it."""
    entry: Natural
    """Position in the log of the proposal, where the act stands whole."""
    expires: Natural
    """First block time at which it can no longer be voted on or enacted."""
    made: Natural
    """Block time of the proposal, in UTC seconds."""
    majority: Literal["ordinary", "constitutional", "two-thirds"]
    """How many members must agree."""
    proposer: Office
    """The member that proposed it."""


class Vote(Record, frozen=True, kw_only=True):
    """A member's vote; a later one replaces it until the act is enacted."""

    cast: Natural
    """Block time, in UTC seconds."""
    entry: Natural
    """Position in the log."""
    favour: bool
    """Whether the member agrees."""


class Tally(NamedTuple):
    """How the members stand on a proposal."""

    favour: int
    """Votes or units of those who agree."""
    against: int
    """Votes or units of those who do not."""
    total: int
    """Votes or units of all members."""
    heads: int
    """How many members agree."""
    members: int
    """How many members there are."""
    parts: int
    """More than so many sixtieths of the total must agree, as the members chose."""
    least: int
    """More than so many sixtieths of the total must agree in any case."""
    opposed: int
    """How many members are against."""

    @property
    def carried(self) -> bool:
        """Whether enough agree."""
        return self._is_enough(self.favour, self.heads)

    @property
    def lost(self) -> bool:
        """Whether enough are against, so that it cannot be carried unless votes change."""
        return not self._is_enough(self.total - self.against, self.members - self.opposed)

    @property
    def needed(self) -> int:
        """How many votes, at least, carry it; where units count, by the chosen share alone."""
        share = self.parts * self.total // MAJORITY_PARTS + 1
        if self.total != self.members:
            return share
        least = self.least * self.total // MAJORITY_PARTS + 1
        return min(share, max(least, self.total - 1))

    def _is_enough(self, favour: int, heads: int) -> bool:
        parts = self.least if heads >= self.members - 1 else self.parts
        return MAJORITY_PARTS * favour > parts * self.total and 2 * heads > self.members


PROPOSALS = Table("proposal", Proposal, "What was put to the vote of the members.")
VOTES = Table("vote", Vote, "The members' votes, by proposal and office.")


def counted(number: int) -> str:
    """Return a proposal's number as a component of state keys."""
    return f"{number:012}"


def digest_of(act: Act) -> str:
    """Return the digest by which a proposal names its act."""
    return b64(sha256(bytes(act)))


def weights(state: State) -> dict[str, int]:
    """Return the votes of each member; where no member holds units, one each."""
    current = members(state)
    governance = state.get(GOVERNANCE)
    if governance is not None and governance.policy in {"weighted", "delegated"}:
        held = {office: one.units for office, one in current.items()}
        if any(held.values()):
            return held
    return dict.fromkeys(current, 1)


def tally(state: State, number: int) -> Tally | None:
    """Return how the members stand on a proposal, or None if there is none of that number."""
    proposal = state.get(PROPOSALS, counted(number))
    if proposal is None:
        return None
    current, weight = members(state), weights(state)
    votes = {
        key.decode("ascii").split("/")[2]: vote for key, vote in state.rows(VOTES, counted(number))
    }
    valid = {
        office: vote.favour for office, vote in votes.items()
        if office in current and vote.entry > current[office].entry
    }
    favour = [office for office, agrees in valid.items() if agrees]
    against = [office for office, agrees in valid.items() if not agrees]
    parts, least = majority_of(state, proposal.majority)
    return Tally(
        favour=sum(weight[office] for office in favour),
        against=sum(weight[office] for office in against),
        total=sum(weight.values()),
        heads=len(favour),
        members=len(current),
        parts=parts,
        least=least,
        opposed=len(against),
    )
