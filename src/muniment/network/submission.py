"""Envelopes on their way through a node: sent, waited for, sent again if they were lost.

- Many are in flight at once. CheckTx answers whether one may wait; what became of it is known when
  its block is committed, and nothing is acknowledged before.
- A node that restarts forgets what waited there. An envelope is sent again until its outcome is
  known: it cannot enter twice, because it spends its sequence number once.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from muniment.engine import Outcome
from muniment.model.codes import ENVELOPE_CODES
from muniment.model.counting import counted
from muniment.network.outcomes import Found
from muniment.network.questions import OUTCOMES_MAX
from muniment.network.remote import RemoteStorage
from muniment.network.rpc import Rpc, not_believed
from muniment.proof.crypto import sha256
from muniment.proof.errors import Busy, LedgerError, Refused

IN_FLIGHT = 64
SENDERS = 8
POLL_SECONDS = 0.03
SEND_AGAIN_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
"""How long to wait while nothing at all is decided."""
TELL_SECONDS = 10.0
"""How often it is told that nothing is decided."""
Told = Callable[[int, int], None]
"""Takes for how many seconds nothing was decided, and how many envelopes wait."""
_ANSWERED_LATER = ("sequence-used", "envelope-expired")
"""Refusals of an envelope that may have been entered already: its outcome is looked up first."""


@dataclass(slots=True)
class _Pending:
    """An envelope that was sent and whose outcome is not known."""

    number: int
    tx: bytes
    sent: float = 0.0
    refusal: Outcome | None = None
    """What CheckTx said, if it may still turn out to have been entered before."""


@dataclass(slots=True)
class Submission:
    """One batch of envelopes through one node."""

    rpc: Rpc
    storage: RemoteStorage
    told: Told | None = None
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def run(self, envelopes: Sequence[bytes]) -> list[Outcome]:
        """Return what became of each envelope, once its block is committed.

        Raises:
            Busy: The network decided nothing for a minute; what was sent may still be entered.
        """
        waiting = [_Pending(number, tx) for number, tx in enumerate(envelopes)]
        flight: dict[bytes, _Pending] = {}
        moved, tell_at = time.monotonic(), TELL_SECONDS
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="submit") as senders:
            while waiting or flight:
                while waiting and len(flight) < IN_FLIGHT:
                    one = waiting.pop(0)
                    flight[sha256(one.tx)] = one
                due = [one for one in flight.values()
                       if time.monotonic() - one.sent > SEND_AGAIN_SECONDS]
                list(senders.map(self._send, due))
                if self._look(flight):
                    moved, tell_at = time.monotonic(), TELL_SECONDS
                    continue
                still = time.monotonic() - moved
                if still > PATIENCE_SECONDS:
                    raise _nothing_decided(len(flight))
                if still > tell_at and self.told:
                    self.told(round(still), len(flight))
                    tell_at += TELL_SECONDS
                time.sleep(POLL_SECONDS)
        return [self.outcomes[number] for number in range(len(envelopes))]

    def _send(self, one: _Pending) -> None:
        one.sent = time.monotonic()
        try:
            answer = self.rpc.call("broadcast_tx_sync", tx=one.tx)
        except Refused as error:
            if "already exists" not in error.detail:
                one.sent -= SEND_AGAIN_SECONDS - 0.2  # the mempool is full: soon again
            return
        except Busy:
            one.sent -= SEND_AGAIN_SECONDS - 0.5  # the node restarts: soon again
            return
        try:
            code, name = int(answer["code"]), str(answer.get("codespace") or "")
            log = str(answer.get("log") or "")
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_believed("it does not say whether it takes an envelope") from None
        if code:
            one.refusal = Outcome(name, ENVELOPE_CODES.get(name, code), log)

    def _look(self, flight: dict[bytes, _Pending]) -> bool:
        """Take what is decided, or will never be, out of flight; return whether anything was."""
        names = list(flight)[:OUTCOMES_MAX]
        try:
            found: list[Found | None] = self.storage.ask("outcomes", names, newest=True)
        except Busy:
            return False
        if len(found) != len(names):
            raise not_believed("it does not say what became of each envelope")
        before = len(flight)
        for name, one in zip(names, found, strict=True):
            pending = flight[name]
            if one is not None:
                self.outcomes[pending.number] = Outcome(
                    one.name, one.code, one.detail, one.position, tuple(one.operations))
            elif pending.refusal is not None:
                self.outcomes[pending.number] = pending.refusal
            else:
                continue
            del flight[name]
        return len(flight) < before


def _nothing_decided(count: int) -> LedgerError:
    return Busy(
        "nothing-decided", f"The network decided nothing for {PATIENCE_SECONDS:.0f} seconds; "
        f"{counted(count, 'envelope')} "
        f"wait{'s' * (count == 1)}.", basis="docs/rfc/0003-the-network.md",
        remedy="See whether two thirds of the validators run: muniment network status",
    )
