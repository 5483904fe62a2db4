"""The report of an import: counts by rule, as JSON and as one HTML page that needs nothing else.

Row number, application number and rule stand in it; no name, title or address ever does.
"""

from collections import defaultdict
from html import escape
from typing import Any

from muniment.intake.importer import Imported
from muniment.intake.rules import explain

ROWS_SHOWN = 200
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;
color:#1b1b1b}
table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;
text-align:start;vertical-align:top}td.n{text-align:end;font-variant-numeric:tabular-nums}
.bar{background:#e7e7e7;height:.9rem;min-width:12rem}.bar i{display:block;height:100%}
.refuses i{background:#a4262c}.flags i{background:#b7791f}h1{font-size:1.5rem}
summary{cursor:pointer}caption{text-align:start;font-weight:600;padding:.5rem 0}
@media print{details{display:block}}
"""


def as_json(done: Imported) -> dict[str, Any]:
    """Return the report as JSON members."""
    rules = [
        {"count": count, "effect": "refused" if explain(code)[0] else "flagged", "rule": code,
         "sentence": explain(code)[1]}
        for code, count in sorted(done.by_rule.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return {
        "claims": done.claims,
        "earlier_rows": done.earlier,
        "entered": done.entered,
        "file_sha256": done.file,
        "format": done.format,
        "refused_rows": done.refused,
        "rows": done.rows,
        "rules": rules,
        "unchanged": done.unchanged,
    }


def findings_json(done: Imported) -> list[dict[str, Any]]:
    """Return every finding as JSON members."""
    return [{"number": one.number, "row": one.row, "rule": one.rule} for one in done.findings]


def as_html(done: Imported, title: str) -> str:
    """Return the report as one HTML page."""
    report = as_json(done)
    most = max((one["count"] for one in report["rules"]), default=1)
    rows = "".join(_rule_row(one, most) for one in report["rules"])
    by_rule: dict[str, list[str]] = defaultdict(list)
    for one in done.findings:
        if len(by_rule[one.rule]) < ROWS_SHOWN:
            by_rule[one.rule].append(
                f"<tr><td class=n>{one.row}</td><td>{escape(one.number)}</td></tr>"
            )
    details = "".join(_details(code, lines, done.by_rule[code]) for code, lines in by_rule.items())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1><p>{done.rows} rows read, {done.entered} entered now, "
        f"{done.unchanged} stood already, <strong>{done.refused} refused</strong>. "
        f"SHA-256 of the file: <code>{done.file}</code></p>"
        "<table><caption>Findings by rule</caption><tr><th>Rule<th>What is wrong<th>Effect"
        f"<th>Rows<th>Share</tr>{rows}</table>{details}"
        "<p>Nothing was mended. Refused rows are not in the ledger; flagged ones are, as "
        "published.</p></html>\n"
    )


def _rule_row(rule: dict[str, Any], most: int) -> str:
    width = max(1, round(100 * rule["count"] / most))
    kind = "refuses" if rule["effect"] == "refused" else "flags"
    return (
        f"<tr><td><code>{escape(rule['rule'])}</code><td>{escape(rule['sentence'])}"
        f"<td>{rule['effect']}<td class=n>{rule['count']}"
        f"<td><div class='bar {kind}' role=img aria-label='{rule['count']} rows'>"
        f"<i style='width:{width}%'></i></div></tr>"
    )


def _details(code: str, lines: list[str], count: int) -> str:
    more = f", the first {ROWS_SHOWN} shown" if count > ROWS_SHOWN else ""
    return (
        f"<details><summary><code>{escape(code)}</code>: {count} rows{more}</summary>"
        f"<table><tr><th>Row<th>Number</tr>{''.join(lines)}</table></details>"
    )
