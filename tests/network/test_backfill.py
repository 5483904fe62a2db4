"""The log that a snapshot left out is fetched from another node, and no wrong byte is kept."""

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.abci.grammar import START
from tests.network.nodes import DirectRpc
from tests.network.test_application import WORLD, decide, ready
from tests.network.test_restoring import Offer
from tests.network.test_snapshots import synced  # noqa: F401
from tests.network.test_undo import stored
from tests.network.world import World, filing

from muniment.abci.values import Misbehavior, Timestamp
from muniment.codec import Act, encode, pack
from muniment.model.possession import prove_possession
from muniment.model.proposal import digest_of
from muniment.model.validator import address_of
from muniment.network import backfill, snapshots
from muniment.network.application import LedgerApplication, Options
from muniment.network.backfill import Backfill
from muniment.network.questions import QUESTIONS
from muniment.network.remote import RemoteStorage
from muniment.node.wallet import Wallet
from muniment.operations.confirm_edition import ConfirmEdition
from muniment.operations.enact import Enact
from muniment.operations.enrol_office import EnrolOffice
from muniment.operations.propose import Propose
from muniment.operations.rotate_keys import RotateKeys
from muniment.operations.vote import CastVote
from muniment.proof.crypto import b64
from muniment.proof.errors import LedgerError, Refused, VerificationError
from muniment.storage.decided import DecidedStorage

LOG = ("entry", "envelope", "block", "tile")


def log_of(path):
    return {name: rows for name, rows in stored(path).items() if name in LOG}


@pytest.fixture
def source(synced):  # noqa: F811
    application = LedgerApplication(synced[0], Options(snapshot_every=0))
    yield application
    application.close()


@pytest.fixture
def lacking(synced, tmp_path):  # noqa: F811
    return Path(shutil.copytree(synced[1], tmp_path / "lacking"))


def fetch(path, rpc, stop=None):
    with DecidedStorage(path) as storage, DecidedStorage(path, read_only=True) as reader:
        return Backfill(storage, RemoteStorage(rpc), reader).run(stop or threading.Event())


def test_fetched_log_is_the_other_nodes_log(source, lacking):
    assert fetch(lacking, DirectRpc(source))
    assert log_of(lacking) == log_of(source.directory)
    with DecidedStorage(lacking) as storage:
        assert not storage.missing
        assert storage.restored().size == 0
        assert storage.envelope_at(20)


def test_fetching_goes_on_where_it_was_interrupted(source, lacking):
    rpc = DirectRpc(source)
    with DecidedStorage(lacking) as storage, DecidedStorage(lacking, read_only=True) as reader:
        Backfill(storage, RemoteStorage(rpc), reader).fetch_block()
        Backfill(storage, RemoteStorage(rpc), reader).fetch_block()
        assert 1 < storage.missing.start < storage.missing.stop
        assert len(list(storage.entries(0, storage.missing.start))) == storage.missing.start
    assert fetch(lacking, rpc)
    assert log_of(lacking) == log_of(source.directory)


def changed(value):
    """Yield values of the same form with one part of them changed."""
    if isinstance(value, bool | None):
        return
    if isinstance(value, int):
        yield value + 1
    elif isinstance(value, bytes):
        if value:
            yield value[:-1] + bytes([value[-1] ^ 1])
            yield value[1:]
    elif isinstance(value, list | tuple):
        for at, one in enumerate(value):
            for other in changed(one):
                if hasattr(value, "_replace"):
                    yield value._replace(**{value._fields[at]: other})
                else:
                    yield [*value[:at], other, *value[at + 1:]]
        if isinstance(value, list) and value:
            yield value[:-1]


@pytest.mark.parametrize("name", ["entries", "envelopes", "tiles", "block-at"])
def test_no_changed_answer_of_the_other_node_is_kept(source, lacking, name):
    """Each part of an answer is changed in turn; an honest node then completes the same log."""
    honest = DirectRpc(source)
    lies = 0
    for lie in range(40):
        def spoil(path, value, lie=lie):
            if path != f"/ledger/{name}" or spoil.told:
                return value
            others = list(changed(QUESTIONS[name].answer(value)))
            if not others:
                return value
            spoil.told = True
            return pack(others[lie * 7 % len(others)])

        spoil.told = False
        try:
            fetch(lacking, DirectRpc(source, spoil))
        except LedgerError:
            lies += 1
        with DecidedStorage(lacking, read_only=True) as storage:
            if not storage.missing:
                break
    assert fetch(lacking, honest)
    assert lies >= 1
    assert log_of(lacking) == log_of(source.directory)


