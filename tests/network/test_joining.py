"""A new office's node joins a running network with one command on each side."""

import json

import pytest
from tests.network.test_local_network import Filing, wait_for
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.codec import replace
from muniment.network import invite as inviting
from muniment.network.cluster import Cluster
from muniment.network.guests import guests, let_in
from muniment.network.node import Node
from muniment.network.remote_ledger import RemoteLedger
from muniment.proof.errors import Fault, LedgerError, Malformed, OutOfTurn


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("joined") / "net"
    cluster = Cluster.make(folder, 4, links="direct")
    cluster.up()
    yield cluster
    cluster.down()


def run(*words, code=0):
    ran = CliRunner().invoke(app, [str(word) for word in words])
    assert ran.exit_code == code, ran.output
    return ran.output


@pytest.fixture(scope="module")
def invited(network, tmp_path_factory):
    filing = Filing(network)
    for _ in range(3):
        filing.file("XA")
    file = tmp_path_factory.mktemp("invitation") / "invitation.json"
    told = json.loads(run("network", "invite", network.nodes["XA"].folder, "--out", file,
                          "--json"))
    return filing, file, told["fingerprint"]


def test_node_joins_by_one_command_on_each_side_and_leaves_with_its_history(
    network, invited, tmp_path
):
    filing, file, fingerprint = invited
    filing.file("XB")
    joined = json.loads(run("join", file, tmp_path / "xe", "--office", "XE", "--fingerprint",
                            fingerprint, "--json"))
    node = Node(tmp_path / "xe")
    try:
        filing.file("XC")
        height = network.nodes["XA"].rpc().call("status")["sync_info"]["latest_block_height"]
        wait_for(lambda: int(node.rpc().call("status")["sync_info"]["latest_block_height"])
                 >= int(height), "the new node")
        hashes = {one.rpc().call("commit", height=height)["signed_header"]["header"]["app_hash"]
                  for one in (node, network.nodes["XB"])}
        assert len(hashes) == 1
        assert int(node.rpc().call("status")["validator_info"]["voting_power"]) == 0
        def is_complete():
            with RemoteLedger(joined["url"]) as one, RemoteLedger(
                    network.nodes["XA"].plan().place.url) as other:
                return one.log_root(one.head.size) == other.log_root(one.head.size)

        wait_for(is_complete, "the history")
    finally:
        node.stop()
    assert "SOUND" in run("ledger", "verify", "--ledger", tmp_path / "xe")


def test_other_digits_are_refused_before_anything_is_made(invited, tmp_path):
    _, file, fingerprint = invited
    wrong = fingerprint[:-1] + str((int(fingerprint[-1]) + 1) % 10)
    assert "fingerprint-differs" in run("join", file, tmp_path / "xe", "--fingerprint", wrong,
                                        "--json", code=1)
    assert not (tmp_path / "xe").exists()


@pytest.mark.parametrize("member", ["header", "height", "genesis", "chain_id", "origin",
                                    "edition_hash"])
def test_digits_cover_all_that_the_new_node_trusts(invited, member):
    made = inviting.read_invitation(invited[1].read_bytes())
    value = getattr(made, member)
    other = value + 1 if isinstance(value, int) else "x" + value[1:]
    assert replace(made, **{member: other}).fingerprint() != made.fingerprint()


def test_invitation_that_is_over_altered_or_of_other_rules_is_refused(invited):
    data = invited[1].read_bytes()
    with pytest.raises(OutOfTurn, match="invitation-over"):
        inviting.read_invitation(data, now=lambda: 2**40)
    for bad in (b"", b"{}", data[:-9], data.replace(b'"format"', b'"former"'), b"\xff" * 50):
        with pytest.raises(Malformed, match="invitation-malformed"):
            inviting.read_invitation(bad)
    made = json.loads(data)
    made["edition_hash"] = "A" * 43
    with pytest.raises((Fault, LedgerError)):
        inviting.read_invitation(json.dumps(made, sort_keys=True, separators=(",", ":")).encode())


def test_guest_is_let_in_until_his_time_is_over(tmp_path):
    let_in(tmp_path, "ab" * 20, 100)
    let_in(tmp_path, "cd" * 20, 200)
    assert guests(tmp_path, now=lambda: 150) == {"cd" * 20}
    assert guests(tmp_path / "none") == frozenset()
