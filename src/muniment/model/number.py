"""Application numbers: from any published spelling to one canonical form and one state key.

- A printed number is read by the formats of its office and kind of right. What an office counts
  within is the series, year first where it has one; the counted number is padded to 12 digits.
- A spelling that can be read in several ways gives every reading; nothing is guessed.
- A check digit is enforced only where its rule is official; elsewhere it is reported.
- Only ASCII is read, in time linear in the text. What matches nothing is reported, never refused;
  `suggest` serves people, at the edge, over public formats only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from muniment.model.check_digit import RULES, CheckState
from muniment.model.mask import COUNTED_DIGITS
from muniment.model.number_format import NUMBER_LENGTH_MAX, Match, NumberFormat
from muniment.model.office import FORMER, known_office
from muniment.proof.crypto import b64, sha256

__all__ = [
    "UNKNOWN_SERIES", "NumberChecked", "NumberFormat", "Reading", "Status", "check_number",
    "key_suffix", "read_number", "suggest", "unknown_suffix",
]

SUGGESTIONS_MAX = 5
UNKNOWN_SERIES = "-"
"""Where numbers stand that no format reads."""
Status = Literal["OK", "AMBIGUOUS", "CHECK_DIGIT_WRONG", "FORMAT_UNKNOWN"]


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
    """What the check digit says; `not-enforced` where its rule is not official."""
    check_note: str
    """Why the check digit is wrong, or why it is not enforced."""


@dataclass(frozen=True, slots=True)
class NumberChecked:
    """The answer about one printed number."""

    office: str
    """ST.3 code of the office, as asked."""
    right_kind: str
    """The kind of right, as asked."""
    printed: str
    """The number, as asked."""
    status: Status
    """`FORMAT_UNKNOWN` is an answer, not a refusal: nobody published a format that reads it."""
    readings: tuple[Reading, ...]
    """Every reading."""
    suggestions: tuple[str, ...]
    """Canonical numbers that were perhaps meant."""
    notes: tuple[str, ...]
    """What else there is to say, in sentences."""

    @property
    def canonical(self) -> str | None:
        """The canonical form, if there is exactly one reading."""
        return self.readings[0].canonical if len(self.readings) == 1 else None

    @property
    def candidates(self) -> tuple[str, ...]:
        """The canonical forms to choose from: of several readings, or those perhaps meant."""
        if len(self.readings) > 1:
            return tuple(reading.canonical for reading in self.readings)
        return self.suggestions


def read_number(
    formats: Sequence[NumberFormat], printed: str, date: str | None = None
) -> tuple[Reading, ...]:
    """Return every different reading of a printed number.

    Args:
        formats: The formats of one office and kind of right.
        printed: The number as printed, with or without the office's code before it.
        date: The filing date, `YYYY-MM-DD`; formats that began later are left out.
    """
    if not printed.isascii() or not 1 <= len(printed) <= NUMBER_LENGTH_MAX:
        return ()
    text = printed.upper()
    readings: dict[tuple[tuple[str, ...], str], Reading] = {}
    for one in formats:
        if date and one.valid_from > date:
            continue
        for match in one.matches(text):
            reading = _reading(one, match)
            readings.setdefault((reading.series, reading.serial), reading)
    return tuple(readings.values())


def _reading(one: NumberFormat, match: Match) -> Reading:
    held = match.held
    check, note = _check(one, held) if one.check else ("none", "")
    year = held.get("Y")
    return Reading(
        one,
        match.text if match.canonical else one.masks[0].render(held),
        tuple([part[1:] if part[0] == "=" else held[part] for part in one.series]),
        held["N"].zfill(COUNTED_DIGITS),
        int(year) if year else None,
        check,
        note,
    )


def _check(one: NumberFormat, held: dict[str, str]) -> tuple[CheckState, str]:
    """Judge the check character, or compute it where it is missing and its rule is official."""
    rule, stands = RULES[one.check], held.get("C")
    written = one.masks[0].render({**held, "C": ""})
    digits = "".join([character for character in written if character.isdigit()])
    if stands is not None:
        return rule.judge(digits, stands)
    if rule.enforced and rule.compute:
        held["C"] = rule.compute(digits)
    return "none", ""


def key_suffix(reading: Reading) -> str:
    """Return the part of a state key that names the number: series and counted number."""
    return "/".join((*reading.series, reading.serial))


def unknown_suffix(printed: str) -> str:
    """Return the part of a state key for a number of no known format: its digest."""
    return f"{UNKNOWN_SERIES}/{b64(sha256(printed.encode('utf-8')))}"


def check_number(
    formats: Sequence[NumberFormat],
    office: str,
    right_kind: str,
    printed: str,
    date: str | None = None,
) -> NumberChecked:
    """Return what the published formats say about a printed number; never a refusal.

    Args:
        formats: Published formats; those of other offices are left aside, those of other kinds
            of right serve to say that the number reads as another kind.
        office: ST.3 code.
        right_kind: The kind of right.
        printed: The number as printed.
        date: The filing date, `YYYY-MM-DD`, if known.
    """
    of_office = [one for one in formats if one.office == office]
    chosen = [one for one in of_office if one.right_kind == right_kind]
    others = [one for one in of_office if one.right_kind != right_kind]
    readings = read_number(chosen, printed, date)
    later = () if readings else read_number(chosen, printed)
    notes = list(_office_notes(office, date))
    notes += [f"check digit: {one.check_note}" for one in readings if one.check_note]
    if later:
        first = min(one.format.valid_from for one in later)
        notes.append(f"the format is known, but began after the filing date: {first}")
    elif not readings:
        notes += _unknown_notes(chosen, office, right_kind, printed)
        notes += _other_kinds(others, right_kind, printed)
    suggestions = () if readings or later else suggest(chosen, printed)
    return NumberChecked(
        office, right_kind, printed, _status(readings), readings, suggestions, tuple(notes)
    )


def _status(readings: tuple[Reading, ...]) -> Status:
    if not readings:
        return "FORMAT_UNKNOWN"
    if len(readings) > 1:
        return "AMBIGUOUS"
    return "CHECK_DIGIT_WRONG" if readings[0].check == "wrong" else "OK"


def _office_notes(office: str, date: str | None) -> Iterator[str]:
    if office in FORMER and not known_office(office, date=date or ""):
        yield f"{office} is a former code, used before {FORMER[office]}"
    elif not known_office(office, date=date or "", demo=True):
        yield f"{office} is no code of an office (WIPO Standard ST.3)"


def _unknown_notes(
    chosen: Sequence[NumberFormat], office: str, right_kind: str, printed: str
) -> Iterator[str]:
    if not chosen:
        yield f"no format of {office} for {right_kind} is published here"
    receiving = printed[4:6].upper()
    if printed[:4].upper() == "PCT/" and receiving != office and known_office(receiving):
        yield f"an international application of receiving Office {receiving}: ask for that one"


def _other_kinds(
    others: Sequence[NumberFormat], right_kind: str, printed: str
) -> Iterator[str]:
    """Say that a number reads as another kind of right: the kind must be given, never guessed."""
    for reading in read_number(others, printed):
        kind = reading.format.right_kind
        yield f"it does not read as {right_kind}, but as {kind}: {reading.canonical}"


_LOOKALIKES = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "|": "1",
                             "Z": "2", "S": "5", "B": "8", "G": "6"})


def suggest(formats: Sequence[NumberFormat], printed: str) -> tuple[str, ...]:
    """Return canonical numbers that were perhaps meant: for people, at the edge only.

    Letters that look like digits, missing and surplus separators are tried, boundedly often.
    """
    text = printed.upper()[:NUMBER_LENGTH_MAX]
    found: dict[str, None] = {}
    for variant in dict.fromkeys((*_digits_meant(text), *_respaced(text))):
        for reading in read_number(formats, variant):
            if reading.check != "wrong":
                found[reading.canonical] = None
        if len(found) >= SUGGESTIONS_MAX:
            break
    return tuple(found)[:SUGGESTIONS_MAX]


def _digits_meant(text: str) -> Iterator[str]:
    """Yield the text with look-alike letters read as digits: where digits stand, one, all."""
    yield text
    yield _in_numerals(text)
    for at, one in enumerate(text):
        if one.translate(_LOOKALIKES) != one:
            yield text[:at] + one.translate(_LOOKALIKES) + text[at + 1 :]
    yield text.translate(_LOOKALIKES)


def _in_numerals(text: str) -> str:
    """Return the text with look-alikes replaced in the groups that hold a digit."""
    groups, at = [], 0
    for end in range(len(text) + 1):
        if end == len(text) or not (text[end].isalnum() or text[end] == "|"):
            group = text[at:end]
            if any(one.isdigit() for one in group):
                group = group.translate(_LOOKALIKES)
            groups += [group, text[end : end + 1]]
            at = end + 1
    return "".join(groups)


def _respaced(text: str) -> Iterator[str]:
    bare = "".join(one for one in text if one.isalnum())
    tight = "".join(text.split())
    yield from (tight, bare, f"{bare[:-4]}/{bare[-4:]}")
    yield from (_in_numerals(tight), tight.translate(_LOOKALIKES), bare.translate(_LOOKALIKES))
