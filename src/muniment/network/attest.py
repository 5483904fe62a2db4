"""The attestation of a network's checkpoint: the commit over it, and how trust leads there.

- Only what a verifier needs goes in: the fewest headers by which trust is handed on, and of each
  commit the fewest strong signatures.
- A vote counts by the strict rule of this project. Where a commit is short of a quorum by it, a
  later header is taken that leads back to the checkpoint's by the hashes of the blocks before.
- What is made here is verified before it is handed out.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from muniment.network.light_block import (
    LightBlock,
    Responder,
    kept_heights,
    read_header,
    read_light_block,
)
from muniment.proof import limits
from muniment.proof.crypto import b64
from muniment.proof.errors import Busy, LedgerError, VerificationError
from muniment.proof.header import Header
from muniment.proof.history import Trusted, require_checkpoint, verify_history

Step = tuple[LightBlock, list[bytes]]
"""A block with the keys of those whose signatures hand trust on to it."""


def commit_attestation(
    rpc: Responder,
    note: str,
    height: int,
    trusted: Trusted,
    *,
    now: int,
    besides: Sequence[int] = (),
) -> dict[str, Any]:
    """Return the member `checkpoint` of evidence from a network (docs/formats/commit.md).

    Args:
        rpc: A node of the network; nothing that it says is taken on trust.
        note: The checkpoint after block `height`, with cosignatures of witnesses if there are any.
        height: The height of the ledger.
        trusted: The header from which verifiers start.
        now: This machine's time, in UTC seconds.
        besides: Heights below those that the node keeps, for which `rpc` answers all the same.

    Raises:
        Busy: The commit is not there yet.
        VerificationError: The node's answers do not prove the checkpoint, or no quorum is valid.
    """
    chain = _Chain(rpc, besides)
    start = chain.header(trusted.height)
    if start.digest() != trusted.header_hash:
        raise _short(f"This node's header of height {trusted.height} is not the trusted one.")
    # Blocks after it that changed nothing commit to the same checkpoint: any of them will do.
    at = max(height + 1, chain.lowest)
    links = _linked(chain, at, max(at, trusted.height + 1))
    require_checkpoint(links[0], note)
    path = _lead(chain, start, links[-1].height)
    member = _assemble(_sets(chain, start, path), start, path) | {
        "header": links[0].members(),
        "links": [one.members() for one in links[1:]],
        "note": note,
    }
    verify_history(member, trusted, now)
    return member


def heights_of(member: Mapping[str, Any]) -> set[int]:
    """Return the heights of the blocks by which an attestation hands trust on."""
    last = [member["header"], *member["links"]][-1]
    steps = [step["header"] for step in member["history"]]
    return {one["height"] for one in (*steps, last)} | {
        one["height"] + 1 for one in steps
        if one["next_validators_hash"] != one["validators_hash"]}


class _Chain:
    """The blocks of a chain, each asked for once."""

    def __init__(self, rpc: Responder, besides: Sequence[int] = ()) -> None:
        self.rpc = rpc
        self.lowest, self.top = kept_heights(rpc)
        self.block = lru_cache(maxsize=512)(self._block)
        self._besides = besides

    def _block(self, height: int) -> LightBlock:
        return read_light_block(self.rpc, height)

    def header(self, height: int) -> Header:
        return read_header(self.rpc, height)

    def announced(self, header: Header) -> Mapping[bytes, int]:
        """Return the powers of the validators that a header announces."""
        same = header.hashes["next_validators_hash"] == header.hashes["validators_hash"]
        return self.block(header.height if same else header.height + 1).powers

    def between(self, low: int, high: int) -> list[int]:
        """Return the heights between two that are kept besides, the highest first."""
        return sorted((one for one in self._besides if low < one < high), reverse=True)


def _linked(chain: _Chain, height: int, first: int) -> list[Header]:
    """Return the headers from the checkpoint's own to the first later one that has a quorum.

    Args:
        chain: The chain.
        height: The height of the header that commits to the checkpoint.
        first: The least height whose commit will do.
    """
    for last in range(first, min(chain.top, height + limits.HEADER_LINKS_MAX) + 1):
        if chain.block(last).quorum() is not None:
            headers = [chain.header(at) for at in range(height, last + 1)]
            own = headers[0].hashes["app_hash"]
            # After a block that changed nothing the next header commits to the same checkpoint.
            return headers[max(at for at, one in enumerate(headers) if
                               one.hashes["app_hash"] == own):]
    if chain.top < first:
        raise Busy("commit-not-there-yet", f"The block of height {first} is not committed yet.",
                   remedy="Try again in a second; an idle network waits for its next envelope.")
    raise _short(f"No commit from height {first} on has a quorum of strictly valid signatures.")


def _lead(chain: _Chain, start: Header, end: int) -> list[Step]:
    """Return the steps by which trust is handed on from a header to a height.

    Raises:
        VerificationError: There is no way, or only one of too many steps.
    """
    path: list[Step] = []
    header = start
    while header.height < end:
        step = _farthest(chain, header, end)
        path.append(step)
        header = step[0].header
        if len(path) > limits.HISTORY_STEPS_MAX:
            raise _short("The way from the trusted header has too many steps.")
    return path


def _farthest(chain: _Chain, header: Header, end: int) -> Step:
    """Return the farthest step towards a height, found by halving the distance."""
    signers = _signers(chain, header, end)
    if signers is not None:
        return chain.block(end), signers
    reached, low, high = None, max(header.height, chain.lowest - 1), end - 1
    while low < high:
        middle = (low + high + 1) // 2
        signers = _signers(chain, header, middle)
        if signers is None:
            high = middle - 1
        else:
            reached, low = (chain.block(middle), signers), middle
    return reached or _besides(chain, header, end) or _nearest(chain, header, end)


def _besides(chain: _Chain, header: Header, end: int) -> Step | None:
    """Return the farthest step to a block that is kept besides those of the node."""
    for height in chain.between(header.height, end):
        with suppress(LedgerError):  # a file that is damaged is as good as none
            signers = _signers(chain, header, height)
            if signers is not None:
                return chain.block(height), signers
    return None


def _nearest(chain: _Chain, header: Header, end: int) -> Step:
    """Return the nearest step: the next commit may be the one without a quorum."""
    farthest = min(end, header.height + limits.HEADER_LINKS_MAX)
    for height in range(header.height + 1, farthest + 1):
        signers = _signers(chain, header, height)
        if signers is not None:
            return chain.block(height), signers
    raise _short(f"Trust does not lead on from the header of height {header.height}.")


def _signers(chain: _Chain, header: Header, height: int) -> list[bytes] | None:
    adjacent = height == header.height + 1
    return chain.block(height).quorum(None if adjacent else chain.announced(header))


def _sets(chain: _Chain, start: Header, path: Sequence[Step]) -> list[Mapping[bytes, int]]:
    """Return the validator sets that a verifier of these steps needs, each once."""
    needed = [path[-1][0].powers]
    for block, _ in path:
        if block.header.height != start.height + 1:
            needed.append(chain.announced(start))
        needed.append(block.powers)
        start = block.header
    return [one for at, one in enumerate(needed) if one not in needed[:at]]


def _assemble(
    sets: Sequence[Mapping[bytes, int]],
    start: Header,
    path: Sequence[Step],
) -> dict[str, Any]:
    """Return the members that name validators by the places of their keys."""
    keys = list(dict.fromkeys(key for one in sets for key in one))
    places = {key: at for at, key in enumerate(keys)}
    steps = [
        {
            "commit": _commit(block, signers, places),
            "header": block.header.members(),
        }
        for block, signers in path
    ]
    return {
        "commit": steps[-1]["commit"],
        "history": [{"header": start.members()}, *steps[:-1]],
        "validators": {
            "keys": b64(b"".join(keys)),
            "powers": [[one.get(key, 0) for key in keys] for one in sets],
        },
    }


def _commit(
    block: LightBlock, signers: Sequence[bytes], places: Mapping[bytes, int]
) -> dict[str, Any]:
    votes = sorted((places[key], block.ballots[key]) for key in signers)
    return {
        "parts": {"hash": b64(block.block.parts_hash), "total": block.block.parts_total},
        "round": block.round,
        "signatures": [[at, *vote.time, b64(vote.signature)] for at, vote in votes],
    }


def _short(detail: str) -> VerificationError:
    return VerificationError(
        "commit-not-provable", detail, basis="docs/formats/commit.md",
        remedy="Ask another node of the network.",
    )
