"""Commit under every fault: the decided block is there whole or not at all, and runs again alike."""

import pytest
from tests.abci.grammar import START
from tests.network.test_application import SUBJECT, WORLD, decide, ready
from tests.network.test_undo import run, stored, undo
from tests.network.world import filing
from tests.scenarios.test_commit_faults import FAULTS, KILLED, FaultyConnection, in_child

from muniment.proof.errors import Fault, StorageFault

FIRST = WORLD.genesis.initial_height
BLOCKS = [
    [WORLD.envelope("XA", 1, [filing("XA", 1), filing("XA", 2)]), b"garbage"],
    [],
    [WORLD.envelope("XA", 2, [filing("XA", 3)]), WORLD.envelope("XB", 1, [filing("XB", 1)])],
    [WORLD.envelope("XA", 3, [filing("XA", 4)])],
]
STATEMENTS = ("BEGIN", "undo pages gone", "undo", "undo pages", "entries", "envelopes", "pages",
              "tiles", "block", "head", "decided", "COMMIT")


def handshake(application, blocks):
    """Run what was decided and not committed, as the engine does when it starts again."""
    info = application.info(None)
    done = info.last_block_height - FIRST + 1 if info.last_block_height else 0
    return done, [decide(application, FIRST + at, START + FIRST + at, blocks[at])
                  for at in range(done, len(blocks))]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("statement", range(len(STATEMENTS)))
def test_fault_at_any_statement_of_a_commit_leaves_the_block_whole_or_absent(
    tmp_path, statement, fault
):
    expected = run(ready(tmp_path / "straight"), BLOCKS, FIRST)
    path = ready(tmp_path / "a")
    run(path, BLOCKS[:2], FIRST)

    def act(acknowledge):
        application = SUBJECT.make(path)
        kept = application.standing.ledger._kept
        kept._db = FaultyConnection(kept._db, statement + 1, fault)
        decide(application, FIRST + 2, START + FIRST + 2, BLOCKS[2])
        acknowledge(2)

    code, acknowledged = in_child(act)
    assert code == (KILLED if fault.startswith("killed") else 1)
    assert acknowledged == []
    application = SUBJECT.make(path)
    done, answers = handshake(application, BLOCKS)
    durable = STATEMENTS[statement] == "COMMIT" and fault in {"persists-then-fails", "killed-after"}
    assert done == (3 if durable else 2)
    assert answers == expected[done:]
    application.close()
    assert stored(path) == stored(tmp_path / "straight")
    assert undo(path) == FIRST + 2


def test_application_whose_commit_failed_answers_nothing_more_until_it_is_started_again(tmp_path):
    path = ready(tmp_path / "a")
    application = SUBJECT.make(path)
    kept = application.standing.ledger._kept
    sound, kept._db = kept._db, FaultyConnection(kept._db, 5, "fails-before")
    with pytest.raises(StorageFault):
        decide(application, FIRST, START, BLOCKS[0])
    kept._db = sound
    assert application.info(None).last_block_height == 0
    # The engine stops on the exception; one that is started now asks for the block again.
    handshake(application, BLOCKS)
    application.close()
    run(ready(tmp_path / "straight"), BLOCKS, FIRST)


def test_engine_that_died_between_finalize_and_commit_gets_the_same_answer(tmp_path):
    path = ready(tmp_path / "a")
    application = SUBJECT.make(path)
    expected = run(ready(tmp_path / "straight"), BLOCKS, FIRST)
    from muniment.abci.messages import RequestFinalizeBlock
    from muniment.abci.values import Timestamp
    for at, block in enumerate(BLOCKS):
        request = RequestFinalizeBlock(txs=block, height=FIRST + at,
                                       time=Timestamp(seconds=START + FIRST + at))
        assert application.finalize_block(request) == expected[at]
        assert application.finalize_block(request) == expected[at]
        application.commit(None)
        with pytest.raises(Fault):
            application.commit(None)
    application.close()
    assert stored(path) == stored(tmp_path / "straight")


@pytest.mark.parametrize("height", [0, FIRST - 1, FIRST + 1, FIRST + 100])
def test_block_that_does_not_follow_is_refused_and_changes_nothing(tmp_path, height):
    path = ready(tmp_path / "a")
    application = SUBJECT.make(path)
    with pytest.raises(Fault):
        decide(application, height, START, BLOCKS[0])
    handshake(application, BLOCKS)
    application.close()
    run(ready(tmp_path / "straight"), BLOCKS, FIRST)
    assert stored(path) == stored(tmp_path / "straight")
