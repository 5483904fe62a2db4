"""The report of an import: counts by rule, as JSON and as one HTML page that needs nothing else.

Row number, application number and rule stand in it; no name, title or address ever does. The
documents of a folder that could not be read are named by their files.
"""

from collections import defaultdict
from html import escape
from typing import Any

from muniment.intake.importer import Imported
from muniment.intake.rules import explain
from muniment.intake.sources import FORMATS

ROWS_SHOWN = 200
_STYLE = """
:root{color-scheme:light;--ink:#1b1b1b;--soft:#5a5a5a;--line:#dcdcdc;--in:#2e6f57;--same:#8a9a94;
--out:#a4262c;--look:#b7791f}
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;
color:var(--ink);overflow-wrap:anywhere}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin:2rem 0 .3rem}
p{margin:.3rem 0}.soft{color:var(--soft);font-size:.9rem}
dl{display:flex;flex-wrap:wrap;gap:1rem;margin:1.2rem 0 .6rem}
dl div{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .9rem;min-width:6.5rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.4rem;
font-variant-numeric:tabular-nums}
.whole{display:flex;height:1.1rem;border-radius:.3rem;overflow:hidden;background:var(--line)}
.in{background:var(--in)}.same{background:var(--same)}.out{background:var(--out)}
.look{background:var(--look)}.key i{display:inline-block;width:.8rem;height:.8rem;
margin:0 .3rem 0 1rem;border-radius:.15rem}.key i:first-child{margin-left:0}
table{border-collapse:collapse;width:100%}
th,td{padding:.45rem .6rem;border-bottom:1px solid var(--line);text-align:start;vertical-align:top}
th{font-size:.85rem;color:var(--soft);font-weight:600}
.n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}
.find{width:17rem}.chart{width:26%}
.bar{background:#eee;height:1rem;border-radius:.2rem;margin-top:.25rem;overflow:hidden}
.bar i{display:block;height:100%;min-width:2px}
summary{cursor:pointer;padding:.2rem 0}details table{max-width:28rem;margin:.3rem 0 1rem 1rem}
@media(max-width:44rem){.findings tr:first-child{display:none}.findings tr{display:block;
padding:.5rem 0;border-bottom:1px solid var(--line)}.findings td{display:block;border:0;
padding:.1rem 0;width:auto;text-align:start}.findings td.n{display:inline-block;
padding-inline-end:1rem}.findings td.n:nth-child(3)::after{content:" rows"}}
@media print{body{margin:0}.bar,.whole{print-color-adjust:exact}}
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
        "parents": done.parents,
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
    read_as = (f"<code>{escape(done.format)}</code>: {escape(FORMATS[done.format])}"
               if done.format in FORMATS else "a folder of documents, each by its own content")
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>"
        f"<p>Read as {read_as}.</p>"
        f"<p class=soft>SHA-256 <code>{done.file}</code></p>"
        f"{_tiles(done)}{_whole(done)}"
        + _section(report, "refused", "Kept out of the ledger",
                   "These rows were refused. Nothing of them was entered.")
        + _section(report, "flagged", "Worth a look",
                   "These rows were not refused for it. Each shows something that an examiner may "
                   "want to know.")
        + _rows(done)
        + "<p class=soft>Nothing was mended: no date was guessed, no number completed, no column "
        "shifted back. This page names rows, numbers and rules, and no person.</p></html>\n"
    )


def _tiles(done: Imported) -> str:
    tiles = [("rows read", done.rows), ("entered now", done.entered)]
    if done.earlier:
        tiles.insert(1, ("done before", done.earlier))
    if done.parents:
        tiles.append(("parents entered", done.parents))
    if done.claims:
        tiles.append(("claims entered", done.claims))
    tiles += [("stood already", done.unchanged), ("refused", done.refused)]
    cells = "".join(f"<div><dt>{name}</dt><dd>{count:,}</dd></div>" for name, count in tiles)
    return f"<dl>{cells}</dl>"


def _whole(done: Imported) -> str:
    """Return one bar: what became of the rows."""
    others = max(0, done.rows - done.unchanged - done.refused)
    parts = (("in", "entered", others), ("same", "stood already", done.unchanged),
             ("out", "refused", done.refused))
    told = ", ".join(f"{count:,} {name}" for _, name, count in parts)
    bars = "".join(f"<i class={kind} style='flex:{count}'></i>"
                   for kind, _, count in parts if count)
    key = "".join(f"<i class={kind}></i>{name}" for kind, name, count in parts if count)
    return (f"<div class=whole role=img aria-label='{told}'>{bars}</div>"
            f"<p class='soft key'>{key}</p>")


def _section(report: dict[str, Any], effect: str, title: str, says: str) -> str:
    rules = [one for one in report["rules"] if one["effect"] == effect]
    if not rules:
        return ""
    rows = "".join(_rule_row(one, report["rows"]) for one in rules)
    return (
        f"<h2>{title}</h2><p>{says}</p><table class=findings><tr><th class=find>Finding"
        f"<th>What it means<th class=n>Rows<th class=n>Share<th class=chart></tr>{rows}</table>"
    )


def _rule_row(rule: dict[str, Any], rows: int) -> str:
    share = 100 * rule["count"] / max(rows, 1)
    kind = "out" if rule["effect"] == "refused" else "look"
    told = f"{share:.1f} %" if share >= 0.1 else "&lt; 0.1 %"
    return (
        f"<tr><td class=find><code>{escape(rule['rule'])}</code>"
        f"<td>{escape(rule['sentence'])}<td class=n>{rule['count']:,}<td class=n>{told}"
        f"<td class=chart><div class=bar role=img aria-label='{share:.1f} percent of the rows'>"
        f"<i class={kind} style='width:{min(share, 100):.2f}%'></i></div></tr>"
    )


def _rows(done: Imported) -> str:
    """Return the first rows of each finding, folded."""
    by_rule: dict[str, list[str]] = defaultdict(list)
    for one in done.findings:
        if len(by_rule[one.rule]) < ROWS_SHOWN:
            by_rule[one.rule].append(
                f"<tr><td class=n>{one.row:,}</td><td>{escape(one.number)}</td></tr>")
    if not by_rule:
        return "<h2>No findings</h2><p>Every row was read and entered as it is.</p>"
    order = sorted(by_rule, key=lambda code: (not explain(code)[0], -done.by_rule[code], code))
    return "<h2>Which rows</h2>" + "".join(
        _details(code, by_rule[code], done.by_rule[code]) for code in order)


def _details(code: str, lines: list[str], count: int) -> str:
    more = f", the first {ROWS_SHOWN} shown" if count > ROWS_SHOWN else ""
    return (
        f"<details><summary><code>{escape(code)}</code>: {count:,} "
        f"row{'' if count == 1 else 's'}{more}</summary>"
        f"<table><tr><th class=n>Row<th>Number or document</tr>{''.join(lines)}</table></details>"
    )
