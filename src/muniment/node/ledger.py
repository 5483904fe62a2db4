"""One ledger as every driver holds it: storage, state tree, log, engine.

- `execute` runs a block in memory and writes nothing; `commit` writes what it did, at once.
- After a failure, or a block that is not to be, `discard` goes back to the last committed block.
- It has no clock of its own and signs nothing: a driver adds both.
"""

import gc
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from muniment.codec import decoder
from muniment.declare import TransactionType
from muniment.engine import GENESIS_LEAF, BlockResult, Engine, Outcome, refusal
from muniment.model.account import ADMISSIONS, Admission
from muniment.model.envelope import Envelope, sign_envelope
from muniment.model.genesis import Genesis, ledger_id, origin
from muniment.model.ledger import EDITIONS
from muniment.model.misbehaviour import Misbehaviour
from muniment.model.state import State
from muniment.node.signatures import VerifiedSignatures
from muniment.node.wallet import Wallet
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.crypto import PublicKey, sha256
from muniment.proof.errors import LedgerError, StorageFault
from muniment.proof.jws import Signature
from muniment.proof.merkle import Frontier, node_hash
from muniment.storage.log import LogReader, LogTiles
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import BlockWrite, Entry, Head, Storage, StoredEnvelope

EMPTY_ROOT = sha256(b"")
NOT_AFTER_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a ledger."""

    genesis: Genesis
    """Its genesis."""
    id: str
    """Its id, in base64url."""
    origin: str
    """The origin of its checkpoints."""


_decode_genesis = decoder(Genesis)


class Ledger:
    """A ledger in storage; a context manager.

    Args:
        storage: Where its bytes are.
        types: Declarations to use instead of the packaged ones.

    Raises:
        StorageFault: The storage holds no genesis.
        Fault: This code is not the code of the ledger's edition.
    """

    tree: PagedTree
    engine: Engine
    head: Head

    def __init__(
        self, storage: Storage, *, types: tuple[TransactionType, ...] | None = None
    ) -> None:
        self.storage = storage
        self.alarms: list[str] = []
        self._types = types
        self._signatures = VerifiedSignatures()
        leaf = next((entry.leaf for entry in storage.entries(0, 1)), b"")
        if not leaf.startswith(GENESIS_LEAF):
            raise StorageFault("The ledger has no genesis.")
        genesis = _decode_genesis(leaf[len(GENESIS_LEAF) :])
        self.identity = Identity(genesis, ledger_id(leaf), origin(genesis.name, leaf))
        self._open()

    def _open(self) -> None:
        """Stand where storage says that the ledger stands."""
        head = self.storage.head()
        if head is None:
            raise StorageFault("The ledger has no genesis.")
        self.head = head
        self.tree = self._tree(head)
        self.engine = Engine(
            self.identity.id, self.tree, Frontier.load(head.size, head.frontier),
            check=self._signatures.check, types=self._types,
        )
        self._tiles: LogTiles | None = None
        self._failed = False
        self._end_announcement(head)

    def _end_announcement(self, head: Head) -> None:
        """Let the edition begin or lapse whose height was decided by a block that wrote nothing."""
        edition, decided = self.state.get(EDITIONS), self.storage.decided()
        announced = edition.next_height if edition is not None else None
        if announced is not None and announced <= decided:
            self.engine.execute(decided, head.time, ())

    def _tree(self, head: Head) -> PagedTree:
        return PagedTree(self.storage.page, (head.root_page, head.state_root), head.next_page)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """Release files, threads and locks."""
        self._signatures.close()
        self.storage.close()

    @property
    def state(self) -> State:
        """The state after the last block."""
        return self.engine.state

    def time(self) -> int:
        """Return the time of the last block, in UTC seconds; a driver adds its clock."""
        return self.head.time

    def sign(
        self, wallet: Wallet, operations: Sequence[bytes], *, atomic: bool = False, ahead: int = 0
    ) -> bytes:
        """Return an envelope over `operations` with the next sequence number of the account.

        Args:
            wallet: The account's keys.
            operations: Canonical lines without LF.
            atomic: Whether one refusal refuses all.
            ahead: How many envelopes of this account were signed and not yet submitted.
        """
        used = self.state.get(ADMISSIONS, wallet.account) or Admission()
        return sign_envelope(
            operations,
            wallet.signers(),
            ledger=self.identity.id,
            submitter=wallet.account,
            sequence=used.highest + 1 + ahead,
            not_after=self.time() + NOT_AFTER_SECONDS,
            atomic=atomic,
        )

    def current(self) -> Checkpoint:
        """Return the checkpoint after the last block, which nobody has attested yet."""
        root = Frontier.load(self.head.size, self.head.frontier).root()
        return Checkpoint(self.identity.origin, self.head.size, root)

    def verify(self, key: PublicKey, signature: Signature) -> None:
        """Verify one signature, or remember that it was valid.

        Raises:
            Unauthentic: It is not valid.
        """
        self._signatures.check(key, signature)

    def run_block(
        self, height: int, time: int, envelopes: Sequence[Envelope],
        misbehaviour: Sequence[Misbehaviour] = (),
    ) -> BlockResult:
        """Execute and commit one block of given height and time."""
        result = self.execute(height, time, envelopes, misbehaviour)
        self.commit(result)
        return result

    def execute(
        self, height: int, time: int, envelopes: Sequence[Envelope],
        misbehaviour: Sequence[Misbehaviour] = (),
    ) -> BlockResult:
        """Execute a block in memory; `commit` or `discard` must follow.

        Raises:
            StorageFault: The ledger failed earlier, or what it read is damaged.
        """
        self.refuse_if_failed()
        self._failed = True
        with _without_collection():
            return self.engine.execute(height, time, envelopes, misbehaviour)

    def commit(self, result: BlockResult) -> None:
        """Write what a block did; a block that did nothing writes nothing."""
        if result.leaves:
            with _without_collection():
                write = self._write(result)
            self.storage.commit(write)
            self.head = write.head
        self._done(result)

    def _write(self, result: BlockResult) -> BlockWrite:
        if self._tiles is None:
            self._tiles = LogTiles(self.storage, self.head.size)
        return block_write(result, self.head.size, self.engine, self.tree, self._tiles)

    def _done(self, result: BlockResult) -> None:
        self._failed = False
        self.alarms.extend(result.alarms)

    def discard(self) -> None:
        """Forget what was executed and not committed."""
        self._open()

    def refuse_if_failed(self) -> None:
        """Raise if a block was executed that was neither committed nor discarded."""
        if self._failed:
            raise StorageFault("The ledger failed earlier; open it again.")

    def log_root(self, size: int) -> bytes:
        """Return the root of the log's first `size` leaves."""
        reader = LogReader(self.storage, self.head.size)
        return root_of_prefix(reader.node, size)


