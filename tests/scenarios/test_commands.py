"""The command, end to end: what an office engineer types, and what comes back."""

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command
from typer.testing import CliRunner

from muniment.cli import common
from muniment.cli.app import app
from muniment.node.export import export_lines
from muniment.node.register import Register
from muniment.proof.attestation import TrustPolicy
from muniment.proof.canonical import decode
from muniment.proof.errors import LedgerError, VerificationError
from muniment.proof.evidence import assemble, verify

ROOT = Path(__file__).parent.parent.parent
RUNNER = CliRunner()


def ran(*arguments, code=0):
    done = RUNNER.invoke(app, [str(one) for one in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def run(*arguments, code=0):
    return ran(*arguments, code=code).output


def answer(*arguments, code=0):
    """Return what a program reads: what is said besides goes to stderr."""
    return json.loads(ran(*arguments, "--json", code=code).stdout.splitlines()[-1])


@pytest.fixture
def us(tmp_path):
    path = tmp_path / "us"
    run("init", "--office", "US", path)
    return path


def test_demo_goes_as_told(tmp_path):
    cache = {name: value for name, value in os.environ.items() if name == "MUNIMENT_CACHE"}
    told = subprocess.run([sys.executable, "-m", "muniment.cli.main", "demo", "--keep",
                           str(tmp_path / "demo")], capture_output=True, text=True,
                          env={"PYTHONPATH": str(ROOT / "src"), **cache}, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    as_network = "muniment engine install" not in told.stdout
    assert as_network or not os.environ.get("CI"), "the engine is not installed"
    assert told.stdout.count("\n   ok ") == 27 + 5 * as_network
    assert "FICTIONAL" in told.stdout
    assert "NOT AS TOLD" not in told.stdout


def test_version_is_quick_to_say():
    said = subprocess.run([sys.executable, "-X", "importtime", "-m", "muniment.cli.main",
                           "--version"], capture_output=True, text=True,
                          env={"PYTHONPATH": str(ROOT / "src")}, check=True)
    assert said.stdout.startswith("muniment ")
    assert not {"typer", "rich", "msgspec", "cryptography"} & {
        line.split("|")[-1].strip() for line in said.stderr.splitlines()}


def test_filing_from_submission_to_evidence(us, tmp_path):
    run("filing", "submit", "18/000,123", "--date", "2024-01-08", "--title", "Lamp",
        "--applicant", "Example Ltd", "--ledger", us)
    shown = answer("filing", "show", "US/patent/18000123", "--ledger", us)
    assert shown["entry"]["number"] == "18/000,123"
    assert shown["disclosed"] == {"applicants": ["Example Ltd"], "title": "Lamp"}
    trust = us / "trust-policy.txt"
    for name, more in (("entry", ()), ("state", ("--state",)), ("shown", ("--disclose", "title"))):
        out = tmp_path / f"{name}.json"
        run("evidence", "make", "US/patent/18/000,123", "--out", out, "--ledger", us, *more)
        assert run("evidence", "verify", out, "--trust", trust).startswith("VALID")
    assert "Lamp" in run("evidence", "show", tmp_path / "shown.json", "--trust", trust)
    assert "Example Ltd" not in (tmp_path / "shown.json").read_text()
    out = tmp_path / "absent.json"
    run("evidence", "make", "US/patent/18/000,124", "--absent", "--out", out, "--ledger", us)
    said = run("evidence", "show", out, "--trust", trust)
    assert "no unsealed entry" in said
    assert "one process runs this ledger" in said
    out = tmp_path / "series.json"
    run("evidence", "make", "US/patent/18", "--complete", "--out", out, "--ledger", us)
    assert answer("evidence", "verify", out, "--trust", trust)["prefix"] == "application/US/patent/18/"
    run("evidence", "make", "US/patent/18/000,123", "--absent", "--out", out, "--ledger", us, code=3)


def test_refusals_teach(us):
    done = RUNNER.invoke(app, ["filing", "submit", "18/OOO,123", "--date", "2024-01-08",
                               "--ledger", str(us)])
    assert done.exit_code == 1
    assert "number-format-unknown" in done.stderr
    assert "did you mean 18/000,123" in done.stderr
    again = ("filing", "submit", "18/000,123", "--date", "2024-01-08", "--ledger", us)
    run(*again)
    refused = answer(*again, code=1)
    assert refused["error"] == "number-already-entered"
    assert refused["basis"]
    assert refused["remedy"]


def test_what_a_refusal_advises_can_be_typed_as_it_stands(us):
    """No word in capitals is left to fill in where the ledger knows what it stands for."""
    unread = answer("filing", "submit", "18-000-12345", "--date", "2024-01-08", "--ledger", us, code=1)
    assert unread["remedy"].endswith("muniment number formats US")
    again = ("filing", "submit", "18/000,123", "--date", "2024-01-08", "--ledger", us)
    run(*again)
    entered = answer(*again, code=1)
    advised = entered["remedy"].partition("muniment ")[2].split()
    assert "18/000,123" in run(*advised, "--ledger", us)


def test_number_that_its_own_office_would_refuse_is_not_said_to_be_fine(us):
    """What `number check` says and what `filing submit` does are one law."""
    said = run("number", "check", "US", "nonsense")
    assert "register refuses it" in said
    assert "muniment number formats US" in said
    run("filing", "submit", "nonsense", "--date", "2024-01-08", "--ledger", us, code=1)
    assert "kept as printed" in run("number", "check", "KE", "nonsense")
    assert "refuses" not in run("number", "check", "KE", "nonsense")


def test_filing_is_submitted_under_the_reference_by_which_it_is_shown(us):
    reference = "US/design/29/812,345"
    run("filing", "submit", reference, "--date", "2024-01-08", "--ledger", us)
    assert "29/812,345" in run("filing", "show", reference, "--ledger", us)
    told = answer("filing", "show", "29812345", "--ledger", us, code=2)
    assert "US/patent/29812345" in told["remedy"]
    assert answer("filing", "show", "US/plant/1", "--ledger", us, code=2)["remedy"]


def test_long_work_shows_life_where_there_is_no_terminal(us, monkeypatch):
    run("filing", "submit", "18/000,123", "--date", "2024-01-08", "--title", "Lantern",
        "--ledger", us)
    quick = ran("filing", "search", "lantern", "--rebuild", "--ledger", us)
    assert quick.stderr == ""
    monkeypatch.setattr(common, "LINE_SECONDS", 0)
    slow = ran("filing", "search", "lantern", "--rebuild", "--ledger", us, "--json")
    assert slow.stderr == "making the search index: 1 done\n"
    assert json.loads(slow.stdout)["total"] == 1


def commands(command, words=()):
    """Yield every command by its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for word, one in inner.items():
        yield from commands(one, (*words, word))


def test_every_command_but_the_demo_answers_in_json():
    without = [" ".join(words) for words, one in commands(get_command(app))
               if not any("--json" in option.opts for option in one.params)]
    assert without == ["demo"]


@pytest.mark.parametrize(("words", "detail", "remedy"), [
    (("filing", "submit", "18/000,123"), "date", "filing submit --help"),
    (("filing", "shew", "US/patent/1"), "show", "filing --help"),
    (("priority", "check", "--plaec", "1"), "--place", "priority check --help"),
    (("network", "serve", "x", "--keep-blocks", "many"), "--keep-blocks", "network serve --help"),
])
def test_usage_errors_under_json_are_json(words, detail, remedy):
    done = RUNNER.invoke(app, [*words, "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, told["error"]) == (2, "", "usage")
    assert detail in told["detail"]
    assert told["remedy"].endswith(remedy)
    assert "Usage:" in RUNNER.invoke(app, list(words)).stderr


def test_checkpoint_and_export_are_answered_in_json(us, tmp_path):
    told = answer("ledger", "checkpoint", "--ledger", us)
    assert told["checkpoint"] == run("ledger", "checkpoint", "--ledger", us)
    assert told["entries"] == int(told["checkpoint"].splitlines()[1])
    out = tmp_path / "export"
    assert answer("ledger", "export", out, "--ledger", us) == {
        "entries": told["entries"], "file": str(out)}


def test_ledger_is_verified_exported_and_replayed(us, tmp_path):
    for number in range(5):
        run("filing", "submit", f"18/000,12{number}", "--date", "2024-01-08", "--ledger", us)
    verified = answer("ledger", "verify", "--ledger", us)
    export = tmp_path / "export.txt"
    run("ledger", "export", export, "--ledger", us)
    reached = answer("ledger", "replay", export, tmp_path / "again")
    assert reached["size"] == verified["entries"]
    text = export.read_bytes()
    export.write_bytes(text.replace(b"2024-01-08", b"2024-01-09", 1))
    run("ledger", "replay", export, tmp_path / "forged", code=2)
    export.write_bytes(text[:-40])
    run("ledger", "replay", export, tmp_path / "cut", code=2)


def test_replay_takes_the_refusal_of_an_erased_line_from_its_leaf(us, tmp_path):
    run("filing", "submit", "nonsense", "--date", "2024-01-08", "--ledger", us, code=1)
    with Register(us) as register:
        position = register.ledger.head.size - 2
        register.ledger.storage.forget_body(position)
        lines = list(export_lines(register.ledger))
    assert not any(b"nonsense" in line for line in lines)
    export = tmp_path / "export.txt"
    export.write_bytes(b"".join(lines))
    assert answer("ledger", "replay", export, tmp_path / "again")["erased_operations"] == 1
    assert answer("ledger", "verify", "--ledger", us)["erased_operations"] == 1


def test_sealed_filing_and_gaps(us):
    sealed = answer("filing", "submit", "18/000,125", "--date", "2024-01-08", "--sealed",
                    "--ledger", us)["sealed"]
    run("filing", "show", "US/patent/18/000,125", "--ledger", us, code=3)
    run("filing", "unseal", sealed, "--ledger", us)
    run("filing", "submit", "18/000,128", "--date", "2024-01-08", "--ledger", us)
    assert answer("filing", "gaps", "US/patent/18", "--ledger", us)["gaps"] == [[126, 127]]
    run("filing", "unseal", "A" * 43, "--ledger", us, code=3)


def test_what_is_sealed_is_not_entered_openly_and_never_twice(us, tmp_path):
    """The ledger cannot see it; the sealed one could never be opened."""
    again = ("filing", "submit", "18000125", "--date", "2024-01-09", "--ledger", us)
    sealed = answer("filing", "submit", "18/000,125", "--date", "2024-01-08", "--sealed",
                    "--ledger", us)["sealed"]
    for how in ((), ("--sealed",)):
        refusal = answer(*again, *how, code=1)
        assert refusal["error"] == "sealed-here" and sealed in refusal["remedy"]
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"office": "US", "right": "patent", "filing_date": "2024-01-09",
                                "application_number": "18000125"}))
    done = answer("import", rows, "--ledger", us)
    assert (done["entered"], done["refused_rows"]) == (0, 1)
    assert [one["rule"] for one in done["rules"] if one["effect"] == "refused"] == ["sealed-here"]
    run("filing", "unseal", sealed, "--ledger", us)
    assert answer(*again, "--sealed", code=1)["error"] == "number-already-entered"
    assert answer("filing", "show", "US/patent/18000125", "--ledger", us)["entry"]["date"] == (
        "2024-01-08")


def test_every_operation_has_a_command(us, tmp_path):
    at = ("--ledger", us)
    run("office", "enrol", "EP", *at)
    agent = answer("participant", "enrol", *at)["account"]
    run("participant", "enrol", "--keys", "3", "--threshold", "2", "--algorithm", "ES256", *at)
    run("role", "grant", agent, "--role", "registrar", *at)
    run("filing", "submit", "18/000,001", "--date", "2024-01-08", "--as", agent, *at)
    run("deny", "add", agent, "--reason", "suspension", *at)
    run("filing", "submit", "18/000,002", "--date", "2024-01-08", "--as", agent, *at, code=4)
    run("deny", "lift", agent, *at)
    run("role", "revoke", agent, "--role", "registrar", *at)
    run("keys", "rotate", *at)
    assert "EP" in run("keys", "list", *at)
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name":["EP","2036"],"row":{"closed":{},"open":[],"source":"decree",'
                    '"weekend":[6,7]}}\n')
    run("reference", "publish", "closed-days", rows, "--as", "EP", *at)
    assert "decree" in run("reference", "show", "closed-days/EP/2036", *at)
    run("coverage", "declare", "patent/18", *at)
    run("copy", "record", "FR/patent/FR2401234", "--date", "2024-03-01", "--source", "gazette", *at)
    run("entry", "correct", "US/patent/18/000,001", "--date", "2024-01-09", *at)
    assert answer("filing", "show", "US/patent/18/000,001", *at)["entry"]["date"] == "2024-01-09"
    run("priority", "claim", "US/patent/18/000,001", "FR/patent/FR2401234", "--date", "2024-03-01",
        *at)
    run("priority", "withdraw", "US/patent/18/000,001", "0", *at)
    run("filing", "submit", "18/000,003", "--date", "2024-01-08", "--title", "Lamp", *at)
    run("erase", "US/patent/18/000,003", "--name", "title", *at)
    run("ledger", "rotate-log-key", *at)
    run("ledger", "activate-edition", "2026", "--height", "99", *at, code=1)
    assert "operator" in run("ledger", "status", *at)
    assert run("ledger", "checkpoint", *at).count("\n") == 5
    run("ledger", "verify", *at)


def test_batch_answers_one_line_each(tmp_path, us):
    batch = tmp_path / "batch.jsonl"
    batch.write_text("\n".join([
        json.dumps({"right": "patent", "later": {"office": "US", "number": "14/046,352",
                    "filing_date": "2013-10-04"}, "claims": [
                        {"office": "GB", "number": "1217782.0", "date": "2012-10-04"}]}),
        "{", json.dumps({"right": "patent"}), json.dumps({"right": 1, "later": {}, "claims": 2}),
    ]))
    for more in ((), ("--ledger", us)):
        lines = [json.loads(line) for line in run("priority", "check", "--batch", batch,
                                                  *more).splitlines()]
        assert [line["line"] for line in lines] == [1, 2, 3, 4]
        checks = lines[0]["claims"][0]["checks"]
        assert checks["P06"]["result"] == "IN_TIME"
        assert checks["P06"]["deadline"]["end"] == "2013-10-04"
        assert [line["error"] for line in lines[1:]] == ["case-malformed"] * 3


def test_batch_reads_csv(tmp_path):
    batch = tmp_path / "batch.csv"
    batch.write_text("right,later_office,later_number,later_date,earlier_office,earlier_number,"
                     "earlier_date\npatent,US,1,2001-01-08,GB,0000279.0,2000-01-08\n")
    line = json.loads(run("priority", "check", "--batch", batch))
    assert line["claims"][0]["checks"]["P06"]["result"] == "IN_TIME"


def test_batch_over_the_real_pairs(data, tmp_path):
    """The pairs that the data prints with a number, and what is found of them."""
    batch = tmp_path / "real.jsonl"
    with gzip.open(data / "uspto-applications/peds.jsonl.gz", "rt") as rows, batch.open("w") as out:
        for line in rows:
            row = json.loads(line)
            for claim in row.get("foreignPriority") or ():
                month, day, year = claim["filingDate"].split("-")
                country = {"UNITED KINGDOM": "GB", "GERMANY": "DE", "JAPAN": "JP", "NORWAY": "NO",
                           "EUROPEAN PATENT OFFICE (EPO)": "EP"}.get(
                               claim["countryName"].upper(), "XX")
                out.write(json.dumps({
                    "right": "patent", "claims": [{"office": country, "number":
                        claim["priorityClaim"], "date": f"{year}-{month}-{day}"}],
                    "later": {"office": "US", "number": row["applId"],
                              "filing_date": row["appFilingDate"][:10]}}) + "\n")
    counts = Counter()
    for line in run("priority", "check", "--batch", batch).splitlines():
        claim = json.loads(line)["claims"][0]
        counts[claim["checks"]["P06"]["result"]] += 1
    assert sum(counts.values()) == 8
    assert counts["IN_TIME"] >= 4


def test_deadline_says_why(tmp_path):
    said = run("deadline", "US", "2023-11-30")
    assert "2024-12-02" in said
    assert "Saturday" in said
    assert answer("deadline", "US", "2023-11-30")["restoration"][0]["criterion"] == "unintentional"
    run("deadline", "US", "2023-11-31", code=2)
    run("deadline", "NO", "2023-11-30", code=3)


def test_number_without_any_ledger():
    assert answer("number", "check", "US", "06113950")["canonical"] == "06/113,950"
    assert answer("number", "check", "US", "nonsense")["status"] == "FORMAT_UNKNOWN"
    assert answer("number", "check", "CN", "201710269973.8", code=1)["check_digit"] == "wrong"
    run("number", "check", "US", "1", "--kind", "plant", code=2)
    assert "98/012,357" in run("number", "formats", "US")


def test_erased_name_is_gone_and_proofs_stay(us, tmp_path):
    run("filing", "submit", "18/000,123", "--date", "2024-01-08", "--applicant",
        "Ottilie Beispiel", "--ledger", us)
    out = tmp_path / "before.json"
    run("evidence", "make", "US/patent/18/000,123", "--out", out, "--ledger", us)
    run("erase", "US/patent/18/000,123", "--name", "applicants", "--ledger", us)
    assert "erased" in run("filing", "show", "US/patent/18/000,123", "--ledger", us)
    assert not any(b"Ottilie" in one.read_bytes() for one in us.rglob("*") if one.is_file())
    run("evidence", "verify", out, "--trust", us / "trust-policy.txt")
    run("evidence", "make", "US/patent/18/000,123", "--disclose", "applicants", "--out", out,
        "--ledger", us, code=3)
    run("erase", "US/patent/18/000,123", "--name", "applicants", "--ledger", us, code=3)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    path = tmp_path_factory.mktemp("evidence") / "us"
    run("init", "--office", "US", path)
    run("filing", "submit", "18/000,123", "--date", "2024-01-08", "--title", "Lamp", "--ledger", path)
    files = []
    for more in ((), ("--state",), ("--disclose", "title")):
        out = path.parent / f"{len(files)}.json"
        run("evidence", "make", "US/patent/18/000,123", "--out", out, "--ledger", path, *more)
        files.append(out.read_bytes())
    out = path.parent / "absent.json"
    run("evidence", "make", "US/patent/18/000,124", "--absent", "--out", out, "--ledger", path)
    files.append(out.read_bytes())
    run("evidence", "make", "US/patent/18", "--complete", "--out", out, "--ledger", path)
    files.append(out.read_bytes())
    return files, TrustPolicy.parse((path / "trust-policy.txt").read_text())


@settings(max_examples=400)
@given(st.data())
def test_any_changed_byte_of_evidence_is_refused(evidence, data):
    files, policy = evidence
    original = data.draw(st.sampled_from(files))
    at = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255))
    if byte != original[at]:
        with pytest.raises(VerificationError):
            verify(original[:at] + bytes([byte]) + original[at + 1 :], policy)


@settings(max_examples=300)
@given(st.data())
def test_any_changed_member_of_evidence_is_refused_though_its_digest_fits(evidence, data):
    """An attacker recomputes the file's own digest: the proofs themselves must refuse."""
    files, policy = evidence
    plain = decode(data.draw(st.sampled_from(files))[:-1])
    before = json.dumps(plain, sort_keys=True)
    target = plain
    while True:
        name = data.draw(st.sampled_from(sorted(target) if isinstance(target, dict)
                                         else range(len(target))))
        inner = target[name]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
            target = inner
            continue
        target[name] = data.draw(st.sampled_from(
            [None, 0, 1, 2**60, "", "A" * 43, [], {}, "x", [[]], -1, True, plain["checkpoint"]]))
        break
    if json.dumps(plain, sort_keys=True) != before:
        plain.pop("sha256", None)
        kind = plain.pop("kind", "entry")
        try:
            changed = assemble(kind if isinstance(kind, str) else "entry", plain)
        except LedgerError:
            return
        try:
            verify(changed, policy)
        except VerificationError:
            return
        assert changed in files


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_raise_nothing_but_verification_errors(evidence, junk):
    with pytest.raises(VerificationError):
        verify(junk, evidence[1])


@pytest.mark.parametrize("junk", [b"", b"\xff" * 50, b"{}\n", b"[" * 10_000, b"\x00", b"null\n"])
def test_junk_given_to_the_command_is_exit_code_1_without_a_traceback(tmp_path, junk, evidence):
    file, trust = tmp_path / "junk", tmp_path / "trust"
    file.write_bytes(junk)
    trust.write_text("muniment/trust-policy/v1\n")
    done = subprocess.run([sys.executable, "-m", "muniment.cli.main", "evidence", "verify",
                           str(file), "--trust", str(trust)], capture_output=True, text=True,
                          env={"PYTHONPATH": str(ROOT / "src")}, check=False)
    assert done.returncode == 1
    assert done.stdout == "NOT VALID\n"
    assert "Traceback" not in done.stderr


def test_missing_files_are_not_tracebacks(tmp_path):
    run("evidence", "verify", tmp_path / "none", "--trust", tmp_path / "none", code=1)
    run("import", tmp_path / "none", "--ledger", tmp_path, code=3)
    run("ledger", "status", "--ledger", tmp_path / "none", code=3)
    run("init", "--office", "PR", tmp_path / "pr", code=2)


def test_reader_beside_a_writer_sees_one_ledger(us):
    with Register(us, read_only=True) as reader:
        before = reader.ledger.tree.root()
        for number in range(40):
            run("filing", "submit", f"18/000,{number:03}", "--date", "2024-01-08", "--ledger", us)
        assert list(reader.ledger.tree.scan(b"application/")) == []
        assert reader.ledger.tree.root() == before
    with Register(us, read_only=True) as reader:
        assert len(list(reader.ledger.tree.scan(b"application/"))) == 40


def test_replayed_ledger_is_read_without_keys(us, tmp_path):
    export = tmp_path / "export.txt"
    run("ledger", "export", export, "--ledger", us)
    run("ledger", "replay", export, tmp_path / "again")
    run("ledger", "verify", "--ledger", tmp_path / "again")
    run("ledger", "checkpoint", "--ledger", tmp_path / "again", code=3)


def test_what_fictional_offices_do_is_marked(tmp_path):
    assert answer("number", "check", "XA", "2026/000001")["fiction"] is True
    assert answer("number", "check", "US", "06113950")["fiction"] is False
    said = run("priority", "check", "XB/patent/2026-00001", "--filed", "2026-09-21", "--claim",
               "XA/patent/2025/000001@2025-09-18")
    assert said.startswith("FICTION")
