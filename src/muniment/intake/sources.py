"""Which reader reads a file: recognised from its content, or named by `--format`.

- A file holds rows (JSON lines, CSV) or is one document (XML, a raw answer); a folder holds
  documents, one a file, in the order of their names. Each yields its filings as items.
- In a folder a document that cannot be read is the fault of that document; a file that cannot be
  read is an error with a stable code.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from muniment.intake import india_journal, ipgod, mapping, st66, st96, uspto_applications, xml
from muniment.intake.mapping import OUR_SHAPE, ColumnMap, check_columns
from muniment.intake.reader import (
    RawRow,
    file_digest,
    read_document,
    read_head,
    read_object,
    read_rows,
)
from muniment.intake.record import Item, Record
from muniment.intake.rules import READING_RULES
from muniment.proof.errors import LedgerError, Malformed, NotFound

HEAD_BYTES = 256 * 1024
LABEL_MAX = 40
FORMATS = {
    mapping.OUR_NAME: "JSON lines or CSV with our own names",
    mapping.NAME: "any CSV, with --map",
    uspto_applications.NAME: "applications of the USPTO (PEDS, ODP), lines or raw answers",
    india_journal.NAME: "tables of the Indian patent journal",
    ipgod.NAME: "applicants of Australian patents; copies without dates",
    st66.NAME: "trademarks in WIPO Standard ST.66",
    st96.NAME: "patents, marks and designs in WIPO Standard ST.96",
}
"""Name of a format -> what it is."""
_ENDINGS = (".xml", ".json", ".xml.gz", ".json.gz")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LINES: tuple[Any, ...] = (mapping, uspto_applications, india_journal, ipgod)
"""The readers of rows; each recognises its own by the names of the fields."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder with the reader that reads it."""

    name: str
    """What it is called, for people."""
    format: str
    digest: str
    """SHA-256 in hexadecimal."""
    journal: str
    """The name under which its import is journalled: digest, format and mapping."""
    items: Callable[[], Iterator[Item]]
    """Yields its filings, from the first; may be called again."""


def open_source(
    path: Path, name: str | None = None, column_map: ColumnMap = OUR_SHAPE
) -> Source:
    """Return a file or folder with its reader.

    Args:
        path: The file or folder.
        name: The format, one of FORMATS; by default it is recognised from the content.
        column_map: Where a CSV keeps its fields.

    Raises:
        NotFound: There is no such file or folder.
        Malformed: The format is not known, or the file cannot be read at all.
    """
    if name is not None and name not in FORMATS:
        raise _unknown(f"There is no format {name!r}.")
    if path.is_dir():
        return _folder(path, name)
    head = read_head(path, HEAD_BYTES)
    if name is None:
        name = mapping.NAME if column_map is not OUR_SHAPE else _recognise(path, head)
    digest = file_digest(path)
    if name in {st66.NAME, st96.NAME} or _is_answer(name, head):
        records = list(_of_document(path, name))
        return Source(path.name, name, digest, f"{digest}/{name}", lambda: _numbered(records))
    if name == mapping.NAME and column_map is OUR_SHAPE:
        raise _unknown("A CSV of any shape needs a mapping: --map FILE.")
    as_csv = not _is_json(head)
    read_by = name + _mapped(column_map)
    return Source(path.name, name, digest, f"{digest}/{read_by}",
                  lambda: _of_rows(name, read_rows(path, as_csv=as_csv), column_map))


def _mapped(column_map: ColumnMap) -> str:
    """Return what tells one mapping from another, so that a mended one reads the file anew."""
    if column_map is OUR_SHAPE:
        return ""
    parts = (sorted(column_map.columns.items()), sorted(column_map.constants.items()),
             column_map.date_format)
    return "-" + hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _recognise(path: Path, head: bytes) -> str:
    """Return the format of a file, from its content."""
    if _is_xml(head):
        return _standard(xml.parse(read_document(path)))
    lines = head.split(b"\n")[:100] if _is_json(head) else []
    fields: Iterable[Mapping[str, Any] | None] = map(read_object, lines)
    if not _is_json(head):
        fields = [_columns(head)]
    for one in fields:
        for reader in _LINES:
            if one and reader.recognises(one):
                return mapping.OUR_NAME if reader is mapping else str(reader.NAME)
    if _is_json(head) and _answer(read_document(path)) is not None:
        return uspto_applications.NAME
    raise _unknown(f"The content of {path.name} is not recognised.")


