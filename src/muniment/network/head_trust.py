"""Which head of a ledger a user believes, whatever node names it.

- The trust policy in the user's directory decides. What it names must be attested as it says: a
  ledger that it does not name is refused, a policy that cannot be read is an error. Only without
  any policy is a node taken at its word, and whoever asked is told so.
- A log only grows. The greatest head that was ever believed is kept beside the policy; a node that
  shows less of the log is behind or holds back, one that shows another log is a liar.
- The header that attested the greatest head is where trust goes on from: a light client moves its
  trust on before the trusting period is over (CometBFT, spec/light-client/verification).
"""

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from muniment.network.attest import commit_attestation, heights_of
from muniment.network.kept_blocks import KeptBlocks
from muniment.network.light_block import read_header
from muniment.network.log_nodes import nodes_of
from muniment.network.remote import RemoteStorage
from muniment.network.rpc import Rpc, not_believed
from muniment.node.policy import read_policy
from muniment.node.solo import POLICY_FILE, Clock
from muniment.proof import merkle
from muniment.proof.attestation import Attested, Rule, TrustPolicy, attest
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.crypto import sha256
from muniment.proof.errors import (
    Busy,
    Malformed,
    NotFound,
    Refused,
    StorageFault,
    VerificationError,
)
from muniment.proof.header import Header
from muniment.proof.history import Trusted, is_expired
from muniment.proof.merkle import Frontier
from muniment.storage.protocol import Head

SEEN_FILE = "seen.json"
"""The greatest head that was believed, beside the trust policy."""
FRESH_SECONDS = 86_400
"""After so long a head is verified again though it be the same: trust moves on with newer headers.
"""
_BASIS = "docs/formats/trust-policy.md"


@dataclass(frozen=True, slots=True)
class Seen:
    """A head that was believed."""

    origin: str
    """The ledger."""
    size: int
    """Leaves of its log."""
    root: str
    """The root of the log, in hexadecimal."""
    rule: str = ""
    """The rule of the policy by which it was attested; empty if nobody attested it."""
    header: str = ""
    """The hash of the header that attested it, in hexadecimal; empty if it was a note."""
    height: int = 0
    """That header's height."""
    verified: int = 0
    """When, in UTC seconds."""

    @property
    def place(self) -> tuple[int, str]:
        """Where the log stood."""
        return self.size, self.root


