"""A batch of priority checks: one answer a case, the same by however many processes."""

import csv
import gzip
import io
import json

import pytest
from typer.testing import CliRunner

from muniment.cli import batch_processes as batch
from muniment.cli.app import app
from muniment.cli.batch import Source, check_batch
from muniment.cli.batch_processes import Worker, neighbourhood
from muniment.cli.priority import Checker, is_fiction, read_case
from muniment.codec import from_members
from muniment.node.register import Register
from muniment.operations.declare_coverage import DeclareCoverage
from muniment.operations.file_application import FileApplication
from muniment.proof.canonical import decode, encode
from muniment.proof.errors import Fault, Malformed, NotFound

FILED = 40


def filing(number):
    return from_members(FileApplication, {
        "date": f"2025-09-{1 + number % 28:02}", "disclosed": {}, "number": f"2025/{number:06}",
        "office": "XA", "right": "patent", "type": "file-application"})


@pytest.fixture
def ledger(register, ledger_path):
    register.submit([filing(number) for number in range(1, FILED)])
    register.act(from_members(DeclareCoverage, {
        "office": "XA", "right": "patent", "series": ["2025"], "type": "declare-coverage"}))
    return ledger_path


def case(number, day, later="2026-09-11"):
    return {"claims": [{"date": day, "number": number, "office": "XA"}], "right": "patent",
            "later": {"filing_date": later, "number": f"2026-{len(number):05}", "office": "XB"}}


def cases(count):
    for at in range(count):
        number = at % 50
        written = f"2025{number:06}" if at % 7 == 0 else f"2025/{number:06}"
        yield case(written, f"2025-09-{1 + at % 28:02}", f"2026-09-{1 + at % 30:02}")


def answers(path, ledger, processes, *, brief=False):
    out = io.BytesIO()
    check_batch(path, Source(ledger, brief=brief), out, processes)
    return out.getvalue()


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "cases.jsonl"
    written = [json.dumps(one) for one in cases(1_203)]
    written[5] = "{broken"
    written[6] = '{"right": "patent", "right": "design"}'
    written[7] = ""
    written[8] = '{"right": "patent", "later": [], "claims": []}'
    written[9] = "\u00fc" * 9
    path.write_text("\n".join(written) + "\n", encoding="utf-8")
    return path


def test_answers_are_the_same_bytes_by_one_process_and_by_several(ledger, lines):
    one = answers(lines, ledger, 1)
    assert answers(lines, ledger, 3) == one
    packed = lines.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    assert answers(packed, ledger, 2) == one
    assert answers(lines, None, 2) == answers(lines, None, 1) != one


def test_each_answer_is_the_canonical_form_of_the_single_one(ledger, lines):
    written = lines.read_text(encoding="utf-8").splitlines()
    with Register(ledger, read_only=True) as register:
        checker = Checker(register.ledger.state)
        for line in answers(lines, ledger, 2).splitlines():
            found = decode(line)
            number = found.pop("line")
            if number in range(6, 11):
                assert found["error"] == "case-malformed"
                continue
            assessed = checker.assess(*read_case(json.loads(written[number - 1])))
            assert encode(found) == encode({**assessed.as_json(),
                                            "fiction": is_fiction(assessed)})


def test_brief_answers_hold_the_results_of_the_whole_ones(ledger, lines):
    whole = answers(lines, ledger, 2).splitlines()
    brief = answers(lines, ledger, 2, brief=True)
    assert answers(lines, ledger, 1, brief=True) == brief
    for one, other in zip(map(decode, whole), map(decode, brief.splitlines()), strict=True):
        if "error" in one:
            assert other == one
            continue
        assert (other["line"], other["priority_date"], other["fiction"]) == (
            one["line"], one["P18"]["priority_date"], one["fiction"])
        for full, short in zip(one["claims"], other["claims"], strict=True):
            if full["answer"] == "not-confirmed":
                assert short == {"answer": "not-confirmed"}
                continue
            found = {name: check["result"] for name, check in full["checks"].items()}
            assert short == {"answer": "assessed", "excluded_by": full["excluded_by"],
                             "deadline": full["checks"]["P06"]["deadline"]["end"],
                             "results": found}


