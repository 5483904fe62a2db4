"""The mask language in which offices publish their number formats (docs/number-formats.md).

- A mask is literals and tokens: `{Y}` a year of four digits, `{y:78}` one of two (78 and above
  are 19xx), `{N:6}` or `{N:1-5}` counted digits, `{S:2}` digits of a series, `{L:DEL|MUM}` one of
  some words, `{C}` a check character, `{X:3}` digits that do not belong to the number; `[.]` a
  literal that may be missing.
- Matching is one pass without backtracking, so a mask that one pass could misread is not
  admitted: what may be missing or longer is never followed by what could continue it.
- What a mask can put into a state key is bounded, so that no path grows deep.
- Only ASCII matches. Compiling is a pure function of the mask's text; no regular expression
  ever runs on a mask.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from muniment.proof.errors import Malformed

MASK_LENGTH_MAX = 200
TOKENS_MAX = 16
WORDS_MAX = 16
"""Most words of one token: a path meets at most one branch for each."""
WORD_LENGTH_MAX = 12
COUNTED_DIGITS = 12
"""Most counted digits: a state key pads the counted number to as many."""
SERIES_DIGITS_MAX = 4
FIRST_YEAR, LAST_YEAR = "1790", "2199"
"""The register's range of dates."""
DIGITS = frozenset("0123456789")
CHECK_CHARACTERS = DIGITS | {"X"}
NUMERIC = frozenset("NSXYy")
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_PLAIN = _LETTERS | DIGITS | frozenset(" /-.,")


class Token(NamedTuple):
    """One part of a mask."""

    kind: str
    """`text`, `maybe`, or the letter of a token."""
    least: int
    """Fewest characters."""
    most: int
    """Most characters."""
    words: tuple[str, ...]
    """The literal, or the words, the longest first; for `y` the pivot."""
    widths: tuple[int, ...] = ()
    """The lengths of the words, the longest first."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A compiled mask."""

    text: str
    """The mask as published."""
    tokens: tuple[Token, ...]
    """Its parts."""
    least: int
    """The shortest text that it matches."""
    most: int
    """The longest text that it matches."""
    exact: bool
    """Whether what it matches is already written as it would write it, but for leading zeros."""
    sign: str
    """A literal without which nothing matches: looking for it first spares most attempts."""

    def match(self, text: str) -> dict[str, str] | None:  # noqa: C901, PLR0912 - one pass, for speed
        """Return what the tokens hold in `text` (upper-case ASCII), or None.

        Several counted tokens are joined; a two-digit year is returned with four.
        """
        length = len(text)
        if self.sign not in text or not self.least <= length <= self.most or not text.isascii():
            return None
        at = 0
        held: dict[str, str] = {}
        for kind, least, most, words, widths in self.tokens:
            if kind in NUMERIC:
                part = text[at : at + most]
                if least != most:
                    part = part[: len(part) - len(part.lstrip("0123456789"))]
                if len(part) < least or not part.isdigit():  # in ASCII 0 to 9 alone
                    return None
                end = at + len(part)
                if kind == "Y" and not FIRST_YEAR <= part <= LAST_YEAR:
                    return None
                if kind == "y":
                    held["Y"] = ("19" if part >= words[0] else "20") + part
                else:
                    held[kind] = held[kind] + part if kind in held else part
            elif kind == "text":
                end = at + most
                if text[at:end] != words[0]:
                    return None
            elif kind == "maybe":
                end = at + most if text.startswith(words[0], at) else at
            else:
                end = at + (1 if kind == "C" else _width(words, widths, text, at))
                part = held[kind] = text[at:end]
                if part not in (CHECK_CHARACTERS if kind == "C" else words):
                    return None
            at = end
        return held if at == length else None

    def render(self, held: dict[str, str]) -> str:
        """Return the number that holds these parts, written in this mask."""
        parts = []
        counted = held["N"].lstrip("0").rjust(self.digits("N"), "0")
        series = held.get("S", "")
        for kind, least, most, words, _ in self.tokens:
            if kind in ("text", "maybe"):
                parts.append(words[0])
            elif kind == "N":
                width = most if least == most else len(counted)
                parts.append(counted[:width])
                counted = counted[width:]
            elif kind == "S":
                parts.append(series[:most])
                series = series[most:]
            elif kind == "y":
                parts.append(held["Y"][2:])
            elif kind != "X":
                parts.append(held[kind])
        return "".join(parts)

    def digits(self, kind: str, *, most: bool = False) -> int:
        """Return how many characters the tokens of a kind hold together, at least or at most."""
        return sum(one.most if most else one.least for one in self.tokens if one.kind == kind)

    def holds(self) -> frozenset[str]:
        """Return the kinds of parts that a match holds."""
        kinds = {"Y" if one.kind == "y" else one.kind for one in self.tokens}
        return frozenset(kinds - {"text", "maybe"})


def _width(words: tuple[str, ...], widths: tuple[int, ...], text: str, at: int) -> int:
    """Return the length of the longest word that stands at a place, 0 if none does."""
    for width in widths:
        word = text[at : at + width]
        if word in words:
            return len(word)
    return 0


