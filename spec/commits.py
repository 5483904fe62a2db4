"""The vectors of a network's commits: CometBFT's own bytes, and each way of being invalid.

The three votes and the header are facts of CometBFT v0.38.25, taken from its tests by value:
`types/vote_test.go` TestVoteSignBytesTestVectors 0, 1 and 4, `types/block_test.go`
TestHeaderHash, `types/validator_set_test.go` TestValidatorSetBasic (the set of nobody). All else is
made from fixed seeds and a fixed time.
"""

import json
from collections.abc import Callable
from typing import Any

from muniment.network.attest import commit_attestation
from muniment.proof import merkle
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.cosignature import cosign, cosigned_at, witness_key
from muniment.proof.crypto import PrivateKey, b64, sha256, unb64
from muniment.proof.engine_bytes import BlockId, VoteBytes, simple_validator, time_of
from muniment.proof.errors import VerificationError
from muniment.proof.header import Header
from muniment.proof.history import Trusted, verify_history
from muniment.proof.validators import address, set_hash
from spec.simulated_chain import SimulatedChain, equal

Vector = dict[str, Any]
ORIGIN = "register.vectors.example/0123456789abcdef"
CHAIN_ID = "muniment-0123456789abcdef"
TEXT = Checkpoint(ORIGIN, 74, bytes(32)).text()
APP_HASH = sha256(TEXT.encode("ascii"))
PERIOD = 14 * 86_400
ZERO_TIME = [-62_135_596_800, 0]
"""What CometBFT signs where no time is given: the first second of the year 1."""
WITNESSES = [PrivateKey.from_seed(sha256(b"witness of vectors %d" % at)) for at in range(2)]
WITNESS_KEYS = [witness_key(f"witness-{at}.example", one.public)
                for at, one in enumerate(WITNESSES)]


def setting(*path: Any, value: Any) -> Callable[[Any], None]:
    """Return a change that sets a member at a path."""

    def change(plain: Any) -> None:
        for name in path[:-1]:
            plain = plain[name]
        plain[path[-1]] = value

    return change


def _changed(plain: Any, change: Callable[[Any], None]) -> Any:
    copy = json.loads(json.dumps(plain))
    change(copy)
    return copy


def engine_bytes() -> dict[str, Vector]:
    """Return the vectors of the bytes that the engine hashes and signs."""
    header = _header_of_comet()
    pair = [PrivateKey.from_seed(bytes([at]) * 32).public.raw() for at in (1, 2)]
    vote = {"block_id": None, "chain_id": "", "height": 1, "round": 1, "time": ZERO_TIME, "type": 2}
    return {
        "comet-vote-0": _vote({**vote, "height": 0, "round": 0, "type": 0},
                              "0d2a0b088092b8c398feffffff01"),
        "comet-vote-1": _vote(vote, "210802110100000000000000190100000000000000"
                                    "2a0b088092b8c398feffffff01"),
        "comet-vote-4": _vote({**vote, "chain_id": "test_chain_id", "type": 0},
                              "2e1101000000000000001901000000000000002a0b088092b8c398feffffff01"
                              "320d746573745f636861696e5f6964"),
        "vote-for-a-block": _vote(
            {**vote, "block_id": {"hash": b64(bytes(32)), "parts": {"hash": b64(bytes(32)),
                                                                    "total": 1}}},
            "6b080211010000000000000019010000000000000022480a20" + "00" * 32 + "122408011220"
            + "00" * 32 + "2a0b088092b8c398feffffff01"),
        "comet-header": header,
        "header-with-another-time": {**header, "header": {**header["header"], "time": [1, 0]}},
        "header-of-another-protocol": {**header, "protocol": 11},
        "header-with-a-short-hash": _changed(header, setting("header", "data_hash", value="AAAA")),
        "header-with-too-many-nanoseconds": _changed(
            header, setting("header", "time", value=[1, 1_000_000_000])),
        "header-without-validators": _changed(
            header, setting("header", "validators_hash", value="")),
        "comet-set-of-nobody": {"kind": "validators", "keys": [], "powers": [],
                                "expected": sha256(b"").hex()},
        "validators-by-power": {
            "kind": "validators", "keys": [b64(one) for one in pair], "powers": [1, 300],
            "expected": merkle.root([merkle.leaf_hash(simple_validator(pair[1], 300)),
                                     merkle.leaf_hash(simple_validator(pair[0], 1))]).hex()},
        "validators-in-another-order": {
            "kind": "validators", "keys": [b64(one) for one in pair], "powers": [1, 300],
            "expected": merkle.root([merkle.leaf_hash(simple_validator(pair[0], 1)),
                                     merkle.leaf_hash(simple_validator(pair[1], 300))]).hex()},
    }


