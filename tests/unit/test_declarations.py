"""Every declared example comes out as declared, and every check has one that fails exactly there."""

import pytest
from spec.pages import STATE_MODULES
from spec.vectors import circumstances

from muniment.codec import encode
from muniment.declare import Check
from muniment.editions import NEWEST, rules_of
from muniment.invariants import uphold
from muniment.model import example
from muniment.model.state import State, Table
from muniment.operations import declared

CASES = [
    pytest.param(kind, one, id=f"{kind.name}/{one.name}")
    for kind in declared()
    for cases in kind.cases
    for one in cases()
]


TABLES = {
    table.name: table
    for module in STATE_MODULES
    for table in vars(module).values()
    if isinstance(table, Table)
}


def state_of(one):
    entries = example.world() | dict(one.given)
    return State(example.MemoryBase({key: encode(value) for key, value in entries.items()}))


def run(kind, one):
    ctx = circumstances(one)
    _, checks = rules_of(NEWEST).types[kind.payload]
    state = state_of(one)
    return kind.run(one.operation, state, ctx, checks), state


@pytest.mark.parametrize(("kind", "one"), CASES)
def test_example_comes_out_as_declared(kind, one):
    outcome, state = run(kind, one)
    if isinstance(outcome, Check):
        assert outcome.refusal == one.refusal
    else:
        assert one.refusal is None
        assert outcome, "an accepted operation changes something"
        uphold(outcome, state)
        for change in outcome:
            assert type(change.after) is TABLES[change.table].kind
            assert TABLES[change.table].decode(encode(change.after)) == change.after
        state.put(outcome)


@pytest.mark.parametrize(("kind", "one"), CASES)
def test_example_survives_its_own_bytes(kind, one):
    line = encode(one.operation)
    assert rules_of(NEWEST).decode(line) == one.operation


@pytest.mark.parametrize("kind", declared(), ids=lambda kind: kind.name)
def test_every_check_has_an_example_that_fails_there(kind):
    refusals = {one.refusal for cases in kind.cases for one in cases()}
    assert None in refusals
    assert {check.refusal for check in kind.checks} <= refusals


@pytest.mark.parametrize("kind", declared(), ids=lambda kind: kind.name)
def test_declaration_is_whole(kind):
    assert kind.number >= 10
    assert len(kind.effects) == 1
    numbers = [check.code for check in kind.checks]
    assert len(set(numbers)) == len(numbers)
    assert all(kind.number * 100 < number < kind.number * 100 + 100 for number in numbers)
    for check in kind.checks:
        assert "MUST" in check.sentence
        assert check.basis


def test_numbers_and_names_are_unique():
    kinds = declared()
    assert len({kind.number for kind in kinds}) == len(kinds)
    assert len({kind.name for kind in kinds}) == len(kinds)
