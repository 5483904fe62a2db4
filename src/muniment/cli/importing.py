"""`muniment import`: a file of filings into a ledger, with a report."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any

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

PREVIEW_ROWS = 20


def import_file(
    file: Annotated[Path, typer.Argument(help="JSON lines or CSV, plain or .gz.")],
    ledger: LedgerOption = Path("ledger"),
    mapping: Annotated[Path | None, typer.Option("--map", help="Mapping of a CSV (TOML).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show rows and faults.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the report as one HTML page.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import filings; resumable and repeatable. Nothing is mended, and every fault is reported."""
    with errors(as_json=as_json):
        from muniment.intake.mapping import OUR_SHAPE, load_map

        chosen = load_map(mapping) if mapping else OUR_SHAPE
        if dry_run:
            _preview(file, chosen, as_json=as_json)
            return
    with opened(ledger, as_json=as_json) as register:
        from muniment.intake.importer import Importer
        from muniment.intake.report import as_html
        from muniment.intake.report import as_json as report_json
        from muniment.node.register import ImportTarget

        with progress_bar(f"import {file.name}", None) as move:
            done = Importer(ImportTarget(register), register.vault, file, chosen, move).run()
        summary = report_json(done)
        if report:
            report.write_text(as_html(done, f"Import of {file.name}"), encoding="utf-8")
            summary["report"] = str(report)
    if as_json:
        print_json(summary)
        return
    _show(summary)


def _show(summary: dict[str, Any]) -> None:
    show([
        ("rows", summary["rows"]), ("entered now", summary["entered"]),
        ("stood already", summary["unchanged"]), ("refused", summary["refused_rows"]),
    ])
    show_table(("rule", "effect", "rows", "what is wrong"), [
        (one["rule"], one["effect"], one["count"], one["sentence"]) for one in summary["rules"]
    ])
    if "report" in summary:
        show([("report", summary["report"])])


def _preview(file: Path, mapping: Any, *, as_json: bool) -> None:
    from collections import Counter

    from muniment.intake.importer import preview

    rules: Counter[str] = Counter()
    shown: list[dict[str, Any]] = []
    rows = preview(file, mapping)
    for row, record, broken in islice(rows, PREVIEW_ROWS):
        rules.update(broken)
        shown.append({
            "date": record.date if record else None, "faults": broken,
            "number": record.number if record else None,
            "office": record.office if record else None,
            "right": record.right if record else None, "row": row.number,
        })
    total = len(shown)
    for _, _, broken in rows:
        rules.update(broken)
        total += 1
    if as_json:
        print_json({"faults": dict(sorted(rules.items())), "first_rows": shown, "rows": total})
        return
    show_table(("row", "office", "kind", "number", "date", "faults"), [
        (one["row"], one["office"], one["right"], one["number"], one["date"],
         " ".join(one["faults"])) for one in shown
    ])
    show([("rows", total), *sorted(rules.items()), ("written", "nothing (dry run)")])
