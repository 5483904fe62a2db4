"""`muniment office`: what an office asks of a priority claim, when it is closed, how it numbers.

Without `--ledger` the packaged reference data answers. A value that nobody sourced says
"unknown"; nothing stands in for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli import number
from muniment.cli.account import office_app
from muniment.cli.common import JsonOption, errors, opened, print_json, show, show_table
from muniment.model.calendar import DAY_NAMES, Reference
from muniment.model.office import DEMO
from muniment.model.reference_shape import IN_MONTHS
from muniment.proof.errors import Malformed, NotFound

OfficeArgument = Annotated[str, typer.Argument(help="ST.3 code, e.g. EP; IB for the PCT.")]
OptionalLedger = Annotated[
    Path | None,
    typer.Option("--ledger", envvar="MUNIMENT_LEDGER", help="Read the rows of this ledger."),
]
ORDER = ("declaration", "number", "copy", "translation", "fee", "internal",
         "own-declared", "own-copy", "own-period", "same-day", "restored",
         "calendar")
MEANINGS = {
    "declaration": "when priority must be claimed",
    "number": "when the earlier number must be given",
    "copy": "when the certified copy must be there",
    "translation": "whether and when a translation is asked for",
    "fee": "whether a claim costs a fee",
    "internal": "priority of an earlier filing at the same office",
    "title": "whether a title executed after the later filing comes too late",
    "own-declared": "when that must be claimed, and the number given",
    "own-copy": "when a certified copy of that must be there",
    "own-period": "until when that can be claimed",
    "same-day": "a later filing made on the day of the earlier one",
    "restored": "which restorations of another office have effect here",
    "calendar": "whose closed days count",
    "countries": "of which countries first filings are recognised",
}
LATE = {"invitation": "later only after the office has invited",
        "lost": "later the claim is lost unless the office excuses the delay"}

app = office_app
app.command("formats")(number.formats)


@contextmanager
def reference_data(ledger: Path | None, *, as_json: bool) -> Iterator[Reference]:
    """Open the reference data of a ledger, or the packaged one."""
    if ledger is None:
        from muniment.reference import PackagedReference

        with errors(as_json=as_json):
            yield PackagedReference("demo")
        return
    from muniment.model.reference import LedgerReference

    with opened(ledger, as_json=as_json, read_only=True) as register:
        yield LedgerReference(register.ledger.state)


@app.command()
def policy(
    office: OfficeArgument,
    right: Annotated[str | None, typer.Option(help="Only this kind of right.")] = None,
    ledger: OptionalLedger = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an office asks of a priority claim: values, legal basis, source, since when."""
    office = office.upper()
    if right is not None and right not in number.RIGHTS:
        with errors(as_json=as_json):
            raise Malformed("right-unknown", f"{right} is no kind of right.",
                            remedy=f"Use one of {', '.join(number.RIGHTS)}.")
    prefix = (office,) if right is None else (office, right)
    with reference_data(ledger, as_json=as_json) as reference:
        rows = [(name[1], name[2], row) for name, row in reference.rows("policy", *prefix)]
        if not rows:
            raise NotFound("policy-unknown", f"No policy of {'/'.join(prefix)} is published.",
                           basis="docs/reference-data.md",
                           remedy="The office writes one: docs/reference-data.md shows how.")
    rows.sort(key=lambda one: (number.RIGHTS.index(one[0]), _place(one[1])))
    if as_json:
        print_json([{"right": kind, "word": word, **row} for kind, word, row in rows])
        return
    for kind in dict.fromkeys(one[0] for one in rows):
        shown = [line for right, word, row in rows if right == kind
                 for line in _policy_lines(word, row)]
        show([("office", f"{office}, {kind}"), *shown], fiction=office in DEMO)


def _place(word: str) -> int:
    return ORDER.index(word) if word in ORDER else len(ORDER)


def _policy_lines(word: str, row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield word, f"{value_in_words(row)}  ({MEANINGS.get(word, 'a policy of the office')})"
    yield from _grounds(row)
    for older in row.get("before", ()):
        yield "  before that", value_in_words(older)
        yield from _grounds(older)


def _grounds(row: dict[str, Any]) -> list[tuple[str, Any]]:
    lines = [("  basis", row["basis"]), ("  source", row["source"]), ("  since", row["valid_from"])]
    return [(name, text) for name, text in lines if text]


def value_in_words(row: dict[str, Any]) -> str:
    """Return a policy's value as people read it, its months counted out."""
    ends = [f"{row[name]} months from {start}" for name, start in
            (("filing_months", "the later filing"), ("priority_months", "the priority date"))
            if row.get(name)]
    text = str(row["value"])
    if "months" in row:
        ends = [f"{row['months']} months from the earlier filing"]
    if text in IN_MONTHS:
        one_stands = text != "months"
        text = " or ".join(ends)
        if len(ends) > 1:
            text += f", whichever is {row.get('combine') or 'later'}"
        if one_stands:
            text += ", if another claim was made with the filing; else with it"
    if row.get("publication_counts"):
        text += "; later but before publication counts as the last day"
    if row.get("library"):
        until = "publication" if row["library_until"] == "publication" else "that day"
        text += f"; or by a request to {row['library']} until {until}"
    if row.get("late"):
        text += f"; {LATE[row['late']]}"
    return text


@app.command("closed-days")
def closed_days(
    office: OfficeArgument,
    year: Annotated[int | None, typer.Argument(help="The year; all known years if left out.")] = (
        None),
    ledger: OptionalLedger = None,
    as_json: JsonOption = False,
) -> None:
    """Show on which days an office is closed in a year, and why; or which years are known."""
    office = office.upper()
    with reference_data(ledger, as_json=as_json) as reference:
        rows = {name[1]: row for name, row in reference.rows("closed-days", office)}
        wanted = sorted(rows) if year is None else [f"{year:04}"]
        if not rows or wanted[0] not in rows:
            raise NotFound("calendar-unknown", f"No closed days of {office}"
                           f"{f' for {year}' if year else ''} are known.",
                           basis="Paris Convention Art. 4C(3)",
                           remedy="Publish the office's calendar of that year.")
    if as_json:
        print_json([{"office": office, "year": one, **rows[one]} for one in wanted])
    elif year is None:
        show_table(("year", "closed", "open", "week-end", "source"), [
            (one, len(rows[one]["closed"]), len(rows[one]["open"]), _weekend(rows[one]),
             rows[one]["source"]) for one in wanted])
    else:
        _show_year(office, rows[wanted[0]], year)


def _weekend(row: dict[str, Any]) -> str:
    return ", ".join(DAY_NAMES[day - 1] for day in row["weekend"]) or "none"


def _show_year(office: str, row: dict[str, Any], year: int) -> None:
    show([("office", office), ("year", year), ("every", _weekend(row)),
          *(("closed", f"{year}-{day} {reason}") for day, reason in sorted(row["closed"].items())),
          *(("perhaps closed", f"{year}-{day}") for day in row.get("perhaps", ())),
          *(("open", f"{year}-{day}, though on a week-end") for day in row["open"]),
          ("source", row["source"])], fiction=office in DEMO)
