"""The texts that people read, by key and language: one catalogue, as CSV beside this module.

- A row holds a key and its text in six languages. An empty cell falls back to English; the gaps
  are counted on docs/reference/texts.md.
- In a text, `{later.office}` stands for a fact by its path, `{later.right|right}` for the text
  `right.VALUE` where there is one, else for the value as it is.
- A key may have variants. `KEY?path` and `KEY?path=value` say the same thing better where that
  fact is given, or has that value: the first that fits is taken, else `KEY`. `KEY+path` is said
  after it where the fact is given.

Whoever adds a text adds a row; nothing else in the code needs to know.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from muniment.proof.errors import Fault, Malformed

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
"""The official languages of WIPO's assemblies, by their ISO 639-1 codes."""
WRITTEN = ("en", "fr")
"""The languages in which no text may be missing."""
RIGHT_TO_LEFT = frozenset({"ar"})
FALLBACK = "en"
_VARIABLES = ("MUNIMENT_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_PLACE = re.compile(r"\{([A-Za-z_]+(?:\.[A-Za-z_]+)*)(?:\|([a-z]+))?\}")
Rows = Mapping[str, Mapping[str, str]]
Facts = Mapping[str, Any]


@cache
def catalogue() -> Rows:
    """Return every row of the catalogue by its key."""
    rows: dict[str, dict[str, str]] = {}
    folder = files(__package__)
    for path in sorted(one.name for one in folder.iterdir() if one.name.endswith(".csv")):
        with folder.joinpath(path).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                key = row.pop("key")
                if key in rows:
                    raise Fault(f"The text {key} stands twice.")
                rows[key] = row
    return rows


def choose_language(asked: str | None, environment: Mapping[str, str]) -> str:
    """Return the language of output: the one asked for, or the first that the environment names.

    Args:
        asked: What the user asked for, if he did.
        environment: Environment variables; `MUNIMENT_LANG` goes before those of the system.

    Raises:
        Malformed: There is no such language here. Only the system's own choice may be unknown.
    """
    named = asked or environment.get(_VARIABLES[0])
    if named:
        code = named.lower()
        if code not in LANGUAGES:
            raise Malformed(
                "language-unknown", f"There is no language {named[:20]!r} here.",
                basis="docs/reference/texts.md", remedy=f"Use one of {', '.join(LANGUAGES)}.",
            )
        return code
    system = next((environment[one] for one in _VARIABLES[1:] if environment.get(one)), "")
    code = system[:2].lower()
    return code if code in LANGUAGES and system[2:3] in ("", "_", ".", "-") else FALLBACK


class Texts:
    """The texts of one language.

    Args:
        language: One of LANGUAGES.
        rows: The catalogue; the packaged one by default.
        plain: Whether facts stand as they are, without their own texts.
    """

    def __init__(self, language: str, rows: Rows | None = None, *, plain: bool = False) -> None:
        self.language = language
        self.plain = plain
        self._rows = catalogue() if rows is None else rows
        self._variants = _variants(self._rows)

    @property
    def direction(self) -> str:
        """The direction of writing, as HTML names it."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def has(self, key: str) -> bool:
        """Return whether there is a text of that key, in any variant."""
        return key in self._rows or key in self._variants

    def __call__(self, key: str, facts: Facts | None = None, /, **more: Any) -> str:
        """Return the text of a key.

        Args:
            key: The key.
            facts: What its places stand for.
            more: Further facts.

        Raises:
            Fault: There is no such text, or it names a fact that is not given.
        """
        given = {**(facts or {}), **more}
        chosen, added = key, []
        for suffix in self._variants.get(key, ()):
            if suffix[0] == "+" and _holds(suffix[1:], given):
                added.append(key + suffix)
            elif suffix[0] == "?" and chosen == key and _holds(suffix[1:], given):
                chosen = key + suffix
        return " ".join(self._fill(one, given) for one in (chosen, *added))

    def word(self, kind: str, value: object) -> str:
        """Return the text `KIND.VALUE`, or the value itself where there is none."""
        key = f"{kind}.{value}"
        return self(key) if key in self._rows else str(value)

    def pairs(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield (English, this language's) text of each key that begins with `prefix`."""
        for key, row in self._rows.items():
            if key.startswith(prefix):
                yield row[FALLBACK], row.get(self.language) or row[FALLBACK]

    def _fill(self, key: str, facts: Facts) -> str:
        row = self._rows.get(key)
        if row is None:
            raise Fault(f"There is no text {key}.")
        template = row.get(self.language) or row[FALLBACK]
        return _PLACE.sub(lambda place: self._show(key, facts, *place.groups()), template)

    def _show(self, key: str, facts: Facts, path: str, kind: str | None) -> str:
        value = look_up(facts, path)
        if value is None:
            raise Fault(f"The text {key} names {path}, which is not given.")
        return self._format(value, kind)

    def _format(self, value: Any, kind: str | None) -> str:
        if isinstance(value, list | tuple):
            nested = any(isinstance(one, list | tuple) for one in value)
            return ("; " if nested else ", ").join(
                " ".join(self._format(part, kind) for part in one)
                if isinstance(one, list | tuple) else self._format(one, kind) for one in value
            )
        return str(value) if kind is None or self.plain else self.word(kind, value)


def look_up(facts: Facts, path: str) -> Any:
    """Return the fact at a path such as `deadline.end`, or None."""
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _holds(condition: str, facts: Facts) -> bool:
    path, equals, wanted = condition.partition("=")
    value = look_up(facts, path)
    return str(value) == wanted if equals else bool(value)


def _variants(rows: Rows) -> dict[str, list[str]]:
    """Return the variants of each key, as the suffixes that mark them, in their order."""
    found: dict[str, list[str]] = {}
    for key in rows:
        at = min((key.index(sign) for sign in "?+" if sign in key), default=0)
        if at:
            found.setdefault(key[:at], []).append(key[at:])
    return found


def gaps(rows: Rows | None = None) -> Iterator[tuple[str, str]]:
    """Yield (language, key) of each text that is missing."""
    for key, row in (catalogue() if rows is None else rows).items():
        yield from ((language, key) for language in LANGUAGES if not row.get(language))
