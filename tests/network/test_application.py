"""The application under the laws of ABCI, and as the same ledger as the solo one."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.abci.grammar import START, Chain, Node, follow, lives
from tests.abci.requirements import Requirements
from tests.network.world import OFFICES, World, filing

from muniment.abci.messages import RequestCommit, RequestFinalizeBlock
from muniment.abci.values import Misbehavior, Timestamp
from muniment.codec import Act, encode, pack, unpacker
from muniment.model.envelope import Envelope
from muniment.model.proposal import digest_of
from muniment.model.validator import address_of
from muniment.network.application import Options, first_since
from muniment.network.queries import Queries
from muniment.network.standing import exec_result, reported
from muniment.node.ledger import Ledger, parse
from muniment.node.promotion import copy_ledger
from muniment.operations.enact import Enact
from muniment.operations.propose import Propose
from muniment.operations.set_parameter import SetParameter
from muniment.operations.vote import CastVote
from muniment.proof.crypto import b64, sha256
from muniment.storage.decided import DecidedStorage
from muniment.storage.protocol import StoredBlock
from muniment.storage.sqlite import SqliteStorage

_FOLDER = tempfile.TemporaryDirectory()
WORLD = World(_FOLDER.name)
SUBJECT = WORLD.subject()


def SUBJECT_KEEPING(blocks, days):
    return WORLD.subject(options=Options(snapshot_every=0, blocks_kept=blocks, days_kept=days))


def test_no_commit_waits_for_a_question_that_looks_at_every_envelope(tmp_path, monkeypatch):
    node = WORLD.node(f"asked-{tmp_path.name}")
    queries = Queries(DecidedStorage(node, read_only=True), 0)
    stored = next(iter(SqliteStorage(node, read_only=True).envelopes(1))).jws
    looked = []
    original = SqliteStorage.has_envelope

    def watched(self, jws):
        looked.append(queries._guard.locked())
        return original(self, jws)

    monkeypatch.setattr(SqliteStorage, "has_envelope", watched)
    for jws, there in ((stored, True), (b"none", False)):
        assert unpacker(bool)(queries.answer("/ledger/has-envelope", pack((jws,)), 0)[1]) is there
    assert looked == [False, False]
    queries.close()


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


BLOCKS = st.lists(st.lists(SUBJECT.tx, max_size=5), min_size=1, max_size=5)
REPORTS = st.lists(st.builds(
    lambda office, height: Misbehavior(
        type=1, validator={"address": bytes.fromhex(
            address_of(b64(WORLD.engine_keys[office].public.raw())))},
        height=height, time=Timestamp(seconds=START), total_voting_power=2),
    st.sampled_from(OFFICES), st.integers(1, 3)), max_size=2)


def decide(application, height, time, txs, misbehavior=()):
    """Have a block decided and committed; return what FinalizeBlock answered."""
    answer = application.finalize_block(RequestFinalizeBlock(
        txs=txs, height=height, time=Timestamp(seconds=time), misbehavior=misbehavior))
    application.commit(RequestCommit())
    return answer


@settings(max_examples=20)
@given(BLOCKS, st.data())
def test_solo_and_network_are_one_ledger_for_any_sequence_of_blocks(blocks, data):
    """The same (height, time, envelopes, misbehaviour): the same leaves, roots and codes."""
    with tempfile.TemporaryDirectory() as folder:
        one, other = Path(folder) / "solo", Path(folder) / "network"
        copy_ledger(WORLD.origin, one)
        application = SUBJECT.make(ready(other))
        with Ledger(SqliteStorage(one)) as solo:
            time = START
            for height, txs in enumerate(blocks, WORLD.genesis.initial_height):
                time += data.draw(st.integers(0, 9))
                reports = data.draw(REPORTS)
                answer = decide(application, height, time, txs, reports)
                parsed = [parse(tx) for tx in txs]
                result = solo.run_block(
                    height, time, [one for one in parsed if isinstance(one, Envelope)],
                    [reported(one) for one in reports])
                executed = iter(result.outcomes)
                outcomes = [next(executed) if isinstance(one, Envelope) else one for one in parsed]
                assert [exec_result(one) for one in outcomes] == list(answer.tx_results)
                assert [(b64(one.pub_key.ed25519), one.power) for one in
                        answer.validator_updates] == [*result.validators]
                assert answer.app_hash == sha256(solo.current().text().encode())
                assert roots(application.standing.ledger) == roots(solo)
            assert list(application.standing.ledger.storage.entries(0, solo.head.size)) == list(
                solo.storage.entries(0, solo.head.size))
        application.close()


def ready(path):
    path.mkdir()
    return path


def roots(ledger):
    return ledger.engine.log.root(), ledger.tree.root(), ledger.head.size


def test_engine_is_told_of_the_size_of_blocks_once_and_only_when_members_changed_it(tmp_path):
    """Empty parameters would count as changed ones: an update of nothing is no update."""
    application = SUBJECT.make(ready(tmp_path / "network"))
    act = Act(encode(SetParameter(name="block-bytes", value=4 * 2**20)))
    height = WORLD.genesis.initial_height
    decided = [
        decide(application, height + step, START, [WORLD.envelope(office, sequence, [operation])])
        for step, (office, sequence, operation) in enumerate([
            ("XA", 900, Propose(act=act, member="XA")),
            ("XA", 901, CastVote(digest=digest_of(act), favour=True, member="XA", proposal=1)),
            ("XB", 902, CastVote(digest=digest_of(act), favour=True, member="XB", proposal=1)),
            ("XB", 903, Enact(act=act, member="XB", proposal=1)),
            ("XB", 904, Propose(act=act, member="XB")),
        ])
    ]
    told = [one.consensus_param_updates.block.max_bytes
            if one.HasField("consensus_param_updates") else None for one in decided]
    assert told == [None, None, None, 4 * 2**20, None]
    assert [one.tx_results[0].code for one in decided] == [0] * 5
    application.close()


def test_young_blocks_stay_however_few_the_operator_keeps(tmp_path):
    """Within 21 days a double vote can be proven, and a light client may begin anywhere."""
    few = SUBJECT_KEEPING(2, 0).make(ready(tmp_path / "few"))
    safe = SUBJECT_KEEPING(2, 21).make(ready(tmp_path / "safe"))
    first = WORLD.genesis.initial_height
    for step in range(5):
        for application in (few, safe):
            application.finalize_block(RequestFinalizeBlock(
                txs=[WORLD.envelope("XA", 900 + step, [filing("XA", 900 + step)])],
                height=first + step, time=Timestamp(seconds=START)))
        assert safe.commit(RequestCommit()).retain_height == 0
        assert few.commit(RequestCommit()).retain_height == max(0, first + step - 2)
    few.close()
    safe.close()


class Blocks:
    """The blocks that changed something, by height and time."""

    def __init__(self, *blocks):
        self._blocks = [StoredBlock(height, time, height) for height, time in blocks]

    def blocks(self, after):
        return (one for one in self._blocks if one.height > after)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5)), max_size=12), st.integers(0, 60))
def test_what_is_needed_since_a_time_begins_after_the_last_older_block(steps, wanted):
    blocks, height, time = [], 0, 0
    for higher, later in steps:
        height, time = height + higher, time + later
        blocks.append((height, time))
    older = [height for height, time in blocks if time < wanted]
    assert first_since(Blocks(*blocks), wanted, height + 3) == max(older, default=0)
