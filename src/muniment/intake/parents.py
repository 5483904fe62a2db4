"""From which filing one descends, as a source prints its parents.

- The source prints a line of parents: the filing of which this one is a continuation, division or
  reissue, the international application of which it is the national stage, and those before them.
  Provisional applications are claimed like a priority, and are no parents here.
- The nearest one is declared, with the filing date that counts for it: a parent that is itself a
  national stage has that of the international application (PCT Art. 11(3)). Where its own line
  goes on, that day stands elsewhere, and none is stated.
- Where several could be the nearest, none is chosen.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

PCT = "PCT/"
_LATER = ("CONTINUATION", "DIVISION", "REISSUE")
_LATER_CODES = ("CON", "CIP", "DIV", "REI")
_STAGE = "NATIONAL STAGE"
_STAGE_CODE = "NST"


class Parent(NamedTuple):
    """A filing in the line of parents, as printed."""

    words: str
    """What the filing after it in the line is to it, in the words or by the code of the source."""
    number: str
    date: str
    """Its filing date, as printed."""
    child: str | None = None
    """The number of the filing after it in the line, where the source says so."""

    @property
    def is_later(self) -> bool:
        """Whether the filing after it is its continuation, division or reissue."""
        words = self.words.upper()
        return words in _LATER_CODES or any(one in words for one in _LATER)

    @property
    def is_stage(self) -> bool:
        """Whether the filing after it is its national stage."""
        words = self.words.upper()
        return words == _STAGE_CODE or _STAGE in words


class Origin(NamedTuple):
    """The filing from which one descends."""

    kind: Literal["divisional", "national-phase"]
    """What the filing is to it, in the words of a relation."""
    office: str
    number: str
    date: str
    """The filing date that counts for it, as printed; empty where its own line goes on."""


class Line(NamedTuple):
    """What a printed line of parents says of a filing."""

    origin: Origin | None = None
    """The filing from which it descends, if it is told."""
    is_open: bool = False
    """Whether parents are printed, and not which of them is the nearest."""


NO_LINE = Line()
"""No parent is printed."""


def line_of(office: str, number: str, printed: Iterable[Parent]) -> Line:
    """Return what a printed line of parents says.

    Args:
        office: The office of the filing, and of its parents.
        number: Its number.
        printed: Every parent that the source prints, in any order.
    """
    each = dict.fromkeys(printed)
    parents = [one for one in each if (one.is_later or one.is_stage) and one.number]
    if any(one.child is not None for one in parents):
        before = [one for one in parents if one.child in (number, None)]
        beyond = [one for one in parents if before and one.child == before[0].number]
    else:
        before = _outermost(parents)
        beyond = [one for one in parents if one not in before]
    if len(before) != 1:
        return Line(is_open=bool(before))
    nearest = before[0]
    kind: Literal["divisional", "national-phase"] = (
        "national-phase" if nearest.is_stage else "divisional")
    at = nearest.number[len(PCT):len(PCT) + 2] if nearest.number.startswith(PCT) else office
    return Line(Origin(kind, at, nearest.number, _date(nearest, beyond)))


def _outermost(parents: Sequence[Parent]) -> list[Parent]:
    """Return the nearest parent of a line whose links are not told, or all that could be it.

    A continuation of a national stage is none itself, so that a single continuing parent is the
    nearest one.
    """
    later = [one for one in parents if one.is_later]
    stages = [one for one in parents if one.is_stage]
    return [*later, *stages[1:]] if later else stages


def _date(nearest: Parent, beyond: Sequence[Parent]) -> str:
    """Return the filing date that counts for the nearest parent, or nothing."""
    if nearest.is_stage or not beyond:
        return nearest.date
    return beyond[0].date if len(beyond) == 1 and beyond[0].is_stage else ""
