"""Offices' own files, read as they are: what each source gives, and what is kept out and why."""

import gzip
import itertools
import json
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.intake import ipgod, st66, st96, uspto_applications
from muniment.intake.importer import Importer, preview
from muniment.intake.mapping import ColumnMap
from muniment.intake.reader import RawRow
from muniment.intake.series import stage_of
from muniment.intake.sources import FORMATS, open_source
from muniment.model.application import APPLICATIONS, COPIES
from muniment.model.claim import CLAIMS
from muniment.node.founding import found
from muniment.node.register import ImportTarget, Register
from muniment.proof.errors import LedgerError, Malformed
from muniment.reference import packaged_rows
from muniment.reference.offices import office_code

APPLICATIONS_FOLDER = "uspto-applications"


def founded(path, office="US"):
    found(path, office=office, name="register.test.example", rows=packaged_rows())
    return path


def run_import(path, file, name=None, **options):
    with Register(path) as register:
        return Importer(ImportTarget(register), register.vault, open_source(file, name),
                        **options).run()


def records(file, name=None):
    return [item.record for item in open_source(file, name).items()]


def rows(register, table, *names):
    return list(register.ledger.state.rows(table, *names))


@pytest.mark.parametrize(("path", "name", "count"), [
    ("uspto-applications/peds.jsonl.gz", "uspto-applications", 144),
    ("uspto-applications/odp.jsonl.gz", "uspto-applications", 29),
    ("uspto-applications/examples/odp_application_with_assignments.json", "uspto-applications", 1),
    ("uspto-applications/examples/odp_foreign_priority.json", "uspto-applications", 1),
    ("uspto-applications/examples/odp_pct_application.json", "uspto-applications", 1),
    ("uspto-applications/examples/peds_application_with_foreign_priority.json",
     "uspto-applications", 1),
    ("uspto-applications/examples/peds_query_by_patent_number.json", "uspto-applications", 1),
    ("filings/filings_us_in.jsonl.gz", "json-lines", 38_163),
    ("filings/india-grants/2018_grants.csv.gz", "india-journal", 15_697),
    ("filings/india-grants/2019_grants.csv.gz", "india-journal", 22_897),
    ("filings/ipgod-au/ipgod_patent_applicants.csv.gz", "ipgod-au", 73_838),
    ("uspto-tsdr/sn76044902.xml", "st66", 1),
    ("uspto-tsdr/rn2178784-ST-961_D3.xml", "st96", 1),
    ("uspto-tsdr/rn2178784-ST96-old.xml", "st96", 1),
    ("wipo-st96/instances/PatentPublication_Example.xml", "st96", 1),
    ("wipo-st96/instances/GIApplication_Example.xml", "st96", 1),
    ("uspto-tsdr", "folder", 16),
])
def test_source_is_recognised_from_its_content(data, path, name, count):
    source = open_source(data / path)
    assert source.format == name
    assert sum(1 for _ in source.items()) == count


def test_name_of_a_file_says_nothing(data, tmp_path):
    file = tmp_path / "filings.jsonl"
    file.write_bytes((data / "uspto-tsdr/sn76044902.xml").read_bytes())
    assert open_source(file).format == "st66"
    table = tmp_path / "table.txt"
    table.write_bytes((data / "filings/india-grants/2018_grants.csv.gz").read_bytes())
    assert open_source(table).format == "india-journal"


def test_named_format_overrides_and_a_wrong_one_is_refused(data, tmp_path):
    with pytest.raises(Malformed, match="format-unknown"):
        open_source(data / "uspto-tsdr/sn76044902.xml", "st36")
    with pytest.raises(Malformed, match="xml-unknown"):
        open_source(data / "uspto-tsdr/sn76044902.xml", "st96")
    file = tmp_path / "strange.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(Malformed, match="format-unknown"):
        open_source(file)
    with pytest.raises(Malformed, match="--map"):
        open_source(file, "csv")
    named = open_source(file, "india-journal")
    assert [item.record.number for item in named.items()] == [""]


def pairs(data):
    marks = defaultdict(list)
    for file in sorted((data / "uspto-tsdr").glob("*.xml")):
        record = records(file)[0]
        marks[record.number].append((file.name, replace(record, source="")))
    return {number: same for number, same in marks.items() if len(same) > 1}


