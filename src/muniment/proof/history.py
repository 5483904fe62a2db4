"""Light verification: from a header that a verifier trusts to the commit over a checkpoint.

- Trust goes from header to header. The next height must have the very validators that the trusted
  header announced; a later one may be skipped to if more than a third of those validators' power
  signed it. In either case more than two thirds of its own validators' power must have signed.
- Validators answer for what they signed during the trusting period only: afterwards their keys
  may be sold or stolen, and can sign anew. So a step counts while the header before it is younger
  than the period, at the verifier's time, or at a time at which witnesses that the verifier's
  policy names had seen the step's checkpoint.
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
    note: str | None
    """A checkpoint, with cosignatures."""
    attesting: Header
    """The header that the checkpoint belongs to: this one, or one that it follows."""


def verify_history(plain: Any, trusted: Trusted, now: int | None) -> Committed:
    """Verify the commit over a checkpoint.

    Args:
        plain: The member `checkpoint` of an evidence file (docs/formats/commit.md).
        trusted: Where the verifier's trust begins.
        now: The verifier's time in UTC seconds; without it only witnesses' times count.

    Raises:
        LedgerError: The commit does not follow from what is trusted.
    """
    exactly(plain, {"commit", "header", "history", "links", "note", "validators"})
    validators = Validators.of(plain["validators"])
    header, rest = _trusted_header(items(plain["history"], limits.HISTORY_STEPS_MAX), trusted)
    steps = [*(_step(one) for one in rest), _last_step(plain)]
    signers: list[int] = []
    rests: tuple[int, list[str]] | None = None
    for step in steps:
        rests = _vouched(header, step, trusted, now)
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
        witnesses=tuple(rests[1]) if rests else (),
        witnessed=rests[0] if rests else None,
    )


def _trusted_header(history: Sequence[Any], trusted: Trusted) -> tuple[Header, Sequence[Any]]:
    """Return the header that the policy names, and what comes after it."""
    for at, one in enumerate(history):
        exactly(one, {"commit", "header", "note"} if at else {"header"})
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


def _step(plain: Any) -> Step:
    exactly(plain, {"commit", "header", "note"})
    header = Header.of(plain["header"])
    digest = header.digest()
    step = Step(header, digest, Commit.of(plain["commit"], digest), plain["note"], header)
    if step.note is not None:
        require_checkpoint(header, step.note)
    return step


def _last_step(plain: Any) -> Step:
    """Return the last step: the commit of the checkpoint's header, or of one linked after it."""
    first = last = Header.of(plain["header"])
    digest = first.digest()
    for one in items(plain["links"], limits.HEADER_LINKS_MAX):
        header = Header.of(one)
        if header.last_block_id.hash != digest or header.height != last.height + 1:
            raise refuted("A header does not follow the one before it.")
        last, digest = header, header.digest()
    require_checkpoint(first, plain["note"])
    return Step(last, digest, Commit.of(plain["commit"], digest), plain["note"], first)


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


def _vouched(
    trusted: Header, step: Step, policy: Trusted, now: int | None
) -> tuple[int, list[str]] | None:
    """Return the witnesses' time on which a step rests; None if the verifier's own will do."""
    if now is not None and not _before(step.header, now + limits.CLOCK_DRIFT_SECONDS):
        raise _future(step.header)
    if now is not None and not is_expired(trusted, policy.period, now):
        return None
    seen = None
    if step.note is not None and "\n\n" in step.note and policy.quorum:
        seen = cosigned_at(step.note, policy.witnesses, policy.quorum)
    if seen is None or is_expired(trusted, policy.period, seen[0]):
        raise VerificationError(
            "trusting-period-over",
            f"The trusted header of height {trusted.height} is older than the trusting period of "
            f"{policy.period} seconds, and no quorum of witnesses that your policy names vouches "
            f"for the step to height {step.header.height} at its time.",
            basis="docs/formats/trust-policy.md; CometBFT light client",
            remedy="Name witnesses in your policy, or take a newer header from offices you trust.",
        )
    if not _before(step.attesting, seen[0] + limits.CLOCK_DRIFT_SECONDS):
        raise _future(step.attesting)
    return seen


def is_expired(header: Header, period: int, now: int) -> bool:
    """Return whether validators no longer answer for a header.

    Args:
        header: The header.
        period: The trusting period, in seconds.
        now: The time, in UTC seconds.
    """
    seconds, nanoseconds = header.time
    return (seconds + period, nanoseconds) <= (now, 0)


def _before(header: Header, time: int) -> bool:
    return header.time < (time, 0)


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


def _future(header: Header) -> VerificationError:
    return VerificationError(
        "header-from-the-future",
        f"The header of height {header.height} is dated after the time of verification.",
        basis="docs/formats/commit.md", remedy="Set this machine's clock, or verify later.",
    )
