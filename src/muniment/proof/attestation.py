"""What vouches for a checkpoint, and the policy by which a verifier decides.

- The verifier's own policy decides; evidence names no judge (docs/formats/trust-policy.md).
- A policy maps an origin and a range of sizes to the one kind of attestation that is required:
  `note VKEY` for a ledger run by one process, `commit CHAIN_ID HEIGHT HEADER_HASH PERIOD` for one
  that validators run. Kinds of later versions are refused by name, never skipped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.proof import limits
from muniment.proof.checkpoint import (
    NOTE_SIGNATURES_MAX,
    Checkpoint,
    is_name,
    open_note,
    open_verifier_key,
    parse_size,
)
from muniment.proof.cosignature import COSIGNATURE
from muniment.proof.engine_bytes import is_chain_id
from muniment.proof.errors import LedgerError, Malformed, VerificationError
from muniment.proof.history import Committed, Trusted, checkpoint_text, verify_history
from muniment.proof.shape import refuted

FIRST_LINE = "muniment/trust-policy/v1"
RULES_MAX = 256
_HEX = frozenset("0123456789ABCDEF")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which attestation a range of a ledger requires."""

    origin: str
    """The origin of the ledger."""
    first: int
    """The least size to which it applies."""
    last: int | None
    """The greatest size to which it applies; None without end."""
    kind: str
    """The kind of attestation: `note` or `commit`."""
    keys: tuple[str, ...]
    """The verifier key of a note."""
    trusted: Trusted | None = None
    """Where trust in a chain begins, for a commit."""

    def text(self) -> str:
        """Return the rule as a line without its end."""
        last = "-" if self.last is None else str(self.last)
        parts = [self.origin, str(self.first), last, self.kind, *self.keys]
        if self.trusted is not None:
            one = self.trusted
            digest = one.header_hash.hex().upper()
            parts += [one.chain_id, str(one.height), digest, str(one.period)]
            if one.witnesses:
                parts += ["witness", str(one.quorum), *one.witnesses]
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Whom a verifier trusts, for which ledger, in which range."""

    rules: tuple[Rule, ...]
    """The rules, in the order of the file."""

    @classmethod
    def parse(cls, text: str) -> "TrustPolicy":
        """Return the policy of a text.

        Raises:
            Malformed: A line is not of the format, or two rules overlap.
        """
        if len(text) > limits.TRUST_POLICY_BYTES_MAX:
            raise _malformed("The policy is too long.")
        lines = text.split("\n")
        if lines[0] != FIRST_LINE or lines[-1]:
            raise _malformed(f"A policy begins with {FIRST_LINE} and its last line has an end.")
        rules = tuple(_rule(line) for line in lines[1:-1] if line and not line.startswith("#"))
        if len(rules) > RULES_MAX:
            raise _malformed(f"A policy has at most {RULES_MAX} rules.")
        for at, one in enumerate(rules):
            if any(_overlap(one, other) for other in rules[at + 1 :]):
                raise _malformed(f"Two rules for {one.origin} overlap.")
        return cls(rules)

    def text(self) -> str:
        """Return the policy as a file holds it."""
        return "".join(f"{line}\n" for line in (FIRST_LINE, *(one.text() for one in self.rules)))

    def require(self, origin: str, size: int) -> Rule:
        """Return the rule for a checkpoint.

        Raises:
            VerificationError: The policy does not trust anyone for it.
        """
        for rule in self.rules:
            if rule.origin == origin and rule.first <= size and not _beyond(rule, size):
                return rule
        raise VerificationError(
            "ledger-not-trusted", "The trust policy has no rule for this ledger and size.",
            basis="docs/formats/trust-policy.md",
            remedy="Get the ledger's policy from its office, by another way than the evidence.",
        )


@dataclass(frozen=True, slots=True)
class Attested:
    """A checkpoint that the policy accepts."""

    checkpoint: Checkpoint
    """The checkpoint."""
    kind: str
    """The kind of attestation."""
    by: tuple[str, ...]
    """Who vouches for it: a verifier key, or the addresses of validators."""
    commit: Committed | None = None
    """What the commit says besides."""


def attest(member: Any, policy: TrustPolicy, now: int | None = None) -> Attested:
    """Return the checkpoint of an evidence file, if the policy accepts its attestation.

    Args:
        member: The member `checkpoint`: a signed note, or the object with a commit.
        policy: Whom the verifier trusts.
        now: The verifier's time in UTC seconds, for the trusting period of a commit.

    Raises:
        VerificationError: The policy does not accept it.
        Malformed: It is not of its format.
    """
    offered = "commit" if isinstance(member, Mapping) else "note"
    note = member.get("note") if isinstance(member, Mapping) else member
    if not isinstance(note, str):
        raise refuted("The checkpoint is neither a signed note nor an object with one.")
    checkpoint = Checkpoint.parse(
        checkpoint_text(note) if offered == "commit" else note.partition("\n\n")[0] + "\n"
    )
    rule = policy.require(checkpoint.origin, checkpoint.size)
    if rule.kind != offered:
        raise VerificationError(
            "attestation-of-another-kind",
            f"The trust policy requires a {rule.kind} for this ledger and size, and a {offered} "
            "is offered.",
            basis="docs/formats/trust-policy.md",
            remedy="Ask for evidence that is attested as the ledger was at that size.",
        )
    if rule.trusted is None:
        text = open_note(note, rule.keys[0])
        return Attested(Checkpoint.parse(text), rule.kind, rule.keys)
    committed = verify_history(member, rule.trusted, now)
    return Attested(checkpoint, rule.kind, committed.signers, committed)


def _rule(line: str) -> Rule:
    parts = line.split(" ")
    if len(parts) < 5 or not is_name(parts[0]):
        raise _malformed("A rule is ORIGIN FROM TO KIND KEY...")
    origin, first, last, kind, *rest = parts
    if kind not in _KINDS:
        raise _malformed(f"The kind of attestation {kind[:20]} is not known to this verifier.")
    try:
        start = parse_size(first)
        end = None if last == "-" else parse_size(last)
    except LedgerError:
        raise _malformed("A range is two sizes, or a size and a dash.") from None
    keys, trusted = _KINDS[kind](rest)
    return Rule(origin, start, end, kind, keys, trusted)


def _note(parts: Sequence[str]) -> tuple[tuple[str, ...], Trusted | None]:
    if len(parts) != 1:
        raise _malformed("A rule of kind note names one verifier key.")
    return tuple(parts), None


def _commit(parts: Sequence[str]) -> tuple[tuple[str, ...], Trusted | None]:
    if len(parts) < 4 or not is_chain_id(parts[0]):
        raise _malformed("A rule of kind commit names CHAIN_ID HEIGHT HEADER_HASH PERIOD_SECONDS.")
    chain_id, height, digest, period, *means = parts
    if len(digest) != 64 or not _HEX.issuperset(digest):
        raise _malformed("A header's hash is 64 hexadecimal digits, capitals as CometBFT prints.")
    try:
        numbers = parse_size(height), parse_size(period)
    except LedgerError:
        raise _malformed("Height and trusting period are numbers.") from None
    if not numbers[0] or not 0 < numbers[1] <= limits.TRUSTING_PERIOD_SECONDS_MAX:
        raise _malformed("A height is from 1 on, a trusting period 1 second to 100 years.")
    witnesses, quorum = _witnesses(means)
    return (), Trusted(
        chain_id, numbers[0], bytes.fromhex(digest), numbers[1], witnesses, quorum
    )


def _witnesses(parts: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Return the witnesses' keys and how many must vouch: `witness K VKEY...`, or nothing."""
    if not parts:
        return (), 0
    means, *rest = parts
    if means != "witness":
        raise _malformed(f"To vouch for a time by {means[:20]} is not known to this verifier.")
    keys = tuple(rest[1:])
    raw = {open_verifier_key(one, COSIGNATURE)[1].raw() for one in keys}
    if len(raw) != len(keys) or len(keys) > NOTE_SIGNATURES_MAX:
        raise _malformed(f"Witnesses are at most {NOTE_SIGNATURES_MAX}, each key once.")
    quorum = parse_size(rest[0]) if rest else 0
    if not 0 < quorum <= len(keys):
        raise _malformed("Of witnesses, at least one and at most all must vouch.")
    return keys, quorum


_KINDS: dict[str, Callable[[Sequence[str]], tuple[tuple[str, ...], Trusted | None]]] = {
    "commit": _commit, "note": _note,
}
"""How the rest of a rule of each kind is read."""


def _beyond(rule: Rule, size: int) -> bool:
    return rule.last is not None and size > rule.last


def _overlap(one: Rule, other: Rule) -> bool:
    same = one.origin == other.origin
    return same and not _beyond(one, other.first) and not _beyond(other, one.first)


def _malformed(detail: str) -> Malformed:
    return Malformed("trust-policy-malformed", detail, basis="docs/formats/trust-policy.md")
