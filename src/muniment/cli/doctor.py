"""`muniment doctor`: what is wrong, and the command that mends it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import JsonOption, errors, print_json

_MARKS = {"ok": ("ok  ", "green"), "warn": ("WARN", "yellow"), "fix": ("FIX ", "red")}


def doctor(
    directory: Annotated[Path, typer.Argument(
        help="The directory of a ledger or node.", envvar="MUNIMENT_LEDGER")] = Path("ledger"),
    bundle: Annotated[Path | None, typer.Option(
        help="Write what may be handed to whoever helps; no key and no name is in it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Examine a ledger or a node: each line is ok, or says what mends it; exit 1 if one must be."""
    with errors(as_json=as_json):
        from muniment.network import doctor as examiner

        findings = examiner.examine(directory)
        if bundle is not None:
            text = json.dumps(examiner.bundle(directory, findings), indent=1, sort_keys=True)
            bundle.write_text(text + "\n", encoding="utf-8")
    broken = sum(one.mark == "fix" for one in findings)
    doubtful = sum(one.mark == "warn" for one in findings)
    if as_json:
        print_json({"findings": [one._asdict() for one in findings], "fix": broken,
                    "warn": doubtful})
    else:
        for one in findings:
            mark, colour = _MARKS[one.mark]
            arrow = f"\n         -> {one.remedy}" if one.remedy else ""
            typer.echo(typer.style(mark, fg=colour) + f"  {one.what}{arrow}")
        typer.echo(f"{broken} to fix, {doubtful} to look at")
    if broken:
        raise typer.Exit(1)