def test_every_format_and_day_of_a_mark_gives_the_same_record(data):
    marks = pairs(data)
    assert len(marks) == 6
    compared = 0
    for same in marks.values():
        for (_, one), (_, other) in itertools.combinations(same, 2):
            assert one == other
            compared += 1
        assert same[0][1].applicants
        assert same[0][1].date
    assert compared == 6 + 3 + 1 + 1 + 1 + 1
    claim = marks["85334015"][0][1].priorities[0]
    assert (claim.office, claim.number, claim.date) == ("IT", "RM2011C00315", "2011-05-16")
    assert marks["74631225"][0][1].date == "1995-02-07"


def test_applicant_of_a_mark_is_the_original_one_not_a_later_owner(data):
    names = {record.applicants for _, record in pairs(data)["78002299"]}
    assert len(names) == 1
    assert len(names.pop()) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_another_day_or_format_of_a_mark_adds_only_what_is_new(data, tmp_path, order):
    path = founded(tmp_path / "ledger")
    files = sorted((data / "uspto-tsdr").glob("*.xml"))[::order]
    first = [run_import(path, file) for file in files]
    assert sum(one.entered for one in first) == 7
    assert sum(one.unchanged for one in first) == 9
    with Register(path) as register:
        root = register.ledger.tree.root()
    again = [run_import(path, file) for file in files]
    assert sum(one.entered + one.claims for one in again) == 0
    with Register(path) as register:
        assert register.ledger.tree.root() == root
    claims = [run_import(path, file, claims=True) for file in files]
    assert sum(one.entered for one in claims) == 0
    assert sum(one.claims for one in claims) == 1
    with Register(path) as register:
        assert len(rows(register, APPLICATIONS, "US", "trademark")) == 7
        assert len(rows(register, CLAIMS, "US", "trademark")) == 1


def test_applications_of_the_uspto_are_filed_by_their_lawful_date(data, tmp_path):
    path = founded(tmp_path / "ledger")
    odp = run_import(path, data / APPLICATIONS_FOLDER / "odp.jsonl.gz", claims=True)
    peds = run_import(path, data / APPLICATIONS_FOLDER / "peds.jsonl.gz", claims=True)
    assert (odp.rows, odp.entered, odp.claims, odp.refused) == (29, 24, 23, 5)
    assert (odp.parents, peds.parents) == (22, 38)
    assert dict(odp.by_rule) == {
        "parent-not-claim": 23, "national-stage": 20, "hague-designation": 4,
        "own-filing-without-date": 4, "re-examination": 1, "priority-over-12-months": 2,
        "applicant-missing": 1,
    }
    assert (peds.rows, peds.entered, peds.claims, peds.refused) == (144, 143, 7, 0)
    assert dict(peds.by_rule) == {
        "parent-not-claim": 92, "applicant-missing": 34, "priority-placeholder": 4,
        "priority-over-12-months": 2, "already-entered": 1, "line-not-told": 13,
    }
    with Register(path) as register:
        filed = {entry.number: entry.date for _, entry in rows(register, APPLICATIONS, "US")}
        assert len(filed) == 167
        assert filed["18/292,073"] == "2022-07-27"
        assert filed["PCT/US2007/019317"] == "2007-09-05"
        assert not [number for number in filed if number.startswith(("35/", "90/"))]
        assert len(rows(register, CLAIMS, "US")) == 30


def test_claims_are_counted_from_the_filing_that_the_source_prints_as_the_first(data, tmp_path):
    path = founded(tmp_path / "ledger")
    file = data / APPLICATIONS_FOLDER / "odp.jsonl.gz"
    assert run_import(path, file).parents == 0
    assert run_import(path, file, claims=True).parents == 22
    assert run_import(path, data / APPLICATIONS_FOLDER / "examples", claims=True).parents <= 2
    # a continuation of a national stage, 2024-01-25; and a national stage of that year
    for number, filed, calendar in (("18422376", "2019-03-08", "US"),
                                    ("18681989", "2022-10-06", "EP")):
        answer = CliRunner().invoke(app, ["priority", "check", f"US/patent/{number}", "--ledger",
                                          str(path), "--json"])
        claim = json.loads(answer.stdout)["claims"][0]
        period = claim["checks"]["P06"]
        assert claim["excluded_by"] == []
        assert (period["result"], period["filed"]) == ("IN_TIME", filed)
        assert period["calendar"] == claim["checks"]["P11"]["calendar"] == calendar


