"""The solo driver: one process, one SQLite file, one writer.

- Whatever is submitted is executed at once, at most 64 envelopes a block, and answered after the
  block is durable; "accepted" means an entry under a committed checkpoint, nothing less.
- Time comes from this machine's clock and never goes back.
- A checkpoint is signed after the commit, and only if the last one signed is a prefix of it.
"""

import json
import time as clock
from collections.abc import Callable, Sequence
from pathlib import Path

from muniment.admission import opened
from muniment.declare import TransactionType
from muniment.engine import Outcome
from muniment.model.account import ACCOUNTS
from muniment.model.envelope import Envelope
from muniment.node.ledger import DrivenLedger, parse
from muniment.node.signatures import Pair
from muniment.node.wallet import read_private, write_private
from muniment.proof import limits
from muniment.proof.checkpoint import Checkpoint, sign_note
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import NotFound, VerificationError
from muniment.storage.protocol import Storage
from muniment.storage.sqlite import SqliteStorage

KEYS = "keys"
LOG_KEY_FILE = "log.key"
SIGNED_FILE = "log.signed"
RESTORED_FILE = "restored"
"""Stands beside keys that came from a backup, until the ledger is shown to have caught up."""
POLICY_FILE = "trust-policy.txt"
BLOCK = limits.BLOCK_ENVELOPES_MAX
Clock = Callable[[], int]


def system_time() -> int:
    """Return this machine's time in UTC seconds."""
    return int(clock.time())


class SoloLedger(DrivenLedger):
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
        self._now = now
        super().__init__(storage or SqliteStorage(directory, read_only=read_only), types=types)

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
        self.refuse_if_promoted()
        result = self.run_block(self.head.height + 1, self.time(), valid)
        executed = iter(result.outcomes)
        return [next(executed) if isinstance(one, Envelope) else one for one in parsed]

    def settle(self) -> None:
        """Do nothing: this process decided it."""

    def refuse_if_promoted(self) -> None:
        """Raise if validators decide this ledger's blocks: one process alone would fork it.

        Raises:
            NotFound: It was promoted.
        """
        if self.storage.is_promoted:
            raise NotFound(
                "ledger-promoted", "This ledger belongs to a network, whose validators decide.",
                basis="docs/rfc/0003-the-network.md", remedy="Name a node of it: --node URL",
            )

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

    def checkpoint(self) -> str:
        """Return the signed checkpoint of the last block.

        Raises:
            VerificationError: The last checkpoint that this key signed is no prefix of it, as
                after a restore of an old backup: signing would tell two stories.
        """
        self.refuse_if_failed()
        self.refuse_if_promoted()
        key = load_log_key(self.directory)
        current = self.current()
        self._refuse_equivocation(current)
        note = sign_note(current.text(), self.identity.origin, key)
        signed = {"root": current.root.hex(), "size": current.size}
        write_private(self.directory / KEYS / SIGNED_FILE, json.dumps(signed).encode("ascii"))
        return note

    def refuse_if_unattested(self) -> None:
        """Raise if the log key may sign no checkpoint of this ledger.

        Raises:
            VerificationError: The ledger was restored, or a checkpoint was signed that is no
                prefix of it.
        """
        self._refuse_equivocation(self.current())

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


def load_log_key(directory: Path) -> PrivateKey:
    """Return the private log key of a ledger."""
    return PrivateKey.from_jwk(read_private(directory / KEYS / LOG_KEY_FILE))
