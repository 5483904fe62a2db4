"""Evidence from a ledger: the files that `proof.evidence` verifies without it."""

from collections.abc import Iterator, Sequence
from typing import Any

from muniment.codec import from_members, members
from muniment.engine import BLOCK_LEAF, OPERATION_LEAF
from muniment.model import application as filings
from muniment.model.account import ACCOUNTS, KeySet
from muniment.model.application import APPLICATIONS, COVERAGE
from muniment.node.ledger import DrivenLedger, Ledger
from muniment.proof import evidence, limits, merkle, statetree
from muniment.proof.attestation import TrustPolicy
from muniment.proof.canonical import decode
from muniment.proof.crypto import unb64
from muniment.proof.errors import NotFound, Refused, StorageFault
from muniment.storage.log import LogReader
from muniment.storage.protocol import Entry, StoredBlock


def entry_evidence(ledger: DrivenLedger, position: int, disclosures: Sequence[str] = ()) -> bytes:
    """Return the evidence of an operation and its outcome.

    Args:
        ledger: The ledger.
        position: The index of the operation's leaf in the log.
        disclosures: What the holder chooses to show.

    Raises:
        NotFound: No operation stands there, or its line was erased.
    """
    entry = next(ledger.storage.entries(position, position + 1), None)
    if entry is None or not entry.leaf.startswith(OPERATION_LEAF) or entry.body is None:
        raise NotFound("entry-not-found", f"No operation stands at position {position}.",
                       remedy="Find positions with: muniment filing show")
    block = ledger.storage.block_at(position)
    stored = ledger.storage.envelope_at(position)
    if block is None or stored is None:
        raise StorageFault("A block or an envelope is missing.")
    reader = LogReader(ledger.storage, ledger.head.size)
    leaf = decode(entry.leaf[len(OPERATION_LEAF) :])
    block_path = merkle.inclusion_path_from(reader.node, block.position, ledger.head.size)
    own, shared = _unshared(
        merkle.inclusion_path_from(reader.node, position, ledger.head.size), block_path
    )
    return evidence.assemble("entry", {
        "block": _block(ledger, block, block_path),
        "checkpoint": ledger.checkpoint(),
        "disclosures": list(disclosures),
        "entry": {
            "index": position,
            "jws": decode(stored.jws),
            "key_set": members(_key_set(ledger, leaf["key_set"], stored.jws)),
            "leaf": leaf,
            "operation": decode(entry.body),
            "operation_path": evidence.join_hashes(
                _operation_path(ledger, stored.position, position, stored.jws)
            ),
            "path": evidence.join_hashes(own),
            "shared": shared,
        },
    })


def tie(ledger: Ledger, data: bytes, policy: TrustPolicy, now: int | None = None) -> bytes:
    """Return evidence with the proof that its checkpoint belongs to the history of today.

    A log key whose range has ended, as by promotion, could sign another past; the root that the
    policy names at the end of that range cannot be changed any more.

    Args:
        ledger: The ledger as it is today; it may be read through a node.
        data: Evidence of a range that has ended.
        policy: The policy of today, which names the root there.
        now: The time in UTC seconds.

    Raises:
        Refused: The policy names no root for it.
        VerificationError: It does not verify, or is of another history than the ledger's.
    """
    proven = evidence.verify(data, policy, now)
    rule = policy.require(proven.origin, proven.size)
    if rule.root is None or rule.last is None:
        raise Refused("nothing-to-tie-to", "The trust policy names no root for this evidence.",
                      basis="docs/formats/trust-policy.md",
                      remedy="Take the policy of today from the office.")
    reader = LogReader(ledger.storage, ledger.head.size)
    path = merkle.consistency_path_from(reader.node, proven.size, rule.last)
    plain = {name: value for name, value in decode(data[:-1], limits.EVIDENCE_BYTES_MAX).items()
             if name not in {"format", "kind", "sha256"}}
    tied = evidence.assemble(proven.kind, {**plain, evidence.TIE: evidence.join_hashes(path)})
    evidence.verify(tied, policy, now)
    return tied


def _unshared(path: Sequence[bytes], other: Sequence[bytes]) -> tuple[list[bytes], int]:
    """Return the part of a path that another does not end with, and how much they share."""
    shared = 0
    while shared < min(len(path), len(other)) and path[-1 - shared] == other[-1 - shared]:
        shared += 1
    return list(path[: len(path) - shared]), shared


