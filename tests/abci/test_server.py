"""The server keeps order, bounds and its life, whatever a connection sends."""

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.abci.engine import Client, Engine, EngineStopped

from muniment.abci.application import Application
from muniment.abci.framing import framed, varint
from muniment.abci.messages import Request, ResponseCheckTx, ResponseInfo, ResponseQuery
from muniment.abci.server import CONNECTIONS_MAX, Server


class Told(Application):
    """Answers with what it was asked, fails where it is told to, and counts."""

    def __init__(self):
        self.running = self.most = 0
        self.hold = threading.Event()
        self.hold.set()

    def check_tx(self, request):
        return ResponseCheckTx(data=request.tx)

    def query(self, request):
        if request.path == "fail":
            raise OSError(28, "No space left on device")
        if request.path == "wrong":
            return ResponseInfo()
        if request.path == "nothing":
            return None
        return ResponseQuery(value=request.data)

    def commit(self, request):
        self.running += 1
        self.most = max(self.most, self.running)
        self.hold.wait(20)
        time.sleep(0.005)
        self.running -= 1
        return super().commit(request)


@pytest.fixture
def address(tmp_path):
    return f"unix://{tmp_path}/app.sock"


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def server(told, address):
    with Server(told, address) as running:
        yield running


def raw(address, data):
    """Send bytes, close the sending side, and return all that comes back."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(address.removeprefix("unix://"))
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(65_536):
            received += more
        return received


def test_answers_come_in_the_order_of_requests(server, address):
    client = Client(address)
    for number in range(500):
        client.send("check_tx", tx=number.to_bytes(2))
        if number % 7 == 0:
            client.send("echo", message=str(number))
    client.send("flush")
    for number in range(500):
        assert client.receive().data == number.to_bytes(2)
        if number % 7 == 0:
            assert client.receive().message == str(number)
    client.receive()
    client.close()


def test_connections_do_not_wait_for_each_other(server, told, address):
    told.hold.clear()
    with Engine(address) as engine:
        engine.consensus.send("commit")
        engine.consensus.send("flush")
        assert engine.mempool.call("check_tx", tx=b"1").data == b"1"
        assert engine.query.call("query", data=b"2").value == b"2"
        told.hold.set()
        engine.consensus.receive()


def test_consensus_of_two_engines_is_one_call_at_a_time(server, told, address):
    clients = [Client(address) for _ in range(4)]
    for _ in range(5):
        for client in clients:
            client.send("commit")
    for client in clients:
        client.call("flush")
        client.close()
    assert told.most == 1


@pytest.mark.parametrize(("path", "said"), [
    ("fail", "No space left on device"), ("wrong", "ResponseInfo is no answer to query"),
    ("nothing", "no answer to query"),
])
def test_a_failing_application_ends_its_connection_with_an_exception(
        server, address, path, said):
    client, other = Client(address), Client(address)
    client.send("query", data=b"before")
    client.send("query", path=path)
    client.send("query", data=b"never answered")
    client.send("flush")
    assert client.receive().value == b"before"
    with pytest.raises(EngineStopped, match=said):
        client.receive()
    with pytest.raises(EngineStopped, match="closed"):
        client.receive()
    assert other.call("query", data=b"x").value == b"x"
    assert Client(address).call("query", data=b"again").value == b"again"


@pytest.mark.parametrize("request_bytes", [
    framed(b""), framed(b"\xff"), framed(b"\x12"), framed(varint(21 << 3 | 2) + b"\x00"),
    varint(2**31), b"\xff" * 12, framed(Request(echo={"message": "x"}).SerializeToString())[:-1],
])
def test_a_malformed_request_gets_an_exception_and_the_server_lives(
        server, address, request_bytes):
    answer = raw(address, request_bytes)
    assert answer[1:2] == b"\x0a"  # field 1 of a response: the exception
    assert Client(address).call("echo", message="alive").message == "alive"


@given(st.binary(max_size=200))
def test_no_bytes_end_the_server(data):
    raw(ALWAYS.address, data)
    client = Client(ALWAYS.address)
    assert client.call("echo", message="alive").message == "alive"
    client.close()


def test_answers_are_sent_without_a_flush_once_nothing_more_comes(server, address):
    client = Client(address)
    client.send("check_tx", tx=b"lonely")
    assert client.receive().data == b"lonely"


def test_a_message_over_the_bound_is_refused(told, address):
    with Server(told, address, frame_bytes_max=1_000):
        client = Client(address)
        assert client.call("check_tx", tx=b"x" * 900).data == b"x" * 900
        client.send("check_tx", tx=b"x" * 1_001)
        with pytest.raises(EngineStopped, match="at most 1000"):
            client.receive()


def test_large_messages_pass_whole(server, address):
    tx = bytes(range(256)) * 40_000
    assert Client(address).call("check_tx", tx=tx).data == tx


def test_a_stop_lets_the_running_call_end_and_be_answered(told, address):
    server = Server(told, address)
    server.start()
    told.hold.clear()
    client = Client(address)
    client.send("commit")
    client.send("flush")
    while not told.running:
        time.sleep(0.001)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    told.hold.set()
    client.receive()
    client.receive()
    stopping.join(20)
    assert not stopping.is_alive()
    with pytest.raises(OSError):
        Client(address)


def test_an_engine_that_died_is_followed_by_another(server, address):
    for _ in range(5):
        engine = Engine(address)
        engine.consensus.send("commit")
        engine.close()
    with Engine(address) as engine:
        assert engine.mempool.call("check_tx", tx=b"1").data == b"1"


def test_a_socket_left_behind_is_replaced_and_a_live_one_is_not(told, address, tmp_path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(address.removeprefix("unix://"))
    left.close()
    with Server(told, address):
        assert (tmp_path / "app.sock").stat().st_mode & 0o777 == 0o600
        with pytest.raises(FileExistsError, match="a server listens"):
            Server(told, address).start()
    (tmp_path / "app.sock").write_text("a file")
    with pytest.raises(FileExistsError, match="not a socket"):
        Server(told, address).start()


@pytest.mark.parametrize("bad", ["tcp://127.0.0.1:1", "unix://relative", "/path", "unix:///" +
                                 "x" * 200])
def test_other_addresses_are_refused(told, bad):
    with pytest.raises(ValueError, match="unix:///path|at most 107"):
        Server(told, bad)


def test_connections_are_bounded(server, address):
    clients = [Client(address) for _ in range(CONNECTIONS_MAX)]
    for client in clients:
        client.call("echo", message="in")
    with pytest.raises(EngineStopped):
        Client(address).call("echo", message="one too many")
    clients.pop().close()
    until = time.monotonic() + 10
    while True:
        try:
            Client(address).call("echo", message="in again")
        except EngineStopped:
            assert time.monotonic() < until
            time.sleep(0.01)
        else:
            return


def test_neutral_answers_are_those_of_the_specification(address):
    with Server(Application(), address), Engine(address) as engine:
        call = engine.consensus.call
        assert engine.info().last_block_height == 0
        assert not call("init_chain").validators
        assert list(call("prepare_proposal", max_tx_bytes=8, txs=[b"12", b"34", b"5"]).txs) == [
            b"12", b"34"]
        assert call("process_proposal", txs=[b"1"]).status == 1
        assert call("extend_vote").vote_extension == b""
        assert call("verify_vote_extension").status == 1
        assert call("verify_vote_extension", vote_extension=b"x").status == 2
        assert [one.code for one in call("finalize_block", txs=[b"1", b"2"]).tx_results] == [0, 0]
        assert call("commit").retain_height == 0
        assert not engine.snapshot.call("list_snapshots").snapshots
        assert engine.snapshot.call("offer_snapshot").result == 2
        assert engine.snapshot.call("load_snapshot_chunk").chunk == b""
        assert engine.snapshot.call("apply_snapshot_chunk").result == 2


class Always:
    """One server for the many examples of a property."""

    address = None


ALWAYS = Always()


@pytest.fixture(autouse=True, scope="module")
def always(tmp_path_factory):
    ALWAYS.address = f"unix://{tmp_path_factory.mktemp('always')}/app.sock"
    with Server(Told(), ALWAYS.address):
        yield
