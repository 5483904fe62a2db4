"""Codes in words: the rule that an outcome stands for, its basis and what to do next."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from muniment.codec import Payload, encode
from muniment.model import codes
from muniment.operations import declared
from muniment.proof.canonical import decode
from muniment.proof.errors import OutOfTurn, Refused

_REMEDIES = {
    "number-format-unknown": "See the formats: muniment number formats OFFICE",
    "number-already-entered": "Look at the entry: muniment filing show REFERENCE",
    "not-confirmed": "Check the reference; sealed and unknown filings are answered alike.",
    "not-authorised": "Only the office, or who holds its role, can do this: muniment role grant",
    "participant-barred": "Ask the office; the applicant himself may submit.",
    "register-unknown": "Enrol the office first: muniment office enrol",
    "members-decide": "Propose it: muniment governance propose ACT --set NAME=VALUE",
    "not-for-the-members": "See what the members decide: muniment governance rulebook",
    "proposal-not-carried": "See who has not voted yet: muniment governance status NUMBER",
    "proposal-expired": "Propose it again: muniment governance propose",
    "act-not-the-proposed": "Read the act again, through a node that you trust: muniment "
    "governance status NUMBER",
    "proposal-unknown": "List them: muniment governance status",
    "recovery-not-due": "See when it is due: muniment account show ACCOUNT",
    "validator-unknown": "The office enrols it: muniment validator enrol NODE --as OFFICE",
    "claim-of-another": "Ask who entered it, or the office: its registrar acts on any claim.",
    "decided-by-the-office": "Ask the office to reopen what it decided: muniment priority decide",
    "filing-claimed-by-another": "Ask the office to enter it, or to withdraw the other claim.",
    "request-too-late": "See the last day under P06: muniment priority check LATER --ledger DIR",
    "not-restorable": "See what P06 says: muniment priority check LATER --ledger DIR",
    "copy-older-than-the-filing": "Compare the day of certification with the earlier filing date.",
    "decision-overtaken": "Read the claim again and decide what stands now.",
    "claim-to-itself": "Name the filing whose priority is claimed.",
    "claim-already-recorded": "See the claims that stand: muniment priority check LATER",
    "key-not-in-set": "The keys here are not those in force: muniment doctor DIR says which are. "
    "A rotation that was begun is ended by: muniment keys rotate",
    "sequence-used": "See whether it stands already, then do it again.",
    "entry-has-changed": "Read the entry again and correct what stands now.",
}
_BLANK = re.compile(r"\b[A-Z]{3,}\b")


class Explained(NamedTuple):
    """What a code means."""

    name: str
    sentence: str
    basis: str
    remedy: str


@cache
def _table() -> dict[int, Explained]:
    table = {
        code: Explained(name, codes.OPERATION_REASONS.get(code, "The operation was accepted."),
                        "docs/reference/codes.md", _REMEDIES.get(name, ""))
        for name, code in codes.OPERATION_CODES.items()
    }
    for kind in declared():
        for check in kind.checks:
            table[check.code] = Explained(
                check.refusal, check.sentence, check.basis, _REMEDIES.get(check.refusal, "")
            )
    return table


def explain(code: int) -> Explained:
    """Return what a code means."""
    unknown = Explained("code-unknown", f"This version does not know code {code}.", "", "")
    return _table().get(code, unknown)


def not_admitted(name: str, detail: str) -> OutOfTurn:
    """Return the error of an envelope that was not admitted."""
    return OutOfTurn(name, detail, basis="docs/formats/envelope.md",
                     remedy=_REMEDIES.get(name, ""))


def refused(code: int, words: Mapping[str, str] | None = None) -> Refused:
    """Return the error of a refused operation.

    Args:
        code: Its code.
        words: What stands for the words in capitals of a remedy, so that it can be typed as it is.
    """
    known, given = explain(code), words or {}
    remedy = _BLANK.sub(lambda word: given.get(word[0], word[0]), known.remedy)
    return Refused(known.name, f"{known.sentence} (code {code})", basis=known.basis, remedy=remedy)


def words_of(operation: Payload, directory: Path) -> dict[str, str]:
    """Return what an operation says of the words in capitals of a remedy."""
    plain = decode(encode(operation))
    known = {"ACCOUNT": plain.get("account"), "ACT": plain["type"], "DIR": str(directory),
             "NUMBER": plain.get("proposal"), "OFFICE": plain.get("office")}
    if plain.get("right") and plain.get("number"):
        known["LATER"] = known["REFERENCE"] = "/".join(
            plain[name] for name in ("office", "right", "number"))
    return {word: quote(str(value)) for word, value in known.items() if value is not None}