def _operation_path(
    ledger: Ledger, first: int, position: int, jws_line: bytes
) -> list[bytes]:
    count = decode(unb64(decode(jws_line)["payload"]))["count"]
    hashes = [_operation_hash(one) for one in ledger.storage.entries(first, first + count)]
    return merkle.inclusion_path(hashes, position - first)


def _operation_hash(entry: Entry) -> bytes:
    return unb64(decode(entry.leaf[len(OPERATION_LEAF) :])["operation"], 32)


def _key_set(ledger: Ledger, digest: str, jws_line: bytes) -> KeySet:
    """Return the key set of a digest: the account's current one, or an older one from the log."""
    submitter = decode(unb64(decode(jws_line)["payload"]))["submitter"]
    account = ledger.state.get(ACCOUNTS, submitter)
    if account is not None and account.key_set.digest() == digest:
        return account.key_set
    operator = ledger.identity.genesis.operator.key_set
    if operator.digest() == digest:
        return operator
    for entry in ledger.storage.entries(0, ledger.head.size):
        if entry.body is not None and b'"key_set":{' in entry.body:
            for named in _named_key_sets(decode(entry.body)):
                key_set = from_members(KeySet, named)
                if key_set.digest() == digest:
                    return key_set
    raise StorageFault(f"The key set {digest} is not in the log.")


def _named_key_sets(operation: dict[str, Any]) -> Iterator[Any]:
    """Yield the key sets that an operation names, or the act that it carries."""
    for one in (operation, operation.get("act", {})):
        if "key_set" in one:
            yield one["key_set"]


def _block(ledger: Ledger, block: StoredBlock, path: Sequence[bytes]) -> dict[str, Any]:
    leaf = next(ledger.storage.entries(block.position, block.position + 1)).leaf
    return {
        "index": block.position,
        "leaf": decode(leaf[len(BLOCK_LEAF) :]),
        "path": evidence.join_hashes(path),
    }


def _last_block(ledger: Ledger) -> dict[str, Any]:
    """Return the last block of the log: under it stands the present state."""
    block = ledger.storage.block_at(ledger.head.size - 1)
    if block is None:
        raise StorageFault("The last block is missing.")
    reader = LogReader(ledger.storage, ledger.head.size)
    path = merkle.inclusion_path_from(reader.node, block.position, ledger.head.size)
    return _block(ledger, block, path)


def state_evidence(ledger: DrivenLedger, key: bytes, disclosures: Sequence[str] = ()) -> bytes:
    """Return the evidence of what stands under a state key now.

    Raises:
        NotFound: Nothing stands there.
    """
    if ledger.tree.get(key) is None:
        raise NotFound("not-confirmed", "No unsealed entry stands under that reference.",
                       remedy="Prove its absence: muniment evidence make REFERENCE --absent")
    return evidence.assemble("state", {
        "block": _last_block(ledger),
        "checkpoint": ledger.checkpoint(),
        "disclosures": list(disclosures),
        "state": statetree.prove_presence(ledger.tree, key),
    })


def absence_evidence(ledger: DrivenLedger, office: str, right: str, number: str) -> bytes:
    """Return the evidence that no unsealed application stands under a number, however spelled.

    Raises:
        NotFound: One stands there.
    """
    identity = filings.identify(ledger.state, office, right, number)
    keys = [APPLICATIONS.key(office, right, suffix) for suffix in identity.suffixes]
    if any(ledger.tree.get(key) is not None for key in keys):
        raise NotFound("entry-present", "An entry stands under that number.",
                       remedy="Prove it: muniment evidence make REFERENCE")
    coverage = COVERAGE.key(office, right, identity.suffix.rpartition("/")[0])
    declared = ledger.tree.get(coverage) is not None
    return evidence.assemble("absence", {
        "absent": [
            {"key": key.decode("ascii"), **statetree.prove_absence(ledger.tree, key)}
            for key in keys
        ],
        "block": _last_block(ledger),
        "checkpoint": ledger.checkpoint(),
        "coverage": [statetree.prove_presence(ledger.tree, coverage)] if declared else [],
    })


def completeness_evidence(ledger: DrivenLedger, prefix: str) -> bytes:
    """Return the evidence that the entries under a prefix are all there are."""
    return evidence.assemble("completeness", {
        "block": _last_block(ledger),
        "checkpoint": ledger.checkpoint(),
        "complete": statetree.prove_completeness(ledger.tree, prefix.encode("ascii")),
        "prefix": prefix,
    })