def _is_xml(head: bytes) -> bool:
    return head.startswith(_UTF_16) or _begin(head) == b"<"


def _is_json(head: bytes) -> bool:
    return _begin(head) in {b"{", b"["}


def _begin(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _is_answer(name: str, head: bytes) -> bool:
    """Return whether the applications stand in one document, not each in a line."""
    if name != uspto_applications.NAME:
        return False
    first = read_object(head.split(b"\n", 1)[0])
    return first is None or not uspto_applications.recognises(first)


def _columns(head: bytes) -> dict[str, Any]:
    try:
        line = head.splitlines()[0].decode("utf-8-sig") if head else ""
        return dict.fromkeys((one.strip() for one in next(csv.reader([line]), [])), "")
    except (UnicodeDecodeError, csv.Error):
        return {}


def _standard(root: xml.Element) -> str:
    """Return the standard of an XML document."""
    for reader in (st66, st96):
        if reader.open_document(root) is not None:
            return str(reader.NAME)
    raise xml.refusal("xml-unknown")


def _of_document(path: Path, name: str | None) -> Iterator[Record]:
    """Yield the filings of one document; its form is recognised where no format is named."""
    data = read_document(path)
    if name == uspto_applications.NAME or (name is None and not _is_xml(data)):
        found = _answer(data)
        if found is None:
            raise Malformed("document-unknown", READING_RULES["document-unknown"],
                            basis="docs/import.md", remedy="Compare it with that page.")
        yield from (uspto_applications.to_record(0, one) for one in found)
        return
    root = xml.parse(data)
    for reader in (st66, st96):
        document = reader.open_document(root) if name in {None, reader.NAME} else None
        if document is not None:
            yield from reader.records(document)
            return
    raise xml.refusal("xml-unknown")


def _answer(data: bytes) -> list[dict[str, Any]] | None:
    """Return the applications of a raw answer, or of a single one printed over many lines."""
    plain = read_object(data)
    if plain is None:
        return None
    single = [plain] if uspto_applications.recognises(plain) else None
    return single or uspto_applications.of_answer(plain)


def _numbered(records: Iterable[Record]) -> Iterator[Item]:
    for number, record in enumerate(records, 1):
        yield Item(number, replace(record, row=number))


def _of_rows(name: str, rows: Iterator[RawRow], column_map: ColumnMap) -> Iterator[Item]:
    if name == ipgod.NAME:
        yield from ipgod.read(rows)
        return
    for row in rows:
        if row.fields is None:
            yield Item(row.number, None, row.fault)
            continue
        if row.number == 1:
            check_columns(column_map, row.fields)
        yield Item(row.number, _to_record(name, row.number, row.fields, column_map))


def _to_record(
    name: str, number: int, fields: Mapping[str, Any], column_map: ColumnMap
) -> Record:
    if name == uspto_applications.NAME:
        return uspto_applications.to_record(number, fields)
    if name == india_journal.NAME:
        return india_journal.to_record(number, fields)
    return mapping.to_record(number, fields, column_map)


def _folder(path: Path, name: str | None) -> Source:
    files = sorted(one for one in path.iterdir()
                   if one.is_file() and one.name.lower().endswith(_ENDINGS))
    if not files:
        raise NotFound("file-not-found", f"The folder {path} holds no XML or JSON document.",
                       remedy="Name a folder with documents, or one file.")
    lines = [f"{file_digest(one)}  {one.name}\n" for one in files]
    digest = hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    read_by = name or "folder"
    return Source(path.name, read_by, digest, f"{digest}/{read_by}",
                  lambda: _of_folder(files, name))


def _of_folder(files: Iterable[Path], name: str | None) -> Iterator[Item]:
    number = 0
    for path in files:
        label = "".join(one for one in path.name if " " <= one <= "~")
        label = label if len(label) <= LABEL_MAX else f"...{label[3 - LABEL_MAX:]}"
        try:
            for record in _of_document(path, name):
                number += 1
                yield Item(number, replace(record, row=number), label=label)
        except LedgerError as error:
            number += 1
            yield Item(number, None, error.name, label)


def _unknown(detail: str) -> Malformed:
    return Malformed("format-unknown", f"{detail} The formats are {', '.join(FORMATS)}.",
                     basis="docs/import.md", remedy="Name the format: --format NAME, or --map FILE")
