"""Packaged reference data: every row has what the rules read, a source and real dates."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.codec import encode
from muniment.model.calendar import format_date, parse_date
from muniment.model.reference import RIGHTS, ReferenceRow, well_named
from muniment.model.reference_shape import OPTIONAL, POLICY_VALUES, row_is_sound
from muniment.proof import limits
from muniment.reference import PackagedReference, packaged_rows

ROOT = Path(__file__).parent.parent.parent
ROWS = tuple(packaged_rows("demo"))
POLICIES = {name: row for table, name, row in ROWS if table == "policy"}
OFFICES = {
    "AU": ("patent", "design", "trademark"),
    "CN": RIGHTS,
    "DE": RIGHTS,
    "EM": ("design", "trademark"),
    "EP": ("patent",),
    "FR": RIGHTS,
    "GB": ("patent", "design", "trademark"),
    "IB": ("patent", "design", "trademark"),
    "IN": ("patent", "design", "trademark"),
    "JP": RIGHTS,
    "KR": RIGHTS,
    "US": ("patent", "design", "trademark"),
    "XA": RIGHTS, "XB": RIGHTS, "XC": ("patent", "design"), "XD": ("patent",), "XE": ("patent",),
}
"""Each office whose policies are packaged, with the kinds of right that it grants or receives."""


def test_every_row_is_one_that_the_ledger_takes():
    for table, name, row in ROWS:
        assert well_named(table, name), (table, name)
        assert row_is_sound(table, name, row), (table, name, row)
        assert row["source"].strip(), (table, name)
        kept = ReferenceRow(published=2**33, publisher="US", row=row, version=1_000)
        assert len(encode(kept)) <= limits.STATE_VALUE_BYTES_MAX, (table, name)


def test_every_office_says_something_of_every_policy_and_right():
    wanted = {(office, right, word) for office, rights in OFFICES.items() for right in rights
              for word in POLICY_VALUES if word not in OPTIONAL}
    assert {one for one in POLICIES if one[0] in OFFICES and one[-1] not in OPTIONAL} == wanted
    assert {one[1:] for one in POLICIES if one[0] not in OFFICES} == {("patent", "restored")}


def test_every_policy_names_its_law_or_says_that_nobody_sourced_it():
    for name, row in POLICIES.items():
        for version in (row, *row.get("before", ())):
            source = version["source"]
            if source.startswith("none"):
                assert version["value"] == "unknown", name
            elif "from memory and to be verified" not in source and "fiction" not in source:
                assert version["basis"], name


def test_a_pair_of_kinds_is_allowed_within_some_months():
    row = {"basis": "s. 9", "months": 6, "source": "s. 9", "valid_from": "", "value": "allowed"}
    name = ("XC", "design", "from-patent")
    assert row_is_sound("policy", name, row)
    assert not row_is_sound("policy", name, {**row, "months": 0})
    assert row_is_sound("policy", name, {**row, "months": 0, "value": "refused"})
    assert not row_is_sound("policy", name, {**row, "each": "yes"})


@pytest.mark.parametrize(("name", "member", "value"), [
    (("XC", "patent", "fee"), "value", "dear"), (("XC", "patent", "fee"), "value", None),
    (("XC", "patent", "fee"), "valid_from", "2024-02-30"), (("XC", "patent", "fee"), "basis", 7),
    (("XC", "patent", "copy"), "filing_months", -1), (("XC", "patent", "copy"), "library", "post"),
    (("XC", "patent", "copy"), "priority_months", True), (("XC", "patent", "copy"), "combine", ""),
    (("XC", "patent", "copy"), "priority_months", 0), (("XC", "patent", "copy"), "before", [7]),
    (("XC", "patent", "copy"), "publication_counts", "no"),
    (("XC", "patent", "copy"), "late", "ignored"),
    (("XC", "patent", "copy"), "before", [{"value": "unknown"}]),
])
def test_policy_that_the_rules_cannot_read_is_unsound(name, member, value):
    assert row_is_sound("policy", name, POLICIES[name])
    assert not row_is_sound("policy", name, {**POLICIES[name], member: value})


def test_policy_of_an_unknown_word_is_unsound():
    assert not row_is_sound("policy", ("XC", "patent", "mood"), POLICIES["XC", "patent", "fee"])


def test_versions_of_a_policy_run_from_the_newest_back():
    old = dict(POLICIES["XC", "patent", "fee"], valid_from="1990-01-01")
    new = dict(POLICIES["XC", "patent", "fee"], valid_from="2020-01-01")
    name = ("XC", "patent", "fee")
    assert row_is_sound("policy", name, {**new, "before": [old]})
    assert not row_is_sound("policy", name, {**old, "before": [new]})
    assert not row_is_sound("policy", name, {**new, "before": [new]})


@pytest.mark.parametrize(("table", "name", "row"), [
    ("closed-days", ("XC", "2026"), {"closed": {"02-29": "leap"}, "open": [], "weekend": [6]}),
    ("closed-days", ("XC", "2026"), {"closed": {}, "open": [], "weekend": [0]}),
    ("closed-days", ("XC", "2026"), {"closed": {}, "open": ["13-01"], "weekend": [6]}),
    ("closed-days", ("XC", "2026"), {"closed": {}, "open": []}),
    ("closed-days", ("XC", "2026"), {"closed": {"01-01": 1}, "open": [], "weekend": []}),
    ("membership", ("XC", "paris"), {"from": "", "until": ""}),
    ("period", ("patent", "patent"), {"months": 0, "basis": "Art. 4C"}),
    ("restoration", ("XC", "patent", "due-care"), {"months": 2, "basis": "s. 1"}),
    ("restoration", ("XC", "patent", "due-care"),
     {"months": 2, "basis": "s. 1", "valid_from": "", "valid_until": "2025"}),
])
def test_row_that_the_rules_cannot_read_is_unsound(table, name, row):
    assert not row_is_sound(table, name, row)


def test_what_offices_announced_stands_in_their_calendars():
    reference = PackagedReference()
    with (ROOT / "tools/office_notices.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            row = reference.row("closed-days", line["office"], line["year"])
            listed = dict(one.strip().split(" ", 1) for one in line["closed"].split(";"))
            assert row["closed"].items() >= listed.items()
            assert line["source"] in row["source"]
            if line["whole"] == "yes":
                assert row["closed"] == listed


def test_working_days_are_only_said_of_week_ends_and_holidays_never():
    for table, name, row in ROWS:
        if table == "closed-days":
            days = [parse_date(f"{name[1]}-{day}") for day in row["open"]]
            assert all(day.isoweekday() in row["weekend"] for day in days), name
            assert not set(row["open"]) & set(row["closed"]), name


def test_page_shows_the_policy_of_a_fictional_office_as_it_is_packaged():
    text = (ROOT / "docs/reference-data.md").read_text(encoding="utf-8")
    shown = [json.loads(line) for line in text.splitlines() if line.startswith('{"name":["XC"')]
    assert {tuple(one["name"]): one["row"] for one in shown} == {
        name: row for name, row in POLICIES.items() if name[:2] == ("XC", "patent")}


def run(*arguments, code=0):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    return done.output


def test_office_policy_is_shown_with_basis_source_and_date():
    text = run("office", "policy", "IB", "--right", "patent")
    for part in ("4 months from the later filing or 16 months from the priority date, whichever "
                 "is later", "PCT Rule 26bis.1(a)", "1998-07-01", "none: nobody sourced it yet",
                 "by a request to DAS until publication"):
        assert part in text
    rows = json.loads(run("office", "policy", "ep", "--json"))
    assert {row["word"] for row in rows} == set(POLICY_VALUES) - {"from-design", "from-patent"}
    assert [one["value"] for row in rows if row["word"] == "declaration"
            for one in row["before"]] == ["with-filing"]
    run("office", "policy", "ZZ", code=3)
    run("office", "policy", "EP", "--right", "copyright", code=2)


def test_closed_days_are_shown_with_reasons():
    text = run("office", "closed-days", "IL", "2024")
    assert "Friday, Saturday" in text and "2024-06-12 Shavuot" in text
    assert "2017-01-02" in run("office", "closed-days", "IB", "2017")
    rows = json.loads(run("office", "closed-days", "CN", "--json"))
    assert [row["open"] for row in rows][-1] and rows[0]["office"] == "CN"
    run("office", "closed-days", "US", "1969", code=3)
    assert "FICTION" in run("office", "closed-days", "XE", "2026")


def test_ledger_shows_the_policy_that_an_office_published(tmp_path):
    ledger = str(tmp_path / "xc")
    run("init", "--office", "XC", "--profile", "demo", ledger)
    rows = tmp_path / "rows.jsonl"
    row = {**POLICIES["XC", "patent", "fee"], "value": "per-claim",
           "valid_from": format_date(parse_date("2026-01-01")),
           "before": [POLICIES["XC", "patent", "fee"]]}
    rows.write_text(json.dumps({"name": ["XC", "patent", "fee"], "row": row}))
    run("reference", "publish", "policy", str(rows), "--ledger", ledger)
    shown = json.loads(run("office", "policy", "XC", "--ledger", ledger, "--json"))
    fee = next(one for one in shown if (one["right"], one["word"]) == ("patent", "fee"))
    assert (fee["value"], fee["before"][0]["value"]) == ("per-claim", "none")
    rows.write_text(json.dumps({"name": ["XC", "patent", "fee"], "row": {**row, "value": "dear"}}))
    assert "reference-row-malformed" in run("reference", "publish", "policy", str(rows),
                                            "--ledger", ledger, "--json", code=1)
