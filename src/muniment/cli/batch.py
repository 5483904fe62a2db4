"""A batch of priority checks: the same answers as single checks, made by several processes.

The answers come in the order of the cases. They are the canonical bytes of the single answer with
the number of the line before it, whatever the number of processes (docs/priority.md); a brief
answer is made of the same results without their sentences.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from muniment.cli.assessment import is_fiction
from muniment.cli.common import progress_bar
from muniment.cli.priority import Checker, granted, read_case
from muniment.codec import encode
from muniment.model.priority import Assessment
from muniment.node.register import Register
from muniment.proof.errors import LedgerError, Malformed, NotFound

CASES_A_MESSAGE = 500
WORTH_PROCESSES = 4_000
"""With fewer cases starting another process takes longer than it saves."""
PROCESSES_MAX = 8
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
    brief: bool = False
    """Whether answers leave out the sentences and what they rest on."""

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


def answer(assessed: Assessment, *, brief: bool = False) -> dict[str, Any]:
    """Return an assessment as the command answers it, to be encoded."""
    members = assessed.as_brief() if brief else assessed.as_answer()
    members["fiction"] = is_fiction(assessed)
    return members


def answer_lines(checker: Checker, rows: Iterable[Row], *, brief: bool = False) -> bytes:
    """Return the answers to some cases, one canonical JSON line each."""
    lines = []
    for number, content in rows:
        try:
            later, claims = read_case(_plain(content))
            made = answer(checker.assess(later, claims), brief=brief)
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
    with ExitStack() as stack, progress_bar("priority check", None) as move:
        if wanted == 1:
            checker, _ = stack.enter_context(source.open())
            answers = _by_one(checker, chain(first, rows), source)
        else:
            from muniment.cli.batch_processes import answered

            answers = answered(stack, source, wanted, chain(first, rows))
        for done, lines in enumerate(answers, 1):
            out.write(lines)
            move(done * CASES_A_MESSAGE)
    out.flush()


def _by_one(checker: Checker, rows: Iterator[Row], source: Source) -> Iterator[bytes]:
    while some := list(islice(rows, CASES_A_MESSAGE)):
        yield answer_lines(checker, some, brief=source.brief)
