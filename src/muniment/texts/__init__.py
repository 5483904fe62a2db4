"""The texts that people read, by key and language: one catalogue, as CSV beside this module.

- A row holds a key and its text in six languages. An empty cell falls back to English; the gaps
  are counted on docs/reference/texts.md.
- In a text, `{due}` stands for a fact, `{deadline[end]}` for a member of one, as in the English of
  the core, and `{criterion|criterion}` for the text `criterion.VALUE` where there is one.

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
PLACE = re.compile(r"\{([a-z_]+)(?:\[([a-z_]+)\])?(?:\|([a-z]+))?\}")
"""A place for a fact: its name, its member, the kind of its texts."""
Rows = Mapping[str, Mapping[str, str]]
Facts = Mapping[str, Any]


@cache
def catalogue() -> Rows:
    """Return every row of the catalogue by its key."""
    rows: dict[str, dict[str, str]] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".csv"):
            continue
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
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
    """

    def __init__(self, language: str, rows: Rows | None = None) -> None:
        self.language = language
        self._rows = catalogue() if rows is None else rows

    @property
    def direction(self) -> str:
        """The direction of writing, as HTML names it."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def __call__(self, key: str, facts: Facts | None = None, /, **more: Any) -> str:
        """Return the text of a key.

        Args:
            key: The key.
            facts: What its places stand for.
            more: Further facts.

        Raises:
            Fault: There is no such text, or it names a fact that is not given.
        """
        row = self._rows.get(key)
        if row is None:
            raise Fault(f"There is no text {key}.")
        given = {**(facts or {}), **more}
        return PLACE.sub(lambda place: self._fact(key, given, *place.groups()), self._of(row))

    def word(self, kind: str, value: object) -> str:
        """Return the text `KIND.VALUE`, or the value itself where there is none."""
        row = self._rows.get(f"{kind}.{value}")
        return str(value) if row is None else self._of(row)

    def pairs(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield (English, this language's) text of each key that begins with `prefix`."""
        for key, row in self._rows.items():
            if key.startswith(prefix):
                yield row[FALLBACK], self._of(row)

    def _of(self, row: Mapping[str, str]) -> str:
        return row.get(self.language) or row[FALLBACK]

    def _fact(
        self, key: str, facts: Facts, name: str, member: str | None, kind: str | None
    ) -> str:
        value = facts.get(name)
        if member is not None:
            value = value.get(member) if isinstance(value, Mapping) else None
        if value is None:
            raise Fault(f"The text {key} names {name} {member or ''}, which is not given.")
        return self._format(value, kind)

    def _format(self, value: Any, kind: str | None) -> str:
        if isinstance(value, list | tuple):
            nested = any(isinstance(one, list | tuple) for one in value)
            parts = [" ".join(self._format(part, kind) for part in one)
                     if isinstance(one, list | tuple) else self._format(one, kind)
                     for one in value]
            return ("; " if nested else ", ").join(parts)
        return self.word(kind, value) if kind else str(value)


def gaps(rows: Rows | None = None) -> Iterator[tuple[str, str]]:
    """Yield (language, key) of each text that is missing."""
    for key, row in (catalogue() if rows is None else rows).items():
        yield from ((language, key) for language in LANGUAGES if not row.get(language))
