"""The evidence file: one JSON that proves an entry, a state, an absence or a series, offline.

- Kinds: `entry` (an operation with its outcome), `state` (what stands under a key), `absence`
  (that nothing stands under a key), `completeness` (that these are all under a prefix).
- Every kind carries the attested checkpoint and a block leaf, which gives height, time and state
  root. No policy is inside and no second proof; `sha256` covers the rest.
- Operations and leaves stand as JSON values: their canonical bytes are what was hashed.
- Whatever the bytes are, `verify` raises `VerificationError` and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.proof import disclosure, jws, limits, merkle, statetree
from muniment.proof.attestation import Attested, TrustPolicy, attest
from muniment.proof.canonical import decode, encode, encode_again
from muniment.proof.crypto import b64, sha256, unb64
from muniment.proof.errors import LedgerError, VerificationError
from muniment.proof.history import Committed
from muniment.proof.shape import exactly, items, natural, refuted

FORMAT = "muniment/evidence/v1"
ENVELOPE_TYPE = "muniment-envelope+jws"
BLOCK_LEAF = b"muniment/block/v1\n"
OPERATION_LEAF = b"muniment/operation/v1\n"
KINDS = ("entry", "state", "absence", "completeness")
TIE = "consistency"
"""The member that a file may have besides: how its checkpoint is part of a later one."""
_COMMON = {"block", "checkpoint", "format", "kind", "sha256"}
_MEMBERS = {
    "entry": _COMMON | {"disclosures", "entry"},
    "state": _COMMON | {"disclosures", "state"},
    "absence": _COMMON | {"absent", "coverage"},
    "completeness": _COMMON | {"complete", "prefix"},
}


@dataclass(frozen=True, slots=True)
class Proven:
    """What an evidence file proves, and on whose word."""

    kind: str
    """`entry`, `state`, `absence` or `completeness`."""
    origin: str
    """The ledger."""
    size: int
    """The size of the checkpoint under which it stands."""
    attestation: str
    """The kind of attestation that the verifier's policy asked for."""
    attested_by: tuple[str, ...]
    """Who vouches: a verifier key, or the addresses of validators."""
    height: int
    """The height of the block."""
    time: int
    """The time of the block, in UTC seconds."""
    edition: str
    """The hash of the rules in force."""
    present: bool
    """Whether the block is the last one of the checkpoint: then a state is the present one."""
    position: int | None = None
    """The entry's position in the log."""
    operation: Mapping[str, Any] | None = None
    """The operation."""
    code: int | None = None
    """Its outcome: 0 if it was accepted."""
    signer: str | None = None
    """The account that submitted it."""
    key_set: str | None = None
    """The digest of the key set that signed it."""
    recovered_by_members: bool = False
    """Whether the members of the network had replaced the account's key set before."""
    entries: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """The state entries proven: key and value."""
    absent: tuple[str, ...] = ()
    """The keys under which nothing stands."""
    prefix: str | None = None
    """The prefix whose entries are complete."""
    disclosed: tuple[tuple[str, Any], ...] = ()
    """The names and values disclosed."""
    retired: bool = False
    """Whether a log key alone shows it whose range has ended: nothing ties the checkpoint to the
    history that the policy names at the end of that range."""
    commit: Committed | None = None
    """By whom, when and with what power the checkpoint was committed, on a network."""

    @property
    def rests_on_the_operator(self) -> bool:
        """Whether it also rests on the operator's honest sorting of the state (one process)."""
        return self.kind in ("absence", "completeness") and self.attestation == "note"


def assemble(kind: str, parts: Mapping[str, Any]) -> bytes:
    """Return the bytes of an evidence file.

    Args:
        kind: One of KINDS.
        parts: The members of that kind (docs/formats/evidence.md) but format, kind and sha256.

    Raises:
        Malformed: A part is outside canonical JSON.
    """
    plain = {**parts, "format": FORMAT, "kind": kind}
    return encode({**plain, "sha256": b64(sha256(encode(plain)))}) + b"\n"


