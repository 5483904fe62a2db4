"""`muniment number`: what a printed number is, without any ledger."""

from typing import Annotated

import typer

from muniment.cli.common import JsonOption, KindOption, errors, group, print_json, show, show_table
from muniment.model.number import NumberChecked, NumberFormat, check_number, key_suffix
from muniment.model.office import DEMO
from muniment.proof.errors import Malformed

app = group("Read and check application numbers; no ledger is needed.")
RIGHTS = ("patent", "utility-model", "design", "trademark")


def formats_of(office: str, kind: str) -> list[NumberFormat]:
    """Return the packaged formats of an office and kind of right, fictional ones included."""
    from muniment.reference import PackagedReference

    if kind not in RIGHTS:
        raise Malformed("right-unknown", f"{kind} is no kind of right.",
                        remedy=f"Use one of {', '.join(RIGHTS)}.")
    rows = PackagedReference("demo").rows("number-format", office, kind)
    return [NumberFormat.from_row(row) for _, row in rows]


def as_json_value(
    office: str, kind: str, printed: str, checked: NumberChecked
) -> dict[str, object]:
    """Return an answer as JSON members."""
    first = checked.readings[0] if checked.readings else None
    return {
        "candidates": [one.canonical for one in checked.readings] if len(checked.readings) > 1
        else list(checked.suggestions),
        "canonical": first.canonical if first and checked.status != "AMBIGUOUS" else None,
        "check_digit": first.check if first else "none",
        "fiction": office in DEMO,
        "kind": kind,
        "notes": list(checked.notes),
        "number": printed,
        "office": office,
        "readings": [
            {"canonical": one.canonical, "check_digit": one.check,
             "format": one.format.identifier, "key": f"{office}/{kind}/{key_suffix(one)}",
             "serial": one.serial, "series": list(one.series), "source": one.format.source,
             "year": one.year}
            for one in checked.readings
        ],
        "status": checked.status,
    }


@app.command()
def check(
    office: Annotated[str, typer.Argument(help="ST.3 code.")],
    number: Annotated[str, typer.Argument(help="The number as printed, in any spelling.")],
    kind: KindOption = "patent",
    date: Annotated[str | None, typer.Option(help="Filing date, YYYY-MM-DD.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a number is: canonical form, readings, check digit, what was perhaps meant."""
    with errors(as_json=as_json):
        from muniment.model.calendar import parse_date

        if date is not None:
            parse_date(date)
        checked = check_number(formats_of(office, kind), number, date)
    if as_json:
        print_json(as_json_value(office, kind, number, checked))
    else:
        _show(office, kind, number, checked)
    if checked.status == "CHECK_DIGIT_WRONG":
        raise typer.Exit(1)


def _show(office: str, kind: str, printed: str, checked: NumberChecked) -> None:
    show([("number", f"{printed} ({office}, {kind})"), ("result", checked.status)],
         fiction=office in DEMO)
    for one in checked.readings:
        show([
            ("canonical", one.canonical),
            ("series", " ".join(one.series)),
            ("counted", one.serial.lstrip("0") or "0"),
            ("check digit", one.check),
            ("format", f"{one.format.identifier}: {one.format.source}"),
        ])
    for note in checked.notes:
        show([("note", note)])
    if checked.suggestions:
        show([("did you mean", ", ".join(checked.suggestions))])


@app.command("formats")
def formats(
    office: Annotated[str, typer.Argument(help="ST.3 code.")], as_json: JsonOption = False
) -> None:
    """List the number formats of an office, with examples and sources."""
    with errors(as_json=as_json):
        found = [one for kind in RIGHTS for one in formats_of(office, kind)]
    if as_json:
        print_json([one.as_row() for one in found])
        return
    show_table(("kind", "format", "written", "example", "source"), [
        (one.right_kind, one.identifier, one.masks[0].text, (one.examples or ("",))[0], one.source)
        for one in found
    ])
