"""What Prometheus reads of a node is what the ledger did, and it never depends on the engine."""

import http.server
import json
import tempfile
import threading
import urllib.request

import pytest
from tests.network.test_application import decide
from tests.network.test_roll_call import ADDRESSES
from tests.network.test_roll_call import Engine as Asked
from tests.network.world import START, World, filing

from muniment.network.application import LedgerApplication
from muniment.network.links import free_ports
from muniment.network.metrics import Figures, listen
from muniment.network.rpc import Rpc
from muniment.proof.errors import Malformed

ANSWERS = {
    "status": {"sync_info": {"latest_block_height": "7", "earliest_block_height": "3",
                             "catching_up": False}, "validator_info": {"voting_power": "10"}},
    "net_info": {"n_peers": "3"},
    "commit": {"signed_header": {"commit": {"signatures": [
        {"block_id_flag": flag, "validator_address": address.upper() if flag > 1 else ""}
        for flag, address in zip((2, 1, 2, 3), ADDRESSES, strict=True)]}}},
    "validators": Asked().validators(6),
}


class Engine(http.server.BaseHTTPRequestHandler):
    answers = ANSWERS

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"id": asked["id"], "result": self.answers.get(asked["method"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def figures_of(figures):
    (port,) = free_ports(1)
    end = listen(figures, f"127.0.0.1:{port}")
    try:
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    finally:
        end()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in text.splitlines() if not line.startswith("#")}


def test_figures_are_what_the_blocks_did():
    with tempfile.TemporaryDirectory() as folder:
        world, figures = World(folder), Figures()
        application = LedgerApplication(world.node("a"), watch=figures.committed)
        first = world.genesis.initial_height
        sound = world.envelope("XA", 1, [filing("XA", 1), filing("XA", 1)])
        decide(application, first, START, [sound, b"garbage"])
        decide(application, first + 1, START + 1, [])
        read = figures_of(figures)
        size = application.standing.ledger.head.size
        application.close()
    assert read['muniment_envelopes_total{outcome="admitted"}'] == 1
    assert sum(value for name, value in read.items()
               if name.startswith("muniment_envelopes_total")) == 2
    assert read['muniment_operations_total{outcome="accepted"}'] == 1
    assert read['muniment_operations_total{outcome="number-already-entered"}'] == 1
    assert read["muniment_blocks_total"] == 1
    assert read["muniment_height"] == first + 1
    assert read["muniment_log_entries"] == size
    assert read["muniment_block_time_seconds"] == START
    assert read["muniment_internal_faults_total"] == 0


def test_figures_of_the_engine_are_asked_when_they_are_read():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        read = figures_of(Figures(Rpc(f"http://127.0.0.1:{server.server_port}")))
    finally:
        server.shutdown()
        server.server_close()
    assert read["muniment_engine_up"] == 1
    assert read["muniment_engine_height"] == 7
    assert read["muniment_engine_peers"] == 3
    assert read["muniment_engine_power"] == 10
    assert read["muniment_validators"] == 4
    assert read["muniment_missing_validators"] == 2


def test_figures_are_read_while_the_engine_is_down():
    (port,) = free_ports(1)
    read = figures_of(Figures(Rpc(f"http://127.0.0.1:{port}", timeout=1)))
    assert read["muniment_engine_up"] == 0
    assert "muniment_engine_height" not in read


@pytest.mark.parametrize("address", ["", "x", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1"])
def test_address_that_is_none_is_refused(address):
    with pytest.raises(Malformed, match="address-malformed"):
        listen(Figures(), address)
