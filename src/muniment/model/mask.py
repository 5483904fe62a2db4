"""The mask language in which offices publish their number formats (docs/number-formats.md).

- A mask is literals and tokens: `{Y}` a year of four digits, `{y:78}` one of two (78 and above
  are 19xx), `{N:6}` or `{N:1-5}` counted digits, `{S:2}` digits of a series, `{L:DEL|MUM}` one of
  some words, `{C}` a check character, `{X:3}` digits that do not belong to the number; `[.]` a
  literal that may be missing.
- Matching is one pass without backtracking: a token of varying length must be followed by
  something that is no digit. No regular expression ever runs on a mask.
- Only ASCII matches. Compiling is a pure function of the mask's text.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from muniment.proof.errors import Malformed

MASK_LENGTH_MAX = 200
TOKENS_MAX = 16
DIGITS = frozenset("0123456789")
CHECK_CHARACTERS = DIGITS | {"X"}
LITERALS = ("text", "maybe")
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /-.,")


class Token(NamedTuple):
    """One part of a mask."""

    kind: str
    """`text`, `maybe`, or the letter of a token."""
    least: int
    """Fewest characters."""
    most: int
    """Most characters."""
    words: tuple[str, ...]
    """The literal, or the words."""
    pivot: int
    """For `y`: two-digit years from here on are 19xx."""


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

    def match(self, text: str) -> dict[str, str] | None:
        """Return what the tokens hold in `text` (upper-case ASCII), or None.

        Several counted tokens are joined; a two-digit year is returned with four.
        """
        at, length = 0, len(text)
        if not self.least <= length <= self.most:
            return None
        held: dict[str, str] = {}
        for token in self.tokens:
            end = _end(token, text, at)
            if end < 0:
                return None
            kind = token.kind
            if kind not in LITERALS:
                part = text[at:end]
                if kind == "y":
                    kind, part = "Y", ("19" if int(part) >= token.pivot else "20") + part
                held[kind] = held[kind] + part if kind in held else part
            at = end
        return held if at == length else None

    def render(self, held: dict[str, str]) -> str:
        """Return the number that holds these parts, written in this mask."""
        parts = []
        counted = held.get("N", "")
        widths = [token.least for token in self.tokens if token.kind == "N"]
        counted = counted.lstrip("0").rjust(sum(widths), "0")
        series = held.get("S", "")
        for token in self.tokens:
            if token.kind in LITERALS:
                parts.append(token.words[0])
            elif token.kind == "N":
                widths.pop(0)
                cut = len(counted) - sum(widths)
                parts.append(counted[:cut])
                counted = counted[cut:]
            elif token.kind == "S":
                parts.append(series[: token.most])
                series = series[token.most :]
            elif token.kind == "y":
                parts.append(held["Y"][2:])
            elif token.kind != "X":
                parts.append(held[token.kind])
        return "".join(parts)


def _end(token: Token, text: str, at: int) -> int:
    """Return where a token that begins at `at` ends, or -1 if it does not match there."""
    kind = token.kind
    if kind in LITERALS:
        if text.startswith(token.words[0], at):
            return at + token.most
        return at if kind == "maybe" else -1
    if kind == "L":
        word = next((one for one in token.words if text.startswith(one, at)), "")
        return at + len(word) if word else -1
    if kind == "C":
        return at + 1 if text[at : at + 1] in CHECK_CHARACTERS else -1
    end, last = at, min(len(text), at + token.most)
    while end < last and text[end] in DIGITS:
        end += 1
    return end if end - at >= token.least else -1


@lru_cache(maxsize=4_096)
def compile_mask(text: str) -> Mask:
    """Compile a mask.

    Raises:
        Malformed: It is not written in the language, or could match in two ways.
    """
    if not 1 <= len(text) <= MASK_LENGTH_MAX:
        raise _malformed(text, "it is empty or too long")
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        token, at = _token(text, at)
        tokens.append(token)
    if len(tokens) > TOKENS_MAX:
        raise _malformed(text, "it has too many parts")
    _one_way(text, tokens)
    least, most = sum(one.least for one in tokens), sum(one.most for one in tokens)
    return Mask(text, tuple(tokens), least, most)


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
        return Token("maybe", 0, len(literal), (literal,), 0), end + 1
    end = at
    while end < len(text) and text[end] in _PLAIN:
        end += 1
    if end == at:
        raise _malformed(text, f"{text[at]!r} is no literal")
    return Token("text", end - at, end - at, (text[at:end],), 0), end


def _held(text: str, kind: str, detail: str) -> Token:
    if kind == "Y" and not detail:
        return Token("Y", 4, 4, (), 0)
    if kind == "C" and not detail:
        return Token("C", 1, 1, (), 0)
    if kind == "y" and len(detail) == 2 and DIGITS.issuperset(detail):
        return Token("y", 2, 2, (), int(detail))
    if kind == "L" and detail:
        words = tuple(sorted(detail.split("|"), key=lambda word: (-len(word), word)))
        if all(word and _PLAIN.issuperset(word) for word in words):
            return Token("L", len(words[-1]), len(words[0]), words, 0)
    if kind in ("N", "S", "X"):
        least, dash, most = detail.partition("-")
        if _is_width(least) and (not dash or (kind == "N" and _is_width(most))):
            bounds = (int(least), int(most) if dash else int(least))
            if 1 <= bounds[0] <= bounds[1] <= 12:
                return Token(kind, *bounds, (), 0)
    raise _malformed(text, f"{{{kind}:{detail}}} is no token")


def _is_width(text: str) -> bool:
    return 1 <= len(text) <= 2 and DIGITS.issuperset(text)


def _one_way(text: str, tokens: list[Token]) -> None:
    """Refuse what one pass could read wrongly: varying digits, then a digit."""
    counted = [token for token in tokens if token.kind == "N"]
    if len(counted) > 1 and any(token.least != token.most for token in counted):
        raise _malformed(text, "counted digits in several parts have fixed lengths")
    for one, following in zip(tokens, tokens[1:], strict=False):
        varies = one.kind == "N" and one.least != one.most
        digit = following.kind not in ("text", "L") or following.words[0][0] in DIGITS
        if varies and digit:
            raise _malformed(text, "digits of varying length are followed by a digit")
        literals = one.kind == "maybe" and following.kind == "text"
        if literals and following.words[0].startswith(one.words[0]):
            raise _malformed(text, "a missing literal is followed by the same one")


def _malformed(text: str, why: str) -> Malformed:
    return Malformed(
        "mask-malformed", f"The mask {text[:60]!r} cannot be used: {why}.",
        basis="docs/number-formats.md",
    )
