"""An assessment on the terminal: mark, word and reason of every check, in the user's language.

One line a check, with its result; the reason, the basis and the remedy stand below it. Lines are no
wider than the terminal, and in a file than 80 columns; colours are on a terminal alone, and colour
never says anything alone.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import Annotated

import typer

from muniment.model.office import DEMO
from muniment.model.priority import Assessment
from muniment.model.priority_facts import Filing
from muniment.texts import LANGUAGES, Texts, choose_language
from muniment.texts.results import (
    SYMBOLS,
    Mark,
    Told,
    answer_in_words,
    several_in_words,
    tell_claim,
)

LangOption = Annotated[str | None, typer.Option(
    "--lang", help=f"Language: {', '.join(LANGUAGES)}; MUNIMENT_LANG and LANG are heeded.")]
COLOURS: dict[Mark, str] = {
    "ok": "green", "attention": "yellow", "excludes": "red", "open": "bright_black",
}
_PLAIN: dict[Mark, str] = {"ok": "+", "attention": "!", "excludes": "x", "open": "?"}
"""Symbols for a terminal that writes ASCII alone."""
_NARROWEST, _WIDEST = 36, 100
"""Columns of a text: below the one it is hard to follow, above the other too."""
_FILE_COLUMNS = 80


def texts_of(lang: str | None) -> Texts:
    """Return the texts of the language asked for, or of the user's environment.

    Raises:
        Malformed: There is no such language.
    """
    return Texts(choose_language(lang, os.environ))


def is_fiction(assessed: Assessment) -> bool:
    """Return whether a fictional office takes part."""
    offices = {assessed.later.office, *(one.claim.earlier.office for one in assessed.claims)}
    return bool(DEMO.keys() & offices)


def show_assessment(assessed: Assessment, texts: Texts, place: int | None = None) -> None:
    """Print an assessment for people.

    Args:
        assessed: The assessment.
        texts: The language.
        place: The place of the one claim that is shown; all by default.
    """
    write = sys.stdout.write
    if is_fiction(assessed):
        write(f"{texts('report.fiction')}\n")
    heads = (texts("report.later"), texts("report.earlier"))
    width = max(map(len, heads)) + 2
    write(f"{heads[0]:<{width}}{_filing(assessed.later, texts)}\n")
    for claim in assessed.claims if place is None else (assessed.claims[place],):
        write(f"{heads[1]:<{width}}{_filing(claim.claim.earlier, texts)}\n")
        told = tell_claim(texts, assessed, claim)
        write("\n")
        _show(told, texts)
        write("\n")
        _say(answer_in_words(texts, claim, told))
    _say(several_in_words(texts, assessed))
    _say([texts("answer.office-decides", office=assessed.later.office)])


def _filing(one: Filing, texts: Texts) -> str:
    number = one.number or texts("source.no-number")
    day = one.date.isoformat() if one.date else texts("source.no-real-date")
    return f"{one.office} {number} ({texts.word('right', one.right)}), {day}"


def _show(told: Sequence[Told], texts: Texts) -> None:
    """Print each result on a line: symbol, word, check and what was found; the rest below it."""
    words = max(len(one.word) for one in told)
    titles = max(len(one.title) for one in told)
    symbols = SYMBOLS if _can_write("".join(SYMBOLS.values())) else _PLAIN
    for one in told:
        mark = f" {symbols[one.mark]} {one.word:<{words}}  "
        head = f"{one.check} {one.title:<{titles}}  {one.name}"
        sys.stdout.write(f"{_coloured(mark, COLOURS[one.mark])}{head}\n")
        indent = len(mark) + len(one.check) + 1
        below = _lines(f"{one.reason} ({one.basis})", indent)
        if one.remedy:
            below += _lines(f"{texts('report.remedy')} {one.remedy}", indent)
        for line in below:
            sys.stdout.write(" " * indent + line + "\n")


def _say(sentences: Sequence[str]) -> None:
    """Print sentences, each on a line of its own."""
    for line in (line for one in sentences for line in _lines(one, 0)):
        sys.stdout.write(f"{line}\n")


def _lines(text: str, indent: int) -> list[str]:
    """Return a text in lines that fit behind an indent."""
    width = max(min(_columns(), _WIDEST) - indent, _NARROWEST)
    return wrap(text, width, break_on_hyphens=False) or [""]


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _FILE_COLUMNS


def _can_write(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _coloured(text: str, colour: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return typer.style(text, fg=colour, bold=True)