def test_claims_of_a_line_that_is_not_told_are_reported_and_not_entered(tmp_path):
    def parent(number, words):
        return {"continuity": f"This application is a {words} of", "country": "US",
                "date": "2016-01-04", "number": number}

    file = tmp_path / "filings.jsonl"
    row = {"application_number": "17130468", "filing_date": "2020-12-22", "office": "US",
           "right": "patent", "priorities": [
               {"country": "JP", "date": "2015-01-05", "number": "2015-001234"},
               parent("15123456", "Division"), parent("15000001", "Continuation")]}
    file.write_text(json.dumps(row) + "\n", encoding="ascii")
    done = run_import(founded(tmp_path / "ledger"), file, claims=True)
    assert (done.entered, done.parents, done.claims) == (1, 0, 0)
    assert done.by_rule["line-not-told"] == 1
    row["priorities"].pop()
    file.write_text(json.dumps(row) + "\n", encoding="ascii")
    done = run_import(founded(tmp_path / "told"), file, claims=True)
    assert (done.entered, done.parents, done.claims) == (1, 1, 1)


def test_national_stage_has_the_international_date_and_its_continuation_its_own(data):
    peds = {one.number: one for one in records(data / APPLICATIONS_FOLDER / "peds.jsonl.gz")}
    assert not [one for one in peds.values() if one.stage]
    assert peds["13675715"].date == "2012-11-13"
    odp = {one.number: one for one in records(data / APPLICATIONS_FOLDER / "odp.jsonl.gz")}
    assert odp["18422376"].stage == ""
    stages = [one for one in odp.values() if one.stage == "national-stage"]
    assert len(stages) == 20
    assert all("2015-01-01" < one.date < "2024-01-01" for one in stages)


def test_copies_of_designations_have_no_date_and_own_ones_are_kept_out(data, tmp_path):
    file = data / APPLICATIONS_FOLDER / "odp.jsonl.gz"
    path = founded(tmp_path / "ledger", "JP")
    done = run_import(path, file, claims=True)
    assert (done.entered, done.claims, done.refused) == (28, 0, 1)
    assert done.by_rule["claim-of-another-office"] == 20
    assert "claim-only-reported" not in done.by_rule  # it advises --claims, which were asked for
    with Register(path) as register:
        copies = {entry.number: entry for _, entry in rows(register, COPIES, "US")}
        assert copies["35/519,940"].date is None
        assert copies["18/292,073"].date == "2022-07-27"


@pytest.mark.parametrize(("office", "right", "number", "stage"), [
    ("US", "design", "35/519,940", "hague-designation"), ("US", "patent", "35519940", ""),
    ("US", "patent", "90/019,500", "re-examination"), ("US", "patent", "96000123", "re-examination"),
    ("US", "patent", "18292073", ""), ("IN", "patent", "3358/DELNP/2010", "national-stage"),
    ("IN", "patent", "3358/DEL/2010", ""), ("IN", "patent", "201717012345", "national-stage"),
    ("IN", "patent", "201711012345", ""), ("EP", "patent", "90019500", ""),
])
def test_series_of_a_number_tells_the_stage(data, office, right, number, stage):
    record = replace(records(data / "uspto-tsdr/sn76044902.xml")[0], office=office, right=right,
                     number=number)
    assert stage_of(record) == stage


