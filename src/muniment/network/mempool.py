"""Envelopes on their way into a block: which may wait, and which are proposed.

- CheckTx is admission and nothing else. It runs on a state of its own, in which the waiting
  envelopes have spent their sequence numbers; the state is made anew after each commit.
- Whatever was admitted waits here until it is in a block, and is proposed by this node whenever
  its turn comes, whatever the engine's mempool holds. So it needs one honest proposer, not two.
- In a proposal each account's oldest envelope comes before any account's second: a flood of one
  account delays the others by one envelope. One that does not fit any more keeps out nothing but
  its own account's later ones, which may build on it.
- What cannot be admitted any more goes last: once it was in a block, which it leaves no trace in,
  every engine forgets it.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from muniment.abci.application import Room
from muniment.admission import SignatureCheck, admit, take_turn
from muniment.editions import Rules
from muniment.engine import Outcome, refusal
from muniment.model.envelope import Envelope
from muniment.model.state import State
from muniment.node.ledger import parse
from muniment.proof import limits
from muniment.proof.crypto import sha256
from muniment.proof.errors import LedgerError
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import Head
from muniment.storage.sqlite import SqliteStorage

WAITING_BYTES_MAX = 128 * 1024 * 1024
"""Bytes that may wait here; the engine's own mempool is bounded by its configuration."""
STALE_PROPOSED_MAX = 256
"""Envelopes in one proposal that can no longer be admitted."""
PAGES_CACHED = 2_000
WAITS = Outcome("admitted", 0)


def is_sound(tx: bytes) -> bool:
    """Return whether a proposal may hold these bytes, whatever they say."""
    return len(tx) <= limits.ENVELOPE_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Waiting:
    """An envelope that waits for a block."""

    tx: bytes
    """Its bytes."""
    envelope: Envelope
    """The same, parsed."""
    arrival: int
    """How many came before it since this node was started."""


