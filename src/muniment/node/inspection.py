"""Inspection: stored bytes compared with the hashes above them, for as long as there is time.

It finds damage that reading alone does not: a page that differs from its parent, a leaf from its
tile, a line from its leaf. It executes nothing, so that it is many times faster than an audit, and
shows less: whether the rules made what is stored is for `muniment ledger verify`.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from muniment.engine import OPERATION_LEAF
from muniment.node.ledger import Ledger
from muniment.proof.canonical import decode
from muniment.proof.crypto import unb64
from muniment.proof.errors import LedgerError, VerificationError
from muniment.proof.merkle import leaf_hash, root
from muniment.storage.log import TILE_WIDTH
from muniment.storage.protocol import Entry

SECONDS = 5.0
"""How long it goes on by default: whoever asks waits for it."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was compared, the newest first."""

    entries: int
    """Entries of the log."""
    of_entries: int
    """How many there are, since the snapshot if the log is still being fetched."""
    whole_state: bool
    """Whether all of the state was."""

    @property
    def is_whole(self) -> bool:
        """Whether everything that is stored was compared."""
        return self.whole_state and self.entries == self.of_entries


def inspect(ledger: Ledger, seconds: float = SECONDS) -> Inspected:
    """Compare what is stored of a ledger with its hashes; half of the time goes to the state.

    Raises:
        VerificationError: Something stored is not what its hash says.
        StorageFault: It cannot be read, or a page differs from its parent.
    """
    began = time.monotonic()
    head, first = ledger.head, max(ledger.storage.restored().size - 1, 0)
    if not first and ledger.log_root(head.size) != ledger.engine.log.root():
        raise _differs("the log's newest entries do not hash to its root", head.size - 1)
    whole_state = True
    for count, _ in enumerate(ledger.tree.scan(b"")):
        if count % TILE_WIDTH == 0 and time.monotonic() - began > seconds / 2:
            whole_state = False
            break
    compared = 0
    for count in _tiles(ledger, first):
        compared += count
        if time.monotonic() - began > seconds:
            break
    return Inspected(compared, head.size - first, whole_state)


def _tiles(ledger: Ledger, least: int) -> Iterator[int]:
    """Compare the log with its tiles, the newest first; yield how many entries were compared.

    Args:
        ledger: The ledger.
        least: Where it begins: a snapshot left out what came before.
    """
    size = ledger.head.size
    for number in range((size - 1) // TILE_WIDTH, least // TILE_WIDTH - 1, -1):
        first, last = max(number * TILE_WIDTH, least), min((number + 1) * TILE_WIDTH, size)
        entries = list(ledger.storage.entries(first, last))
        if len(entries) != last - first:
            raise _differs("entries are missing", first + len(entries))
        for position, entry in enumerate(entries, first):
            _line(entry, position)
        tile = ledger.storage.tile(0, number)
        if tile is not None and first == number * TILE_WIDTH:
            hashes = [leaf_hash(entry.leaf) for entry in entries]
            if tile.hashes != b"".join(hashes) or tile.root != root(hashes):
                raise _differs("the leaves are not those of their tile", first)
        yield len(entries)


def _line(entry: Entry, position: int) -> None:
    """Compare a line with the leaf that names its hash."""
    if entry.body is None or not entry.leaf.startswith(OPERATION_LEAF):
        return
    try:
        named = unb64(decode(entry.leaf[len(OPERATION_LEAF):])["operation"], 32)
    except (LedgerError, KeyError, TypeError):
        raise _differs("the leaf cannot be read", position) from None
    if leaf_hash(entry.body) != named:
        raise _differs("the line does not hash to its leaf", position)


def _differs(what: str, position: int) -> VerificationError:
    return VerificationError(
        "ledger-damaged", f"From entry {position} on {what}.", basis="docs/formats/log-leaf.md",
        remedy="Restore the newest backup and replay from it; keep the damaged file as evidence.")
