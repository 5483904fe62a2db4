"""The registers as one sorted map: tables, keys, values, changes.

- A key is its table's name and components, each ended by a slash. A component is fixed
  vocabulary, a counted number of 12 digits, or a digest (docs/formats/state-tree.md).
- A value is a record in canonical JSON of at most 1,024 bytes: public facts or digests only.
- Reading is pure. Writing happens through `Change`s alone, and can be undone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from muniment.codec import Record, decoder, encode
from muniment.proof import limits
from muniment.proof.errors import Fault

Value = TypeVar("Value", bound=Record)
Made = TypeVar("Made")

KNOWN_VALUES_MAX = 50_000
"""Decoded values kept between blocks; forgetting them changes nothing but speed."""

REMEMBERED_PREFIXES_MAX = 5_000
"""Prefixes of which something is remembered between blocks; the same holds for them."""
_ABSENT = object()


class Table(Generic[Value]):
    """One register: a name, the type of its values, and how they are read and written.

    Args:
        name: First component of its keys.
        kind: Type of its values.
        describes: One sentence for the reference pages.
    """

    def __init__(self, name: str, kind: type[Value], describes: str) -> None:
        self.name = name
        self.kind = kind
        self.describes = describes
        self.decode: Callable[[bytes], Value] = decoder(kind)

    def key(self, *components: str) -> bytes:
        """Return the state key of `components`; a component may hold slashes of its own."""
        return "/".join((self.name, *components, "")).encode("ascii")


@dataclass(frozen=True, slots=True)
class Change:
    """One effect of an operation: a value before and after."""

    table: str
    key: bytes
    before: Record | None
    after: Record


def change(
    table: Table[Value], key: bytes, before: Value | None, after: Value
) -> Change:
    """Return the change of one value of `table`."""
    return Change(table.name, key, before, after)


class Base(Protocol):
    """What a state is read from: the committed tree."""

    def get(self, key: bytes) -> bytes | None:
        """Return the stored value, or None."""

    def scan(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the stored entries under a prefix in order of their keys."""


