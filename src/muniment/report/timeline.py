"""The picture of the dates: one line of time, drawn once as shapes for HTML and PDF alike.

A picture carries no text but numbers and years: the table beside it says what they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from muniment.model.calendar import parse_date
from muniment.report.dossier import Dossier

Style = Literal["axis", "tick", "period", "restoration", "moment", "year"]
RADIUS = 2.1
"""Of a numbered mark; lengths are in millimetres."""
_STEP = 2 * RADIUS + 0.4
_ABOVE = 0.4
"""Room above the highest mark, for the thickness of its line."""
_MARGIN = 6.0
_AXIS_FROM_BELOW = 5.5
_BAND = 3.0
_LONG_TICK = 1.6
_BELOW_THE_TICK = 4.6
_YEAR_WIDTH = 9.0
_MONTHS_SHOWN_DAYS = 1_000
"""A line longer than this has ticks for years only."""


_DAYS = (
    *(("due", f"moment.due-{check}") for check in ("P11", "P12", "P14", "P16")),
    ("publication_due", "moment.publication-P18"),
)
"""The facts that are days, each with the text of what it is; the key ends with its check."""
Place = Callable[[date], float]
"""Where a day stands along the line."""


class Moment(NamedTuple):
    """A day that the report names."""

    day: date
    keys: tuple[str, ...]
    """What happened or ends on it, as keys of the catalogue."""


class Span(NamedTuple):
    """A term."""

    start: date
    end: date
    style: Style


class Shape(NamedTuple):
    """Something drawn: a line, a box, a numbered mark or a year."""

    kind: Literal["line", "box", "mark", "word"]
    style: Style
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days and terms of a claim."""

    moments: tuple[Moment, ...]
    """In order of time."""
    spans: tuple[Span, ...] = field(default=())


def timeline(dossier: Dossier) -> Timeline:
    """Return the days of a claim that its results name, each once, in order."""
    assessed, claim = dossier.assessed, dossier.assessment.claim
    found = [(claim.date, "moment.earlier"), (assessed.later.date, "moment.later")]
    if assessed.filed != assessed.later.date:
        found.append((assessed.filed, "moment.filed"))
    spans: list[Span] = []
    for result in (*dossier.assessment.results, assessed.several):
        found += [(parse_date(result.facts[fact]), key) for fact, key in _DAYS
                  if key.endswith(result.check) and fact in result.facts]
    for result in dossier.assessment.results:
        counted, restored = result.facts.get("deadline"), result.facts.get("restoration")
        if not isinstance(counted, Mapping):
            continue
        start, end = parse_date(counted["start"]), parse_date(counted["end"])
        spans.append(Span(start, end, "period"))
        found.append((end, "moment.end"))
        if counted["nominal_end"] != counted["end"]:
            found.append((parse_date(counted["nominal_end"]), "moment.nominal-end"))
        if isinstance(restored, Mapping) and "until" in restored:
            until = parse_date(restored["until"])
            spans.append(Span(end, until, "restoration"))
            found.append((until, "moment.restoration"))
    days: dict[date, list[str]] = {}
    for day, key in found:
        if day is not None and key not in days.setdefault(day, []):
            days[day].append(key)
    return Timeline(tuple(Moment(day, tuple(days[day])) for day in sorted(days)), tuple(spans))


def draw(line: Timeline, width: float, height: float) -> list[Shape]:
    """Return the shapes of a timeline in a field of given width and height."""
    if not line.moments:
        return []
    first, last = line.moments[0].day, line.moments[-1].day
    days = max((last - first).days, 1)
    axis = height - _AXIS_FROM_BELOW

    def place(day: date) -> float:
        return _MARGIN + (width - 2 * _MARGIN) * (day - first).days / days

    shapes = [
        Shape("box", one.style, place(one.start), axis - _BAND, place(one.end) - place(one.start),
              _BAND) for one in line.spans
    ]
    shapes.append(Shape("line", "axis", 0.0, axis, width))
    shapes += _ticks(first, last, place, axis, days)
    return shapes + _marks(line, place, axis)


def top_of(shapes: Sequence[Shape]) -> float:
    """Return where the highest mark begins: above it the field is empty."""
    return min((one.y - one.height for one in shapes if one.kind == "mark"), default=0.0) - _ABOVE


def _ticks(
    first: date, last: date, place: Place, axis: float, days: int
) -> list[Shape]:
    """Return a long tick with its year for each New Year, short ones for the other months."""
    shapes = []
    labelled = [first]
    day = date(first.year, first.month, 1)
    while day <= last:
        new_year = day.month == 1
        if day >= first and (new_year or days <= _MONTHS_SHOWN_DAYS):
            length = _LONG_TICK if new_year else _LONG_TICK / 2
            shapes.append(Shape("line", "tick", place(day), axis, 0.0, length))
        if day > first and new_year:
            labelled.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    if len(labelled) > 1 and place(labelled[1]) - place(first) < _YEAR_WIDTH:
        del labelled[0]
    every = -(-len(labelled) * _YEAR_WIDTH // max(place(last) - place(first), 1))
    return shapes + [
        Shape("word", "year", place(one), axis + _BELOW_THE_TICK, text=str(one.year))
        for at, one in enumerate(labelled) if at % max(int(every), 1) == 0
    ]


def _marks(line: Timeline, place: Place, axis: float) -> list[Shape]:
    """Return the numbered marks; one that would cover another stands above it, its line below."""
    lines: list[Shape] = []
    marks: list[Shape] = []
    taken: list[tuple[float, int]] = []
    for number, one in enumerate(line.moments, 1):
        x, level = place(one.day), 0
        while any(abs(x - other) < _STEP and level == at for other, at in taken):
            level += 1
        taken.append((x, level))
        y = axis - _BAND - RADIUS - 1.4 - level * _STEP
        lines.append(Shape("line", "tick", x, y + RADIUS, 0.0, axis - y - RADIUS))
        marks.append(Shape("mark", "moment", x, y, RADIUS, RADIUS, str(number)))
    return lines + marks
