"""Whatever the grammar allows to be called, in whatever order: the same blocks, the same state."""

import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.abci.engine import EngineStopped
from tests.abci.grammar import ATTEMPTS, Block, Chain, Node, follow, heights, lives
from tests.abci.subjects import EXAMPLE


@settings(max_examples=25)
@given(lives(EXAMPLE.tx))
def test_rounds_crashes_and_replays_end_in_the_state_of_an_undisturbed_node(drawn):
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(first=1)
        node = Node(EXAMPLE, f"{folder}/a", chain)
        try:
            for run, cut, application in drawn:
                node.connect()
                node.live(run, cut)
                node.crash(application=application)
            node.connect()
        finally:
            node.end()
        follow(EXAMPLE, f"{folder}/b", chain)


@settings(max_examples=15)
@given(st.data())
def test_a_node_restored_from_a_snapshot_goes_on_like_one_that_executed_all(data):
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(first=data.draw(st.sampled_from([1, 2, 100])))
        source = Node(EXAMPLE, f"{folder}/a", chain)
        fresh = Node(EXAMPLE, f"{folder}/b", chain)
        try:
            source.connect()
            source.live(data.draw(heights(EXAMPLE.tx, 2)) + [((b"z=1",), [
                ("decide", []), ("commit", [])])] * 2, 10_000)
            fresh.state_sync(source, data.draw(ATTEMPTS))
            fresh.live(data.draw(heights(EXAMPLE.tx, 2)), 10_000)
            source.connect()
        finally:
            source.end()
            fresh.end()


def test_a_block_that_does_not_follow_stops_the_engine_and_harms_nothing(tmp_path):
    chain = Chain(first=1, blocks=[Block((b"a=1",), 1), Block((b"a=2",), 2)])
    node = Node(EXAMPLE, tmp_path, chain)
    try:
        node.connect()
        with pytest.raises(EngineStopped, match="block 9 does not follow 2"):
            node.engine.consensus.call("finalize_block", height=9, txs=[b"a=9"])
        node.crash(application=False)
        node.connect()
        assert node.engine.query.call("query", data=b"a").value == b"2"
    finally:
        node.end()
