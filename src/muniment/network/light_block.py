"""A block as CometBFT's RPC answers it: header, validators, and the votes that count.

Whatever a node answers is checked: the header hashes to what was voted for, the validators to what
the header names, and a vote counts only if its signature is valid by the strict rule
(`proof.crypto`) under a key that is admissible. Votes that CometBFT counts and this rule does not
are left out, and nobody notices but a quorum that falls short.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from muniment.proof import limits
from muniment.proof.crypto import b64, load_public_key
from muniment.proof.engine_bytes import PRECOMMIT, BlockId, Time, VoteBytes
from muniment.proof.errors import (
    LedgerError,
    Malformed,
    NotFound,
    Refused,
    VerificationError,
)
from muniment.proof.header import HASHES, Header
from muniment.proof.validators import address, set_hash

PAGE = 100
"""Most validators that the RPC answers at once."""
PAGES_MAX = limits.VALIDATORS_MAX // PAGE
"""Most pages of validators that are asked for."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COMMIT_FLAG = 2
"""`BlockIDFlagCommit`: a vote for the block."""
_OTHER_SHAPES = (KeyError, TypeError, ValueError, AttributeError, binascii.Error, Malformed)
"""What an answer of another shape raises when it is read."""


class Responder(Protocol):
    """What answers the calls of CometBFT's RPC: a node, or a recording."""

    def call(self, method: str, **parameters: Any) -> Any:
        """Return the result of a call, e.g. `commit` with `height`."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote for the block, its signature not yet verified."""

    time: Time
    """The time that was signed."""
    signature: bytes
    """The signature."""


@dataclass(frozen=True, slots=True)
class LightBlock:
    """A header with its validators and their votes."""

    header: Header
    """The header."""
    round: int
    """The round in which it was decided."""
    block: BlockId
    """What was voted for."""
    powers: Mapping[bytes, int]
    """The power of each key, in the engine's order."""
    ballots: Mapping[bytes, Ballot]
    """The votes for the block, by key."""
    _valid: dict[bytes, bool] = field(default_factory=dict, repr=False)

    @property
    def total(self) -> int:
        """The power of all validators."""
        return sum(self.powers.values())

    def quorum(self, before: Mapping[bytes, int] | None = None) -> list[bytes] | None:
        """Return the fewest strong signers with more than two thirds of the power.

        Args:
            before: The powers of the validators trusted before, more than a third of which must
                have signed too; None if the next height follows them.

        Returns:
            Their keys, or None if too few votes are valid.
        """
        chosen = self._until([], self.powers, of=2)
        if chosen is not None and before is not None:
            chosen = self._until(chosen, before, of=1)
        return chosen

    def _until(
        self, chosen: Sequence[bytes], powers: Mapping[bytes, int], of: int
    ) -> list[bytes] | None:
        """Return `chosen` and as many more as give more than `of` thirds of some powers."""
        signers, total = list(chosen), sum(powers.values())
        power = sum(powers.get(key, 0) for key in signers)
        order = sorted(self.powers, key=lambda key: (-powers.get(key, 0), address(key)))
        for key in order:
            if 3 * power > of * total:
                return signers
            if powers.get(key, 0) and key not in signers and self.is_valid(key):
                signers.append(key)
                power += powers[key]
        return signers if 3 * power > of * total else None

    def is_valid(self, key: bytes) -> bool:
        """Return whether a validator's vote for the block is valid by the strict rule."""
        if key not in self.ballots:
            return False
        if key not in self._valid:
            vote, header = self.ballots[key], self.header
            message = VoteBytes.of(
                PRECOMMIT, header.height, self.round, self.block, header.chain_id
            ).at(vote.time)
            self._valid[key] = _is_signature(key, vote.signature, message)
        return self._valid[key]


