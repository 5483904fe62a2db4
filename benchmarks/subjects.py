"""What the law of the first filing costs, at its bounds: one check, one act on a claim.

Everything is in memory and synthetic: XA's filings of one subject, claims to them at XD, a filing
with 64 claims, a line of divisionals each with as many. Printed are medians in milliseconds.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from muniment.codec import Record, encode, from_members
from muniment.model import example
from muniment.model.application import APPLICATIONS, key_part
from muniment.model.calendar import format_date
from muniment.model.checking import assess, assess_recorded, filing
from muniment.model.claim import CLAIMS, Claim, Claimed, claimed_key, recorded_claims
from muniment.model.claiming import CLAIMS_MAX, check_claim, standing_claim
from muniment.model.descent import ANCESTORS_MAX
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.model.relation import RELATED, RELATIONS, Related, Relation, relation_name
from muniment.model.reliance import RELIANCES_MAX
from muniment.model.rulebook import Rulebook
from muniment.model.same_subject import SUBJECTS_MAX
from muniment.model.state import State
from muniment.reference import packaged_rows

ROUNDS = 15
FIRST = date(2025, 1, 6)
Entries = dict[bytes, Record]


class World:
    """A register in memory, to which filings, relations and claims are added."""

    def __init__(self) -> None:
        self.entries: Entries = example.world() | {
            REFERENCE.key(table, *name): example.reference_row(row)
            for table, name, row in packaged_rows("demo")
            if name[0].startswith("X") or table == "period"}
        self._formats = State(self._base())

    def _base(self) -> example.MemoryBase:
        return example.MemoryBase({key: encode(one) for key, one in self.entries.items()})

    def state(self) -> State:
        """Return the state as a reader opens it."""
        return State(self._base())

    def key(self, office: str, number: str) -> str:
        """Return a filing as keys show it."""
        return key_part(self._formats, office, "patent", number)

    def file(self, office: str, number: str, day: date, **more: Any) -> None:
        """Enter a filing."""
        key = APPLICATIONS.key(self.key(office, number))
        self.entries[key] = example.application(format_date(day), number=number, **more)

    def relate(self, office: str, own: str, other: str, kind: Any = "same-subject") -> None:
        """Declare what a filing is to another one of the office."""
        mine, its = self.key(office, own), self.key(office, other)
        self.entries[RELATIONS.key(mine, relation_name(kind, its))] = from_members(Relation, {
            "entry": 14, "kind": kind, "recorded": 1, "submitter": office,
            "other": {"number": other, "office": office, "right": "patent"}})
        self.entries[RELATED.key(its, relation_name(kind, mine))] = Related(
            filing=mine, kind=kind)

    def claim(self, later: tuple[str, str], place: int, earlier: str, day: date) -> None:
        """Record a claim to a filing of XA."""
        part = f"{self.key(*later)}/{place:012}"
        self.entries[CLAIMS.key(part)] = from_members(Claim, {
            "date": format_date(day), "entry": 12, "recorded": 1, "submitter": later[0],
            "earlier": {"number": earlier, "office": "XA", "right": "patent"}})
        self.entries[claimed_key(self.key("XA", earlier), part)] = Claimed(claim=part)


def subject(world: World, filings: int, claims: int, beside: int = 0) -> None:
    """Add filings of one subject, each ended before the next, and claims to the newest one.

    Args:
        world: The register.
        filings: How many filings.
        claims: How many later filings claim the newest, each too late, so that all are judged.
        beside: How many claims each of them holds beside it.
    """
    for place in range(filings):
        day = FIRST + timedelta(days=2 * place)
        end = {"date": format_date(day + timedelta(days=1)), "fate": "withdrawn"}
        world.file("XA", f"2025/{place + 1:06}", day, ended=end)
        if place:
            world.relate("XA", f"2025/{place + 1:06}", f"2025/{place:06}")
    newest = FIRST + timedelta(days=2 * (filings - 1))
    for place in range(claims):
        later = ("XD", f"26/{place + 1:06}")
        world.file(*later, date(2026, 6, 1))
        for other in range(beside):
            world.claim(later, other, f"2024/{other + 1:06}", date(2024, 1, 1))
        world.claim(later, beside, f"2025/{filings:06}", newest)


def line(world: World, levels: int, claims: int) -> str:
    """Add a line of divisionals, each with the same late claims; return the last number."""
    for level in range(levels):
        number = f"2026-{level + 1:05}"
        world.file("XB", number, date(2026, 6, 1) + timedelta(days=level))
        if level:
            world.relate("XB", number, f"2026-{level:05}", "divisional")
        for place in range(claims):
            world.claim(("XB", number), place, f"2023/{place + 1:06}", date(2023, 1, 2))
    return f"2026-{levels:05}"


def median(world: World, ask: Callable[[State], object]) -> float:
    """Return the median time of a question, each time to a state that has read nothing."""
    times = []
    for _ in range(ROUNDS):
        state = world.state()
        start = time.perf_counter()
        ask(state)
        times.append(1_000 * (time.perf_counter() - start))
    return round(statistics.median(times), 2)


def check(state: State) -> object:
    """Check a claim to the oldest filing of the subject."""
    return assess(state, filing("XC", "patent", "C 1/2026", "2025-12-01"),
                  [filing("XA", "patent", "2025/000001", format_date(FIRST))],
                  Rulebook(LedgerReference(state)))


def act(number: str, place: int) -> Callable[[State], object]:
    """Return the check that an act on a claim of XB makes."""
    def ask(state: State) -> object:
        standing = standing_claim(state, "XB", "patent", number, place)
        return standing and check_claim(state, standing)

    return ask


def everything(number: str) -> Callable[[State], object]:
    """Return the check of all claims of a filing of XB."""
    def ask(state: State) -> object:
        later = filing("XB", "patent", number, "2026-06-01")
        claims = recorded_claims(state, key_part(state, "XB", "patent", number))
        return assess_recorded(state, later, claims, Rulebook(LedgerReference(state)))

    return ask


def main() -> None:
    """Measure and print."""
    found: dict[str, float] = {}
    for name, filings, claims, beside in (
        ("no relation", 1, 0, 0), ("two filings, one claim", 2, 1, 0),
        ("a subject at its bound", SUBJECTS_MAX + 1, 0, 0),
        ("claims at their bound", 2, RELIANCES_MAX, 0),
        ("claims at their bound, 64 each", 2, RELIANCES_MAX, CLAIMS_MAX - 1),
    ):
        world = World()
        subject(world, filings, claims, beside)
        found[f"check: {name}"] = median(world, check)
    for name, levels, claims in (
        ("one claim", 1, 1), ("64 claims, all lost", 1, CLAIMS_MAX),
        ("16 parents, one claim", ANCESTORS_MAX, 1),
        ("16 parents, 64 claims each", ANCESTORS_MAX, CLAIMS_MAX),
    ):
        world = World()
        number = line(world, levels, claims)
        found[f"act: {name}"] = median(world, act(number, claims - 1))
        found[f"all claims: {name}"] = median(world, everything(number))
    sys.stdout.write(json.dumps({"load": os.getloadavg()[0], "milliseconds": found}, indent=1)
                     + "\n")


if __name__ == "__main__":
    main()
