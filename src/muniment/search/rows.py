"""What the index holds of a filing, and which filings an operation is about."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple, Self

from muniment.engine import OPERATION_LEAF
from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, COPIES, Application, Copy
from muniment.model.calendar import parse_date
from muniment.model.state import State
from muniment.proof import disclosure
from muniment.proof.canonical import decode
from muniment.proof.errors import LedgerError
from muniment.search.fold import spellings, tokens

DAY = 1 << 40
"""What a day is worth in a place: more entries than any log will have."""
Standing = Application | Copy
"""What stands under the key of a filing."""
Show = Callable[[str], str | None]
"""Returns the disclosure of a digest, or None if the vault does not keep it."""


class Row(NamedTuple):
    """What is written of one filing."""

    filing: tuple[int, str, str, str]
    """Place, key, office and right."""
    spellings: Sequence[str]
    words: str

    @classmethod
    def of(cls, key: bytes, value: Standing, show: Show | None) -> Self:
        """Return the row of a filing."""
        text = key.decode("ascii")
        table, office, right, *rest = text.strip("/").split("/")
        suffix = rest if table == APPLICATIONS.name else rest[:-1]
        named = "/".join((office, right, *suffix))
        written = spellings(value.number) | spellings(value.printed or value.number) | {named}
        day = parse_date(value.date) if value.date else None
        filing = (place_of(day, value.entry), text, office, right)
        return cls(filing, sorted(written), tokens(_disclosed(value, show)) if show else "")


def place_of(day: date | None, entry: int) -> int:
    """Return the place of a filing among all: by its date, then by its entry in the log."""
    return (day.toordinal() if day else 0) * DAY + entry


def is_accepted(leaf: bytes) -> bool:
    """Return whether a leaf is that of an accepted operation."""
    return leaf.startswith(OPERATION_LEAF) and decode(leaf[len(OPERATION_LEAF) :])["code"] == 0


def named_in(plain: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (office, right, number) of each filing that an operation names, at any depth.

    Types of operations that are yet to come need no change here: whatever changes a filing names
    it, or opens a disclosure that does.
    """
    if isinstance(plain, dict):
        named = tuple(plain.get(name) for name in ("office", "right", "number"))
        if all(isinstance(one, str) for one in named):
            yield named  # type: ignore[misc]
        if isinstance(plain.get("disclosure"), str):
            yield from named_in(_opened(plain["disclosure"]))
        for value in plain.values():
            yield from named_in(value)
    elif isinstance(plain, list):
        for value in plain:
            yield from named_in(value)


def _opened(text: str) -> Any:
    try:
        return disclosure.parse(text)[2]
    except LedgerError:
        return None


def stands(
    state: State, office: str, right: str, printed: str
) -> Iterator[tuple[bytes, Standing]]:
    """Yield (key, entry) of the filing that a number names, and of each copy of it."""
    office, right, printed = filings.as_received(office, right, printed)
    for suffix in filings.identify(state, office, right, printed).suffixes:
        key = APPLICATIONS.key(office, right, suffix)
        own = state.at(APPLICATIONS, key)
        if own is not None:
            yield key, own
        yield from state.rows(COPIES, office, right, suffix)


def _disclosed(value: Standing, show: Show) -> Iterator[str]:
    """Yield the texts that the vault still discloses of a filing, in the order of their names."""
    for name in sorted(value.disclosed):
        text = show(value.disclosed[name]) if name not in value.erased else None
        if text is not None:
            yield from _texts(disclosure.parse(text)[2])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name in sorted(value):
            yield from _texts(value[name])
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts(one)
