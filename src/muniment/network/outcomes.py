"""What became of envelopes lately, by the hash of their bytes, for clients that wait for it."""

from collections import OrderedDict
from typing import NamedTuple

from muniment.engine import OPERATION_LEAF, Outcome
from muniment.proof.canonical import decode
from muniment.proof.crypto import sha256
from muniment.storage.protocol import Storage

KEPT = 65_536
READ_AT_START = 512


class Found(NamedTuple):
    """What became of an envelope, and in which block."""

    height: int
    name: str
    code: int
    detail: str
    position: int
    operations: tuple[int, ...]


class Outcomes:
    """The outcomes of the last envelopes.

    Those before the node was started are read from its log, as far as they were admitted: others
    leave no trace.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, Found] = OrderedDict()

    def add(self, name: bytes, height: int, outcome: Outcome) -> None:
        """Note what became of an envelope; once admitted it stays so.

        Args:
            name: SHA-256 of its bytes.
            height: The height of its block.
            outcome: What became of it.
        """
        known = self._found.get(name)
        if known is not None and known.code == 0:
            return
        self._found[name] = Found(height, outcome.name, outcome.code, outcome.detail,
                                  outcome.position, outcome.operations)
        while len(self._found) > KEPT:
            self._found.popitem(last=False)

    def get(self, name: bytes) -> Found | None:
        """Return what became of an envelope, or None if it is not known."""
        return self._found.get(name)

    def read(self, storage: Storage, size: int) -> None:
        """Read the last envelopes of a log of `size` leaves."""
        found: list[tuple[bytes, Found]] = []
        end = size
        while end > storage.restored().size and len(found) < READ_AT_START:
            envelope = storage.envelope_at(end - 1)
            if envelope is None or envelope.position >= end:
                break
            found.append(_outcome(storage, envelope.position, envelope.height, envelope.jws, end))
            end = envelope.position
        for name, one in reversed(found):
            self._found.setdefault(name, one)


def _outcome(
    storage: Storage, position: int, height: int, jws: bytes, end: int
) -> tuple[bytes, Found]:
    codes: list[int] = []
    lines = [jws]
    for entry in storage.entries(position, end):
        if not entry.leaf.startswith(OPERATION_LEAF):
            break
        codes.append(decode(entry.leaf[len(OPERATION_LEAF) :])["code"])
        lines.append(entry.body or b"")
    name = sha256(b"\n".join([*lines, b""]))
    return name, Found(height, "admitted", 0, "", position, tuple(codes))
