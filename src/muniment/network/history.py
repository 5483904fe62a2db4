"""How pages of the state tree were a few blocks ago, so that a reader can stay at one height.

Everything else in storage is only ever added to. A page is replaced in place; what it was before
is kept here in memory, within a bound of bytes, and storage is read at its newest.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence

from muniment.proof.errors import NotFound
from muniment.storage.protocol import Head

BYTES_MAX = 64 * 1024 * 1024
BLOCKS_MAX = 4_096


class History:
    """The last heights of a ledger.

    Args:
        head: Where it stands.
        decided: The height of its last decided block.
        bytes_max: Bytes of replaced pages to keep.
    """

    def __init__(self, head: Head, decided: int, bytes_max: int = BYTES_MAX) -> None:
        self.newest = decided
        self._heads: list[tuple[int, Head]] = [(decided, head)]
        self._blocks: deque[tuple[int, Sequence[tuple[int, bytes]]]] = deque()
        self._before: dict[int, deque[tuple[int, bytes]]] = {}
        self._bytes = 0
        self._bytes_max = bytes_max

    def add(self, height: int, head: Head, before: Sequence[tuple[int, bytes]]) -> None:
        """Note a decided block.

        Args:
            height: Its height.
            head: Where the ledger stands after it.
            before: The pages that it replaced, as they were.
        """
        self.newest = height
        if head == self._heads[-1][1]:
            return
        self._heads.append((height, head))
        self._blocks.append((height, before))
        for number, body in before:
            self._before.setdefault(number, deque()).append((height, body))
            self._bytes += len(body)
        while self._bytes > self._bytes_max or len(self._blocks) > BLOCKS_MAX:
            self._drop()

    def _drop(self) -> None:
        for number, body in self._blocks.popleft()[1]:
            kept = self._before[number]
            kept.popleft()
            self._bytes -= len(body)
            if not kept:
                del self._before[number]
        del self._heads[0]

    def head(self, height: int) -> tuple[int, Head]:
        """Return (height, head) at a height; 0 means the newest.

        Raises:
            NotFound: The height is no longer kept, or not yet reached.
        """
        wanted = height or self.newest
        at = bisect_right(self._heads, wanted, key=lambda one: one[0]) - 1
        if at < 0 or wanted > self.newest:
            raise NotFound(
                "height-not-kept", f"This node answers for heights {self._heads[0][0]} to "
                f"{self.newest}, not {wanted}.", basis="docs/rfc/0003-the-network.md",
                remedy="Ask again at the newest height.",
            )
        return wanted, self._heads[at][1]

    def page(self, number: int, height: int, read: Callable[[int], bytes | None]) -> bytes | None:
        """Return a page as it was after a height that `head` answers for."""
        for replaced_at, body in self._before.get(number, ()):
            if replaced_at > height:
                return body
        return read(number)
