"""What vouches for a checkpoint, and the policy by which a verifier decides.

- The verifier's own policy decides; evidence names no judge (docs/formats/trust-policy.md).
- A policy maps an origin and a range of sizes to the one kind of attestation that is required:
  `note VKEY` for a ledger run by one process, `commit CHAIN_ID HEIGHT HEADER_HASH PERIOD` for one
  that validators run. The range of a note that has ended names the log's root there, so that a
  retired key cannot write its history anew. Kinds of later versions are refused by name, never
  skipped.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.proof import limits, merkle
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
_KINDS = ("commit", "note")
_ROOT = "root"


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
    root: bytes | None = None
    """The root of the log at `last`, for a note whose range has ended."""

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
        if self.root is not None:
            parts += [_ROOT, base64.b64encode(self.root).decode("ascii")]
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
    rule: Rule
    """The rule of the policy that accepts it."""
    commit: Committed | None = None
    """What the commit says besides."""

    def tie(self, path: Sequence[bytes] | None) -> bool:
        """Return whether the checkpoint is shown to be of the history that the policy names.

        Args:
            path: The consistency proof to the root that the rule names; None if none is offered.

        Raises:
            VerificationError: It is of another history: a retired key can sign whatever it likes.
        """
        last, root, one = self.rule.last, self.rule.root, self.checkpoint
        if last is None or self.kind != "note":
            return True
        if root is None or (path is None and one.size < last):
            return False
        try:
            merkle.verify_consistency(one.size, last, path or (), one.root, root)
        except VerificationError as error:
            raise VerificationError(
                "history-of-another", "The checkpoint is no part of the history whose root the "
                f"trust policy names at {last} entries.", basis="docs/formats/trust-policy.md",
                remedy="Ask who issued it for the same evidence from the ledger of today.",
            ) from error
        return True


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
        attested = Attested(Checkpoint.parse(text), rule.kind, rule.keys, rule)
        attested.tie(None)
        return attested
    committed = verify_history(member, rule.trusted, now)
    return Attested(checkpoint, rule.kind, committed.signers, rule, committed)


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
    if kind == "note":
        key, root = _note(rest, end)
        return Rule(origin, start, end, kind, (key,), root=root)
    return Rule(origin, start, end, kind, (), _commit(rest))


def _note(parts: Sequence[str], end: int | None) -> tuple[str, bytes | None]:
    if len(parts) == 1:
        return parts[0], None
    if len(parts) != 3 or parts[1] != _ROOT or not end:
        raise _malformed("A rule of kind note names one verifier key, and where its range has "
                         "ended the root there: VKEY root ROOT.")
    try:
        root = base64.b64decode(parts[2], validate=True)
    except ValueError:
        root = b""
    if len(root) != 32 or base64.b64encode(root).decode("ascii") != parts[2]:
        raise _malformed("A root is 32 bytes in standard base64, as a checkpoint writes it.")
    return parts[0], root


def _commit(parts: Sequence[str]) -> Trusted:
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
    return Trusted(chain_id, numbers[0], bytes.fromhex(digest), numbers[1], witnesses, quorum)


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


def _beyond(rule: Rule, size: int) -> bool:
    return rule.last is not None and size > rule.last


def _overlap(one: Rule, other: Rule) -> bool:
    same = one.origin == other.origin
    return same and not _beyond(one, other.first) and not _beyond(other, one.first)


def _malformed(detail: str) -> Malformed:
    return Malformed("trust-policy-malformed", detail, basis="docs/formats/trust-policy.md")
