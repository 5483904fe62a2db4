"""A ledger's own trust policy, as its operator's commands move it on.

The policy is read as a verifier reads it, and one rule of it is replaced: comments, empty lines
and rules for other ledgers stay as they are, wherever they stand.
"""

from dataclasses import replace
from pathlib import Path

from muniment.proof.attestation import Rule, TrustPolicy
from muniment.proof.errors import Malformed, Refused


def end_note_range(text: str, origin: str, size: int, root: bytes) -> str:
    """Return a policy in which the log key in force vouches for no size beyond a last one.

    Asked again, as after a promotion that was cut short, it ends the same range anew.

    Args:
        text: The policy.
        origin: The ledger's origin.
        size: The last size for which the key vouches.
        root: The root of the log at that size: the key can tell no other history any more.

    Raises:
        Refused: The newest range of the ledger is not that of a log key.
        Malformed: The policy is not of its format.
    """
    rule = newest_rule(TrustPolicy.parse(text), origin)
    if rule is None or rule.kind != "note" or rule.first > size:
        raise Refused(
            "policy-without-log-key",
            f"The trust policy has no rule for {origin} that a log key's range could end in.",
            basis="docs/formats/trust-policy.md",
            remedy="Put the policy back that was made with the ledger, or correct its last rule.",
        )
    ended = replace(rule, last=size, root=root)
    changed = text.replace(f"\n{rule.text()}\n", f"\n{ended.text()}\n", 1)
    TrustPolicy.parse(changed)
    return changed


def newest_rule(policy: TrustPolicy, origin: str) -> Rule | None:
    """Return the rule for a ledger's greatest sizes, or None if the policy does not name it."""
    own = [rule for rule in policy.rules if rule.origin == origin]
    return max(own, key=lambda rule: rule.first, default=None)


def read_policy(path: Path) -> str:
    """Return the text of a policy; its comments may be in any language.

    Raises:
        Malformed: It is no UTF-8 text.
        FileNotFoundError: There is none.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Malformed(
            "trust-policy-malformed", f"{path} is no UTF-8 text.",
            basis="docs/formats/trust-policy.md",
            remedy="Put your copy of it back, or get it again from an office that you trust.",
        ) from None


def write_policy(path: Path, text: str) -> None:
    """Put a policy in the place of the one that stands, at once or not at all."""
    fresh = path.with_name(f".{path.name}.making")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
