"""Filings in the state: applications, copies, sealed filings, coverage; and how to find them.

- An application is named by office, kind of right and number. A printed number becomes a state
  key through the formats that its office published; a number of no known format stands under its
  own digest. A look-up tries every reading and that digest, so that a new format moves no entry.
- An international application is one filing, whichever office somebody names with it: it stands
  under the receiving Office that its number names (PCT Rule 4.10(a)).
- Only public facts and digests stand here.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeVar

from muniment.codec import (
    AccountId,
    Component,
    Date,
    Digest,
    Disclosed,
    Natural,
    Number,
    Record,
    Word,
)
from muniment.model.number import (
    UNKNOWN_SERIES,
    NumberFormat,
    Reading,
    key_suffix,
    read_number,
    unknown_suffix,
)
from muniment.model.office import CURRENT, DEMO, FORMER
from muniment.model.reference import REFERENCE
from muniment.model.state import State, Table


class End(Record, frozen=True, kw_only=True):
    """How a filing ended; what had been claimed from it stays (Paris Convention Art. 4A(3))."""

    date: Date
    """The day on which it ended."""
    fate: Literal["abandoned", "refused", "withdrawn"]
    """What became of it."""
    leaves_rights: bool = False
    """Whether rights are left outstanding (Paris Convention Art. 4C(4))."""


class Application(Record, frozen=True, kw_only=True):
    """A filing that its office accorded a number and a date."""

    corrected: tuple[Natural, ...] = ()
    """Positions of the latest corrections, at most eight."""
    date: Date
    """The filing date, local to the office."""
    disclosed: Disclosed = {}
    """The names disclosed off the ledger, each with its salted digest."""
    ended: End | None = None
    """How it ended, if it did."""
    entry: Natural
    """Position in the log of the operation that entered it."""
    erased: tuple[Word, ...] = ()
    """Names whose disclosures the office has erased."""
    number: Number
    """The number in its canonical form."""
    printed: Number | None = None
    """The number as the office printed it, where that differs."""
    published: Date | None = None
    """The day on which it was laid open to public inspection, if it was."""
    recorded: Natural
    """Block time of the entry, in UTC seconds."""
    sealed: Digest | None = None
    """The sealed filing that it unsealed, if any."""


class Copy(Record, frozen=True, kw_only=True):
    """What another than the office says of a filing: never that office's entry."""

    date: Date | None = None
    """The filing date, if the source gives one."""
    disclosed: Disclosed = {}
    """The names disclosed off the ledger, each with its salted digest."""
    entry: Natural
    """Position in the log."""
    erased: tuple[Word, ...] = ()
    """Names whose disclosures the recorder has erased."""
    number: Number
    """The number in its canonical form, or as printed where no format is known."""
    printed: Number | None = None
    """The number as the source printed it, where that differs."""
    recorded: Natural
    """Block time of the entry, in UTC seconds."""
    retrieved: Date
    """The day on which the recorder took it from the source."""
    source: Component
    """The source, e.g. `uspto-peds`."""


class Sealed(Record, frozen=True, kw_only=True):
    """A filing, or a claim, of which only a salted digest is public."""

    digest: Digest
    """The digest of the disclosure that will open it."""
    entry: Natural
    """Position in the log."""
    office: Component
    """The office in whose register it stands."""
    opened: Natural | None = None
    """Position of the operation that opened it."""
    recorded: Natural
    """Block time of the entry, in UTC seconds."""
    submitter: AccountId
    """The account that sealed it."""


class Coverage(Record, frozen=True, kw_only=True):
    """An office's statement that its register here is complete for a series."""

    declared: Natural
    """Block time of the declaration, in UTC seconds."""
    withdrawn: bool = False
    """Whether the office no longer says so."""


APPLICATIONS = Table("application", Application, "Filings, one entry a number.")
COPIES = Table("copy", Copy, "Filings as another than their office knows them.")
SEALED = Table("sealed", Sealed, "Sealed filings and claims, by random name.")
COVERAGE = Table("coverage", Coverage, "The series for which a register is complete.")
Filing = TypeVar("Filing", Application, Copy)
PATENT_RIGHTS = ("patent", "utility-model")
"""The kinds of right for which an international application is one under the PCT."""
_RECEIVED = re.compile(r"\APCT/?([A-Z]{2})[0-9]", re.IGNORECASE | re.ASCII)
"""How the number of an international application names its receiving Office."""
IDENTITIES_MAX = 4_096
"""Printed numbers remembered by the formats of one office and right."""


@dataclass(frozen=True, slots=True, eq=False)
class Formats:
    """The number formats that an office published for one kind of right."""

    formats: tuple[NumberFormat, ...]
    known: dict[str, "Identity"] = field(default_factory=dict)
    """What printed numbers name by these formats: a pure fact, so it is remembered."""