def _vote(vote: Vector, expected: str) -> Vector:
    return {"kind": "vote", "vote": vote, "expected": expected}


def _header_of_comet() -> Vector:
    hashes = {name: b64(sha256(name.encode("ascii"))) for name in (
        "last_commit_hash", "data_hash", "validators_hash", "next_validators_hash",
        "consensus_hash", "app_hash", "last_results_hash", "evidence_hash")}
    zero = b64(bytes(32))
    return {
        "kind": "header", "protocol": 1,
        "expected": "f740121f553b5418c3efbd343c2dbfe9e007bb67b0d020a0741374bab65242a4",
        "header": {
            "chain_id": "chainId", "height": 3, "time": [1_570_983_284, 0],
            "last_block_id": {"hash": zero, "parts": {"hash": zero, "total": 6}},
            "proposer_address": b64(sha256(b"proposer_address")[:20]),
            "version": {"app": 2, "block": 1}, **hashes,
        },
    }


def verify_bytes(one: Vector) -> None:
    """Compare the bytes of a vector with what it expects."""
    if one["kind"] == "header":
        made = Header.of(one["header"], one["protocol"]).digest()
    elif one["kind"] == "validators":
        keys = [_unb64(key) for key in one["keys"]]
        made = set_hash(keys, [address(key) for key in keys], one["powers"])
    else:
        vote = one["vote"]
        block = vote["block_id"]
        made = VoteBytes.of(
            vote["type"], vote["height"], vote["round"],
            block and BlockId.of(_unb64(block["hash"]), block["parts"]), vote["chain_id"],
        ).at(time_of(vote["time"]))
    if made.hex() != one["expected"]:
        raise VerificationError("bytes-differ", "The bytes are others.")


def _unb64(text: str) -> bytes:
    return unb64(text, 32)


def chain() -> SimulatedChain:
    """Return the chain of the vectors: its set is replaced, one by one, then as a whole."""
    made = SimulatedChain(CHAIN_ID, equal(4), height=100, time=1_780_000_000)
    made.grow(2)
    for at in range(1, 4):
        made.add(powers=equal(4, at))
    made.grow(1)
    made.add(powers={"a": 50, "b": 30, "c": 15, "d": 5})
    made.grow(2)
    made.add(APP_HASH)
    return made


def trusted_members(one: Trusted) -> Vector:
    """Return where trust begins as members of a vector."""
    return {"chain_id": one.chain_id, "header_hash": one.header_hash.hex(), "height": one.height,
            "period": one.period, "quorum": one.quorum, "witnesses": list(one.witnesses)}


def commits() -> dict[str, Vector]:
    """Return the vectors of commits and their histories."""
    made = chain()
    header = made.blocks[made.first].header
    trusted = Trusted(CHAIN_ID, header.height, header.digest(), PERIOD, tuple(WITNESS_KEYS), 2)
    now, late = made.now, made.now + 30 * 366 * 86_400
    lines = "".join(cosign(TEXT, f"witness-{at}.example", one, now + at)
                    for at, one in enumerate(WITNESSES))
    member = commit_attestation(made, TEXT, made.height - 1, trusted, now=now)
    seen = commit_attestation(made, f"{TEXT}\n{lines}", made.height - 1,
                              Trusted(CHAIN_ID, made.height - 1,
                                      made.blocks[made.height - 1].header.digest(), PERIOD),
                              now=now)
    near = trusted_members(trusted) | {
        "header_hash": made.blocks[made.height - 1].header.digest().hex(),
        "height": made.height - 1}
    plain = {"member": member, "now": now, "trusted": trusted_members(trusted)}
    witnessed = {"member": seen, "now": late, "trusted": near}
    cases = {name: {**plain, "member": _changed(member, change)}
             for name, change in COMMIT_CHANGES.items()}
    return {
        "history-of-changing-sets": plain,
        "next-height": {**witnessed, "now": now},
        "witnessed-in-time": witnessed,
        "no-clock": {**plain, "now": None},
        "period-over": {**plain, "now": late},
        "witnesses-too-few": {**witnessed, "trusted": {**near, "quorum": 2,
                                                       "witnesses": WITNESS_KEYS[:1]}},
        "from-the-future": {**plain, "now": now - 3_600},
        "another-trusted-header": {**plain, "trusted": {**plain["trusted"],
                                                        "header_hash": "00" * 32}},
        "another-chain": {**plain, "trusted": {**plain["trusted"], "chain_id": "other"}},
        **cases,
    }


