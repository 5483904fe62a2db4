"""Import a file: rows to operations, disclosures to the vault, envelopes to the ledger.

- What is disclosed and signed is committed to the vault's outbox first. After a crash exactly
  those bytes are submitted again; the ledger refuses a second time by sequence, so that nothing
  is entered twice although salts are random.
- Rows of the ledger's own office are filed; those of any other office are recorded as copies,
  with their source.
- A number that stands already is compared, never disclosed again; a tombstone is honoured.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from muniment.codec import Payload, encode
from muniment.intake.mapping import OUR_SHAPE, ColumnMap, Record, check_columns, to_record
from muniment.intake.reader import RawRow, file_digest, read_rows
from muniment.intake.rules import explain, judge
from muniment.operations.file_application import FileApplication
from muniment.operations.record_copy import RecordCopy
from muniment.proof.errors import LedgerError
from muniment.vault.vault import Disclosure, JournalRow, Vault, disclose

ENVELOPE_OPERATIONS = 500
BATCH_ENVELOPES = 8
RENEWED = ("envelope-expired", "sequence-used", "sequence-out-of-window")
"""Refusals of an envelope that was never entered, and whose operations are signed anew."""


class Target(Protocol):
    """The ledger into which is imported."""

    @property
    def office(self) -> str:
        """The office that operates it."""

    def look_up(self, office: str, right: str, number: str) -> tuple[str, str | None, bool]:
        """Return (reference, filing date that stands or None, whether a format reads it)."""

    def sign(self, operations: Sequence[bytes], ahead: int) -> bytes:
        """Return a signed envelope."""

    def submit(self, envelopes: Sequence[bytes]) -> list[tuple[str, tuple[int, ...]]]:
        """Submit envelopes; return (name of the outcome, code of each operation) of each."""

    def has(self, envelope: bytes) -> bool:
        """Return whether the ledger holds this very envelope."""

    def renew(self, envelope: bytes) -> bytes:
        """Return the same operations signed anew."""

    def today(self) -> str:
        """Return today's date."""


@dataclass(slots=True)
class Imported:
    """What an import did."""

    file: str
    """Digest of the file."""
    rows: int = 0
    """Rows read, earlier runs included."""
    entered: int = 0
    """Operations accepted in this run."""
    unchanged: int = 0
    """Rows that stood in the ledger already."""
    by_rule: Counter[str] = field(default_factory=Counter)
    """Rows by rule broken, earlier runs included."""
    refused: int = 0
    """Rows kept out, earlier runs included."""
    findings: list[JournalRow] = field(default_factory=list)
    """Every finding: row, rule, number."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A row that is ready to be entered."""

    row: int
    number: str
    line: bytes
    disclosures: tuple[Disclosure, ...]


def preview(path: Path, mapping: ColumnMap = OUR_SHAPE) -> Iterator[tuple[RawRow, Record | None,
                                                                           list[str]]]:
    """Yield (row, record, rules broken) of a file; nothing is written (`--dry-run`)."""
    for row in read_rows(path):
        if row.fields is None:
            yield row, None, [row.fault]
            continue
        if row.number == 1:
            check_columns(mapping, row.fields)
        record = to_record(row.number, row.fields, mapping)
        yield row, record, judge(record)[1]


