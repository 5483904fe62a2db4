"""The results of priority checks in words: what was tested, what was found, what can be done.

The core gives a result and its facts; the words are made here, by the key of check and result,
so that every reader has them in his language and every node computes the same.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from muniment.model.calendar import format_date
from muniment.model.priority import Assessment, ClaimAssessment
from muniment.model.priority_case import Filing, Result
from muniment.texts import Texts

Mark = Literal["ok", "attention", "excludes", "open"]
SYMBOLS: dict[Mark, str] = {"ok": "\u2713", "attention": "!", "excludes": "\u2717", "open": "?"}
"""The symbol of each mark; a word goes with it, so that colour alone never says anything."""
_OPEN = frozenset({
    "ASSERTED_ONLY", "NONE_DECLARED", "NOT_CONFIRMED", "NOT_COVERED", "NOT_TESTED",
})
"""Results that show nothing, for or against; those that end in _UNKNOWN are of the kind."""


class Told(NamedTuple):
    """A result in words."""

    check: str
    """Its number, e.g. `P06`."""
    tests: str
    """What the check tests."""
    mark: Mark
    """Whether it is in order, to be looked at, excludes the claim, or shows nothing."""
    word: str
    """The word of the mark."""
    name: str
    """The result."""
    reason: str
    basis: str
    remedy: str
    """What can be done, or nothing."""


def mark_of(result: Result) -> Mark:
    """Return the mark of a result: what excludes goes first, and nothing unknown is in order."""
    if result.excludes:
        return "excludes"
    if result.result in _OPEN or result.result.endswith("_UNKNOWN"):
        return "open"
    return "attention" if result.remedy else "ok"


def filing_facts(one: Filing) -> dict[str, Any]:
    """Return a filing as facts."""
    return {"date": format_date(one.date) if one.date else None, "number": one.number,
            "office": one.office, "right": one.right}


def facts_of(later: Filing, earlier: Filing, result: Result) -> dict[str, Any]:
    """Return all that the texts of a result may name."""
    return {"earlier": filing_facts(earlier), "later": filing_facts(later), **result.facts}


def tell(texts: Texts, later: Filing, earlier: Filing, result: Result) -> Told:
    """Return a result in words."""
    key, facts, mark = f"{result.check}.{result.result}", facts_of(later, earlier, result), (
        mark_of(result))
    return Told(
        check=result.check,
        tests=texts(f"{result.check}.test"),
        mark=mark,
        word=texts(f"mark.{mark}"),
        name=texts(f"result.{result.result}"),
        reason=texts(f"{key}.reason", facts),
        basis=basis_in_words(texts, result.basis),
        remedy=texts(f"{key}.remedy", facts) if result.remedy else "",
    )


def tell_claim(texts: Texts, later: Filing, claim: ClaimAssessment) -> list[Told]:
    """Return the results of a confirmed claim in words, in the order of the checks."""
    return [tell(texts, later, claim.claim.earlier, one) for one in claim.results]


def tell_all_claims(texts: Texts, assessed: Assessment) -> Told:
    """Return P18, which looks at all claims together, in words."""
    plain: Mapping[str, Any] = assessed.as_json()["P18"]
    key = f"P18.{plain['result']}"
    mark: Mark = "ok" if plain["priority_date"] else "open"
    return Told(
        check="P18", tests=texts("P18.test"), mark=mark, word=texts(f"mark.{mark}"),
        name=texts(f"result.{plain['result']}"),
        reason=texts(f"{key}.reason", plain), basis=basis_in_words(texts, plain["basis"]),
        remedy="",
    )


def basis_in_words(texts: Texts, basis: str) -> str:
    """Return a legal basis with the names of its sources in the language of `texts`.

    Articles and rules are the same in every language; only the names of treaties, standards and
    laws are texts. A source that the catalogue does not know stands as it is.
    """
    for english, told in texts.pairs("basis."):
        basis = basis.replace(english, told)
    return basis


def not_confirmed(texts: Texts) -> Told:
    """Return the one answer in words: it holds nothing of the question."""
    return Told(
        check="P02", tests=texts("P02.test"), mark="open", word=texts("mark.open"),
        name=texts("result.NOT_CONFIRMED"), reason=texts("P02.NOT_CONFIRMED.reason"),
        basis="docs/priority.md", remedy=texts("P02.NOT_CONFIRMED.remedy"),
    )
