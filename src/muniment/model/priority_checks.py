"""The checks of one priority claim, each with its own result, reason, basis and remedy.

Here stand the ones that need no more than the claim, the register and a row: P01 to P03, P07, P21,
P22. The others stand beside: the countries in `country.py`, the period in `period.py`, the first
filing in `first_filing.py`, the applicant in `applicant.py`, the procedure in `declaration.py`,
`formalities.py` and `certified_copy.py`, what is inherited in `inheritance.py`. P18 looks at all
claims together, in `priority.py`.
"""

from collections.abc import Callable

from muniment.model.applicant import applicant_is_entitled
from muniment.model.calendar import format_date
from muniment.model.certified_copy import copy_is_in_time, copy_is_intact, copy_is_on_record
from muniment.model.country import country_is_bound
from muniment.model.declaration import claim_is_declared_in_time
from muniment.model.first_filing import filing_is_first, filing_is_not_barred
from muniment.model.formalities import (
    fee_is_paid,
    number_is_given_in_time,
    translation_is_filed,
)
from muniment.model.inheritance import claim_is_inherited, claim_is_no_chain
from muniment.model.office import known_office
from muniment.model.period import filing_is_in_time, kinds_agree
from muniment.model.priority_case import Case
from muniment.model.priority_facts import ClaimFacts
from muniment.model.priority_result import Result, by_law, plain

Check = Callable[[Case], Result]
_READINGS = {
    "ok": "WELL_FORMED", "respelled": "RESPELLED", "unknown": "FORMAT_UNKNOWN",
    "ambiguous": "AMBIGUOUS", "check-digit-wrong": "CHECK_DIGIT_WRONG",
    "missing": "NUMBER_MISSING",
}


def number_is_read(case: Case) -> Result:
    """P01: both offices MUST be known and the earlier number MUST have one reading."""
    claim = case.claim
    for office, known in ((claim.earlier.office, claim.office_known),
                          (case.later.office, known_office(case.later.office, demo=True))):
        if not known:
            return plain("P01", "OFFICE_UNKNOWN", "", ("office", office))
    return Result("P01", _READINGS[claim.reading],
                  facts={"canonical": claim.canonical} if claim.canonical else {})


def filing_is_registered(case: Case) -> Result:
    """P02: the earlier filing SHOULD stand in the register, in its own office's words."""
    claim = case.claim
    if claim.found == "application":
        return plain("P02", "OFFICE_ATTESTED")
    if claim.found == "sealed":
        return Result("P02", "DISCLOSED", facts={"entry": claim.entry})
    if claim.found == "copy":
        return Result("P02", "COPY", facts={"source": claim.source})
    if claim.covered:
        return plain("P02", "NOT_CONFIRMED")
    return plain("P02", "ASSERTED" if claim.documents else "NOT_COVERED")


def date_is_registered(case: Case) -> Result:
    """P03: the filing date in the claim MUST be the one in the register."""
    claim = case.claim
    if claim.earlier.date is None:
        return plain("P03", "DATE_UNREADABLE")
    claimed = ("claimed", format_date(claim.earlier.date))
    if claim.register_date is None:
        return plain("P03", "NOT_TESTED", "", claimed)
    equal = claim.register_date == claim.earlier.date
    return plain("P03", "EQUAL" if equal else "DIFFERENT", "", claimed,
                 ("register", format_date(claim.register_date)))


def later_is_later(case: Case) -> Result:
    """P07: the later filing MUST be made after the day of the earlier one."""
    if case.is_itself:
        return plain("P07", "NOT_LATER", "itself")
    start, filed = case.start, case.filed
    if start is None or filed is None:
        return plain("P07", "NOT_TESTED")
    if filed > start:
        return plain("P07", "LATER")
    if filed < start:
        return plain("P07", "NOT_LATER")
    row = case.policy("same-day")
    if row is None:
        return plain("P07", "TO_VERIFY")
    accepted = row["value"] == "accepted"
    return by_law("P07", "SAME_DAY_ACCEPTED" if accepted else "SAME_DAY_REFUSED", row)


def answer_is_public(case: Case) -> Result:
    """P21: nothing is answered beyond what is public, or what the asker may know."""
    if case.claim.found == "sealed":
        return plain("P21", "GRANTED")
    return plain("P21", "ASSERTED_ONLY" if case.claim.found == "none" else "PUBLIC")


_STANDING = {"Abandoned": "WITHDRAWN", "Refused": "REFUSED", "Accepted": "ACCEPTED",
             "Partially refused": "ACCEPTED"}


def claim_stands(case: Case) -> Result:
    """P22: a withdrawn or refused claim is recorded and excluded."""
    return status_of(case.claim)


def status_of(claim: ClaimFacts) -> Result:
    """Return P22 of a claim: it follows from the later office's own register alone."""
    return plain("P22", _STANDING.get(claim.status, "STANDS"), "", ("status", claim.status))


CHECKS: tuple[Check, ...] = (
    number_is_read,
    filing_is_registered,
    date_is_registered,
    country_is_bound,
    kinds_agree,
    filing_is_in_time,
    later_is_later,
    filing_is_first,
    filing_is_not_barred,
    applicant_is_entitled,
    claim_is_declared_in_time,
    number_is_given_in_time,
    copy_is_on_record,
    copy_is_in_time,
    copy_is_intact,
    translation_is_filed,
    fee_is_paid,
    claim_is_inherited,
    claim_is_no_chain,
    answer_is_public,
    claim_stands,
)
"""The checks of one claim, by their numbers; P18 looks at all claims together."""