class HeadTrust:
    """Whom one directory trusts, and what was seen from it.

    Args:
        rpc: The node.
        directory: Where the policy is; None trusts the node and keeps nothing.
        now: Returns the time in UTC seconds.

    Raises:
        Malformed: The policy is none.
    """

    def __init__(self, rpc: Rpc, directory: Path | None, now: Clock) -> None:
        self._rpc = rpc
        self._directory = directory
        self._now = now
        self._policy = _read_policy(directory)

    @property
    def attests(self) -> bool:
        """Whether a policy decides, so that what is believed is attested."""
        return self._policy is not None

    def believe(self, storage: RemoteStorage, origin: str) -> None:
        """Believe the head on which a reader stands.

        Args:
            storage: The reader.
            origin: The ledger's origin, as its genesis says.

        Raises:
            VerificationError: The policy does not trust it, or it does not continue what was seen.
            Busy: The commit over it is not there yet, or the node is behind (`node-behind`).
        """
        head = _head_of(storage)
        checkpoint = checkpoint_of(origin, head)
        seen = self._seen()
        self._require_ledger(origin, seen)
        believed = self._attested(checkpoint, storage, seen)
        if seen is not None:
            self._require_growth(seen, checkpoint, storage, head)
        if seen != believed:
            self._keep(believed)

    def rule(self, checkpoint: Checkpoint) -> Rule:
        """Return the rule of the policy for a checkpoint.

        Raises:
            VerificationError: There is no policy, or it trusts nobody for it.
        """
        if self._policy is None:
            raise VerificationError(
                "no-trusted-header", "There is no trust policy, so that nothing is attested.",
                basis=_BASIS,
                remedy=f"Put the network's {POLICY_FILE} into the directory: --ledger DIR",
            )
        return self._policy.require(checkpoint.origin, checkpoint.size)

    def note(self, checkpoint: Checkpoint) -> str:
        """Return the last solo checkpoint, as signed by the log key that the policy names.

        Raises:
            VerificationError: It is of another log, or not so signed.
        """
        note = _genesis_note(self._rpc)
        try:
            attested = None if self._policy is None else _of_its_range(attest(note, self._policy))
        except Malformed as error:
            raise not_believed(f"its genesis has no checkpoint ({error})") from None
        if attested != checkpoint:
            raise not_believed("its genesis has the checkpoint of another log")
        return note

    def commit(self, checkpoint: Checkpoint, height: int, trusted: Trusted) -> dict[str, Any]:
        """Return the commit that attests a checkpoint, from a trusted header on.

        Args:
            checkpoint: The checkpoint.
            height: A height after which the ledger has it.
            trusted: The header.
        """
        kept = KeptBlocks(self._rpc, self._directory)
        made = commit_attestation(kept, checkpoint.text(), height, trusted, now=self._now(),
                                  besides=kept.heights())
        if trusted == self.rule(checkpoint).trusted:
            kept.keep(heights_of(made))
        return made

    def _require_ledger(self, origin: str, seen: Seen | None) -> None:
        named = {one.origin for one in self._policy.rules} if self._policy is not None else set()
        if self._policy is None and seen is not None:
            named = {seen.origin}
        if (self._policy is not None or seen is not None) and origin not in named:
            raise VerificationError(
                "ledger-not-trusted", f"The node's ledger is {origin}; {self._directory} is for "
                f"{', '.join(sorted(named)) or 'none'}.", basis=_BASIS,
                remedy="Name a node of your ledger, or another directory: --ledger DIR",
            )

    def _attested(
        self, checkpoint: Checkpoint, storage: RemoteStorage, seen: Seen | None
    ) -> Seen:
        """Return a head as it is kept, once it is attested as the policy says."""
        plain = Seen(checkpoint.origin, checkpoint.size, checkpoint.root.hex())
        if self._policy is None:
            return plain
        rule, now = self.rule(checkpoint), self._now()
        known = seen if seen is not None and seen.rule == rule.text() else None
        if known is not None and known.place == plain.place and (
                0 <= now - known.verified < FRESH_SECONDS):
            return known
        plain = replace(plain, rule=rule.text(), verified=now)
        if rule.trusted is None:
            self.note(checkpoint)
            return plain
        header = self._committed(checkpoint, storage, rule.trusted, known)
        return replace(plain, header=header.digest().hex(), height=header.height)

    def _committed(
        self, checkpoint: Checkpoint, storage: RemoteStorage, trusted: Trusted, known: Seen | None
    ) -> Header:
        """Return the header that attests a checkpoint, the newest that does."""
        # A head stands until the last decided block: the header of that one commits to it as well.
        height = max(_head_of(storage).height, storage.decided() - 1)
        if known is not None and trusted.height < known.height <= height:
            newer = replace(trusted, height=known.height, header_hash=bytes.fromhex(known.header))
            with suppress(VerificationError, NotFound):  # the policy's own header decides
                return _last_header(self.commit(checkpoint, height, newer))
        try:
            return _last_header(self.commit(checkpoint, height, trusted))
        except Busy:
            header = read_header(KeptBlocks(self._rpc, self._directory), trusted.height)
            if not self._commits(header, checkpoint, trusted):
                raise
            return header  # an idle network makes no newer one for a while

    def _commits(self, header: Header, checkpoint: Checkpoint, trusted: Trusted) -> bool:
        """Return whether a header is the trusted one, in its period, over a checkpoint."""
        return (header.digest() == trusted.header_hash and (
            header.hashes["app_hash"] == sha256(checkpoint.text().encode("ascii"))
        ) and not is_expired(header, trusted.period, self._now()))

    def _require_growth(
        self, seen: Seen, now: Checkpoint, storage: RemoteStorage, head: Head
    ) -> None:
        """Require that a log begins with all that was seen of it."""
        if now.origin != seen.origin or seen.place == (now.size, now.root.hex()):
            return
        if now.size < seen.size:
            raise Busy(
                "node-behind", f"The node's log has {now.size} entries, and {seen.size} were seen "
                "from here: it is behind, or it holds back.", basis=_BASIS,
                remedy=f"Ask another node. If the network itself went back: remove {SEEN_FILE}",
            )
        try:
            path = [] if now.size == seen.size else merkle.consistency_path_from(
                nodes_of(storage, head), seen.size, now.size)
            merkle.verify_consistency(
                seen.size, now.size, path, bytes.fromhex(seen.root), now.root)
        except NotFound:  # it began from a snapshot, and still fetches what was before
            if self._policy is None:
                raise
        except (VerificationError, StorageFault):
            raise VerificationError(
                "log-not-continued", f"The node's log of {now.size} entries does not begin with "
                f"the {seen.size} that were seen from here: there are two stories.", basis=_BASIS,
                remedy="Do not act on it. Tell the network's offices: docs/runbooks/fork.md",
            ) from None

    def _seen(self) -> Seen | None:
        if self._directory is None:
            return None
        try:
            seen = Seen(**json.loads((self._directory / SEEN_FILE).read_bytes()))
        except OSError:
            return None
        except (ValueError, TypeError, RecursionError):
            raise _unreadable(self._directory) from None
        if not _is_sound(seen):
            raise _unreadable(self._directory)
        # What nobody attested is not held against what validators signed.
        return seen if seen.rule or self._policy is None else None

    def _keep(self, believed: Seen) -> None:
        """Keep a head, unless another command saw more meanwhile; or the folder is read-only."""
        if self._directory is None or not self._directory.is_dir():
            return
        meanwhile = self._seen()
        if meanwhile is not None and meanwhile.origin == believed.origin and (
                meanwhile.size > believed.size):
            return
        plain = {name: getattr(believed, name) for name in Seen.__dataclass_fields__}
        with suppress(OSError):
            _write(self._directory / SEEN_FILE, json.dumps(plain, indent=1))


