"""The state tree kept in pages: reads, batched writes, hashes.

- The root depends on the set of entries alone (`proof/statetree.py` has the ten-line reference);
  how entries are grouped into pages never shows in it.
- A page is a subtree. Its items are entries, or children: pages that hold a subtree of it.
- Every page that is read is hashed again and compared with its parent before it is used.
- Entries are added and replaced, never removed: the register does not forget.

It does not write to disk: `take_changed` hands the changed pages to the commit of a block.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

from muniment.proof.crypto import sha256
from muniment.proof.errors import Fault, StorageFault
from muniment.proof.statetree import Step, leaf_hash
from muniment.storage.page import Child, Join, Page, fold, joins_within, run_of, shares

PAGE_ITEMS_MAX = 32
"""A page with more items is divided. Measured: 16 to 48 differ by less than a tenth."""
PAGES_CACHED = 24_000
"""Pages kept in memory, about 8 KB each with their hashes."""
FINGERS = 3
"""How many pages read lately are tried first: filings in order look at two places in turn."""
STAMPS_MAX = 500_000
"""Pages found sound before that are known by a hash of their bytes, about 150 bytes each."""
EMPTY_ROOT = sha256(b"")


class PagedTree:
    """The state tree over a store of pages.

    Args:
        read_page: Returns the stored bytes of a page by number, or None.
        root_page: Number of the root page and the root that it must have, or None if empty.
        next_page: The first page number not yet used.
        pages_cached: How many pages to keep in memory.
        read_ahead: Told which pages a scan is about to read.
    """

    def __init__(
        self,
        read_page: Callable[[int], bytes | None],
        root_page: tuple[int, bytes] | None = None,
        next_page: int = 1,
        pages_cached: int = PAGES_CACHED,
        read_ahead: Callable[[Sequence[int]], None] | None = None,
    ) -> None:
        self._read_page = read_page
        self._read_ahead = read_ahead
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._changed: set[int] = set()
        self._root = root_page
        self._cached = pages_cached
        self._fingers: list[tuple[bytes, int, Page]] = []
        self._sound: dict[int, bytes] = {}
        self.next_page = next_page

    def root(self) -> bytes:
        """Return the root over all entries."""
        return self._root[1] if self._root else EMPTY_ROOT

    @property
    def root_page(self) -> tuple[int, bytes] | None:
        """The root page's number and its root."""
        return self._root

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        if self._root is None:
            return None
        page = self._nearest(key) or self._page(*self._root)
        lately = None
        while (index := page.child_of(key)) >= 0:
            child = page.items[index]
            if type(child) is not Child:
                raise Fault("An item that is no child was taken for one.")
            rep = page.keys[index]
            page = self._page(child.page, child.hash)
            lately = (rep, child.bits, page)
        if lately is not None:
            self._fingers = [lately, *self._fingers[: FINGERS - 1]]
        at = bisect_left(page.keys, key)
        found = at < len(page.keys) and page.keys[at] == key
        item = page.items[at] if found else None
        return item if isinstance(item, bytes) else None

    def _nearest(self, key: bytes) -> Page | None:
        """Return a page read lately to which a key belongs, or None."""
        for rep, bits, page in self._fingers:
            if shares(key, rep, bits):
                return page
        return None

    def move(self, root_page: tuple[int, bytes], next_page: int) -> None:
        """Read another version of the tree from now on; what it shares with this one is kept."""
        self._root = root_page
        self._fingers = []
        self.next_page = next_page

    def apply(self, entries: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Add or replace `entries` (sorted by key, each key once); return the new root."""
        if not entries:
            return self.root()
        self._fingers = []
        if self._root is None:
            number, page = self._new_page(Page([], [], []))
        else:
            number = self._root[0]
            page = self._page(*self._root)
        self._root = (number, self._write(number, page, entries))
        return self._root[1]

    def take_changed(self) -> list[tuple[int, bytes]]:
        """Return (number, bytes) of the pages changed since the last call, and forget which."""
        changed = [(number, self._pages[number].stored()) for number in sorted(self._changed)]
        self._changed.clear()
        self._fingers = []
        while len(self._pages) > self._cached:
            self._pages.popitem(last=False)
        return changed

    def _page(self, number: int, expected: bytes) -> Page:
        page = self._pages.get(number)
        if page is not None and page.root == expected:
            self._pages.move_to_end(number)
            return page
        page = self._load(number, expected)
        self._pages[number] = page
        if len(self._pages) > self._cached:
            self._evict()
        return page

    def _evict(self) -> None:
        """Forget the page used longest ago, unless it has changed since the last commit."""
        oldest = next(iter(self._pages))
        if oldest in self._changed:
            self._pages.move_to_end(oldest)
        else:
            del self._pages[oldest]

    def _load(self, number: int, expected: bytes) -> Page:
        data = self._read_page(number) or b""
        # The same bytes under the same parent are sound again: one hash instead of sixty.
        stamp = expected + sha256(data)
        sound = self._sound.get(number) == stamp
        try:
            page = Page.load(data)
            if not sound:
                sound = fold(page.hashes, page.bits, 0, len(page.keys)) == expected
            page.root = expected
        except (ValueError, TypeError, IndexError):
            sound = False
        if not sound:
            raise StorageFault(f"Page {number} of the state tree hashes to another root.")
        if len(self._sound) >= STAMPS_MAX:
            self._sound.clear()
        self._sound[number] = stamp
        return page

    def _new_page(self, page: Page) -> tuple[int, Page]:
        number = self.next_page
        self.next_page += 1
        self._pages[number] = page
        self._changed.add(number)
        return number, page

    def _write(self, number: int, page: Page, entries: Sequence[tuple[bytes, bytes]]) -> bytes:
        self._changed.add(number)
        below: dict[int, list[tuple[bytes, bytes]]] = {}
        own: list[tuple[bytes, bytes]] = []
        for entry in entries:
            index = page.child_of(entry[0])
            if index < 0:
                own.append(entry)
            else:
                below.setdefault(index, []).append(entry)
        for index, part in below.items():
            child = page.items[index]
            if type(child) is not Child:
                raise Fault("An item that is no child was taken for one.")
            digest = self._write(child.page, self._page(child.page, child.hash), part)
            page.items[index] = child._replace(hash=digest)
            page.hashes[index] = digest
        for key, value in own:
            page.put(key, value, leaf_hash(key, value))
        if len(page.keys) > PAGE_ITEMS_MAX:
            self._divide(page)
        page.root = fold(page.hashes, page.bits, 0, len(page.keys))
        return page.root

    def _divide(self, page: Page) -> None:
        """Move every subtree of about half a page out of an overfull page, in one pass.

        The pass folds the sorted items like `fold` does; a subtree that has gathered half a
        page becomes a child, so that what remains on the page is small.
        """
        runs: list[Page] = [run_of(page, 0)]
        joins: list[int] = []
        for index in range(1, len(page.keys)):
            while joins and joins[-1] > page.bits[index]:
                self._join(runs, joins)
            joins.append(page.bits[index])
            runs.append(run_of(page, index))
        while joins:
            self._join(runs, joins, last=len(joins) == 1)
        top = runs[0]
        page.keys, page.items = top.keys, top.items
        page.bits, page.hashes = top.bits, top.hashes

    def _join(self, runs: list[Page], joins: list[int], *, last: bool = False) -> None:
        bits = joins.pop()
        right = runs.pop()
        left = runs[-1]
        left.bits += [bits, *right.bits[1:]]
        left.keys += right.keys
        left.items += right.items
        left.hashes += right.hashes
        if not last and len(left.keys) >= PAGE_ITEMS_MAX // 2:
            root = left.root = fold(left.hashes, left.bits, 0, len(left.keys))
            number, _ = self._new_page(left)
            child = Child(number, bits, root)
            runs[-1] = Page([left.keys[0]], [child], [0], [root])

    def path(self, key: bytes) -> list[Step]:
        """Return the steps from the entry of `key` to the root; the key must be present."""
        return [(one.is_left, one.hash) for one in self.joins(key)]

    def joins(self, key: bytes) -> list[Join]:
        """Return the joins from the entry of `key` to the root; the key must be present."""
        if self._root is None:
            raise Fault("A path was asked for in an empty tree.")
        page = self._page(*self._root)
        joins: list[Join] = []
        while True:
            index = page.child_of(key)
            at = index if index >= 0 else bisect_left(page.keys, key)
            joins = joins_within(page, at) + joins
            if index < 0:
                return joins
            child = page.items[index]
            if type(child) is not Child:
                raise Fault("An item that is no child was taken for one.")
            page = self._page(child.page, child.hash)

    def scan(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries whose keys start with `prefix` and lie above `after`, in order."""
        if self._root is not None:
            yield from self._scan(self._page(*self._root), prefix, after)

    def _scan(self, page: Page, prefix: bytes, after: bytes) -> Iterator[tuple[bytes, bytes]]:
        items = page.under(prefix)
        if self._read_ahead is not None:
            self._read_ahead([
                item.page for key, item in items if type(item) is Child
                and self._reaches(item, key, after) and not self._is_cached(item)
            ])
        for key, item in items:
            if type(item) is Child:
                if self._reaches(item, key, after):
                    yield from self._scan(self._page(item.page, item.hash), prefix, after)
            elif key > after and isinstance(item, bytes):
                yield key, item

    def _is_cached(self, child: Child) -> bool:
        page = self._pages.get(child.page)
        return page is not None and page.root == child.hash

    @staticmethod
    def _reaches(child: Child, key: bytes, after: bytes) -> bool:
        """Return whether a child may hold keys above `after`."""
        return not after or key > after or shares(key, after, child.bits)

    def neighbours(self, key: bytes) -> tuple[bytes | None, bytes | None]:
        """Return the greatest key below `key` and the least key above it, None at the ends."""
        above = next(self.scan(b"", key), None)
        return self._below(key), above[0] if above else None

    def _below(self, key: bytes) -> bytes | None:
        if self._root is None:
            return None
        return self._last_below(self._page(*self._root), key)

    def _last_below(self, page: Page, key: bytes) -> bytes | None:
        inside = page.child_of(key)
        stop = bisect_left(page.keys, key)
        for index in range(max(stop - 1, inside), -1, -1):
            item = page.items[index]
            if type(item) is Child:
                found = self._last_below(self._page(item.page, item.hash), key)
                if found is not None:
                    return found
            elif page.keys[index] < key:
                return page.keys[index]
        return None
