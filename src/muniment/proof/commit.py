"""A commit of CometBFT: the precommits by which validators decided a block.

- An evidence file carries only votes for the block, and only as many as it needs; each of them
  must be valid by the strict rule of `proof.crypto`. CometBFT itself counts by ZIP-215, which
  takes some signatures that this rule refuses: such votes are not carried.
- Signers are named by the places of their keys, ascending, so that none is counted twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from muniment.proof import limits
from muniment.proof.crypto import unb64, verify_enrolled
from muniment.proof.engine_bytes import PRECOMMIT, BlockId, Time, VoteBytes, time_of
from muniment.proof.errors import VerificationError
from muniment.proof.header import Header
from muniment.proof.shape import exactly, items, natural, refuted
from muniment.proof.validators import Validators, ValidatorSet

ROUND_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Vote:
    """One validator's precommit for the block."""

    validator: int
    """The place of its key."""
    time: Time
    """The time that it signed."""
    signature: bytes
    """Its signature."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The precommits for a header."""

    round: int
    """The round of consensus."""
    block: BlockId
    """What was voted for."""
    votes: Sequence[Vote]
    """The votes, by the places of their keys."""

    @classmethod
    def of(cls, plain: Any, header_hash: bytes) -> "Commit":
        """Return the commit of its members.

        Args:
            plain: The members.
            header_hash: The hash of the header that it is for.

        Raises:
            LedgerError: The members are others, or a validator votes twice.
        """
        exactly(plain, {"parts", "round", "signatures"})
        round_ = natural(plain["round"])
        votes = [_vote(one) for one in items(plain["signatures"], limits.VALIDATORS_MAX)]
        places = [one.validator for one in votes]
        if round_ > ROUND_MAX or places != sorted(set(places)):
            raise refuted("A commit names each signer once, in the order of the keys.")
        return cls(round_, BlockId.of(header_hash, plain["parts"]), votes)


def _vote(plain: Any) -> Vote:
    validator, seconds, nanoseconds, signature = items(plain)
    return Vote(natural(validator), time_of([seconds, nanoseconds]), unb64(signature, 64))


def verify_quorum(
    header: Header, commit: Commit, validators: Validators, own: ValidatorSet
) -> list[int]:
    """Verify that more than two thirds of a set's power signed its header.

    Returns:
        The places of the signers' keys.

    Raises:
        VerificationError: A signature is not valid, a signer is not in the set, or too few signed.
    """
    places = [one.validator for one in commit.votes]
    if any(one >= len(own.powers) or not own.powers[one] for one in places):
        raise refuted(f"A signer of height {header.height} is not in its validator set.")
    require_more(own.power(places), own.total, 2, 3, "its own validators")
    votes = VoteBytes.of(PRECOMMIT, header.height, commit.round, commit.block, header.chain_id)
    for one in commit.votes:
        if not verify_enrolled(validators.keys[one.validator], one.signature, votes.at(one.time)):
            raise VerificationError(
                "commit-invalid",
                f"The signature of validator {validators.addresses[one.validator].hex().upper()} "
                f"at height {header.height} is not valid.",
                basis="docs/formats/commit.md", remedy="Ask for the evidence again.",
            )
    return places


def require_more(power: int, total: int, of: int, parts: int, whose: str) -> None:
    """Verify that a power is more than `of` `parts` of a total: more than 2 3rds, for example.

    Raises:
        VerificationError: It is not.
    """
    if power * parts <= total * of:
        raise VerificationError(
            "power-not-enough",
            f"{power} of {total} is not more than {of}/{parts} of the power of {whose}.",
            basis="docs/formats/commit.md",
            remedy="Ask for evidence with the history of validator sets from your trusted header.",
        )