class Importer:
    """Imports one file into one ledger.

    Args:
        target: The ledger.
        vault: Its vault.
        path: The file.
        mapping: Where the file keeps its fields.
        progress: Called with the number of rows done.
    """

    def __init__(
        self, target: Target, vault: Vault, path: Path, mapping: ColumnMap = OUR_SHAPE,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._target = target
        self._vault = vault
        self._path = path
        self._mapping = mapping
        self._progress = progress
        self._seen: set[str] = set()
        self.done = Imported(file_digest(path))

    def run(self) -> Imported:
        """Import what is not yet imported, and return what was done.

        Raises:
            Malformed: The file is damaged, or the mapping names a column that it lacks.
        """
        self._resend()
        skip = self._vault.rows_done(self.done.file)
        rows = self._rows(skip)
        size = ENVELOPE_OPERATIONS * BATCH_ENVELOPES
        while batch := list(islice(rows, size)):
            self._enter(batch)
            if self._progress:
                self._progress(batch[-1].number)
        return self._summary()

    def _rows(self, skip: int) -> Iterator[RawRow]:
        for row in read_rows(self._path):
            if row.number == 1 and row.fields is not None:
                check_columns(self._mapping, row.fields)
            if row.number > skip:
                yield row
            elif row.fields is not None:
                record = to_record(row.number, row.fields, self._mapping)
                self._seen.add(f"{record.office} {record.right} {record.number}")

    def _resend(self) -> None:
        """Submit what an earlier run signed and perhaps did not submit."""
        for pending in self._vault.pending():
            if not self._target.has(pending.envelope):
                name, codes = self._target.submit([pending.envelope])[0]
                if name in RENEWED:
                    name, codes = self._target.submit([self._target.renew(pending.envelope)])[0]
                self.done.entered += sum(code == 0 for code in codes)
            self._vault.sent([pending.number])

    def _enter(self, batch: Sequence[RawRow]) -> None:
        findings: list[JournalRow] = []
        ready = [one for row in batch if (one := self._prepare(row, findings)) is not None]
        parts = [ready[at : at + ENVELOPE_OPERATIONS]
                 for at in range(0, len(ready), ENVELOPE_OPERATIONS)]
        envelopes = [self._target.sign([one.line for one in part], ahead)
                     for ahead, part in enumerate(parts)]
        self._vault.keep(
            [disclosure for one in ready for disclosure in one.disclosures],
            envelopes=envelopes, file=self.done.file, journal=findings, rows=batch[-1].number,
        )
        outcomes = self._target.submit(envelopes) if envelopes else []
        refused = []
        for part, (name, codes) in zip(parts, outcomes, strict=True):
            for one, code in zip(part, codes or (name,) * len(part), strict=True):
                if code == 0:
                    self.done.entered += 1
                else:
                    refused.append(JournalRow(one.row, f"refused-by-ledger:{code}", one.number))
        self._vault.note(self.done.file, refused)
        self._vault.sent([one.number for one in self._vault.pending()])

    def _prepare(self, row: RawRow, findings: list[JournalRow]) -> _Ready | None:
        if row.fields is None:
            findings.append(JournalRow(row.number, row.fault, ""))
            return None
        record = to_record(row.number, row.fields, self._mapping)
        enters, broken = judge(record)
        shown = record.number if "number-missing" not in broken else ""
        shown = "" if broken[:1] == ["columns-slipped"] and not enters else shown
        findings.extend(JournalRow(row.number, code, shown) for code in broken)
        if not enters:
            return None
        return self._against_ledger(record, findings)

    def _against_ledger(self, record: Record, findings: list[JournalRow]) -> _Ready | None:
        def find(code: str) -> None:
            findings.append(JournalRow(record.row, code, record.number))

        named = f"{record.office} {record.right} {record.number}"
        if named in self._seen:
            find("number-in-file-twice")
            return None
        self._seen.add(named)
        reference, stands, known = self._target.look_up(record.office, record.right, record.number)
        if stands is not None:
            find("already-entered" if stands == record.date else "differs-from-entry")
            return None
        if not known:
            find("number-format-unknown")
        try:
            made = self._disclosures(record, reference, find)
        except LedgerError:
            find("text-too-long")
            return None
        digests = {one.name: digest for one, digest in made}
        line = encode(self._operation(record, digests))
        return _Ready(record.row, record.number, line, tuple(one for one, _ in made))

    def _disclosures(
        self, record: Record, reference: str, find: Callable[[str], None]
    ) -> list[tuple[Disclosure, str]]:
        values: dict[str, Any] = {}
        if any(record.applicants):
            values["applicants"] = [one for one in record.applicants if one]
        if record.title:
            values["title"] = record.title
        made = []
        for name, value in values.items():
            if self._vault.is_erased(reference, name):
                find("disclosure-erased")
                continue
            text, digest = disclose(name, value)
            made.append((Disclosure(reference, name, text), digest))
        return made

    def _operation(self, record: Record, digests: dict[str, str]) -> Payload:
        right: Any = record.right
        if record.office == self._target.office:
            return FileApplication(
                date=record.date, disclosed=digests, number=record.number, office=record.office,
                right=right,
            )
        return RecordCopy(
            date=record.date, disclosed=digests, number=record.number, office=record.office,
            recorder=self._target.office, retrieved=self._target.today(), right=right,
            source=record.source,
        )

    def _summary(self) -> Imported:
        done = self.done
        done.rows = self._vault.rows_done(done.file)
        done.findings = self._vault.journal(done.file)
        refused = set()
        for one in done.findings:
            done.by_rule[one.rule] += 1
            if explain(one.rule)[0]:
                refused.add(one.row)
        done.refused = len(refused)
        done.unchanged = done.by_rule["already-entered"]
        return done