class DrivenLedger(Ledger, ABC):
    """A ledger with its driver, which has envelopes entered and heads attested."""

    @abstractmethod
    def submit(self, envelopes: Sequence[bytes]) -> list[Outcome]:
        """Have envelopes entered and return what became of each, once it is durable."""

    @abstractmethod
    def checkpoint(self) -> Any:
        """Return the attested checkpoint of the last block."""

    @abstractmethod
    def settle(self) -> None:
        """Be sure of what became of what was submitted."""

    def refuse_if_unattested(self) -> None:
        """Raise if no receipt could be signed for what is about to be submitted."""

    def acknowledge(self) -> Any:
        """Return the checkpoint of the last block for a receipt."""
        return self.checkpoint()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Hold the cycle collector back: a block makes many objects and no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def parse(data: bytes) -> Envelope | Outcome:
    """Return the parsed envelope, or the outcome of one that is malformed."""
    try:
        return Envelope.parse(data)
    except LedgerError as error:
        return refusal(error)


def block_write(
    result: BlockResult, first: int, engine: Engine, tree: PagedTree, tiles: LogTiles
) -> BlockWrite:
    """Return all that storage must write for a block."""
    if tree.root_page is None:
        raise StorageFault("A block was to be written before its state.")
    lines = [line for _, envelope in result.envelopes for line in envelope.lines]
    bodies = [line if isinstance(line, bytes) else None for line in lines]
    extra = len(result.leaves) - len(bodies)
    entries = [Entry(*pair) for pair in zip(result.leaves, bodies + [None] * extra, strict=True)]
    head = Head(
        height=result.height,
        time=result.time,
        size=engine.log.size,
        frontier=engine.log.dump(),
        root_page=tree.root_page[0],
        state_root=tree.root(),
        next_page=tree.next_page,
    )
    return BlockWrite(
        head=head,
        first=first,
        entries=entries,
        envelopes=[
            StoredEnvelope(position, result.height, envelope.jws_line)
            for position, envelope in result.envelopes
        ],
        pages=tree.take_changed(),
        tiles=tiles.append(result.hashes),
    )


def root_of_prefix(node: Callable[[int, int], bytes], size: int) -> bytes:
    """Return the RFC 9162 root of the first `size` leaves, from hashes of complete subtrees."""
    if size == 0:
        return EMPTY_ROOT
    peaks = []
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            peaks.append(node(level, start >> level))
            start += 1 << level
    root = peaks.pop()
    while peaks:
        root = node_hash(peaks.pop(), root)
    return root
