"""Words and numbers as they are compared: folded alike when they are stored and when asked for.

- Letters are compared without case and accents; what Unicode does not take apart, such as
  the Danish o with a stroke, a small table does.
- Chinese, Japanese and Korean stand in pairs of neighbours, because nothing separates their words;
  the last character stands alone too, so that every single one can be found.
- A number is found in the four spellings of WIPO's Global Brand Database: as written, without
  special characters, its digits, its digits without leading zeros.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

BOUNDARY = "_"
"""A token between two texts, which no question can hold: no phrase runs from one into the next."""
WORD_LENGTH_MAX = 40
_ACCENT_CLASS_MIN = 10
"""Combining classes from here on are accents and vowel points; below stand signs that tell letters
apart, such as the voicing of kana."""
_LETTERS = str.maketrans({
    "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th",
    "ð": "d",
})
_UNSPACED = (
    (0x1100, 0x11FF), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x3130, 0x318F),
    (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA960, 0xA97F),
    (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF),
)
"""Blocks of Hangul, kana, bopomofo and Han."""
_BETWEEN, _IN_WORD, _IN_RUN = range(3)
_ASCII_WORD = re.compile(r"[a-z0-9]+")


def fold(text: str) -> str:
    """Return a text without case and accents, in one form for equal letters."""
    if text.isascii():
        return text.lower()
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join([one for one in taken_apart if not _is_dropped(one)])
    return unicodedata.normalize("NFC", bare.translate(_LETTERS))


@cache
def _is_dropped(one: str) -> bool:
    """Return whether a character is an accent, or a sign that only chooses how one looks."""
    code = ord(one)
    return (unicodedata.combining(one) >= _ACCENT_CLASS_MIN or 0xFE00 <= code <= 0xFE0F
            or 0xE0100 <= code <= 0xE01EF or unicodedata.category(one) == "Cf")


def words(text: str) -> list[str]:
    """Return the words of a text, folded; a run of unspaced script is one word."""
    folded = fold(text)
    if folded.isascii():
        return _ASCII_WORD.findall(folded)
    found: list[str] = []
    before = _BETWEEN
    for one in folded:
        kind = _kind(one)
        if kind == _BETWEEN:
            pass
        elif kind == before:
            found[-1] += one
        else:
            found.append(one)
        before = kind
    return found


@cache
def _kind(one: str) -> int:
    """Return whether a character stands between words, in one, or in a run of unspaced script."""
    if not one.isalnum() and unicodedata.category(one)[0] != "M":
        return _BETWEEN
    return _IN_RUN if is_unspaced(one) else _IN_WORD


def is_unspaced(character: str) -> bool:
    """Return whether a character belongs to a script that does not separate words."""
    code = ord(character)
    return code >= _UNSPACED[0][0] and any(first <= code <= last for first, last in _UNSPACED)


def indexed(word: str) -> list[str]:
    """Return the tokens of a word: itself, or its pairs of neighbours and its last character."""
    if not is_unspaced(word[0]):
        return [word[:WORD_LENGTH_MAX]]
    return [*(word[at : at + 2] for at in range(len(word) - 1)), word[-1]]


def tokens(texts: Iterable[str]) -> str:
    """Return texts as the tokens that are indexed, separated by spaces."""
    found: list[str] = []
    for text in texts:
        found += [token for word in words(text) for token in indexed(word)]
        found.append(BOUNDARY)
    return " ".join(found[:-1])


def spellings(number: str) -> set[str]:
    """Return the spellings under which a number is kept."""
    written = number.upper()
    plain = "".join(one for one in written if one.isascii() and one.isalnum())
    digits = "".join(one for one in plain if one.isdigit())
    return {one for one in (written, plain, digits, digits.lstrip("0")) if one}


def spellings_asked(number: str) -> set[str]:
    """Return the spellings under which a number that somebody asks for may be kept.

    Only a number of digits alone is found by its digits: letters that were given must agree.
    """
    written = number.upper()
    plain = "".join(one for one in written if one.isascii() and one.isalnum())
    return {one for one in (written, plain, plain.lstrip("0") if plain.isdigit() else "") if one}