class OtherBlock(DirectRpc):
    """Names another block for one, and its envelopes under that one's height."""

    def __init__(self, application, block, told):
        super().__init__(application, self.lie)
        self.block, self.told, self.renames = block, told, False

    def call(self, method, **parameters):
        self.renames = False
        if parameters["path"] == "/ledger/envelopes":
            height, first = QUESTIONS["envelopes"].arguments(bytes.fromhex(parameters["data"]))
            if height == self.told.height:
                self.renames = True
                parameters["data"] = pack((self.block.height, first)).hex()
        return super().call(method, **parameters)

    def lie(self, path, value):
        if path == "/ledger/block-at" and QUESTIONS["block-at"].answer(value) == self.block:
            return pack(self.told)
        if self.renames:
            found = QUESTIONS["envelopes"].answer(value)
            return pack([one._replace(height=self.told.height) for one in found])
        return value


def test_last_block_has_the_height_that_the_snapshot_names(source, lacking):
    """Its leaf came with the snapshot; the envelopes before it must not go under another height."""
    with DecidedStorage(lacking, read_only=True) as storage:
        last = storage.block_at(storage.missing.stop)
    for told in (last._replace(height=last.height + 7_777), last._replace(time=last.time + 1),
                 last._replace(height=last.height - 1), last._replace(position=last.position + 1)):
        with pytest.raises(VerificationError, match="another block for it than the snapshot"):
            fetch(lacking, OtherBlock(source, last, told))
    assert fetch(lacking, DirectRpc(source))
    assert log_of(lacking) == log_of(source.directory)


@pytest.fixture
def reported(tmp_path):
    """Return a node of whose blocks one holds a report of the engine alone, and one restored."""
    source = LedgerApplication(WORLD.node(tmp_path / "source"), Options(snapshot_every=0))
    height = WORLD.genesis.initial_height
    double_vote = Misbehavior(
        type=1, height=height, time=Timestamp(seconds=START), total_voting_power=2,
        validator={"address": bytes.fromhex(
            address_of(b64(WORLD.engine_keys["XB"].public.raw())))})
    decide(source, height, START, [WORLD.envelope("XA", 1, [filing("XA", 1)])])
    decide(source, height + 1, START, [], [double_vote])
    decide(source, height + 2, START, [WORLD.envelope("XA", 2, [filing("XA", 2)])])
    snapshots.make(source.directory)
    offer = Offer(source.directory, ready(tmp_path / "restored"))
    offer.restore()
    offer.application.close()
    yield source, offer.folder
    source.close()


def test_no_block_is_left_out_though_it_holds_no_envelope(reported):
    """A node that names the block after it for its predecessor's entries is not believed."""
    source, folder = reported
    one, other = list(source.standing.storage.blocks(WORLD.genesis.initial_height - 1))[:2]
    with pytest.raises(VerificationError, match="a block ends here"):
        fetch(folder, OtherBlock(source, one, other))
    assert fetch(folder, DirectRpc(source))
    assert log_of(folder) == log_of(source.directory)


def rotates(world, office):
    """Replace an office's key set by the next one, as every office does now and then."""
    wallet = world.wallets[office] = world.wallets[office].rotated()
    key_set = wallet.key_set()
    return RotateKeys(account=office, key_set=key_set, possession=prove_possession(
        office, key_set, world.id, wallet.keys))


def enrols_by_members(world, office):
    """Yield who signs what, until the members enrolled an office."""
    wallet = world.wallets[office] = Wallet.generate(office)
    world.highest[office] = 0
    key_set = wallet.key_set()
    act = Act(encode(EnrolOffice(key_set=key_set, office=office, possession=prove_possession(
        office, key_set, world.id, wallet.keys))))
    yield "XA", Propose(act=act, member="XA")
    for member in ("XA", "XB"):
        yield member, CastVote(digest=digest_of(act), favour=True, member=member, proposal=1)
    yield "XB", Enact(act=act, member="XB", proposal=1)


