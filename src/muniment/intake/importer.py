"""Import a file: its filings to operations, disclosures to the vault, envelopes to the ledger.

- What is disclosed and signed is committed to the vault's outbox first. After a crash exactly
  those bytes are submitted again; the ledger refuses a second time by sequence, so that nothing
  is entered twice although salts are random.
- What depends on each other shares an envelope: a filing and its claims.
- Nothing is entered before the file is recognised, and a document before it is read whole.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from muniment.intake.entry import Enterer, Ready, Register
from muniment.intake.record import Item
from muniment.intake.rules import explain, judge
from muniment.intake.sources import Source
from muniment.vault.vault import JournalRow, Vault

ENVELOPE_OPERATIONS = 500
BATCH_ROWS = 4_000
_KINDS = ((b'"type":"claim-priority"', "claims"), (b'"type":"declare-relation"', "parents"))
"""What marks an operation, and where it is counted; every other one is a filing or copy."""
_REFUSED = {"claims": "claim-refused-by-ledger", "entered": "refused-by-ledger",
            "parents": "parent-refused-by-ledger"}
RENEWED = ("envelope-expired", "sequence-used", "sequence-out-of-window")
"""Refusals of an envelope that was never entered, and whose operations are signed anew."""


class Target(Register, Protocol):
    """The ledger into which is imported."""

    def sign(self, operations: Sequence[bytes], ahead: int) -> bytes:
        """Return a signed envelope."""

    def submit(self, envelopes: Sequence[bytes]) -> list[tuple[str, tuple[int, ...]]]:
        """Submit envelopes; return (name of the outcome, code of each operation) of each."""

    def has(self, envelope: bytes) -> bool:
        """Return whether the ledger holds this very envelope."""

    def renew(self, envelope: bytes) -> bytes:
        """Return the same operations signed anew."""


@dataclass(slots=True)
class Imported:
    """What an import did."""

    file: str
    """Digest of the file."""
    format: str
    """How it was read."""
    rows: int = 0
    """Rows read, earlier runs included."""
    earlier: int = 0
    """Rows that earlier runs had done with."""
    entered: int = 0
    """Filings and copies accepted in this run."""
    parents: int = 0
    """Parents accepted in this run."""
    claims: int = 0
    """Claims accepted in this run."""
    unchanged: int = 0
    """Rows that stood in the ledger already, or in an earlier row."""
    by_rule: Counter[str] = field(default_factory=Counter)
    """Rows by rule broken, earlier runs included."""
    refused: int = 0
    """Rows kept out, earlier runs included."""
    findings: list[JournalRow] = field(default_factory=list)
    """Every finding: row, rule, number."""


def preview(source: Source) -> Iterator[tuple[Item, list[str]]]:
    """Yield (item, rules broken) of a file; nothing is written (`--dry-run`)."""
    for item in source.items():
        yield item, judge(item.record)[1] if item.record else [item.fault]


class Importer:
    """Imports one file into one ledger.

    Args:
        target: The ledger.
        vault: Its vault.
        source: The file.
        claims: Whether to enter printed claims of the office's own filings.
        progress: Called with the number of rows done.
    """

    def __init__(
        self, target: Target, vault: Vault, source: Source, *, claims: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._target = target
        self._vault = vault
        self._source = source
        self._journal = source.journal + ("/claims" if claims else "")
        self._enterer = Enterer(target, vault, claims)
        self._progress = progress
        self.done = Imported(source.digest, source.format)

    def run(self) -> Imported:
        """Import what is not yet imported, and return what was done.

        Raises:
            Malformed: The file is damaged, or the mapping names a column that it lacks.
        """
        self._resend()
        self.done.earlier = self._vault.rows_done(self._journal)
        items = (one for one in self._source.items() if one.row > self.done.earlier)
        while batch := list(islice(items, BATCH_ROWS)):
            self._enter(batch)
            if self._progress:
                self._progress(batch[-1].row)
        return self._summary()

    def _resend(self) -> None:
        """Submit what an earlier run signed and perhaps did not submit."""
        for pending in self._vault.pending():
            if not self._target.has(pending.envelope):
                name, codes = self._target.submit([pending.envelope])[0]
                if name in RENEWED:
                    name, codes = self._target.submit([self._target.renew(pending.envelope)])[0]
                lines = pending.envelope.split(b"\n")[1:]
                for line, code in zip(lines, codes, strict=False):
                    self._accepted(code, _kind(line))
            self._vault.sent([pending.number])

    def _enter(self, batch: Sequence[Item]) -> None:
        findings: list[JournalRow] = []
        self._enterer.begin()
        ready = [one for item in batch if (one := self._prepare(item, findings)) is not None]
        parts = list(_parts(ready))
        envelopes = [self._target.sign([line for one in part for line in one.lines], ahead)
                     for ahead, part in enumerate(parts)]
        self._vault.keep(
            [disclosure for one in ready for disclosure in one.disclosures],
            envelopes=envelopes, file=self._journal, journal=findings, rows=batch[-1].row,
        )
        outcomes = self._target.submit(envelopes) if envelopes else []
        refused: list[JournalRow] = []
        for part, (name, codes) in zip(parts, outcomes, strict=True):
            self._count(part, name, codes, refused)
        self._vault.note(self._journal, refused)
        self._vault.sent([one.number for one in self._vault.pending()])

    def _prepare(self, item: Item, findings: list[JournalRow]) -> Ready | None:
        record = item.record
        if record is None:
            findings.append(JournalRow(item.row, item.fault, item.label))
            return None
        enters, broken = judge(record)
        shown = record.number if "number-missing" not in broken else item.label
        shown = "" if broken[:1] == ["columns-slipped"] and not enters else shown

        def find(code: str) -> None:
            findings.append(JournalRow(item.row, code, shown))

        for code in broken:
            find(code)
        return self._enterer.prepare(record, find) if enters else None

    def _count(
        self, part: Sequence[Ready], name: str, codes: Sequence[int], refused: list[JournalRow]
    ) -> None:
        """Count what was accepted of an envelope, and note what was refused."""
        each: Sequence[int | str] = codes or (name,) * sum(len(one.lines) for one in part)
        left = iter(each)
        for one in part:
            for line in one.lines:
                code, kind = next(left), _kind(line)
                if code != 0:
                    rule = _REFUSED[kind]
                    refused.append(JournalRow(one.row, f"{rule}:{code}", one.number))
                self._accepted(code, kind)

    def _accepted(self, code: int | str, kind: str) -> None:
        """Count an operation, if it was accepted."""
        if code == 0:
            setattr(self.done, kind, getattr(self.done, kind) + 1)

    def _summary(self) -> Imported:
        done = self.done
        done.rows = self._vault.rows_done(self._journal)
        done.findings = self._vault.journal(self._journal)
        refused = set()
        for one in done.findings:
            done.by_rule[one.rule] += 1
            if explain(one.rule)[0]:
                refused.add(one.row)
        done.refused = len(refused)
        done.unchanged = done.by_rule["already-entered"]
        return done


def _kind(line: bytes) -> str:
    """Return where an operation is counted."""
    return next((name for mark, name in _KINDS if mark in line), "entered")


def _parts(ready: Sequence[Ready]) -> Iterator[list[Ready]]:
    """Yield what shares an envelope: a filing and its claims are never parted."""
    part: list[Ready] = []
    count = 0
    for one in ready:
        if part and count + len(one.lines) > ENVELOPE_OPERATIONS:
            yield part
            part, count = [], 0
        part.append(one)
        count += len(one.lines)
    if part:
        yield part
