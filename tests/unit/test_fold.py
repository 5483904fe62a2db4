"""Words and numbers: what is compared as equal, and what a question can never say."""

import sqlite3
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from muniment.proof.errors import Malformed
from muniment.search.fold import BOUNDARY, fold, spellings, spellings_asked, tokens, words
from muniment.search.query import REACH_MAX, TERMS_MAX, Question, check, expression

SCRIPTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)


@pytest.fixture(scope="module")
def database():
    opened = sqlite3.connect(":memory:")
    opened.execute("CREATE VIRTUAL TABLE word USING fts5(words, tokenize=\"ascii tokenchars '_'\")")
    return opened


def finds(database, texts, question):
    database.execute("DELETE FROM word")
    database.execute("INSERT INTO word (rowid, words) VALUES (1, ?)", (tokens(texts),))
    rows = database.execute("SELECT rowid FROM word WHERE word MATCH ?", (expression(question),))
    return rows.fetchall() == [(1,)]


@pytest.mark.parametrize(("text", "folded"), [
    ("LAMPE À HUILE", "lampe a huile"), ("Straße", "strasse"), ("Œuvre", "oeuvre"),
    ("Smørrebrød", "smorrebrod"), ("Ångström", "angstrom"), ("ﬁlter", "filter"),
    ("İstanbul", "istanbul"), ("Ёлка", "елка"), ("ΦΩΣ", "φωσ"), ("ａｂｃ１２３", "abc123"),
    ("が", "が"), ("か゛"[:1] + "\u3099", "が"), ("한국", "한국"), ("مُحَمَّد", "محمد"),
    ("折\ufe00叠", "折叠"), ("re\u00adgister", "register"),
])
def test_equal_letters_are_folded_to_one(text, folded):
    assert fold(text) == folded


@given(SCRIPTS)
@example("İ")
@example("ﬁ")
@example("\u1e9e\u0345")
def test_what_is_folded_stays_so(text):
    assert fold(fold(text)) == fold(text)


@given(SCRIPTS)
def test_words_hold_letters_and_digits_alone(text):
    for word in words(text):
        assert word
        assert not set(word) & set(string.punctuation + string.whitespace + BOUNDARY)


@pytest.mark.parametrize(("texts", "question", "found"), [
    (["Folding lantern"], "LANTERN folding", True),
    (["Folding lantern"], "lanterns", False),
    (["Folding lantern"], "lant*", True),
    (["Folding lantern"], "folding AND lantern", False),
    (["Folding lantern"], '"folding lantern"', True),
    (["Folding lantern"], '"lantern folding"', False),
    (["Folding", "lantern"], '"folding lantern"', False),
    (["Folding", "lantern"], "folding lantern", True),
    (["折叠灯笼"], "叠灯", True),
    (["折叠灯笼"], "折叠灯笼", True),
    (["折叠灯笼"], "折灯", False),
    (["折叠灯笼"], "笼", True),
    (["折叠灯笼"], "折", True),
    (["折叠灯笼"], "叠", True),
    (["灯"], "灯", True),
    (["灯"], "灯笼", False),
    (["折叠 LED灯"], "led 灯", True),
    (["折叠 LED灯"], '"折叠 led灯"', True),
    (["折叠 LED灯"], '"叠 led"', True),
    (["ランプ"], "ラン", True),
    (["랜턴 접이식"], "접이식", True),
    (["Lampe pliante"], "lampé", True),
    (["Fanal 30 vatios"], "30", True),
    (["x" * 60], "x" * 60, True),
])
def test_what_is_found(database, texts, question, found):
    assert finds(database, texts, question) is found


@given(SCRIPTS)
@example('"')
@example('a" OR "b')
@example("NEAR(a b)")
@example("words : a")
@example("-a")
@example("^a")
@example("{a b} : c")
@example("a* *b")
@example("a\0b")
@example("'; DROP TABLE word; --")
@example("_")
def test_no_question_speaks_the_language_of_the_index(database, text):
    """Whatever is typed becomes quoted tokens, or a refusal; SQLite never complains of it."""
    try:
        asked = expression(text)
    except Malformed as error:
        assert error.name in ("query-empty", "query-too-long", "query-too-broad")
        return
    quoted = asked.split('"')
    assert all(part in ("", " AND ", "*", "* AND ") for part in quoted[::2])
    assert all(one.isalnum() or not one.isascii() or one == " " for part in quoted[1::2]
               for one in part)
    database.execute("SELECT rowid FROM word WHERE word MATCH ?", (asked,)).fetchall()


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N")), min_size=1,
                        max_size=8), min_size=1, max_size=5))
def test_every_text_is_found_by_its_own_words(database, texts):
    text = " ".join(texts)
    if 0 < len(words(text)) <= TERMS_MAX:
        assert finds(database, [text], text)


@given(st.text(alphabet="折叠灯笼電한국ラン", min_size=1, max_size=8), st.data())
def test_every_part_of_an_unspaced_text_is_found(database, text, data):
    first = data.draw(st.integers(0, len(text) - 1))
    last = data.draw(st.integers(first + 1, len(text)))
    assert finds(database, [text], text[first:last])


@pytest.mark.parametrize(("number", "kept"), [
    ("06/113,950", {"06/113,950", "06113950", "6113950"}),
    ("C 41/2026", {"C 41/2026", "C412026", "412026"}),
    ("FR2401234", {"FR2401234", "2401234"}),
    ("2025-00017 u", {"2025-00017 U", "202500017U", "202500017"}),
    ("000", {"000"}),
])
def test_number_is_kept_in_the_spellings_of_the_global_brand_database(number, kept):
    assert spellings(number) == kept


@pytest.mark.parametrize(("kept", "asked", "found"), [
    ("06/113,950", "06113950", True), ("06/113,950", "6113950", True),
    ("06/113,950", "06 113 950", True), ("06/113,950", "113950", False),
    ("C 41/2026", "412026", True), ("C 41/2026", "c41/2026", True),
    ("C 41/2026", "D 41/2026", False), ("FR2401234", "2401234", True),
    ("FR2401234", "XX2401234", False),
])
def test_number_is_found_in_any_spelling_but_no_other_number(kept, asked, found):
    assert bool(spellings(kept) & spellings_asked(asked)) is found


@pytest.mark.parametrize(("asked", "code"), [
    (Question(), "query-empty"),
    (Question(text="   "), "query-empty"),
    (Question(text="x" * 201), "query-too-long"),
    (Question(number="1" * 41), "query-too-long"),
    (Question(right="plant"), "right-unknown"),
    (Question(office="USA"), "office-malformed"),
    (Question(office="%_"), "office-malformed"),
    (Question(first="2024-02-30"), "date-malformed"),
    (Question(last="٢٠٢٤-٠١-٠١"), "date-malformed"),
    (Question(text="a", page=0), "page-out-of-reach"),
    (Question(text="a", size=0), "page-out-of-reach"),
    (Question(text="a", size=101), "page-out-of-reach"),
    (Question(text="a", size=100, page=REACH_MAX // 100 + 1), "page-out-of-reach"),
    (Question(text="a", page=10**30), "page-out-of-reach"),
])
def test_question_that_cannot_be_answered_is_refused_by_name(asked, code):
    with pytest.raises(Malformed) as refused:
        check(asked)
    assert refused.value.name == code
    assert refused.value.remedy


def test_question_of_too_many_words_is_refused():
    with pytest.raises(Malformed, match="query-too-long"):
        expression(" ".join(map(str, range(TERMS_MAX + 1))))