def test_raw_answers_give_what_their_lines_give(data):
    folder = data / APPLICATIONS_FOLDER
    lines = {}
    for name in ("peds.jsonl.gz", "odp.jsonl.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            for row, line in enumerate(file, 1):
                record = uspto_applications.to_record(row, json.loads(line))
                lines[record.source, record.number] = replace(record, row=0)
    for file in sorted((folder / "examples").glob("*.json")):
        for record in records(file):
            if record.number:
                assert lines[record.source, record.number] == replace(record, row=0)


def test_journal_of_india_by_its_own_columns(data):
    found = Counter()
    dated = 0
    for item, broken in preview(open_source(data / "filings/india-grants/2018_grants.csv.gz")):
        found.update(broken)
        dated += item.record is not None and item.record.date == "2011-07-07"
    assert found["columns-slipped"] == 1_687
    assert found["date-placeholder"] == 14
    assert dated > 0


def test_australian_rows_are_copies_without_a_date(data, tmp_path):
    path = founded(tmp_path / "ledger")
    with gzip.open(data / "filings/ipgod-au/ipgod_patent_applicants.csv.gz", "rb") as lines:
        part = tmp_path / "part.csv"
        part.write_bytes(b"".join(itertools.islice(lines, 3_001)))
    done = run_import(path, part)
    assert done.rows == 3_000
    assert done.refused == 0
    assert done.by_rule["source-without-dates"] == done.entered
    with Register(path) as register:
        copies = rows(register, COPIES, "AU", "patent")
        assert len(copies) == done.entered
        assert {copy.date for _, copy in copies} == {None}
        kept = register.disclosures([copy.disclosed["applicants"] for _, copy in copies])
        assert len(kept) == len(copies)
    found = CliRunner().invoke(app, ["filing", "search", "--office", "AU", "--number",
                                     copies[0][1].number, "--ledger", str(path), "--json"])
    assert json.loads(found.stdout)["total"] == 1
    own = founded(tmp_path / "own", "AU")
    refused = run_import(own, part)
    assert refused.entered == 0
    assert refused.by_rule["own-filing-without-date"] == done.entered


def test_rows_of_joint_applicants_are_one_filing():
    def row(number, filing, name):
        return RawRow(number, {"australian_appl_no": filing, "cleanname": name}, "")

    items = list(ipgod.read([
        row(1, "2003900001", "A"), row(2, "2003900001", "B"), RawRow(3, None, "row-not-csv"),
        row(4, "2003900001", "A"), row(5, "", "C"), row(6, "2003900002", "D"),
    ]))
    assert [(one.row, one.fault) for one in items] == [
        (2, ""), (3, "row-not-csv"), (4, ""), (5, ""), (6, "")]
    assert items[0].record.applicants == ("A", "B")
    assert items[0].record.joined
    assert not items[4].record.joined


def test_examples_of_wipo_are_read_and_the_geographical_indication_is_refused(data, tmp_path):
    path = founded(tmp_path / "ledger")
    done = run_import(path, data / "wipo-st96/instances", claims=True)
    assert (done.rows, done.entered, done.claims, done.refused) == (4, 3, 1, 1)
    assert done.by_rule["right-unknown"] == 1
    with Register(path) as register:
        kinds = {key.split(b"/")[2] for key, _ in rows(register, APPLICATIONS, "US")}
        assert kinds == {b"patent", b"trademark"}
        design = rows(register, COPIES, "XX")[0][1]
        assert (design.date, design.number) == ("2017-08-29", "35503842")
        claim = rows(register, CLAIMS, "US", "patent")[0][1]
        assert (claim.date, claim.earlier.office) == ("2007-11-08", "JP")


@pytest.mark.parametrize(("words", "code"), [
    ("UNITED STATES OF AMERICA", "US"), ("United States", "US"), ("REPUBLIC OF KOREA", "KR"),
    ("EUROPEAN PATENT OFFICE (EPO)", "EP"), ("UNITED  KINGDOM", "GB"), ("GREECE", "GR"),
    ("Korea", ""), ("", ""), ("German Democratic Republic", ""), ("US", ""), ("Atlantis", ""),
])
def test_country_words_stand_for_one_office_or_none(words, code):
    assert office_code(words) == code


def test_every_country_word_of_the_data_has_its_office(data):
    claims = Counter(
        (one.office, one.kind) for name in ("peds.jsonl.gz", "odp.jsonl.gz")
        for record in records(data / APPLICATIONS_FOLDER / name) for one in record.priorities
        if one.kind == "claim")
    assert sum(claims.values()) == 31
    assert ("", "claim") not in claims


def mark(number="85000001", office="US", more=""):
    names = " ".join(f'xmlns:{key}="{value}"' for key, value in st96.RELEASE.items())
    return (
        f'<tmk:TrademarkApplication {names} com:st96Version="V6_0"><tmk:TrademarkBag><tmk:Trademark>'
        f"<com:RegistrationOfficeCode>{office}</com:RegistrationOfficeCode><com:ApplicationNumber>"
        f"<com:ApplicationNumberText>{number}</com:ApplicationNumberText></com:ApplicationNumber>"
        f"<com:ApplicationDate>2020-01-02</com:ApplicationDate>{more}"
        "</tmk:Trademark></tmk:TrademarkBag></tmk:TrademarkApplication>").encode()


def test_bad_documents_of_a_folder_are_reported_by_name_and_good_ones_entered(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.xml").write_bytes(mark())
    (folder / "b.xml").write_bytes(b"<!DOCTYPE a><a/>")
    (folder / "c.xml").write_bytes(mark("85000002")[:-20])
    (folder / "d.json").write_bytes(b"{}")
    (folder / "e.xml").write_bytes(b"<other xmlns='urn:other'/>")
    (folder / "f.xml").write_bytes(mark("85000003"))
    (folder / "notes.txt").write_bytes(b"not read")
    done = run_import(founded(tmp_path / "ledger"), folder)
    assert (done.rows, done.entered, done.refused) == (6, 2, 4)
    assert {(one.rule, one.number) for one in done.findings} == {
        ("applicant-missing", "85000001"), ("xml-doctype", "b.xml"), ("xml-malformed", "c.xml"),
        ("document-unknown", "d.json"), ("xml-unknown", "e.xml"),
        ("applicant-missing", "85000003")}
    with pytest.raises(LedgerError, match="file-not-found"):
        open_source(tmp_path)


def test_full_texts_that_need_a_dtd_are_refused_by_name(data):
    files = sorted((data / "uspto-patent-xml").glob("*.xml"))
    assert len(files) == 11
    for file in files:
        with pytest.raises(Malformed, match="xml-doctype"):
            open_source(file)


def test_claims_printed_as_refused_are_not_entered(tmp_path):
    def priority(status):
        return (
            "<tmk:PriorityBag><tmk:Priority><com:PriorityCountryCode>FR</com:PriorityCountryCode>"
            "<com:ApplicationNumber><com:ApplicationNumberText>194000001"
            "</com:ApplicationNumberText></com:ApplicationNumber><com:PriorityApplicationFilingDate>"
            "2019-08-01</com:PriorityApplicationFilingDate><com:PriorityStatusCategory>"
            f"{status}</com:PriorityStatusCategory></tmk:Priority></tmk:PriorityBag>")

    path = founded(tmp_path / "ledger")
    counts = []
    for status in ("Refused", "Abandoned", "Partially refused", "Claimed", "Claimed"):
        file = tmp_path / f"{status}{len(counts)}.xml"
        file.write_bytes(mark(more=priority(status) + f"<!--{len(counts)}-->"))
        counts.append(run_import(path, file, claims=True))
    assert [one.claims for one in counts] == [0, 0, 0, 1, 0]
    assert [one.by_rule["claim-not-standing"] for one in counts] == [1, 1, 1, 0, 0]


def test_claim_to_a_part_whose_list_was_erased_is_not_entered_as_one_to_all(tmp_path):
    claim = (
        "<tmk:PriorityBag><tmk:Priority><com:PriorityCountryCode>FR</com:PriorityCountryCode>"
        "<com:ApplicationNumber><com:ApplicationNumberText>194000001</com:ApplicationNumberText>"
        "</com:ApplicationNumber><com:PriorityApplicationFilingDate>2019-08-01"
        "</com:PriorityApplicationFilingDate><tmk:PriorityPartialIndicator>true"
        "</tmk:PriorityPartialIndicator><tmk:PriorityPartialGoodsServices>"
        "<tmk:GoodsServicesClassificationBag/><tmk:ClassDescriptionBag><tmk:ClassDescription>"
        "{}<tmk:GoodsServicesDescriptionText>lamps</tmk:GoodsServicesDescriptionText>"
        "</tmk:ClassDescription></tmk:ClassDescriptionBag></tmk:PriorityPartialGoodsServices>"
        "</tmk:Priority></tmk:PriorityBag>")
    file = tmp_path / "mark.xml"
    counts = []
    for erased, number in ((False, ""), (True, ""), (True, "<tmk:ClassNumber>011</tmk:ClassNumber>")):
        path = founded(tmp_path / f"ledger{len(counts)}")
        with Register(path) as register:
            reference = ImportTarget(register).look_up("US", "trademark", "85000001").reference
            if erased:
                register.vault._vault.execute("INSERT INTO tombstone VALUES (?, ?)",
                                              (reference, "priority-goods"))
                register.vault._vault.commit()
        file.write_bytes(mark(more=claim.format(number)))
        done = run_import(path, file, claims=True)
        counts.append((done.entered, done.claims, done.by_rule["disclosure-erased"]))
        with Register(path) as register:
            parts = [one.goods for _, one in rows(register, CLAIMS, "US", "trademark")]
            assert all(part and (part.classes or part.listed) for part in parts)
    assert counts == [(1, 1, 0), (1, 0, 1), (1, 1, 0)]


def test_mended_mapping_reads_the_same_file_anew(tmp_path):
    path = founded(tmp_path / "ledger")
    file = tmp_path / "table.csv"
    file.write_text("n,d\n1/DEL/2010,02/13/2010\n")

    def run(date_format):
        mapped = ColumnMap({"number": "n", "date": "d"}, {"office": "IN", "right": "patent"},
                           date_format)
        with Register(path) as register:
            source = open_source(file, column_map=mapped)
            return Importer(ImportTarget(register), register.vault, source).run()

    assert dict(run("DD/MM/YYYY").by_rule) == {"date-malformed": 1}
    assert run("MM/DD/YYYY").entered == 1
    assert run("MM/DD/YYYY").entered == 0


def test_every_format_says_what_it_is():
    assert set(FORMATS) == {"json-lines", "csv", "uspto-applications", "india-journal", "ipgod-au",
                            st66.NAME, st96.NAME}