def _drop_step(plain: Any) -> None:
    del plain["history"][1]


def _double(plain: Any) -> None:
    votes = plain["commit"]["signatures"]
    votes[1] = votes[0]


def _swap(plain: Any) -> None:
    votes = plain["commit"]["signatures"]
    votes[0][3], votes[1][3] = votes[1][3], votes[0][3]


COMMIT_CHANGES: dict[str, Callable[[Any], None]] = {
    "gap-in-the-history": _drop_step,
    "validator-counted-twice": _double,
    "signatures-swapped": _swap,
    "signer-left-out": lambda plain: plain["commit"]["signatures"].pop(),
    "another-round": setting("commit", "round", value=1),
    "another-app-hash": setting("header", "app_hash", value=b64(bytes(32))),
    "another-checkpoint": setting("note", value=TEXT.replace("\n74\n", "\n75\n")),
    "power-beyond-counting": setting("validators", "powers", 0, 0, value=2**53 - 1),
    "set-left-out": lambda plain: plain["validators"]["powers"].pop(),
    "no-history": setting("history", value=[]),
    "stray-link": lambda plain: plain["links"].append(plain["header"]),
    "unknown-member": setting("trusted", value={}),
}


def verify_commit(one: Vector) -> None:
    """Verify the commit of a vector."""
    trusted = one["trusted"]
    verify_history(one["member"], Trusted(
        trusted["chain_id"], trusted["height"], bytes.fromhex(trusted["header_hash"]),
        trusted["period"], tuple(trusted["witnesses"]), trusted["quorum"],
    ), one["now"])


def cosignatures() -> dict[str, Vector]:
    """Return the vectors of witnesses' cosignatures."""
    line = cosign(TEXT, "witness-0.example", WITNESSES[0], 1_780_000_000)
    note = f"{TEXT}\n{line}"
    later = cosign(TEXT, "witness-0.example", WITNESSES[0], 1_780_000_001)
    stranger = cosign(TEXT, "witness-0.example", WITNESSES[1], 1_780_000_000)
    return {
        "plain": {"note": note, "witness": WITNESS_KEYS[0]},
        "beside-a-stranger": {"note": f"{TEXT}\n{stranger}{line}", "witness": WITNESS_KEYS[0]},
        "another-witness": {"note": note, "witness": WITNESS_KEYS[1]},
        "another-size": {"note": note.replace("\n74\n", "\n75\n"), "witness": WITNESS_KEYS[0]},
        "key-of-a-log": {"note": note, "witness": WITNESS_KEYS[0].replace("+B", "+A", 1)},
        "no-signature": {"note": TEXT, "witness": WITNESS_KEYS[0]},
        "another-time": {"note": f"{TEXT}\n{later[:40]}{line[40:]}", "witness": WITNESS_KEYS[0]},
    }


def verify_cosignature(one: Vector) -> None:
    """Verify that the witness of a vector cosigned."""
    if cosigned_at(one["note"], [one["witness"]], 1) is None:
        raise VerificationError("not-cosigned", "This witness did not cosign.")


def policies() -> dict[str, str]:
    """Return the rules of policies that name a commit, without the origin and range."""
    rule = f"commit {CHAIN_ID} 58 {'AB' * 32} 31536000"
    both = " ".join(WITNESS_KEYS)
    return {
        "commit": rule,
        "commit-with-witnesses": f"{rule} witness 2 {both}",
        "commit-without-a-period": rule.rpartition(" ")[0],
        "commit-by-a-short-hash": rule.replace("ABAB", "AB", 1),
        "commit-by-small-letters": rule.replace("AB", "ab"),
        "commit-with-a-period-of-nothing": f"{rule.rpartition(' ')[0]} 0",
        "commit-with-too-high-a-quorum": f"{rule} witness 3 {both}",
        "commit-with-one-witness-twice": f"{rule} witness 1 {WITNESS_KEYS[0]} {WITNESS_KEYS[0]}",
        "commit-with-unknown-means": f"{rule} anchor 1 {both}",
    }
