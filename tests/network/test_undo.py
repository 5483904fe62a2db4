"""The last decided block can be taken back: what is run again is the same to the byte."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.abci.grammar import START
from tests.network.test_application import BLOCKS, SUBJECT, WORLD, decide, ready
from tests.network.world import filing

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