class Mempool:
    """What waits on this node.

    Args:
        ledger: The ledger's id.
        storage: A reader of its own, whose snapshot is moved after each commit.
        rules: The edition in force.
        check: Verifies one signature, and remembers the valid ones.
    """

    def __init__(
        self, ledger: str, storage: SqliteStorage, rules: Rules, check: SignatureCheck
    ) -> None:
        self._ledger = ledger
        self._storage = storage
        self._rules = rules
        self._check = check
        self._guard = threading.RLock()
        self._waiting: dict[bytes, Waiting] = {}
        self._accounts: dict[str, dict[bytes, Waiting]] = {}
        self._bytes = 0
        self._arrivals = 0
        self._tree = PagedTree(storage.page, pages_cached=PAGES_CACHED)
        self._state = State(self._tree)
        self._replayed: set[str] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def close(self) -> None:
        """Release the reader."""
        self._storage.close()

    def move(self, head: Head, rules: Rules, taken: Iterable[bytes] = ()) -> None:
        """Stand on a newly committed block.

        Args:
            head: Where the ledger stands now.
            rules: The edition in force now.
            taken: SHA-256 of each transaction of that block.
        """
        with self._guard:
            self._storage.refresh()
            self._tree.move((head.root_page, head.state_root), head.next_page)
            self._state = State(self._tree)
            self._replayed.clear()
            self._rules = rules
            for name in taken:
                self._forget(name)

    def check(self, tx: bytes, time: int) -> Outcome:
        """Say whether an envelope may wait, and let it (CheckTx).

        Args:
            tx: The bytes received.
            time: Block time of the last block, in UTC seconds.
        """
        name = sha256(tx)
        with self._guard:
            envelope = self.parsed(name, tx)
            if isinstance(envelope, Outcome):
                return envelope
            self._replay(envelope.header.submitter, time)
            if name in self._waiting:
                return WAITS
            try:
                _, spent = admit(envelope, self._state, ledger=self._ledger, time=time,
                                 rules=self._rules, check=self._check)
            except LedgerError as error:
                return refusal(error)
            self._state.put((spent,))
            self._wait(name, tx, envelope)
            return WAITS

    def parsed(self, name: bytes, tx: bytes) -> Envelope | Outcome:
        """Return an envelope parsed, without doing it again if it waits here.

        Args:
            name: SHA-256 of its bytes.
            tx: Its bytes.
        """
        known = self._waiting.get(name)
        return known.envelope if known is not None else parse(tx)

    def propose(
        self, txs: Sequence[bytes], bytes_max: int, time: int, state: State
    ) -> list[bytes]:
        """Return what to propose (PrepareProposal).

        Args:
            txs: What the engine's mempool holds, oldest first.
            bytes_max: The bytes that may be proposed.
            time: Block time of the proposal, in UTC seconds.
            state: The committed state; admissions are added to it, so it must be a fresh one.
        """
        with self._guard:
            others = [tx for tx in txs if is_sound(tx) and sha256(tx) not in self._waiting]
            stale: list[bytes] = []
            chosen = list(self._in_turn(time, state, stale))
            chosen += self._strange(others, time, state, stale)
        return _fitting(chosen, stale[:STALE_PROPOSED_MAX], bytes_max)

    def _in_turn(
        self, time: int, state: State, stale: list[bytes]
    ) -> Iterator[tuple[str, bytes]]:
        for name, one in self._by_rank():
            try:
                _, spent = take_turn(one.envelope, state, ledger=self._ledger, time=time)
            except LedgerError:
                stale.append(one.tx)
                self._forget(name)
                continue
            state.put((spent,))
            yield one.envelope.header.submitter, one.tx

    def _by_rank(self) -> list[tuple[bytes, Waiting]]:
        """Return what waits: each account's oldest first, then each one's second, and so on."""
        ranked = [
            (rank, one.arrival, name, one)
            for waiting in self._accounts.values()
            for rank, (name, one) in enumerate(waiting.items())
        ]
        ranked.sort(key=lambda each: each[:2])
        return [(name, one) for _, _, name, one in ranked]

    def _strange(
        self, txs: Sequence[bytes], time: int, state: State, stale: list[bytes]
    ) -> Iterator[tuple[str, bytes]]:
        """Yield what is admissible of envelopes that the engine holds and that do not wait here."""
        for tx in txs:
            envelope = parse(tx)
            if isinstance(envelope, Outcome):
                stale.append(tx)
                continue
            try:
                _, spent = admit(envelope, state, ledger=self._ledger, time=time,
                                 rules=self._rules, check=self._check)
            except LedgerError:
                stale.append(tx)
                continue
            state.put((spent,))
            yield envelope.header.submitter, tx

    def _replay(self, account: str, time: int) -> None:
        """Let an account's waiting envelopes spend their sequence in the state after a commit."""
        if account in self._replayed:
            return
        self._replayed.add(account)
        for name, one in list(self._accounts.get(account, {}).items()):
            try:
                _, spent = take_turn(one.envelope, self._state, ledger=self._ledger, time=time)
                self._state.put((spent,))
            except LedgerError:
                self._forget(name)

    def _wait(self, name: bytes, tx: bytes, envelope: Envelope) -> None:
        if self._bytes + len(tx) > WAITING_BYTES_MAX:
            return  # the engine's mempool holds it, and proposes it when its turn comes
        one = Waiting(tx, envelope, self._arrivals)
        self._arrivals += 1
        self._waiting[name] = one
        self._accounts.setdefault(envelope.header.submitter, {})[name] = one
        self._bytes += len(tx)

    def _forget(self, name: bytes) -> None:
        gone = self._waiting.pop(name, None)
        if gone is None:
            return
        self._bytes -= len(gone.tx)
        account = gone.envelope.header.submitter
        del self._accounts[account][name]
        if not self._accounts[account]:
            del self._accounts[account]


def _fitting(
    chosen: Iterable[tuple[str, bytes]], stale: Iterable[bytes], bytes_max: int
) -> list[bytes]:
    """Return what fits into a block: of each account no envelope after one that does not."""
    room = Room(bytes_max)
    late: set[str] = set()
    kept: list[bytes] = []
    for account, tx in chosen:
        if account in late or not room.takes(tx):
            late.add(account)
        else:
            kept.append(tx)
    kept += [tx for tx in stale if room.takes(tx)]
    return kept[: limits.DECIDED_ENVELOPES_MAX]
