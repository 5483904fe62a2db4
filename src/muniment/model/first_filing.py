"""The first filing (Paris Convention Art. 4C(2), (4)): checks P08 and P09.

- What has one subject is declared by offices and cannot be searched; nothing here ever says that
  a filing is the first one, only what is declared and what follows from it.
- Both follow from what stands now. In which order relations, ends and claims were recorded
  changes nothing.
- Where the Convention leaves a question open, or an office that the claim does not concern alone
  has spoken, the answer is `TO_VERIFY` (docs/priority.md).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from muniment.model.calendar import format_date
from muniment.model.priority_case import Case
from muniment.model.priority_facts import RelatedFiling, Reliance
from muniment.model.priority_result import Result, plain

_GRAVITY = ("", "withdrawn", "corrected", "pending", "newer", "declared-elsewhere", "too-many")
"""What can be open about a reliance, nothing first: the first that there is, is told."""


def filing_is_first(case: Case) -> Result:
    """P08: no older filing of the same subject MUST exist, unless Art. 4C(4) is shown."""
    claim = case.claim
    if not claim.related:
        return plain("P08", "NONE_DECLARED")
    return first_among(claim.earlier.office, case.start, claim.related, many=claim.many_related)


def first_among(
    office: str, start: date | None, related: Sequence[RelatedFiling], *, many: bool
) -> Result:
    """Return what P08 finds of a filing among those of the same subject.

    Args:
        office: The office where it was filed.
        start: Its filing date, if that is known.
        related: The others; there is one at least.
        many: Whether more are declared than are followed.
    """
    if start is None:
        return plain("P08", "NOT_TESTED")
    older = [one for one in related
             if not one.said_by and one.filed is not None and one.filed < start]
    for one in older:
        obstacle = _obstacle(one, office, start)
        if obstacle:
            return Result("P08", "NOT_FIRST", obstacle, {**_shown(one), "obstacle": obstacle})
    doubt = _doubt(related, older, start, many=many)
    if doubt is not None:
        return doubt
    if not older:
        return Result("P08", "NONE_DECLARED", "none-older", {"declared": len(related)})
    return Result("P08", "FIRST_BY_4C4", facts=_shown(older[0]))


def _obstacle(older: RelatedFiling, office: str, start: date) -> str:
    """Return the obstacle that keeps Art. 4C(4) from setting an older filing aside, or nothing."""
    if older.office != office:
        return "other-country"
    if older.ended is None or older.ended > start:
        return "not-ended"
    if older.published is not None and older.published <= start:
        return "laid-open"
    if older.leaves_rights:
        return "leaves-rights"
    if any(filed <= start for _, filed in older.served):
        return "has-served"
    return ""


def _doubt(
    related: Sequence[RelatedFiling], older: Sequence[RelatedFiling], start: date, *, many: bool
) -> Result | None:
    """Return what keeps the question open, if anything does."""
    for one in related:
        if one.filed is None and not one.said_by:
            return Result("P08", "TO_VERIFY", facts=_shown(one))
    for one in related:
        if one.said_by and (one.filed is None or one.filed < start):
            return Result("P08", "TO_VERIFY", "declared-elsewhere",
                          {**_shown(one), "said_by": list(one.said_by)})
    for one in older:
        if any(filed <= start for _, filed in one.once):
            return Result("P08", "TO_VERIFY", "corrected-away", _shown(one))
        if any(filed <= start for _, filed in one.unconfirmed):
            return Result("P08", "TO_VERIFY", "unconfirmed", _shown(one))
    return plain("P08", "TO_VERIFY", "too-many") if many else None


def _shown(one: RelatedFiling) -> dict[str, Any]:
    days = {"date": one.filed, "ended": one.ended, "published": one.published}
    facts = {name: format_date(day) for name, day in days.items() if day is not None}
    return {"older": {**facts, "number": one.number, "office": one.office,
                      "claimed_at": sorted({office for office, _ in (
                          *one.served, *one.once, *one.unconfirmed)})}}


def filing_is_not_barred(case: Case) -> Result:
    """P09: the earlier filing MUST NOT be one that a later claim set aside by Art. 4C(4)."""
    claim = case.claim
    if claim.reliances:
        return _set_aside(claim.reliances)
    if claim.found in ("none", "sealed"):
        return plain("P09", "NOT_TESTED")
    return plain("P09", "NOT_BARRED")


def _set_aside(reliances: Sequence[Reliance]) -> Result:
    """Return what the claims to newer filings do to an older one, the gravest of it."""
    why = min((one.why for one in reliances), key=_GRAVITY.index)
    such = [one for one in reliances if one.why == why]
    facts = {"relied_on_by": [one.office for one in such]}
    if not why:
        return Result("P09", "BARRED", facts=facts)
    said = sorted({office for one in such for office in one.said_by})
    return Result("P09", "TO_VERIFY", why, {**facts, "said_by": said})
