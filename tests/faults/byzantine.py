"""A node whose proposals are full of garbage and replays: `python -m tests.faults.byzantine DIR`.

It signs what consensus asks, as an honest node does; what it proposes is the worst that its bytes
can be and that honest validators do not refuse: then they would have to vote again and again.
"""

import random
import sys
from pathlib import Path

from muniment.abci.messages import ResponsePrepareProposal
from muniment.network import serve as serving
from muniment.network.application import LedgerApplication


class Byzantine(LedgerApplication):
    """Proposes garbage before, between and after what an honest node would propose."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._random = random.Random(7)
        self._seen = []

    def prepare_proposal(self, request):
        """Return the honest proposal, spoilt."""
        honest = super().prepare_proposal(request)
        self._seen = (self._seen + list(honest.txs))[-64:]
        spoilt = [*self._garbage(), *honest.txs, *self._replays()]
        total, kept = 0, []
        for tx in spoilt:
            total += len(tx) + 16
            if total <= request.max_tx_bytes:
                kept.append(tx)
        return ResponsePrepareProposal(txs=kept)

    def _garbage(self):
        draw = self._random
        yield draw.randbytes(draw.randrange(1, 300))
        yield b"{}\n"
        yield b'{"payload":"","signatures":[]}\n' + b"[" * draw.randrange(1, 5_000) + b"\n"
        for tx in self._seen[-3:]:
            at = draw.randrange(len(tx))
            yield tx[:at] + bytes([tx[at] ^ 1]) + tx[at + 1:]
            yield tx[: draw.randrange(1, len(tx))]

    def _replays(self):
        if self._seen:
            yield from self._random.sample(self._seen, min(4, len(self._seen)))
            yield self._seen[-1]
            yield self._seen[-1]


if __name__ == "__main__":
    serving.LedgerApplication = Byzantine
    serving.serve(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
