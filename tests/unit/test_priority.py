"""Priority: vectors an examiner can read, calendars against an independent implementation."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from muniment.model.calendar import Calendar, add_months, deadline, format_date, parse_date
from muniment.model.checking import filing, packaged_facts
from muniment.model.priority import assess_priority
from muniment.model.rulebook import Rulebook
from muniment.proof.errors import Malformed, NotFound
from muniment.reference import PackagedReference

REFERENCE = PackagedReference("demo")
RULES = Rulebook(REFERENCE)


def test_earliest_claim_that_nothing_excludes_gives_the_priority_date():
    one = packaged_facts(REFERENCE, filing("FR", "patent", "FR2401234", "2024-03-01"))
    void = packaged_facts(REFERENCE, filing("FR", "patent", "FR2301234", "2023-01-02"))
    later = filing("US", "patent", "1", "2025-02-03")
    assert assess_priority(later, [one, void], RULES).priority_date == date(2024, 3, 1)
    withdrawn = replace(one, status="Abandoned")
    assessed = assess_priority(later, [withdrawn], RULES)
    assert assessed.priority_date is None
    assert assessed.claims[0].summary()["P22"] == "WITHDRAWN"


@given(st.dates(date(1800, 1, 1), date(2190, 12, 31)), st.integers(0, 60))
def test_months_are_counted_as_an_independent_library_counts_them(start, months):
    assert add_months(start, months) == start + relativedelta(months=months)


@pytest.mark.parametrize(("start", "months", "end"), [
    ("2024-02-29", 12, "2025-02-28"), ("2023-08-31", 6, "2024-02-29"),
    ("2023-11-30", 12, "2024-11-30"), ("2024-11-23", 12, "2025-11-23"),
    ("2023-02-28", 12, "2024-02-28"), ("2024-01-31", 1, "2024-02-29"),
])
def test_vectors_of_month_arithmetic(start, months, end):
    assert format_date(add_months(parse_date(start), months)) == end


@pytest.mark.parametrize(("office", "start", "end", "reasons"), [
    ("US", "2023-11-30", "2024-12-02", ["Saturday", "Sunday"]),
    ("US", "2024-11-23", "2025-11-24", ["Sunday"]),
    ("AT", "2023-12-25", "2024-12-27", ["Christmas Day", "Saint Stephen's Day"]),
    ("XB", "2025-09-18", "2026-09-21", ["National Day", "Saturday", "Sunday"]),
    ("XE", "2025-07-10", "2026-07-12", ["Friday", "Saturday"]),
])
def test_term_ends_on_the_first_open_day_of_the_later_office(office, start, end, reasons):
    counted = deadline(parse_date(start), 12, Calendar(office, REFERENCE))
    assert format_date(counted.end) == end
    assert [reason for _, reason in counted.closed] == reasons


class Decreed:
    """The packaged data and a day closed by decree."""

    def row(self, table, *name):
        if (table, *name) == ("closed-days", "PH", "2021"):
            return {"closed": {"07-20": "closed by decree"}, "open": [], "weekend": [6, 7]}
        return REFERENCE.row(table, *name)

    rows = REFERENCE.rows


def test_office_closed_by_decree_is_open_the_next_day():
    counted = deadline(date(2020, 7, 20), 12, Calendar("PH", Decreed()))
    assert counted.end == date(2021, 7, 21)


def test_saturday_that_is_a_working_day_is_open():
    calendar = Calendar("CN", REFERENCE)
    assert calendar.closing(date(2024, 2, 4)) is None
    assert calendar.closing(date(2024, 2, 11)) == "Sunday"


def test_unknown_calendar_is_said_and_never_assumed():
    with pytest.raises(NotFound, match="calendar-unknown"):
        Calendar("US", REFERENCE).closing(date(1969, 12, 31))


@pytest.mark.parametrize("text", [
    "2024-02-30", "2024-13-01", "2024-00-10", "1789-12-31", "2200-01-01", "2024-1-1", "20240101",
    "2024-01-01T00:00", "٢٠٢٤-٠١-٠١", "2024-01-01\n", "", "2024-W01-1", "+024-01-01",
])
def test_text_that_is_no_date_is_refused(text):
    with pytest.raises(Malformed):
        parse_date(text)


def test_assessment_is_the_same_in_another_process_with_other_hashes():
    code = (
        "import sys; sys.path.insert(0, 'tests/unit'); from test_priority_table import *;"
        "print([encode(assess(one).as_json()) for one in applications()])"
    )
    answers = {
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed,
                       "PYTHONPATH": "src"}, cwd=Path(__file__).parent.parent.parent,
                       capture_output=True, check=True).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_dates_of_the_real_indian_pairs(data):
    """The counts of the data's own page: a national phase is dated by its international filing."""
    counts = Counter()
    with gzip.open(data / "filings/filings_us_in.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["office"] != "IN" or not row["priorities"]:
                continue
            start = parse_date(row["priorities"][0]["date"])
            filed = parse_date(row["filing_date"])
            end = add_months(start, 12)
            counts["same-day" if start == filed else "after" if start > filed else
                   "exactly" if end == filed else "within" if end > filed else "over"] += 1
    assert counts["after"] == 93
    assert counts["over"] == 841
    assert counts["exactly"] == 4_625
    assert counts["same-day"] == 1_852


class Paired:
    """The packaged data, and an office that says whether a design can follow a patent."""

    def __init__(self, value):
        self._row = {"basis": "s. 9", "months": 6, "source": "example", "valid_from": "2024-01-01",
                     "value": value, "before": [{
                         "basis": "s. 8", "months": 3, "source": "example", "valid_from": "",
                         "value": "allowed"}]}

    def row(self, table, *name):
        if (table, *name) == ("policy", "XB", "design", "from-patent"):
            return self._row
        return REFERENCE.row(table, *name)

    rows = REFERENCE.rows


@pytest.mark.parametrize(("value", "filed", "expected"), [
    ("allowed", "2026-02-02", ("PERIOD", "IN_TIME")), ("refused", "2026-02-02",
                                                       ("KINDS_INCOMPATIBLE", "NOT_TESTED")),
    ("unknown", "2026-02-02", ("POLICY_UNKNOWN", "NOT_TESTED")),
    ("allowed", "2023-12-01", ("PERIOD", "LATE")),
])
def test_a_design_follows_a_patent_where_the_office_said_so_by_then(value, filed, expected):
    """The law of the day of the later filing: three months before 2024, six from then on."""
    start = "2025-09-01" if filed > "2025" else "2023-08-01"
    one = packaged_facts(REFERENCE, filing("XA", "patent", "2025/000001", start))
    found = assess_priority(filing("XB", "design", "1", filed), [one], Rulebook(Paired(value)))
    results = found.claims[0].summary()
    assert (results["P05"], results["P06"]) == expected
