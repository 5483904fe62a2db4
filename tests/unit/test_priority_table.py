"""Every result of every check, as an examiner can read it: tests/tables/priority.txt."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from muniment.model.calendar import parse_date
from muniment.model.checking import filing, packaged_descent, packaged_facts
from muniment.model.priority import assess_priority
from muniment.model.result_texts import ABOUT, EXCLUDING, TEXTS, results_of
from muniment.model.rulebook import Rulebook
from muniment.model.stated import state_facts
from muniment.proof.canonical import encode
from muniment.reference import PackagedReference

ROOT = Path(__file__).parent.parent.parent
REFERENCE = PackagedReference("demo")
RULES = Rulebook(REFERENCE)


class Bare:
    """The reference data of a register that published none."""

    def row(self, table, *components):
        return None

    def rows(self, table, *prefix):
        return iter(())


COLUMNS = ("vector", "right", "later", "filed", "office", "earlier_right", "number", "claimed",
           "register", "covered", "facts", "expected")


def lines():
    path = ROOT / "tests/tables/priority.txt"
    for line in path.read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            cells = [cell.strip() for cell in line.split("|")]
            assert len(cells) == len(COLUMNS), line
            yield dict(zip(COLUMNS, cells, strict=True))


@cache
def applications():
    """Return the lines of each application: a line marked `+` belongs to the one above."""
    found = []
    for line in lines():
        if line["vector"] == "+":
            found[-1].append(line)
        else:
            found.append([line])
    return tuple(found)


def assess(application):
    first = application[0]
    later = filing(first["later"], first["right"], "1", first["filed"])
    descent, facts = packaged_descent(REFERENCE, later), []
    for line in application:
        claim = packaged_facts(REFERENCE, filing(
            line["office"], line["earlier_right"], line["number"], line["claimed"]))
        kind, _, day = line["register"].rpartition(":")
        found = {"-": "none"}.get(line["register"], kind or "application")
        shown = None if day in ("-", "unknown") else parse_date(day)
        claim = replace(claim, found=found, register_date=shown, source="gazette",
                        covered=line["covered"] == "yes", entry=7)
        stated = dict(one.split("=") for one in line["facts"].split())
        claim, descent = state_facts(later, claim, descent, stated)
        facts.append(claim)
    rules = Rulebook(Bare()) if first["covered"] == "bare" else RULES
    return assess_priority(later, facts, rules, descent)


def fact(facts, path):
    for name in path.split("."):
        facts = facts[int(name)] if isinstance(facts, list) else facts[name]
    return ", ".join(facts) if isinstance(facts, list) else facts


@pytest.mark.parametrize("application", applications(), ids=lambda one: one[0]["vector"])
def test_claim_is_found_as_the_table_says(application):
    assessed = assess(application)
    for line, claim in zip(application, assessed.claims, strict=True):
        results = {one.check: one for one in (*claim.results, assessed.several)}
        for token in line["expected"].split():
            if token == "ONE_ANSWER":
                assert claim.as_json()["answer"] == "not-confirmed"
                continue
            name, expected = token.split("=")
            check, _, path = name.partition(".")
            if path:
                assert fact(results[check].facts, path) == expected, token
            else:
                named, _, why = expected.partition(".")
                assert results[check].result == named, (token, results[check].as_json())
                assert results[check].why == why, token


def expected_results():
    """Return (check, result, sentence) of each result that the table names."""
    for application in applications():
        for line in application:
            for token in line["expected"].split():
                name, _, value = token.partition("=")
                if token == "ONE_ANSWER":
                    yield from (("P02", "NOT_CONFIRMED", ""), ("P21", "NOT_CONFIRMED", ""))
                elif "." not in name:
                    yield (name, *value.partition(".")[::2])


def test_every_result_and_every_sentence_of_it_has_an_example():
    named = {".".join(filter(None, one)) for one in expected_results()}
    assert named == set(TEXTS)


def documented_results():
    """Return (check, result) of each result in the table of docs/priority.md."""
    text = (ROOT / "docs/priority.md").read_text(encoding="utf-8")
    for row in re.findall(r"^\| (P[0-9]{2}) \|.*\| ([^|]*) \|$", text, re.MULTILINE):
        yield from ((row[0], result) for result in re.findall(r"`([A-Z0-9_]+)`", row[1]))


def test_every_result_is_documented_and_every_documented_one_has_an_example():
    exampled = {(check, result) for check, result, _ in expected_results()}
    assert exampled == {(check, result) for check in ABOUT for result in results_of(check)}
    assert exampled == set(documented_results())


def test_sentences_of_one_result_weigh_the_same():
    for key, text in TEXTS.items():
        check, result = key.split(".")[:2]
        assert text.excludes == ((check, result) in EXCLUDING), key


def test_every_sentence_can_be_made_from_its_facts():
    for application in applications():
        for claim in assess(application).claims:
            for one in claim.results:
                assert one.reason
                assert "{" not in one.reason + one.remedy, one.key


def test_the_unentitled_get_one_answer_to_the_byte():
    answers = {
        encode(claim.as_json()) for application in applications() for line, claim in
        zip(application, assess(application).claims, strict=True)
        if line["expected"] == "ONE_ANSWER"
    }
    assert len(answers) == 1


def test_every_vector_of_the_rulebook_is_there():
    named = {re.match(r"V[0-9]+", one[0]["vector"])[0] for one in applications()
             if one[0]["vector"].startswith("V")}
    assert named == {f"V{number}" for number in range(1, 21)}
