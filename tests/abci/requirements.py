"""The specification's requirements 1 to 13 of an application, each a test of its name.

Source: spec/abci/abci++_app_requirements.md of CometBFT v0.38. Subclass `Requirements` in a test
module, name the class `Test...`, and give it a `subject`.
"""

import tempfile
import threading
from contextlib import contextmanager

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.abci.grammar import START, Block, Chain, Node

from muniment.abci.application import fitting
from muniment.abci.values import ProposalStatus, Timestamp, VerifyStatus

FEW = settings(max_examples=15, suppress_health_check=list(HealthCheck))


def proto_bytes(txs):
    """Return the bytes of transactions as the engine counts them: with tags and lengths."""
    return sum(1 + (max(len(tx).bit_length(), 1) + 6) // 7 + len(tx) for tx in txs)


class Requirements:
    """Laws of any application; `subject` is the one under test."""

    subject = None

    @contextmanager
    def nodes(self, count=1, blocks=()):
        """Yield nodes that executed the same blocks."""
        with tempfile.TemporaryDirectory() as folder:
            chain = Chain(first=max(self.subject.init.initial_height, 1))
            for txs in blocks:
                chain.blocks.append(Block(tuple(txs), START + chain.height + 1))
            made = []
            try:
                for number in range(count):
                    made.append(Node(self.subject, f"{folder}/{number}", chain))
                    made[-1].connect()
                yield made
            finally:
                for node in made:
                    node.end()

    def about(self, node, txs):
        height = node.chain.height + 1
        return {"height": height, "time": Timestamp(seconds=START + height), "txs": txs}

    def prepare(self, node, txs, max_tx_bytes=1_000_000):
        return list(node.engine.consensus.call(
            "prepare_proposal", max_tx_bytes=max_tx_bytes, **self.about(node, txs)).txs)

    def process(self, node, txs):
        return node.engine.consensus.call(
            "process_proposal", hash=b"h" * 32, **self.about(node, txs)).status

    def extend(self, node, txs=()):
        return node.engine.consensus.call(
            "extend_vote", hash=b"h" * 32, **self.about(node, txs)).vote_extension

    def verify(self, node, extension):
        return node.engine.consensus.call(
            "verify_vote_extension", hash=b"h" * 32, validator_address=b"v" * 20,
            height=node.chain.height + 1, vote_extension=extension).status

    def next_block(self, node, txs):
        height = node.chain.height + 1
        node.chain.blocks.append(Block(tuple(txs), START + height))
        node.decide(height)
        node.commit(height)

    def blocks(self, data, **sizes):
        txs = st.lists(self.subject.tx, max_size=4)
        return data.draw(st.lists(txs, **{"min_size": 1, "max_size": 3, **sizes}))

    def test_requirement_1_a_proposal_waits_for_nothing_but_itself(self):
        with self.nodes() as (node,):
            held, asked = threading.Event(), threading.Event()
            answer = node.application.query

            def slow(request):
                asked.set()
                held.wait(20)
                return answer(request)

            node.application.query = slow
            try:
                node.engine.query.send("query", path="", data=b"a")
                node.engine.query.send("flush")
                assert asked.wait(10)
                assert self.prepare(node, []) == []
            finally:
                held.set()

    @FEW
    @given(st.data())
    def test_requirement_2_a_prepared_proposal_keeps_to_its_bytes(self, data):
        with self.nodes() as (node,):
            for _ in range(4):
                txs = data.draw(st.lists(self.subject.tx, max_size=8))
                bound = data.draw(st.integers(0, proto_bytes(txs) + 1))
                assert proto_bytes(self.prepare(node, txs, bound)) <= bound

    @FEW
    @given(st.data())
    def test_requirement_3_what_one_prepares_the_other_accepts(self, data):
        with self.nodes(2, self.blocks(data)) as (one, other):
            for _ in range(3):
                txs = data.draw(st.lists(self.subject.tx, max_size=8))
                prepared = self.prepare(one, txs)
                assert self.process(other, prepared) == ProposalStatus.ACCEPT
                assert self.process(one, prepared) == ProposalStatus.ACCEPT

    @FEW
    @given(st.data())
    def test_requirement_4_acceptance_depends_on_state_and_block_alone(self, data):
        with self.nodes(1, self.blocks(data)) as (node,):
            proposals = [data.draw(st.lists(self.subject.tx, max_size=4)) for _ in range(3)]
            first = [self.process(node, txs) for txs in proposals]
            node.anytime(["check", "query", "info"], proposals[0])
            assert [self.process(node, txs) for txs in reversed(proposals)] == first[::-1]
            node.crash(application=True)
            node.connect()
            assert [self.process(node, txs) for txs in proposals] == first

    @FEW
    @given(st.data())
    def test_requirement_5_two_processes_accept_the_same_blocks(self, data):
        with self.nodes(2, self.blocks(data)) as (one, other):
            for _ in range(4):
                txs = data.draw(st.lists(st.one_of(self.subject.tx, st.binary(max_size=64)),
                                         max_size=4))
                assert self.process(one, txs) == self.process(other, txs)

    @FEW
    @given(st.data())
    def test_requirement_6_what_one_extends_the_other_takes(self, data):
        with self.nodes(2, self.blocks(data)) as (one, other):
            assert self.verify(other, self.extend(one)) == VerifyStatus.ACCEPT

    @FEW
    @given(st.binary(max_size=64), st.data())
    def test_requirement_7_an_extension_is_judged_by_state_and_itself(self, extension, data):
        with self.nodes(1, self.blocks(data)) as (node,):
            first = self.verify(node, extension)
            self.extend(node)
            node.anytime(["check", "query"], data.draw(st.lists(self.subject.tx, max_size=2)))
            assert self.verify(node, extension) == first

    @FEW
    @given(st.binary(max_size=64), st.data())
    def test_requirement_8_two_processes_judge_an_extension_alike(self, extension, data):
        with self.nodes(2, self.blocks(data)) as (one, other):
            assert self.verify(one, extension) == self.verify(other, extension)

    @FEW
    @given(st.data())
    def test_requirement_9_rounds_leave_no_mark(self, data):
        with self.nodes(2, self.blocks(data)) as (one, other):
            before = one.engine.info().SerializeToString()
            for _ in range(3):
                txs = data.draw(st.lists(self.subject.tx, max_size=4))
                self.process(one, self.prepare(one, txs))
                self.process(one, txs)
                self.verify(one, self.extend(one, txs))
            assert one.engine.info().SerializeToString() == before
            self.next_block(one, data.draw(st.lists(self.subject.tx, max_size=4)))
            other.decide(one.chain.height)  # `agree` compares with what `one` answered

    @FEW
    @given(st.binary(max_size=64), st.data())
    def test_requirement_10_no_extension_reaches_the_state(self, extension, data):
        with self.nodes(2, self.blocks(data)) as (one, other):
            self.verify(one, extension)
            self.verify(one, self.extend(one))
            self.next_block(one, data.draw(st.lists(self.subject.tx, max_size=4)))
            other.decide(one.chain.height)

    @FEW
    @given(st.data())
    def test_requirement_11_state_depends_on_last_state_and_block_alone(self, data):
        with self.nodes(2, self.blocks(data)) as (one, other):
            for txs in self.blocks(data):
                one.anytime(["check", "query", "recheck"], txs)
                self.process(one, self.prepare(one, txs))
                self.next_block(one, txs)
            one.crash(application=True)
            one.connect()
            for height in range(other.engine.info().last_block_height + 1, one.chain.height + 1):
                other.decide(height)
                other.commit(height)

    @FEW
    @given(st.data())
    def test_requirement_12_results_depend_on_last_state_and_block_alone(self, data):
        with self.nodes(1, self.blocks(data)) as (node,):
            txs = data.draw(st.lists(self.subject.tx, min_size=1, max_size=4))
            height = node.chain.height + 1
            node.chain.blocks.append(Block(tuple(txs), START + height))
            for restarted in (False, False, True):
                node.decide(height)  # each time as the first time: nothing was committed between
                node.crash(application=restarted)
                node.connect()
                if node.engine.info().last_block_height == height:
                    break
            assert node.engine.info().last_block_height == height

    @FEW
    @given(st.data())
    def test_requirement_13_a_check_does_not_oscillate_for_ever(self, data):
        with self.nodes(2) as (one, other):
            txs = data.draw(st.lists(self.subject.tx, min_size=1, max_size=3))
            seen = {tx: [] for tx in txs}
            for included in (txs, [], [], []):
                self.next_block(one, included)
                other.decide(one.chain.height)
                other.commit(one.chain.height)
                for tx in txs:
                    codes = {node.engine.mempool.call("check_tx", tx=tx, type=kind).code
                             for node in (one, other) for kind in (0, 1, 0)}
                    assert len(codes) == 1
                    seen[tx].append(codes.pop() == 0)
            assert all(len(set(history[-3:])) == 1 for history in seen.values())


def test_the_counting_of_bytes_is_the_engines():
    """The bytes of `Data.txs` in a block: tag, length, transaction."""
    for size in (0, 1, 127, 128, 16_383, 16_384):
        tx = b"x" * size
        assert fitting([tx], proto_bytes([tx])) == [tx]
        assert fitting([tx], proto_bytes([tx]) - 1) == []