def verify(data: bytes, policy: TrustPolicy, now: int | None = None) -> Proven:
    """Verify an evidence file against the verifier's own policy.

    Args:
        data: The file's bytes.
        policy: Whom the verifier trusts.
        now: The verifier's time in UTC seconds. Without it a commit counts only by the time of
            witnesses that the policy names.

    Returns:
        What is proven.

    Raises:
        VerificationError: It does not prove what it claims, whatever the bytes are.
    """
    try:
        return _verify(data, policy, now)
    except VerificationError:
        raise
    except LedgerError as error:
        raise VerificationError(
            error.name, error.detail, basis=error.basis or "docs/formats/evidence.md",
            remedy="Ask for the evidence again; this copy was altered or is of another format.",
        ) from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        raise refuted("A member is missing or of the wrong type.") from None


def _verify(data: bytes, policy: TrustPolicy, now: int | None) -> Proven:
    plain = _open(data)
    attested = attest(plain["checkpoint"], policy, now)
    tied = attested.tie(split_hashes(plain[TIE]) if TIE in plain else None)
    block, facts = _block(plain["block"], attested)
    facts["retired"] = not tied
    state_root = unb64(block["state_root"], 32)
    kind = plain["kind"]
    if kind == "entry":
        facts |= _entry(plain, attested, block)
    elif kind == "state":
        facts |= _state(plain, state_root)
    elif kind == "absence":
        facts |= _absence(plain, state_root)
    else:
        facts |= _completeness(plain, state_root)
    return Proven(kind=kind, **facts)


def _open(data: bytes) -> dict[str, Any]:
    if not data.endswith(b"\n"):
        raise refuted("The file's last line has no end.")
    plain = decode(data[:-1], limits.EVIDENCE_BYTES_MAX)
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise refuted(f"The file is not of format {FORMAT}.")
    kind = plain.get("kind")
    if kind not in KINDS or plain.keys() - {TIE} != _MEMBERS[kind]:
        raise refuted("The members are not those of a kind of evidence.")
    rest = {name: value for name, value in plain.items() if name != "sha256"}
    if plain["sha256"] != b64(sha256(encode_again(rest))):
        raise refuted("The file was altered: its digest is another.")
    return plain


def _block(plain: Any, attested: Attested) -> tuple[dict[str, Any], dict[str, Any]]:
    exactly(plain, {"index", "leaf", "path"})
    leaf, index = plain["leaf"], natural(plain["index"])
    exactly(leaf, {"count", "edition", "height", "state_root", "time"})
    head = attested.checkpoint
    path = split_hashes(plain["path"])
    merkle.verify_inclusion(
        merkle.leaf_hash(BLOCK_LEAF + encode_again(leaf)), index, head.size, path, head.root
    )
    facts = {
        "origin": head.origin,
        "size": head.size,
        "attestation": attested.kind,
        "attested_by": attested.by,
        "commit": attested.commit,
        "height": natural(leaf["height"]),
        "time": natural(leaf["time"]),
        "edition": leaf["edition"],
        "present": index == head.size - 1,
    }
    return leaf, facts


def _entry(plain: dict[str, Any], attested: Attested, block: dict[str, Any]) -> dict[str, Any]:
    entry = plain["entry"]
    exactly(entry, {
        "index", "jws", "key_set", "leaf", "operation", "operation_path", "path", "shared",
    })
    leaf, index, head = entry["leaf"], natural(entry["index"]), attested.checkpoint
    exactly(leaf, {"bytes", "code", "envelope", "index", "key_set", "operation"})
    block_path = split_hashes(plain["block"]["path"])
    shared = natural(entry["shared"])
    path = split_hashes(entry["path"]) + block_path[max(len(block_path) - shared, 0) :]
    merkle.verify_inclusion(
        merkle.leaf_hash(OPERATION_LEAF + encode_again(leaf)), index, head.size, path, head.root
    )
    block_index = plain["block"]["index"]
    if not block_index - natural(block["count"]) <= index < block_index:
        raise refuted("The entry does not belong to the block whose time is given.")
    header = _envelope(entry, leaf, head.origin)
    operation = entry["operation"]
    return {
        "position": index,
        "operation": operation,
        "code": natural(leaf["code"]),
        "signer": header["submitter"],
        "key_set": leaf["key_set"],
        "recovered_by_members": jws.RECOVERED in entry["key_set"],
        "disclosed": _disclosed(plain["disclosures"], operation),
    }