def _is_signature(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        load_public_key({"crv": "Ed25519", "kty": "OKP", "x": b64(key)}).verify(signature, message)
    except LedgerError:
        return False
    return True


def read_light_block(rpc: Responder, height: int) -> LightBlock:
    """Return the block of a height as a node answers it.

    Raises:
        NotFound: It does not keep that block.
        VerificationError: What it answers does not belong together.
    """
    try:
        return _light_block(_ask(rpc, "commit", height), list(_validators(rpc, height)))
    except _OTHER_SHAPES:
        raise _answer(f"The block of height {height} is not of CometBFT v0.38's form.") from None


def read_header(rpc: Responder, height: int) -> Header:
    """Return the header of a height as a node answers it.

    Raises:
        NotFound: It does not keep that block.
        VerificationError: It answers something else.
    """
    try:
        return _header(_ask(rpc, "commit", height)["signed_header"]["header"])
    except _OTHER_SHAPES:
        raise _answer(f"The header of height {height} is not of CometBFT v0.38's form.") from None


def _ask(rpc: Responder, method: str, height: int, **parameters: Any) -> Any:
    try:
        return rpc.call(method, height=height, **parameters)
    except Refused as error:
        raise NotFound(
            "block-not-kept", f"The node does not have the block of height {height}: "
            f"{error.detail}", basis="docs/formats/commit.md",
            remedy="Ask a node that keeps all blocks once, with the same --ledger: what is needed "
            "is kept there. Of a node of your own: muniment node keep DIR --blocks N begins your "
            "trust at a block that it has.",
        ) from None


def kept_heights(rpc: Responder) -> tuple[int, int]:
    """Return the heights of the first and the last block that a node has.

    Raises:
        VerificationError: It answers something else.
    """
    try:
        sync = rpc.call("status")["sync_info"]
        return int(sync["earliest_block_height"]), int(sync["latest_block_height"])
    except _OTHER_SHAPES:
        raise _answer("The node's status names no heights.") from None


def read_validators(rpc: Responder, height: int) -> Mapping[bytes, int]:
    """Return the power of each key that votes at a height, as a node answers it.

    Raises:
        NotFound: It does not keep that block.
        VerificationError: It answers something else.
    """
    try:
        return dict(_validators(rpc, height))
    except _OTHER_SHAPES:
        raise _answer(f"The validators of {height} are not of CometBFT v0.38's form.") from None


def _validators(rpc: Responder, height: int) -> Iterable[tuple[bytes, int]]:
    seen = 0
    for page in range(1, PAGES_MAX + 1):
        answer = _ask(rpc, "validators", height, page=page, per_page=PAGE)
        for one in answer["validators"]:
            if one["pub_key"]["type"] != "tendermint/PubKeyEd25519":
                raise _answer("A validator's key is not Ed25519.")
            seen += 1
            yield base64.b64decode(one["pub_key"]["value"], validate=True), int(one["voting_power"])
        if seen >= int(answer["total"]) or not answer["validators"]:
            return
    raise _answer(f"There are more than {limits.VALIDATORS_MAX} validators.")


def _light_block(answer: Any, validators: Sequence[tuple[bytes, int]]) -> LightBlock:
    header = _header(answer["signed_header"]["header"])
    commit = answer["signed_header"]["commit"]
    block = _block_id(commit["block_id"])
    powers = dict(validators)
    keys = list(powers)
    addresses = {address(key): key for key in keys}
    digest = set_hash(keys, list(addresses), list(powers.values()))
    if header.digest() != block.hash or int(commit["height"]) != header.height:
        raise _answer(f"The commit is not for the header of height {header.height}.")
    if len(powers) != len(validators) or digest != header.hashes["validators_hash"]:
        raise _answer(f"The validators of height {header.height} are not those of its header.")
    ballots = {}
    for one in commit["signatures"]:
        if int(one["block_id_flag"]) == COMMIT_FLAG:
            key = addresses.get(bytes.fromhex(one["validator_address"]))
            if key is not None:
                signature = base64.b64decode(one["signature"], validate=True)
                ballots[key] = Ballot(_time(one["timestamp"]), signature)
    return LightBlock(header, int(commit["round"]), block, powers, ballots)


def _header(plain: Any) -> Header:
    last = _block_id(plain["last_block_id"])
    return Header.of({
        "chain_id": plain["chain_id"],
        "height": int(plain["height"]),
        "last_block_id": {"hash": b64(last.hash), "parts": {
            "hash": b64(last.parts_hash), "total": last.parts_total}},
        "proposer_address": b64(bytes.fromhex(plain["proposer_address"])),
        "time": list(_time(plain["time"])),
        "version": {"app": int(plain["version"].get("app", 0)),
                    "block": int(plain["version"]["block"])},
        **{name: b64(bytes.fromhex(plain[name])) for name in HASHES},
    })


def _block_id(plain: Any) -> BlockId:
    parts = plain["parts"]
    return BlockId(
        bytes.fromhex(plain["hash"]), int(parts["total"]), bytes.fromhex(parts["hash"])
    )


def _time(text: str) -> Time:
    """Return a time of RFC 3339 in UTC with up to nine decimals."""
    whole, _, decimals = text.removesuffix("Z").partition(".")
    if len(decimals) > 9 or not (decimals or "0").isdecimal():
        raise ValueError(text)
    moment = datetime.strptime(f"{whole}Z", "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return int((moment - EPOCH).total_seconds()), int(decimals.ljust(9, "0"))


def _answer(detail: str) -> VerificationError:
    return VerificationError(
        "engine-answer-invalid", detail, basis="CometBFT v0.38 RPC; docs/formats/commit.md",
        remedy="Ask another node.",
    )
