"""A new office's node joins a running network with one command on each side."""

import json

import pytest
from tests.network.conftest import LINE
from tests.network.test_local_network import Filing, wait_for
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.network import invite as inviting
from muniment.network.cluster import Cluster
from muniment.network.guests import GUESTS_FILE
from muniment.network.leave import leave
from muniment.network.node import Node
from muniment.network.remote_ledger import RemoteLedger
from muniment.node.policy import newest_rule
from muniment.node.solo import POLICY_FILE
from muniment.proof.attestation import TrustPolicy
from muniment.proof.errors import Busy, Fault, LedgerError, Malformed, OutOfTurn


@pytest.fixture(scope="module")
def network(cometbft, tmp_path_factory):
    folder = tmp_path_factory.mktemp("joined") / "net"
    cluster = Cluster.make(folder, 4, links="direct", line=LINE)
    cluster.up()
    yield cluster
    cluster.down()


def run(*words, code=0):
    ran = CliRunner().invoke(app, [str(word) for word in words])
    assert ran.exit_code == code, ran.output
    return ran.stdout if "--json" in words else ran.output


@pytest.fixture(scope="module")
def invited(network, tmp_path_factory):
    filing = Filing(network)
    for _ in range(3):
        filing.file("XA")
    file = tmp_path_factory.mktemp("invitation") / "invitation.json"
    told = json.loads(run("network", "invite", network.nodes["XA"].folder, "--out", file,
                          "--json"))
    return filing, file, told["fingerprint"]


@pytest.fixture(scope="module")
def joined(invited, tmp_path_factory):
    """The node of XE, which joined by one command on each side."""
    filing, file, fingerprint = invited
    filing.file("XB")
    folder = tmp_path_factory.mktemp("joining") / "xe"
    with pytest.MonkeyPatch.context() as ended:  # the command ends before its last step
        ended.setattr("muniment.network.rebuild.settle", lambda *_: None)
        told = json.loads(run("join", file, folder, "--office", "XE", "--fingerprint",
                              fingerprint, "--json"))
    node = Node(folder)
    assert told["url"] == node.plan().place.url
    yield node
    node.stop()


def status(node):
    return node.rpc().call("status")


def power(node):
    return int(status(node)["validator_info"]["voting_power"])


def agree_at(nodes, height):
    """Wait until nodes have a height; require one block with one root."""
    def there():
        return all(int(status(one)["sync_info"]["latest_block_height"]) >= height for one in nodes)

    wait_for(there, f"block {height}")
    signed = [one.rpc().call("commit", height=height)["signed_header"]["header"] for one in nodes]
    assert len({one["app_hash"] for one in signed}) == 1


def test_node_that_joined_observes_and_fetches_the_history(network, invited, joined):
    height = invited[0].file("XC")
    agree_at([joined, network.nodes["XB"]], height)
    assert power(joined) == 0

    def is_complete():
        with RemoteLedger(joined.plan().place.url) as one, RemoteLedger(
                network.nodes["XA"].plan().place.url) as other:
            return one.log_root(one.head.size) == other.log_root(one.head.size)

    wait_for(is_complete, "the history")


def test_office_that_joined_trusts_the_header_that_was_compared_by_telephone(
    network, invited, joined
):
    """Its engine never had that block, nor had it the founding one, which is soon too old."""
    made = inviting.read_invitation(invited[1].read_bytes())
    own = TrustPolicy.parse((joined.folder / POLICY_FILE).read_text())
    newest = newest_rule(own, made.origin)
    assert newest.trusted == made.trusted
    assert int(status(joined)["sync_info"]["earliest_block_height"]) > made.height
    of_the_inviting = (network.nodes["XA"].folder / POLICY_FILE).read_text()
    founding = newest_rule(TrustPolicy.parse(of_the_inviting), made.origin)
    assert founding.trusted.height < made.height
    assert own.require(made.origin, founding.first).trusted in {founding.trusted, made.trusted}
    with RemoteLedger(joined.plan().place.url, joined.folder) as ledger:
        assert ledger.is_attested


def test_invitation_that_was_used_is_refused_before_anything_is_made(invited, joined, tmp_path):
    """The engine of a second node with one key would be turned away for ever, and not told why."""
    _, file, fingerprint = invited
    told = json.loads(run("join", file, tmp_path / "xf", "--fingerprint", fingerprint, "--json",
                          code=1))
    assert told["error"] == "invitation-used"
    assert not (tmp_path / "xf").exists()


