"""A node without a ledger and what is offered to it: nothing is stored but the state itself."""

import shutil
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.abci.grammar import START
from tests.network.test_application import decide, ready
from tests.network.test_snapshots import synced  # noqa: F401

from muniment.abci.messages import (
    RequestApplySnapshotChunk,
    RequestInfo,
    RequestOfferSnapshot,
)
from muniment.abci.values import ApplySnapshotChunkResult, OfferSnapshotResult, Snapshot
from muniment.codec import pack, unpacker
from muniment.model.genesis import origin
from muniment.network import restoring, snapshots
from muniment.network.application import LedgerApplication, Options
from muniment.network.chunks import CHUNK_BYTES, ENTRIES_MAX, Chunk, read_chunk, write_chunk
from muniment.node.wallet import write_private
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.crypto import b64, sha256
from muniment.proof.errors import VerificationError
from muniment.proof.merkle import Frontier
from muniment.proof.statetree import leaf_hash
from muniment.storage.decided import DecidedStorage
from muniment.storage.log import divided
from muniment.storage.pages import PagedTree


class Offer:
    """A snapshot of a node, offered to one that has no ledger as its engine would."""

    def __init__(self, source, folder):
        self.folder = folder
        self.snapshot = snapshots.offers(source, 10**9)[0]
        self.facts = snapshots.read_facts(self.snapshot.metadata)
        self.chunks = [snapshots.chunk(source, self.snapshot.height, at)
                       for at in range(self.snapshot.chunks)]
        name = origin("register.test.example", self.facts.genesis)
        root = Frontier.load(self.facts.size, self.facts.frontier).root()
        self.app_hash = sha256(Checkpoint(name, self.facts.size, root).text().encode())
        self.application = None
        self.boot()

    def boot(self):
        if self.application:
            self.application.close()
        self.application = LedgerApplication(self.folder, Options(snapshot_every=0))

    def made(self, facts=None):
        data = pack(facts or self.facts)
        return self.application.offer_snapshot(RequestOfferSnapshot(
            app_hash=self.app_hash, snapshot=Snapshot(
                height=self.snapshot.height, format=self.snapshot.format, hash=sha256(data),
                metadata=data, chunks=len((facts or self.facts).chunks)))).result

    def applied(self, at, data):
        return self.application.apply_snapshot_chunk(
            RequestApplySnapshotChunk(index=at, chunk=data, sender="peer")).result

    def restore(self):
        assert self.made() == OfferSnapshotResult.ACCEPT
        for at, data in enumerate(self.chunks):
            assert self.applied(at, data) == ApplySnapshotChunkResult.ACCEPT

    def info(self):
        return self.application.info(RequestInfo()).last_block_height


@pytest.fixture
def offer(synced, tmp_path, monkeypatch):  # noqa: F811
    """Return the offer of a snapshot in several chunks."""
    source = Path(shutil.copytree(synced[0], tmp_path / "source"))
    shutil.rmtree(source / snapshots.FOLDER)
    monkeypatch.setattr(snapshots, "CHUNK_BYTES", 40_000)
    snapshots.make(source)
    made = Offer(source, ready(tmp_path / "fresh"))
    assert len(made.chunks) > 2
    yield made
    made.application.close()