def _envelope(entry: dict[str, Any], leaf: dict[str, Any], origin: str) -> dict[str, Any]:
    """Verify that the account's keys signed the operation, in this envelope, for this ledger."""
    signed = jws.parse(encode_again(entry["jws"]), ENVELOPE_TYPE)
    if leaf["envelope"] != b64(sha256(signed.payload)):
        raise refuted("The signature is that of another envelope.")
    if leaf["key_set"] != jws.key_set_digest(entry["key_set"]):
        raise refuted("The key set is not the one in force when the entry was made.")
    jws.verify(signed, jws.open_key_set(entry["key_set"]), entry["key_set"]["threshold"])
    header: dict[str, Any] = decode(signed.payload)
    line = encode_again(entry["operation"])
    if len(line) != leaf["bytes"] or b64(merkle.leaf_hash(line)) != leaf["operation"]:
        raise refuted("The operation is not the one that the entry names.")
    merkle.verify_inclusion(
        merkle.leaf_hash(line), natural(leaf["index"]), natural(header["count"]),
        split_hashes(entry["operation_path"]), unb64(header["root"], 32),
    )
    if unb64(header["ledger"], 32).hex()[:16] != origin.rpartition("/")[2]:
        raise refuted("The envelope was signed for another ledger.")
    return header


def _state(plain: dict[str, Any], state_root: bytes) -> dict[str, Any]:
    key, value = statetree.verify_presence(plain["state"], state_root)
    stands = decode(value)
    return {
        "entries": ((key.decode("ascii"), stands),),
        "disclosed": _disclosed(plain["disclosures"], stands),
    }


def _absence(plain: dict[str, Any], state_root: bytes) -> dict[str, Any]:
    absent = []
    for one in items(plain["absent"]):
        exactly(one, {"key", "left", "right"})
        proof = {"left": one["left"], "right": one["right"]}
        statetree.verify_absence(proof, one["key"].encode("ascii"), state_root)
        absent.append(one["key"])
    if not absent:
        raise refuted("No key is named.")
    entries = [statetree.verify_presence(one, state_root) for one in items(plain["coverage"])]
    if not all(key.startswith(b"coverage/") for key, _ in entries):
        raise refuted("A declaration of coverage was expected.")
    return {
        "absent": tuple(absent),
        "entries": tuple((key.decode("ascii"), decode(value)) for key, value in entries),
    }


def _completeness(plain: dict[str, Any], state_root: bytes) -> dict[str, Any]:
    prefix = plain["prefix"]
    if not prefix.endswith("/"):
        raise refuted("A prefix ends with a slash: otherwise it would cut a component.")
    entries = statetree.verify_completeness(
        plain["complete"], prefix.encode("ascii"), state_root
    )
    return {
        "prefix": prefix,
        "entries": tuple((key.decode("ascii"), decode(value)) for key, value in entries),
    }


def _disclosed(disclosures: Any, bound: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return the names and values of disclosures that `bound` binds by their digests."""
    digests = dict(bound.get("disclosed", {}))
    if "sealed" in bound and bound.get("type") == "file-application":
        digests["filing"] = bound["sealed"]
    shown: dict[str, Any] = {}
    for text in items(disclosures):
        _, name, value = disclosure.parse(text)
        if name in shown or digests.get(name) != disclosure.digest(text):
            raise refuted("A disclosure is not the one that the entry binds under its name.")
        shown[name] = value
    return tuple(shown.items())


def split_hashes(text: str) -> list[bytes]:
    """Return the hashes of a path: 32 bytes each, joined, in base64url."""
    data = unb64(text)
    if len(data) % 32 or len(data) > 32 * limits.LOG_PATH_DEPTH_MAX:
        raise refuted("A path is not made of hashes of 32 bytes.")
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def join_hashes(path: Sequence[bytes]) -> str:
    """Return a path as text."""
    return b64(b"".join(path))
