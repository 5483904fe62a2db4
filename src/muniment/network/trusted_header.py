"""The header from which a node without blocks trusts its network: fetched once, and held on to.

The node's engine begins at the state of a later block and never has this one. Whoever asks the node
with a trust policy that begins there needs it at each command, so that it is kept beside.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from muniment.network.kept_blocks import KeptBlocks
from muniment.network.light_block import kept_heights, read_light_block
from muniment.network.rpc import Rpc
from muniment.proof.errors import OutOfTurn, VerificationError
from muniment.proof.history import Trusted

_BASIS = "docs/network.md"


@dataclass(frozen=True, slots=True)
class TrustedHeader:
    """A trusted header as a source answered it, the hash compared."""

    top: int
    """The height at which the source stands."""
    _blocks: KeptBlocks
    _heights: Collection[int]

    def hold(self) -> None:
        """Keep it in the directory for which it was fetched, beside what is kept there."""
        self._blocks.keep({*self._heights, *self._blocks.heights()})


def fetch_trusted(
    url: str, trusted: Trusted, directory: Path, *, or_kept: bool = False
) -> TrustedHeader:
    """Return a trusted header, with the validators that follow it, as a source has it.

    Args:
        url: The source: RPC of another office's node.
        trusted: The header.
        directory: Where `hold` keeps it; it need not be there yet.
        or_kept: Whether what is kept there does as well as what the source has. An engine that
            begins at this header asks the sources alone.

    Raises:
        Busy: The source cannot be reached.
        NotFound: It does not have it.
        OutOfTurn: The header is too old.
        VerificationError: The source has another.
    """
    rpc = Rpc(url)
    try:
        blocks = KeptBlocks(rpc, directory, node_alone=not or_kept)
        header = read_light_block(blocks, trusted.height).header
        if header.digest() != trusted.header_hash:
            raise VerificationError(
                "source-differs", f"{url} has another header at height {trusted.height} than the "
                "one that is trusted.", basis=_BASIS,
                remedy="Do not fetch from it. Two stories: docs/runbooks/fork.md")
        if header.time[0] + trusted.period < time.time():
            raise OutOfTurn(
                "trust-too-old", f"The header of height {trusted.height} that is trusted is "
                "too old: validators do not answer for it any more.", basis=_BASIS,
                remedy="Take a fresh invitation: muniment network invite")
        heights = {trusted.height}
        if header.hashes["next_validators_hash"] != header.hashes["validators_hash"]:
            heights.add(read_light_block(blocks, trusted.height + 1).header.height)
        return TrustedHeader(kept_heights(rpc)[1], blocks, heights)
    finally:
        rpc.close()
