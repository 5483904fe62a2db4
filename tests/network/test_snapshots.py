"""A node that began from a snapshot: what it restores, what it refuses, what it does not know yet."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.abci.grammar import ATTEMPTS, START, Chain, Node, Subject, heights
from tests.network.test_application import WORLD, decide, ready, roots
from tests.network.world import TXS, filing

from muniment.abci.messages import (
    RequestCheckTx,
    RequestListSnapshots,
    RequestLoadSnapshotChunk,
    RequestQuery,
)
from muniment.network import snapshots
from muniment.network.application import LedgerApplication, Options
from muniment.network.questions import FAILED
from muniment.node.promotion import copy_ledger
from muniment.proof.errors import NotFound
from muniment.storage.decided import DecidedStorage

FIRST = WORLD.genesis.initial_height


class Snapshotting(LedgerApplication):
    """Makes its snapshots at once instead of in another process."""

    def _start_snapshot(self):
        snapshots.make(self.directory)


def subject(*, empty):
    def make(directory):
        if not empty and not (directory / "ledger.db").exists():
            copy_ledger(WORLD.origin, directory)
        return Snapshotting(directory, Options(snapshot_every=2))

    return Subject(make=make, tx=TXS(WORLD), init=WORLD.init(), close=lambda one: one.close())


@settings(max_examples=12)
@given(st.data())
def test_a_node_restored_from_a_snapshot_goes_on_like_one_that_executed_all(data):
    full, fresh = subject(empty=False), subject(empty=True)
    filler = (WORLD.envelope("XA", 900, [filing("XA", 900)]),)
    with tempfile.TemporaryDirectory() as folder:
        chain = Chain(first=FIRST)
        source = Node(full, f"{folder}/a", chain)
        restored = Node(fresh, f"{folder}/b", chain)
        try:
            source.connect()
            source.live(data.draw(heights(full.tx, 2)) + [(filler, [
                ("decide", []), ("commit", [])])] * 4, 10_000)
            restored.state_sync(source, data.draw(ATTEMPTS))
            restored.live(data.draw(heights(full.tx, 2)), 10_000)
            source.connect()
            assert roots(restored.application.standing.ledger) == roots(
                source.application.standing.ledger)
        finally:
            source.end()
            restored.end()


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """Return (source, restored) directories after blocks that fill more than a tile."""
    folder = tmp_path_factory.mktemp("synced")
    full, fresh = subject(empty=False), subject(empty=True)
    chain = Chain(first=FIRST)
    source, restored = Node(full, folder / "a", chain), Node(fresh, folder / "b", chain)
    source.connect()
    blocks = [(WORLD.envelope("XA", at + 1, [filing("XA", 100 * at + one) for one in range(100)]),)
              for at in range(8)]
    run = [(block, [("decide", []), ("commit", [])]) for block in blocks]
    source.live(run[:6], 10_000)
    restored.state_sync(source, [])
    restored.live(run[6:], 10_000)
    source.connect()
    source.end()
    restored.end()
    return folder / "a", folder / "b"


def test_restored_node_grows_the_same_tiles_and_state(synced):
    source, restored = (DecidedStorage(one, read_only=True) for one in synced)
    with source, restored:
        assert restored.head().size == source.head().size > 700
        assert restored.head().frontier == source.head().frontier
        assert restored.head().state_root == source.head().state_root
        last = source.head().size // 256 - 1
        assert restored.tile(0, last) == source.tile(0, last) is not None
        assert restored.missing.start == 1 and len(restored.missing) > 300


def test_restored_node_says_of_each_thing_it_lacks_that_it_is_not_here_yet(synced):
    with DecidedStorage(synced[1], read_only=True) as storage:
        stop = storage.missing.stop
        lacking = [
            lambda: storage.entries(5, 6), lambda: storage.entries(0, 2),
            lambda: storage.entries(stop - 1, stop + 1), lambda: storage.tile(0, 0),
            lambda: storage.tiles(0, 0, 2), lambda: storage.envelope_at(5),
            lambda: storage.block_at(5), lambda: storage.blocks(0),
            lambda: storage.envelopes(FIRST), lambda: storage.has_envelope(b"x"),
        ]
        for ask in lacking:
            with pytest.raises(NotFound, match="not-here-yet"):
                ask()
        assert len(list(storage.entries(0, 1))) == 1
        assert len(list(storage.entries(stop, storage.head().size))) > 100
        assert storage.block_at(stop).position == stop


def test_restored_node_opens_again_and_makes_no_snapshot_of_what_it_lacks(synced, tmp_path):
    path = Path(shutil.copytree(synced[1], tmp_path / "copy"))
    application = LedgerApplication(path, Options(snapshot_every=1))
    ledger = application.standing.ledger
    decide(application, ledger.decided + 1, START + 10_000,
           [WORLD.envelope("XB", 1, [filing("XB", 1)], not_after=START + 20_000)])
    assert application._snapshots is None
    assert ledger.head.size > 700
    application.close()


def test_facts_of_a_snapshot_bear_no_change_of_any_byte(synced):
    (offer,) = snapshots.offers(synced[0], 10**9)[-1:]
    facts = snapshots.read_facts(offer.metadata)
    application = LedgerApplication(synced[0])
    application.close()
    from muniment.proof.checkpoint import Checkpoint
    from muniment.proof.crypto import sha256
    from muniment.proof.errors import LedgerError
    from muniment.proof.merkle import Frontier
    origin = application.standing.ledger.identity.origin
    root = Frontier.load(facts.size, facts.frontier).root()
    app_hash = sha256(Checkpoint(origin, facts.size, root).text().encode())
    snapshots.require_facts(facts, app_hash)
    changed = 0
    for at in range(0, len(offer.metadata), 3):
        data = offer.metadata[:at] + bytes([offer.metadata[at] ^ 1]) + offer.metadata[at + 1:]
        try:
            other = snapshots.read_facts(data)
        except ValueError:
            continue
        if other._replace(chunks=facts.chunks, decided=facts.decided) == facts:
            continue  # the chunks are hashed when they come, the height is the chain's
        with pytest.raises(LedgerError):
            snapshots.require_facts(other, app_hash)
        changed += 1
    assert changed > 50


def test_snapshots_are_few_and_offered_once_two_blocks_followed(tmp_path):
    path = ready(tmp_path / "a")
    copy_ledger(WORLD.origin, path)
    application = Snapshotting(path, Options(snapshot_every=3))
    for height in range(FIRST, FIRST + 12):
        decide(application, height, START + height,
               [WORLD.envelope("XA", height, [filing("XA", height)])])
        offered = [one.height for one in application.list_snapshots(None).snapshots]
        assert all(one + 2 <= height for one in offered)
        assert len(snapshots.heights(path)) <= snapshots.KEPT
    assert offered
    application.close()


def test_whatever_is_sent_to_a_node_without_a_ledger_never_stops_its_engine(tmp_path):
    """The engine syncs its state meanwhile; an exception of the application would end it."""
    application = LedgerApplication(tmp_path)
    for tx in (b"", b"garbage", WORLD.envelope("XA", 1, [filing("XA", 1)])):
        answer = application.check_tx(RequestCheckTx(tx=tx))
        assert (answer.code, answer.codespace) == (FAILED, "no-ledger-yet")
    for path in ("/ledger/head", "/p2p/filter/id/00", "/x"):
        application.query(RequestQuery(path=path))
    assert not application.list_snapshots(RequestListSnapshots()).snapshots
    assert not application.load_snapshot_chunk(RequestLoadSnapshotChunk(height=1)).chunk
    application.close()
