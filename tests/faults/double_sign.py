"""A validator that signs twice: two precommits for one height and round, shown to a node.

The votes are made with the validator's own key, as a stolen or doubled key would make them; the
node checks them as it checks any report (CometBFT, spec/consensus/evidence.md).
"""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

from muniment.proof.crypto import PrivateKey, sha256
from muniment.proof.engine_bytes import PRECOMMIT, BlockId, VoteBytes


def validator_key(home):
    """Return the key of an engine's home."""
    plain = json.loads((Path(home) / "config/priv_validator_key.json").read_text())
    raw = base64.b64decode(plain["priv_key"]["value"])
    return PrivateKey.from_seed(raw[:32])


def sign_twice(rpc, key, height):
    """Return the report of two votes of `key` for different blocks at a height."""
    header = rpc.call("block", height=height)["block"]["header"]
    chain, time = header["chain_id"], header["time"]
    address = sha256(key.public.raw())[:20].hex().upper()
    rows = rpc.call("validators", height=height, per_page=100)["validators"]
    place = next(at for at, one in enumerate(rows) if one["address"] == address)
    votes = sorted((_vote(key, chain, height, time, place, address, name) for name in (b"a", b"b")),
                   key=lambda one: one["block_id"]["hash"])
    return {"type": "tendermint/DuplicateVoteEvidence", "value": {
        "vote_a": votes[0], "vote_b": votes[1],
        "TotalVotingPower": str(sum(int(one["voting_power"]) for one in rows)),
        "ValidatorPower": rows[place]["voting_power"], "Timestamp": time,
    }}


def _vote(key, chain, height, time, place, address, name):
    block = sha256(name)
    seconds, nanoseconds = moment(time)
    signed = VoteBytes.of(PRECOMMIT, height, 0, BlockId(block, 1, block), chain).at(
        (seconds, nanoseconds))
    return {
        "type": 2, "height": str(height), "round": 0, "timestamp": time,
        "block_id": {"hash": block.hex().upper(),
                     "parts": {"total": 1, "hash": block.hex().upper()}},
        "validator_address": address, "validator_index": place,
        "signature": base64.b64encode(key.sign(signed)).decode(),
        "extension": None, "extension_signature": None,
    }


def moment(text):
    """Return (seconds, nanoseconds) of a time as CometBFT writes it."""
    whole, _, part = text.rstrip("Z").partition(".")
    at = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    return int(at.timestamp()), int(part.ljust(9, "0") or 0)
