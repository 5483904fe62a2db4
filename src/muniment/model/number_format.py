"""Number formats: how an office writes the numbers of one kind of right (docs/number-formats.md).

- A format has several spellings; the first is canonical. Every spelling holds what the canonical
  one needs, so that reading never fails half-way and a canonical form reads as itself.
- Two numbers of one format have the same state key exactly if they have the same canonical
  form, but for the check digit and for series digits that the format leaves out of its series.
  A part of a key is vocabulary, a year or digits, never free text.
- What is unsound is refused when it is published, never when a number is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from muniment.model.check_digit import RULES
from muniment.model.dates import is_date
from muniment.model.mask import Mask, compile_mask
from muniment.proof.errors import Malformed

NUMBER_LENGTH_MAX = 40
"""Longest printed number that is read; anything longer matches nothing."""
SERIES_PARTS_MAX = 3
_KEYED = frozenset("YSL")
_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")


class Match(NamedTuple):
    """A text that a mask of a format matches."""

    text: str
    """What was matched: the text, without the office's code if the code stood before it."""
    held: dict[str, str]
    """What the tokens hold."""
    canonical: bool
    """Whether the text is already in canonical form."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How an office writes the numbers of one kind of right."""

    office: str
    """ST.3 code."""
    right_kind: str
    """The kind of right."""
    identifier: str
    """Its name among the formats of the office and kind."""
    masks: tuple[Mask, ...]
    """The spellings; the first is canonical."""
    series: tuple[str, ...]
    """The tokens that make the series: `Y`, `S`, `L`, or a fixed word after `=`."""
    check: str
    """The name of the check digit rule, or empty."""
    valid_from: str
    """The first filing date for which it is used, or empty."""
    examples: tuple[str, ...]
    """Numbers that it reads, as published or seen."""
    source: str
    """Where the rule was published or seen."""
    by_length: Mapping[int, tuple[Mask, ...]] = field(compare=False, repr=False)
    """The spellings that a text of some length can have: all the others need no look."""

    def as_row(self) -> dict[str, Any]:
        """Return the format as a row of reference data."""
        return {
            "check": self.check,
            "examples": list(self.examples),
            "format": self.identifier,
            "masks": [mask.text for mask in self.masks],
            "office": self.office,
            "right": self.right_kind,
            "series": list(self.series),
            "source": self.source,
            "valid_from": self.valid_from,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "NumberFormat":
        """Return the format of a row.

        Raises:
            Malformed: A mask, a rule or an example is wrong.
        """
        masks = tuple(compile_mask(one) for one in _texts(row, "masks"))
        made = cls(
            office=_text(row, "office"),
            right_kind=_text(row, "right"),
            identifier=_text(row, "format"),
            masks=masks,
            series=_texts(row, "series"),
            check=_text(row, "check"),
            valid_from=_text(row, "valid_from"),
            examples=_texts(row, "examples"),
            source=_text(row, "source"),
            by_length=_by_length(masks),
        )
        _require_sound(made)
        return made

    def matches(self, text: str) -> list[Match]:
        """Return how its masks match an upper-case text; the office's code may stand before it."""
        found = self._matches(text)
        if found or not text.startswith(self.office):
            return found
        rest = text[len(self.office) :]
        return self._matches(rest[1:] if rest[:1] == " " else rest)

    def _matches(self, text: str) -> list[Match]:
        found = []
        for mask in self.by_length.get(len(text), ()):
            held = mask.match(text)
            if held is not None:
                written = mask is self.masks[0] and mask.exact and (
                    mask.least == mask.most or held["N"][0] != "0"
                )
                found.append(Match(text, held, written))
        return found


def _by_length(masks: tuple[Mask, ...]) -> Mapping[int, tuple[Mask, ...]]:
    least = min((mask.least for mask in masks), default=0)
    most = max((mask.most for mask in masks), default=0)
    return {
        length: tuple(mask for mask in masks if mask.least <= length <= mask.most)
        for length in range(least, min(most, NUMBER_LENGTH_MAX) + 1)
    }


def _require_sound(one: NumberFormat) -> None:
    """Refuse a format that could raise, collide or not read its own canonical form."""
    if not one.masks or (one.check and one.check not in RULES):
        raise _unsound("It has masks and a known check rule.")
    if one.valid_from and not is_date(one.valid_from):
        raise _unsound(f"{one.valid_from!r} is no date.")
    for mask in one.masks:
        _require_spelling(one.masks[0], mask)
    _require_series(one)
    _require_check(one)
    for example in one.examples:
        if not one.matches(example.upper()):
            raise _unsound(f"The example {example!r} does not match.")


def _require_spelling(canonical: Mask, mask: Mask) -> None:
    """Refuse a spelling whose numbers the canonical mask could not write and read again."""
    if canonical.digits("X"):
        raise _unsound("The canonical mask has digits that do not belong to the number.")
    if not canonical.holds() - {"C"} <= mask.holds():
        raise _unsound(f"The mask {mask.text} lacks a part of the canonical one.")
    if mask.digits("N", most=True) > canonical.digits("N", most=True):
        raise _unsound(f"The mask {mask.text} counts further than the canonical one.")
    if mask.digits("S") != canonical.digits("S"):
        raise _unsound(f"The mask {mask.text} has another series than the canonical one.")
    if canonical.digits("y") and _pivots(mask) != _pivots(canonical):
        raise _unsound(f"The mask {mask.text} has years that the canonical one cannot write.")
    if not _words(mask) <= _words(canonical):
        raise _unsound(f"The mask {mask.text} has words that the canonical one lacks.")


def _require_series(one: NumberFormat) -> None:
    """Refuse a series that is not made of a year, series digits, a word and fixed words."""
    tokens = [part for part in one.series if part in _KEYED]
    words = [part[1:] for part in one.series if part[:1] == "="]
    if len(tokens) + len(words) != len(one.series) or len(set(tokens)) != len(tokens):
        raise _unsound("Its series is made of Y, S, L, each once, and of fixed words after =.")
    if not 1 <= len(one.series) <= SERIES_PARTS_MAX:
        raise _unsound(f"Its series has 1 to {SERIES_PARTS_MAX} parts.")
    if not all(1 <= len(word) <= 12 and _WORD.issuperset(word) for word in words):
        raise _unsound("A fixed word has 1 to 12 letters, digits or hyphens.")
    telling = {"Y", "L"} if len(_words(one.masks[0])) > 1 else {"Y"}
    if not one.masks[0].holds() & telling <= set(tokens) <= one.masks[0].holds():
        raise _unsound("Its series has the year and the words of the canonical mask, and no more.")


def _require_check(one: NumberFormat) -> None:
    """Refuse a check character without a rule, or a rule over other digits than the mask has."""
    checked = [mask for mask in one.masks if mask.digits("C")]
    if not one.check:
        if checked:
            raise _unsound("A mask has a check character, but the format names no rule.")
        return
    rule, canonical = RULES[one.check], one.masks[0]
    if canonical.digits("C") and len(checked) < len(one.masks) and not rule.enforced:
        raise _unsound("A spelling lacks the check character of the canonical mask.")
    if rule.digits and _digit_count(canonical) != rule.digits:
        raise _unsound(f"The rule {one.check} is computed over {rule.digits} digits.")


def _digit_count(mask: Mask) -> int:
    """Return how many digits stand in a number of fixed width, its check character apart."""
    count = 0
    for token in mask.tokens:
        if token.kind in ("text", "L"):
            counts = {sum(one.isdigit() for one in word) for word in token.words}
            count += counts.pop() if len(counts) == 1 else len(token.words) * 100
        elif token.kind in ("N", "S", "Y", "y"):
            count += token.least if token.least == token.most else 100
    return count


def _pivots(mask: Mask) -> set[tuple[str, ...]]:
    return {token.words for token in mask.tokens if token.kind in ("Y", "y")}


def _words(mask: Mask) -> set[str]:
    return {word for token in mask.tokens if token.kind == "L" for word in token.words}


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.isascii():
        raise _unsound(f"The member {name} is no ASCII text.")
    return value


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _unsound(f"The member {name} is no list of texts.")
    return tuple(value)


def _unsound(rule: str) -> Malformed:
    return Malformed(
        "number-format-malformed", f"A number format cannot be used. {rule}",
        basis="docs/number-formats.md",
    )
