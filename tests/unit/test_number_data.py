"""Numbers as offices really print them: every one is read, or there is a reason why not."""

import csv
import gzip
import json
import re
from collections import Counter

import pytest

from muniment.model.number import NumberFormat, check_number, key_suffix
from muniment.model.office import CURRENT
from muniment.reference import packaged_rows

FORMATS = [NumberFormat.from_row(row) for table, _, row in packaged_rows() if table == "number-format"]
OF_OFFICE = {
    office: [one for one in FORMATS if one.office == office]
    for office in {one.office for one in FORMATS}
}
OFFICES_IN_WORDS = {
    "BRAZIL": "BR", "EUROPEAN PATENT OFFICE (EPO)": "EP", "GREECE": "GR", "JAPAN": "JP",
    "NETHERLANDS": "NL", "NORWAY": "NO", "REPUBLIC OF KOREA": "KR", "UNITED KINGDOM": "GB",
    "UNITED STATES": "US", "UNITED STATES OF AMERICA": "US",
}


def check(office, printed, right="patent", date=None):
    return check_number(OF_OFFICE.get(office, []), office, right, printed, date)


def lines(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def outcome(checked):
    return checked.status, checked.readings[0].format.identifier if checked.readings else "-"


def test_all_38163_filings_are_read_each_under_a_key_of_its_own(data):
    counts, keys = Counter(), set()
    for row in lines(data / "filings/filings_us_in.jsonl.gz"):
        checked = check(row["office"], row["application_number"], date=row["filing_date"])
        counts[row["office"], *outcome(checked)] += 1
        keys.add((row["office"], key_suffix(checked.readings[0])))
    assert counts == {
        ("IN", "OK", "branch"): 36_453,
        ("IN", "OK", "digits"): 1_561,
        ("IN", "OK", "national-phase"): 5,
        ("US", "OK", "series"): 144,
    }
    assert len(keys) == 38_163


def test_indian_branches_are_these_and_the_serial_of_twelve_digits_is_shared_by_all(data):
    branches, serials = Counter(), Counter()
    for row in lines(data / "filings/filings_us_in.jsonl.gz"):
        reading = check(row["office"], row["application_number"]).readings[0]
        if reading.format.identifier == "branch":
            branches[reading.series[1]] += 1
        elif reading.format.identifier == "digits":
            serials[reading.year, reading.serial] += 1
    assert branches == {
        "DELNP": 10_552, "CHENP": 9_117, "KOLNP": 4_755, "DEL": 3_049, "CHE": 2_616,
        "MUMNP": 2_503, "MUM": 2_182, "KOL": 1_678, "CAL": 1,
    }
    assert set(serials.values()) == {1}


def test_raw_indian_journals_are_read_but_for_repeated_headings_and_a_slipped_row(data):
    unread = Counter()
    for year in ("2018", "2019"):
        for row in rows(data / f"filings/india-grants/{year}_grants.csv.gz"):
            if check("IN", row["Application Number"]).status != "OK":
                unread[row["Application Number"]] += 1
    slipped_columns = {"277147": 1}  # the number of a patent stands where its application should
    assert unread == {
        "APPLICATIONNUMBER": 4, "ApplicationNumber": 1, "PatentNo.": 1, **slipped_columns,
    }


def test_australian_numbers_are_read_and_name_the_year_of_the_number(data):
    numbers = {row["australian_appl_no"] for row in
               rows(data / "filings/ipgod-au/ipgod_patent_applicants.csv.gz")}
    assert len(numbers) == 73_838
    assert Counter(outcome(check("AU", one)) for one in numbers) == {("OK", "year"): 73_838}


def test_numbers_of_american_records_are_read_with_those_of_their_relatives(data):
    numbers = set()
    for row in lines(data / "uspto-applications/peds.jsonl.gz"):
        numbers.add(row["applId"])
        for one in (row.get("parentContinuity") or []) + (row.get("childContinuity") or []):
            numbers |= {one["applicationNumberText"], one["claimApplicationNumberText"]}
    for row in lines(data / "uspto-applications/odp.jsonl.gz"):
        numbers.add(row["applicationNumberText"])
        bag = row.get("continuityBag") or {}
        for one in bag.get("parentContinuityBag", []) + bag.get("childContinuityBag", []):
            numbers |= {one["parentApplicationNumberText"], one["childApplicationNumberText"]}
    for row in lines(data / "uspto-assignments/conveyances.jsonl.gz"):
        for one in row["properties"]:
            numbers |= {one.get("applicationNumber"), one.get("pctNumber"), one.get("pctNumber17")}
    counts = Counter(outcome(check(receiving(one), one)) for one in numbers - {None})
    assert counts == {("OK", "series"): 4_843, ("OK", "pct"): 673}


def test_both_spellings_of_an_international_number_are_one_number(data):
    pairs = {(one["pctNumber"], one["pctNumber17"])
             for row in lines(data / "uspto-assignments/conveyances.jsonl.gz")
             for one in row["properties"] if one.get("pctNumber")}
    assert len(pairs) > 300
    for short, long in pairs:
        assert check("US", short).canonical == check("US", long).canonical == long


def receiving(printed):
    """The office of a number: a PCT number is the receiving Office's."""
    found = re.match(r"PCT/([A-Z]{2})", printed)
    return found[1] if found else "US"


def claims(data):
    for row in lines(data / "uspto-applications/peds.jsonl.gz"):
        for one in row.get("foreignPriority") or []:
            yield one["countryName"], one["priorityClaim"]
    for row in lines(data / "uspto-applications/odp.jsonl.gz"):
        for one in row.get("foreignPriorityBag") or []:
            yield one["ipOfficeName"], one["applicationNumberText"]


def test_priority_claims_to_nine_offices_are_read_as_applicants_spelled_them(data):
    read = Counter()
    for words, printed in claims(data):
        office = OFFICES_IN_WORDS[words]
        checked = check(office, printed)
        assert checked.status == "OK", (office, printed)
        read[office, checked.readings[0].check] += 1
    assert read == {
        ("BR", "not-enforced"): 2, ("EP", "not-enforced"): 15, ("GB", "not-enforced"): 2,
        ("GR", "none"): 3, ("JP", "none"): 3, ("KR", "none"): 2, ("NL", "none"): 1,
        ("NO", "none"): 1, ("US", "none"): 2,
    }


@pytest.mark.parametrize(("office", "many"), [("EP", 15), ("BR", 2)])
def test_check_digits_of_claims_agree_with_the_rule_that_is_not_enforced(data, office, many):
    notes = [check(office, printed).readings[0].check_note for words, printed in claims(data)
             if OFFICES_IN_WORDS[words] == office]
    assert len(notes) == many
    assert all(note.startswith("it agrees with the rule") for note in notes)


def test_korean_numbers_are_one_number_with_and_without_the_kind(data):
    assert check("KR", "2004-0104821").canonical == check("KR", "10-2004-0104821").canonical


def test_trademark_serial_numbers_are_read_alike_in_every_format_of_the_same_mark(data):
    found = Counter()
    for path in sorted((data / "uspto-tsdr").glob("*.xml")):
        text = path.read_text(encoding="utf-8")
        for printed in re.findall(r"<(?:com:)?ApplicationNumber(?:Text)?>([0-9]+)<", text):
            found[outcome(check("US", printed, "trademark"))] += 1
    assert set(found) == {("OK", "series")}
    assert sum(found.values()) > 100


def test_offices_of_the_schema_are_the_offices_of_the_register(data):
    with (data / "wipo-st96/st96_v6_0_codes.csv").open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file) if row["table"] == "WIPOST3CodeType"}
    assert codes == CURRENT
