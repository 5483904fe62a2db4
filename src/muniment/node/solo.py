"""The solo driver: one process, one SQLite file, one writer.

- Whatever is submitted is executed at once, at most 64 envelopes a block, and answered after the
  block is durable; "accepted" means an entry under a committed checkpoint, nothing less.
- Time comes from this machine's clock and never goes back.
- A checkpoint is signed after the commit, and only if the last one signed is a prefix of it.
"""

import gc
import json
import time as clock
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from muniment.admission import opened
from muniment.codec import decoder
from muniment.declare import TransactionType
from muniment.engine import GENESIS_LEAF, BlockResult, Engine, Outcome, refusal
from muniment.model.account import ACCOUNTS, ADMISSIONS, Admission
from muniment.model.envelope import Envelope, sign_envelope
from muniment.model.genesis import Genesis, ledger_id, origin
from muniment.model.state import State
from muniment.node.signatures import Pair, VerifiedSignatures
from muniment.node.wallet import Wallet, read_private, write_private
from muniment.proof import limits
from muniment.proof.checkpoint import Checkpoint, sign_note
from muniment.proof.crypto import PrivateKey, sha256
from muniment.proof.errors import LedgerError, StorageFault, VerificationError
from muniment.proof.merkle import Frontier, node_hash
from muniment.storage.log import LogReader, LogTiles
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import BlockWrite, Entry, Head, Storage, StoredEnvelope
from muniment.storage.sqlite import SqliteStorage

EMPTY_ROOT = sha256(b"")
KEYS = "keys"
LOG_KEY_FILE = "log.key"
SIGNED_FILE = "log.signed"
RESTORED_FILE = "restored"
"""Stands beside keys that came from a backup, until the ledger is shown to have caught up."""
POLICY_FILE = "trust-policy.txt"
NOT_AFTER_SECONDS = 3_600
BLOCK = limits.BLOCK_ENVELOPES_MAX
Clock = Callable[[], int]


def system_time() -> int:
    """Return this machine's time in UTC seconds."""
    return int(clock.time())


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


