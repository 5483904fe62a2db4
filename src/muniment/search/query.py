"""Questions to the index, and answers read from the ledger.

- Nothing that a user types reaches FTS5 as syntax: words are taken apart here and given back as
  quoted tokens of letters and digits. All of them must occur.
- A question is bounded in length, terms and pages, so that none can occupy a register.
- An answer says of each filing whether it is its office's own entry or a copy, and from where.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from muniment.codec import members
from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, COPIES, Application, Copy
from muniment.model.calendar import parse_date
from muniment.model.reference import REFERENCE, RIGHTS
from muniment.model.state import State
from muniment.proof.errors import Malformed
from muniment.search.fold import (
    WORD_LENGTH_MAX,
    indexed,
    is_unspaced,
    spellings_asked,
    words,
)
from muniment.search.index import SearchIndex, Wanted

TEXT_LENGTH_MAX = 200
TERMS_MAX = 16
NUMBER_LENGTH_MAX = 40
SIZE_MAX = 100
REACH_MAX = 10_000
"""The last hit that a page can show."""
COUNTED_MAX = 1_000
"""Hits are counted up to here, or to the end of the page that is asked for."""
PREFIX_LENGTH_MIN = 2
BASIS = "docs/search.md"


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; whatever is given must hold."""

    text: str = ""
    """Words; `"two words"` for neighbours, `lant*` for a beginning."""
    number: str = ""
    """A number in any spelling."""
    office: str = ""
    right: str = ""
    first: str = ""
    """The earliest filing date."""
    last: str = ""
    """The latest filing date."""
    page: int = 1
    size: int = 20


