"""What vouches for a checkpoint, and the policy by which a verifier decides.

- The verifier's own policy decides; evidence names no judge (docs/formats/trust-policy.md).
- A policy maps an origin and a range of sizes to the one kind of attestation that is required:
  `note VKEY` for a ledger run by one process. Kinds of later versions are refused by name, never
  skipped.
"""

from dataclasses import dataclass

from muniment.proof import limits
from muniment.proof.checkpoint import Checkpoint, is_name, open_note, parse_size
from muniment.proof.errors import LedgerError, Malformed, VerificationError

FIRST_LINE = "muniment/trust-policy/v1"
RULES_MAX = 256


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
    """The kind of attestation: `note`."""
    keys: tuple[str, ...]
    """Its keys: one verifier key."""


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
    """The verifier keys that vouch for it."""


def attest(note: str, policy: TrustPolicy) -> Attested:
    """Return the checkpoint of a signed note, if the policy accepts its attestation.

    Raises:
        VerificationError: It does not.
        Malformed: The note is not of its format.
    """
    claimed = Checkpoint.parse(note.partition("\n\n")[0] + "\n")
    rule = policy.require(claimed.origin, claimed.size)
    text = open_note(note, rule.keys[0])
    return Attested(Checkpoint.parse(text), rule.kind, rule.keys)


def _rule(line: str) -> Rule:
    parts = line.split(" ")
    if len(parts) < 5 or not is_name(parts[0]):
        raise _malformed("A rule is ORIGIN FROM TO KIND KEY...")
    origin, first, last, kind, *keys = parts
    if kind != "note":
        raise _malformed(f"The kind of attestation {kind[:20]} is not known to this verifier.")
    if len(keys) != 1:
        raise _malformed("A rule of kind note names one verifier key.")
    try:
        start = parse_size(first)
        end = None if last == "-" else parse_size(last)
    except LedgerError:
        raise _malformed("A range is two sizes, or a size and a dash.") from None
    return Rule(origin, start, end, kind, tuple(keys))


def _beyond(rule: Rule, size: int) -> bool:
    return rule.last is not None and size > rule.last


def _overlap(one: Rule, other: Rule) -> bool:
    same = one.origin == other.origin
    return same and not _beyond(one, other.first) and not _beyond(other, one.first)


def _malformed(detail: str) -> Malformed:
    return Malformed("trust-policy-malformed", detail, basis="docs/formats/trust-policy.md")
