"""Facts of a claim as somebody states them in words: `declared=2025-07-01`, `copy=2025-06-30`.

They serve who checks a claim that no register holds: on the command line, in a batch, in the table
of examples. A stated fact is an assertion; the results that rest on it are worth as much.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from muniment.model.calendar import parse_date
from muniment.model.priority_facts import (
    Act,
    ClaimFacts,
    Descent,
    Document,
    Filing,
    Presented,
    RelatedFiling,
    Reliance,
    Restored,
    Title,
)
from muniment.model.result_texts import TEXTS
from muniment.proof.errors import Malformed

FACTS_MAX = 40
"""Most facts of one claim."""
PARENT = "the parent"
_STEPS = ("copy_requested", "corrected", "declared", "fee_paid", "number_given",
          "transmittal_requested", "translation_asked", "translation_due", "translation_filed")
_STANDINGS = ("standing", "fallen", "none", "unknown")
_STATUSES = {"abandoned": "Abandoned", "accepted": "Accepted", "claimed": "Claimed",
             "partially-refused": "Partially refused", "refused": "Refused"}


def state_facts(
    later: Filing, claim: ClaimFacts, descent: Descent | None, stated: Mapping[str, str]
) -> tuple[ClaimFacts, Descent | None]:
    """Return the facts of a claim and of its later filing with those that somebody states.

    Args:
        later: The later filing.
        claim: What is known of the claim without them.
        descent: From which filing the later one descends, as far as it is known.
        stated: Each fact by its name.

    Raises:
        Malformed: A fact is unknown, or its value is none of its kind.
    """
    if len(stated) > FACTS_MAX:
        raise _malformed(f"A claim has at most {FACTS_MAX} facts.")
    steps: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    for name, value in stated.items():
        try:
            if name.replace("-", "_") in _STEPS:
                steps[name.replace("-", "_")] = parse_date(value)
            elif name in _OF_THE_FILING:
                descent = _OF_THE_FILING[name](later, descent, value)
            else:
                changes |= _OF_THE_CLAIM[name](later, replace(claim, **changes), value)
        except (KeyError, ValueError, IndexError):
            raise _malformed(f"{name}={value} is no fact.") from None
    if steps:
        changes["steps"] = replace(claim.steps, **steps)
    return replace(claim, **changes), descent


def _malformed(detail: str) -> Malformed:
    names = sorted([*(one.replace("_", "-") for one in _STEPS), *_OF_THE_CLAIM, *_OF_THE_FILING])
    return Malformed("fact-malformed", detail[:120], basis="docs/priority.md#facts",
                     remedy=f"Write NAME=VALUE; the names are {', '.join(names)}.")


def _parent(later: Filing, before: Descent | None, value: str) -> Descent:
    """Read `DATE`: the filing is a divisional or continuation of one of that day, or `unknown`."""
    if value == "unknown":
        return Descent(None, later.office, parent=PARENT, complete=False)
    return Descent(parse_date(value), later.office, parent=PARENT)


def _phase(later: Filing, before: Descent | None, value: str) -> Descent:
    """Read `OFFICE@DATE`: the filing is the national phase of one made there on that day."""
    office, _, day = value.partition("@")
    made = Descent(parse_date(day), office, international=True, phase="the international "
                   "application")
    return _with_publication(made, before)


def _international(later: Filing, before: Descent | None, value: str) -> Descent:
    """Read `yes`: the filing is itself an international application."""
    if value != "yes":
        raise ValueError
    return _with_publication(Descent(later.date, later.office, international=True), before)


def _with_publication(made: Descent, before: Descent | None) -> Descent:
    """Return a descent with what was stated of the publication before it."""
    if before is None:
        return made
    return replace(made, published=before.published, early_publication=before.early_publication)


def _published(later: Filing, before: Descent | None, value: str) -> Descent:
    """Read `DATE`: the day of the publication that counts."""
    own = before or Descent(later.date, later.office)
    return replace(own, published=parse_date(value))


def _early_publication(later: Filing, before: Descent | None, value: str) -> Descent:
    """Read `DATE`: the day of a request for early publication that was let stand."""
    own = before or Descent(later.date, later.office)
    return replace(own, early_publication=parse_date(value))


def _title(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `DATE` of a successor's title, or `same` for the same applicant."""
    if value == "same":
        return {"title": Title("", None, claim.title.applicants if claim.title else "")}
    return {"title": Title("assignment", parse_date(value),
                           claim.title.applicants if claim.title else "")}