@lru_cache(maxsize=4_096)
def compile_mask(text: str) -> Mask:
    """Compile a mask.

    Raises:
        Malformed: It is not written in the language, could match in two ways, or is too large.
    """
    if not 1 <= len(text) <= MASK_LENGTH_MAX:
        raise _malformed(text, "it is empty or too long")
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        token, at = _token(text, at)
        tokens.append(token)
    _bounded(text, tokens)
    _one_way(text, tokens)
    least, most = sum(one.least for one in tokens), sum(one.most for one in tokens)
    exact = all(one.kind not in ("maybe", "X") for one in tokens)
    signs = [one.words[0] for one in tokens if one.kind == "text"]
    return Mask(text, tuple(tokens), least, most, exact, max(signs, key=len, default=""))


def _token(text: str, at: int) -> tuple[Token, int]:
    if text[at] == "{":
        end = text.find("}", at)
        if end < 0:
            raise _malformed(text, "a brace is not closed")
        kind, _, detail = text[at + 1 : end].partition(":")
        return _held(text, kind, detail), end + 1
    if text[at] == "[":
        end = text.find("]", at)
        literal = text[at + 1 : end]
        if end < 0 or not literal or not _PLAIN.issuperset(literal):
            raise _malformed(text, "a bracket holds no literal")
        return Token("maybe", 0, len(literal), (literal,)), end + 1
    end = at
    while end < len(text) and text[end] in _PLAIN:
        end += 1
    if end == at:
        raise _malformed(text, f"{text[at]!r} is no literal")
    return Token("text", end - at, end - at, (text[at:end],)), end


def _held(text: str, kind: str, detail: str) -> Token:
    if kind == "Y" and not detail:
        return Token("Y", 4, 4, ())
    if kind == "C" and not detail:
        return Token("C", 1, 1, ())
    if kind == "y" and len(detail) == 2 and DIGITS.issuperset(detail):
        return Token("y", 2, 2, (detail,))
    if kind == "L" and detail:
        words = tuple(sorted(detail.split("|"), key=lambda word: (-len(word), word)))
        if all(_is_word(word) for word in words) and len(set(words)) == len(words) <= WORDS_MAX:
            widths = tuple(sorted({len(word) for word in words}, reverse=True))
            return Token("L", widths[-1], widths[0], words, widths)
    if kind in ("N", "S", "X"):
        least, dash, most = detail.partition("-")
        if _is_width(least) and (not dash or (kind == "N" and _is_width(most))):
            bounds = (int(least), int(most) if dash else int(least))
            if 1 <= bounds[0] <= bounds[1] <= COUNTED_DIGITS:
                return Token(kind, *bounds, ())
    raise _malformed(text, f"{{{kind}:{detail}}} is no token")


def _is_width(text: str) -> bool:
    return 1 <= len(text) <= 2 and DIGITS.issuperset(text)


def _is_word(text: str) -> bool:
    """Return whether a text can stand in a state key: letters and digits, no slash above all."""
    return 1 <= len(text) <= WORD_LENGTH_MAX and (_LETTERS | DIGITS).issuperset(text)


def _bounded(text: str, tokens: list[Token]) -> None:
    """Refuse what would hold a part twice, count nothing, or make keys too deep."""
    kinds = ["Y" if one.kind == "y" else one.kind for one in tokens]
    counted = [one for one in tokens if one.kind == "N"]
    if len(tokens) > TOKENS_MAX:
        raise _malformed(text, "it has too many parts")
    if not counted or any(kinds.count(kind) > 1 for kind in "YLC"):
        raise _malformed(text, "it counts nothing, or has two years, words or check characters")
    if len(counted) > 1 and any(one.least != one.most for one in counted):
        raise _malformed(text, "counted digits in several parts have fixed lengths")
    if sum(one.most for one in counted) > COUNTED_DIGITS:
        raise _malformed(text, f"it counts more than {COUNTED_DIGITS} digits")
    if sum(one.most for one in tokens if one.kind == "S") > SERIES_DIGITS_MAX:
        raise _malformed(text, f"its series has more than {SERIES_DIGITS_MAX} digits")


def _one_way(text: str, tokens: list[Token]) -> None:
    """Refuse what one pass could read wrongly: a part that its successor could continue."""
    for at, one in enumerate(tokens):
        following = _firsts(tokens[at + 1 :])
        if one.kind == "N" and one.least != one.most and following & DIGITS:
            raise _malformed(text, "digits of varying length are followed by a digit")
        if one.kind == "maybe" and one.words[0][0] in following:
            raise _malformed(text, "a literal that may be missing is followed by its like")
        if one.kind == "L" and _continued(one.words) & following:
            raise _malformed(text, "a word may be read as a part of a longer one")


def _firsts(tokens: list[Token]) -> frozenset[str]:
    """Return the characters with which what follows can begin."""
    found: frozenset[str] = frozenset()
    for one in tokens:
        if one.kind in ("text", "maybe", "L"):
            found |= {word[0] for word in one.words}
        else:
            found |= CHECK_CHARACTERS if one.kind == "C" else DIGITS
        if one.kind != "maybe":
            break
    return found


def _continued(words: tuple[str, ...]) -> frozenset[str]:
    """Return the characters that continue a word to a longer one of the same token."""
    return frozenset(
        longer[len(word)] for longer in words for word in words
        if longer != word and longer.startswith(word)
    )


def _malformed(text: str, why: str) -> Malformed:
    return Malformed(
        "mask-malformed", f"The mask {text[:60]!r} cannot be used: {why}.",
        basis="docs/number-formats.md",
    )
