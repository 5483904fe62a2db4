"""A priority claim as the checks see it: facts in, one result of each check out.

Nothing here reads a register: the facts come from `model/checking.py`, from public state and
reference data, or as somebody states them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from muniment.model.application import PATENT_RIGHTS
from muniment.model.calendar import format_date
from muniment.model.priority_result import Result, plain
from muniment.model.rulebook import UNKNOWN, Policies, Rulebook

Found = Literal["application", "copy", "sealed", "none"]
Act = Literal["own", "international", "other"]
Inherited = Literal["standing", "fallen", "none", "unknown"]
Reading = Literal["ok", "respelled", "unknown", "ambiguous", "check-digit-wrong", "missing"]
INTERNATIONAL = "IB"
"""The office under whose code the rules of international applications stand (PCT, Madrid,
Hague)."""
PROCEDURE_WORDS = ("copy", "declaration", "number")
"""The policies that a national phase has from the treaty's rules."""


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


class Case:
    """A claim with all that its checks read.

    Args:
        later: The filing that claims.
        claim: The claim, with what the register says of its earlier filing.
        rulebook: The rules and calendars.
        descent: From which filing the later one descends, if from any.
        others: The earliest date of another claim of the later filing, where it goes before.
        published: The day on which the later filing was published, if its office said so.
        beside: Returns the other claims of the later filing, which are read only if asked for.
    """

    __slots__ = ("beside", "claim", "descent", "filed", "is_early", "later", "made", "office",
                 "others", "procedure", "published", "rulebook", "rules", "seat", "start")

    def __init__(
        self, later: Filing, claim: ClaimFacts, rulebook: Rulebook,
        descent: Descent | None = None, others: date | None = None,
        published: date | None = None, beside: Beside = tuple,
    ) -> None:
        self.later, self.claim, self.rulebook, self.descent = later, claim, rulebook, descent
        self.others, self.beside = others, beside
        self.published = descent.published if descent else published
        """The day of the publication that counts."""
        self.rules = rulebook.policies(later.office, later.right)
        """The policies of the later office."""
        self.start = claim.register_date or claim.earlier.date
        """The day from which the period runs."""
        self.is_early = self.start is not None and claim.acts_before(self.start)
        """Whether anything is said to have been done for the claim before that."""
        self.filed = self.made = later.date
        """The filing date that counts for the period, and the one for the procedure."""
        self.office = self.seat = self.procedure = later.office
        """The office whose calendar counts for the period, the one whose calendar counts for the
        procedure, and the one under whose code the rules of the procedure stand."""
        if descent is not None:
            self.filed, self.office = descent.filed, descent.office
            if descent.international and not descent.parent:
                self.made, self.seat, self.procedure = descent.filed, descent.office, INTERNATIONAL

    @property
    def is_international(self) -> bool:
        """Whether the later filing itself is an international application."""
        descent = self.descent
        return descent is not None and descent.international and not (
            descent.parent or descent.phase)

    @property
    def is_pct(self) -> bool:
        """Whether the filing that counts is an international application under the PCT."""
        descent = self.descent
        return descent is not None and descent.international and (
            self.later.right in PATENT_RIGHTS)

    @property
    def under_pct(self) -> bool:
        """Whether the rules of the PCT on declaration, number and copy hold."""
        return self.is_pct and not (self.descent and self.descent.parent)

    @property
    def is_accepted(self) -> bool:
        """Whether the later office accepted the claim, if only in part."""
        return self.claim.status in ("Accepted", "Partially refused")

    @property
    def is_itself(self) -> bool:
        """Whether the claim names the filing that claims."""
        later, earlier = self.later, self.claim.earlier
        if self.claim.itself or not later.number or later.number != earlier.number:
            return self.claim.itself
        return (earlier.office, earlier.right) == (later.office, later.right)

    def too_early(self, check: str, *days: date | None) -> Result | None:
        """Return that a day is stated before the earlier filing, if any of them is.

        No step for a claim can be taken before there is what is claimed. It may be taken before
        the day of the later filing: a filing date can be accorded after the papers were received
        (PLT Art. 5(4) and (6); PCT Rule 20.3).
        """
        if not self.is_early:
            return None
        for day in days:
            if day is not None and self.start is not None and day < self.start:
                return Result(check, "NOT_TESTED", "too-early", {
                    "day": format_date(day), "earlier_date": format_date(self.start)})
        return None

    def policy(self, word: str) -> Mapping[str, Any] | None:
        """Return a policy of the later office, of the day that counts; None if it is unknown.

        Those of the procedure are the rules of its treaty for an international application.
        """
        row = self.stated(word)
        return None if row is None or row["value"] == UNKNOWN else row

    def stated(self, word: str) -> Mapping[str, Any] | None:
        """Return what is published of a policy, be it that it is unknown."""
        treaty = self._asks_treaty(word)
        return (self.treaty_rules if treaty else self.rules).on(word, self.made)

    def _asks_treaty(self, word: str) -> bool:
        """Return whether the rules of the treaty hold, and not those of the later office.

        For an international application they hold in all, for its national phase in declaration,
        number and copy.
        """
        return self.procedure == INTERNATIONAL and (
            word in PROCEDURE_WORDS or self.is_international)

    @property
    def treaty_rules(self) -> Policies:
        """The rules of international applications; a PCT one is of one kind of right."""
        right = "patent" if self.later.right in PATENT_RIGHTS else self.later.right
        return self.rulebook.policies(INTERNATIONAL, right)

    def unsourced(self, check: str, word: str, why: str = "", **facts: Any) -> Result:
        """Return that nobody sourced a policy, with what its row says all the same."""
        office = INTERNATIONAL if self._asks_treaty(word) else self.later.office
        row = self.stated(word)
        known = (("law", row["basis"]),) if row is not None and row["basis"] else ()
        if facts:
            return Result(check, "POLICY_UNKNOWN", why, {"office": office, **dict(known), **facts})
        return plain(check, "POLICY_UNKNOWN", why, ("office", office), *known)
