"""The first filing (Paris Convention Art. 4C(2), (4)): checks P08 and P09.

What has one subject is declared by offices and cannot be searched; nothing here ever says that a
filing is the first one, only what is declared and what follows from it.
"""

from datetime import date
from typing import Any

from muniment.model.calendar import format_date
from muniment.model.priority_case import Case, RelatedFiling
from muniment.model.priority_result import Result, plain


def filing_is_first(case: Case) -> Result:
    """P08: no older filing of the same subject MUST exist, unless Art. 4C(4) is shown."""
    claim, start = case.claim, case.start
    if not claim.related:
        return plain("P08", "NONE_DECLARED")
    if start is None:
        return plain("P08", "NOT_TESTED")
    undated = [one for one in claim.related if one.filed is None]
    older = [one for one in claim.related if one.filed is not None and one.filed < start]
    found = [(one, _obstacle(one, claim.earlier.office, start)) for one in older]
    for one, obstacle in found:
        if obstacle:
            return Result("P08", "NOT_FIRST", obstacle, {**_shown(one), "obstacle": obstacle})
    if undated:
        return Result("P08", "TO_VERIFY", facts=_shown(undated[0]))
    if not found:
        return Result("P08", "NONE_DECLARED", "none-older", {"declared": len(claim.related)})
    return Result("P08", "FIRST_BY_4C4", facts=_shown(found[0][0]))


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


def _shown(one: RelatedFiling) -> dict[str, Any]:
    days = {"date": one.filed, "ended": one.ended, "published": one.published}
    facts = {name: format_date(day) for name, day in days.items() if day is not None}
    return {"older": {**facts, "number": one.number, "office": one.office,
                      "claimed_at": sorted({office for office, _ in one.served})}}


def filing_is_not_barred(case: Case) -> Result:
    """P09: the earlier filing MUST NOT be one that a later claim set aside by Art. 4C(4)."""
    claim = case.claim
    if claim.barred_by:
        return Result("P09", "BARRED", facts={"relied_on_by": list(claim.barred_by)})
    if claim.found in ("none", "sealed"):
        return plain("P09", "NOT_TESTED")
    return plain("P09", "NOT_BARRED")
