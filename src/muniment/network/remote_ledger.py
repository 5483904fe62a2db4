"""A network's ledger as its users hold it: read through a node, written through it, attested.

Keys, vault and trust policy stay in a directory of the user's own; the node sees envelopes only.
"""

import json
import time as clock
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from muniment.engine import Outcome
from muniment.network.attest import commit_attestation, heights_of
from muniment.network.kept_blocks import KeptBlocks
from muniment.network.remote import RemoteStorage
from muniment.network.rpc import Rpc
from muniment.network.submission import Submission
from muniment.node.ledger import DrivenLedger
from muniment.node.solo import POLICY_FILE, Clock, system_time
from muniment.proof.attestation import TrustPolicy
from muniment.proof.crypto import sha256
from muniment.proof.errors import Busy, LedgerError, NotFound, VerificationError
from muniment.proof.history import Trusted
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import Head

COMMIT_SECONDS = 15.0
"""How long to wait for the block that commits to a checkpoint; it follows by itself."""


class RemoteLedger(DrivenLedger):
    """The ledger that a node holds a copy of; a context manager.

    Args:
        url: The node's RPC.
        directory: Where the user's trust policy is; none means that heads go unattested.
        now: Returns the time in UTC seconds.

    Raises:
        Busy: The node cannot be reached.
        VerificationError: The node is not to be believed.
        Fault: This code is not the code of the ledger's edition.
    """

    def __init__(
        self, url: str, directory: Path | None = None, *, now: Clock = system_time
    ) -> None:
        self.rpc = Rpc(url)
        self.remote = RemoteStorage(self.rpc)
        self._directory = directory
        self._now = now
        super().__init__(self.remote)

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
        """Move to the newest height."""
        before = self.head
        after = self.remote.refresh()
        if after.size < before.size:
            raise VerificationError(
                "log-went-back", f"The node's log has {after.size} entries; it had {before.size}.",
                basis="docs/rfc/0003-the-network.md", remedy="Ask another node.",
            )
        if after != before:
            self.discard()

    def submit(self, envelopes: Sequence[bytes]) -> list[Outcome]:
        """Send envelopes and return what became of each, once its block is committed.

        Raises:
            Busy: The network decides nothing, or the node cannot be reached.
        """
        if not envelopes:
            return []
        outcomes = Submission(self.rpc, self.remote).run(envelopes)
        self.refresh()
        return outcomes

    def checkpoint(self) -> Any:
        """Return the checkpoint at this height with the commit that attests it.

        Before the first block that validators decided it is the last solo note.

        Raises:
            VerificationError: The trust policy names no header of this chain, or the commit does
                not verify.
            Busy: The commit is not there yet.
        """
        note = self._solo_note()
        if note is not None:
            return note
        trusted = self._trusted()
        if trusted is None:
            raise VerificationError(
                "no-trusted-header", "The trust policy names no header of this ledger's chain.",
                basis="docs/formats/trust-policy.md",
                remedy=f"Put the network's {POLICY_FILE} into the directory: --ledger DIR",
            )
        return self._patiently(lambda: self._attested(trusted))

    def _attested(self, trusted: Trusted) -> dict[str, Any]:
        kept = KeptBlocks(self.rpc, self._directory)
        made = commit_attestation(kept, self.current().text(), self.head.height, trusted,
                                  now=self._now(), besides=kept.heights())
        kept.keep(heights_of(made))
        return made

    def acknowledge(self) -> Any:
        """Return the checkpoint for a receipt: attested, if the user has a trust policy.

        Without one it is the text that the next header commits to, as this node says.
        """
        if self._solo_note() is not None or self._trusted() is not None:
            return self.checkpoint()
        text = self.current().text()
        self._patiently(lambda: self._require_committed(text))
        return text

    def _require_committed(self, text: str) -> None:
        height = self.head.height + 1
        newest = int(self.rpc.call("status")["sync_info"]["latest_block_height"])
        if newest < height:
            raise Busy("commit-not-there-yet", f"Block {height} is not committed yet.",
                       remedy="Try again in a second.")
        header = self.rpc.call("commit", height=height)["signed_header"]["header"]
        if header["app_hash"].lower() != sha256(text.encode("ascii")).hex():
            raise VerificationError(
                "node-not-believed", "The node's header commits to another checkpoint than its "
                "ledger has.", basis="docs/rfc/0003-the-network.md", remedy="Ask another node.",
            )

    def _patiently(self, act: Any) -> Any:
        end = clock.monotonic() + COMMIT_SECONDS
        while True:
            try:
                return act()
            except Busy:
                if clock.monotonic() > end:
                    raise
                clock.sleep(0.1)

    def _trusted(self) -> Trusted | None:
        try:
            text = ((self._directory or Path()) / POLICY_FILE).read_text(encoding="utf-8")
            policy = TrustPolicy.parse(text)
            return policy.require(self.identity.origin, self.head.size).trusted
        except (OSError, UnicodeDecodeError, LedgerError):
            return None

    def _solo_note(self) -> str | None:
        """Return the last solo checkpoint if nothing was entered since."""
        genesis = self.rpc.call("genesis")["genesis"]
        if self.head.height >= int(genesis["initial_height"]):
            return None
        try:
            state = genesis["app_state"]
            plain = json.loads(state) if isinstance(state, str) else state
            return str(plain["checkpoint"])
        except (KeyError, TypeError, ValueError):
            raise NotFound("note-not-found", "The engine's genesis names no checkpoint.") from None
