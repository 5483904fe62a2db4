"""Processes that answer the cases of a batch together.

- Each process opens the ledger for reading by itself; they begin once all see the same state, or
  with those that do. No process writes.
- Cases whose earlier numbers are neighbours go to the same process: what it has read of the state
  tree for one then serves the others, and no page is kept by two.
- `python -m muniment.cli.batch_processes [--brief] [DIRECTORY [GRANT]]` is one such process: it
  reads messages from its input, each a length and as many bytes, and answers in the same way.
"""

import gc
import re
import subprocess
import sys
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

from muniment.cli.batch import CASES_A_MESSAGE, Head, Row, Source, answer_lines
from muniment.cli.priority import Checker
from muniment.codec import pack, unpacker
from muniment.proof.errors import Fault

TRIES = 20
"""How often processes are asked to open again while a writer is busy."""
LENGTH_BYTES = 4
WAITING_MAX = 12 * CASES_A_MESSAGE
"""Cases of one process that wait for their turn, at most: so much memory a batch needs."""
NEIGHBOURS = 3
"""Digits at the end of a number that do not decide who answers."""
_BRIEF = "--brief"
_NUMBER = re.compile(rb'"claims".*?"number"\s*:\s*"([^"]*)"')
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))


class Worker:
    """Another process that answers cases; a context manager."""

    def __init__(self, source: Source) -> None:
        named = [str(one) for one in (source.ledger, source.grant) if one is not None]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", __spec__.name, *([_BRIEF] if source.brief else []), *named],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise Fault("A process of the batch has no input or output.")
        self._to, self._from = self._process.stdin, self._process.stdout
        self.head = Head(0, b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def ask(self, message: bytes) -> bytes:
        """Return the answer to a message.

        Raises:
            Fault: The process ended.
        """
        try:
            send(self._to, message)
            return receive(self._from)
        except (OSError, EOFError):
            raise Fault("A process of the batch ended before its time.") from None

    def open(self) -> None:
        """Let the process open the ledger, at its present head."""
        self.head = _HEAD(self.ask(b""))


_HEAD = unpacker(Head)
_ROWS = unpacker(list[tuple[int, bytes | dict[str, Any] | None]])


def send(stream: IO[bytes], message: bytes) -> None:
    """Write a message with its length before it."""
    stream.write(len(message).to_bytes(LENGTH_BYTES, "big") + message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Read a message.

    Raises:
        EOFError: The other side is gone.
    """
    length = stream.read(LENGTH_BYTES)
    message = stream.read(int.from_bytes(length, "big"))
    if len(length) < LENGTH_BYTES or len(message) < int.from_bytes(length, "big"):
        raise EOFError
    return message


def answered(
    stack: ExitStack, source: Source, wanted: int, rows: Iterator[Row]
) -> Iterator[bytes]:
    """Yield the answers to cases in their order, some at a time, each made by one of the processes.

    Args:
        stack: Ends the processes when it is left.
        source: What the claims are checked against.
        wanted: How many processes.
        rows: The cases.

    Raises:
        NotFound: There is no such ledger.
        Fault: A process ended before its time.
    """
    with source.open():
        pass  # what is wrong with it is said here, not by another process
    workers = [stack.enter_context(Worker(source)) for _ in range(wanted)]
    lanes = [stack.enter_context(Lane(one)) for one in _at_one_head(workers)]
    turns: deque[Lane] = deque()
    for row in rows:
        lane = lanes[neighbourhood(row) % len(lanes)]
        lane.take(row)
        turns.append(lane)
        if len(turns) >= WAITING_MAX * len(lanes):
            yield _first(turns, CASES_A_MESSAGE * len(lanes))
    while turns:
        yield _first(turns, CASES_A_MESSAGE)


def _first(turns: deque["Lane"], count: int) -> bytes:
    """Return the answers to the first cases that wait."""
    return b"".join([turns.popleft().answer() for _ in range(min(count, len(turns)))])


def neighbourhood(row: Row) -> int:
    """Return a number that cases of neighbouring earlier filings have in common."""
    number, content = row
    if isinstance(content, bytes):
        found = _NUMBER.search(content)
        printed = found[1] if found else b""
    else:
        printed = str((content or {}).get("earlier_number", "")).encode("utf-8", "replace")
    digits = printed.translate(None, _NO_DIGITS)
    return zlib.crc32(digits[:-NEIGHBOURS]) if digits else number


class Lane:
    """The cases that go to one process, and its answers to them; a context manager."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._taken: list[Row] = []
        self._asked: deque[Future[bytes]] = deque()
        self._answers: Iterator[bytes] = iter(())
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def take(self, row: Row) -> None:
        """Take a case; the process is asked once there are enough of them."""
        self._taken.append(row)
        if len(self._taken) >= CASES_A_MESSAGE:
            self._ask()

    def answer(self) -> bytes:
        """Return the answer to the first case that has none yet, as one line."""
        line = next(self._answers, None)
        if line is None:
            if not self._asked:
                self._ask()
            self._answers = iter(self._asked.popleft().result().splitlines(keepends=True))
            line = next(self._answers)
        return line

    def _ask(self) -> None:
        self._asked.append(self._pool.submit(self._worker.ask, pack(self._taken)))
        self._taken = []


def _at_one_head(workers: list[Worker]) -> list[Worker]:
    """Return the processes that see the same, newest state: all of them unless a writer is busy."""
    for one in workers:
        one.open()
    for _ in range(TRIES):
        newest = max(one.head for one in workers)
        behind = [one for one in workers if one.head != newest]
        if not behind:
            break
        for one in behind:
            one.open()
    newest = max(one.head for one in workers)
    return [one for one in workers if one.head == newest]


def serve(source: Source, stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer messages until the input ends; an empty one asks to open the ledger again."""
    with ExitStack() as opened:
        checker = Checker()
        while True:
            try:
                message = receive(stdin)
            except EOFError:
                return
            if message:
                send(stdout, answer_lines(checker, _ROWS(message), brief=source.brief))
                continue
            opened.close()
            checker, head = opened.enter_context(source.open())
            send(stdout, pack(head))


def main() -> None:
    """Be one of several processes."""
    gc.disable()  # nothing here makes cycles that stay
    brief = _BRIEF in sys.argv[1:2]
    ledger, grant, *_ = *map(Path, sys.argv[1 + brief:]), None, None
    serve(Source(ledger, grant, brief), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
