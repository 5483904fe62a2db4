"""A priority claim as the checks see it: facts in, one result of each check out.

Nothing here reads a register: the facts come from `model/checking.py`, from public state and
reference data, or as somebody states them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from muniment.model.application import PATENT_RIGHTS
from muniment.model.calendar import format_date
from muniment.model.priority_facts import Beside, ClaimFacts, Descent, Filing
from muniment.model.priority_result import Result, plain
from muniment.model.rulebook import UNKNOWN, Policies, Rulebook

INTERNATIONAL = "IB"
"""The office under whose code the rules of international applications stand (PCT, Madrid,
Hague)."""
PROCEDURE_WORDS = ("copy", "declaration", "number")
"""The policies that a national phase has from the treaty's rules."""
OWN_WORDS = {"copy": "own-copy", "declaration": "own-declared", "number": "own-declared"}
"""The policies that go before others for a claim to a filing at the same office; it is declared by
its number."""


def is_pct(later: Filing, descent: Descent | None) -> bool:
    """Return whether the filing date that counts is that of an application under the PCT.

    Args:
        later: The later filing.
        descent: From which filing it descends, if from any.
    """
    return descent is not None and descent.international and later.right in PATENT_RIGHTS


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

    __slots__ = ("beside", "claim", "descent", "filed", "is_early", "is_internal", "later",
                 "made", "office", "others", "procedure", "published", "rulebook", "rules",
                 "seat", "start")

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
        self.is_internal = claim.earlier.office == later.office and not (
            claim.international or self.is_international)
        """Whether both filings were made at one office, so that its own rule gives the right; an
        international application is none of its receiving Office (PCT Art. 11(4))."""
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
        return is_pct(self.later, self.descent)

    @property
    def under_pct(self) -> bool:
        """Whether the rules of the PCT on declaration, number and copy hold."""
        return self.is_pct and not (self.descent and self.descent.parent)

    @property
    def is_accepted(self) -> bool:
        """Whether the later office accepted the claim, if only in part."""
        return self.claim.status in ("Accepted", "Partially refused")

    @property
    def has_own_rules(self) -> bool:
        """Whether the procedure of a claim to a filing at the same office is that office's."""
        return self.is_internal and self.procedure != INTERNATIONAL

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
        if word in OWN_WORDS and self.has_own_rules:
            row = self.rules.on(OWN_WORDS[word], self.made)
            if row is None or row["value"] != "as-foreign":
                return row
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