def test_neighbouring_numbers_go_to_one_process_however_they_are_written():
    rows = [(at, json.dumps(case(number, "2025-09-01")).encode()) for at, number in
            enumerate(("2025/000017", "2025000018", "2025 / 000.019"))]
    rows.append((9, {"earlier_number": "2025/000012"}))
    assert len({neighbourhood(row) for row in rows}) == 1
    assert neighbourhood((1, json.dumps(case("2025/001017", "2025-09-01")).encode())) != (
        neighbourhood(rows[0]))
    assert [neighbourhood((7, odd)) for odd in (b"{broken", None, {"right": "patent"})] == [7] * 3


def test_every_line_but_an_empty_one_has_its_answer_in_order(ledger, lines):
    numbers = [decode(line)["line"] for line in answers(lines, ledger, 2).splitlines()]
    assert numbers == [number for number in range(1, 1_204) if number != 8]


def test_table_of_cells_is_answered_as_lines_are(ledger, tmp_path):
    path, same = tmp_path / "cases.csv", tmp_path / "same.jsonl"
    made = list(cases(30))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["right", "later_office", "later_number", "later_date", "earlier_office",
                         "earlier_number", "earlier_date"])
        for one in made:
            later, claim = one["later"], one["claims"][0]
            writer.writerow(["patent", later["office"], later["number"], later["filing_date"],
                             claim["office"], claim["number"], claim["date"]])
    same.write_text("".join(json.dumps(one) + "\n" for one in made))
    assert answers(path, ledger, 2) == answers(same, ledger, 1)


def test_batch_sees_one_state_while_a_writer_is_busy(ledger, lines, register, monkeypatch):
    opened, before = Worker.open, answers(lines, ledger, 1)
    count = iter(range(100))

    def open_beside_a_writer(worker):
        opened(worker)
        if next(count) < 3:  # between two processes that open, the register moves on
            register.submit([filing(100 + next(count))])

    monkeypatch.setattr(Worker, "open", open_beside_a_writer)
    assert answers(lines, ledger, 2) in (before, answers(lines, ledger, 1))


def test_processes_that_never_agree_leave_the_work_to_those_that_do(ledger, lines, register,
                                                                   monkeypatch):
    opened = Worker.open
    count = iter(range(1_000))

    def open_beside_a_writer(worker):
        opened(worker)
        register.submit([filing(200 + next(count))])

    monkeypatch.setattr(Worker, "open", open_beside_a_writer)
    monkeypatch.setattr(batch, "TRIES", 3)
    found = answers(lines, ledger, 2)
    assert [decode(one)["line"] for one in found.splitlines()][-1] == 1_203


def test_process_that_dies_is_a_fault_and_no_half_answer(ledger, lines, monkeypatch):
    asked = Worker.ask

    def die(worker, message):
        if message:
            worker._process.kill()
            worker._process.wait()
        return asked(worker, message)

    monkeypatch.setattr(Worker, "ask", die)
    with pytest.raises(Fault, match="ended before its time"):
        answers(lines, ledger, 2)


def test_file_that_is_not_there_or_damaged_says_so(ledger, tmp_path, lines):
    with pytest.raises(NotFound):
        answers(tmp_path / "none.jsonl", ledger, 2)
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(lines.read_bytes())[:-20])
    for processes in (1, 2):
        with pytest.raises(Malformed, match="file-damaged"):
            answers(cut, ledger, processes)
    for processes in (1, 2):
        with pytest.raises(NotFound, match="ledger-not-found"):
            answers(lines, tmp_path / "none", processes)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    assert answers(empty, ledger, None) == b""


def test_command_answers_a_batch(ledger, lines):
    done = CliRunner().invoke(app, ["priority", "check", "--batch", str(lines), "--ledger",
                                    str(ledger), "--processes", "2"])
    assert done.exit_code == 0
    assert done.output.count("\n") == 1_202
