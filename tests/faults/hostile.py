"""A node that is hostile or of other code: `python -m tests.faults.hostile DIR WAY...`.

- `poisoned`: one effect raises for one number, as if every office ran an edition with that fault.
- `withholding=XD`: keeps from the network every envelope but those of one office. It lets no other
  wait and so hands none on, proposes none, and votes against whatever holds one.
- `other-2027`: code of another edition 2027; its 2026 is the packaged one.
"""

import dataclasses
import sys
from pathlib import Path

from muniment.abci.messages import ResponseCheckTx, ResponsePrepareProposal, ResponseProcessProposal
from muniment.abci.values import ProposalStatus
from muniment.model.envelope import Envelope
from muniment.network import serve as serving
from muniment.network.application import LedgerApplication
from muniment.node.ledger import parse
from muniment.operations import declared

POISON = "2026/000666"
OTHER = "2027"


class Hostile(LedgerApplication):
    """Goes the ways that the command named."""

    ways = ()

    def __init__(self, *arguments, **options):
        types = poisoned(declared()) if "poisoned" in self.ways else declared()
        if f"other-{OTHER}" in self.ways:
            types = without_a_check(types)
        super().__init__(*arguments, types=types, **options)
        self._favoured = next((way.partition("=")[2] for way in self.ways if "=" in way), None)

    def _withheld(self, tx):
        envelope = parse(tx)
        return self._favoured is not None and not (
            isinstance(envelope, Envelope) and envelope.header.submitter == self._favoured)

    def check_tx(self, request):
        """Let nothing wait that is withheld."""
        return ResponseCheckTx(code=1) if self._withheld(request.tx) else super().check_tx(request)

    def prepare_proposal(self, request):
        """Leave out what is withheld."""
        honest = super().prepare_proposal(request).txs
        return ResponsePrepareProposal(txs=[tx for tx in honest if not self._withheld(tx)])

    def process_proposal(self, request):
        """Vote against what holds something withheld."""
        if any(map(self._withheld, request.txs)):
            return ResponseProcessProposal(status=ProposalStatus.REJECT)
        return super().process_proposal(request)


def poisoned(types):
    """Return declarations whose filing raises for one number."""
    def broken(operation, state, ctx):
        if operation.number == POISON:
            raise ZeroDivisionError
        yield from original(operation, state, ctx)

    filing = next(one for one in types if one.name == "file-application")
    original, = filing.effects
    return tuple(dataclasses.replace(one, effects=[broken]) if one is filing else one
                 for one in types)


def without_a_check(types):
    """Return declarations of which one lacks a check from the other edition on."""
    def ended(one):
        return dataclasses.replace(one, checks=[
            *one.checks[:-1], dataclasses.replace(one.checks[-1], until=OTHER)])

    return tuple(ended(one) if one.name == "file-application" else one for one in types)


if __name__ == "__main__":
    Hostile.ways = tuple(sys.argv[2:])
    serving.LedgerApplication = Hostile
    serving.serve(Path(sys.argv[1]))
