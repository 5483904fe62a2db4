"""Priority claims: what each check finds, as a pure function over public facts.

- Each check has its own result, reason, basis and remedy; there is no single yes or no. What
  cannot be tested says so.
- The facts of the earlier filing come in from the public register alone, or from the disclosure of
  who is entitled. Where its office has declared the series complete and nothing unsealed stands
  there, the answer is one and the same for an unknown, a sealed and an unpublished filing,
  whatever number, date or code was offered.
- The claim belongs to the later office, and that office decides; this is what public state says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from muniment.model.calendar import add_months, format_date, shown
from muniment.model.priority_case import Case, is_pct
from muniment.model.priority_checks import CHECKS, status_of
from muniment.model.priority_facts import Beside, ClaimFacts, Descent, Filing
from muniment.model.priority_result import Result, plain
from muniment.model.result_texts import EXCLUDING, TEXTS
from muniment.model.rulebook import Rulebook

RULES = "2026"
"""The version of the rules that a recorded claim keeps beside its results."""
LOSING_PCT = frozenset({
    ("P04", "NOT_PARIS"), ("P06", "VOID"), ("P11", "LATE"), ("P22", "REFUSED"),
    ("P22", "WITHDRAWN"),
})
"""Results after which a claim moves no time limit of others, under the PCT: it is void, withdrawn
or refused, or was added too late to be one (PCT Art. 2(xi), Rules 26bis.1(a) and 26bis.2)."""
LOSING = LOSING_PCT | {
    ("P04", "INTERNAL_REFUSED"), ("P05", "KINDS_INCOMPATIBLE"), ("P06", "LATE"),
    ("P07", "NOT_LATER"), ("P07", "SAME_DAY_REFUSED"), ("P19", "NOT_INHERITED"),
}
"""The same elsewhere: there never was a right of priority. A date, number, copy or title that is
wrong or late moves nothing anywhere: limits run from what is claimed, and one that has ended does
not begin anew (PCT Rule 26bis.1(c))."""
PUBLICATION_MONTHS = 18
"""From the priority date to the publication of a patent application (PCT Art. 21(2)(a))."""
_NOT_CONFIRMED: dict[str, Any] = {
    "answer": "not-confirmed",
    "basis": "docs/priority.md",
    "checks": {
        "P02": {"result": "NOT_CONFIRMED"},
        "P21": {"result": "NOT_CONFIRMED"},
    },
    "reason": TEXTS["P02.NOT_CONFIRMED"].reason,
    "remedy": TEXTS["P02.NOT_CONFIRMED"].remedy,
}


@dataclass(frozen=True, slots=True)
class ClaimAssessment:
    """What the checks found of one claim."""

    claim: ClaimFacts
    """The claim."""
    results: tuple[Result, ...]
    """The results in the order of the checks; empty if the claim is not confirmed."""
    excluded_by: tuple[str, ...] = ()
    """The checks because of which it gives no priority, as things stand."""
    under_pct: bool = False
    """Whether the rules of the PCT hold for it."""
    act: Result | None = None
    """P22 of a claim that is not confirmed, if the later office acted on it or it was withdrawn:
    that is public, whatever the earlier filing is."""

    @property
    def _said(self) -> tuple[Result, ...]:
        return (self.act,) if self.act else self.results

    @property
    def confirmed(self) -> bool:
        """Whether more than the one answer may be given."""
        return bool(self.results)

    @property
    def gives_priority(self) -> bool:
        """Whether no check excludes it, as far as public state says."""
        return self.confirmed and not self.excluded_by

    @property
    def is_lost(self) -> bool:
        """Whether it does not count for the time limits of other claims.

        One that was corrected too late is claimed all the same.
        """
        losing = LOSING_PCT if self.under_pct else LOSING
        return bool(self.excluded_by) and any(
            (one.check, one.result) in losing and one.why != "correction"
            for one in self._said)

    def summary(self) -> dict[str, str]:
        """Return the result of each check by its number: what a recorded claim keeps."""
        found = {one.check: one.result for one in self._said}
        return found if self.confirmed else {"P02": "NOT_CONFIRMED", **found}

    def result(self, check: str) -> Result | None:
        """Return the result of one check, or None if the claim is not confirmed."""
        return next((one for one in self._said if one.check == check), None)

    def as_json(self) -> dict[str, Any]:
        """Return the assessment as JSON members."""
        return self._members([one.as_json() for one in self.results])

    def as_answer(self) -> dict[str, Any]:
        """Return the assessment for an answer to encode: the same JSON, made with less work."""
        return self._members([one.as_answer() for one in self.results])

    def as_brief(self) -> dict[str, Any]:
        """Return the results alone, with the last day of the period: made for long lists."""
        if not self.confirmed and self.act is None:
            return {"answer": _NOT_CONFIRMED["answer"]}
        brief: dict[str, Any] = {
            "answer": "assessed" if self.confirmed else _NOT_CONFIRMED["answer"],
            "excluded_by": list(self.excluded_by), "results": self.summary()}
        period = self.result("P06")
        if period is not None and "deadline" in period.facts:
            brief["deadline"] = period.facts["deadline"]["end"]
        return brief

    def _members(self, checks: list[Any]) -> dict[str, Any]:
        if not self.confirmed:
            return _NOT_CONFIRMED if self.act is None else self._acted_on(self.act)
        earlier = self.claim.earlier
        named = {"date": shown(earlier.date), "number": earlier.number, "office": earlier.office,
                 "right": earlier.right}
        return {
            "answer": "assessed",
            "checks": dict(zip([one.check for one in self.results], checks, strict=True)),
            "earlier": named,
            "excluded_by": list(self.excluded_by),
        }

    def _acted_on(self, act: Result) -> dict[str, Any]:
        """Return the one answer with the public act; no copy mends a claim that fell."""
        checks = {**_NOT_CONFIRMED["checks"], act.check: act.as_json()}
        answer = {**_NOT_CONFIRMED, "checks": checks, "excluded_by": list(self.excluded_by)}
        if self.excluded_by:
            del answer["remedy"]
        return answer


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the checks found of all claims of a later filing."""

    later: Filing
    """The later filing."""
    claims: tuple[ClaimAssessment, ...]
    """Each claim by itself."""
    filed: date | None = None
    """The filing date that counts: that of the filing from which it descends, if from any."""
    is_pct: bool = False
    """Whether it is, or descends from, an international application under the PCT."""

    @property
    def priority_date(self) -> date | None:
        """P18: the date of the earliest claim to the whole that no check excludes (Art. 4F)."""
        return _earliest(self._standing())

    def _standing(self) -> list[ClaimFacts]:
        """Return the claims that no check excludes."""
        return [one.claim for one in self.claims if one.gives_priority]

    @property
    def several(self) -> Result:
        """P18: what the claims give together, each by itself."""
        standing = self._standing()
        earliest = _earliest(standing)
        facts: dict[str, Any] = {"priority_date": shown(earliest)}
        start = self._start
        if (self.later.right == "patent" or self.is_pct) and start is not None:
            facts["publication_due"] = format_date(add_months(start, PUBLICATION_MONTHS))
        partial = [{"classes": list(one.classes), "date": shown(one.date), "listed": one.listed}
                   for one in standing if _is_partial(one)]
        if partial:
            return Result("P18", "PARTIAL", facts={**facts, "partial": partial})
        return plain("P18", "PRIORITY_DATE" if earliest else "NONE", "", *facts.items())

    @property
    def _start(self) -> date | None:
        """Return the day from which publication is counted: the earliest date that is claimed."""
        claimed = [one.claim for one in self.claims if one.confirmed and not one.is_lost]
        return _earliest(claimed) or self.filed or self.later.date

    def as_json(self) -> dict[str, Any]:
        """Return the assessment as JSON members, all dates as `YYYY-MM-DD`."""
        return self._members([one.as_json() for one in self.claims], self.several.as_json())

    def as_answer(self) -> dict[str, Any]:
        """Return the assessment for an answer to encode: the same JSON, made with less work."""
        return self._members([one.as_answer() for one in self.claims], self.several.as_answer())

    def as_brief(self) -> dict[str, Any]:
        """Return the results alone, with the priority date that they give."""
        return {"claims": [one.as_brief() for one in self.claims],
                "priority_date": shown(self.priority_date), "rules": RULES}

    def _members(self, claims: list[dict[str, Any]], several: Any) -> dict[str, Any]:
        later = self.later
        return {
            "claims": claims,
            "later": {
                "date": shown(later.date), "number": later.number, "office": later.office,
                "right": later.right,
            },
            "P18": several,
            "rules": RULES,
        }