class SoloLedger:
    """A ledger that this process runs; a context manager.

    Args:
        directory: Where its files are.
        read_only: Whether only to read; then another process may write.
        now: Returns the time in UTC seconds.
        types: Declarations to use instead of the packaged ones.
        storage: Storage to use instead of the directory's SQLite file.

    Raises:
        NotFound: There is no ledger.
        Busy: Another process writes it.
        Fault: This code is not the code of the ledger's edition.
    """

    def __init__(
        self,
        directory: Path,
        *,
        read_only: bool = False,
        now: Clock = system_time,
        types: tuple[TransactionType, ...] | None = None,
        storage: Storage | None = None,
    ) -> None:
        self.directory = directory
        self.storage = storage or SqliteStorage(directory, read_only=read_only)
        self._now = now
        head = self.storage.head()
        if head is None:
            raise StorageFault("The ledger has no genesis.")
        self.head = head
        leaf = next(iter(self.storage.entries(0, 1))).leaf
        genesis = _decode_genesis(leaf[len(GENESIS_LEAF) :])
        self.identity = Identity(genesis, ledger_id(leaf), origin(genesis.name, leaf))
        root_page = (head.root_page, head.state_root)
        self.tree = PagedTree(self.storage.page, root_page, head.next_page)
        self._tiles = LogTiles(self.storage, head.size)
        self._signatures = VerifiedSignatures()
        self._failed = False
        self.engine = Engine(
            self.identity.id, self.tree, Frontier.load(head.size, head.frontier),
            check=self._signatures.check, types=types,
        )
        self.alarms: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """Release files, threads and the writer's lock."""
        self._signatures.close()
        self.storage.close()

    @property
    def state(self) -> State:
        """The state after the last block."""
        return self.engine.state

    def time(self) -> int:
        """Return the time of a block made now, in UTC seconds: it never goes back."""
        return max(self._now(), self.head.time)

    def submit(self, envelopes: Sequence[bytes]) -> list[Outcome]:
        """Execute envelopes and return what became of each, once it is durable.

        Raises:
            StorageFault: The disk failed; the ledger must be opened again.
        """
        outcomes: list[Outcome] = []
        ahead: list[Envelope | Outcome] = []
        for first in range(0, len(envelopes) + 1, BLOCK):
            # The next block's signatures are verified while this block is executed.
            now, ahead = ahead, [parse(one) for one in envelopes[first : first + BLOCK]]
            self._signatures.wait()
            self._signatures.verify_ahead(self._expected_signatures(ahead))
            outcomes.extend(self._block(now))
        self._signatures.wait()
        return outcomes + self._block(ahead)

    def _block(self, parsed: Sequence[Envelope | Outcome]) -> list[Outcome]:
        if not parsed:
            return []
        valid = [one for one in parsed if isinstance(one, Envelope)]
        result = self.execute(self.head.height + 1, self.time(), valid)
        executed = iter(result.outcomes)
        return [next(executed) if isinstance(one, Envelope) else one for one in parsed]

    def execute(self, height: int, time: int, envelopes: Sequence[Envelope]) -> BlockResult:
        """Execute and commit one block of given height and time."""
        if self._failed:
            raise StorageFault("The ledger failed earlier; open it again.")
        self._failed = True
        with _without_collection():
            result = self.engine.execute(height, time, envelopes)
            if result.leaves:
                self._commit(result)
        self._failed = False
        self.alarms.extend(result.alarms)
        return result

    def _commit(self, result: BlockResult) -> None:
        write = block_write(result, self.head.size, self.engine, self.tree, self._tiles)
        self.storage.commit(write)
        self.head = write.head

    def _expected_signatures(self, parsed: Sequence[Envelope | Outcome]) -> list[Pair]:
        pairs: list[Pair] = []
        for envelope in parsed:
            if not isinstance(envelope, Envelope):
                continue
            account = self.state.get(ACCOUNTS, envelope.header.submitter)
            if account is not None:
                keys = opened(account.key_set)[1]
                pairs.extend(
                    (keys[one.kid], one) for one in envelope.signed.signatures if one.kid in keys
                )
        return pairs

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

    def checkpoint(self) -> str:
        """Return the signed checkpoint of the last block.

        Raises:
            VerificationError: The last checkpoint that this key signed is no prefix of it, as
                after a restore of an old backup: signing would tell two stories.
        """
        if self._failed:
            raise StorageFault("The ledger failed earlier; open it again.")
        key = load_log_key(self.directory)
        current = Checkpoint(self.identity.origin, self.head.size, self.engine.log.root())
        self._refuse_equivocation(current)
        note = sign_note(current.text(), self.identity.origin, key)
        signed = {"root": current.root.hex(), "size": current.size}
        write_private(self.directory / KEYS / SIGNED_FILE, json.dumps(signed).encode("ascii"))
        return note

    def _refuse_equivocation(self, current: Checkpoint) -> None:
        if (self.directory / KEYS / RESTORED_FILE).exists():
            raise VerificationError(
                "restored-not-caught-up", "These keys came from a backup: a newer checkpoint may "
                "have been signed than this ledger holds.", basis="docs/formats/checkpoint.md",
                remedy="Show the newest one known outside: muniment backup resume CHECKPOINT",
            )
        path = self.directory / KEYS / SIGNED_FILE
        if not path.exists():
            return
        signed = read_private(path)
        size = int(signed["size"])
        if size <= current.size and self.log_root(size).hex() == signed["root"]:
            return
        raise VerificationError(
            "would-equivocate",
            f"A checkpoint of {size} leaves was signed that is no prefix of this ledger's "
            f"{current.size}.",
            basis="docs/formats/checkpoint.md",
            remedy="Restore the newest copy of the ledger, or replay the missing blocks.",
        )

    def log_root(self, size: int) -> bytes:
        """Return the root of the log's first `size` leaves."""
        reader = LogReader(self.storage, self.head.size)
        return root_of_prefix(reader.node, size)


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


def load_log_key(directory: Path) -> PrivateKey:
    """Return the private log key of a ledger."""
    return PrivateKey.from_jwk(read_private(directory / KEYS / LOG_KEY_FILE))
