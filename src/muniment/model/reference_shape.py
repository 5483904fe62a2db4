"""What a row of reference data must hold, table by table, before the rules may read it.

Number formats have their own language and their own judge (`model/number_format.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from muniment.model.calendar import parse_date
from muniment.proof.errors import LedgerError

Row = Mapping[str, Any]
MONTHS_MAX = 120
POLICY_VALUES = {
    "declaration": ("with-filing", "months", "months-if-one-stands", "unknown"),
    "number": ("with-filing", "with-declaration", "months", "unknown"),
    "copy": ("months", "not-required", "on-request", "unknown"),
    "translation": ("not-asked", "on-invitation", "months", "unknown"),
    "fee": ("none", "per-claim", "unknown"),
    "internal": ("allowed", "deemed-withdrawn", "deemed-withdrawn-if-same-kind", "refused",
                 "unknown"),
    "own-declared": ("with-filing", "months", "as-foreign", "unknown"),
    "own-copy": ("months", "not-required", "on-request", "as-foreign", "unknown"),
    "own-period": ("months", "as-foreign", "unknown"),
    "same-day": ("accepted", "refused", "unknown"),
    "restored": ("own-only", "due-care", "either", "unknown"),
    "calendar": ("own", "receiving-office"),
    "countries": ("paris", "paris-wto", "reciprocity", "unknown"),
    "title": ("by-filing", "presumed", "unknown"),
    "from-design": ("allowed", "refused", "unknown"),
    "from-patent": ("allowed", "refused", "unknown"),
}
"""Each policy that an office can write, with the values that the rules understand."""
OPTIONAL = ("countries", "from-design", "from-patent", "own-copy", "own-declared", "own-period",
            "title")
"""The policies that an office writes only where it has something to say."""
COPIES = ("copy", "own-copy")
"""The policies on the certified copy."""
COUNTED = ("declaration", "number", *COPIES, "translation", "own-declared")
"""The policies whose day is counted in months from a filing or from the priority date."""
IN_MONTHS = ("months", "months-if-one-stands")
"""The values that are counted; the second one only if another claim was made with the filing."""
LATE_VALUES = ("invitation", "lost")
"""What follows where a number or a copy comes too late: the office must first invite the applicant,
or the claim is lost; where neither is said, nobody sourced it."""
PERIODS = {"from-design": "allowed", "from-patent": "allowed", "own-period": "months"}
"""The policies that are a period of priority, with the value that needs its months."""


def row_is_sound(table: str, name: tuple[str, ...], row: Row) -> bool:
    """Return whether a row has the members of its table, each of the type that the rules read.

    Args:
        table: The table; a row of a table that is not judged here is sound.
        name: The components of its name, as the table asks for them.
        row: Its members; further ones are allowed.
    """
    judge = _JUDGES.get(table)
    return judge is None or judge(name, row)


def _closed_days(name: tuple[str, ...], row: Row) -> bool:
    closed, opened, weekend = row.get("closed"), row.get("open"), row.get("weekend")
    perhaps = row.get("perhaps", [])
    return (
        isinstance(closed, dict) and isinstance(opened, list) and isinstance(weekend, list)
        and isinstance(perhaps, list) and isinstance(row.get("own_list", True), bool)
        and all(isinstance(reason, str) for reason in closed.values())
        and all(_is_date(f"{name[-1]}-{day}") for day in (*closed, *opened, *perhaps))
        and all(_is_count(day, 1, 7) for day in weekend)
    )


def _membership(name: tuple[str, ...], row: Row) -> bool:
    return _is_date(row.get("from")) and (row.get("until") == "" or _is_date(row.get("until")))


def _period(name: tuple[str, ...], row: Row) -> bool:
    return _is_count(row.get("months"), 1, MONTHS_MAX) and isinstance(row.get("basis"), str)


def _restoration(name: tuple[str, ...], row: Row) -> bool:
    return _period(name, row) and _is_since(row.get("valid_from")) and (
        _is_count(row.get("request_months", 0), 0, MONTHS_MAX)
        and _is_since(row.get("valid_until", "")))


def _policy(name: tuple[str, ...], row: Row) -> bool:
    before = row.get("before", [])
    if name[-1] not in POLICY_VALUES or not isinstance(before, list):
        return False
    versions = [row, *before]
    if not all(isinstance(one, dict) and _version(name[-1], one) for one in versions):
        return False
    since = [one["valid_from"] for one in versions]
    return since == sorted(set(since), reverse=True)


def _version(word: str, row: Row) -> bool:
    value, texts = row.get("value"), (row.get("basis"), row.get("source"))
    return (
        value in POLICY_VALUES[word] and all(isinstance(one, str) for one in texts)
        and _is_since(row.get("valid_from"))
        and all(isinstance(row.get(name, False), bool) for name in ("each", "closes_early"))
        and (word not in COUNTED or _months(row))
        and row.get("late", "lost") in LATE_VALUES
        and (PERIODS.get(word) != value or _is_count(row.get("months"), 1, MONTHS_MAX))
        and (word not in COPIES or _copy(row))
    )


def _months(row: Row) -> bool:
    months = row.get("filing_months"), row.get("priority_months")
    counted = all(_is_count(one, 0, MONTHS_MAX) for one in months)
    return counted and (row["value"] in IN_MONTHS) == any(months)


def _copy(row: Row) -> bool:
    return (
        row.get("combine") in ("later", "earlier")
        and row.get("library") in ("", "DAS")
        and row.get("library_until") in (("publication", "due") if row["library"] else ("",))
        and isinstance(row.get("publication_counts"), bool)
        and isinstance(row.get("transmits", False), bool)
    )


def _is_count(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_since(value: Any) -> bool:
    return value == "" or _is_date(value)


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(parse_date(value))
    except LedgerError:
        return False


_JUDGES: dict[str, Callable[[tuple[str, ...], Row], bool]] = {
    "closed-days": _closed_days,
    "membership": _membership,
    "period": _period,
    "policy": _policy,
    "restoration": _restoration,
}
