"""What a node can be asked about its ledger, with `abci_query` under the path `/ledger/`.

Arguments and answers are packed values of the types named here; an error is the JSON of its
diagnostics. Nothing that a node answers is believed: the reader hashes it.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from muniment.codec import Natural, unpacker
from muniment.network.outcomes import Found
from muniment.proof.errors import Busy, LedgerError, Malformed, NotFound, VerificationError
from muniment.storage.protocol import Entry, Head, StoredBlock, StoredEnvelope, Tile

PREFIX = "/ledger/"
ENTRIES_MAX = 2_000
ENVELOPES_MAX = 512
BLOCKS_MAX = 1_000
TILES_MAX = 64
PAGES_MAX = 64
OUTCOMES_MAX = 1_024
ANSWER_BYTES_MAX = 2 * 1024 * 1024
"""An answer is cut short after so many bytes; the reader asks on from there."""
ANSWERED, FAILED = 0, 1


class HeadAnswer(NamedTuple):
    """Where a ledger stands, and how its head follows from its checkpoint."""

    decided: int
    """The height of the last decided block."""
    head: Head
    """The head."""
    leaf: bytes
    """The last leaf of the log: the block leaf that names the state root."""
    path: list[bytes]
    """Its inclusion path."""


class Question(NamedTuple):
    """What one path asks and answers."""

    arguments: Callable[[bytes], Any]
    """Reads the arguments; raises ValueError."""
    answer: Callable[[bytes], Any]
    """Reads the answer; raises ValueError."""


QUESTIONS: dict[str, Question] = {
    "head": Question(unpacker(tuple[()]), unpacker(HeadAnswer)),
    "pages": Question(unpacker(list[Natural]), unpacker(list[bytes | None])),
    "tiles": Question(unpacker(tuple[Natural, Natural, Natural]), unpacker(list[Tile])),
    "entries": Question(unpacker(tuple[Natural, Natural]), unpacker(list[Entry])),
    "envelope-at": Question(unpacker(tuple[Natural]), unpacker(StoredEnvelope | None)),
    "has-envelope": Question(unpacker(tuple[bytes]), unpacker(bool)),
    "envelopes": Question(unpacker(tuple[Natural, Natural]), unpacker(list[StoredEnvelope])),
    "block-at": Question(unpacker(tuple[Natural]), unpacker(StoredBlock | None)),
    "blocks": Question(unpacker(tuple[Natural]), unpacker(list[StoredBlock])),
    "outcomes": Question(unpacker(list[bytes]), unpacker(list[Found | None])),
}
_KINDS: dict[str, type[LedgerError]] = {
    kind.__name__: kind for kind in (Busy, Malformed, NotFound, VerificationError)
}


def write_error(error: LedgerError) -> str:
    """Return an error as a node answers it."""
    return json.dumps({"kind": type(error).__name__, **error.diagnostics()}, sort_keys=True)


def read_error(text: str) -> LedgerError:
    """Return the error that a node answered."""
    try:
        plain = json.loads(text)
        kind = _KINDS.get(plain["kind"], NotFound)
        return kind(str(plain["error"]), str(plain["detail"]), basis=str(plain.get("basis", "")),
                    remedy=str(plain.get("remedy", "")))
    except (ValueError, KeyError, TypeError, RecursionError):
        return NotFound("node-refused", f"The node does not answer this: {text[:200]}",
                        remedy="Check that it runs this version: muniment doctor")
