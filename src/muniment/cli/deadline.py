"""`muniment deadline`: when a priority period ends at an office, and why."""

from typing import Annotated, Any

import typer

from muniment.cli.common import JsonOption, errors, print_json, show
from muniment.proof.errors import NotFound


def deadline(
    office: Annotated[str, typer.Argument(help="The later office, whose calendar counts.")],
    date: Annotated[str, typer.Argument(help="Filing date of the earlier filing, YYYY-MM-DD.")],
    right: Annotated[str, typer.Option(help="Kind of the later right.")] = "patent",
    earlier: Annotated[str | None, typer.Option(help="Kind of the earlier right.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Count the priority period: term, closed days, window for restoration, with reasons."""
    with errors(as_json=as_json):
        answer = compute(office, date, right, earlier or right)
    if as_json:
        print_json(answer)
        return
    end = answer["deadline"]
    rows: list[tuple[str, Any]] = [
        ("period", f"{end['months']} months from {date}: {answer['basis']}"),
        ("nominal end", end["nominal_end"]),
        *(("closed", f"{day} {why}") for day, why in end["closed"]),
        ("last day", f"{end['end']} at {office}"),
        *(("perhaps closed", f"{day}: then it ends on {end['latest_end']}")
          for day in end.get("perhaps_closed", ())),
    ]
    for one in answer["restoration"]:
        until = one["deadline"]["end"]
        rows.append(("restoration", f"until {until}, criterion {one['criterion']}: {one['basis']}"))
    if not answer["restoration"]:
        rows.append(("restoration", f"none is published for {office} and {right}"))
    rows.append(("calendar", answer["calendar"]))
    show(rows, fiction=answer["fiction"])


def compute(office: str, date: str, right: str, earlier: str) -> dict[str, Any]:
    """Return the answer as JSON members.

    Raises:
        Malformed: The date is none.
        NotFound: No period or no calendar is published.
    """
    from muniment.model.calendar import Calendar, parse_date
    from muniment.model.calendar import deadline as count
    from muniment.model.office import DEMO
    from muniment.model.rulebook import Rulebook
    from muniment.reference import PackagedReference

    fiction = office in DEMO
    reference = PackagedReference("demo" if fiction else "solo")
    start = parse_date(date)
    row = reference.row("period", right, earlier)
    if row is None:
        raise NotFound("period-unknown", f"A {right} cannot claim the priority of a {earlier}.",
                       basis="Paris Convention Art. 4C(1) and 4E")
    calendar = Calendar(office, reference)
    end = count(start, row["months"], calendar)
    windows = [
        {"basis": window["basis"], "criterion": criterion,
         "deadline": count(end.end, window["months"], calendar).as_json(),
         "source": window["source"]}
        for criterion, window in Rulebook(reference).restorations(office, right, end.end)
    ]
    return {
        "basis": row["basis"],
        "calendar": calendar.year(end.end.year)["source"],
        "deadline": end.as_json(),
        "earlier": earlier,
        "fiction": fiction,
        "office": office,
        "restoration": windows,
        "right": right,
    }
