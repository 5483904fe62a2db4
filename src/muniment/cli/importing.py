"""`muniment import`: what an office has, from a file or folder into a ledger, with a report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from muniment.cli.common import (
    JsonOption,
    LedgerOption,
    errors,
    opened,
    print_json,
    progress_bar,
    show,
    show_table,
)

if TYPE_CHECKING:
    from muniment.intake.sources import Source

PREVIEW_ROWS = 20
BAR_WIDTH = 30
TEXT_WIDTH = 100


def import_file(
    file: Annotated[Path, typer.Argument(
        help="JSON lines, CSV or XML, plain or .gz; or a folder of XML and JSON documents.")],
    ledger: LedgerOption = Path("ledger"),
    form: Annotated[str | None, typer.Option(
        "--format", help="How to read it; by default this is recognised from the content.")] = None,
    mapping: Annotated[Path | None, typer.Option("--map", help="Mapping of a CSV (TOML).")] = None,
    claims: Annotated[bool, typer.Option(
        "--claims",
        help="Enter printed priority claims, and parents, of the office's own filings.")] = False,
    dry_run: Annotated[bool, typer.Option(
        "--dry-run", help="Show what would be read and found; write nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the report as one HTML page.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import filings; resumable and repeatable. Nothing is mended, and every finding is shown."""
    with errors(as_json=as_json):
        from muniment.intake.mapping import OUR_SHAPE, load_map
        from muniment.intake.sources import open_source

        source = open_source(file, form, load_map(mapping) if mapping else OUR_SHAPE)
        if dry_run:
            _preview(source, as_json=as_json)
            return
    with opened(ledger, as_json=as_json) as register:
        from muniment.intake.importer import Importer
        from muniment.intake.report import as_html
        from muniment.intake.report import as_json as report_json
        from muniment.node.register import ImportTarget

        with progress_bar(f"import {file.name}", None) as move:
            done = Importer(ImportTarget(register), register.vault, source, claims=claims,
                            progress=move).run()
        summary = report_json(done)
        if report:
            report.write_text(as_html(done, f"Import of {source.name}"), encoding="utf-8")
            summary["report"] = str(report)
    if as_json:
        print_json(summary)
        return
    _show(source.name, summary)


def _show(name: str, summary: dict[str, Any]) -> None:
    show([
        ("file", name), ("read as", _read_as(summary["format"])),
        ("rows", f"{summary['rows']:,}"),
        *([("done before", f"{summary['earlier_rows']:,}")] if summary["earlier_rows"] else []),
        ("entered now", f"{summary['entered']:,}"),
        *([("parents entered", f"{summary['parents']:,}")] if summary["parents"] else []),
        *([("claims entered", f"{summary['claims']:,}")] if summary["claims"] else []),
        ("stood already", f"{summary['unchanged']:,}"),
        ("refused", f"{summary['refused_rows']:,}"),
    ])
    _show_findings(summary["rules"], summary["rows"])
    if "report" in summary:
        sys.stdout.write("\n")
        show([("report", summary["report"])])


def _read_as(name: str) -> str:
    from muniment.intake.sources import FORMATS

    if name not in FORMATS:
        return "a folder of documents, each by its own content"
    return f"{name}: {FORMATS[name]}"


def _show_findings(rules: list[dict[str, Any]], rows: int) -> None:
    """Print each finding with its share of the rows and what it means, within the screen."""
    from shutil import get_terminal_size
    from textwrap import fill

    width = min(get_terminal_size().columns, TEXT_WIDTH)
    for effect, title in (("refused", "kept out of the ledger"), ("flagged", "worth a look")):
        found = [one for one in rules if one["effect"] == effect]
        if found:
            sys.stdout.write(f"\n{title}\n")
        for one in found:
            share = one["count"] / max(rows, 1)
            bar = "#" * max(1, round(BAR_WIDTH * min(share, 1)))
            sys.stdout.write(f"  {one['rule']:<24}{one['count']:>9,}  {bar}\n")
            sys.stdout.write(fill(one["sentence"], width, initial_indent=" " * 6,
                                  subsequent_indent=" " * 6) + "\n")


def _preview(source: "Source", *, as_json: bool) -> None:
    from collections import Counter

    from muniment.intake.importer import preview
    from muniment.intake.rules import explain

    rules: Counter[str] = Counter()
    shown: list[dict[str, Any]] = []
    total = refused = 0
    for item, broken in preview(source):
        total += 1
        rules.update(broken)
        refused += any(explain(one)[0] for one in broken)
        if len(shown) < PREVIEW_ROWS:
            shown.append(_shown(item, broken))
    if as_json:
        print_json({"faults": dict(sorted(rules.items())), "first_rows": shown,
                    "format": source.format, "refused": refused, "rows": total})
        return
    show_table(("row", "office", "kind", "number", "date", "findings"), [
        (one["row"], one["office"] or "-", one["right"] or "-", one["number"] or "-",
         one["date"] or "-", " ".join(one["faults"])) for one in shown
    ])
    sys.stdout.write("\n")
    show([("read as", _read_as(source.format)), ("filings", f"{total:,}"),
          ("would be refused", f"{refused:,}, before the ledger is asked"),
          ("written", "nothing (dry run)")])
    _show_findings([{"rule": code, "count": count, "sentence": explain(code)[1],
                     "effect": "refused" if explain(code)[0] else "flagged"}
                    for code, count in rules.most_common()], total)


def _shown(item: Any, broken: list[str]) -> dict[str, Any]:
    from muniment.intake.rules import filing_date

    record = item.record
    return {
        "date": filing_date(record) if record else None, "faults": broken,
        "number": record.number if record else item.label or None,
        "office": record.office if record else None,
        "right": record.right if record else None, "row": item.row,
    }
