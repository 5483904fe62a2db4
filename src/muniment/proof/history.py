"""Light verification: from a header that a verifier trusts to the commit over a checkpoint.

- Trust goes from header to header. The next height must have the very validators that the trusted
  header announced; a later one may be skipped to if more than a third of those validators' power
  signed it. In either case more than two thirds of its own validators' power must have signed.
- Validators answer for what they signed during the trusting period only: afterwards their keys
  may be sold or stolen, and can sign anew. So all of it is verified as of the verifier's time, or,
  once the trusted header is older than the period, as of a time at which witnesses that the
  verifier's policy names had seen this very checkpoint. What they saw says nothing of validators:
  it never hands trust on to a header.
- The order of steps is the evidence's; where trust begins is the policy's.

Source: CometBFT, `spec/light-client/verification`; docs/formats/commit.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from muniment.proof import limits
from muniment.proof.checkpoint import divide_note
from muniment.proof.commit import Commit, require_more, verify_quorum
from muniment.proof.cosignature import cosigned_at
from muniment.proof.crypto import sha256
from muniment.proof.errors import VerificationError
from muniment.proof.header import Header
from muniment.proof.shape import exactly, items, refuted
from muniment.proof.validators import Validators


@dataclass(frozen=True, slots=True)
class Trusted:
    """The header at which a verifier's trust in a chain begins."""

    chain_id: str
    """The chain."""
    height: int
    """The header's height."""
    header_hash: bytes
    """Its hash."""
    period: int
    """For how many seconds validators answer for what they signed."""
    witnesses: tuple[str, ...] = ()
    """The verifier keys of witnesses who can vouch for a checkpoint at its time."""
    quorum: int = 0
    """How many of them must."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What a verified commit says besides the checkpoint."""

    chain_id: str
    """The chain."""
    height: int
    """The height of the committed header."""
    header_hash: str
    """Its hash, in hexadecimal as CometBFT prints it."""
    time: int
    """Its time, in UTC seconds."""
    signers: tuple[str, ...]
    """The addresses of the validators whose signatures were verified, as CometBFT prints them."""
    validators: int
    """How many validators the set has."""
    power: int
    """The power of the signers."""
    power_total: int
    """The power of the set."""
    steps: int
    """How many headers trust went through, the committed one included."""
    witnesses: tuple[str, ...]
    """The names of the witnesses on whose time the last step rests; none within the period."""
    witnessed: int | None
    """When they had seen the checkpoint, in UTC seconds."""


@dataclass(frozen=True, slots=True)
class Step:
    """A header with its commit, and the checkpoint on whose time it may rest."""

    header: Header
    """The header."""
    hash: bytes
    """Its hash."""
    commit: Commit
    """Its commit."""


def verify_history(plain: Any, trusted: Trusted, now: int | None) -> Committed:
    """Verify the commit over a checkpoint.

    Args:
        plain: The member `checkpoint` of an evidence file (docs/formats/commit.md).
        trusted: Where the verifier's trust begins.
        now: The verifier's time in UTC seconds; without it only witnesses' time counts.

    Raises:
        LedgerError: The commit does not follow from what is trusted.
    """
    exactly(plain, {"commit", "header", "history", "links", "note", "validators"})
    validators = Validators.of(plain["validators"])
    header, rest = _trusted_header(items(plain["history"], limits.HISTORY_STEPS_MAX), trusted)
    own_header, last = _committed(plain)
    witnessed = _as_of(header, own_header, last.header, plain["note"], trusted, now)
    steps = [*(_step(one["header"], one["commit"]) for one in rest), last]
    signers: list[int] = []
    for step in steps:
        signers = verify_step(header, step, validators)
        header = step.header
    own = validators.find(header.hashes["validators_hash"])
    return Committed(
        chain_id=header.chain_id,
        height=header.height,
        header_hash=steps[-1].hash.hex().upper(),
        time=header.time[0],
        signers=tuple(validators.addresses[one].hex().upper() for one in signers),
        validators=own.size,
        power=own.power(signers),
        power_total=own.total,
        steps=len(steps),
        witnesses=tuple(witnessed[1]) if witnessed else (),
        witnessed=witnessed[0] if witnessed else None,
    )


def _trusted_header(history: Sequence[Any], trusted: Trusted) -> tuple[Header, Sequence[Any]]:
    """Return the header that the policy names, and what comes after it."""
    for at, one in enumerate(history):
        exactly(one, {"commit", "header"} if at else {"header"})
        header = Header.of(one["header"])
        if header.height == trusted.height and header.digest() == trusted.header_hash:
            if header.chain_id != trusted.chain_id:
                break
            return header, history[at + 1 :]
    raise VerificationError(
        "header-not-trusted",
        f"The evidence does not start from the header of height {trusted.height} of "
        f"{trusted.chain_id} that your trust policy names.",
        basis="docs/formats/trust-policy.md",
        remedy="Ask for evidence that starts there; never take a header from the evidence itself.",
    )