def _earliest(standing: list[ClaimFacts]) -> date | None:
    return min((one.date for one in standing if one.date and not _is_partial(one)), default=None)


def _is_partial(claim: ClaimFacts) -> bool:
    return bool(claim.classes) or claim.listed


def assess_priority(
    later: Filing, claims: Sequence[ClaimFacts], rulebook: Rulebook,
    descent: Descent | None = None, published: date | None = None,
) -> Assessment:
    """Assess the priority claims of a later filing; pure.

    Time limits run from the earliest priority date. So the claims are assessed in the order of
    their dates: a claim that is void, withdrawn or refused moves no limit of those after it.

    Args:
        later: The filing that claims.
        claims: Its claims, with what the public register says of each earlier filing.
        rulebook: Reference data of the ledger, or the packaged one, with what was read of it.
        descent: From which filing the later one descends, if from any.
        published: The day on which the later filing was published, if its office said so.
    """
    filed = descent.filed if descent else later.date
    if len(claims) == 1:
        only = assess_claim(later, claims[0], rulebook, descent, None, published)
        return Assessment(later, (only,), filed, is_pct(later, descent))
    ordered = OrderedClaims(later, [one.date for one in claims], claims.__getitem__,
                            claims.__getitem__, rulebook, descent, published)
    return Assessment(later, ordered.all(), filed, is_pct(later, descent))


