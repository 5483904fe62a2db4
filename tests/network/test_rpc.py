"""A node that answers anything at all: its client neither hangs nor crashes, and says who lied."""

import base64
import json
import socket
import threading
import time

import pytest
from tests.network.nodes import DirectRpc
from tests.network.world import START, World, filing

from muniment.abci.messages import RequestCommit, RequestFinalizeBlock
from muniment.abci.values import Timestamp
from muniment.codec import pack
from muniment.network import rpc as module
from muniment.network import submission
from muniment.network.application import LedgerApplication, Options
from muniment.network.light_block import PAGES_MAX, kept_heights, read_header, read_light_block
from muniment.network.questions import QUESTIONS
from muniment.network.remote import RemoteStorage
from muniment.network.rpc import WHOLE, Rpc
from muniment.network.submission import Submission
from muniment.node.promotion import copy_ledger
from muniment.proof.errors import Busy, LedgerError, Refused, VerificationError


class Server:
    """Answers each connection as it is told."""

    def __init__(self, answer):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(5)
        self._answer = answer
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        with connection:
            try:
                while connection.recv(65_536):
                    self._answer(connection)
            except OSError:
                return

    def close(self):
        self._socket.close()


@pytest.fixture
def serve():
    servers = []

    def serve(answer):
        servers.append(Server(answer))
        return servers[-1].url

    yield serve
    for one in servers:
        one.close()


def saying(body, status="200 OK"):
    def answer(connection):
        connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (
            status.encode(), len(body)) + body)

    return answer


@pytest.mark.parametrize(("body", "kind"), [
    (b'{"error": "boom"}', VerificationError), (b'{"error": [1]}', VerificationError),
    (b"[" * 200_000, VerificationError), (b'{"result":' + b"9" * 5_000 + b"}", VerificationError),
    (b"[]", VerificationError), (b"null", VerificationError), (b"", VerificationError),
    (b"\xff\xfe\x00", VerificationError), (b'{"error": {"message": "no"}}', Refused),
])
def test_an_answer_that_is_none_is_an_error_of_ours(serve, body, kind):
    with pytest.raises(kind):
        Rpc(serve(saying(body)), 2).call("status")


def test_a_proxy_whose_node_is_away_is_asked_again_later(serve):
    with pytest.raises(Busy, match="502"):
        Rpc(serve(saying(b"<html>", "502 Bad Gateway")), 2).call("status")


def test_an_answer_that_drips_is_given_up(serve):
    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)

    def drip_heads(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    for answer in (drip, drip_heads):
        began = time.monotonic()
        with pytest.raises(Busy, match="too long|timed out"):
            Rpc(serve(answer), 0.1).call("status")
        assert WHOLE * 0.1 <= time.monotonic() - began < WHOLE * 0.1 + 2


def test_an_answer_that_is_longer_than_the_bound_is_not_read_on(serve, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_BYTES_MAX", 1_000)
    rpc = Rpc(serve(saying(b'{"result": "' + b"x" * 2_000 + b'"}')), 2)
    with pytest.raises(VerificationError, match="too long"):
        rpc.call("status")


def test_one_connection_serves_many_calls(serve):
    rpc = Rpc(serve(saying(b'{"result": 7}')), 2)
    first = rpc.call("status"), rpc._local.connection.sock
    assert (rpc.call("status"), rpc._local.connection.sock) == first
    rpc.close()
    closing = b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 13\r\n\r\n{"result": 7}'
    assert Rpc(serve(lambda connection: connection.sendall(closing)), 2).call("status") == 7
    chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{"result": 7}\r\n0\r\n\r\n'
    rpc = Rpc(serve(lambda connection: connection.sendall(chunked)), 2)
    assert rpc.call("status") == rpc.call("status") == 7


class Says:
    """A node that gives one answer to everything."""

    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    def call(self, method, **parameters):
        self.asked += 1
        return self.answer

    def close(self):
        pass


SHAPES = [None, [], {}, "x", 5, {"signed_header": None}, {"signed_header": {"header": {}}},
          {"sync_info": []}, {"sync_info": {"earliest_block_height": None}},
          {"response": []}, {"response": {"code": "x"}}, {"response": None},
          {"response": {"code": 1, "log": "[" * 200_000}}, {"response": {"code": 1, "log": "[]"}},
          {"response": {"value": "!"}}, {"response": {"value": base64.b64encode(b"\xc1").decode()}},
          {"genesis": []}, {"code": None}]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: json.dumps(shape)[:40])
def test_an_answer_of_another_shape_is_an_error_of_ours(shape):
    for read in (lambda rpc: read_header(rpc, 5), lambda rpc: read_light_block(rpc, 5),
                 kept_heights, RemoteStorage):
        with pytest.raises(LedgerError):
            read(Says(shape))


def test_a_set_of_validators_without_end_is_not_read_to_its_end():
    key = {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(bytes(32)).decode()}
    node = Says({"total": "999999999999", "validators": [{"pub_key": key, "voting_power": "1"}] * 100})
    with pytest.raises(VerificationError):
        read_light_block(node, 5)
    assert node.asked <= PAGES_MAX + 1


@pytest.fixture
def application(tmp_path):
    world = World(tmp_path / "world")
    copy_ledger(world.origin, tmp_path / "node")
    made = LedgerApplication(tmp_path / "node", Options(snapshot_every=0))
    made.init_chain(world.init())
    made.height = world.genesis.initial_height
    made.finalize_block(RequestFinalizeBlock(
        height=made.height, time=Timestamp(seconds=START),
        txs=[world.envelope("XA", at, [filing("XA", at)]) for at in (1, 2, 3)]))
    made.commit(RequestCommit())
    yield made
    made.close()


@pytest.mark.parametrize("change", [
    lambda first, told: first, lambda first, told: told[::-1],
    lambda first, told: [one._replace(position=10**9) for one in told],
    lambda first, told: [one._replace(height=1) for one in told],
])
def test_envelopes_without_end_or_out_of_order_are_not_believed(application, change):
    told, first = 0, []

    def spoil(path, value):
        nonlocal told, first
        if not path.endswith("/envelopes"):
            return value
        told += 1
        first = first or QUESTIONS["envelopes"].answer(value)
        assert told < 10
        return pack(change(first, QUESTIONS["envelopes"].answer(value) or first))

    storage = RemoteStorage(DirectRpc(application, spoil))
    with pytest.raises(VerificationError, match="envelope"):
        storage.envelopes(application.height)


@pytest.mark.parametrize("answer", [{}, [], None, {"code": "x"}, {"code": None}])
def test_who_does_not_say_whether_it_takes_an_envelope_is_not_believed(application, answer):
    storage = RemoteStorage(DirectRpc(application))
    with pytest.raises(VerificationError):
        Submission(Says(answer), storage).run([b"x\ny\n"])
    storage._rpc.spoil = lambda path, value: pack([])
    with pytest.raises(VerificationError):
        Submission(Says({"code": 0}), storage).run([b"x\ny\n"])


def test_submission_to_a_network_that_stands_still_shows_life_until_it_gives_up(
        application, monkeypatch):
    said = []
    monkeypatch.setattr(submission, "TELL_SECONDS", 0.2)
    monkeypatch.setattr(submission, "PATIENCE_SECONDS", 1.0)
    with pytest.raises(Busy, match="nothing-decided"):
        Submission(Says({"code": 0}), RemoteStorage(DirectRpc(application)),
                   lambda seconds, waiting: said.append((seconds, waiting))).run([b"x\ny\n"])
    assert len(said) in {3, 4}
    assert {waiting for _, waiting in said} == {1}
