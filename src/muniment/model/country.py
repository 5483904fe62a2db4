"""Whether a treaty binds both countries: P04 (Paris Convention Art. 4A(1)-(2); TRIPS Art. 2).

- The earlier country is looked at on the day of the earlier filing, the later one on the day of the
  later filing: what binds both gives the right.
- A regional office or a treaty of filings is bound by its own law. Which first filings that
  recognises is the dated policy `countries`; a national office has one only where its law goes
  beyond the treaties, or stayed behind them.
- Where no treaty binds both, a country's own law, or an agreement, can still give the right. That
  is asked for and never assumed, except of a country that no treaty bound.
"""

from collections.abc import Collection, Mapping
from datetime import date

from muniment.model.calendar import format_date
from muniment.model.priority_case import Case
from muniment.model.priority_result import Result, by_law, plain
from muniment.model.rulebook import Row, law

RESULTS = {"paris": "PARIS", "wto": "WTO", "regional": "REGIONAL"}
"""Each treaty, in the order in which they are looked at, and what follows if it binds both."""
_PARIS = frozenset({"paris", "regional"})
_BOTH = frozenset({"paris", "regional", "wto"})
_BY_LAW = {"paris": _PARIS, "paris-wto": _BOTH}
"""What the law of a regional office or treaty recognises."""
_BY_MEMBERSHIP = {"paris": _PARIS, "regional": _PARIS, "wto": frozenset({"regional", "wto"})}
"""What a country recognises by each treaty that binds it; a regional filing is equivalent to one
in its member countries (Paris Convention Art. 4A(2))."""


def country_is_bound(case: Case) -> Result:
    """P04: the earlier and the later country MUST have been bound by one treaty on priority."""
    office, start, filed = case.claim.earlier.office, case.start, case.filed
    if case.is_internal:
        return _internal(case)
    if start is None or filed is None:
        return plain("P04", "NOT_TESTED")
    known = case.rulebook.memberships(office)
    if not known:
        return plain("P04", "MEMBERSHIP_UNKNOWN", "", ("country", office))
    rule = _rule(case, filed)
    recognised = _recognised(case, rule, filed)
    if recognised is None:
        return plain("P04", "MEMBERSHIP_UNKNOWN", "", ("country", case.later.office))
    day = format_date(start)
    for treaty, result in RESULTS.items():
        row = known.get(treaty)
        if treaty in recognised and row and _in_force(row, day):
            return plain("P04", result, "", ("since", row["from"]), ("source", row["source"]))
    return _unbound(case, known, recognised, rule)


def _internal(case: Case) -> Result:
    """Return what the office's own rule says of a claim to a filing at the same office."""
    row = case.policy("internal")
    if row is None:
        return case.unsourced("P04", "internal")
    if row["value"] == "refused":
        return by_law("P04", "INTERNAL_REFUSED", row)
    of_one_kind = case.later.right == case.claim.earlier.right
    withdrawn = row["value"] == "deemed-withdrawn" or (
        row["value"] == "deemed-withdrawn-if-same-kind" and of_one_kind)
    return by_law("P04", "INTERNAL", row, "deemed-withdrawn" if withdrawn else "")


def _in_force(row: Row, day: str) -> bool:
    return bool(row["from"] <= day and not (row["until"] and row["until"] <= day))


def _rule(case: Case, filed: date) -> Row | None:
    """Return the policy that says which first filings are recognised, if there is one.

    For an international application it is that of its treaty; a designated Office whose law did
    not go as far has kept its own (PCT Rule 4.10(d), deleted since).
    """
    own = case.rules.on("countries", filed)
    if case.descent is None or not case.descent.international:
        return own
    if own is not None and own["value"] == "paris":
        return own
    return case.treaty_rules.on("countries", filed)


def _recognised(case: Case, rule: Row | None, filed: date) -> Collection[str] | None:
    """Return the treaties that bind the later side, or None if nobody published any."""
    if rule is not None and rule["value"] in _BY_LAW:
        return _BY_LAW[rule["value"]]
    known, day = case.rulebook.memberships(case.later.office), format_date(filed)
    if not known:
        return None
    bound = [_BY_MEMBERSHIP[treaty] for treaty, row in known.items()
             if treaty in _BY_MEMBERSHIP and _in_force(row, day)]
    return frozenset().union(*bound)


def _unbound(
    case: Case, known: Mapping[str, Row], recognised: Collection[str], rule: Row | None
) -> Result:
    """Return what follows where no treaty that the later side recognises bound the earlier one."""
    start = format_date(case.start)
    facts = (("country", case.claim.earlier.office), *(law(rule).items() if rule else ()))
    bound = any(_in_force(row, start) for treaty, row in known.items() if treaty in RESULTS)
    by_law_alone = rule is not None and rule["value"] in _BY_LAW
    if by_law_alone or not (bound or rule):
        return plain("P04", "NOT_PARIS", "not-recognised" if bound else "", *facts)
    return plain("P04", "TO_VERIFY", "", *facts, ("later", case.later.office))
