"""A ledger read through a node: the storage of the solo ledger, over CometBFT's RPC.

- A reader stays at one height: it sees one state while blocks go on. `refresh` moves to the newest.
- Nothing that the node answers is believed. The last leaf of the log, which names the state root,
  is proven under the root of the log; pages, tiles and entries are hashed by who asks for them;
  the root itself is what a commit attests (`network/remote_ledger.py`).
"""

import base64
import binascii
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, Self

from muniment.codec import pack
from muniment.engine import BLOCK_LEAF
from muniment.network import questions
from muniment.network.questions import PREFIX, QUESTIONS, HeadAnswer, read_error
from muniment.network.rpc import Rpc, not_believed
from muniment.proof import merkle
from muniment.proof.canonical import decode
from muniment.proof.crypto import b64
from muniment.proof.errors import LedgerError, Refused
from muniment.proof.merkle import Frontier, leaf_hash
from muniment.storage.protocol import (
    BlockWrite,
    Entry,
    Head,
    Restored,
    StoredBlock,
    StoredEnvelope,
    Tile,
)

TILES_KEPT = 512
PAGES_AHEAD = questions.PAGES_MAX
_BASIS = "docs/rfc/0003-the-network.md"


class RemoteStorage:
    """The storage of a node's ledger, to be read at one height; a context manager.

    Args:
        rpc: The node.

    Raises:
        Busy: The node cannot be reached.
        VerificationError: Its head does not follow from its log.
    """

    is_promoted = True

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._tiles: OrderedDict[tuple[int, int], Tile] = OrderedDict()
        self._ahead: dict[int, bytes | None] = {}
        self._decided = 0
        self._head = self.refresh()

    def refresh(self) -> Head:
        """Read the newest height from now on; return where the ledger stands there.

        Raises:
            VerificationError: The head does not follow from the log, or the log went back.
        """
        answer: HeadAnswer = self.ask("head", (), newest=True)
        _require_head(answer)
        self._decided = answer.decided
        self._head = answer.head
        self._ahead.clear()
        return answer.head

    def decided(self) -> int:
        """Return the height of the last decided block, where the reader stands."""
        return self._decided

    def ask(self, name: str, arguments: Any, *, newest: bool = False) -> Any:
        """Ask the node one of `network/questions.py` at the height where the reader stands."""
        height = 0 if newest else self._decided
        answer = self._rpc.call("abci_query", path=f"{PREFIX}{name}", data=pack(arguments).hex(),
                                height=height, prove=False)
        try:
            response = answer["response"]
            if int(response.get("code") or 0) != questions.ANSWERED:
                raise read_error(str(response.get("log") or ""))
            return QUESTIONS[name].answer(base64.b64decode(response.get("value") or "",
                                                           validate=True))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError, binascii.Error):
            raise not_believed("its answer cannot be read") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._rpc.close()

    def head(self) -> Head | None:
        """Return the head at this height."""
        return self._head

    def page(self, number: int) -> bytes | None:
        """Return a page of the state tree."""
        if number not in self._ahead:
            self.read_ahead([number])
        return self._ahead.pop(number)

    def read_ahead(self, numbers: Sequence[int]) -> None:
        """Fetch pages that are about to be read, many at once."""
        for first in range(0, len(numbers), PAGES_AHEAD):
            part = list(numbers[first : first + PAGES_AHEAD])
            pages = self.ask("pages", part)
            if len(pages) != len(part):
                raise not_believed("it left pages out")
            self._ahead.update(zip(part, pages, strict=True))

    def tile(self, level: int, number: int) -> Tile | None:
        """Return a complete tile of the log."""
        known = self._tiles.get((level, number))
        if known is not None:
            return known
        return next(iter(self.tiles(level, number, number + 1)), None)

    def tiles(self, level: int, first: int, last: int) -> Iterator[Tile]:
        """Yield the complete tiles of a level, from `first` to before `last`."""
        while first < last:
            part: list[Tile] = self.ask("tiles", (level, first, last))
            if not part:
                return
            for one in part:
                if (one.level, one.number) != (level, first) or not first < last:
                    raise not_believed(f"tile {one.level}/{one.number} is not the one asked for")
                first += 1
                self._tiles[level, one.number] = one
                yield one
            while len(self._tiles) > TILES_KEPT:
                self._tiles.popitem(last=False)

    def entries(self, first: int, last: int) -> Iterator[Entry]:
        """Yield the entries from position `first` to before `last`."""
        last = min(last, self._head.size)
        while first < last:
            part: list[Entry] = self.ask("entries", (first, last))
            if not part or len(part) > last - first:
                raise not_believed(f"it does not answer for entry {first}")
            first += len(part)
            yield from part

    def envelope_at(self, position: int) -> StoredEnvelope | None:
        """Return the envelope whose operations begin at or last before `position`."""
        found: StoredEnvelope | None = self.ask("envelope-at", (position,))
        return found

    def has_envelope(self, jws: bytes) -> bool:
        """Return whether an envelope with this signed line is stored; the node looks at all."""
        return bool(self.ask("has-envelope", (jws,)))

    def envelopes(self, height: int) -> Sequence[StoredEnvelope]:
        """Return the envelopes of a block in their order."""
        found: list[StoredEnvelope] = []
        while True:
            first = found[-1].position + 1 if found else 0
            part: list[StoredEnvelope] = self.ask("envelopes", (height, first))
            if not part:
                return found
            for one in part:
                if not first <= one.position < self._head.size or one.height != height:
                    raise not_believed(f"it names an envelope of block {height} twice, or none")
                first = one.position + 1
            found += part

    def block_at(self, position: int) -> StoredBlock | None:
        """Return the block that holds the leaf at `position`."""
        found: StoredBlock | None = self.ask("block-at", (position,))
        return found if found is not None and found.position < self._head.size else None

    def blocks(self, after: int) -> Iterator[StoredBlock]:
        """Yield the blocks above a height in order, up to where the reader stands."""
        while after < self._head.height:
            part: list[StoredBlock] = self.ask("blocks", (after,))
            if not part:
                return
            for one in part:
                if not after < one.height:
                    raise not_believed(f"block {one.height} does not follow {after}")
                if one.height > self._head.height:
                    return
                after = one.height
                yield one

    def restored(self) -> Restored:
        """Return nothing: a reader grows no log."""
        return Restored(0, ())

    def commit(self, write: BlockWrite) -> None:
        """Refuse: blocks come from validators."""
        self._refuse()

    def forget_body(self, position: int) -> None:
        """Refuse: what a node keeps is its operator's business."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Refused("node-read-only", "A ledger on a network is changed by envelopes alone.",
                      basis=_BASIS)


def _require_head(answer: HeadAnswer) -> None:
    """Require that a head follows from the log whose frontier it names."""
    head = answer.head
    try:
        root = Frontier.load(head.size, head.frontier).root()
        merkle.verify_inclusion(leaf_hash(answer.leaf), head.size - 1, head.size, answer.path, root)
        if not answer.leaf.startswith(BLOCK_LEAF):
            raise not_believed("the last leaf of its log ends no block")
        block = decode(answer.leaf[len(BLOCK_LEAF) :])
        named = (block["height"], block["time"], block["state_root"])
    except (LedgerError, KeyError, TypeError) as error:
        raise not_believed(f"its head does not follow from its log ({error})") from None
    if named != (head.height, head.time, b64(head.state_root)):
        raise not_believed("its head is not what the last block of its log says")

