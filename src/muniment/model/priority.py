"""Priority claims: what each check finds, as a pure function over public facts.

- Each check has its own result, reason, basis and remedy; there is no single yes or no. What
  cannot be tested says so.
- The facts of the earlier filing come in from the public register alone. Where its office has
  declared the series complete and nothing unsealed stands there, the answer is one and the same
  for an unknown, a sealed and an unpublished filing, whatever number, date or code was offered.
- The claim belongs to the later office, and that office decides; this is what public state says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from muniment.model.calendar import Calendar, Reference, format_date
from muniment.model.priority_case import Case, ClaimFacts, Filing, Result
from muniment.model.priority_checks import CHECKS, NOT_CONFIRMED_REASON

RULES = "2026"
"""The version of the rules that a recorded claim keeps beside its results."""
_NOT_CONFIRMED: dict[str, Any] = {
    "answer": "not-confirmed",
    "basis": "docs/priority.md",
    "checks": {
        "P02": {"result": "NOT_CONFIRMED"},
        "P21": {"result": "NOT_CONFIRMED"},
    },
    "reason": NOT_CONFIRMED_REASON,
    "remedy": "Ask the applicant for a certified copy or for a grant of access.",
}


@dataclass(frozen=True, slots=True)
class ClaimAssessment:
    """What the checks found of one claim."""

    claim: ClaimFacts
    """The claim."""
    results: tuple[Result, ...]
    """The results in the order of the checks; empty if the claim is not confirmed."""

    @property
    def confirmed(self) -> bool:
        """Whether more than the one answer may be given."""
        return bool(self.results)

    @property
    def gives_priority(self) -> bool:
        """Whether no check excludes it, as far as public state says."""
        return self.confirmed and not any(one.excludes for one in self.results)

    def summary(self) -> dict[str, str]:
        """Return the result of each check by its number: what a recorded claim keeps."""
        if not self.confirmed:
            return {"P02": "NOT_CONFIRMED"}
        return {one.check: one.result for one in self.results}

    def as_json(self) -> dict[str, Any]:
        """Return the assessment as JSON members."""
        if not self.confirmed:
            return _NOT_CONFIRMED
        earlier = self.claim.earlier
        day = format_date(earlier.date) if earlier.date else None
        named = {"date": day, "number": earlier.number, "office": earlier.office,
                 "right": earlier.right}
        return {
            "answer": "assessed",
            "checks": {one.check: one.as_json() for one in self.results},
            "earlier": named,
            "excluded_by": [one.check for one in self.results if one.excludes],
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the checks found of all claims of a later filing."""

    later: Filing
    """The later filing."""
    claims: tuple[ClaimAssessment, ...]
    """Each claim by itself."""

    @property
    def priority_date(self) -> date | None:
        """P18: the date of the earliest claim that no check excludes (Art. 4F)."""
        dates = [
            one.claim.register_date or one.claim.earlier.date
            for one in self.claims
            if one.gives_priority
        ]
        return min((day for day in dates if day), default=None)

    def as_json(self) -> dict[str, Any]:
        """Return the assessment as JSON members, all dates as `YYYY-MM-DD`."""
        later, earliest = self.later, self.priority_date
        several = {
            "basis": "Paris Convention Art. 4F",
            "priority_date": format_date(earliest) if earliest else None,
            "reason": "Each claim is assessed by itself; the earliest that nothing excludes counts."
            if earliest else "No claim gives a priority date on public facts.",
            "result": "PRIORITY_DATE" if earliest else "NONE",
        }
        return {
            "claims": [one.as_json() for one in self.claims],
            "later": {
                "date": format_date(later.date) if later.date else None,
                "number": later.number, "office": later.office, "right": later.right,
            },
            "P18": several,
            "rules": RULES,
        }


def assess_priority(
    later: Filing, claims: Sequence[ClaimFacts], reference: Reference,
    calendar: Calendar | None = None,
) -> Assessment:
    """Assess the priority claims of a later filing; pure.

    Args:
        later: The filing that claims.
        claims: Its claims, with what the public register says of each earlier filing.
        reference: Reference data of the ledger, or the packaged one.
        calendar: The later office's calendar, if it is at hand.
    """
    calendar = calendar or Calendar(later.office, reference)
    return Assessment(
        later, tuple(_assess(Case(later, one, reference, calendar)) for one in claims)
    )


def _assess(case: Case) -> ClaimAssessment:
    claim = case.claim
    if claim.found == "none" and claim.covered:
        return ClaimAssessment(claim, ())
    return ClaimAssessment(claim, tuple(check(case) for check in CHECKS))
