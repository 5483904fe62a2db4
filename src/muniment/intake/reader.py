"""Rows and documents from files: JSON lines, CSV and whole documents, plain or gzip, in bounds.

- A row that cannot be read is a fault of that row; a file that cannot be read is an error with a
  stable code. Neither is ever a crash.
- Bounds come first: the length of a line, the size of a file once unpacked and how far it may
  unpack. The bytes are UTF-8 and nothing else.
"""

import csv
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from muniment.proof.errors import Malformed, NotFound

LINE_BYTES_MAX = 256 * 1024
FILE_BYTES_MAX = 16 * 1024**3
RATIO_MAX = 200
"""Text compresses twenty times; what unpacks further is no office's export."""
RATIO_CHECKED_FROM = 64 * 1024**2
DOCUMENT_BYTES_MAX = 16 * 1024**2
"""Largest document that is read whole, once unpacked; the largest seen so far has 0.3 MB."""
_GZIP = b"\x1f\x8b"
csv.field_size_limit(LINE_BYTES_MAX)


class RawRow(NamedTuple):
    """One row of a file."""

    number: int
    """Its number, from 1."""
    fields: dict[str, Any] | None
    """Its fields by name, or None if it cannot be read."""
    fault: str
    """The rule that it breaks, or empty."""


def file_digest(path: Path) -> str:
    """Return SHA-256 of a file, in hexadecimal: the name under which its import is journalled.

    Raises:
        NotFound: There is no such file.
    """
    if not path.is_file():
        raise NotFound("file-not-found", f"There is no file {path}.", remedy="Check the path.")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_rows(path: Path, skip: int = 0, *, as_csv: bool | None = None) -> Iterator[RawRow]:
    """Yield the rows of a file; `.csv` is CSV with a header, everything else JSON lines.

    Args:
        path: The file; `.gz` is unpacked on the way.
        skip: How many rows to leave out, because they are done with.
        as_csv: Whether it is CSV, whatever its name.

    Raises:
        Malformed: The file is damaged, unpacks too far, or is not UTF-8 text.
    """
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        lines = _lines(raw, packed=packed)
        is_csv = _is_csv(path) if as_csv is None else as_csv
        rows = _csv_rows(lines) if is_csv else _json_rows(lines)
        try:
            for row in rows:
                if row.number > skip:
                    yield row
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise _damaged("The compressed file is cut off or damaged.") from None


def read_lines(path: Path) -> Iterator[tuple[int, bytes | dict[str, Any] | None]]:
    """Yield (number, content) of the rows of a file: a JSON line as it stands, a CSV row's cells.

    It is `read_rows` for whoever parses elsewhere; a CSV row that cannot be read is None.

    Raises:
        Malformed: The file is damaged, unpacks too far, or is not UTF-8 text.
    """
    if _is_csv(path):
        yield from ((row.number, row.fields) for row in read_rows(path))
        return
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        try:
            for number, line in enumerate(_lines(raw, packed=packed), 1):
                if not line.isspace():
                    yield number, line
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise _damaged("The compressed file is cut off or damaged.") from None


def _is_csv(path: Path) -> bool:
    return path.name.removesuffix(".gz").lower().endswith((".csv", ".tsv"))


def read_document(path: Path) -> bytes:
    """Return a whole file, unpacked; one byte more than a document may have, if it has more.

    Raises:
        NotFound: There is no such file.
        Malformed: The file is damaged.
    """
    return read_head(path, DOCUMENT_BYTES_MAX + 1)


def read_head(path: Path, size: int) -> bytes:
    """Return the first bytes of a file, unpacked.

    Raises:
        NotFound: There is no such file.
        Malformed: The file is damaged.
    """
    if not path.is_file():
        raise NotFound("file-not-found", f"There is no file {path}.", remedy="Check the path.")
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        try:
            return (gzip.GzipFile(fileobj=raw) if packed else raw).read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise _damaged("The compressed file is cut off or damaged.") from None


def read_object(data: bytes) -> dict[str, Any] | None:
    """Return the JSON object that a document is, or None if it is none or too large."""
    if len(data) > DOCUMENT_BYTES_MAX:
        return None
    try:
        return parse_json(data)
    except ValueError:
        return None


def _lines(raw: BinaryIO, *, packed: bool) -> Iterator[bytes]:
    file: Any = gzip.GzipFile(fileobj=raw) if packed else raw
    total = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        total += len(line)
        if total > FILE_BYTES_MAX:
            raise _damaged("The file is larger than 16 GiB.")
        if packed and total > RATIO_CHECKED_FROM and total > RATIO_MAX * max(raw.tell(), 1):
            raise _damaged(f"The file unpacks to more than {RATIO_MAX} times its size.")
        if len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = file.readline(LINE_BYTES_MAX + 1)
                total += len(line)
                if total > FILE_BYTES_MAX:
                    raise _damaged("The file is larger than 16 GiB.")
            yield b"\xff"  # stands for a line too long; it is no UTF-8
            continue
        yield line


def _json_rows(lines: Iterator[bytes]) -> Iterator[RawRow]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield RawRow(number, parse_json(line), "")
        except UnicodeDecodeError:
            yield RawRow(number, None, "row-not-utf-8")
        except (ValueError, RecursionError):
            yield RawRow(number, None, "row-not-json")


def parse_json(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line.

    Raises:
        ValueError: It is none, not UTF-8, too deep, or names a member twice.
    """
    text = line.decode("utf-8").strip(" \t\r\n")
    try:
        plain, end = _DECODER.raw_decode(text)
    except RecursionError:
        raise ValueError("too deep") from None
    if end != len(text) or not isinstance(plain, dict):
        raise ValueError("no object")
    if "\\u" in text:  # half a surrogate pair can only be written so
        json.dumps(plain, ensure_ascii=False).encode("utf-8")
    return plain


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member name stands twice")
    return members


def _refuse(text: str) -> Any:
    raise ValueError(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse)


def _csv_rows(lines: Iterator[bytes]) -> Iterator[RawRow]:
    reader = csv.reader(_text(lines), strict=True)
    header: list[str] | None = None
    number = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            number += 1
            yield RawRow(number, None, "row-not-csv")
            continue
        if cells is None:
            return
        if header is None:
            header = [name.strip().removeprefix("\ufeff") for name in cells]
            if len(set(header)) != len(header):
                raise _damaged("A column name stands twice.")
            continue
        number += 1
        if "\udcff" in "".join(cells):
            yield RawRow(number, None, "row-not-utf-8")
        elif len(cells) != len(header):
            yield RawRow(number, None, "columns-slipped")
        else:
            yield RawRow(number, dict(zip(header, cells, strict=True)), "")


def _text(lines: Iterator[bytes]) -> Iterator[str]:
    for line in lines:
        try:
            yield line.decode("utf-8").replace("\0", "\udcff")
        except UnicodeDecodeError:
            yield "\udcff\n"


def _damaged(detail: str) -> Malformed:
    return Malformed(
        "file-damaged", detail, basis="docs/import.md", remedy="Fetch the file again."
    )
