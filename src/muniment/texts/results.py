"""The results of priority checks in words: what was tested, what was found, what can be done.

The core gives a result and its facts; the words are made here, by the key of check and result,
so that every reader has them in his language and every node computes the same.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from muniment.model.priority import Assessment, ClaimAssessment
from muniment.model.priority_result import Result
from muniment.model.result_texts import TEXTS
from muniment.texts import Texts

Mark = Literal["ok", "attention", "excludes", "open"]
SYMBOLS: dict[Mark, str] = {"ok": "\u2713", "attention": "!", "excludes": "\u2717", "open": "?"}
"""The symbol of each mark; a word goes with it, so that colour alone never says anything."""
_OPEN = frozenset({
    "ASSERTED_ONLY", "NONE", "NONE_DECLARED", "NOT_CONFIRMED", "NOT_COVERED", "NOT_TESTED",
})
"""Results that show nothing, for or against; those that end in _UNKNOWN are of the kind."""


class Told(NamedTuple):
    """A result in words."""

    check: str
    """Its number, e.g. `P06`."""
    title: str
    """The check in a few words."""
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
    return "attention" if TEXTS[result.key].remedy else "ok"


def tell(texts: Texts, result: Result) -> Told:
    """Return a result in words."""
    facts, mark = _facts(result), mark_of(result)
    return Told(
        check=result.check,
        title=texts(f"{result.check}.check"),
        mark=mark,
        word=texts(f"mark.{mark}"),
        name=texts(f"result.{result.result}"),
        reason=texts(f"{result.key}.reason", facts),
        basis=basis_in_words(texts, result.basis),
        remedy=texts(f"{result.key}.remedy", facts) if TEXTS[result.key].remedy else "",
    )


def _facts(result: Result) -> dict[str, Any]:
    """Return the facts that the texts of a result may name, the closed days by themselves."""
    counted = result.facts.get("deadline")
    return {**result.facts, **({"closed": counted["closed"]} if counted else {})}


def tell_claim(texts: Texts, assessed: Assessment, claim: ClaimAssessment) -> list[Told]:
    """Return the results of a claim in words, in the order of the checks, P18 among them."""
    if not claim.confirmed:
        acted = [tell(texts, claim.act)] if claim.act else []
        return [_not_confirmed(texts, fallen=bool(claim.excluded_by)), *acted]
    told = [tell(texts, one) for one in (*claim.results, assessed.several)]
    return sorted(told, key=lambda one: one.check)


def answer_in_words(
    texts: Texts, claim: ClaimAssessment, told: Sequence[Told]
) -> list[str]:
    """Return what follows for a claim: what excludes it, is to be looked at, is not shown."""
    marked = {mark: [one.check for one in told if one.mark == mark] for mark in SYMBOLS}
    if not claim.confirmed:
        fallen = [texts("answer.excluded", checks=claim.excluded_by)] if claim.excluded_by else []
        return [texts("answer.not-confirmed"), *fallen]
    if marked["excludes"]:
        said = [texts("answer.excluded", checks=marked["excludes"])]
    else:
        said = [texts("answer.nothing-excludes")]
    return said + [texts(f"answer.{mark}", checks=marked[mark])
                   for mark in ("attention", "open") if marked[mark]]


def several_in_words(texts: Texts, assessed: Assessment) -> list[str]:
    """Return what the claims of a filing give together: priority dates, day of publication."""
    facts = assessed.several.facts
    day = facts["priority_date"]
    said = [texts("answer.priority-date", date=day) if day else texts("answer.no-priority-date")]
    said += [
        texts(f"answer.partial-{'classes' if one['classes'] else 'list'}", one)
        for one in facts.get("partial", ())
    ]
    if "publication_due" in facts:
        said.append(texts("answer.publication", date=facts["publication_due"]))
    return said


def _not_confirmed(texts: Texts, *, fallen: bool) -> Told:
    """Return the one answer in words: it holds nothing of the question."""
    return Told(
        check="P02", title=texts("P02.check"), mark="open", word=texts("mark.open"),
        name=texts("result.NOT_CONFIRMED"), reason=texts("P02.NOT_CONFIRMED.reason"),
        basis="docs/priority.md",
        remedy="" if fallen else texts("P02.NOT_CONFIRMED.remedy"),
    )


def basis_in_words(texts: Texts, basis: str) -> str:
    """Return a legal basis with the names of its sources in the language of `texts`.

    Articles and rules are the same in every language; only the names of treaties, standards and
    laws are texts. A source that the catalogue does not know stands as it is.
    """
    for english, told in texts.pairs("basis."):
        basis = basis.replace(english, told)
    return basis

