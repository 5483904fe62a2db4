"""Search as offices use it: what is found, what never is, and that it can be thrown away."""

import json
import shutil
import sqlite3
import stat
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from muniment.cli.account import _made
from muniment.cli.app import app
from muniment.cli.filing import (
    erase_name,
    keep_sealed,
    open_filing,
    sealed_filing,
    sealed_name_at,
    unsealing,
)
from muniment.node.enrolment import enrol
from muniment.node.export import export_lines, replay
from muniment.node.register import Reference, Register
from muniment.proof.errors import Busy, LedgerError, NotFound
from muniment.search.index import INDEX_FILE, SearchIndex
from muniment.search.query import Question, search

RUNNER = CliRunner()
NAME = "Ottilie Zwyvern von Quexhaim"


def run(*arguments, code=0):
    done = RUNNER.invoke(app, [str(one) for one in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def answer(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).splitlines()[-1])


def hits(*arguments):
    return [one["reference"] for one in answer("filing", "search", *arguments)["hits"]]


def file_one(register, number, date, **values):
    filed = Reference("XA", "patent", number)
    return register.act(open_filing(register, filed, date, values))


def seal_one(register, number, date, **values):
    operation, text = sealed_filing(register, Reference("XA", "patent", number), date, values)
    keep_sealed(register, operation.sealed, text)
    return sealed_name_at(register, register.act(operation).position)


def copy_one(register, number, date=None, **values):
    filed = Reference("XB", "patent", number)
    return register.act(_made("record-copy", {
        "disclosed": register.keep(register.reference_key(filed), values), "number": number,
        "office": "XB", "recorder": "XA", "retrieved": "2026-05-01", "right": "patent",
        "source": "gazette", **({"date": date} if date else {}),
    }))


def content(path):
    """Return all that an index holds, but for what it knows of itself."""
    database = sqlite3.connect(path / INDEX_FILE)
    found = [database.execute(f"SELECT * FROM {one} ORDER BY 1, 2").fetchall()
             for one in ("filing", "spelling", "mark")]
    found.append(database.execute("SELECT rowid, words FROM word ORDER BY 1").fetchall())
    database.close()
    return found


def terms(path):
    """Return every word of an index, those of deleted rows that are still in it included."""
    database = sqlite3.connect(path / INDEX_FILE)
    database.execute("CREATE VIRTUAL TABLE temp.term USING fts5vocab(main, word, 'row')")
    found = {row[0] for row in database.execute("SELECT term FROM temp.term")}
    database.close()
    return found


def stored(path):
    return b"".join(one.read_bytes() for one in path.iterdir() if one.name.startswith(INDEX_FILE))


@pytest.fixture
def filled(register):
    file_one(register, "2026/000001", "2026-01-05", title="Folding lantern", applicants=[NAME])
    file_one(register, "2026/000002", "2026-02-05", title="折叠灯笼", applicants=["Société Æther"])
    file_one(register, "2025/000003", "2025-03-05", title="Lantern of glass")
    copy_one(register, "2024-00007", title="Lantern without a day")
    return register


def test_what_is_asked_for_is_found(filled):
    at = ("--ledger", filled.directory)
    assert hits("lantern", *at) == [
        "XA/patent/2026/000001", "XA/patent/2025/000003", "XB/patent/2024-00007"]
    assert hits("lantern", "folding", *at) == ["XA/patent/2026/000001"]
    assert hits("aether", *at) == ["XA/patent/2026/000002"]
    assert hits("灯笼", *at) == ["XA/patent/2026/000002"]
    assert hits("--number", "2026000001", *at) == ["XA/patent/2026/000001"]
    assert hits("--number", "XB 2024-00007", *at) == ["XB/patent/2024-00007"]
    assert hits("--office", "xb", *at) == ["XB/patent/2024-00007"]
    assert hits("--right", "design", *at) == []
    assert hits("--from", "2025-03-05", "--to", "2026-01-05", *at) == [
        "XA/patent/2026/000001", "XA/patent/2025/000003"]
    assert hits("lantern", "--size", "1", "--page", "2", *at) == ["XA/patent/2025/000003"]
    assert hits("lantern", "--size", "1", "--page", "9", *at) == []


def test_answer_says_from_where_and_how_fresh(filled):
    said = answer("filing", "search", "lantern", "--from", "2026-01-01", "--ledger",
                  filled.directory)
    assert said["ledger"] == filled.ledger.identity.origin
    assert said["height"] == filled.ledger.head.height
    assert said["time"] == filled.ledger.head.time
    assert said["total"] == 1
    assert said["undated_copies"] == 1
    assert said["fiction"] is True
    assert said["hits"][0]["is"] == "application"
    shown = run("filing", "search", "lantern", "--ledger", filled.directory)
    assert shown.startswith("FICTION")
    assert "no date     copy by XA from gazette, 2026-05-01" in shown
    assert f"block {filled.ledger.head.height} of" in shown
    assert "no sealed one" in shown
    undated = next(line for line in shown.splitlines() if "  no date  " in line).split()[0]
    assert "none: its source gives none" in run("filing", "show", undated, "--ledger",
                                                filled.directory)


def test_copy_without_a_date_is_shown_as_a_copy(filled):
    [hit] = answer("filing", "search", "day", "--ledger", filled.directory)["hits"]
    assert hit["is"] == "copy"
    assert hit["recorder"] == "XA"
    assert hit["entry"]["source"] == "gazette"
    assert "date" not in hit["entry"]


def test_sealed_filing_is_never_found_until_it_is_opened(register):
    name = seal_one(register, "2026/000009", "2026-02-02", title="Hidden sextant")
    at = ("--ledger", register.directory)
    assert hits("sextant", *at) == []
    assert hits("--number", "2026/000009", *at) == []
    assert b"sextant" not in stored(register.directory)
    register.act(unsealing(register, name))
    assert hits("sextant", *at) == ["XA/patent/2026/000009"]
    assert hits("--number", "2026/000009", *at) == ["XA/patent/2026/000009"]


def test_erased_name_vanishes_from_the_index_and_its_file(filled):
    path = filled.directory
    at = ("--ledger", path)
    assert hits("zwyvern", *at) == ["XA/patent/2026/000001"]
    assert b"zwyvern" in stored(path)
    erase_name(filled, Reference("XA", "patent", "2026/000001"), "applicants",
               "data-subject-request")
    left = stored(path)
    for word in ("ottilie", "zwyvern", "quexhaim"):
        assert word[2:].encode() not in left, f"{word}, of which the index may share the beginning"
        assert word not in terms(path)
    assert hits("zwyvern", *at) == []
    assert hits("folding", *at) == ["XA/patent/2026/000001"]
    assert "lantern" in terms(path)


def test_erasure_waits_for_a_reader_of_the_index(filled):
    hits("zwyvern", "--ledger", filled.directory)
    reader = sqlite3.connect(filled.directory / INDEX_FILE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM filing").fetchone()
    filed = Reference("XA", "patent", "2026/000001")
    with pytest.raises(Busy, match="erasure-waits"):
        erase_name(filled, filed, "applicants", "data-subject-request")
    reader.close()
    erase_name(filled, filed, "applicants", "data-subject-request")
    assert b"zwyvern" not in stored(filled.directory)
    assert not filled.vault.names(filled.reference_key(filed)).count("applicants")


def test_index_is_for_its_owner_alone_and_in_no_backup(filled, tmp_path):
    hits("lantern", "--ledger", filled.directory)
    mode = (filled.directory / INDEX_FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    out = tmp_path / "backup.tar"
    run("backup", "create", out, "--ledger", filled.directory)
    assert b"zwyvern" not in out.read_bytes()


def test_damaged_index_is_made_anew(filled):
    at = ("--ledger", filled.directory)
    hits("lantern", *at)
    (filled.directory / INDEX_FILE).write_bytes(b"no database" * 1_000)
    assert len(hits("lantern", *at)) == 3
    before = content(filled.directory)
    assert len(hits("lantern", "--rebuild", *at)) == 3
    assert content(filled.directory) == before


def test_index_of_a_ledger_that_went_back_is_made_anew(filled, tmp_path, clock):
    older = shutil.copytree(filled.directory, tmp_path / "older")
    file_one(filled, "2026/000004", "2026-03-05", title="Lantern of the lost branch")
    assert len(hits("lantern", "--ledger", filled.directory)) == 4
    shutil.copy(filled.directory / INDEX_FILE, older / INDEX_FILE)
    assert len(hits("lantern", "--ledger", older)) == 3
    (older / "keys" / "log.signed").unlink(missing_ok=True)
    with Register(older, now=clock) as other:
        file_one(other, "2026/000005", "2026-03-06", title="Lantern of the other branch")
    shutil.copy(filled.directory / INDEX_FILE, older / INDEX_FILE)
    assert "XA/patent/2026/000005" in hits("lantern", "--ledger", older)
    assert "XA/patent/2026/000004" not in hits("lantern", "--ledger", older)


def test_replayed_ledger_without_a_vault_finds_numbers_and_says_that_words_are_not_there(
    filled, tmp_path
):
    export = tmp_path / "export.txt"
    export.write_bytes(b"".join(export_lines(filled.ledger)))
    again = tmp_path / "again"
    with export.open("rb") as file:
        replay(file, again)
    assert hits("--number", "2026/000001", "--ledger", again) == ["XA/patent/2026/000001"]
    said = run("filing", "search", "lantern", "--ledger", again)
    assert "no vault is here" in said


@pytest.mark.parametrize(("asked", "error"), [
    ((), "query-empty"), (('"',), "query-empty"), (("a*",), "query-too-broad"),
    (("x" * 201,), "query-too-long"), (("--office", "XAB"), "office-malformed"),
    (("--from", "yesterday"), "date-malformed"), (("--right", "plant"), "right-unknown"),
    (("a", "--page", "0"), "page-out-of-reach"), (("a", "--size", "1000"), "page-out-of-reach"),
])
def test_bad_question_is_refused_with_a_code_and_a_remedy(filled, asked, error):
    said = answer("filing", "search", *asked, "--ledger", filled.directory, code=2)
    assert said["error"] == error
    assert said["remedy"]


def test_no_index_is_left_where_there_is_no_ledger(tmp_path):
    assert answer("filing", "search", "x", "--ledger", tmp_path, code=3)["error"] == (
        "ledger-not-found")
    assert list(tmp_path.iterdir()) == []


ACTS = st.lists(st.tuples(
    st.sampled_from(["file", "seal", "unseal", "copy", "undated", "correct", "disclose", "erase",
                     "withdraw", "update"]),
    st.integers(1, 4), st.sampled_from(["Lantern", "灯笼 lamp", "Évier", "Rare word", NAME]),
), min_size=4, max_size=24)


@settings(max_examples=25)
@given(acts=ACTS)
def test_index_kept_up_equals_one_made_anew(ledger_path, clock, tmp_path_factory, acts):
    """Whatever happens to filings, and whenever the index is brought up to date."""
    path = shutil.copytree(ledger_path, tmp_path_factory.mktemp("kept") / "ledger")
    sealed = []
    with Register(path, now=clock) as register, SearchIndex(path) as index:
        enrol(register, "XB")
        for act, number, text in acts:
            with suppress(LedgerError):
                perform(register, index, sealed, act, number, text)
        index.update(register.ledger, register.vault.show)
        kept = content(path)
        index.update(register.ledger, register.vault.show, anew=True)
        assert content(path) == kept
        state = register.ledger.state
        for text in ("lantern", "灯笼", "evier", "quexhaim"):
            for one in search(index, state, Question(text=text)).hits:
                shown = [register.vault.show(digest) for digest in one.standing.disclosed.values()]
                assert any(shown)


def perform(register, index, sealed, act, number, text):
    printed, day = f"2026/{number:06}", f"2026-01-{number:02}"
    filed = Reference("XA", "patent", printed)
    if act == "file":
        file_one(register, printed, day, title=text, applicants=[NAME])
    elif act == "seal":
        sealed.append(seal_one(register, printed, day, title=text))
    elif act == "unseal" and sealed:
        register.act(unsealing(register, sealed.pop()))
    elif act in ("copy", "undated"):
        copy_one(register, f"2026-{number:05}", day if act == "copy" else None, title=text)
    elif act == "correct":
        _, entry = register.find(filed)
        register.act(_made("correct-entry", {
            "date": "2026-02-01", "ground": "clerical-error", "number": printed, "office": "XA",
            "right": "patent", "was": entry.date}))
    elif act == "disclose":
        register.act(_made("correct-entry", {
            "disclosed": register.keep(register.reference_key(filed), {"title": text}),
            "ground": "clerical-error", "number": printed, "office": "XA", "right": "patent"}))
    elif act == "erase":
        erase_name(register, filed, "title", "data-subject-request")
    elif act == "withdraw":
        register.act(_made("end-application", {
            "date": "2026-02-02", "fate": "withdrawn", "number": printed, "office": "XA",
            "right": "patent"}))
    elif act == "update":
        index.update(register.ledger, register.vault.show)


def test_vault_key_that_is_missing_is_no_reason_to_forget_erasures(filled):
    """A search without the key must not bring erased words back once the key is there again."""
    key = filled.directory / "keys" / "vault.key"
    saved = key.read_bytes()
    key.unlink()
    at = ("--ledger", filled.directory)
    assert hits("lantern", *at) == []
    key.write_bytes(saved)
    assert len(hits("lantern", *at)) == 3
    with pytest.raises(NotFound):
        filled.find(Reference("XA", "patent", "2026/009999"))
