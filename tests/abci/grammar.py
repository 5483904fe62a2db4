"""Sequences of calls as the specification's grammar allows them, and what must hold of each.

The grammar (spec/abci/abci++_comet_expected_behavior.md of CometBFT v0.38):

    start            = clean-start / recovery
    clean-start      = init-chain [state-sync] consensus-exec
    state-sync       = *(offer *chunk) offer 1*chunk info
    recovery         = info consensus-exec
    consensus-height = *round decide commit
    round            = proposer / non-proposer
    proposer         = *vote [prepare [process]] [extend]
    non-proposer     = *vote [process] [extend]
    extend           = *vote extend-vote *vote

A node is cut at any place and recovers, with its application restarted or not. `Node` gives the
terminals their meaning; a `Subject` says which application stands behind the socket.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from tests.abci.engine import Engine

from muniment.abci.messages import RequestInitChain
from muniment.abci.server import Server
from muniment.abci.values import (
    ApplySnapshotChunkResult,
    OfferSnapshotResult,
    ProposalStatus,
    Timestamp,
    VerifyStatus,
)

START = 1_790_000_000
MAX_TX_BYTES = 1_000_000


@dataclass
class Subject:
    """An application under test.

    `make` opens it in a directory, anew or after a crash; `tx` draws transactions, good and bad;
    `init` is the genesis, whose `initial_height` is the height of the first block. `close` ends
    an application without telling it, as a crash would.
    """

    make: Callable[[Path], Any]
    tx: st.SearchStrategy
    init: RequestInitChain
    close: Callable[[Any], None] = lambda _: None
    queries: tuple[str, ...] = ("", "/store", "/p2p/filter/addr/10.0.0.1:1", "/nothing")


@dataclass(frozen=True)
class Block:
    txs: tuple[bytes, ...]
    time: int


@dataclass
class Chain:
    """The blocks that were decided, the same for every node; what each answered to them."""

    first: int
    blocks: list = field(default_factory=list)
    answers: dict = field(default_factory=dict)

    @property
    def height(self):
        return self.first + len(self.blocks) - 1

    def agree(self, height, answer):
        """Every node answers alike to a block, whatever led to it."""
        told = (answer.app_hash, [(one.code, one.data, one.gas_wanted, one.gas_used)
                                  for one in answer.tx_results],
                [one.SerializeToString(deterministic=True) for one in answer.validator_updates])
        assert self.answers.setdefault(height, told) == told, f"height {height}"

    def app_hash(self, height):
        return self.answers[height][0]


VOTES = st.lists(st.just("vote"), max_size=2)
EXTEND = st.tuples(VOTES, st.just(["extend"]), VOTES).map(lambda parts: sum(parts, []))
OPTIONAL_EXTEND = st.one_of(st.just([]), EXTEND)
PROPOSER = st.tuples(VOTES, st.sampled_from([[], ["prepare"], ["prepare", "process"]]),
                     OPTIONAL_EXTEND).map(lambda parts: sum(parts, []))
NON_PROPOSER = st.tuples(VOTES, st.sampled_from([[], ["process"]]),
                         OPTIONAL_EXTEND).map(lambda parts: sum(parts, []))
ROUNDS = st.lists(st.one_of(PROPOSER, NON_PROPOSER), max_size=3)
ANYTIME = st.sampled_from(["check", "recheck", "query", "echo", "flush", "list", "load", "info"])


@st.composite
def heights(draw, tx, count=3):
    """Draw what happens at some heights: terminals, and the transactions about."""
    made = []
    for _ in range(draw(st.integers(1, count))):
        terminals = sum(draw(ROUNDS), []) + ["decide", "commit"]
        made.append((tuple(draw(st.lists(tx, max_size=4))),
                     [(terminal, draw(st.lists(ANYTIME, max_size=2))) for terminal in terminals]))
    return made


@st.composite
def lives(draw, tx):
    """Draw the lives of a node: each a run of heights, cut somewhere, the application restarted
    with it or not."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        run = draw(heights(tx))
        steps = sum(len(terminals) for _, terminals in run)
        made.append((run, draw(st.integers(0, steps)), draw(st.booleans())))
    return made


