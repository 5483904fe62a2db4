"""Imports: real data end to end, dirty rows, crashes, repetition, erasure, privacy."""

import csv
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from muniment.intake import reader
from muniment.intake.importer import Importer, preview
from muniment.intake.mapping import load_map
from muniment.intake.report import as_html, as_json
from muniment.intake.sources import open_source
from muniment.intake.xml import parse as parse_xml
from muniment.model.application import COPIES
from muniment.node import evidence as maker
from muniment.node.founding import found
from muniment.node.register import ImportTarget, Register, parse_reference
from muniment.proof.attestation import TrustPolicy
from muniment.proof.errors import LedgerError, Malformed
from muniment.proof.evidence import verify
from muniment.reference import packaged_rows

ROOT = Path(__file__).parent.parent.parent


def founded(path, office="US"):
    found(path, office=office, name="register.test.example", rows=packaged_rows())
    return path


def run_import(path, file, name=None, **options):
    with Register(path) as register:
        source = open_source(file, name)
        return Importer(ImportTarget(register), register.vault, source, **options).run()


@pytest.fixture(scope="module")
def imported(data, tmp_path_factory):
    path = founded(tmp_path_factory.mktemp("real") / "ledger")
    file = data / "filings/filings_us_in.jsonl.gz"
    return path, file, run_import(path, file)


def test_real_rows_are_entered_flagged_or_refused_by_rule(imported):
    _, _, done = imported
    assert (done.rows, done.entered, done.refused) == (38_163, 36_774, 1_389)
    assert dict(done.by_rule) == {
        "columns-slipped": 1_355,
        "date-placeholder": 34,
        "national-stage": 26_867,
        "claim-only-reported": 8,
        "priority-placeholder": 4,
        "priority-after-filing": 69,
        "priority-over-12-months": 843,
        "priority-without-number": 30_695,
        "parent-not-claim": 92,
        "line-not-told": 13,
        "applicant-missing": 35,
    }


def test_second_import_of_the_same_file_changes_nothing(imported):
    path, file, first = imported
    with Register(path) as register:
        root = register.ledger.tree.root()
    again = run_import(path, file)
    assert again.entered == 0
    assert again.by_rule == first.by_rule
    with Register(path) as register:
        assert register.ledger.tree.root() == root


def test_rows_of_another_office_are_copies_with_their_source(imported):
    with Register(imported[0], read_only=True) as register:
        assert register.find(parse_reference("US/patent/06113950"))[1].date == "1980-01-21"
        copies = list(register.ledger.state.rows(COPIES, "IN"))
        assert len(copies) == 36_630
        assert all(key.endswith(b"/US/") for key, _ in copies)
        assert {copy.source for _, copy in copies} == {"india-journal"}
        assert not list(register.ledger.tree.scan(b"application/IN/"))


RUN = re.compile(r"[a-z][a-z .,&'()-]{7,}")


def public_words(path):
    """Return the runs of letters in a ledger's files, without digests, keys and signatures."""
    stored = b"".join(one.read_bytes() for one in path.glob("ledger.db*"))
    public = re.sub(rb"[A-Za-z0-9_-]{40,}", b"", stored).lower()
    return {token.decode() for token in re.findall(RUN.pattern.encode(), public)}


OTHER_SOURCES = (
    "filings/india-grants/2018_grants.csv.gz", "filings/india-grants/2019_grants.csv.gz",
    "filings/ipgod-au/ipgod_patent_applicants.csv.gz", "uspto-applications/peds.jsonl.gz",
    "uspto-applications/odp.jsonl.gz", "uspto-applications/examples", "uspto-tsdr",
    "wipo-st96/instances",
)
NAMING = re.compile(r"(?i)name|assignor|assignee|applicant$|title|correspondent|MarkVerbal")


@pytest.fixture(scope="module")
def everything(imported, data, tmp_path_factory):
    """A ledger into which every data set was imported, claims included."""
    path = tmp_path_factory.mktemp("everything") / "ledger"
    shutil.copytree(imported[0], path)
    done = [run_import(path, data / name, claims=True) for name in OTHER_SOURCES]
    assert all(one.rows and one.rows > one.refused for one in done)
    return path