class State:
    """The state as the next operation sees it: the committed tree and what this block changed."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._known: dict[bytes, Record | None] = {}
        self._written: dict[bytes, bytes] = {}
        self._undo: list[tuple[bytes, Record | object | None, bytes | None]] = []
        self._rows: dict[bytes, dict[str, Any]] = {}
        self._held: dict[tuple[str, ...], dict[str, Any]] = {}

    def get(self, table: Table[Value], *components: str) -> Value | None:
        """Return the value under `components`, or None."""
        return self.at(table, table.key(*components))

    def at(self, table: Table[Value], key: bytes) -> Value | None:
        """Return the value of a key of `table`, or None."""
        if key in self._known:
            return cast("Value | None", self._known[key])
        stored = self._base.get(key)
        value = None if stored is None else table.decode(stored)
        self._known[key] = value
        return value

    def recall(self, prefix: bytes, label: str) -> Any:
        """Return what `remember` keeps under a prefix and a label, or None."""
        kept = self._rows.get(prefix)
        return None if kept is None else kept.get(label)

    def remember(self, prefix: bytes, label: str, make: Callable[[], Made]) -> Made:
        """Return what `make` derives from the entries under `prefix`, until one of them changes.

        Args:
            prefix: The beginning of a key, up to one of its slashes.
            label: What is derived.
            make: Derives it.
        """
        kept = self._rows.setdefault(prefix, {})
        if label not in kept:
            kept[label] = make()
        return cast("Made", kept[label])

    def holds(self, table: Table[Value], *components: str) -> bool:
        """Return whether any entry stands under `components`, remembered."""
        name = (table.name, *components)
        kept = self._held.get(name)
        if kept is None or "holds" not in kept:
            prefix = table.key(*components)
            self.remember(prefix, "holds", lambda: self._any(prefix))
            kept = self._held[name] = self._rows[prefix]
        return bool(kept["holds"])

    def _any(self, prefix: bytes) -> bool:
        return next(self._base.scan(prefix), None) is not None or any(
            key.startswith(prefix) for key in self._written)

    def rows(self, table: Table[Value], *components: str) -> tuple[tuple[bytes, Value], ...]:
        """Return the entries under `components` in order of their keys, remembered."""
        prefix = table.key(*components)
        kept = self._rows.get(prefix)
        if kept is not None and "rows" in kept:
            return cast("tuple[tuple[bytes, Value], ...]", kept["rows"])
        wide = _wide(prefix)
        if wide and not self.remember(wide, "holds", lambda: self._any(wide)):
            return ()
        return self.remember(prefix, "rows", lambda: self._scan(table, prefix))

    def forget(self) -> None:
        """Forget what was read, so that a long reading needs no more memory than a short one."""
        if not self._undo and not self._written:
            self._known.clear()
            if len(self._rows) > REMEMBERED_PREFIXES_MAX:
                self._rows.clear()
                self._held.clear()

    def _scan(self, table: Table[Value], prefix: bytes) -> tuple[tuple[bytes, Value], ...]:
        fresh = {key: value for key, value in self._written.items() if key.startswith(prefix)}
        found = sorted((dict(self._base.scan(prefix)) | fresh).items())
        return tuple((key, table.decode(value)) for key, value in found)

    def stands(self, one: Change) -> bool:
        """Return whether the value before a change is the one that stands."""
        known = self._known.get(one.key, _ABSENT)
        if known is _ABSENT:
            return one.before is None and self._base.get(one.key) is None
        return known is one.before or known == one.before

    def put(self, changes: tuple[Change, ...]) -> None:
        """Write the effects of an accepted operation, all or none.

        Raises:
            Fault: A key or value exceeds its bound, which the rules must not let happen.
        """
        encoded = [_checked(one.key, encode(one.after)) for one in changes]
        for one, value in zip(changes, encoded, strict=True):
            key = one.key
            self._undo.append((key, self._known.get(key, _ABSENT), self._written.get(key)))
            self._known[key] = one.after
            self._written[key] = value
            self._forget_rows(key, written=True)

    def mark(self) -> int:
        """Return a mark to which `undo` can go back."""
        return len(self._undo)

    def undo(self, mark: int) -> None:
        """Take back every change since `mark`."""
        while len(self._undo) > mark:
            key, known, written = self._undo.pop()
            if isinstance(known, Record) or known is None:
                self._known[key] = known
            else:
                del self._known[key]
            if written is None:
                del self._written[key]
            else:
                self._written[key] = written
            self._forget_rows(key, written=False)

    def take_written(self) -> list[tuple[bytes, bytes]]:
        """Return this block's final values, sorted by key, and begin the next block."""
        entries = sorted(self._written.items())
        self._written.clear()
        self._undo.clear()
        if len(self._known) > KNOWN_VALUES_MAX:
            self._known.clear()
        if len(self._rows) > REMEMBERED_PREFIXES_MAX:
            self._rows.clear()
            self._held.clear()
        return entries

    def _forget_rows(self, key: bytes, *, written: bool) -> None:
        """Forget what was derived under any prefix of a key, but for what its writing shows."""
        at = key.find(b"/") + 1
        while at:
            kept = self._rows.get(key[:at])
            if kept is not None:
                kept.clear()  # in place: `holds` has it too
                if written:
                    kept["holds"] = True
            at = key.find(b"/", at) + 1


def _wide(prefix: bytes) -> bytes:
    """Return table, office and kind of right of a longer prefix, or nothing if it is no longer.

    Most registers hold nothing at all in most tables: that is found out once for a kind of
    right, not once for each filing.
    """
    end = prefix.find(b"/", prefix.find(b"/", prefix.find(b"/") + 1) + 1) + 1
    return prefix[:end] if 0 < end < len(prefix) else b""


def _checked(key: bytes, value: bytes) -> bytes:
    if len(value) > limits.STATE_VALUE_BYTES_MAX or len(key) > limits.STATE_KEY_BYTES_MAX:
        raise Fault(f"The value of {key.decode()} has {len(value)} bytes; the rules bound it.")
    return value
