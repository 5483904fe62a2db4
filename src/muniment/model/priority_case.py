"""A priority claim as the checks see it: facts in, one result of each check out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from muniment.model.calendar import Calendar, Reference

Found = Literal["application", "copy", "none"]
Reading = Literal["ok", "respelled", "unknown", "ambiguous", "check-digit-wrong"]


@dataclass(frozen=True, slots=True)
class Filing:
    """A filing as a claim names it."""

    office: str
    """ST.3 code."""
    right: str
    """The kind of right."""
    number: str
    """The number as given."""
    date: date | None
    """The filing date as given, if it is a real date."""


@dataclass(frozen=True, slots=True)
class Title:
    """A declared title of the later applicant to the earlier filing."""

    basis: str
    """What it rests on, e.g. `assignment`."""
    executed: date
    """The day on which it was executed."""


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


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """One claim, and what the public register says of its earlier filing."""

    earlier: Filing
    """The earlier filing as the claim names it."""
    office_known: bool = True
    """Whether its office has an ST.3 code."""
    reading: Reading = "ok"
    """How its number was read."""
    canonical: str = ""
    """Its canonical number, if it was read."""
    found: Found = "none"
    """Whether the register has that office's own entry, or a copy."""
    register_date: date | None = None
    """The filing date that the register shows."""
    source: str = ""
    """The source of a copy."""
    covered: bool = False
    """Whether the office declared the series complete here."""
    withdrawn: bool = False
    """Whether the claim was withdrawn."""
    related: tuple[RelatedFiling, ...] = ()
    """The filings declared to have the same subject as the earlier one."""
    title: Title | None = None
    """The title of the later applicant to the earlier filing, if an office declared one."""
    barred_by: tuple[str, ...] = ()
    """The offices whose registers hold a claim that relied on Art. 4C(4) against it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found."""

    check: str
    """Its number, e.g. `P06`."""
    result: str
    """The result, e.g. `IN_TIME`."""
    reason: str
    """The result in one English sentence; all that it says beyond the result stands in `facts`."""
    basis: str
    """The article or rule."""
    excludes: bool = False
    """Whether, as things stand, the claim gives no priority because of it."""
    remedy: str = ""
    """What can be done."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The dates, calendar and words used: from them `texts/` says the result in other languages,
    and tells sentences of one result apart."""

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON members, the empty ones left out."""
        members = {
            "basis": self.basis, "reason": self.reason, "remedy": self.remedy,
            "result": self.result, **self.facts,
        }
        return {name: value for name, value in members.items() if value not in ("", None)}


@dataclass(frozen=True, slots=True)
class Case:
    """A claim with all that its checks read."""

    later: Filing
    claim: ClaimFacts
    reference: Reference
    calendar: Calendar

    @property
    def earlier_date(self) -> date | None:
        """The date that counts: the register's where it is public, else the claim's."""
        return self.claim.register_date or self.claim.earlier.date