def _applicants(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `all` or `some`: the earlier applicants who take part."""
    if value not in ("all", "some"):
        raise ValueError
    return {"title": replace(claim.title or Title("", None), applicants=value)}


def _restored(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `OFFICE:CRITERION:ACT`, ACT being own, international or other."""
    office, criterion, act = value.split(":")
    acts: dict[str, Act] = {"own": "own", "international": "international", "other": "other"}
    if criterion not in ("due-care", "unintentional"):
        raise ValueError
    return {"restored": (*claim.restored, Restored(office, criterion, acts[act]))}


def _copy(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `DATE` or `DATE:DIGEST`: the later office received a copy."""
    day, _, digest = value.partition(":")
    received = parse_date(day)
    copy = Document(later.office, claim.earlier.office, received, received, digest, received)
    return {"documents": (*claim.documents, copy)}


def _available(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `DATE` or `DATE:DIGEST`: the earlier office recorded a copy that it certified."""
    day, _, digest = value.partition(":")
    office, recorded = claim.earlier.office, parse_date(day)
    return {"documents": (*claim.documents, Document(office, office, recorded, recorded, digest))}


def _presented(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `intact:DIGEST` or `altered:DIGEST`: the asker presents a file."""
    state, _, digest = value.partition(":")
    return {"presented": Presented(digest, {"intact": True, "altered": False}[state])}


def _classes(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `9+42`: the Nice classes for which the claim is made."""
    return {"classes": tuple(int(one) for one in value.split("+"))}


def _older(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `OFFICE@DATE` of an older filing of the same subject, and its fate.

    Each after a colon: `ended@DATE`, `published@DATE`, `served@DATE`, `rights`; `once@DATE` of a
    claim that was corrected to another filing, `unconfirmed@DATE` of one that a filer entered and
    its office never decided; `said-by@OFFICE` of who alone declared it.
    """
    first, *more = value.split(":")
    office, _, day = first.partition("@")
    facts: dict[str, Any] = {}
    for one in more:
        word, _, when = one.partition("@")
        if word == "rights":
            facts["leaves_rights"] = True
        elif word in ("once", "served", "unconfirmed"):
            facts[word] = ((office, parse_date(when)),)
        elif word == "said-by":
            facts["said_by"] = (when,)
        elif word in ("ended", "published"):
            facts[word] = parse_date(when)
        else:
            raise ValueError
    filed = None if day == "unknown" else parse_date(day)
    return {"related": (*claim.related, RelatedFiling(office, "filing", filed, **facts))}


def _many_related(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `yes`: more filings of the same subject are declared than are followed."""
    if value != "yes":
        raise ValueError
    return {"many_related": True}


def _barred_by(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `OFFICE` that holds a claim which relied on Art. 4C(4), and what is open about it.

    After a colon: `corrected`, `newer`, `pending`, `too-many`, `withdrawn`, or
    `declared-elsewhere@OFFICE` of who alone declared that the subject is the same.
    """
    office, _, doubt = value.partition(":")
    why, _, said_by = doubt.partition("@")
    if doubt and f"P09.TO_VERIFY.{why}" not in TEXTS:
        raise ValueError
    return {"reliances": (*claim.reliances, Reliance(office, why, (said_by,) if said_by else ()))}


def _inherited(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read whether the parent holds the same claim: standing, fallen, none or unknown."""
    if value not in _STANDINGS:
        raise ValueError
    return {"inherited": value}


def _number(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read `missing` where the claim gives no number, `ambiguous` where it has two readings."""
    if value == "ambiguous":
        return {"reading": "ambiguous"}
    if value != "missing":
        raise ValueError
    return {"earlier": replace(claim.earlier, number=""), "reading": "missing", "canonical": ""}


def _chain(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read what the earlier filing itself claims."""
    return {"chain": (value,)}


def _chain_fallen(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read what the earlier filing claimed until that claim was withdrawn or refused."""
    return {"chain_fallen": (value,)}


def _day(member: str) -> "_OfTheClaim":
    """Return the reader of a date."""
    def read(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
        return {member: parse_date(value)}

    return read


def _status(later: Filing, claim: ClaimFacts, value: str) -> dict[str, Any]:
    """Read a status of ST.96, in lower case with hyphens."""
    return {"status": _STATUSES[value]}


_OfTheFiling = Callable[[Filing, Descent | None, str], Descent]
_OfTheClaim = Callable[[Filing, ClaimFacts, str], dict[str, Any]]
_OF_THE_FILING: dict[str, _OfTheFiling] = {
    "early-publication": _early_publication, "international": _international,
    "parent": _parent, "phase": _phase, "published": _published,
}
_OF_THE_CLAIM: dict[str, _OfTheClaim] = {
    "applicants": _applicants,
    "available": _available,
    "barred-by": _barred_by,
    "chain": _chain,
    "chain-fallen": _chain_fallen,
    "classes": _classes,
    "copy": _copy,
    "first": _day("first"),
    "inherited": _inherited,
    "many-related": _many_related,
    "number": _number,
    "older": _older,
    "presented": _presented,
    "recorded": _day("recorded"),
    "restored": _restored,
    "status": _status,
    "title": _title,
    "was": _day("was"),
}