@pytest.mark.parametrize("office", ["XA", "XB", "XE"])
def test_history_is_fetched_however_its_signer_came_by_the_key_set_since_replaced(
        tmp_path, office):
    """The operator's first set stands in leaf 0, that of an office within what members enacted."""
    world = World(tmp_path / "world")
    source = LedgerApplication(world.node(tmp_path / "source"), Options(snapshot_every=0))
    signed = list(enrols_by_members(world, office)) if office == "XE" else []
    signed.append((office, ConfirmEdition(edition="2027", hash=b64(bytes(32)), office=office)))
    for step, (signer, operation) in enumerate([*signed, (office, None)]):
        decided = decide(source, world.genesis.initial_height + step, START, [world.envelope(
            signer, step + 1, [operation or rotates(world, office)])])
        assert decided.tx_results[0].data[8:] == bytes(2)
    snapshots.make(source.directory)
    offer = Offer(source.directory, ready(tmp_path / "restored"))
    offer.restore()
    offer.application.close()
    assert fetch(offer.folder, DirectRpc(source))
    assert log_of(offer.folder) == log_of(source.directory)
    source.close()


class Failing(DirectRpc):
    """Answers what reads the log as it is told to, or raises that."""

    def __init__(self, application, answer):
        super().__init__(application)
        self.answer = answer

    def call(self, method, **parameters):
        if parameters["path"] in {"/ledger/tiles", "/ledger/block-at"}:
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer
        return super().call(method, **parameters)


def refusing(**error):
    return {"response": {"code": 1, "log": json.dumps(error)}}


@pytest.mark.parametrize("answer", [
    refusing(kind="Malformed", error="x", detail="y"), refusing(kind="Busy", error="x", detail=""),
    {"response": []}, {"response": None}, {}, [], "text", {"response": {"value": 7}},
    {"response": {"code": "many"}}, Refused("node-refused", "no"), RecursionError(), OSError(),
    KeyError("x"), IndexError(), OverflowError(), AttributeError(), UnicodeError(),
])
def test_node_that_answers_nonsense_keeps_nobody_from_asking_the_next(
    source, lacking, answer, monkeypatch
):
    nodes = {"bad": Failing(source, answer), "good": DirectRpc(source)}
    monkeypatch.setattr(backfill, "Rpc", nodes.get)
    monkeypatch.setattr(backfill, "PAUSE_SECONDS", 0)
    with DecidedStorage(lacking) as storage:
        assert backfill.keep_fetching(storage, lacking, list(nodes), threading.Event())
    assert log_of(lacking) == log_of(source.directory)


def test_other_node_that_lacks_entries_itself_is_of_no_use_and_harms_nothing(lacking, tmp_path):
    other = LedgerApplication(Path(shutil.copytree(lacking, tmp_path / "other")))
    with pytest.raises(LedgerError, match="not-here-yet"):
        fetch(lacking, DirectRpc(other))
    other.close()


def test_queries_see_what_was_fetched_once_they_look_again(source, lacking):
    application = LedgerApplication(lacking, Options(snapshot_every=0))
    reading = DirectRpc(application)
    with pytest.raises(LedgerError, match="not-here-yet"):
        RemoteStorage(reading)
    storage = application.standing.storage
    with DecidedStorage(lacking, read_only=True) as reader:
        assert Backfill(storage, RemoteStorage(DirectRpc(source)), reader).run(threading.Event())
    application.standing.queries.look_again()
    assert list(RemoteStorage(reading).entries(0, 50)) == list(
        RemoteStorage(DirectRpc(source)).entries(0, 50))
    application.close()


def test_storage_keeps_nothing_that_is_not_the_next_missing(lacking):
    from muniment.proof.errors import StorageFault
    from muniment.storage.decided import Fetched
    from muniment.storage.protocol import Entry
    with DecidedStorage(lacking) as storage, pytest.raises(StorageFault):
        storage.fill(Fetched(storage.missing.start + 1, [Entry(b"x", None)], [], [], []))
    with closing(sqlite3.connect(lacking / "ledger.db")) as database:
        assert database.execute("SELECT count(*) FROM entry WHERE leaf = 'x'").fetchone() == (0,)
