"""The groups of a profile name what exists, and a sample goes where its innermost frame belongs."""

import ast
from pathlib import Path

import pytest
from benchmarks.sampling import GROUPS, group, shares

import muniment

PACKAGE = Path(muniment.__file__).parent
PLACES = [place for places in GROUPS.values() for place in places]


@pytest.mark.parametrize("place", PLACES)
def test_every_place_of_a_group_exists(place):
    module, _, names = place.partition(":")
    if module.endswith("/"):
        assert (PACKAGE / module).is_dir()
        return
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert defined.issuperset(names.split("|") if names else ())


def frame(name, module):
    return f"{name} (/x/src/muniment/{module}.py:7)"


def test_what_all_share_counts_for_its_caller_and_waiting_for_nobody():
    engine, codec = frame("Engine.execute", "engine"), frame("encode", "codec")
    state = frame("State.put", "model/state")
    assert group([engine, state, codec]) == "state values"
    assert group([engine, codec]) == "the engine's own loop"
    assert group([frame("run", "network/mempool"), frame("Mempool.propose", "network/mempool")]
                 ) == "proposals"
    assert group(["<module> (x.py:1)"]) == "other"
    waiting = [frame("run", "abci/server"), frame("FrameReader.fill", "abci/framing")]
    assert shares([([engine, codec], 3), ([engine, state], 1), (waiting, 96)]) == {
        "the engine's own loop": 75.0, "state values": 25.0}
