"""The packaged reference data: tables with source and dates, made into rows of the ledger.

- Each table is a CSV file beside this one; a row of it becomes one row of reference data of at
  most 1,024 bytes (docs/reference-data.md).
- What nobody sourced is not here: a missing row means "unknown", never "no".
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from muniment.model.reference_shape import COPIES, COUNTED

Row = tuple[str, tuple[str, ...], dict[str, Any]]
"""Table, components of the row's name, members."""
PCT_OFFICES = (
    "AT", "AU", "BR", "CA", "CH", "CN", "CZ", "DE", "EP", "ES", "FR", "GB", "GR", "IB", "IL",
    "IN", "IT", "JP", "KR", "NO", "RU", "SE", "US",
)
"""Receiving Offices whose international application numbers are read."""
SOURCES_OF_PCT = "PCT Administrative Instructions s. 307; the form before 2004 has two digits"


def packaged_rows(profile: str = "solo") -> Iterator[Row]:
    """Yield every packaged row; those of the fictional offices only in a demo ledger."""
    prefixes = ("", "demo_") if profile == "demo" else ("",)
    for prefix in prefixes:
        yield from _rows(prefix)


@cache
def _rows(prefix: str) -> tuple[Row, ...]:
    makers = {
        "number_formats.csv": _number_format,
        "closed_days.csv": _closed_days,
        "memberships.csv": _membership,
        "periods.csv": _period,
        "restoration.csv": _restoration,
    }
    rows = [
        make(line)
        for name, make in makers.items()
        for line in _lines(prefix + name)
    ]
    rows += _policies(_lines(prefix + "policies.csv"))
    if not prefix:
        rows += [_pct_format(office) for office in PCT_OFFICES]
    return tuple(sorted(rows, key=lambda row: (row[0], row[1])))


def _lines(name: str) -> list[dict[str, str]]:
    path = files(__package__).joinpath(name)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _number_format(line: Mapping[str, str]) -> Row:
    row = {
        "check": line["check"],
        "examples": _listed(line["examples"]),
        "format": line["format"],
        "masks": _listed(line["masks"]),
        "office": line["office"],
        "right": line["right"],
        "series": line["series"].split(),
        "source": line["source"],
        "valid_from": line["valid_from"],
    }
    return "number-format", (line["office"], line["right"], line["format"]), row


def _pct_format(office: str) -> Row:
    masks = [
        f"PCT/{office}{{Y}}/{{N:6}}",
        f"PCT{office}{{Y}}{{N:6}}",
        f"PCT/{office}{{Y}}{{N:6}}",
        f"PCT/{office}{{y:78}}/{{N:5}}",
        f"PCT{office}{{y:78}}{{N:5}}",
        f"{office}{{Y}}/{{N:6}}",
    ]
    row = {
        "check": "",
        "examples": [f"PCT/{office}2007/019317", f"PCT/{office}99/12345"],
        "format": "pct",
        "masks": masks,
        "office": office,
        "right": "patent",
        "series": ["Y", "=PCT"],
        "source": SOURCES_OF_PCT,
        "valid_from": "",
    }
    return "number-format", (office, "patent", "pct"), row


def _closed_days(line: Mapping[str, str]) -> Row:
    closed = dict(one.split(" ", 1) for one in _listed(line["closed"]))
    row = {
        "closed": closed,
        "open": line["open"].split(),
        "source": line["source"],
        "weekend": [int(one) for one in line["weekend"]],
        **({"perhaps": line["perhaps"].split()} if line.get("perhaps") else {}),
        **({"own_list": False} if line.get("own_list") == "no" else {}),
    }
    return "closed-days", (line["office"], line["year"]), row


def _membership(line: Mapping[str, str]) -> Row:
    row = {"from": line["from"], "source": line["source"], "until": line["until"]}
    return "membership", (line["office"], line["treaty"]), row


def _period(line: Mapping[str, str]) -> Row:
    row = {"basis": line["basis"], "months": int(line["months"]), "source": line["source"]}
    return "period", (line["later"], line["earlier"]), row


def _restoration(line: Mapping[str, str]) -> Row:
    row = {
        "basis": line["basis"],
        "criterion": line["criterion"],
        "months": int(line["months"]),
        "source": line["source"],
        "valid_from": line["valid_from"],
        **({"request_months": int(line["request_months"])} if line["request_months"] else {}),
        **({"valid_until": line["valid_until"]} if line.get("valid_until") else {}),
    }
    return "restoration", (line["office"], line["right"], line["criterion"]), row


def _policies(lines: Iterable[Mapping[str, str]]) -> Iterator[Row]:
    """Yield the policies; what held before a row stands in it under `before`, newest first."""
    versions: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for line in lines:
        for right in line["rights"].split():
            versions.setdefault((line["office"], right, line["word"]), []).append(_policy(line))
    for name, rows in versions.items():
        newest, *older = sorted(rows, key=lambda row: str(row["valid_from"]), reverse=True)
        yield "policy", name, {**newest, "before": older} if older else newest


def _policy(line: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {name: line[name] for name in ("basis", "source", "valid_from", "value")}
    if line.get("each") == "yes":
        row["each"] = True
    if line.get("closes_early") == "yes":
        row["closes_early"] = True
    if line.get("late"):
        row["late"] = line["late"]
    if line["word"] == "own-period" and line["value"] == "months":
        row["months"] = int(line["filing_months"])
    if line["word"] in COUNTED:
        row["filing_months"] = int(line["filing_months"])
        row["priority_months"] = int(line["priority_months"])
    if line["word"] in COPIES:
        row["combine"] = line["combine"]
        row["library"] = line["library"]
        row["library_until"] = line["library_until"]
        if line.get("transmits") == "yes":
            row["transmits"] = True
        row["publication_counts"] = line["publication_counts"] == "yes"
    return row


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(";") if one.strip()]


class PackagedReference:
    """The packaged rows as the priority rules read them, without any ledger."""

    def __init__(self, profile: str = "solo") -> None:
        self._rows: dict[tuple[str, ...], dict[str, Any]] = {}
        self._under: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for table, name, row in packaged_rows(profile):
            self._rows[table, *name] = row
            for length in range(len(name) + 1):
                self._under.setdefault((table, *name[:length]), []).append(name)

    def row(self, table: str, *components: str) -> dict[str, Any] | None:
        """Return the row under `components`, or None."""
        return self._rows.get((table, *components))

    def rows(self, table: str, *prefix: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
        """Yield (components, row) of a table under a prefix, in order."""
        for name in self._under.get((table, *prefix), ()):
            yield name, self._rows[table, *name]
