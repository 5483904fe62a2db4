"""Who claims (Paris Convention Art. 4A(1)): check P10.

Parties bear random names for each office, so that identity is asserted by the offices and never
computed; what is declared is a successor's title and the day of its execution.
"""

from muniment.model.calendar import format_date
from muniment.model.priority_case import Case, Result

_BASIS = "Paris Convention Art. 4A(1)"


def applicant_is_entitled(case: Case) -> Result:
    """P10: the applicant MUST be the earlier one, or a successor by the later filing's day."""
    title, filed = case.claim.title, case.later.date
    if title is None:
        return Result("P10", "NOT_TESTED", "Identity of the applicants is asserted by the offices, "
                      "and no successor's title is declared.", _BASIS,
                      remedy="Compare the applicants; declare a title: muniment relation declare")
    facts = {"basis_of_title": title.basis, "executed": format_date(title.executed)}
    if filed is None:
        return Result("P10", "NOT_TESTED", "Without the day of the later filing the title cannot "
                      "be placed in time.", _BASIS, facts=facts)
    if title.executed <= filed:
        return Result("P10", "SUCCESSOR", "A successor's title executed by the day of the later "
                      "filing is declared; when it was recorded does not matter.", _BASIS,
                      facts=facts)
    return Result("P10", "TITLE_TOO_LATE", "The declared title was executed after the later filing "
                  "was made.", _BASIS, True, "Show a title executed by the later filing's day.",
                  facts)
