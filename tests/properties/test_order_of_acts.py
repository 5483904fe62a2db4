"""The order in which offices record what they did changes no answer.

XA's A was withdrawn, its B has the same subject; XB, XC and XD claim the one or the other.
"""

from functools import cache
from importlib import import_module
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.codec import encode, from_members
from muniment.invariants import uphold
from muniment.model import example
from muniment.model.account import ACCOUNTS
from muniment.model.application import APPLICATIONS, key_part
from muniment.model.checking import assess, assess_recorded, filing
from muniment.model.claim import recorded_claims
from muniment.model.claiming import later_filing
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.model.rulebook import Rulebook
from muniment.model.state import State
from muniment.proof import canonical
from muniment.reference import packaged_rows

FILED = {
    ("XA", "2025/000001"): "2025-01-06", ("XA", "2025/000002"): "2025-03-03",
    ("XA", "2025/000003"): "2025-04-01", ("XA", "2025/000007"): "2025-01-07",
    ("XB", "2026-00001"): "2026-03-02", ("XB", "2026-00002"): "2026-03-09",
    ("XC", "C 1/2026"): "2026-01-05", ("XC", "C 2/2026"): "2026-04-15",
    ("XD", "26/000001"): "2026-01-06", ("XC", "C 3/2025"): "2025-02-01",
}
A, B, C, OTHER = "2025/000001", "2025/000002", "2025/000003", "2025/000007"


def act(kind, /, office, number, **more):
    return {"type": kind, "office": office, "number": number, "right": "patent", **more}


def named(number, office="XA"):
    return {"number": number, "office": office, "right": "patent"}


def claim(office, number, earlier):
    return act("claim-priority", office, number, earlier=named(earlier),
               date=FILED["XA", earlier])


def relate(own, other, office="XA", other_office="XA", kind="same-subject"):
    return act("declare-relation", office, own, kind=kind, other=named(other, other_office))


FIVE = {
    "claim to A": claim("XC", "C 1/2026", A),
    "declare": relate(B, A),
    "withdraw A": act("end-application", "XA", A, date="2025-02-10", fate="withdrawn"),
    "claim to B": claim("XB", "2026-00001", B),
    "correct": act("correct-claim", "XC", "C 1/2026", claim=0, earlier=named(OTHER),
                   date="2025-01-07"),
}
"""Five acts, of which only one presumes another."""
MORE = FIVE | {
    "declare over C": relate(C, B),
    "A before B, again": relate(A, C),
    "XD says so too": relate("26/000001", A, "XD"),
    "early claim to A": claim("XC", "C 3/2025", A),
    "early claim corrected": act("correct-claim", "XC", "C 3/2025", claim=0,
                                 earlier=named(OTHER), date="2025-01-07"),
    "late claim to B": claim("XC", "C 2/2026", B),
    "restored": act("restore-priority", "XC", "C 2/2026", claim=0, criterion="due-care",
                    date="2026-05-05", requested="2026-04-20"),
    "claim to C": claim("XD", "26/000001", C),
    "accepted": act("decide-claim", "XD", "26/000001", claim=0, status="Accepted",
                    date="2026-05-05", ground="requirements-met"),
    "refused": act("decide-claim", "XB", "2026-00001", claim=0, status="Refused",
                   date="2026-05-05", ground="period-expired"),
    "divided": relate("2026-00002", "2026-00001", "XB", "XB", "divisional"),
    "claim of the divided": claim("XB", "2026-00002", B),
    "published": act("publish-application", "XA", C, date="2026-05-05"),
}


@cache
def entries():
    made = example.world() | {ACCOUNTS.key(one): example.account(one) for one in ("XC", "XD")} | {
        REFERENCE.key(table, *name): example.reference_row(row)
        for table, name, row in packaged_rows("demo")
        if name[0].startswith("X") or table == "period"}
    base = {key: encode(value) for key, value in made.items()}
    state = State(example.MemoryBase(base))
    return base | {
        APPLICATIONS.key(key_part(state, office, "patent", number)): encode(
            example.application(date, number=number))
        for (office, number), date in FILED.items()}


def apply(state, plain):
    """Run an act; return whether it was accepted."""
    module = import_module(f"muniment.operations.{plain['type'].replace('-', '_')}")
    operation = from_members(module.TYPE.payload, plain)
    outcome = module.TYPE.run(operation, state, example.context(plain["office"]),
                              module.TYPE.checks)
    if not isinstance(outcome, tuple):
        return False
    uphold(outcome, state)
    state.put(outcome)
    return True


def record(acts):
    """Return the state after acts; one that presumes another waits for it."""
    state, waiting = State(example.MemoryBase(entries())), list(acts)
    while waiting:
        done = next((one for one in waiting if apply(state, one)), None)
        if done is None:
            break
        waiting.remove(done)
    return state, [one["type"] for one in waiting]


def answers(state):
    """Return every answer that the public gets, to the byte."""
    rules, found = Rulebook(LedgerReference(state)), []
    for (office, number), date in FILED.items():
        later = filing(office, "patent", number, date)
        stated = [filing("XA", "patent", one, FILED["XA", one]) for one in (A, B, C)]
        found.append(assess(state, later, stated, rules))
        standing = later_filing(state, office, "patent", number)
        found.append(assess_recorded(state, standing.named, recorded_claims(state, standing.part),
                                     rules))
    return [canonical.encode(one.as_json()) for one in found]


@pytest.mark.parametrize("left_out", [None, *FIVE])
def test_five_acts_in_whatever_order_give_one_answer(left_out):
    acts = [one for name, one in FIVE.items() if name != left_out]
    expected = answers(record(acts)[0])
    for ordered in permutations(acts):
        assert answers(record(ordered)[0]) == expected


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_acts_in_whatever_order_give_one_answer(data):
    names = data.draw(st.sets(st.sampled_from(sorted(MORE)), min_size=2))
    forward = record([MORE[name] for name in sorted(names)])
    shuffled = record([MORE[name] for name in data.draw(st.permutations(sorted(names)))])
    assert sorted(forward[1]) == sorted(shuffled[1])
    assert answers(forward[0]) == answers(shuffled[0])
