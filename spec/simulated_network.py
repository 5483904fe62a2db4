"""A ledger whose checkpoints a simulated chain commits to: evidence as a network makes it."""

from pathlib import Path
from typing import Any

from muniment.network.attest import commit_attestation
from muniment.node.solo import SoloLedger
from muniment.proof.attestation import TrustPolicy
from muniment.proof.crypto import sha256
from muniment.proof.history import Trusted
from spec.simulated_chain import SimulatedChain

PERIOD = 14 * 86_400


class SimulatedNetwork(SoloLedger):
    """A solo ledger that a simulated chain attests.

    Args:
        directory: Where the ledger's files are.
        chain: The chain.
        trusted: Where trust begins; None for its first header.
    """

    def __init__(
        self, directory: Path, chain: SimulatedChain, trusted: Trusted | None = None
    ) -> None:
        super().__init__(directory, now=lambda: chain.now)
        self.chain = chain
        self.trusted = trusted or trust(chain)

    def checkpoint(self) -> Any:
        """Return the checkpoint with the commit over it: the chain's next block."""
        text = self.current().text()
        height = self.chain.add(sha256(text.encode("ascii"))).header.height
        return commit_attestation(
            self.chain, text, height - 1, self.trusted, now=self.chain.now
        )


def trust(chain: SimulatedChain, height: int | None = None, period: int = PERIOD) -> Trusted:
    """Return trust in a header of a chain; in its first one, if no height is given."""
    header = chain.blocks[height or chain.first].header
    return Trusted(chain.chain_id, header.height, header.digest(), period)


def policy_of(ledger: SimulatedNetwork) -> TrustPolicy:
    """Return the policy of one who trusts the chain for all sizes of the ledger."""
    one = ledger.trusted
    return TrustPolicy.parse(
        f"muniment/trust-policy/v1\n{ledger.identity.origin} 0 - commit {one.chain_id} "
        f"{one.height} {one.header_hash.hex().upper()} {one.period}\n"
    )