class OrderedClaims:
    """The claims of a later filing in the order of their dates; each is assessed when asked for.

    Args:
        later: The filing that claims.
        dates: The date that counts of each claim.
        alone: Returns what the public register says of a claim by itself, by its place among
            them: by it, others know whether it is lost.
        whole: Returns all that it says, with filings of the same subject.
        rulebook: Reference data with what was read of it.
        descent: From which filing the later one descends, if from any.
        published: The day on which the later filing was published, if its office said so.
    """

    def __init__(
        self, later: Filing, dates: Sequence[date | None], alone: Callable[[int], ClaimFacts],
        whole: Callable[[int], ClaimFacts], rulebook: Rulebook, descent: Descent | None,
        published: date | None,
    ) -> None:
        self._later, self._dates, self._alone, self._whole = later, dates, alone, whole
        self._rulebook, self._descent, self._published = rulebook, descent, published
        self._order = sorted(range(len(dates)), key=lambda one: dates[one] or date.max)
        self._made: dict[int, ClaimAssessment] = {}

    def assess(self, at: int) -> ClaimAssessment:
        """Return the assessment of one claim; of those before it, only as far as it needs them."""
        facts = self._whole(at)
        return self._by_itself(at) if facts is self._alone(at) else self._of(at, facts)

    def all(self) -> tuple[ClaimAssessment, ...]:
        """Return the assessment of each claim."""
        return tuple(self.assess(at) for at in range(len(self._dates)))

    def case(self, at: int) -> Case:
        """Return one claim with all that its checks read."""
        return Case(self._later, self._whole(at), self._rulebook, self._descent,
                    self._earliest_before(at), self._published, partial(self._beside, at))

    def _by_itself(self, at: int) -> ClaimAssessment:
        if at not in self._made:
            self._made[at] = self._of(at, self._alone(at))
        return self._made[at]

    def _of(self, at: int, facts: ClaimFacts) -> ClaimAssessment:
        return assess_claim(self._later, facts, self._rulebook, self._descent,
                            self._earliest_before(at), self._published,
                            partial(self._beside, at))

    def _beside(self, at: int) -> list[ClaimFacts]:
        """Return the other claims, each by itself."""
        return [self._alone(one) for one in range(len(self._dates)) if one != at]

    def _earliest_before(self, at: int) -> date | None:
        """Return the date of the first claim before one that is not lost."""
        for one in self._order:
            if one == at:
                return None
            if not self._by_itself(one).is_lost:
                return self._dates[one]
        return None


def assess_claim(
    later: Filing, claim: ClaimFacts, rulebook: Rulebook, descent: Descent | None,
    others: date | None, published: date | None, beside: Beside = tuple,
) -> ClaimAssessment:
    """Assess one claim of a later filing; pure.

    Args:
        later: The filing that claims.
        claim: The claim, with what the public register says of the earlier filing.
        rulebook: Reference data with what was read of it.
        descent: From which filing the later one descends, if from any.
        others: The earliest date of the other claims that are not lost.
        published: The day on which the later filing was published, if its office said so.
        beside: Returns the other claims of the later filing.
    """
    if claim.found == "none" and claim.covered:
        return _unconfirmed(claim)
    case = Case(later, claim, rulebook, descent, others, published, beside)
    results = tuple([check(case) for check in CHECKS])
    excluded = tuple([one.check for one in results if (one.check, one.result) in EXCLUDING])
    return ClaimAssessment(claim, results, excluded, case.under_pct)


def _unconfirmed(claim: ClaimFacts) -> ClaimAssessment:
    """Return the one answer, with what the later office did with the claim, if it did anything."""
    if claim.status == "Claimed":
        return ClaimAssessment(claim, ())
    act = status_of(claim)
    return ClaimAssessment(claim, (), (act.check,) if act.excludes else (), act=act)