class Node:
    """One node: an application behind a socket, and the engine that drives it along a chain."""

    def __init__(self, subject, directory, chain):
        self.subject, self.chain = subject, chain
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.address = f"unix://{self.directory}/app.sock"
        self.server = self.application = self.engine = None
        self.committed = 0
        self.boot()

    def boot(self):
        """Start application and server."""
        self.application = self.subject.make(self.directory)
        self.server = Server(self.application, self.address)
        self.server.start()

    def crash(self, *, application):
        """Cut the engine off; with the application, or not."""
        if self.engine:
            self.engine.close()
            self.engine = None
        if application:
            self.server.stop()
            self.subject.close(self.application)
            self.boot()

    def end(self):
        if self.engine:
            self.engine.close()
        self.server.stop()
        self.subject.close(self.application)

    def connect(self):
        """Shake hands: InitChain at height 0, else what was decided and not committed again."""
        self.engine = Engine(self.address)
        info = self.engine.info()
        assert info.last_block_height == self.committed, "a commit was lost, or came too early"
        if info.last_block_height == 0:
            self.init_chain()
            at = self.chain.first - 1
        else:
            at = info.last_block_height
            assert at <= self.chain.height, "the application is ahead of what was decided"
            assert info.last_block_app_hash == self.chain.app_hash(at)
        for height in range(at + 1, self.chain.height + 1):
            self.decide(height)
            self.commit(height)

    def init_chain(self):
        request = RequestInitChain()
        request.CopyFrom(self.subject.init)
        request.initial_height = self.chain.first
        return self.engine.consensus.call("init_chain", request)

    def block(self, height):
        return self.chain.blocks[height - self.chain.first]

    def about(self, height):
        """Return the fields that say which block is spoken of."""
        block = self.block(height)
        return {"txs": block.txs, "height": height, "time": Timestamp(seconds=block.time),
                "hash": height.to_bytes(32)}

    def decide(self, height):
        answer = self.engine.consensus.call("finalize_block", **self.about(height))
        assert len(answer.tx_results) == len(self.block(height).txs)
        self.chain.agree(height, answer)
        assert self.engine.info().last_block_height == self.committed, "FinalizeBlock committed"

    def commit(self, height):
        answer = self.engine.consensus.call("commit")
        assert 0 <= answer.retain_height <= height
        self.committed = height
        info = self.engine.info()
        assert info.last_block_height == height
        assert info.last_block_app_hash == self.chain.app_hash(height)

    def live(self, run, cut):
        """Run heights until the cut; return how many steps are left."""
        for txs, terminals in run:
            height = self.chain.height + 1
            proposed = Block(txs, START + height)
            last = None
            for terminal, anytime in terminals:
                if cut == 0:
                    return
                cut -= 1
                self.anytime(anytime, txs)
                if terminal == "decide":
                    self.chain.blocks.append(proposed)
                    self.decide(height)
                elif terminal == "commit":
                    self.commit(height)
                else:
                    last = self.round(terminal, proposed, height, last)

    def round(self, terminal, proposed, height, last):
        """Make one call of a round; nothing of it may show in what is decided."""
        about = {"height": height, "time": Timestamp(seconds=proposed.time), "txs": proposed.txs}
        call = self.engine.consensus.call
        if terminal == "prepare":
            answer = call("prepare_proposal", max_tx_bytes=MAX_TX_BYTES, **about)
            assert sum(len(tx) for tx in answer.txs) <= MAX_TX_BYTES
            accepted = call("process_proposal", hash=b"p" * 32, **{**about, "txs": answer.txs})
            assert accepted.status == ProposalStatus.ACCEPT
        elif terminal == "process":
            assert call("process_proposal", hash=b"h" * 32, **about).status in {
                ProposalStatus.ACCEPT, ProposalStatus.REJECT}
        elif terminal == "extend":
            return call("extend_vote", hash=b"h" * 32, **about).vote_extension
        else:
            extension = last if last is not None else b""
            answer = call("verify_vote_extension", hash=b"h" * 32, height=height,
                          validator_address=b"v" * 20, vote_extension=extension)
            assert answer.status == VerifyStatus.ACCEPT
        return last

    def anytime(self, calls, txs):
        """Make calls that may come at any time, on the connections they come on."""
        engine = self.engine
        for call in calls:
            if call in {"check", "recheck"}:
                for tx in txs:
                    engine.mempool.send("check_tx", tx=tx, type=int(call == "recheck"))
                engine.mempool.call("flush")
            elif call == "query":
                for path in self.subject.queries:
                    engine.query.call("query", path=path, data=b"a")
            elif call == "list":
                engine.snapshot.call("list_snapshots")
            elif call == "load":
                engine.snapshot.call("load_snapshot_chunk", height=1, format=1, chunk=0)
            elif call == "echo":
                assert engine.query.call("echo", message="here").message == "here"
            elif call == "info":
                engine.info()
            else:
                engine.mempool.call("flush")

    def state_sync(self, source, attempts):
        """Restore from another node's newest snapshot, after attempts that fail."""
        self.engine = Engine(self.address)
        assert self.engine.info().last_block_height == 0
        self.init_chain()
        snapshots = list(source.engine.snapshot.call("list_snapshots").snapshots)
        assert snapshots, "the source holds no snapshot"
        newest = max(snapshots, key=lambda one: one.height)
        chunks = [source.engine.snapshot.call(
            "load_snapshot_chunk", height=newest.height, format=newest.format, chunk=at).chunk
            for at in range(newest.chunks)]
        app_hash = self.chain.app_hash(newest.height)
        for attempt in attempts:
            self.failing_attempt(attempt, newest, chunks, app_hash)
        assert self.offer(newest, app_hash) == OfferSnapshotResult.ACCEPT
        for at, chunk in enumerate(chunks):
            assert self.apply(at, chunk) == ApplySnapshotChunkResult.ACCEPT
        self.committed = newest.height
        info = self.engine.info()
        assert info.last_block_height == newest.height
        assert info.last_block_app_hash == app_hash
        for height in range(newest.height + 1, self.chain.height + 1):
            self.decide(height)
            self.commit(height)

    def failing_attempt(self, attempt, snapshot, chunks, app_hash):
        """Offer what must not be taken: it is refused, and leaves nothing behind."""
        bad = type(snapshot)()
        bad.CopyFrom(snapshot)
        if attempt == "format":
            bad.format = 4_000_000_000
            assert self.offer(bad, app_hash) == OfferSnapshotResult.REJECT_FORMAT
            return
        if attempt == "abandoned":
            self.offer(snapshot, app_hash)
            for at, chunk in enumerate(chunks[:-1]):
                self.apply(at, chunk)
            return
        if attempt == "hash":
            app_hash = b"\0" * 32
        if attempt == "size":
            bad.chunks = 2**32 - 1
        if self.offer(bad, app_hash) != OfferSnapshotResult.ACCEPT:
            return
        results = []
        for at, chunk in enumerate(chunks):
            spoilt = bytes([chunk[0] ^ 1]) + chunk[1:] if attempt == "chunk" else chunk
            results.append(self.apply(at, spoilt))
        assert set(results) - {ApplySnapshotChunkResult.ACCEPT}, attempt
        assert self.engine.info().last_block_height == 0

    def offer(self, snapshot, app_hash):
        return self.engine.snapshot.call(
            "offer_snapshot", snapshot=snapshot, app_hash=app_hash).result

    def apply(self, at, chunk):
        return self.engine.snapshot.call(
            "apply_snapshot_chunk", index=at, chunk=chunk, sender="peer").result


ATTEMPTS = st.lists(st.sampled_from(["format", "abandoned", "hash", "size", "chunk"]), max_size=3)


def follow(subject, directory, chain):
    """Execute a whole chain in zero rounds on a node that knew nothing of it, as in catch-up."""
    node = Node(subject, directory, chain)
    try:
        node.connect()
    finally:
        node.end()
