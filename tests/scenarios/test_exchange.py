"""From one office to another: hostile files change nothing, what is exported is imported again."""

import gzip
import hashlib
import json

import pytest
from lxml import etree
from tests.unit.test_xml_attacks import ATTACKS
from typer.testing import CliRunner

from muniment.cli.account import _made
from muniment.cli.app import app
from muniment.intake import st96, xml
from muniment.intake.st96_writer import write
from muniment.model.application import APPLICATIONS
from muniment.model.claim import CLAIMS
from muniment.node.filing_record import record_of
from muniment.node.register import Reference, Register, parse_reference

RUNNER = CliRunner()


def run(*arguments, code=0):
    done = RUNNER.invoke(app, [str(one) for one in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def answer(*arguments, code=0):
    done = RUNNER.invoke(app, [*map(str, arguments), "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def office(data, tmp_path_factory):
    """A US ledger with real patents and marks, and claims of every kind in it."""
    path = tmp_path_factory.mktemp("exchange") / "us"
    run("init", "--office", "US", path)
    for name in ("uspto-tsdr", "uspto-applications/odp.jsonl.gz", "wipo-st96/instances"):
        run("import", data / name, "--ledger", path, "--claims")
    later = "US/trademark/78002299"
    for number, classes in (("FR/trademark/993000001", "9,42"), ("FR/trademark/993000002", "9")):
        run("priority", "claim", later, number, "--date", "1999-12-01", "--classes", classes,
            "--goods", "software; services", "--ledger", path)
    run("priority", "withdraw", later, 1, "--ledger", path)
    run("priority", "claim", "US/patent/15123456", "DE/utility-model/20 2014 001234.5", "--date",
        "2014-04-23", "--ledger", path)
    run("priority", "claim", "US/patent/15123456", "DE/patent/10 2014 001235.1", "--date",
        "2014-04-23", "--ledger", path)
    run("priority", "withdraw", "US/patent/15123456", 1, "--ledger", path)
    run("filing", "submit", "29123456", "--kind", "design", "--date", "2000-05-05", "--title",
        "Lamp", "--ledger", path)
    run("priority", "claim", "US/design/29123456", "EM/design/000012345", "--date", "1999-11-20",
        "--ledger", path)
    return path


def snapshot(path):
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest()
            for one in sorted(path.rglob("*")) if one.is_file()}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    path = tmp_path_factory.mktemp("attacked") / "us"
    run("init", "--office", "US", path)
    return path


@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_file_ends_with_its_code_and_leaves_ledger_and_vault_alone(
    untouched, tmp_path, name
):
    data, code = ATTACKS[name]
    file = tmp_path / "attack.xml"
    file.write_bytes(data)
    before = snapshot(untouched)
    for form in ("st96", "st66"):
        assert answer("import", file, "--ledger", untouched, "--claims", "--format", form,
                      code=2)["error"] == code
    recognised = answer("import", file, "--ledger", untouched, code=2)["error"]
    assert recognised in {code, "format-unknown"}
    assert snapshot(untouched) == before


def test_hostile_file_hidden_in_gzip_is_refused_the_same(untouched, tmp_path):
    file = tmp_path / "attack.xml.gz"
    file.write_bytes(gzip.compress(ATTACKS["billion-laughs"][0]))
    assert answer("import", file, "--ledger", untouched, code=2)["error"] == "xml-doctype"
    file.write_bytes(gzip.compress(b"<a>" + b" " * 100_000_000 + b"</a>"))
    assert answer("import", file, "--ledger", untouched, code=2)["error"] == "xml-too-large"


def test_document_is_entered_whole_or_not_at_all(untouched, data, tmp_path):
    whole = (data / "uspto-tsdr/rn2713476-ST96.xml").read_bytes()
    before = snapshot(untouched)
    file = tmp_path / "cut.xml"
    for share in range(1, 20):
        file.write_bytes(whole[: len(whole) * share // 20])
        assert answer("import", file, "--ledger", untouched, code=2)["error"].startswith("xml-")
    assert snapshot(untouched) == before


def references(path):
    with Register(path, read_only=True) as register:
        for key, entry in register.ledger.state.rows(APPLICATIONS, "US"):
            yield f"US/{key.decode().split('/')[2]}/{entry.number}"


def facts(path):
    """Return what the ledger holds of each filing and claim, without positions and times."""
    with Register(path, read_only=True) as register:
        found = {}
        for key, entry in register.ledger.state.rows(APPLICATIONS, "US"):
            part = key.decode().removeprefix("application/").removesuffix("/")
            values = register.disclosures(list(entry.disclosed.values()))
            claims = {
                (claim.earlier.office, claim.earlier.right, claim.earlier.number, claim.date,
                 claim.goods.classes if claim.goods else None)
                for _, claim in register.ledger.state.rows(CLAIMS, part)
                if claim.status == "Claimed"}
            found[part] = (entry.number, entry.printed, entry.date, sorted(entry.disclosed),
                           len(values), claims)
        return found


def test_whole_register_goes_through_st96_into_another_ledger(office, schemas, tmp_path):
    folder = tmp_path / "exported"
    folder.mkdir()
    for place, reference in enumerate(references(office)):
        out = folder / f"{place:04}.xml"
        run("export", reference, "--st96", "--out", out, "--ledger", office)
        root = etree.fromstring(out.read_bytes())
        schemas[etree.QName(root).localname].assertValid(root)
    other = tmp_path / "other"
    run("init", "--office", "US", other)
    done = answer("import", folder, "--ledger", other, "--claims")
    assert done["refused_rows"] == 0
    assert facts(other) == facts(office)
    with Register(office, read_only=True) as one, Register(other, read_only=True) as two:
        for reference in references(office):
            named = parse_reference(reference)
            given, got = record_of(one, named), record_of(two, named)
            assert (given.title, given.applicants) == (got.title, got.applicants)


@pytest.mark.parametrize(("reference", "claim", "kind"), [
    ("US/trademark/85334015", 0, "TrademarkApplication"),
    ("US/patent/16123456", 0, "BibliographicData"),
    ("US/design/29123456", 0, "DesignApplication"),
])
def test_one_claim_of_each_kind_of_right_is_exported_alone(
    office, schemas, reference, claim, kind
):
    plain = answer("export", reference, "--st96", "--claim", claim, "--ledger", office)
    data = plain["xml"].encode()
    schemas[kind].assertValid(etree.fromstring(data))
    record = next(st96.records(st96.open_document(xml.parse(data))))
    assert len(record.priorities) == 1
    assert record.priorities[0].number
    assert hashlib.sha256(data).hexdigest() == plain["sha256"]


def test_withdrawn_claim_of_a_mark_is_abandoned_and_of_a_patent_left_out(office):
    mark = answer("export", "US/trademark/78002299", "--st96", "--ledger", office)["xml"]
    assert mark.count("<com:PriorityStatusCategory>Claimed<") == 1
    assert mark.count("<com:PriorityStatusCategory>Abandoned<") == 1
    patent = answer("export", "US/patent/15123456", "--st96", "--ledger", office)["xml"]
    assert patent.count("<pat:PriorityClaim ") == 1
    assert 'com:id="utility-model.001"' in patent
    refused = answer("export", "US/patent/15123456", "--st96", "--claim", 1, "--ledger", office,
                     code=1)
    assert refused["error"] == "claim-not-standing"


def test_a_withdrawn_claim_has_not_the_day_on_which_it_had_been_accepted(register, ledger_path):
    named = {"number": "T2026/000001", "office": "XA", "right": "trademark"}
    register.act(_made("file-application", {**named, "date": "2026-01-05"}))
    register.act(_made("claim-priority", {
        **named, "date": "2025-09-01",
        "earlier": {"number": "2025-00007 T", "office": "XB", "right": "trademark"}}))
    register.act(_made("decide-claim", {**named, "claim": 0, "date": "2026-05-05",
                                        "ground": "requirements-met", "status": "Accepted"}))
    accepted = write(record_of(register, Reference("XA", "trademark", named["number"]))).decode()
    assert "<com:PriorityStatusDate>2026-05-05<" in accepted
    register.act(_made("withdraw-claim", {**named, "claim": 0}))
    withdrawn = write(record_of(register, Reference("XA", "trademark", named["number"]))).decode()
    assert "<com:PriorityStatusCategory>Abandoned<" in withdrawn
    assert "PriorityStatusDate" not in withdrawn


def test_part_of_the_goods_is_exported_with_its_list_where_disclosed(office):
    whole = answer("export", "US/trademark/78002299", "--st96", "--claim", 0, "--ledger", office)
    assert "<tmk:PriorityPartialIndicator>true<" in whole["xml"]
    assert "software; services" in whole["xml"]
    public = answer("export", "US/trademark/78002299", "--st96", "--public", "--ledger", office)
    assert "software; services" not in public["xml"]
    assert "<tmk:ClassNumber>42<" in public["xml"]
    assert "EntityName" not in public["xml"]


def test_export_says_what_it_lacks(office):
    assert answer("export", "US/patent/16123456", "--ledger", office,
                  code=2)["error"] == "form-not-named"
    for reference, more in (("US/patent/99999999", ()), ("US/patent/16123456", ("--claim", 9))):
        assert answer("export", reference, "--st96", *more, "--ledger", office,
                      code=3)["error"] == "not-confirmed"


def test_fiction_is_said_of_a_demo_ledger(register, ledger_path):
    from muniment.operations.file_application import FileApplication

    register.act(FileApplication(date="2026-01-05", number="2026/000001", office="XA",
                                 right="patent"))
    register.__exit__(None, None, None)
    said = run("export", "XA/patent/2026/000001", "--st96", "--ledger", ledger_path)
    assert "FICTION" in said
    assert answer("export", "XA/patent/2026/000001", "--st96", "--ledger", ledger_path)["fiction"]
