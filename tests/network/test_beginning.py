"""What an office is told while its node begins: nothing that has to be awaited is awaited in silence."""

import json
from types import SimpleNamespace

import pytest

from muniment.cli.join import _warn_of_loopback
from muniment.network import invite as inviting
from muniment.network import progress
from muniment.network.home import Place
from muniment.network.logs import last_complaint
from muniment.network.node import Node, Plan
from muniment.proof.errors import Busy
from muniment.vault.vault import VAULT_FILE, VAULT_KEY_FILE, begin_vault


class Network:
    """A node's RPC; at each question the network stands one block higher, up to a height."""

    def __init__(self, height, top, peers=0):
        self.height, self.top, self.peers = height, top, peers

    def call(self, method):
        if method == "net_info":
            return {"n_peers": str(self.peers)}
        self.height = min(self.height + 1, self.top)
        return {"sync_info": {"latest_block_height": str(self.height), "catching_up": True}}

    def close(self):
        pass


@pytest.fixture
def at_once(monkeypatch):
    """No test waits: the clock moves a second at each look."""
    clock = iter(range(10_000))
    for module in (inviting, progress):
        monkeypatch.setattr(module.time, "sleep", lambda _: None)
        monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))


def test_invitation_waits_for_the_blocks_that_a_new_network_lacks(at_once):
    """`promote` ends at the first block, and `invite` is what it says comes next."""
    said = []
    assert inviting._await_blocks(Network(17, 30), 18, said.append) == 18
    assert set(said) == {"waiting for block 20: one comes by itself every ten seconds, or every "
                         "minute by the profile wan"}
    assert len(said) == 2
    with pytest.raises(Busy, match="chain-too-short"):
        inviting._await_blocks(Network(17, 19), 18, said.append)


class Running(Node):
    """A node whose supervisor runs and whose engine is another's answers."""

    def __init__(self, folder, log=""):
        super().__init__(folder)
        self.write_plan(Plan("XE", Place("127.0.0.1", 1, 2)))
        self.supervisor.pid = lambda: 1
        self.engine.tail = lambda: log


LOG = """{"level":"error","_msg":"Error dialing peer","err":"auth failure: EOF","module":"p2p"}
{"level":"info","_msg":"Discovering snapshots for 5s","module":"statesync"}
"""


def test_node_that_nobody_lets_in_says_so_within_a_minute_and_in_words(
    tmp_path, monkeypatch, at_once
):
    monkeypatch.setattr(progress, "Rpc", lambda *_: Network(-1, 0))
    said = []
    with pytest.raises(Busy, match=r"no-peer.*Error dialing peer: auth failure: EOF") as caught:
        progress.await_ledger(Running(tmp_path, LOG), 5, lambda *stage: said.append(stage))
    assert "{" not in str(caught.value)
    assert "node stop" in caught.value.remedy
    assert len(said) < 70
    assert {stage for stage, _, _ in said} == {"connecting to a peer"}


def test_what_a_node_does_while_it_begins_is_told(tmp_path, monkeypatch, at_once):
    said = []
    network = Network(-1, 0, peers=1)
    monkeypatch.setattr(progress, "Rpc", lambda *_: network)

    def stage(what, height, _):
        said.append(what)
        if len(said) == 2:
            (tmp_path / "restoring").mkdir()
        elif len(said) == 4:
            (tmp_path / "restoring").rmdir()
            network.top = 9
            network.call = lambda method, call=network.call: json.loads(
                json.dumps(call(method)).replace("true", "false" if network.height > 7 else "true"))

    assert progress.await_ledger(Running(tmp_path), 5, stage) == 8
    assert list(dict.fromkeys(said)) == [
        "looking for a snapshot and for blocks after it", "fetching the state, each part proven",
        "catching up with the newest blocks"]


@pytest.mark.parametrize(("text", "said"), [
    ("", "nothing"),
    (LOG, "Error dialing peer: auth failure: EOF"),
    ('{"level":"info","event":"serving"}\n', "serving"),
    (LOG + "panic: runtime error: out of disk\n\ngoroutine 1 [running]:\nmain.main()\n",
     "panic: runtime error: out of disk"),
    ('{"level": "error", "event": "cannot start", "error": "no engine"}\n{"trunc',
     "cannot start: no engine"),
    ('[1]\n"x"\nplain\n', "plain"),
])
def test_a_log_is_told_in_words_and_a_panic_before_all_else(text, said):
    assert last_complaint(text) == said


def test_a_vault_begins_once_and_a_lost_key_is_never_replaced(tmp_path):
    begin_vault(tmp_path)
    key = (tmp_path / "keys" / VAULT_KEY_FILE).read_bytes()
    begin_vault(tmp_path)
    assert (tmp_path / "keys" / VAULT_KEY_FILE).read_bytes() == key
    (tmp_path / VAULT_FILE).touch()
    (tmp_path / "keys" / VAULT_KEY_FILE).unlink()
    begin_vault(tmp_path)
    assert not (tmp_path / "keys" / VAULT_KEY_FILE).exists()


@pytest.mark.parametrize(("host", "warned"), [
    ("127.0.0.1:26656", True), ("10.0.0.1:26656", False), ("127.0.0.1.example:1", False)])
def test_invitation_to_this_machine_alone_says_so(host, warned, capsys):
    _warn_of_loopback(SimpleNamespace(host=host, rpc="http://127.0.0.1:26657"))
    said = capsys.readouterr().err
    assert ("no other machine reaches" in said) == warned
    assert ("--listen" in said) == warned
