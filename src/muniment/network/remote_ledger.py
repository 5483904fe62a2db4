"""A network's ledger as its users hold it: read through a node, written through it, attested.

- Keys, vault and trust policy stay in a directory of the user's own; the node sees envelopes only.
- The head is believed once a command, when the ledger is opened, and again after what was written
  (`head_trust.py`). From it follow: each page of the state, hashed against its parent from the
  state root on; the receipt of an envelope, whose leaf is proven under the log's root; evidence.
- Believed of the node beyond that: what became of each of many envelopes sent together, as
  receipts are not made of them; and what is read from the log for people, such as the time of an
  entry, until evidence of it is made.
"""

import time as clock
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from muniment.engine import Outcome
from muniment.network.entered import require_entered
from muniment.network.head_trust import HeadTrust
from muniment.network.light_block import kept_heights, read_header
from muniment.network.remote import RemoteStorage
from muniment.network.rpc import Rpc, not_believed
from muniment.network.submission import Submission, Told
from muniment.node.ledger import DrivenLedger
from muniment.node.solo import Clock, system_time
from muniment.proof.crypto import sha256
from muniment.proof.errors import Busy, VerificationError
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import Head

COMMIT_SECONDS = 15.0
"""How long to wait for the block that commits to a checkpoint; it follows by itself."""
Made = TypeVar("Made")


class RemoteLedger(DrivenLedger):
    """The ledger that a node holds a copy of; a context manager.

    Args:
        url: The node's RPC.
        directory: Where the user's trust policy is; none means that heads go unattested.
        now: Returns the time in UTC seconds.
        told: Takes for how many seconds nothing was decided, and how many envelopes wait.

    Raises:
        Busy: The node cannot be reached, or is behind what was seen.
        Malformed: The trust policy is none.
        VerificationError: The node is not to be believed.
        Fault: This code is not the code of the ledger's edition.
    """

    def __init__(
        self, url: str, directory: Path | None = None, *, now: Clock = system_time,
        told: Told | None = None,
    ) -> None:
        self.rpc = Rpc(url)
        self._told = told
        self._now = now
        self._trust = HeadTrust(self.rpc, directory, now)
        self._believed: Head | None = None
        self._sent: tuple[bytes, Outcome] | None = None
        self.remote = RemoteStorage(self.rpc)
        super().__init__(self.remote)

    @property
    def is_attested(self) -> bool:
        """Whether a trust policy decided that the head is to be believed."""
        return self._trust.attests

    def _open(self) -> None:
        if self._believed is None:
            self._believe()
        super()._open()

    def _believe(self) -> None:
        """Believe the head on which the reader stands; wait for the commit over it."""
        def believe() -> None:
            try:
                self._trust.believe(self.remote, self.identity.origin)
            except Busy as error:
                if error.name == "node-behind":
                    self.remote.refresh()
                raise

        _patiently(believe)
        self._believed = self.remote.head()

    def _tree(self, head: Head) -> PagedTree:
        if not hasattr(self, "tree"):
            return PagedTree(self.remote.page, (head.root_page, head.state_root), head.next_page,
                             read_ahead=self.remote.read_ahead)
        self.tree.move((head.root_page, head.state_root), head.next_page)
        return self.tree

    def time(self) -> int:
        """Return the time by this machine's clock, in UTC seconds, not before the last block."""
        return max(self._now(), self.head.time)

    def refresh(self) -> None:
        """Move to the newest height, and believe its head.

        Raises:
            VerificationError: It is not to be believed.
            Busy: The commit over it is not there yet.
        """
        self._move()
        self.settle()

    def _move(self) -> None:
        """Move to the newest height, whose head is not believed yet."""
        before = self.head
        after = self.remote.refresh()
        if after.size < before.size:
            raise VerificationError(
                "log-went-back", f"The node's log has {after.size} entries; it had {before.size}.",
                basis="docs/rfc/0003-the-network.md", remedy="Ask another node.",
            )
        if after != before:
            self.discard()

    def settle(self) -> None:
        """Believe the head on which what was written since stands; do nothing if nothing was.

        Raises:
            VerificationError: It is not to be believed, or what was sent is not in its log.
            Busy: The commit over it is not there yet.
        """
        if self.head != self._believed:
            self._believe()
            if self.remote.head() != self.head:
                self.discard()
        if self._sent is not None and self.is_attested:
            require_entered(self.remote, self.head, *self._sent)
        self._sent = None

    def submit(self, envelopes: Sequence[bytes]) -> list[Outcome]:
        """Send envelopes and return what became of each, once its block is committed.

        Raises:
            Busy: The network decides nothing, or the node cannot be reached.
        """
        if not envelopes:
            return []
        outcomes = Submission(self.rpc, self.remote, self._told).run(envelopes)
        self._move()
        if len(envelopes) == 1:
            self._sent = envelopes[0], outcomes[0]
        return outcomes

    def checkpoint(self) -> Any:
        """Return the checkpoint at this height with what attests it, as the trust policy asks.

        At the size at which one process handed the ledger over it is the last solo note.

        Raises:
            VerificationError: There is no trust policy, it trusts nobody for this checkpoint, or
                the commit does not verify.
            Busy: The commit is not there yet.
        """
        current = self.current()
        trusted = self._trust.rule(current).trusted
        if trusted is None:
            return self._trust.note(current)
        return _patiently(lambda: self._trust.commit(current, self.head.height, trusted))

    def acknowledge(self) -> Any:
        """Return the checkpoint for a receipt: attested, if the user has a trust policy.

        Without one it is the text that the next header commits to, as this node says.
        """
        self.settle()
        if self.is_attested:
            return self.checkpoint()
        text = self.current().text()
        _patiently(lambda: self._require_committed(text))
        return text

    def _require_committed(self, text: str) -> None:
        height = self.head.height + 1
        if kept_heights(self.rpc)[1] < height:
            raise Busy("commit-not-there-yet", f"Block {height} is not committed yet.",
                       remedy="Try again in a second.")
        if read_header(self.rpc, height).hashes["app_hash"] != sha256(text.encode("ascii")):
            raise not_believed("its header commits to another checkpoint than its ledger has")


def _patiently(act: Callable[[], Made]) -> Made:
    """Do what may have to wait for the next block."""
    end = clock.monotonic() + COMMIT_SECONDS
    while True:
        try:
            return act()
        except Busy:
            if clock.monotonic() > end:
                raise
            clock.sleep(0.1)