def _step(header: Any, commit: Any) -> Step:
    read = Header.of(header)
    digest = read.digest()
    return Step(read, digest, Commit.of(commit, digest))


def _committed(plain: Any) -> tuple[Header, Step]:
    """Return the header of the checkpoint, and the last step: its own, or one linked after it."""
    own = last = Header.of(plain["header"])
    digest, members = own.digest(), plain["header"]
    for members in items(plain["links"], limits.HEADER_LINKS_MAX):
        header = Header.of(members)
        if header.last_block_id.hash != digest or header.height != last.height + 1:
            raise refuted("A header does not follow the one before it.")
        last, digest = header, header.digest()
    require_checkpoint(own, plain["note"])
    return own, Step(last, digest, Commit.of(plain["commit"], digest))


def require_checkpoint(header: Header, note: str) -> None:
    """Verify that a header commits to a checkpoint: its application hash is the text's SHA-256.

    Raises:
        VerificationError: It commits to another.
    """
    if sha256(checkpoint_text(note).encode()) != header.hashes["app_hash"]:
        raise refuted(f"The header of height {header.height} commits to another checkpoint.")


def checkpoint_text(note: str) -> str:
    """Return the text of a checkpoint, with or without signature lines."""
    return divide_note(note)[0] if "\n\n" in note else note


def _as_of(
    trusted: Header, own: Header, last: Header, note: str, policy: Trusted, now: int | None
) -> tuple[int, list[str]] | None:
    """Return the witnesses' time as of which to verify; None if the verifier's own will do.

    Args:
        trusted: The header that the policy names.
        own: The header of the checkpoint.
        last: The committed header; no other is later.
        note: The checkpoint, with cosignatures.
        policy: The policy.
        now: The verifier's time, in UTC seconds.
    """
    if now is not None and not is_expired(trusted, policy.period, now):
        _require_past(last, now + limits.CLOCK_DRIFT_SECONDS)
        return None
    seen = None
    if "\n\n" in note and policy.quorum:
        seen = cosigned_at(note, policy.witnesses, policy.quorum)
    if seen is None or is_expired(trusted, policy.period, seen[0]):
        raise VerificationError(
            "trusting-period-over",
            f"The trusted header of height {trusted.height} is older than the trusting period of "
            f"{policy.period} seconds, and no quorum of witnesses that your policy names had seen "
            "the checkpoint within the period.",
            basis="docs/formats/trust-policy.md; CometBFT light client",
            remedy="Name witnesses in your policy, or take a newer header from offices you trust.",
        )
    _require_past(own, seen[0] + limits.CLOCK_DRIFT_SECONDS)
    # Linked headers come after what the witnesses saw, and have to be of the period all the same.
    _require_past(last, trusted.time[0] + policy.period)
    return seen


def _require_past(header: Header, time: int) -> None:
    if header.time >= (time, 0):
        raise VerificationError(
            "header-from-the-future",
            f"The header of height {header.height} is dated after the time of verification.",
            basis="docs/formats/commit.md", remedy="Set this machine's clock, or verify later.",
        )


def is_expired(header: Header, period: int, now: int) -> bool:
    """Return whether validators no longer answer for a header.

    Args:
        header: The header.
        period: The trusting period, in seconds.
        now: The time, in UTC seconds.
    """
    seconds, nanoseconds = header.time
    return (seconds + period, nanoseconds) <= (now, 0)


def verify_step(trusted: Header, step: Step, validators: Validators) -> list[int]:
    """Verify that trust in one header carries over to another, whatever the time is.

    Returns:
        The places of the signers' keys.

    Raises:
        LedgerError: It does not.
    """
    header = step.header
    if header.chain_id != trusted.chain_id:
        raise refuted("A header belongs to another chain.")
    if header.height <= trusted.height or header.time <= trusted.time:
        raise refuted("A header is not later than the one before it.")
    own = header.hashes["validators_hash"]
    announced = trusted.hashes["next_validators_hash"]
    if header.height == trusted.height + 1 and own != announced:
        raise refuted("The validators are not those that the header before announced.")
    places = [one.validator for one in step.commit.votes]
    if header.height != trusted.height + 1 and own != announced:
        before = validators.find(announced)
        known = [one for one in places if one < len(before.powers)]
        require_more(before.power(known), before.total, 1, 3, "the validators trusted before")
    return verify_quorum(header, step.commit, validators, validators.find(own))
