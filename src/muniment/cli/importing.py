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
BAR_WIDTH = 20


def import_file(
    file: Annotated[Path, typer.Argument(
        help="JSON lines, CSV or XML, plain or .gz; or a folder of XML and JSON documents.")],
    ledger: LedgerOption = Path("ledger"),
    form: Annotated[str | None, typer.Option(
        "--format", help="How to read it; by default this is recognised from the content.")] = None,
    mapping: Annotated[Path | None, typer.Option("--map", help="Mapping of a CSV (TOML).")] = None,
    claims: Annotated[bool, typer.Option(
        "--claims", help="Enter printed priority claims of the office's own filings.")] = False,
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
    from muniment.intake.sources import FORMATS

    read_as = summary["format"]
    show([
        ("file", name),
        ("read as", f"{read_as}: {FORMATS[read_as]}" if read_as in FORMATS else read_as),
        ("rows", summary["rows"]),
        *([("done before", summary["earlier_rows"])] if summary["earlier_rows"] else []),
        ("entered now", summary["entered"]),
        *([("claims entered", summary["claims"])] if summary["claims"] else []),
        ("stood already", summary["unchanged"]), ("refused", summary["refused_rows"]),
    ])
    _show_findings([(one["rule"], one["effect"], one["count"], one["sentence"])
                    for one in summary["rules"]])
    if "report" in summary:
        show([("report", summary["report"])])


def _show_findings(findings: list[tuple[str, str, int, str]]) -> None:
    """Print each finding with a bar, and what it means below: lines stay within a screen."""
    if not findings:
        return
    most = max(count for _, _, count, _ in findings)
    sys.stdout.write("\n")
    show_table(("finding", "effect", "rows", ""), [
        (rule, effect, f"{count:>6}", "#" * max(1, round(BAR_WIDTH * count / most)))
        for rule, effect, count, _ in findings
    ])
    sys.stdout.write("\n")
    for rule, _, _, sentence in findings:
        show([(rule, sentence)])


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
    show([("read as", source.format), ("filings read", total), ("would be refused", refused),
          ("written", "nothing (dry run)")])
    _show_findings([(code, "refused" if explain(code)[0] else "flagged", count, explain(code)[1])
                    for code, count in rules.most_common()])


def _shown(item: Any, broken: list[str]) -> dict[str, Any]:
    from muniment.intake.rules import filing_date

    record = item.record
    return {
        "date": filing_date(record) if record else None, "faults": broken,
        "number": record.number if record else item.label or None,
        "office": record.office if record else None,
        "right": record.right if record else None, "row": item.row,
    }
