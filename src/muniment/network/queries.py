"""Answers of a node to questions about its ledger, from committed blocks only.

A question names the height at which it is asked, so that a reader sees one state while blocks go
on. A few heights are kept (`history.py`); the rest of storage is only ever added to.
"""

import threading
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from muniment.codec import pack
from muniment.model.state import State
from muniment.network import questions
from muniment.network.history import History
from muniment.network.outcomes import Found, Outcomes
from muniment.network.peers import Peers
from muniment.network.questions import PREFIX, QUESTIONS, HeadAnswer
from muniment.proof import merkle
from muniment.proof.errors import Malformed, NotFound
from muniment.storage.log import LogReader
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import Entry, Head, StoredBlock, StoredEnvelope, Tile
from muniment.storage.sqlite import SqliteStorage

FILTER = "/p2p/filter/"
Item = TypeVar("Item")


class Queries:
    """What the query connection answers from.

    Args:
        storage: A reader of its own, whose snapshot is moved after each commit.
        decided: The height of the last decided block.
        guests: Returns the ids of nodes that are let in beside those that the ledger names.
    """

    def __init__(
        self, storage: SqliteStorage, decided: int,
        guests: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._guests = guests
        self._storage = storage
        self._guard = threading.Lock()
        self._head = _head_of(storage)
        self._history = History(self._head, decided)
        self._outcomes = Outcomes()
        self._outcomes.read(storage, self._head.size)
        self._answered: tuple[Head, HeadAnswer] | None = None
        self._tree = PagedTree(
            storage.page, (self._head.root_page, self._head.state_root), self._head.next_page,
            pages_cached=64,
        )
        self._peers = Peers(storage)
        self._peers.move(decided, self._head, State(self._tree))

    def close(self) -> None:
        """Release the reader."""
        self._storage.close()

    def move(
        self, height: int, head: Head, before: list[tuple[int, bytes]],
        outcomes: Iterable[tuple[bytes, Any]],
    ) -> None:
        """Stand on a newly committed block.

        Args:
            height: Its height.
            head: Where the ledger stands now.
            before: The pages that it replaced, as they were.
            outcomes: What became of each envelope, by SHA-256 of its bytes.
        """
        with self._guard:
            self._storage.refresh()
            self._history.add(height, head, before)
            for name, outcome in outcomes:
                self._outcomes.add(name, height, outcome)
            is_changed = head != self._head
            if is_changed:
                self._head = head
                self._tree.move((head.root_page, head.state_root), head.next_page)
            self._peers.move(height, head, State(self._tree) if is_changed else None)

    def look_again(self) -> None:
        """See what was fetched of the log since the last block."""
        with self._guard:
            self._storage.refresh()

    def lets_in(self, path: str) -> bool:
        """Return whether a peer may connect.

        Only the id of a node says who it is; an address may be anyone's.
        """
        kind, _, name = path.removeprefix(FILTER).partition("/")
        return (kind != "id" or self._peers.lets_in(name.lower())
                or name.lower() in self._guests())

    def answer(self, path: str, data: bytes, height: int) -> tuple[int, bytes]:
        """Return (height, packed answer) of a question.

        Args:
            path: `/ledger/...`.
            data: Its packed arguments.
            height: The height at which it is asked; 0 for the newest.

        Raises:
            NotFound: There is no such question, or the height is not kept.
            Malformed: The arguments are not those of the question.
        """
        name = path.removeprefix(PREFIX)
        question = QUESTIONS.get(name)
        if question is None or not path.startswith(PREFIX):
            raise NotFound("question-unknown", f"A node cannot be asked {path[:80]}.",
                           basis="docs/rfc/0003-the-network.md")
        try:
            arguments = question.arguments(data)
        except ValueError as error:
            raise Malformed("question-malformed", f"{name}: {error}",
                            basis="docs/rfc/0003-the-network.md") from None
        with self._guard:
            at, head = self._history.head(height)
            if name != "has-envelope":
                return at, pack(self._answer(name, arguments, at, head))
        # It looks at every envelope: no commit waits for that, so it has a reader of its own.
        with SqliteStorage(self._storage.directory, read_only=True) as reader:
            return at, pack(reader.has_envelope(*arguments))

    def _answer(self, name: str, arguments: Any, height: int, head: Head) -> Any:
        if name == "head":
            return self._head_answer(height, head)
        if name == "pages":
            read = self._storage.page
            return [self._history.page(number, height, read)
                    for number in arguments[: questions.PAGES_MAX]]
        if name == "outcomes":
            return self._found(arguments[: questions.OUTCOMES_MAX])
        ask: Callable[..., Any] = getattr(self, "_" + name.replace("-", "_"))
        return ask(*arguments)

    def _head_answer(self, height: int, head: Head) -> HeadAnswer:
        if self._answered is None or self._answered[0] != head:
            last = next(iter(self._storage.entries(head.size - 1, head.size))).leaf
            node = LogReader(self._storage, head.size).node
            path = merkle.inclusion_path_from(node, head.size - 1, head.size)
            self._answered = head, HeadAnswer(0, head, last, path)
        return self._answered[1]._replace(decided=height)

    def _found(self, names: list[bytes]) -> list[Found | None]:
        return [self._outcomes.get(name) for name in names]

    def _tiles(self, level: int, first: int, last: int) -> list[Tile]:
        if not 0 <= level < 8:
            raise Malformed("question-malformed", f"There is no level {level}.")
        return list(islice(self._storage.tiles(level, first, last), questions.TILES_MAX))

    def _entries(self, first: int, last: int) -> list[Entry]:
        wanted = self._storage.entries(first, min(last, first + questions.ENTRIES_MAX))
        return _within_bytes(wanted, lambda one: len(one.leaf) + len(one.body or b""))

    def _envelope_at(self, position: int) -> StoredEnvelope | None:
        return self._storage.envelope_at(position)

    def _envelopes(self, height: int, first: int) -> list[StoredEnvelope]:
        wanted = [one for one in self._storage.envelopes(height) if one.position >= first]
        return _within_bytes(wanted[: questions.ENVELOPES_MAX], lambda one: len(one.jws))

    def _block_at(self, position: int) -> StoredBlock | None:
        return self._storage.block_at(position)

    def _blocks(self, after: int) -> list[StoredBlock]:
        return list(islice(self._storage.blocks(after), questions.BLOCKS_MAX))


def _head_of(storage: SqliteStorage) -> Head:
    head = storage.head()
    if head is None:
        raise NotFound("ledger-not-found", "The ledger has no genesis.")
    return head


def _within_bytes(wanted: Iterable[Item], size: Callable[[Item], int]) -> list[Item]:
    found: list[Item] = []
    total = 0
    for one in wanted:
        found.append(one)
        total += size(one)
        if total > questions.ANSWER_BYTES_MAX:
            break
    return found
