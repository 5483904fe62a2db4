"""A filing of the ledger as a record that other offices can read: facts, and what is disclosed."""

from typing import Any

from muniment.intake.record import (
    Goods,
    Priority,
    Record,
    distinct,
    listed,
    members,
    phrase,
    text,
)
from muniment.model import application as filings
from muniment.model.application import Application, Copy
from muniment.model.claim import CLAIMS, FALLEN, Claim
from muniment.node.register import Reference, Register
from muniment.proof.disclosure import parse
from muniment.proof.errors import NotFound, Refused

REGIONAL = frozenset({"AP", "BX", "EA", "EM", "EP", "GC", "OA"})
"""Offices that act for several States."""


def record_of(
    register: Register, named: Reference, claim: int | None = None, *, disclosed: bool = True
) -> Record:
    """Return a filing with its claims as a record.

    Args:
        register: The ledger.
        named: The filing.
        claim: The place of the one claim to give, from 0; all that count by default.
        disclosed: Whether to give what the vault discloses.

    Raises:
        NotFound: No such filing, or no such claim of it, stands there.
        Refused: The claim no longer counts and the kind of right has no words for that.
    """
    key, entry = register.find(named)
    values = _values(register, entry) if disclosed else {}
    claims = _claims(register, key, named.right, claim)
    return Record(
        row=0, office=named.office, right=named.right, number=entry.printed or entry.number,
        date=entry.date or "", title=phrase(values.get("title")),
        applicants=distinct(map(phrase, listed(values.get("applicants")))),
        source=entry.source if isinstance(entry, Copy) else "muniment",
        priorities=tuple(_priority(register, named.right, one, disclosed=disclosed)
                         for one in claims),
    )


def _values(register: Register, entry: Application | Copy) -> dict[str, Any]:
    shown = register.disclosures(list(entry.disclosed.values()))
    return {name: value for _, name, value in map(parse, shown)}


def _claims(register: Register, key: bytes, right: str, place: int | None) -> list[Claim]:
    part = key.decode("ascii").rstrip("/").split("/", 1)[1]
    has_status = right in {"design", "trademark"}
    rows = register.ledger.state.rows(CLAIMS, part) if key.startswith(b"application/") else ()
    claims = [one for _, one in rows]
    if place is None:
        return [one for one in claims if has_status or one.status not in FALLEN]
    if not 0 <= place < len(claims):
        raise NotFound("not-confirmed", f"The filing has no claim {place}.",
                       remedy="Places count from 0, in the order of entry.")
    if not has_status and claims[place].status in FALLEN:
        raise Refused(
            "claim-not-standing", f"The claim is {claims[place].status.lower()}; WIPO Standard "
            "ST.96 has no status for a patent's claim.", basis="WIPO ST.96 pat:PriorityClaim",
            remedy="Export the filing without it: leave out --claim",
        )
    return [claims[place]]


def _priority(register: Register, right: str, claim: Claim, *, disclosed: bool) -> Priority:
    earlier = claim.earlier
    of_patent = right in {"patent", "utility-model"}
    return Priority(
        office=earlier.office, number=earlier.number or "", date=claim.date,
        right="" if earlier.right == right else earlier.right,
        category=_category(register, claim) if of_patent else "",
        status="" if of_patent else claim.status,
        status_date="" if of_patent else _status_date(claim),
        partial=True if claim.goods else None,
        goods=_goods(register, claim, disclosed=disclosed),
    )


def _status_date(claim: Claim) -> str:
    """Return the day of the decision whose status the claim has; a withdrawal states no day."""
    return claim.decided.date if claim.decided and claim.status != "Abandoned" else ""


def _goods(register: Register, claim: Claim, *, disclosed: bool) -> tuple[Goods, ...]:
    """Return the goods and services of a partial priority; their list only where disclosed."""
    if claim.goods is None:
        return ()
    digests = [claim.goods.listed] if claim.goods.listed and disclosed else []
    shown = [value for _, _, value in map(parse, register.disclosures(digests))]
    listed = members(shown[0]) if shown else []
    texts = {text(one.get("class")): phrase(one.get("text")) for one in listed}
    if shown and isinstance(shown[0], str):
        texts[""] = phrase(shown[0])
    classes = {str(one) for one in claim.goods.classes} - {one.lstrip("0") for one in texts}
    named = [Goods(class_number=one) for one in sorted(classes, key=int)]
    return (*(Goods(class_number=one, text=words) for one, words in texts.items()), *named)


def _category(register: Register, claim: Claim) -> str:
    """Return PCT, Regional or National, as ST.96 has it of an earlier application."""
    named = claim.earlier
    state, number = register.ledger.state, named.number or ""
    received = filings.as_received(named.office, named.right, number)
    identity = filings.identify(state, *received)
    if any("PCT" in one.series for one in identity.readings):
        return "PCT"
    return "Regional" if named.office in REGIONAL else "National"
