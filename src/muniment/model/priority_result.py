"""What a check of a priority claim found: a key and facts; words are made when they are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from muniment.codec import Encoded, encode
from muniment.model.result_texts import EXCLUDING, WORDS, Words


@dataclass(slots=True)
class Result:
    """What one check found; its words are made when somebody reads them. Nothing changes it."""

    check: str
    """Its number, e.g. `P06`."""
    result: str
    """The result, e.g. `IN_TIME`."""
    why: str = ""
    """Which of several sentences of the same result is meant, e.g. `moved`."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The dates, calendar and words used: from them `texts/` says the result in other languages,
    and tells sentences of one result apart."""
    _members: dict[str, Any] | None = field(default=None, init=False, repr=False, compare=False)
    """The JSON members, once they have been made."""
    _is_shared: bool = field(default=False, init=False, repr=False, compare=False)
    """Whether many claims have this very result."""
    _encoded: Encoded | None = field(default=None, init=False, repr=False, compare=False)
    """The JSON of a shared result, once it has been encoded."""

    @property
    def key(self) -> str:
        """The key of its words: check, result, and which sentence."""
        named = f"{self.check}.{self.result}"
        return f"{named}.{self.why}" if self.why else named

    @property
    def reason(self) -> str:
        """The result in one English sentence; what it says beyond the result is in `facts`."""
        return self._said.text.reason.format_map(self._facts_in_words())

    @property
    def remedy(self) -> str:
        """What can be done."""
        return self._said.text.remedy.format_map(self._facts_in_words())

    @property
    def basis(self) -> str:
        """The article or rule, and the law of the office where its policy decides."""
        named, law = self._said.members["basis"], self.facts.get("law")
        return f"{named}; {law}" if law else str(named)

    @property
    def excludes(self) -> bool:
        """Whether, as things stand, the claim gives no priority because of it."""
        return (self.check, self.result) in EXCLUDING

    @property
    def _said(self) -> Words:
        return WORDS[self.check, self.result, self.why]

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON members, the empty ones left out; to be read only."""
        if self._members is None:
            self._members = self._as_json()
        return self._members

    def as_answer(self) -> dict[str, Any] | Encoded:
        """Return the result for an answer to encode; that of many claims is encoded once."""
        if not self._is_shared:
            return self.as_json()
        if self._encoded is None:
            self._encoded = Encoded(encode(self.as_json()))
        return self._encoded

    def _as_json(self) -> dict[str, Any]:
        said = self._said
        if not self.facts:
            return said.members
        members = {**said.members, **self.facts}
        law = members.pop("law", None)
        if law:
            members["basis"] = f"{said.members['basis']}; {law}"
        if not said.is_plain:
            words = self._facts_in_words()
            members["reason"] = said.text.reason.format_map(words)
            if said.text.remedy:
                members["remedy"] = said.text.remedy.format_map(words)
        return members

    def _facts_in_words(self) -> Mapping[str, Any]:
        facts = self.facts
        words = {name: ", ".join(map(str, value)) for name, value in facts.items()
                 if type(value) is list}
        if "deadline" in facts:
            closed = facts["deadline"]["closed"]
            words["closed"] = "; ".join([f"{day} {reason}" for day, reason in closed])
        return {**facts, **words} if words else facts


RESULTS_KEPT = 32_768
"""Most results remembered; they are pure facts, so that forgetting them changes nothing."""


@lru_cache(maxsize=RESULTS_KEPT)
def plain(check: str, result: str, why: str = "", *facts: tuple[str, Any]) -> Result:
    """Return a result that many claims share, with its few facts: the same one for each."""
    return shared(Result(check, result, why, dict(facts)))


def shared(made: Result) -> Result:
    """Return a result as one that many claims have: it is encoded once."""
    made._is_shared = True  # noqa: SLF001 - whoever is given it has it from here
    return made


def by_law(check: str, result: str, row: Mapping[str, Any], why: str = "") -> Result:
    """Return a result that rests on an office's policy alone."""
    return plain(check, result, why, ("law", row["basis"]), ("source", row["source"]))
