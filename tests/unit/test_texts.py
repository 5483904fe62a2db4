"""The catalogue of texts: complete where it is written, and one with what the core says."""

import ast
import re
from pathlib import Path

import pytest
from test_priority_table import applications, assess

from muniment.model.priority_result import Result
from muniment.model.result_texts import ABOUT, TEXTS
from muniment.proof.errors import Fault, Malformed
from muniment.texts import LANGUAGES, PLACE, WRITTEN, Texts, catalogue, choose_language, gaps
from muniment.texts.results import SYMBOLS, basis_in_words, mark_of, several_in_words, tell

ROWS = catalogue()
SOURCE = Path(__file__).parent.parent.parent / "src" / "muniment"
RESULTS = sorted({tuple(key.split(".")[:2]) for key in TEXTS})


def plain(text):
    """Return a text with its places as the core writes them."""
    return re.sub(r"\|[a-z]+\}", "}", text)


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_every_result_of_the_rules_has_its_texts(key):
    """A result that is new needs rows in src/muniment/texts: reason, remedy if it has one."""
    wanted = [f"{key}.reason"] + ([f"{key}.remedy"] if TEXTS[key].remedy else [])
    for one in wanted:
        assert one in ROWS, f"add the row {one} to src/muniment/texts/priority.csv"
        for language in WRITTEN:
            assert ROWS[one][language], f"{one} has no text in {language}"
    assert f"result.{key.split('.')[1]}" in ROWS, "name the result in src/muniment/texts/words.csv"


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_english_is_what_the_core_says(key):
    assert plain(ROWS[f"{key}.reason"]["en"]) == TEXTS[key].reason
    if TEXTS[key].remedy:
        assert plain(ROWS[f"{key}.remedy"]["en"]) == TEXTS[key].remedy


def test_no_text_is_left_of_a_result_that_cannot_be_given():
    checks = {key for key in ROWS if re.match(r"P[0-9]{2}\.", key)}
    known = {f"{key}.{part}" for key in TEXTS for part in ("reason", "remedy")}
    assert checks <= known | {f"{check}.check" for check in ABOUT}
    named = {key.removeprefix("result.") for key in ROWS if key.startswith("result.")}
    assert named == {result for _, result in RESULTS}


def test_written_languages_have_no_gap_and_the_others_fall_back_to_english():
    missing = list(gaps())
    assert not [one for one in missing if one[0] in WRITTEN]
    for language in LANGUAGES:
        texts = Texts(language)
        for key in ("report.title", "result.IN_TIME", "P06.check"):
            expected = ROWS[key][language] or ROWS[key]["en"]
            assert texts(key) == expected


def test_gaps_are_counted_on_the_page_of_texts():
    page = (SOURCE.parent.parent / "docs/reference/texts.md").read_text(encoding="utf-8")
    counted = dict.fromkeys(LANGUAGES, 0)
    for language, _ in gaps():
        counted[language] += 1
    for language, count in counted.items():
        assert f"| {language} | {len(ROWS) - count} | {count} |" in page


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_translation_names_the_facts_of_the_english_text(language):
    for key, row in ROWS.items():
        if row[language]:
            names = [{match.group(0).split("|")[0].strip("{}") for match in PLACE.finditer(text)}
                     for text in (row["en"], row[language])]
            assert names[0] == names[1], key
            rest = PLACE.sub("", row[language])
            assert not set("{}") & set(rest), key


def test_every_key_that_the_code_names_is_in_the_catalogue():
    """Keys are literals, or literals around a part that the code fills in."""
    missing = []
    for path in [*(SOURCE / "report").glob("*.py"), *(SOURCE / "texts").glob("*.py"),
                 SOURCE / "cli" / "assessment.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(
                    node.func, "attr", "")) in ("texts", "_texts") and node.args:
                pattern = key_pattern(node.args[0])
                if pattern and not any(re.fullmatch(pattern, key) for key in ROWS):
                    missing.append((path.name, node.lineno, pattern))
    assert missing == []


def key_pattern(node):
    if isinstance(node, ast.Constant):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+"
                       for part in node.values)
    return None


def test_missing_text_or_fact_is_a_fault():
    with pytest.raises(Fault, match="no text"):
        Texts("en")("no.such.key")
    with pytest.raises(Fault, match="not given"):
        Texts("en")("P05.PERIOD.reason")
    with pytest.raises(Fault, match="not given"):
        Texts("en")("P06.IN_TIME.reason", deadline={"start": "2024-01-01"})