class Identity(NamedTuple):
    """What a printed number names, by the published formats."""

    readings: tuple[Reading, ...]
    """Every reading."""
    canonical: str
    """The canonical form, or the number as printed where no format reads it."""
    read: tuple[str, ...]
    """The key parts under which its readings may stand, the likeliest first."""
    printed: str
    """The number as printed."""
    published: bool
    """Whether the office published any format of this kind of right."""

    @property
    def suffix(self) -> str:
        """The likeliest key part under which it may stand."""
        return self.read[0] if self.read else unknown_suffix(self.printed)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The key parts under which it may stand, the likeliest first, its digest last."""
        return (*self.read, unknown_suffix(self.printed))

    @property
    def has_one_reading(self) -> bool:
        """Whether at most one format reads it."""
        return len(self.read) <= 1

    @property
    def check_digit_is_wrong(self) -> bool:
        """Whether an official check digit contradicts it."""
        return any(one.check == "wrong" for one in self.readings)


@lru_cache(maxsize=1_024)
def _name(office: str, right: str) -> tuple[bytes, str]:
    """Return the name under which a state remembers the formats of an office and right."""
    return REFERENCE.key("number-format", office, right), "formats"


def _formats(state: State, office: str, right: str) -> Formats:
    rows = state.rows(REFERENCE, "number-format", office, right)
    return Formats(tuple(NumberFormat.from_row(value.row) for _, value in rows))


def _identify(formats: Formats, printed: str) -> Identity:
    readings = read_number(formats.formats, printed)
    identity = Identity(
        readings=readings,
        canonical=readings[0].canonical if readings else printed,
        read=tuple(dict.fromkeys(key_suffix(reading) for reading in readings)),
        printed=printed,
        published=bool(formats.formats),
    )
    if len(formats.known) >= IDENTITIES_MAX:
        formats.known.clear()
    formats.known[printed] = identity
    return identity


def as_received(office: str, right: str, printed: str) -> tuple[str, str, str]:
    """Return office, kind of right and number under which a filing stands.

    They are those by which it is named; for an international application its receiving Office and
    a patent, whether it is named with that Office, with the International Bureau or another one.
    """
    if printed[:1] not in "Pp" or right not in PATENT_RIGHTS:
        return office, right, printed
    found = _RECEIVED.match(printed)
    receiving = found[1].upper() if found else ""
    if receiving in CURRENT or receiving in FORMER or receiving in DEMO:
        return receiving, "patent", printed
    return office, right, printed


def is_received_elsewhere(office: str, right: str, printed: str) -> bool:
    """Return whether a number is that of an international application that stands elsewhere."""
    return as_received(office, right, printed)[:2] != (office, right)


def identify(state: State, office: str, right: str, printed: str) -> Identity:
    """Return what a printed number names at an office."""
    name = _name(office, right)
    formats: Formats | None = state.recall(*name)
    if formats is None:
        formats = state.remember(*name, lambda: _formats(state, office, right))
    return formats.known.get(printed) or _identify(formats, printed)


def formats_of(state: State, office: str, right: str) -> tuple[NumberFormat, ...]:
    """Return the published formats of an office and kind of right."""
    return _formats(state, office, right).formats


def find(
    state: State, table: Table[Filing], office: str, right: str, printed: str, *more: str
) -> tuple[bytes, Filing] | None:
    """Return (key, value) of the entry that a printed number names, or None."""
    named = identify(state, office, right, printed)
    for suffix in named.read:
        key = table.key(office, right, suffix, *more)
        value = state.at(table, key)
        if value is not None:
            return key, value
    if not state.holds(table, office, right, UNKNOWN_SERIES):
        return None  # nothing stands there under a number that no format read
    key = table.key(office, right, unknown_suffix(printed), *more)
    value = state.at(table, key)
    return None if value is None else (key, value)


def key_part(state: State, office: str, right: str, printed: str) -> str:
    """Return office, right, series and number as they stand in the key of a filing."""
    for suffix in (named := identify(state, office, right, printed)).suffixes:
        if state.at(APPLICATIONS, APPLICATIONS.key(office, right, suffix)) is not None:
            return f"{office}/{right}/{suffix}"
    return f"{office}/{right}/{named.suffix}"


def named_key(state: State, office: str, right: str, printed: str) -> str:
    """Return the key part of a filing that somebody names, be it an international application."""
    return key_part(state, *as_received(office, right, printed))


def others_keys(state: State, table: Table[Any], key: str) -> tuple[str, ...]:
    """Return the keys under which others may have recorded something of a filing, its own first.

    What they recorded before its office published a format stands under the number as printed.

    Args:
        state: The state.
        table: Where they recorded it, under office and kind of right.
        key: Office, kind of right, series and number as keys show them.
    """
    office, right, suffix = key.split("/", 2)
    is_printed = suffix.startswith(f"{UNKNOWN_SERIES}/")
    if is_printed or not state.holds(table, office, right, UNKNOWN_SERIES):
        return (key,)
    entry = state.at(APPLICATIONS, APPLICATIONS.key(key))
    printed = (entry.number, entry.printed or entry.number) if entry else ()
    return (key, *(f"{office}/{right}/{unknown_suffix(one)}" for one in dict.fromkeys(printed)))


def covered(state: State, office: str, right: str, suffix: str) -> bool:
    """Return whether the office declared the series of a key part complete."""
    series = suffix.rpartition("/")[0]
    found = state.get(COVERAGE, office, right, series)
    return found is not None and not found.withdrawn