class Hit(NamedTuple):
    """A filing that was found."""

    key: str
    """Its state key."""
    standing: Application | Copy
    """What stands under it."""

    @property
    def is_copy(self) -> bool:
        """Whether it is a copy and not its office's own entry."""
        return isinstance(self.standing, Copy)

    @property
    def reference(self) -> str:
        """The filing as people name it."""
        _, office, right, *_ = self.key.split("/")
        return f"{office}/{right}/{self.standing.number}"

    @property
    def recorder(self) -> str:
        """The office in whose register it stands."""
        parts = self.key.strip("/").split("/")
        return parts[-1] if self.is_copy else parts[1]

    def as_json(self) -> dict[str, Any]:
        """Return the hit as JSON members."""
        kind = COPIES.name if self.is_copy else APPLICATIONS.name
        return {"entry": members(self.standing), "is": kind, "key": self.key,
                "recorder": self.recorder, "reference": self.reference}


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of hits."""

    hits: tuple[Hit, ...]
    total: int
    """How many there are, but for `more`."""
    more: bool
    """Whether there are more than are counted."""
    undated: int
    """How many copies without a date would fit, had no date been asked for."""


def search(index: SearchIndex, state: State, asked: Question) -> Answer:
    """Return the filings that answer a question, the youngest first.

    Args:
        index: The index, up to date.
        state: The public state, from which the answers are read.
        asked: The question.

    Raises:
        Malformed: The question is empty, too long, or a part of it cannot be read.
    """
    check(asked)
    wanted = _wanted(state, asked)
    reach = max(COUNTED_MAX, asked.page * asked.size)
    total = index.count(wanted, reach + 1)
    keys = index.find(wanted, asked.size, (asked.page - 1) * asked.size)
    undated = index.count(replace(wanted, undated=True), COUNTED_MAX) if (
        asked.first or asked.last) else 0
    return Answer(tuple(_read(state, keys)), min(total, reach), total > reach, undated)


def check(asked: Question) -> None:
    """Raise unless a question is one that can be answered.

    Raises:
        Malformed: It is empty, too long, or a part of it cannot be read.
    """
    if not any((asked.text.strip(), asked.number.strip(), asked.office, asked.right, asked.first,
                asked.last)):
        raise _bad("query-empty", "Nothing is asked for.",
                   "Give words, or one of --number, --office, --right, --from, --to.")
    if len(asked.text) > TEXT_LENGTH_MAX or len(asked.number) > NUMBER_LENGTH_MAX:
        raise _bad("query-too-long", f"A question has at most {TEXT_LENGTH_MAX} characters, a "
                   f"number {NUMBER_LENGTH_MAX}.", "Ask for fewer words.")
    if asked.right and asked.right not in RIGHTS:
        raise _bad("right-unknown", f"{asked.right[:40]!r} is no kind of right.",
                   f"Use one of {', '.join(RIGHTS)}.")
    if asked.office and not (len(asked.office) == 2 and asked.office.isascii()
                             and asked.office.isalpha()):
        raise _bad("office-malformed", f"{asked.office[:40]!r} is no ST.3 code.",
                   "Give two letters, e.g. US.")
    for day in (asked.first, asked.last):
        if day:
            parse_date(day)
    if not 1 <= asked.size <= SIZE_MAX or not 1 <= asked.page <= REACH_MAX // asked.size:
        raise _bad("page-out-of-reach", f"A page has 1 to {SIZE_MAX} hits, and none after hit "
                   f"{REACH_MAX} is shown.", "Ask more narrowly.")


def _wanted(state: State, asked: Question) -> Wanted:
    number = asked.number.strip()
    return Wanted(
        words=expression(asked.text) if asked.text.strip() else "",
        spellings=(*spellings_asked(number), *_names(state, asked, number)) if number else None,
        office=asked.office.upper(), right=asked.right,
        first=parse_date(asked.first) if asked.first else None,
        last=parse_date(asked.last) if asked.last else None,
    )


def _names(state: State, asked: Question, number: str) -> Iterator[str]:
    """Yield the key part that a number has at each office and kind of right that can read it."""
    offices = [asked.office.upper()] if asked.office else published_offices(state)
    for office in offices:
        for right in [asked.right] if asked.right else RIGHTS:
            identity = filings.identify(state, office, right, number)
            if identity.readings:
                yield from (f"{office}/{right}/{suffix}" for suffix in identity.suffixes)


def published_offices(state: State) -> tuple[str, ...]:
    """Return the offices that published number formats."""
    return state.remember(b"reference/number-format/", "offices", lambda: _offices(state))


def _offices(state: State) -> tuple[str, ...]:
    rows = state.rows(REFERENCE, "number-format")
    return tuple(sorted({key.decode("ascii").split("/")[2] for key, _ in rows}))


def expression(text: str) -> str:
    """Return words as a question to FTS5: quoted tokens of letters and digits, and nothing else.

    Raises:
        Malformed: No word is in them, or too many are.
    """
    terms: list[str] = []
    for place, part in enumerate(text.split('"')):
        if place % 2:
            terms += _neighbours(list(words(part)))
        else:
            terms += [_term(word, starred) for word, starred in _starred(part)]
    if not terms:
        raise _bad("query-empty", "No word is in the question.", "Ask for words or numbers.")
    if len(terms) > TERMS_MAX:
        raise _bad("query-too-long", f"A question has at most {TERMS_MAX} words.",
                   "Ask for fewer words.")
    return " AND ".join(terms)


def _starred(part: str) -> Iterator[tuple[str, bool]]:
    """Yield each word, and whether only its beginning is meant."""
    for piece in part.split():
        found = list(words(piece))
        for at, word in enumerate(found):
            yield word, piece.endswith("*") and at == len(found) - 1


def _term(word: str, starred: bool) -> str:
    if is_unspaced(word[0]):
        return _neighbours([word])[0]
    if starred and len(word) < PREFIX_LENGTH_MIN:
        raise _bad("query-too-broad", f"A beginning has at least {PREFIX_LENGTH_MIN} letters.",
                   "Give more of the word.")
    return f'"{word[:WORD_LENGTH_MAX]}"' + ("*" if starred else "")


def _neighbours(found: list[str]) -> list[str]:
    """Return the term for words that follow each other, as `tokens` has indexed them."""
    if not found:
        return []
    *others, last = found
    tokens = [token for word in others for token in indexed(word)]
    # The last character alone stands only at the end of a run, so that it is no part of a
    # question within one; a single one is the beginning of a pair, or stands alone.
    tokens += indexed(last)[:-1] or [last] if is_unspaced(last[0]) else indexed(last)
    single = is_unspaced(last[0]) and len(last) == 1
    return [f'"{" ".join(tokens)}"' + ("*" if single else "")]


def _read(state: State, keys: list[str]) -> Iterator[Hit]:
    for key in keys:
        standing: Application | Copy | None
        if key.startswith(f"{APPLICATIONS.name}/"):
            standing = state.at(APPLICATIONS, key.encode("ascii"))
        else:
            standing = state.at(COPIES, key.encode("ascii"))
        if standing is not None:
            yield Hit(key, standing)


def _bad(name: str, detail: str, remedy: str) -> Malformed:
    return Malformed(name, detail, basis=BASIS, remedy=remedy)
