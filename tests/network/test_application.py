"""The application under the laws of ABCI, and as the same ledger as the solo one."""

import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.abci.grammar import Chain, Node, follow, lives
from tests.abci.requirements import Requirements
from tests.network.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"))


_FOLDER = tempfile.TemporaryDirectory()
WORLD = World(_FOLDER.name)
SUBJECT = WORLD.subject()


class TestRequirements(Requirements):
    subject = SUBJECT


@settings(max_examples=15)
@given(lives(SUBJECT.tx))
def test_rounds_crashes_and_replays_end_in_the_state_of_an_undisturbed_node(drawn):
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(first=WORLD.genesis.initial_height)
        node = Node(SUBJECT, f"{folder}/a", chain)
        try:
            for run, cut, application in drawn:
                node.connect()
                node.live(run, cut)
                node.crash(application=application)
            node.connect()
        finally:
            node.end()
        follow(SUBJECT, f"{folder}/b", chain)
