"""Application numbers: from any published spelling to one canonical form and one state key.

- A format says how an office writes the numbers of one kind of right, in several spellings; the
  first mask is the canonical one. What an office counts within is the series, year first where
  it has one; the counted number is padded to 12 digits.
- A check digit is enforced only where its rule is official (`CN`); elsewhere it is reported.
- Only ASCII is read. What matches nothing is reported, never guessed; `suggest` serves people.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from muniment.model.mask import Mask, compile_mask
from muniment.proof.crypto import b64, sha256
from muniment.proof.errors import Malformed

NUMBER_LENGTH_MAX = 40
COUNTED_DIGITS = 12
SUGGESTIONS_MAX = 5
CheckState = Literal["ok", "wrong", "unofficial", "none"]
Status = Literal["OK", "AMBIGUOUS", "CHECK_DIGIT_WRONG", "FORMAT_UNKNOWN"]


def _cn(digits: str) -> str:
    """China: weights 2 to 9 and 2 to 5 over 12 digits, modulo 11; 10 is X."""
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    rest = sum(int(one) * weight for one, weight in zip(digits, weights, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def _cross_sum(digits: str) -> str:
    """EPO and Sweden, seen in data: weights 1, 2, 1, 2; cross sums; complement to 10."""
    total = 0
    for at, one in enumerate(digits):
        product = int(one) * (1 + at % 2)
        total += product // 10 + product % 10
    return str(-total % 10)


CHECKS: Mapping[str, tuple[bool, Callable[[str], str]]] = {
    "cn": (True, _cn),
    "cross-sum": (False, _cross_sum),
}
"""Check digit rules by name: whether the rule is official, and what it computes."""


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
    """Numbers that it reads, as published."""
    source: str
    """Where the rule was published or seen."""

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
        made = cls(
            office=_text(row, "office"),
            right_kind=_text(row, "right"),
            identifier=_text(row, "format"),
            masks=tuple(compile_mask(one) for one in _texts(row, "masks")),
            series=_texts(row, "series"),
            check=_text(row, "check"),
            valid_from=_text(row, "valid_from"),
            examples=_texts(row, "examples"),
            source=_text(row, "source"),
        )
        _sound(made)
        return made


class Reading(NamedTuple):
    """One way to read a printed number."""

    format: NumberFormat
    """The format by which it was read."""
    canonical: str
    """The number in its canonical form."""
    series: tuple[str, ...]
    """The components of its series."""
    serial: str
    """The counted number, padded to 12 digits."""
    year: int | None
    """The year in the number, if it has one."""
    check: CheckState
    """What the check digit says; `unofficial` where the rule is only seen in data."""
    check_note: str
    """The digit that the rule computes and the one that stands, if they differ."""


@dataclass(frozen=True, slots=True)
class NumberChecked:
    """The answer about one printed number."""

    status: Status
    readings: tuple[Reading, ...]
    suggestions: tuple[str, ...]
    notes: tuple[str, ...]


def read_number(
    formats: Sequence[NumberFormat], printed: str, date: str | None = None
) -> tuple[Reading, ...]:
    """Return every different reading of a printed number.

    Args:
        formats: The formats of one office and kind of right.
        printed: The number as printed, with or without the office's code before it.
        date: The filing date; formats that began later are left out.
    """
    if not printed.isascii() or not 1 <= len(printed) <= NUMBER_LENGTH_MAX:
        return ()
    text = printed.upper()
    readings: dict[tuple[tuple[str, ...], str], Reading] = {}
    for one in formats:
        if date and one.valid_from > date:
            continue
        reading = _read(one, text)
        if reading is not None:
            readings.setdefault((reading.series, reading.serial), reading)
    return tuple(readings.values())


def _read(one: NumberFormat, text: str) -> Reading | None:
    for candidate in _without_code(one.office, text):
        length = len(candidate)
        for mask in one.masks:
            if mask.least <= length <= mask.most:
                held = mask.match(candidate)
                if held is not None:
                    return _reading(one, held)
    return None


def _without_code(office: str, text: str) -> tuple[str, ...]:
    if not text.startswith(office):
        return (text,)
    rest = text[len(office) :]
    return (text, rest[1:] if rest[:1] == " " else rest)


def _reading(one: NumberFormat, held: dict[str, str]) -> Reading:
    check, note = _check(one, held)
    series = tuple(
        part[1:] if part[0] == "=" else held[part] for part in one.series
    )
    year = held.get("Y")
    return Reading(
        format=one,
        canonical=one.masks[0].render(held),
        series=series,
        serial=held["N"].zfill(COUNTED_DIGITS),
        year=int(year) if year else None,
        check=check,
        check_note=note,
    )


def _check(one: NumberFormat, held: dict[str, str]) -> tuple[CheckState, str]:
    """Compare the check digit, or compute it where it is missing and its rule is official."""
    if not one.check:
        return "none", ""
    official, rule = CHECKS[one.check]
    computed = rule(_checked_digits(one, held))
    stands = held.get("C")
    if stands is None:
        if official:
            held["C"] = computed
        return "none", ""
    if stands == computed:
        return "ok" if official else "unofficial", ""
    note = f"the rule computes {computed}, the number has {stands}"
    return ("wrong" if official else "unofficial"), note


def _checked_digits(one: NumberFormat, held: dict[str, str]) -> str:
    year = held.get("Y", "")
    if any(token.kind == "y" for token in one.masks[0].tokens):
        year = year[2:]
    return year + held.get("L", "") + held["N"]


def key_suffix(reading: Reading) -> str:
    """Return the part of a state key that names the number: series and counted number."""
    return "/".join((*reading.series, reading.serial))


def unknown_suffix(printed: str) -> str:
    """Return the part of a state key for a number of no known format: its digest."""
    return f"-/{b64(sha256(printed.encode('utf-8')))}"


def check_number(
    formats: Sequence[NumberFormat], printed: str, date: str | None = None
) -> NumberChecked:
    """Return what the published formats say about a printed number; never a refusal."""
    readings = read_number(formats, printed, date)
    notes = [f"check digit: {one.check_note}" for one in readings if one.check_note]
    if not readings:
        status: Status = "FORMAT_UNKNOWN"
        if read_number(formats, printed):
            notes.append("the format is known, but began after the filing date")
        if not formats:
            notes.append("no format of this office and kind is published here")
    elif len(readings) > 1:
        status = "AMBIGUOUS"
    else:
        status = "CHECK_DIGIT_WRONG" if readings[0].check == "wrong" else "OK"
    suggestions = () if readings else suggest(formats, printed)
    return NumberChecked(status, readings, suggestions, tuple(notes))


_LOOKALIKES = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "|": "1",
                             "Z": "2", "S": "5", "B": "8", "G": "6"})


def suggest(formats: Sequence[NumberFormat], printed: str) -> tuple[str, ...]:
    """Return canonical numbers that were perhaps meant: for people, at the edge only."""
    text = printed.upper()[:NUMBER_LENGTH_MAX]
    found: dict[str, None] = {}
    variants = [text, *_one_letter_read(text), *_respaced(text)]
    for variant in variants:
        for reading in read_number(formats, variant):
            if reading.check != "wrong":
                found[reading.canonical] = None
        if len(found) >= SUGGESTIONS_MAX:
            break
    return tuple(found)[:SUGGESTIONS_MAX]


def _one_letter_read(text: str) -> list[str]:
    swaps = [
        text[:at] + one.translate(_LOOKALIKES) + text[at + 1 :]
        for at, one in enumerate(text)
        if one.translate(_LOOKALIKES) != one
    ]
    return [*swaps, text.translate(_LOOKALIKES)]


def _respaced(text: str) -> list[str]:
    bare = "".join(one for one in text if one.isalnum())
    tight = "".join(text.split())
    year_last = f"{bare[:-4]}/{bare[-4:]}"
    return [tight, bare, year_last, tight.translate(_LOOKALIKES), bare.translate(_LOOKALIKES)]


def _sound(one: NumberFormat) -> None:
    if not one.masks or (one.check and one.check not in CHECKS):
        raise Malformed("number-format-malformed", "A format has masks and a known check rule.",
                        basis="docs/number-formats.md")
    for mask in one.masks:
        held = {"Y" if token.kind == "y" else token.kind for token in mask.tokens}
        needed = {part for part in one.series if part[0] != "="} | {"N"}
        if not needed <= held:
            raise Malformed("number-format-malformed", f"The mask {mask.text} lacks a part of "
                            "the series.", basis="docs/number-formats.md")
    for example in one.examples:
        if _read(one, example.upper()) is None:
            raise Malformed("number-format-malformed", f"The example {example} does not match.",
                            basis="docs/number-formats.md")


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.isascii():
        raise Malformed("number-format-malformed", f"The member {name} is no ASCII text.",
                        basis="docs/number-formats.md")
    return value


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Malformed("number-format-malformed", f"The member {name} is no list of texts.",
                        basis="docs/number-formats.md")
    return tuple(value)