def test_facts_are_data_and_never_templates():
    texts = Texts("en", {"a": {"en": "{one} and {two}"}})
    assert texts("a", one="{two}", two="{a}{one|b}") == "{two} and {a}{one|b}"


@pytest.mark.parametrize(("asked", "environment", "chosen"), [
    (None, {}, "en"), ("fr", {"LANG": "en_GB.UTF-8"}, "fr"), ("FR", {}, "fr"),
    (None, {"LANG": "fr_CH.UTF-8"}, "fr"), (None, {"LANG": "fr"}, "fr"),
    (None, {"LANG": "C.UTF-8"}, "en"), (None, {"LANG": "POSIX"}, "en"),
    (None, {"LANG": "frp_IT"}, "en"), (None, {"LANG": "de_DE.UTF-8"}, "en"),
    (None, {"LC_ALL": "ru_RU.UTF-8", "LANG": "fr_FR.UTF-8"}, "ru"),
    (None, {"MUNIMENT_LANG": "zh", "LC_ALL": "fr_FR.UTF-8"}, "zh"),
    (None, {"LC_ALL": "", "LANG": "fr_FR"}, "fr"),
])
def test_language_is_the_one_asked_for_or_that_of_the_system(asked, environment, chosen):
    assert choose_language(asked, environment) == chosen


@pytest.mark.parametrize(("asked", "environment"), [("de", {}), ("", {"MUNIMENT_LANG": "xx"}),
                                                    ("../fr", {}), ("fr\n", {})])
def test_language_that_is_not_here_is_refused(asked, environment):
    with pytest.raises(Malformed, match="language-unknown"):
        choose_language(asked, environment)


def test_right_to_left_is_prepared():
    assert Texts("ar").direction == "rtl"
    assert {Texts(one).direction for one in LANGUAGES if one != "ar"} == {"ltr"}


@pytest.mark.parametrize(("check", "result"), RESULTS)
def test_no_result_that_shows_nothing_is_in_order(check, result):
    """A check that found nothing out, or excludes, never has the mark of one that is in order."""
    key = next(key for key in TEXTS if key.split(".")[:2] == [check, result])
    one = Result(check, result, ".".join(key.split(".")[2:]))
    mark = mark_of(one)
    assert mark in SYMBOLS
    if one.excludes:
        assert mark == "excludes"
    elif "NOT_TESTED" in result or "UNKNOWN" in result or result == "NONE_DECLARED":
        assert mark == "open"
    if mark == "ok":
        assert not TEXTS[one.key].remedy


def test_names_of_sources_are_told_in_french():
    french = Texts("fr")
    assert basis_in_words(french, "Paris Convention Art. 4C(2) and (4); PCT Rule 80; 37 CFR 1.55") \
        == "Convention de Paris, art. 4C(2) et (4); PCT, règle 80; 37 CFR 1.55"


def test_no_basis_that_the_core_names_is_left_in_english():
    """What is no number, article or abbreviation in a legal basis of the core is a text."""
    known = [english for english, _ in Texts("en").pairs("basis.")]
    for basis in {one.basis for one in (*ABOUT.values(), *TEXTS.values()) if one.basis}:
        rest = basis
        for english in known:
            rest = rest.replace(english, "")
        assert not re.findall(r"[A-Za-z]{3,}", re.sub(r"bis|ter|ST|\([ivx]+\)", "", rest)), basis


@pytest.mark.parametrize("language", WRITTEN)
def test_every_example_of_the_rules_can_be_told(language):
    """The facts of a result suffice for its texts, in every language that is written."""
    texts, told = Texts(language), set()
    for application in applications():
        assessed = assess(application)
        for claim in assessed.claims:
            for one in (*claim.results, assessed.several):
                said = tell(texts, one)
                assert said.reason
                assert not set("{}|") & set(said.reason + said.remedy), one.key
                told.add(one.key)
                if language == "en":
                    assert said.reason[:8] == one.reason[:8]
        assert several_in_words(texts, assessed)
    assert {key for key in TEXTS if "NOT_CONFIRMED" not in key} == told


def test_closed_days_are_told_with_their_week_day():
    facts = {"deadline": {"closed": [["2026-09-18", "National Day"], ["2026-09-19", "Saturday"]],
                          "end": "2026-09-21", "nominal_end": "2026-09-18"}}
    told = tell(Texts("fr"), Result("P06", "IN_TIME", "moved", facts))
    assert "2026-09-18 National Day; 2026-09-19 samedi" in told.reason
