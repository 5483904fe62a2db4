"""Applications of the USPTO: Patent Examination Data (PEDS) and the Open Data Portal (ODP).

- A number of the series 35 is a designation under the Hague System, one of the series 90 to 96 a
  request about a granted patent; the rules say what follows.
- A national stage has the filing date of its international application (PCT Art. 11(3)), where
  the source prints it; the day printed as filing date is that of entry.
- PEDS lists the whole line of parents as if each were one of the application itself: the
  continuation of a national stage is none, and keeps its own date.
- Provisional applications and parents are of the same office, hence no claims under the Paris
  Convention; what descends from a parent is told by `parents.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from muniment.intake.parents import Parent, line_of
from muniment.intake.record import (
    NATIONAL_STAGE,
    RE_EXAMINATION,
    Priority,
    Record,
    day_only,
    distinct,
    members,
    phrase,
    read_date,
    text,
)
from muniment.reference.offices import office_code

NAME = "uspto-applications"
_PEDS_DATE = "MM-DD-YYYY"
_RIGHTS = {
    "UTILITY": "patent", "RE-ISSUE": "patent", "REISSUE": "patent", "PLANT": "patent",
    "PROVISIONAL": "patent", "PCT": "patent", "RE-EXAMINATION": "patent", "DESIGN": "design",
}
"""Kinds of application, as both sources name them -> kind of right."""


def recognises(fields: Mapping[str, Any]) -> bool:
    """Return whether these are the fields of an application, in either shape."""
    return "applId" in fields or ("applicationNumberText" in fields and (
        "applicationTypeCategory" in fields or "filingDate" in fields))


def of_answer(plain: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the applications of a raw answer, or None if it is none."""
    if "patentBag" in plain:
        return members(plain["patentBag"])
    inner: Any = plain
    for name in ("queryResults", "searchResponse", "response"):
        inner = inner.get(name) if isinstance(inner, dict) else None
    return members(inner.get("docs")) if isinstance(inner, dict) else None


def to_record(row: int, fields: Mapping[str, Any]) -> Record:
    """Return the record of an application."""
    return _from_peds(row, fields) if "applId" in fields else _from_odp(row, fields)


def _from_peds(row: int, fields: Mapping[str, Any]) -> Record:
    parents = members(fields.get("parentContinuity"))
    number = text(fields.get("applId")).strip()
    line = [_peds_link(one) for one in parents]
    stages = [one for one in line if one.is_stage]
    entry = stages[0] if stages and not any(one.is_later for one in line) else None
    kind = text(fields.get("appType")).upper()
    printed = day_only(text(fields.get("appFilingDate")))
    return Record(
        row=row, office="US", right=_RIGHTS.get(kind, ""),
        number=number, date=entry.date if entry else printed, line=line_of("US", number, line),
        title=phrase(fields.get("patentTitle")),
        applicants=distinct(_peds_name(one) for one in members(fields.get("applicants"))),
        grant_number=text(fields.get("patentNumber")), source="uspto-peds",
        priorities=(*_peds_claims(fields), *map(_peds_parent, parents)),
        stage=RE_EXAMINATION if kind == "RE-EXAMINATION" else NATIONAL_STAGE if entry else "",
    )


def _peds_link(parent: Mapping[str, Any]) -> Parent:
    return Parent(text(parent.get("applicationStatusDescription")),
                  text(parent.get("claimApplicationNumberText")).strip(),
                  read_date(text(parent.get("filingDate")), _PEDS_DATE))


def _peds_name(party: Mapping[str, Any]) -> str:
    """Return a name whose family name, or organisation, stands in the first line."""
    return phrase(f"{text(party.get('nameLineTwo'))} {text(party.get('nameLineOne'))}")


def _peds_claims(fields: Mapping[str, Any]) -> Iterator[Priority]:
    for claim in members(fields.get("foreignPriority")):
        yield Priority(
            office=office_code(text(claim.get("countryName"))),
            number=text(claim.get("priorityClaim")).strip(),
            date=read_date(text(claim.get("filingDate")), _PEDS_DATE),
        )


def _peds_parent(parent: Mapping[str, Any]) -> Priority:
    return Priority(
        office="US", number=text(parent.get("claimApplicationNumberText")).strip(),
        date=read_date(text(parent.get("filingDate")), _PEDS_DATE), kind="parent",
    )


def _from_odp(row: int, fields: Mapping[str, Any]) -> Record:
    number = text(fields.get("applicationNumberText")).strip()
    kind = text(fields.get("applicationTypeLabelName")).upper()
    category = text(fields.get("applicationTypeCategory")).upper()
    bag = fields.get("continuityBag")
    listed = members(bag.get("parentContinuityBag")) if isinstance(bag, dict) else []
    parents = [one for one in listed if one.get("childApplicationNumberText") in (number, None)]
    entered = [one for one in parents if one.get("claimParentageTypeCode") == "NST"]
    stage = NATIONAL_STAGE if entered or fields.get("nationalStageIndicator") is True else ""
    printed = _odp_date(entered[0]) if entered else "" if stage else day_only(
        text(fields.get("filingDate")))
    return Record(
        row=row, office="US", right=_RIGHTS.get(kind, ""), number=number, date=printed,
        title=phrase(fields.get("inventionTitle")),
        applicants=distinct(map(_odp_name, members(fields.get("applicantBag")))),
        grant_number=text(fields.get("patentNumber")), source="uspto-odp",
        priorities=(*_odp_claims(fields), *map(_odp_parent, parents)),
        stage=RE_EXAMINATION if category == "REEXAM" else stage,
        line=line_of("US", number, map(_odp_link, listed)),
    )


def _odp_link(parent: Mapping[str, Any]) -> Parent:
    words = (text(parent.get("claimParentageTypeCode"))
             or text(parent.get("claimParentageTypeCodeDescription")))
    return Parent(words, text(parent.get("parentApplicationNumberText")).strip(),
                  _odp_date(parent), text(parent.get("childApplicationNumberText")) or None)


def _odp_date(parent: Mapping[str, Any]) -> str:
    return day_only(text(parent.get("parentApplicationFilingDate"))
                    or text(parent.get("filingDate")))


def _odp_name(party: Mapping[str, Any]) -> str:
    return phrase(party.get("applicantNameText")) or phrase(party.get("applicant"))


def _odp_claims(fields: Mapping[str, Any]) -> Iterator[Priority]:
    for claim in members(fields.get("foreignPriorityBag")):
        words = text(claim.get("ipOfficeName")) or text(claim.get("countryName"))
        number = text(claim.get("applicationNumberText")) or text(claim.get("priorityNumberText"))
        yield Priority(office=office_code(words), number=number.strip(),
                       date=day_only(text(claim.get("filingDate"))))


def _odp_parent(parent: Mapping[str, Any]) -> Priority:
    return Priority(
        office="US", number=text(parent.get("parentApplicationNumberText")).strip(),
        date=_odp_date(parent), kind="parent",
    )