def _write(path: Path, text: str) -> None:
    """Write a file all at once, whoever else writes it."""
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(fresh).replace(path)


def checkpoint_of(origin: str, head: Head) -> Checkpoint:
    """Return the checkpoint of a ledger at a head."""
    return Checkpoint(origin, head.size, Frontier.load(head.size, head.frontier).root())


def _head_of(storage: RemoteStorage) -> Head:
    head = storage.head()
    if head is None:
        raise not_believed("it has no head")
    return head


def _read_policy(directory: Path | None) -> TrustPolicy | None:
    """Return the policy of a directory; None if it has none."""
    if directory is None:
        return None
    try:
        return TrustPolicy.parse(read_policy(directory / POLICY_FILE))
    except (FileNotFoundError, NotADirectoryError):
        return None


def _of_its_range(attested: Attested) -> Checkpoint:
    """Return the checkpoint, unless a retired key alone tells it of another size than the last."""
    if attested.rule.root is not None and not attested.tie(None):
        raise not_believed("its genesis has a checkpoint before the last one of the log key")
    return attested.checkpoint


def _genesis_note(rpc: Rpc) -> str:
    """Return the last solo checkpoint, as the engine's genesis says."""
    try:
        state = rpc.call("genesis")["genesis"]["app_state"]
        plain = json.loads(state) if isinstance(state, str) else state
        return str(plain["checkpoint"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise not_believed("its genesis names no checkpoint") from None
    except Refused as error:
        raise not_believed(error.detail) from None


def _last_header(member: dict[str, Any]) -> Header:
    return Header.of([member["header"], *member["links"]][-1])


def _is_sound(seen: Seen) -> bool:
    texts = (seen.origin, seen.root, seen.rule, seen.header)
    numbers = (seen.size, seen.height, seen.verified)
    try:
        return all(isinstance(one, str) for one in texts) and all(
            type(one) is int and one >= 0 for one in numbers) and (
            len(bytes.fromhex(seen.root)) == 32) and len(bytes.fromhex(seen.header)) in {0, 32}
    except ValueError:
        return False


def _unreadable(directory: Path) -> Malformed:
    return Malformed(
        "seen-malformed", f"{directory / SEEN_FILE} does not say what was seen.", basis=_BASIS,
        remedy="Remove it: what was seen before is then not held against a node any more.")
