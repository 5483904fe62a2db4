"""The attestation of a network's checkpoint: the commit over it, and how trust leads there.

- Only what a verifier needs goes in: the fewest headers by which trust is handed on, and of each
  commit the fewest strong signatures.
- A vote counts by the strict rule of this project. Where a commit is short of a quorum by it, a
  later header is taken that leads back to the checkpoint's by the hashes of the blocks before.
- What is made here is verified before it is handed out.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from muniment.network.light_block import (
    LightBlock,
    Responder,
    last_height,
    read_header,
    read_light_block,
)
from muniment.proof import limits
from muniment.proof.crypto import b64
from muniment.proof.errors import Busy, VerificationError
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
) -> dict[str, Any]:
    """Return the member `checkpoint` of evidence from a network (docs/formats/commit.md).

    Args:
        rpc: A node of the network; nothing that it says is taken on trust.
        note: The checkpoint after block `height`, with cosignatures of witnesses if there are any.
        height: The height of the ledger.
        trusted: The header from which verifiers start.
        now: This machine's time, in UTC seconds.

    Raises:
        Busy: The commit is not there yet.
        VerificationError: The node's answers do not prove the checkpoint, or no quorum is valid.
    """
    chain = _Chain(rpc)
    start = chain.header(trusted.height)
    if start.digest() != trusted.header_hash:
        raise _short(f"This node's header of height {trusted.height} is not the trusted one.")
    first = max(height, trusted.height) + 1
    links = _linked(chain, height + 1, first)
    require_checkpoint(links[0], note)
    path = _lead(chain, start, links[-1].height)
    member = _assemble(_sets(chain, start, path), start, path) | {
        "header": links[0].members(),
        "links": [one.members() for one in links[1:]],
        "note": note,
    }
    verify_history(member, trusted, now)
    return member


class _Chain:
    """The blocks of a chain, each asked for once."""

    def __init__(self, rpc: Responder) -> None:
        self.rpc = rpc
        self.block = lru_cache(maxsize=512)(self._block)

    def _block(self, height: int) -> LightBlock:
        return read_light_block(self.rpc, height)

    def header(self, height: int) -> Header:
        return read_header(self.rpc, height)

    def announced(self, header: Header) -> Mapping[bytes, int]:
        """Return the powers of the validators that a header announces."""
        return self.block(header.height + 1).powers


def _linked(chain: _Chain, height: int, first: int) -> list[Header]:
    """Return the headers from the checkpoint's own to the first later one that has a quorum.

    Args:
        chain: The chain.
        height: The height of the header that commits to the checkpoint.
        first: The least height whose commit will do.
    """
    top = last_height(chain.rpc)
    for last in range(first, min(top, height + limits.HEADER_LINKS_MAX) + 1):
        if chain.block(last).quorum() is not None:
            headers = [chain.header(at) for at in range(height, last + 1)]
            own = headers[0].hashes["app_hash"]
            # After a block that changed nothing the next header commits to the same checkpoint.
            return headers[max(at for at, one in enumerate(headers) if
                               one.hashes["app_hash"] == own):]
    if top < first:
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
    reached, low, high = None, header.height, end - 1
    while low < high:
        middle = (low + high + 1) // 2
        signers = _signers(chain, header, middle)
        if signers is None:
            high = middle - 1
        else:
            reached, low = (chain.block(middle), signers), middle
    return reached or _nearest(chain, header, end)


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
