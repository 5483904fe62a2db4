"""Where a verifier's trust in a network begins, and how it moves on before it runs out.

Validators answer for a header during the trusting period only. Evidence that verifies within the
period shows a newer header that may be trusted from then on: so a policy is renewed offline, by
evidence alone, and whoever renews by the same file trusts the same header.
"""

from dataclasses import replace
from pathlib import Path

from muniment.network.light_block import Responder, read_header
from muniment.node.policy import newest_rule, read_policy, write_policy
from muniment.node.promotion import EVIDENCE_SECONDS, chain_of
from muniment.proof.attestation import Rule, TrustPolicy
from muniment.proof.errors import Refused
from muniment.proof.evidence import Proven
from muniment.proof.history import Trusted


def trusted_now(rpc: Responder, height: int, period: int) -> Trusted:
    """Return a header of a node that one runs oneself, as the beginning of trust.

    Args:
        rpc: One's own node.
        height: The header's height.
        period: The trusting period, in seconds.
    """
    header = read_header(rpc, height)
    return Trusted(header.chain_id, height, header.digest(), period)


def with_commit(policy: TrustPolicy, origin: str, size: int, trusted: Trusted) -> TrustPolicy:
    """Return a policy that trusts a network beyond the sizes that a solo ledger's log key attests.

    Args:
        policy: The policy; promotion has ended the range of the log key.
        origin: The ledger's origin; it stays.
        size: The last size that the log key attests.
        trusted: Where trust in the chain begins.

    Raises:
        Malformed: The ranges overlap.
    """
    rule = Rule(origin, size + 1, None, "commit", (), trusted)
    return TrustPolicy.parse(TrustPolicy((*policy.rules, rule)).text())


def extend_policy(path: Path, rpc: Responder, first: int) -> TrustPolicy:
    """Let the trust policy of a node's directory go on beyond the solo range; return it.

    Done once, when the network's first block is there: an office trusts its own node.

    Args:
        path: The file.
        rpc: The office's own node.
        first: The height of the network's first block.

    Raises:
        Refused: The policy does not say where the solo range of the node's ledger ends.
    """
    text = read_policy(path)
    policy = TrustPolicy.parse(text)
    newest = [newest_rule(policy, origin) for origin in dict.fromkeys(
        rule.origin for rule in policy.rules)]
    notes = [rule for rule in newest if rule is not None and rule.kind == "note"]
    if newest and not notes:
        return policy
    trusted = trusted_now(rpc, first, EVIDENCE_SECONDS)
    if any(rule.trusted and rule.trusted.chain_id == trusted.chain_id for rule in policy.rules):
        return policy
    own = [rule for rule in notes if chain_of(rule.origin) == trusted.chain_id]
    if not own or own[0].last is None:
        raise Refused(
            "policy-range-open", "The trust policy does not say where the log key's range ends.",
            basis="docs/formats/trust-policy.md",
            remedy=f"End the rule at the size before the network's first block, in {path}",
        )
    extended = with_commit(policy, own[0].origin, own[0].last, trusted)
    write_policy(path, f"{text}{extended.rules[-1].text()}\n")
    return extended


def begin_here(path: Path, rpc: Responder, origin: str, size: int) -> bool:
    """Let a node's own trust policy begin at a block that the node has, if it keeps none so old.

    A node that began from a snapshot has no block before it. An office trusts its own node.

    Args:
        path: The policy.
        rpc: The office's own node.
        origin: The ledger's origin.
        size: The size of the log now; older sizes stay with the older header.

    Returns:
        Whether the policy was changed.
    """
    text = read_policy(path)
    rule = TrustPolicy.parse(text).require(origin, size)
    sync = rpc.call("status")["sync_info"]
    earliest, latest = (int(sync[f"{name}_block_height"]) for name in ("earliest", "latest"))
    if rule.trusted is None or earliest <= rule.trusted.height or earliest >= latest:
        return False
    write_policy(path, _divided(text, rule, size, trusted_now(
        rpc, earliest + 1, rule.trusted.period)))
    return True


def begun_at(text: str, origin: str, size: int, trusted: Trusted) -> str:
    """Return a policy in which trust in a network begins at a newer header.

    Args:
        text: The policy; whoever is handed it was not there when its own header was new.
        origin: The ledger's origin.
        size: The size of the log, all of whose later checkpoints the header's followers commit to.
        trusted: The header.
    """
    rule = newest_rule(TrustPolicy.parse(text), origin)
    if rule is None or rule.trusted is None:
        return text
    return _divided(text, rule, max(size, rule.first), trusted)


def _divided(text: str, rule: Rule, size: int, newer: Trusted) -> str:
    """Return a policy whose rule ends before a size, from which on a newer header is trusted."""
    if rule.trusted is not None:
        newer = replace(rule.trusted, height=newer.height, header_hash=newer.header_hash)
    lines = [replace(rule, first=size, trusted=newer).text()]
    if rule.first < size:
        lines.insert(0, replace(rule, last=size - 1).text())
    changed = text.replace(f"\n{rule.text()}\n", "\n" + "\n".join(lines) + "\n", 1)
    TrustPolicy.parse(changed)
    return changed


def renewed(text: str, proven: Proven) -> str:
    """Return a trust policy that begins at the header by which evidence was committed.

    The range of the rule that verified the evidence ends at its size; a rule with the newer header
    takes the sizes after it. Comments stay where they are.

    Args:
        text: The policy that verified the evidence.
        proven: What the evidence proves.

    Raises:
        Refused: The evidence is of a ledger of one process, nothing is left of the rule's range, or
            the period is over: what witnesses saw was the checkpoint, not the header.
    """
    rule = TrustPolicy.parse(text).require(proven.origin, proven.size)
    if proven.commit is None or rule.trusted is None or rule.last == proven.size:
        raise Refused(
            "nothing-to-renew", "The evidence is not a network's, or ends the range of its rule.",
            basis="docs/formats/trust-policy.md",
            remedy="Take evidence of a newer entry of the network.",
        )
    if proven.commit.witnessed is not None:
        raise Refused(
            "renewal-too-late", "The trusting period is over: retired keys may have signed this "
            "header anew, and witnesses saw its checkpoint only.",
            basis="docs/formats/trust-policy.md",
            remedy="Take a newer header from offices you trust, by another way than evidence.",
        )
    newer = replace(rule.trusted, height=proven.commit.height,
                    header_hash=bytes.fromhex(proven.commit.header_hash))
    return _divided(text, rule, proven.size + 1, newer)