def test_invitation_whose_guest_was_forgotten_is_refused_at_once(network, invited, tmp_path):
    file, node = tmp_path / "invitation.json", network.nodes["XD"]
    fingerprint = json.loads(run("network", "invite", node.folder, "--out", file, "--json"))[
        "fingerprint"]
    (node.folder / GUESTS_FILE).unlink()
    told = json.loads(run("join", file, tmp_path / "xf", "--fingerprint", fingerprint, "--json",
                          code=1))
    assert told["error"] == "guest-not-let-in"
    assert not (tmp_path / "xf").exists()


class Members:
    """The four members, who decide by commands, each at its own node."""

    def __init__(self, network, five=False):
        self.network, self.five = network, five

    def run(self, office, *words):
        node = self.network.nodes[office]
        return json.loads(run(*words, "--ledger", node.folder, "--as", office, "--node",
                              node.plan().place.url, "--json").splitlines()[-1])

    def run_list(self):
        node = self.network.nodes["XA"]
        return json.loads(run("member", "list", "--ledger", node.folder, "--node",
                              node.plan().place.url, "--json"))

    def decide(self, *act):
        """Let one propose and others agree, until more than two thirds have."""
        number = self.run("XA", "governance", "propose", *act)["proposal"]
        agreed = [self.run(office, "governance", "vote", number)["enacted"]
                  for office in ("XB", "XC", "XD")[: 2 + self.five]]
        assert agreed == [False] * (1 + self.five) + [True]


def signers(node, height):
    votes = node.rpc().call("commit", height=height)["signed_header"]["commit"]["signatures"]
    return {vote["validator_address"] for vote in votes if vote["block_id_flag"] == 2}


def test_members_seat_a_fifth_validator_which_signs_and_unseat_it_again(
    network, invited, joined, tmp_path
):
    filing, members, url = invited[0], Members(network), joined.plan().place.url
    own = ("--ledger", joined.folder, "--node", url)
    first, address = network.nodes["XA"], status(joined)["validator_info"]["address"]
    run("office", "request", "XE", "--out", tmp_path / "xe.json", *own)
    members.decide("enrol-office", "--file", tmp_path / "xe.json")
    run("validator", "enrol", joined.folder, "--as", "XE", *own)
    run("filing", "submit", "E-2026-00001", "--date", "2026-01-05", "--as", "XE", "--title",
        "A kettle", *own)
    assert "A kettle" in run("filing", "show", "XE/patent/E-2026-00001", *own)
    members.decide("admit-member", "--set", "office=XE", "--set", "units=10")
    members.five = True
    members.decide("seat-validator", "--set", "office=XE")

    def signs():
        return address in signers(first, filing.file("XB"))

    wait_for(signs, "the fifth validator to sign")
    assert power(joined) == 1
    members.decide("retire-validator", "--set", "office=XE")
    wait_for(lambda: filing.file("XB") and power(joined) == 0, "its power to go")
    heights = [filing.file("XC") for _ in range(3)]
    assert all(address not in signers(first, height) for height in heights)
    agree_at([joined, *network.nodes.values()], heights[-1])


def test_office_leaves_with_its_history_by_one_command(
    network, invited, joined, tmp_path, monkeypatch
):
    filing, members = invited[0], Members(network, five=True)
    members.decide("seat-validator", "--set", "office=XE")
    wait_for(lambda: filing.file("XA") and power(joined) == 1, "its power")
    with monkeypatch.context() as lacking, pytest.raises(Busy, match="history-not-complete"):
        lacking.setattr("muniment.network.leave._missing", lambda _: True)
        leave(joined, seconds=0)
    assert joined.runs()
    filing.file("XA")
    left = json.loads(run("leave", joined.folder, "--json"))  # it goes on where it ended
    assert not left["was_member"]
    assert not joined.runs()
    assert filing.file("XD") > left["height"]
    rows = {one["office"]: one for one in members.run_list()}
    assert rows["XE"]["left"] is not None
    told = json.loads(run("ledger", "verify", "--ledger", joined.folder, "--json"))
    assert (told["valid"], told["entries"]) == (True, left["entries"])
    run("ledger", "export", tmp_path / "history", "--ledger", joined.folder)
    again = json.loads(run("ledger", "replay", tmp_path / "history", tmp_path / "again", "--json"))
    assert again["size"] == left["entries"]
    assert "node-not-found" in run("leave", joined.folder, "--json", code=3)


def test_other_digits_are_refused_before_anything_is_made(invited, tmp_path):
    _, file, fingerprint = invited
    wrong = fingerprint[:-1] + str((int(fingerprint[-1]) + 1) % 10)
    assert "fingerprint-differs" in run("join", file, tmp_path / "xe", "--fingerprint", wrong,
                                        "--json", code=1)
    assert not (tmp_path / "xe").exists()


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
