"""What is known of a priority claim: of itself, its earlier filing, and what was done for it.

It comes from public state and reference data (`model/checking.py`, `model/inquiry.py`), or as
somebody states it (`model/stated.py`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Literal, NamedTuple

Found = Literal["application", "copy", "sealed", "none"]
Act = Literal["own", "international", "other"]
Inherited = Literal["standing", "fallen", "none", "unknown"]
Reading = Literal["ok", "respelled", "unknown", "ambiguous", "check-digit-wrong", "missing"]


@dataclass(frozen=True, slots=True)
class Filing:
    """A filing as a claim names it."""

    office: str
    """ST.3 code."""
    right: str
    """The kind of right."""
    number: str
    """The number as given; empty if none was."""
    date: date | None
    """The filing date as given, if it is a real date."""


@dataclass(frozen=True, slots=True)
class Descent:
    """From which filing the later one descends, as its office declared it."""

    filed: date | None
    """The filing date that counts: the international one, or that of the first parent."""
    office: str
    """The office at which that filing was made; its calendar counts."""
    international: bool = False
    """Whether the filing that counts is an international application."""
    phase: str = ""
    """The number of the international application of which it is the national phase."""
    parent: str = ""
    """The number of the filing of which it is a divisional or continuation."""
    published: date | None = None
    """The day of the publication that counts, if an office said so."""
    complete: bool = True
    """Whether every filing on the way stands in the public register."""
    early_publication: date | None = None
    """The day on which the applicant asked for early publication, if he did and let it stand."""


@dataclass(frozen=True, slots=True)
class Title:
    """A declared title of the later applicant to the earlier filing."""

    basis: str
    """What it rests on, e.g. `assignment`; empty if the applicant is the same."""
    executed: date | None
    """The day on which it was executed; none if the applicant is the same."""
    applicants: str = ""
    """`all` or `some` of the earlier applicants, or nothing where that is not said."""


@dataclass(frozen=True, slots=True)
class RelatedFiling:
    """A filing declared to have the same subject, as the public register shows it."""

    office: str
    """ST.3 code."""
    number: str
    """The number as declared."""
    filed: date | None = None
    """Its filing date, if a public entry shows one."""
    ended: date | None = None
    """The day on which it ended, if its office said so."""
    leaves_rights: bool = False
    """Whether it left rights outstanding."""
    published: date | None = None
    """The day on which it was laid open, if its office said so."""
    served: tuple[tuple[str, date], ...] = ()
    """(office, filing date) of each filing that claimed it."""
    once: tuple[tuple[str, date], ...] = ()
    """(office, filing date) of each filing whose claim to it was corrected to another."""
    unconfirmed: tuple[tuple[str, date], ...] = ()
    """(office, filing date) of each filing whose claim to it a filer entered and its office never
    decided."""
    said_by: tuple[str, ...] = ()
    """The offices on whose word alone it has the same subject; none if an office that this
    claim concerns said so."""


class Reliance(NamedTuple):
    """A claim to a newer filing of the same subject, as far as it sets the older one aside."""

    office: str
    """The office whose register holds it."""
    why: str = ""
    """What is open about it, or nothing: `corrected`, `declared-elsewhere`, `newer`, `pending`,
    `too-many`, `withdrawn`."""
    said_by: tuple[str, ...] = ()
    """The offices on whose word alone the two filings have one subject."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What was done for the claim at the later office, each step with its day."""

    copy_requested: date | None = None
    corrected: date | None = None
    declared: date | None = None
    fee_paid: date | None = None
    number_given: date | None = None
    transmittal_requested: date | None = None
    translation_asked: date | None = None
    translation_due: date | None = None
    translation_filed: date | None = None


NO_STEPS = Steps()
"""Nothing is known to have been done."""
_STEPS = attrgetter(*(one.name for one in fields(Steps)))


