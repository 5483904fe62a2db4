"""Which claims rely on Art. 4C(4) for a newer filing, so that the older one is set aside.

Derived from what stands now. A claim relies on it if the newer filing, as that claim sees it, is
the first by Art. 4C(4), and if the claim itself gives priority: the office accepted it, or nothing
excludes it. One that was refused, withdrawn undecided or lost sets nothing aside. What the
Convention leaves open is kept with the reason (docs/priority.md).
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Literal

from muniment.model.claim import ACCEPTED, Made, claims_made_on
from muniment.model.claimant import is_unconfirmed
from muniment.model.first_filing import first_among
from muniment.model.priority_facts import RelatedFiling, Reliance
from muniment.model.same_subject import Subject

RELIANCES_MAX = 16
"""Most undecided claims that are judged for one question."""
Standing = Literal["gives", "pending", "lost"]
"""What an undecided claim gives: priority, none as yet, or none."""
Judge = Callable[[Made], Standing]


class Reliances:
    """The claims to newer filings that rely on Art. 4C(4) against an older one.

    Args:
        subject: The filings of the same subject.
        key: The older filing, as keys show it.
        concerned: The offices whose word counts for who asks.
        judge: Says of an undecided claim, by its own facts, what it gives.
    """

    def __init__(
        self, subject: Subject, key: str, concerned: AbstractSet[str], judge: Judge
    ) -> None:
        self._subject, self._concerned, self._judge = subject, concerned, judge
        self._left = RELIANCES_MAX
        self._found: set[Reliance] = set()
        own = subject.filing(key)
        for newer, said_by in subject.heard(key, concerned).items():
            if _is_newer(subject.filing(newer), own):
                self._look(newer, said_by)
        if subject.is_cut or self._left < 0:
            self._found.add(Reliance("", "too-many"))

    @property
    def found(self) -> tuple[Reliance, ...]:
        """Each office with such a claim, and what is open about it."""
        return tuple(sorted(self._found))

    def _look(self, newer: str, said_by: tuple[str, ...]) -> None:
        """Look at each claim to a newer filing, once an office one relies on it."""
        verdicts: dict[str, str] = {}
        for made in claims_made_on(self._subject.state, newer):
            if Reliance(made.office) in self._found:
                continue
            if made.office not in verdicts:
                verdicts[made.office] = self._verdict(newer, made.office)
            if verdicts[made.office] not in ("FIRST_BY_4C4", "TO_VERIFY"):
                continue
            why = self._why(made)
            if why == "" and said_by:
                self._found.add(Reliance(made.office, "declared-elsewhere", said_by))
            elif why == "" and verdicts[made.office] == "TO_VERIFY":
                self._found.add(Reliance(made.office, "newer"))
            elif why is not None:
                self._found.add(Reliance(made.office, why))

    def _verdict(self, newer: str, office: str) -> str:
        """Return what P08 finds of a newer filing for a claim at an office."""
        filing = self._subject.filing(newer)
        related = self._subject.related(newer, self._concerned | {office})
        return first_among(filing.office, filing.filed, related,
                           many=self._subject.is_cut).result

    def _why(self, made: Made) -> str | None:
        """Return what is open about a claim, nothing if it gives priority, None if it does not."""
        status = made.claim.status
        if made.moved:
            return "corrected" if made.accepted else None
        if status in ACCEPTED:
            return ""
        if status == "Refused":
            return None
        if status == "Abandoned":
            return "withdrawn" if made.accepted else None
        self._left -= 1
        if self._left < 0:
            return None
        return _OPEN[self._gives(made)]

    def _gives(self, made: Made) -> Standing:
        """Return what an undecided claim gives; a filer's word gives nothing yet."""
        gives = self._judge(made)
        if gives == "gives" and is_unconfirmed(self._subject.state, made.office, made.claim):
            return "pending"
        return gives


_OPEN: dict[Standing, str | None] = {"gives": "", "pending": "pending", "lost": None}


def _is_newer(newer: RelatedFiling, own: RelatedFiling) -> bool:
    """Return whether a filing is a subsequent one in the same country."""
    if newer.filed is None or own.filed is None:
        return False
    return newer.office == own.office and newer.filed > own.filed
