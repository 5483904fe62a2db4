"""`muniment number`: what a printed number is, without any ledger.

- A number that no published format reads is an answer, not an error: exit code 0.
- A wrong check digit is a failed check: exit code 1.
"""

from typing import Annotated

import typer

from muniment.cli.common import JsonOption, KindOption, errors, group, print_json, show, show_table
from muniment.model.number import NumberChecked, NumberFormat, Reading, check_number, key_suffix
from muniment.model.office import DEMO
from muniment.proof.errors import Malformed

app = group("Read and check application numbers; no ledger is needed.")
RIGHTS = ("patent", "utility-model", "design", "trademark")
MEANINGS = {
    "OK": "a published format of this office reads it",
    "AMBIGUOUS": "it can be read in several ways; give the number in full",
    "CHECK_DIGIT_WRONG": "its check digit contradicts it; look for a slip",
    "FORMAT_UNKNOWN": "no format that could read it is published here; it is kept as printed",
}
_UNREAD = ("no published format reads it; "
           "its office's register refuses it, others keep it as printed")
"""What FORMAT_UNKNOWN means where there are formats that could have read it."""


def formats_of(office: str) -> list[NumberFormat]:
    """Return the packaged formats of an office, fictional ones included."""
    from muniment.reference import PackagedReference

    rows = PackagedReference("demo").rows("number-format", office)
    return [NumberFormat.from_row(row) for _, row in rows]


def as_json_value(checked: NumberChecked) -> dict[str, object]:
    """Return an answer as JSON members."""
    first = checked.readings[0] if len(checked.readings) == 1 else None
    return {
        "candidates": list(checked.candidates),
        "canonical": checked.canonical,
        "check_digit": first.check if first else "none",
        "fiction": checked.office in DEMO,
        "kind": checked.right_kind,
        "notes": list(checked.notes),
        "number": checked.printed,
        "office": checked.office,
        "readings": [_reading_as_json(checked, one) for one in checked.readings],
        "status": checked.status,
    }


def _reading_as_json(checked: NumberChecked, one: Reading) -> dict[str, object]:
    return {
        "canonical": one.canonical,
        "check_digit": one.check,
        "check_note": one.check_note,
        "format": one.format.identifier,
        "key": _key(checked, one),
        "serial": one.serial,
        "series": list(one.series),
        "source": one.format.source,
        "year": one.year,
    }


def _key(checked: NumberChecked, one: Reading) -> str:
    return f"{checked.office}/{checked.right_kind}/{key_suffix(one)}"


@app.command()
def check(
    office: Annotated[str, typer.Argument(help="ST.3 code, e.g. US.")],
    number: Annotated[str, typer.Argument(help="The number as printed, in any spelling.")],
    kind: KindOption = "patent",
    date: Annotated[str | None, typer.Option(help="Filing date, YYYY-MM-DD.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a number is: canonical form, readings, check digit, what was perhaps meant."""
    office = office.upper()
    with errors(as_json=as_json):
        from muniment.model.calendar import parse_date

        if kind not in RIGHTS:
            raise Malformed("right-unknown", f"{kind} is no kind of right.",
                            remedy=f"Use one of {', '.join(RIGHTS)}.")
        if date is not None:
            parse_date(date)
        formats = formats_of(office)
        checked = check_number(formats, office, kind, number, date)
    if as_json:
        print_json(as_json_value(checked))
    else:
        _show(checked, [one for one in formats if one.right_kind == kind])
    if checked.status == "CHECK_DIGIT_WRONG":
        raise typer.Exit(1)


def _show(checked: NumberChecked, formats: list[NumberFormat]) -> None:
    from muniment.reference.offices import office_name

    unread = checked.status == "FORMAT_UNKNOWN" and formats
    lines = [
        ("number", checked.printed),
        ("office", ", ".join(filter(None, (checked.office, office_name(checked.office))))),
        ("kind", checked.right_kind),
        ("result", f"{checked.status}: {_UNREAD if unread else MEANINGS[checked.status]}"),
    ]
    for one in checked.readings:
        lines += [
            ("canonical", one.canonical),
            ("counted", f"{one.serial.lstrip('0') or '0'} in series {'/'.join(one.series)}"),
            ("key", _key(checked, one)),
            ("check digit", one.check),
            ("format", one.format.identifier),
            ("source", one.format.source),
        ]
    lines += [("note", note) for note in checked.notes]
    if checked.suggestions:
        lines.append(("did you mean", ", ".join(checked.suggestions)))
    if unread:
        lines += [("examples", ", ".join((one.examples or (one.masks[0].text,))[0]
                                        for one in formats)),
                  ("see", f"muniment number formats {checked.office}")]
    show(lines, fiction=checked.office in DEMO)


@app.command("formats")
def formats(
    office: Annotated[str, typer.Argument(help="ST.3 code, e.g. US.")],
    as_json: JsonOption = False,
) -> None:
    """List the number formats of an office, with examples and sources."""
    found = sorted(formats_of(office.upper()), key=lambda one: RIGHTS.index(one.right_kind))
    if as_json:
        print_json([one.as_row() for one in found])
        return
    if not found:
        show([("note", f"no format of {office.upper()} is published here")])
        return
    show_table(("kind", "format", "written", "example", "check digit", "from", "source"), [
        (one.right_kind, one.identifier, one.masks[0].text, (one.examples or ("",))[0],
         one.check or "none", one.valid_from or "-", one.source)
        for one in found
    ])