@dataclass(frozen=True, slots=True)
class Restored:
    """An office's act that restored the right of priority."""

    office: str
    """The office that restored it."""
    criterion: str
    """The criterion that it found fulfilled."""
    act: Act = "own"
    """Whether it acted on this filing, on the international application from which it descends,
    or on another filing that claims the same."""


@dataclass(frozen=True, slots=True)
class Document:
    """A certified copy of the earlier filing, as an office recorded it."""

    recorder: str
    """The office that recorded it."""
    certifier: str
    """The office that certified it."""
    certified: date
    """The day of certification."""
    available: date
    """The day by which it stood in the register."""
    digest: str = ""
    """The digest of the salted disclosure of its hashes and size."""
    received: date | None = None
    """The day on which the recorder received it for the later filing."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A file that the asker presents as the certified copy, with its disclosure."""

    digest: str
    """The digest of the disclosure."""
    intact: bool
    """Whether the file has the disclosed hashes and size."""


@dataclass(slots=True)
class ClaimFacts:
    """One claim, and what the public register says of its earlier filing. Nothing changes it."""

    earlier: Filing
    """The earlier filing as the claim names it."""
    office_known: bool = True
    """Whether its office has an ST.3 code."""
    reading: Reading = "ok"
    """How its number was read."""
    canonical: str = ""
    """Its canonical number, if it was read."""
    found: Found = "none"
    """Whether the register has that office's own entry or a copy, or a disclosure opened it."""
    register_date: date | None = None
    """The filing date that the register shows."""
    source: str = ""
    """The source of a copy."""
    entry: int | None = None
    """The entry of a sealed filing that a disclosure opened."""
    covered: bool = False
    """Whether the office declared the series complete here."""
    status: str = "Claimed"
    """The status of the claim, in the words of ST.96."""
    related: tuple[RelatedFiling, ...] = ()
    """The filings declared to have the same subject as the earlier one."""
    title: Title | None = None
    """The title of the later applicant to the earlier filing, if an office declared one."""
    reliances: tuple[Reliance, ...] = ()
    """The claims to newer filings that rely on Art. 4C(4) against it, or perhaps do."""
    steps: Steps = NO_STEPS
    """What was done for the claim."""
    recorded: date | None = None
    """The day by which it stood in the register, wherever in the world."""
    was: date | None = None
    """The filing date that it gave before its latest correction."""
    first: date | None = None
    """The filing date that it gave at first, if it is not the one before its latest correction."""
    classes: tuple[int, ...] = ()
    """The Nice classes for which a mark claims priority, if only for some."""
    listed: bool = False
    """Whether it is made for a list of goods and services of which a digest is public."""
    restored: tuple[Restored, ...] = ()
    """The acts that restored the right of priority from this earlier filing."""
    documents: tuple[Document, ...] = ()
    """The certified copies on record."""
    presented: Presented | None = None
    """The file that the asker presents, if any."""
    inherited: Inherited = "unknown"
    """Whether the filing from which the later one descends holds the same claim."""
    itself: bool = False
    """Whether the register shows that it is the later filing itself, in any spelling."""
    chain: tuple[str, ...] = ()
    """The filings whose priority the earlier filing itself claims."""
    chain_fallen: tuple[str, ...] = ()
    """The filings whose priority it claimed, until that claim was withdrawn or refused."""
    many_related: bool = False
    """Whether more filings of the same subject are declared than are followed."""
    international: bool = False
    """Whether the earlier filing is an international application under the PCT."""

    def acts_before(self, start: "date") -> bool:
        """Return whether anything is said to have been done for the claim before a day."""
        if self.steps is NO_STEPS and self.recorded is None and not self.documents:
            return False
        days = [self.recorded, *_STEPS(self.steps)]
        for one in self.documents:
            days += [one.certified, one.received]
        return any(day is not None and day < start for day in days)

    @property
    def date(self) -> date | None:
        """The date that counts: the register's where it is public, else the claim's."""
        return self.register_date or self.earlier.date


Beside = Callable[[], Iterable[ClaimFacts]]
"""Returns the other claims of a later filing."""
