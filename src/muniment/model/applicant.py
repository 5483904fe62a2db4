"""Who claims (Paris Convention Art. 4A(1)): check P10.

Parties bear random names for each office, so that identity is asserted by the offices and never
computed; what is declared is that the applicant is the same, or a successor's title and the day of
its execution, and whether all of several earlier applicants take part. Whether a title that was
executed after the later filing comes too late is the office's rule.
"""

from typing import Any

from muniment.model.calendar import format_date
from muniment.model.priority_case import Case
from muniment.model.priority_result import Result, plain
from muniment.model.rulebook import law


def applicant_is_entitled(case: Case) -> Result:
    """P10: the applicant MUST be the earlier one, or a successor by the later filing's day."""
    title = case.claim.title
    if title is None:
        return plain("P10", "NOT_TESTED")
    joint = {"applicants": title.applicants} if title.applicants == "some" else {}
    if title.executed is None:
        return Result("P10", "JOINT_INCOMPLETE" if joint else "SAME_APPLICANT", facts=joint)
    facts = {**joint, "basis_of_title": title.basis, "executed": format_date(title.executed)}
    if case.filed is None:
        return Result("P10", "NOT_TESTED", "no-date", facts)
    if title.executed > case.filed:
        return _executed_later(case, facts)
    return Result("P10", "JOINT_INCOMPLETE" if joint else "SUCCESSOR", facts=facts)


def _executed_later(case: Case, facts: dict[str, Any]) -> Result:
    row = case.policy("title")
    if row is not None and row["value"] == "by-filing":
        return Result("P10", "TITLE_TOO_LATE", facts={**facts, **law(row)})
    if row is not None:
        return Result("P10", "TO_VERIFY", "presumed", {**facts, **law(row)})
    known = case.stated("title")
    return Result("P10", "TO_VERIFY", facts={**facts, **(law(known) if known else {})})
