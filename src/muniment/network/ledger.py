"""The ledger of one office's node: decided by validators, committed one block at a time."""

from muniment.declare import TransactionType
from muniment.engine import BlockResult
from muniment.node.ledger import Ledger
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.crypto import sha256
from muniment.storage.decided import DecidedStorage


class DecidedLedger(Ledger):
    """A promoted ledger that this process runs; a context manager.

    Args:
        storage: Where its bytes are.
        types: Declarations to use instead of the packaged ones.

    Raises:
        Fault: This code is not the code of the ledger's edition.
    """

    def __init__(
        self, storage: DecidedStorage, *, types: tuple[TransactionType, ...] | None = None
    ) -> None:
        self._kept = storage
        self.decided = self._kept.decided()
        self.replaced: list[tuple[int, bytes]] = []
        super().__init__(self._kept, types=types)

    def app_hash(self) -> bytes:
        """Return SHA-256 of the checkpoint after what was executed, which the engine commits to."""
        log = self.engine.log
        return sha256(Checkpoint(self.identity.origin, log.size, log.root()).text().encode("ascii"))

    def commit(self, result: BlockResult) -> None:
        """Write what a decided block did, and that it was decided, at once."""
        write = self._write(result) if result.leaves else None
        self.replaced = []
        if write is not None:
            known = [number for number, _ in write.pages if number < self.head.next_page]
            self.replaced = self._kept.pages(known)
        self._kept.commit_decided(result.height, write, self.replaced)
        if write is not None:
            self.head = write.head
        self.decided = result.height
        self._done(result)

    def discard(self) -> None:
        """Forget what was executed and not committed."""
        self.decided = self._kept.decided()
        super().discard()
