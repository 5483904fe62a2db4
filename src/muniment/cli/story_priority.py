"""The demo's acts of priority law: first filings, a country not yet bound, a right restored."""

from typing import Any

from muniment.cli.account import _made
from muniment.cli.claim import acting, claiming
from muniment.cli.filing import open_filing
from muniment.cli.priority import Checker
from muniment.model.checking import filing
from muniment.model.priority_result import Result
from muniment.node.register import Reference, Register

OLDER = Reference("XA", "patent", "2025/000310")
OLDER_DATE = "2025-06-02"
WITHDRAWN = "2025-08-01"
NEWER = Reference("XA", "patent", "2025/000311")
NEWER_DATE = "2025-10-01"
RELYING = Reference("XB", "patent", "2026-00310")
TOO_LATE = Reference("XD", "patent", "26/000310")
ESTOVAR = {"2026-01-15": Reference("XE", "patent", "E-2026-00001"),
           "2026-07-15": Reference("XE", "patent", "E-2026-00002")}
CLAIMING = Reference("XB", "patent", "2026-00311")


def act_first_filing(story: Any, register: Register) -> None:
    """An older filing ends unpublished and unused: the newer one counts as the first."""
    story.act("An older filing was withdrawn unpublished: the newer one counts as the first")
    register.account = "XA"
    for named, day in ((OLDER, OLDER_DATE), (NEWER, NEWER_DATE)):
        register.act(open_filing(register, named, day, {}))
    register.act(_made("end-application", {
        "date": WITHDRAWN, "fate": "withdrawn", "number": OLDER.number, "office": "XA",
        "right": "patent"}))
    register.act(_made("declare-relation", {
        "kind": "same-subject", "number": NEWER.number, "office": "XA", "right": "patent",
        "other": OLDER._asdict()}))
    register.account = "XB"
    register.act(open_filing(register, RELYING, "2026-09-30", {}))
    found = check(register, RELYING, "2026-09-30", NEWER, NEWER_DATE, "P08")
    story.expect(f"XB's claim to the newer one: {found.result}", found.result, "FIRST_BY_4C4")
    outcome = story.outcome(register, claim(RELYING, NEWER, NEWER_DATE), "XB")
    story.expect("the claim is recorded at XB", outcome, "accepted")
    found = check(register, TOO_LATE, "2026-06-02", OLDER, OLDER_DATE, "P09")
    story.expect(f"a claim to the older one is {found.result}; relied on by "
                 f"{', '.join(found.facts['relied_on_by'])}",
                 (found.result, found.facts["relied_on_by"]), ("BARRED", ["XB"]))


def act_country_not_bound(story: Any, register: Register) -> None:
    """Estovar joins the Paris Convention on a day; what was filed before gives no priority."""
    story.act("Estovar joins the Paris Convention on 1 July 2026")
    expected = {"2026-01-15": "NOT_PARIS", "2026-07-15": "PARIS"}
    for day, earlier in ESTOVAR.items():
        register.account = "XE"
        register.act(open_filing(register, earlier, day, {}))
        found = check(register, CLAIMING, "2026-10-01", earlier, day, "P04")
        story.expect(f"filed there on {day}: {found.result}. {found.reason}", found.result,
                     expected[day])


def act_restoration(
    story: Any, register: Register, first: Reference, first_date: str, later: dict[str, Reference],
) -> None:
    """The office of a late filing restores the right; elsewhere nothing changes by it.

    Args:
        story: Tells it.
        register: The register.
        first: The earlier filing.
        first_date: Its filing date.
        later: The filings made too late at XC and XD, of one day.
    """
    story.act("Corvane restores the right of priority: its act, with effect at Corvane")
    for office, filed in later.items():
        story.outcome(register, claim(filed, first, first_date), office)
    act = acting("restore-priority", "/".join(later["XC"]), 0, criterion="due-care",
                 date="2026-10-20", requested="2026-10-05")
    story.expect("an act of XD in XC's register is refused", story.outcome(register, act, "XD"),
                 "not-authorised")
    story.expect("XC restores: due care shown, asked for on 2026-10-05",
                 story.outcome(register, act, "XC"), "accepted")
    expected = {"XC": "RESTORED", "XD": "LATE"}
    checker = Checker(register.ledger.state)
    for office, filed in later.items():
        assessed = checker.recorded(filing(*filed, "2026-09-21"))
        result = next(one for one in assessed.claims[0].results if one.check == "P06")
        story.expect(f"{office}: {result.result}. {result.reason}", result.result,
                     expected[office])


def check(
    register: Register, later: Reference, filed: str, earlier: Reference, day: str, wanted: str
) -> Result:
    """Return what one check finds of a claim."""
    assessed = Checker(register.ledger.state).assess(
        filing(*later, filed), [filing(*earlier, day)])
    return next(one for one in assessed.claims[0].results if one.check == wanted)


def claim(later: Reference, earlier: Reference, day: str) -> Any:
    """Return the operation that claims."""
    return claiming("/".join(later), "/".join(earlier), day)
