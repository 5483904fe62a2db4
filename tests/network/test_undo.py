"""The last decided block can be taken back: what is run again is the same to the byte."""

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.abci.grammar import START
from tests.network.test_application import BLOCKS, SUBJECT, WORLD, decide, ready
from tests.network.test_joining import run as command
from tests.network.test_local_network import Filing
from tests.network.world import filing

from muniment.network.cluster import Cluster
from muniment.network.home import GENESIS
from muniment.proof.errors import NotFound
from muniment.storage.decided import DecidedStorage

TABLES = ("head", "entry", "envelope", "block", "page", "tile", "decided")


def stored(path):
    """Return every row that is kept of a ledger."""
    with closing(sqlite3.connect(path / "ledger.db")) as database:
        return {one: sorted(database.execute(f"SELECT * FROM {one}")) for one in TABLES}


def undo(path):
    with DecidedStorage(path) as storage:
        return storage.undo()


def run(path, blocks, first):
    application = SUBJECT.make(path)
    answers = [decide(application, height, START + height, txs)
               for height, txs in enumerate(blocks, first)]
    application.close()
    return answers


@settings(max_examples=15)
@given(BLOCKS, BLOCKS, st.lists(st.booleans(), min_size=5, max_size=5))
def test_undone_block_leaves_nothing_and_runs_again_to_the_same_bytes(blocks, others, again):
    first = WORLD.genesis.initial_height
    with tempfile.TemporaryDirectory() as folder:
        straight, wavering = ready(Path(folder) / "a"), ready(Path(folder) / "b")
        expected = run(straight, blocks, first)
        run(wavering, [], first)
        for at, block in enumerate(blocks):
            height = first + at
            before = stored(wavering)
            if again[at]:
                run(wavering, [others[at % len(others)]], height)
                assert undo(wavering) == (height - 1 if at else 0)
                assert stored(wavering) == before
                with pytest.raises(NotFound, match="nothing-to-undo"):
                    undo(wavering)
            assert run(wavering, [block], height) == [expected[at]]
        assert stored(wavering) == stored(straight)


def test_undo_crosses_a_tile_of_the_log_and_pages_that_were_divided(tmp_path):
    first = WORLD.genesis.initial_height
    path = ready(tmp_path / "a")
    blocks = [[WORLD.envelope("XA", at * 2 + half + 1, [
        filing("XA", at * 300 + half * 150 + number) for number in range(150)]) for half in (0, 1)]
        for at in range(3)]
    run(path, blocks[:2], first)
    before = stored(path)
    answer = run(path, blocks[2:], first + 2)
    after = stored(path)
    assert len(after["tile"]) > len(before["tile"])
    assert len(after["page"]) > len(before["page"])
    assert undo(path) == first + 1
    assert stored(path) == before
    assert run(path, blocks[2:], first + 2) == answer
    assert stored(path) == after


def test_a_node_takes_its_last_block_back_and_runs_it_again(cometbft, tmp_path):
    """Ledger and engine together; the block that is run again has the root that it had."""
    cluster = Cluster.make(tmp_path / "net", 1, links="direct")
    (node,) = cluster.nodes.values()
    try:
        cluster.up()
        filing = Filing(cluster)
        for _ in range(3):
            filing.file("XA")
        assert "already-running" in command("node", "rollback", node.folder, "--json", code=5)
        command("node", "stop", node.folder)
        before, decided = stored(node.folder), height(node)
        genesis = node.home.path / GENESIS
        sound = genesis.read_bytes()
        for old in (b'"app": "0"', b'"other": "1"'):  # of a network that was founded before
            genesis.write_bytes(sound.replace(b'"app": "1"', old))
            told = json.loads(command("node", "rollback", node.folder, "--json", code=1))
            assert told["error"] == "rollback-unsafe"
            assert height(node) == decided
        genesis.write_bytes(sound)
        told = json.loads(command("node", "rollback", node.folder, "--json"))
        assert told == {"height": decided - 1}
        assert height(node) == decided - 1
        again = command("node", "rollback", node.folder, "--json", code=3)
        assert json.loads(again)["error"] == "nothing-to-undo"
        command("node", "start", node.folder)
        filing.file("XA")
        command("node", "stop", node.folder)
        after = stored(node.folder)
        assert set(before["entry"]) <= set(after["entry"])
        assert set(before["block"]) <= set(after["block"])
    finally:
        cluster.down()


def height(node):
    with DecidedStorage(node.folder) as storage:
        return storage.decided()
