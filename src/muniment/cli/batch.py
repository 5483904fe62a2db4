"""A batch of priority checks: the same answers as single checks, made by several processes.

- Each process opens the ledger for reading by itself; they begin once all see the same state, or
  with those that do. No process writes.
- The answers come in the order of the cases. They are the canonical bytes of the single answer
  with the number of the line before it, whatever the number of processes (docs/priority.md).
- `python -m muniment.cli.batch [DIRECTORY [GRANT]]` is one such process: it reads messages from its
  input, each a length and as many bytes, and answers in the same way.
"""

import gc
import os
import queue
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, Self

from muniment.cli.assessment import is_fiction
from muniment.cli.common import progress_bar
from muniment.cli.priority import Checker, granted, read_case
from muniment.codec import encode, pack, unpacker
from muniment.model.priority import Assessment
from muniment.node.register import Register
from muniment.proof.errors import Fault, LedgerError, Malformed, NotFound

CASES_A_MESSAGE = 500
WORTH_PROCESSES = 4_000
"""With fewer cases starting another process takes longer than it saves."""
PROCESSES_MAX = 8
TRIES = 20
"""How often processes are asked to open again while a writer is busy."""
LENGTH_BYTES = 4
Row = tuple[int, bytes | dict[str, Any] | None]
"""A case of a batch: its line, and its JSON text or its cells."""


class Head(NamedTuple):
    """What a process sees of the ledger."""

    height: int
    state_root: bytes


class Source(NamedTuple):
    """What claims are checked against: a ledger, or the packaged reference data alone."""

    ledger: Path | None = None
    """The ledger's directory."""
    grant: Path | None = None
    """A file with the applicant's disclosure of a sealed filing."""

    @contextmanager
    def open(self) -> Iterator[tuple[Checker, Head]]:
        """Open the ledger for reading; yield who checks claims, and the head that he sees."""
        if self.ledger is None:
            if self.grant is not None:
                raise Malformed("case-malformed", "A grant is read against a ledger.",
                                remedy="Add --ledger DIR.")
            yield Checker(), Head(0, b"")
            return
        with Register(self.ledger, read_only=True) as register:
            head = register.ledger.head
            yield (Checker(register.ledger.state, granted(register, self.grant)),
                   Head(head.height, head.state_root))


def answer(assessed: Assessment) -> dict[str, Any]:
    """Return an assessment as the command answers it, to be encoded."""
    return {**assessed.as_answer(), "fiction": is_fiction(assessed)}


def answer_lines(checker: Checker, rows: Iterable[Row]) -> bytes:
    """Return the answers to some cases, one canonical JSON line each."""
    lines = []
    for number, content in rows:
        try:
            later, claims = read_case(_plain(content))
            made = answer(checker.assess(later, claims))
        except LedgerError as error:
            made = error.diagnostics()
        made["line"] = number
        lines.append(encode(made))
    checker.forget()
    return b"\n".join([*lines, b""])


def _plain(content: bytes | dict[str, Any] | None) -> Any:
    from muniment.intake.reader import parse_json

    if isinstance(content, bytes):
        try:
            content = parse_json(content)
        except ValueError:
            raise Malformed("case-malformed", "The line is no JSON object.",
                            basis="docs/priority.md") from None
    if content is None or "later" in content or "claims" in content:
        return content
    return {
        "claims": [{"date": content.get("earlier_date"), "number": content.get("earlier_number"),
                    "facts": content.get("facts") or {},
                    "office": content.get("earlier_office"),
                    "right": content.get("earlier_right") or content.get("right")}],
        "later": {"filing_date": content.get("later_date"),
                  "number": content.get("later_number"), "office": content.get("later_office")},
        "right": content.get("right"),
    }


def check_batch(
    path: Path, source: Source, out: BinaryIO, processes: int | None = None
) -> None:
    """Answer every case of a file, in order.

    Args:
        path: JSON lines or CSV of cases.
        source: What the claims are checked against.
        out: Where the answers go.
        processes: How many processes; as many as there are cores by default.

    Raises:
        NotFound: There is no such file or ledger.
        Malformed: The file is damaged.
    """
    from muniment.intake.reader import read_lines

    if not path.is_file():
        raise NotFound("file-not-found", f"There is no file {path}.", remedy="Check the path.")
    rows: Iterator[Row] = read_lines(path)
    first = list(islice(rows, WORTH_PROCESSES if processes is None else 1))
    wanted = processes or min(len(os.sched_getaffinity(0)), PROCESSES_MAX)
    if processes is None and len(first) < WORTH_PROCESSES:
        wanted = 1
    messages = _messages(chain(first, rows))
    with ExitStack() as stack, progress_bar("priority check", None) as move:
        if wanted == 1:
            checker, _ = stack.enter_context(source.open())
            answers: Iterator[bytes] = (answer_lines(checker, one) for one in messages)
        else:
            answers = _in_parallel(stack, source, wanted, messages)
        for done, lines in enumerate(answers, 1):
            out.write(lines)
            move(done * CASES_A_MESSAGE)
    out.flush()


def _messages(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while message := list(islice(rows, CASES_A_MESSAGE)):
        yield message


class Worker:
    """Another process that answers cases; a context manager."""

    def __init__(self, source: Source) -> None:
        named = [str(one) for one in source if one is not None]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "muniment.cli.batch", *named],
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


def _in_parallel(
    stack: ExitStack, source: Source, wanted: int, messages: Iterator[list[Row]]
) -> Iterator[bytes]:
    """Yield the answers to messages in their order, each made by some process."""
    with source.open():
        pass  # what is wrong with it is said here, not by another process
    workers = [stack.enter_context(Worker(source)) for _ in range(wanted)]
    idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    for one in _at_one_head(workers):
        idle.put(one)
    pool = stack.enter_context(ThreadPoolExecutor(wanted))

    def ask(message: list[Row]) -> bytes:
        worker = idle.get()
        try:
            return worker.ask(pack(message))
        finally:
            idle.put(worker)

    running: deque[Future[bytes]] = deque()
    for message in messages:
        running.append(pool.submit(ask, message))
        if len(running) > 2 * wanted:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


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
                send(stdout, answer_lines(checker, _ROWS(message)))
                continue
            opened.close()
            checker, head = opened.enter_context(source.open())
            send(stdout, pack(head))


def main() -> None:
    """Be one of several processes."""
    gc.disable()  # nothing here makes cycles that stay
    serve(Source(*map(Path, sys.argv[1:])), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
