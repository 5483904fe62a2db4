"""Real filings through the batch check: the counts of each result are those that are explained."""

import csv
import io

from tools.historic_counts import RECEIVING, TABLE, counts, write

from muniment.intake.rules import RULES
from muniment.model.calendar import Calendar
from muniment.model.result_texts import TEXTS
from muniment.reference import PackagedReference


def test_counts_of_the_real_indian_and_us_pairs(data):
    out = io.StringIO()
    write(counts(data), out)
    committed = TABLE.read_text(encoding="ascii")
    assert out.getvalue().splitlines() == committed.splitlines()


def test_committed_counts_name_results_and_rules_and_nothing_of_any_filing():
    codes = {rule.code for rule in RULES} | {"nothing"}
    with TABLE.open(encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        check, result = row["check"], row["result"]
        assert row["count"].isdigit() and row["set"].replace("-", "").isalpha()
        assert (f"{check}.{result}" in TEXTS or (check, result) == ("cases", "all")
                or (check == "intake" and result in codes)
                or (check == "late-but-in-time-at" and result in RECEIVING)), row


def test_every_receiving_office_that_is_tried_has_a_calendar():
    for office in RECEIVING:
        assert Calendar(office, PackagedReference()).year(2010)