def named_texts(value, name=""):
    """Yield the texts of members whose names speak of names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from named_texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from named_texts(inner, name)
    elif isinstance(value, str) and NAMING.search(name):
        yield value


def printed_names(data):
    """Yield every applicant, owner, party, attorney and title of the data."""
    for file in (*(data / "filings").rglob("*.gz"), *(data / "uspto-applications").rglob("*.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = csv.DictReader(lines) if ".csv" in file.name else map(json.loads, lines)
            for row in rows:
                yield from named_texts(row)
    for file in (data / "uspto-applications/examples").glob("*.json"):
        yield from named_texts(json.loads(file.read_text(encoding="utf-8")))
    for folder in ("uspto-tsdr", "wipo-st96/instances"):
        for file in (data / folder).glob("*.xml"):
            for element in parse_xml(file.read_bytes()).iter():
                if NAMING.search(str(element.tag).rpartition("}")[2]):
                    yield element.text or ""


def test_no_name_or_title_of_any_data_set_is_in_the_ledger(everything, data, tmp_path):
    before = "\n".join(public_words(founded(tmp_path / "empty")))
    words = "\n".join(public_words(everything))
    names = set()
    for printed in printed_names(data):
        names.update(one.strip() for one in RUN.findall(printed.lower()))
    assert len(names) > 70_000
    assert "record-copy" in words  # so that a name, in clear, would be seen
    leaked = [name for name in names if len(name) >= 8 and name in words]
    assert [name for name in leaked if name not in before] == []


def test_present_series_is_proven_complete_from_real_data(imported):
    path = imported[0]
    policy = TrustPolicy.parse((path / "trust-policy.txt").read_text())
    with Register(path) as register:
        data = maker.completeness_evidence(register.ledger, "application/US/patent/06/")
        assert len(verify(data, policy).entries) == 11
        entry = register.find(parse_reference("US/patent/06113950"))[1].entry
        assert len(maker.entry_evidence(register.ledger, entry)) <= 4_096
        absence = maker.absence_evidence(register.ledger, "US", "patent", "06113951")
        assert len(absence) <= 8_192
        assert len(verify(absence, policy).absent) == 2


def test_interrupted_import_enters_everything_once(data, tmp_path):
    path = founded(tmp_path / "ledger")
    file = tmp_path / "part.jsonl"
    with gzip.open(data / "filings/filings_us_in.jsonl.gz", "rb") as lines:
        file.write_bytes(b"".join(line for _, line in zip(range(14_000), lines, strict=False)))
    code = "import sys; from muniment.cli.main import main; main()"
    for delay in (0.9, 1.3, 1.7):
        child = subprocess.Popen(
            [sys.executable, "-c", code, "import", str(file), "--ledger", str(path)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.wait()
    done = run_import(path, file)
    whole = founded(tmp_path / "whole")
    undisturbed = run_import(whole, file)
    assert done.rows == undisturbed.rows == 14_000
    assert done.refused == undisturbed.refused
    with Register(path) as one, Register(whole) as other:
        keys = [key for key, _ in one.ledger.tree.scan(b"copy/")]
        assert keys == [key for key, _ in other.ledger.tree.scan(b"copy/")]
        assert not one.vault.pending()
        value = next(one.ledger.tree.scan(b"copy/"))[1]
        digest = json.loads(value)["disclosed"]["title"]
        assert one.vault.show(digest)


def rows(tmp_path, *lines, name="rows.jsonl"):
    path = tmp_path / name
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def row(**changed):
    plain = {"office": "US", "right": "patent", "application_number": "06113950",
             "filing_date": "1980-01-21", "title": "Lamp", "applicants": ["Example Ltd"],
             "grant_number": None, "priorities": [], "source": "test"} | changed
    return json.dumps(plain).encode()


def test_bad_rows_are_reported_and_good_ones_entered(tmp_path):
    path = founded(tmp_path / "ledger")
    file = rows(
        tmp_path, row(), b"{", b"\xff\xfe", b'{"a":1,"a":2}', b"[]", b"NaN", b'{"a":"\\ud800"}',
        b"[" * 2_000, row(application_number="07000001", office="usa"),
        row(application_number="07000002", right="plant"), row(application_number="07é"),
        row(application_number="07000004", filing_date=""),
        row(application_number="07000005", filing_date="1980-02-30"),
        row(application_number="06/113,950"), row(application_number="06113950"),
        row(application_number="07000006", title="x" * 60_000),
        row(application_number="07000007", filing_date="2190-01-01"),
        row(application_number="07000008", applicants="no list", priorities="none"),
        row(application_number="07000009"),
    )
    done = run_import(path, file)
    report = as_json(done)
    counts = {one["rule"]: one["count"] for one in report["rules"]}
    assert done.entered == 3
    assert counts["row-not-json"] == 6
    assert counts["row-not-utf-8"] == 1
    assert {"office-malformed", "right-unknown", "number-missing", "date-missing",
            "date-malformed", "already-entered", "text-too-long"} <= counts.keys()
    assert any(one.startswith("refused-by-ledger:") for one in counts)
    page = as_html(done, "Report")
    assert "Example Ltd" not in page
    assert "<script" not in page


def test_changed_date_of_a_known_number_is_reported_not_entered(tmp_path):
    path = founded(tmp_path / "ledger")
    run_import(path, rows(tmp_path, row()))
    done = run_import(path, rows(tmp_path, row(filing_date="1980-01-22"), name="other.jsonl"))
    assert dict(done.by_rule) == {"differs-from-entry": 1}
    same = run_import(path, rows(tmp_path, row(), name="same.jsonl" ))
    assert same.entered == 0


def test_erased_name_is_not_disclosed_again_by_a_repeated_import(tmp_path):
    path = founded(tmp_path / "ledger")
    with Register(path) as register:
        register.vault._vault.execute("INSERT INTO tombstone VALUES (?, ?)",
                                      ("US/patent/06/000000113950", "applicants"))
        register.vault._vault.commit()
    done = run_import(path, rows(tmp_path, row()))
    assert done.by_rule["disclosure-erased"] == 1
    with Register(path) as register:
        assert set(register.find(parse_reference("US/patent/06113950"))[1].disclosed) == {"title"}


def test_truncated_gzip_is_an_error_with_a_code_and_keeps_what_was_read(tmp_path, data):
    whole = (data / "filings/filings_us_in.jsonl.gz").read_bytes()
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(whole[: len(whole) // 8])
    path = founded(tmp_path / "ledger")
    with pytest.raises(Malformed, match="file-damaged"):
        run_import(path, file)


def test_bomb_is_refused_before_it_fills_anything(tmp_path, monkeypatch):
    file = tmp_path / "bomb.jsonl.gz"
    file.write_bytes(gzip.compress(b"\n" * 3_000_000))
    monkeypatch.setattr(reader, "RATIO_CHECKED_FROM", 1_000_000)
    with pytest.raises(Malformed, match="unpacks"):
        list(reader.read_rows(file))


def test_line_without_end_is_one_bad_row(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "LINE_BYTES_MAX", 1_000)
    file = rows(tmp_path, b'{"a":"' + b"x" * 5_000 + b'"}', b'{"b":1}')
    assert [one.fault for one in reader.read_rows(file)] == ["row-not-utf-8", ""]


MAP = """
date_format = "DD/MM/YYYY"
[constants]
office = "IN"
right = "patent"
source = "india-journal-csv"
[columns]
number = "Application Number"
date = "Date of Application"
title = "Title of Invention"
applicants = "Patentee Name"
grant_number = "Patent Number"
priority_date = "Date of Priority"
"""


def test_csv_by_a_mapping(tmp_path, data):
    mapping = tmp_path / "map.toml"
    mapping.write_text(MAP)
    file = data / "filings/india-grants/2018_grants.csv.gz"
    faults = {}
    total = 0
    for item, broken in preview(open_source(file, column_map=load_map(mapping))):
        total += 1
        for one in broken:
            faults[one] = faults.get(one, 0) + 1
        assert item.record is None or item.record.office == "IN"
    assert total == 15_697
    assert faults["columns-slipped"] == 1_687
    assert faults["date-placeholder"] == 14


@pytest.mark.parametrize("text", [
    "columns = 1", "[columns]\nnumber = 3", "[columns]\nnothing = 'x'", "date_format = 'D'",
    "[other]\na = 'b'", "not toml",
])
def test_bad_mapping_is_refused_with_a_code(tmp_path, text):
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(LedgerError, match="map-malformed"):
        load_map(path)


def test_mapping_to_a_column_that_is_not_there_names_it(tmp_path):
    mapping = tmp_path / "map.toml"
    mapping.write_text("[columns]\nnumber = 'Nummer'\n")
    file = rows(tmp_path, b"Number,Date", b"1,2", name="a.csv")
    with pytest.raises(Malformed, match="Nummer"):
        list(preview(open_source(file, column_map=load_map(mapping))))


@pytest.mark.parametrize(("lines", "faults"), [
    ([b"a,b", b"1,2,3", b"1"], ["columns-slipped", "columns-slipped"]),
    ([b"a,b", b'"1,2', b"3,4"], ["row-not-csv"]),
    ([b"a,b", b"\xff,2", b"1,2"], ["row-not-utf-8", ""]),
    ([b"a,b", b"1\x00,2"], ["row-not-utf-8"]),
    ([b"\xef\xbb\xbfa,b", b"1,2"], [""]),
])
def test_csv_faults_are_faults_of_rows(tmp_path, lines, faults):
    file = rows(tmp_path, *lines, name="rows.csv")
    assert [one.fault for one in reader.read_rows(file)] == faults