def test_root_binds_where_one_level_of_the_log_ends(offer):
    """The same hashes spread over other levels would stop the engine at the next full block."""
    assert [len(one) // 32 for one in offer.facts.tiles][1] > 1
    for tiles in (tuple(divided(offer.facts.frontier)[::-1]), (*offer.facts.tiles, b"")):
        forged = offer.facts._replace(tiles=tiles)
        assert forged.frontier == offer.facts.frontier
        assert offer.made(facts=forged) == OfferSnapshotResult.REJECT
    assert offer.made() == OfferSnapshotResult.ACCEPT


def test_node_of_an_earlier_build_is_told_that_it_cannot_read_the_chunks(offer):
    """Their bytes changed with the proofs; under one format each would doubt the other for ever."""
    offer.snapshot = Snapshot(height=offer.snapshot.height, format=1)
    assert offer.made() == OfferSnapshotResult.REJECT_FORMAT


def test_snapshot_that_an_earlier_build_left_is_not_offered(offer, tmp_path):
    """Whoever took it would refuse its chunks and, where all nodes have such ones, never begin."""
    folder = tmp_path / "source" / snapshots.FOLDER / str(offer.snapshot.height)
    assert snapshots.offers(tmp_path / "source", 10**9)
    (folder / snapshots.METADATA).rename(folder / "metadata")
    assert not snapshots.offers(tmp_path / "source", 10**9)


def packed(chunk):
    return zlib.compress(pack(chunk), 9)


def honest(offer):
    return unpacker(Chunk)(zlib.decompress(offer.chunks[0]))


HOSTILE = {
    "nothing": lambda one: one._replace(entries=[]),
    "an entry left out": lambda one: one._replace(entries=one.entries[:3] + one.entries[4:]),
    "the first left out": lambda one: one._replace(entries=one.entries[1:]),
    "one more": lambda one: one._replace(entries=[*one.entries, (b"zz/", b"{}")]),
    "another value": lambda one: one._replace(
        entries=[(one.entries[0][0], b"{}"), *one.entries[1:]]),
    "another key": lambda one: one._replace(
        entries=[(b"a", one.entries[0][1]), *one.entries[1:]]),
    "an entry for a subtree": lambda one: one._replace(
        entries=one.entries[1:], left=[(9, leaf_hash(*one.entries[0]))]),
    "an order": lambda one: one._replace(entries=one.entries[::-1]),
    "long keys": lambda one: one._replace(entries=[(bytes([at]) * 90_000, b"v")
                                                   for at in range(1, 60)]),
    "long values": lambda one: one._replace(entries=[(b"k%05d" % at, b"\0" * 16_000)
                                                     for at in range(500)]),
    "keys that end in zeros": lambda one: one._replace(entries=[(b"a" + bytes(at), b"v")
                                                                for at in range(100)]),
    "empty values": lambda one: one._replace(entries=[(bytes([at]), b"") for at in range(1, 99)]),
    "deep sides": lambda one: one._replace(left=[(at, b"h" * 32) for at in range(5_000)]),
    "bits of no key": lambda one: one._replace(left=[(-1, b"")], right=[(2**60, b"h")]),
    "many small entries": lambda one: one._replace(entries=[
        (at.to_bytes(3), b"v") for at in range(1, ENTRIES_MAX + 2)]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_byte_of_a_hostile_chunk_is_stored(offer, tmp_path, name):
    """The chunk is the one that the metadata names; what follows from the app hash refuses it."""
    data = packed(HOSTILE[name](honest(offer)))
    facts = offer.facts._replace(chunks=(sha256(data), *offer.facts.chunks[1:]))
    assert offer.made(facts=facts) == OfferSnapshotResult.ACCEPT
    assert offer.applied(0, data) == ApplySnapshotChunkResult.REJECT_SNAPSHOT
    assert not (offer.folder / "restoring").exists()
    assert offer.made() == OfferSnapshotResult.ACCEPT
    assert offer.applied(0, offer.chunks[0]) == ApplySnapshotChunkResult.ACCEPT


@pytest.mark.parametrize("data", [
    b"", b"x", b"\0" * 100, zlib.compress(b"\x91" * 100_000), zlib.compress(b"\xff\xff"),
    zlib.compress(b"\0" * (2 * CHUNK_BYTES + 1)), zlib.compress(b"\0" * 9)[:-2],
])
def test_damaged_chunk_is_no_chunk(offer, data):
    facts = offer.facts._replace(chunks=(sha256(data),))
    assert offer.made(facts=facts) == OfferSnapshotResult.ACCEPT
    assert offer.applied(0, data) == ApplySnapshotChunkResult.REJECT_SNAPSHOT


@settings(max_examples=60)
@given(st.sets(st.binary(min_size=1, max_size=6).filter(lambda key: 0 not in key), min_size=1,
               max_size=80), st.data())
def test_any_run_of_entries_is_proven_under_the_root_and_no_other(keys, data):
    pages = {}
    tree = PagedTree(pages.get)
    entries = [(key, b"value of " + key) for key in sorted(keys)]
    tree.apply(entries)
    pages.update(tree.take_changed())
    first = data.draw(st.integers(0, len(entries) - 1))
    run = entries[first : data.draw(st.integers(first + 1, len(entries)))]
    chunk = write_chunk(tree, run)
    assert read_chunk(chunk, tree.root()) == run
    with pytest.raises(VerificationError, match="chunk-unsound"):
        read_chunk(chunk, sha256(b"another"))
    if len(run) > 2:
        one = unpacker(Chunk)(zlib.decompress(chunk))
        with pytest.raises(VerificationError, match="chunk-unsound"):
            read_chunk(packed(one._replace(entries=[run[0], *run[2:]])), tree.root())


def test_node_whose_engine_ended_before_it_noted_the_restore_restores_again(offer):
    """The engine keeps nothing until the last chunk is in; killed then, it offers once more."""
    offer.restore()
    assert offer.info() == offer.facts.decided
    offer.boot()
    assert offer.application.is_fresh
    offer.restore()
    for height in (offer.facts.decided + 1, offer.facts.decided + 2):
        decide(offer.application, height, START + 10_000, [])
        assert not offer.application.is_fresh
        assert offer.made() == OfferSnapshotResult.ABORT
        offer.boot()
    assert offer.info() == offer.facts.decided + 2
    with DecidedStorage(offer.folder, read_only=True) as storage:
        assert b64(storage.head().state_root) == offer.facts.block()[2]


@pytest.fixture
def later(offer, tmp_path):
    """Return the offer of a second snapshot to the node that restored the first."""
    source = LedgerApplication(tmp_path / "source", Options(snapshot_every=0))
    decide(source, offer.facts.decided + 1, START + 10_000, [])
    snapshots.make(source.directory)
    source.close()
    offer.restore()
    offer.application.close()
    made = Offer(source.directory, offer.folder)
    yield made
    made.application.close()


@pytest.mark.parametrize("writing", range(1, 3))
@pytest.mark.parametrize("done", [False, True])
def test_power_that_fails_while_a_restored_ledger_gives_way_leaves_one_that_gives_way_again(
        later, monkeypatch, writing, done):
    """Whichever of the two is there then is known as restored; otherwise each offer would abort."""
    class PowerFails(BaseException):
        pass

    written = []

    def write(path, data):
        written.append(path)
        if len(written) < writing or done:
            write_private(path, data)
        if len(written) == writing:
            raise PowerFails

    monkeypatch.setattr(restoring, "write_private", write)
    with pytest.raises(PowerFails):
        later.restore()
    monkeypatch.undo()
    later.boot()
    assert later.application.is_fresh
    later.restore()
    assert later.info() == later.facts.decided
    decide(later.application, later.facts.decided + 1, START + 20_000, [])
    later.boot()
    assert not later.application.is_fresh


def test_restored_ledger_that_gave_way_to_an_earlier_one_is_forgotten(offer, later, monkeypatch):
    """Power fails between the commit at its height and the removal of the mark."""
    later.restore()
    later.application.close()
    offer.boot()
    offer.restore()
    monkeypatch.setattr(restoring.Restoring, "forget", lambda self: None)
    decide(offer.application, later.facts.decided, START + 10_000, [])
    offer.boot()
    assert offer.info() == later.facts.decided
    assert not offer.application.is_fresh


def test_restored_ledger_stays_until_another_snapshot_is_believed(offer):
    offer.restore()
    offer.boot()
    forged = offer.facts._replace(size=offer.facts.size + 1)
    assert offer.made(facts=forged) == OfferSnapshotResult.REJECT
    assert offer.info() == offer.facts.decided
    assert offer.made() == OfferSnapshotResult.ACCEPT
    assert offer.info() == 0
    offer.boot()
    assert offer.info() == offer.facts.decided
