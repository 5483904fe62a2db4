"""Priority from the command line: an office records, completes, decides; anyone checks."""

import html
import json

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.texts import Texts

RUNNER = CliRunner()
EARLIER, LATER = "XA/patent/2025/000001", "XB/patent/2026-00001"


def run(*arguments, code=0):
    done = RUNNER.invoke(app, [str(one) for one in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def answer(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).splitlines()[-1])


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("priority") / "ledger"
    run("init", "--office", "XA", "--profile", "demo", path)
    at = ("--ledger", path)
    for office in ("XB", "XC"):
        run("office", "enrol", office, *at)
    run("filing", "submit", "2025/000001", "--date", "2025-03-03", *at)
    run("filing", "submit", "2026-00001", "--date", "2026-02-02", "--office", "XB", "--as", "XB",
        *at)
    run("filing", "submit", "C 1/2026", "--date", "2026-04-01", "--office", "XC", "--as", "XC",
        *at)
    return path


@pytest.fixture
def at(template, tmp_path):
    import shutil

    return ("--ledger", shutil.copytree(template, tmp_path / "ledger"))


def results(*arguments):
    """Return the results of each claim; the exit code says whether one of them excludes a claim."""
    done = RUNNER.invoke(app, ["priority", "check", *map(str, arguments), "--json"])
    claims = json.loads(done.stdout)["claims"]
    assert done.exit_code == int(any(claim["excluded_by"] for claim in claims))
    return [{check: one["result"] for check, one in claim["checks"].items()} for claim in claims]


def test_a_claim_from_declaration_to_decision(at):
    xb = ("--as", "XB", *at)
    run("priority", "add", LATER, "XA/patent/-", "--date", "2025-03-04", "--declared",
        "2026-05-05", *xb)
    assert results(LATER, *at)[0]["P12"] == "MISSING"
    run("priority", "correct", LATER, 0, "--earlier", EARLIER, "--date", "2025-03-03",
        "--corrected", "2026-06-01", "--number-given", "2026-06-01", "--translation-asked",
        "2026-06-02", "--translation-due", "2026-09-02", "--translation-filed", "2026-09-02", *xb)
    found = results(LATER, "--place", 0, *at)[0]
    assert {check: found[check] for check in ("P03", "P06", "P11", "P12", "P16", "P17")} == {
        "P03": "EQUAL", "P06": "IN_TIME", "P11": "IN_TIME", "P12": "IN_TIME", "P16": "IN_TIME",
        "P17": "NOT_CHARGED"}
    run("relation", "declare", LATER, EARLIER, "--kind", "successor", "--basis", "assignment",
        "--executed", "2026-01-02", "--applicants", "all", *xb)
    run("priority", "decide", LATER, 0, "accepted", "--date", "2026-10-01", "--assert",
        "P15=CERTIFIED_BY_ANOTHER", *xb)
    found = results(LATER, *at)[0]
    assert (found["P10"], found["P22"]) == ("SUCCESSOR", "ACCEPTED")
    run("relation", "withdraw", LATER, EARLIER, "--kind", "successor", "--date", "2026-10-01", *xb)
    assert results(LATER, *at)[0]["P10"] == "NOT_TESTED"
    run("relation", "withdraw", LATER, EARLIER, "--date", "2026-10-01", *xb, code=1)
    shown = run("priority", "check", LATER, *at)
    assert "Priority date of the application on public facts: 2025-03-03" in shown
    assert "Publication from 2026-09-03 on" in shown
    run("priority", "decide", LATER, 0, "lovely", "--date", "2026-10-01", *xb, code=2)
    run("priority", "decide", LATER, 0, "refused", "--date", "2026-10-01", "--assert", "P10", *xb,
        code=2)
    run("priority", "withdraw", LATER, 0, *xb)
    assert results(LATER, *at)[0]["P22"] == "WITHDRAWN"
    assert "the application has no priority date" in run("priority", "check", LATER, *at, code=1)


def test_restoration_at_one_office(at):
    xc = ("--as", "XC", *at)
    run("priority", "claim", "XC/patent/C 1/2026", EARLIER, "--date", "2025-03-03", *xc)
    shown = run("priority", "check", "XC/patent/C 1/2026", *at, code=1)
    assert "can be restored on the criterion due care until 2026-05-04" in " ".join(shown.split())
    asked = ("--requested", "2026-05-04", "--date", "2026-06-01")
    run("priority", "restore", "XC/patent/C 1/2026", 0, "--criterion", "unintentional", *asked,
        *xc, code=1)
    run("priority", "restore", "XC/patent/C 1/2026", 0, "--criterion", "due-care", *asked, *xc)
    assert results("XC/patent/C 1/2026", *at)[0]["P06"] == "RESTORED"
    assert results("XB/patent/2026-00009", "--filed", "2026-05-04", "--claim",
                   f"{EARLIER}@2025-03-03", *at)[0]["P06"] == "LATE"


def test_a_certified_copy_travels_with_its_disclosure(at, tmp_path):
    """XA certifies it; XB receives file and disclosure; anyone with both compares."""
    document, text = tmp_path / "copy.pdf", tmp_path / "copy.disclosure"
    document.write_bytes(b"%PDF a certified copy" * 100)
    run("priority", "claim", LATER, EARLIER, "--date", "2025-03-03", "--as", "XB", *at)
    run("priority", "document", "record", EARLIER, "--certified", "2026-03-03", "--file", document,
        "--out", text, *at)
    run("priority", "document", "record", EARLIER, "--certified", "2026-03-03", "--file", document,
        "--disclosure", text, "--later", LATER, "--received", "2026-04-04", "--as", "XB", *at)
    compare = ("--document", document, "--disclosure", text)
    found = results(LATER, *compare, *at)[0]
    assert (found["P13"], found["P14"], found["P15"]) == ("RECEIVED", "IN_TIME", "INTACT")
    document.write_bytes(b"%PDF another copy")
    assert results(LATER, *compare, *at)[0]["P15"] == "ALTERED"
    run("priority", "document", "record", EARLIER, "--certified", "2026-03-03", "--file", document,
        "--disclosure", text, "--later", LATER, "--received", "2026-05-05", "--as", "XB", *at,
        code=2)
    run("priority", "document", "record", EARLIER, "--certified", "2026-03-03", *at, code=2)
    run("priority", "check", LATER, "--document", document, *at, code=2)


def test_a_grant_shows_a_sealed_filing_to_its_bearer_alone(at, tmp_path):
    run("coverage", "declare", "patent/2025", *at)
    name = answer("filing", "submit", "2025/000200", "--date", "2025-10-01", "--sealed",
                  *at)["sealed"]
    asked = ("priority", "check", LATER, "--filed", "2026-02-02", "--claim",
             "XA/patent/2025/000200@2025-10-01", *at)
    assert answer(*asked)["claims"][0]["answer"] == "not-confirmed"
    grant = tmp_path / "grant.txt"
    run("filing", "grant", name, "--out", grant, *at)
    run("filing", "grant", "x", "--out", grant, *at, code=3)
    checks = answer(*asked, "--grant", grant)["claims"][0]["checks"]
    assert (checks["P02"]["result"], checks["P21"]["result"]) == ("DISCLOSED", "GRANTED")
    run("priority", "claim", LATER, "XA/patent/2025/000200", "--date", "2025-10-01", "--as", "XB",
        *at)
    report = ("priority", "report", f"{LATER}#0", "--html", "--out", "-", *at)
    opened = Texts("en")("P21.GRANTED.reason")
    pages = (html.unescape(run(*report)), html.unescape(run(*report, "--grant", grant)))
    assert [opened in one for one in pages] == [False, True]
    grant.write_text("no grant")
    assert answer(*asked, "--grant", grant, code=2)["error"] == "grant-malformed"
    run("priority", "check", LATER, "--grant", grant, code=2)


def test_a_sealed_claim_is_opened_once_both_filings_are(at):
    xb = ("--as", "XB", *at)
    name = answer("priority", "claim", LATER, EARLIER, "--date", "2025-03-03", "--sealed",
                  *xb)["sealed"]
    run("priority", "check", LATER, *at, code=3)
    run("priority", "unseal", name, *xb)
    assert results(LATER, *at)[0]["P06"] == "IN_TIME"
    run("priority", "unseal", "x", *xb, code=3)


def test_goods_of_a_mark_are_classes_or_a_list_in_the_vault(at):
    xb = ("--as", "XB", *at)
    run("filing", "submit", "2026-00001 T", "--date", "2026-02-02", "--kind", "trademark",
        "--office", "XB", *xb)
    run("filing", "submit", "T2025/000001", "--date", "2025-09-01", "--kind", "trademark", *at)
    mark, first = "XB/trademark/2026-00001 T", "XA/trademark/T2025/000001"
    run("priority", "claim", mark, first, "--date", "2025-09-01", "--classes", "nine", *xb, code=2)
    run("priority", "claim", mark, first, "--date", "2025-09-01", "--classes", "9,42", "--goods",
        "lanterns", *xb)
    assert answer("priority", "check", mark, *at)["P18"]["partial"] == [
        {"classes": [9, 42], "date": "2025-09-01", "listed": True}]
    assert "classes 9, 42: 2025-09-01" in run("priority", "check", mark, *at)


@pytest.mark.parametrize("fact", ["declared", "declared=2026-02-30", "colour=red", "phase=XC",
                                  "restored=XC", "older=XA@2025-01-06:sold@2025-01-07",
                                  "classes=nine", "status=Claimed", "inherited=maybe"])
def test_a_fact_that_is_none_is_refused_with_what_to_do(fact):
    said = answer("priority", "check", LATER, "--filed", "2026-02-02", "--claim",
                  f"{EARLIER}@2025-03-03", "--fact", fact, code=2)
    assert said["error"] in ("fact-malformed", "date-malformed")
    assert said["remedy"]


def test_stated_facts_in_a_batch_as_on_the_command_line(tmp_path):
    facts = {"declared": "2026-07-03", "copy-requested": "2026-07-03"}
    lines = tmp_path / "cases.jsonl"
    lines.write_text(json.dumps({
        "right": "patent", "later": {"office": "XB", "number": "2026-00001",
                                     "filing_date": "2026-02-02"},
        "claims": [{"office": "XA", "number": "2025/000001", "date": "2025-03-03",
                    "facts": facts}]}) + "\n" + json.dumps({
        "right": "patent", "later": {"office": "XB", "filing_date": "2026-02-02"},
        "claims": [{"office": "XA", "date": "2025-03-03", "facts": {"declared": 7}}]}) + "\n")
    table = tmp_path / "cases.csv"
    table.write_text(
        "right,later_office,later_number,later_date,earlier_office,earlier_number,earlier_date,"
        "facts\npatent,XB,2026-00001,2026-02-02,XA,2025/000001,2025-03-03,"
        "declared=2026-07-03 copy-requested=2026-07-03\n")
    stated = [one for name, day in facts.items() for one in ("--fact", f"{name}={day}")]
    single = answer("priority", "check", LATER, "--filed", "2026-02-02", "--claim",
                    f"{EARLIER}@2025-03-03", *stated)
    first, second = map(json.loads, run("priority", "check", "--batch", lines).splitlines())
    assert first.pop("line") == 1
    assert first == single
    assert second["error"] == "case-malformed"
    row = json.loads(run("priority", "check", "--batch", table))
    row.pop("line")
    assert row == single
    assert single["claims"][0]["checks"]["P11"]["due"] == "2026-07-03"


@pytest.mark.parametrize("command", [
    ("filing", "withdraw", "B", "--date", "2026-09-21"),
    ("filing", "publish", "B", "--date", "2026-09-21"),
    ("filing", "show", "B"),
    ("relation", "declare", "B", EARLIER),
    ("relation", "declare", LATER, "B"),
    ("relation", "withdraw", LATER, "B", "--date", "2026-09-21"),
    ("priority", "claim", "B", EARLIER, "--date", "2025-03-03"),
    ("priority", "correct", "B", 0, "--date", "2025-03-03"),
    ("priority", "decide", "B", 0, "refused", "--date", "2026-09-21"),
    ("priority", "restore", "B", 0, "--criterion", "due-care", "--requested", "2026-09-21",
     "--date", "2026-09-21"),
    ("priority", "withdraw", "B", 0),
    ("priority", "check", "B"),
    ("priority", "report", "B#0", "--html"),
    ("priority", "document", "record", "B", "--certified", "2026-03-03", "--file", __file__,
     "--out", "/dev/null"),
    ("export", "B", "--st96"),
    ("evidence", "make", "B", "--out", "/dev/null"),
])
def test_a_word_that_names_no_filing_is_an_error_and_no_trace(at, command):
    assert answer(*command, *at, code=2)["error"] == "reference-malformed"


@pytest.mark.parametrize("later", [LATER, "XB/patent/2026-00099"])
def test_a_place_at_which_no_claim_stands_is_told(at, later):
    """Whether the filing is there or not, the register holds no claim of it."""
    told = answer("priority", "check", later, "--place", 99, *at, code=3)
    assert "holds 0 claims" in told["detail"]
    assert "Places count from 0" in told["remedy"]
