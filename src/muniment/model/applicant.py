"""Who claims (Paris Convention Art. 4A(1)): check P10.

Parties bear random names for each office, so that identity is asserted by the offices and never
computed; what is declared is that the applicant is the same, or a successor's title and the day of
its execution, and whether all of several earlier applicants take part.
"""

from muniment.model.calendar import format_date
from muniment.model.priority_case import Case
from muniment.model.priority_result import Result, plain


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
        return Result("P10", "TITLE_TOO_LATE", facts=facts)
    return Result("P10", "JOINT_INCOMPLETE" if joint else "SUCCESSOR", facts=facts)
