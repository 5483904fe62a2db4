"""A client that asks a node: what its trust policy does not show is refused, whatever the node says.

No engine runs: blocks are decided by validators whose keys the tests know.
"""

import itertools
import json
import shutil
import time

import pytest
from spec.simulated_chain import SimulatedChain, equal
from tests.network.nodes import SimulatedNode
from tests.network.world import World, filing
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.codec import Act, pack
from muniment.codec import encode as payload
from muniment.model.proposal import VOTES, counted
from muniment.network import remote_ledger
from muniment.network.application import LedgerApplication, Options
from muniment.network.questions import QUESTIONS
from muniment.network.remote_ledger import RemoteLedger
from muniment.network.trust import with_commit
from muniment.node.promotion import copy_ledger
from muniment.node.signatures import VerifiedSignatures
from muniment.operations.propose import Propose
from muniment.operations.remove_member import RemoveMember
from muniment.operations.set_parameter import SetParameter
from muniment.proof.attestation import TrustPolicy
from muniment.proof.canonical import encode
from muniment.proof.errors import Refused, VerificationError
from muniment.proof.history import Trusted
from muniment.vault.vault import make_vault_key

PERIOD = 14 * 86_400
RUNNER = CliRunner()
BEGAN = int(time.time()) - 1_000
LATER = BEGAN + 3_600
POLICY = "trust-policy.txt"


def began():
    return BEGAN - 1_000


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"), now=began)


class Bench:
    """A desk of XB, and nodes that it may be led to; the first is honest."""

    def __init__(self, world, folder, monkeypatch):
        self.world, self.folder, self.monkeypatch = world, folder, monkeypatch
        self.names = itertools.count()
        self.applications = []
        self.honest = self.node()
        self.honest.decide(world.envelope("XA", 1, [filing("XA", 1)], not_after=LATER))
        self.honest.decide()
        self.desk = folder / "desk"
        self.desk.mkdir()
        world.wallets["XB"].save(self.desk / "keys" / "XB.json")
        make_vault_key(self.desk)
        monkeypatch.setattr(remote_ledger, "COMMIT_SECONDS", 0.3)

    def node(self, validators=0, world=None, copy=None):
        """Return a node of a chain; other validators than the first are nobody's."""
        world = world or self.world
        folder = self.folder / f"node-{next(self.names)}"
        copy_ledger(world.origin, folder)
        application = LedgerApplication(folder, Options(snapshot_every=0))
        application.init_chain(world.init())
        self.applications.append(application)
        chain = SimulatedChain(world.genesis.chain_id, equal(4, validators), time=BEGAN,
                               height=world.genesis.initial_height)
        return SimulatedNode(application, chain, world.genesis)

    def forger(self, validators=50):
        """Return a node whose register is forged: nobody signed, other validators decided."""
        good = self.world.envelope("XA", 1, [filing("XA", 777)], not_after=LATER)
        first, rest = good.split(b"\n", 1)
        plain = json.loads(first)
        plain["signatures"][0]["signature"] = "A" * 86
        with self.monkeypatch.context() as patch:
            patch.setattr(VerifiedSignatures, "check", lambda self, key, signature: None)
            node = self.node(validators)
            assert node.decide(encode(plain) + b"\n" + rest) == [0]
        node.decide()
        return node

    def trust(self, text=None):
        """Give the desk the network's trust policy, or a text for one."""
        solo = TrustPolicy.parse((self.world.origin / POLICY).read_text())
        chain, first = self.honest.chain, self.honest.chain.blocks[self.honest.chain.first]
        trusted = Trusted(chain.chain_id, chain.first, first.header.digest(), PERIOD)
        policy = with_commit(solo, solo.rules[-1].origin, solo.rules[-1].last, trusted).text()
        (self.desk / POLICY).write_text(policy if text is None else text)
        return policy

    def at(self, node):
        self.monkeypatch.setattr(remote_ledger, "Rpc", lambda url: node)
        return node

    def run(self, node, *words, code=0):
        self.at(node)
        done = RUNNER.invoke(app, [*map(str, words), "--ledger", str(self.desk), "--node", "http://it"])
        assert done.exit_code == code, (done.output, done.exception)
        return done

    def answer(self, node, *words, code=0):
        return json.loads(self.run(node, *words, "--json", code=code).stdout)

    def opened(self, node, **options):
        self.at(node)
        return RemoteLedger("http://it", self.desk, **options)


@pytest.fixture
def bench(world, tmp_path, monkeypatch):
    made = Bench(world, tmp_path, monkeypatch)
    yield made
    for one in made.applications:
        one.close()


SHOW = ("filing", "show", "XA/patent/2026/000001")
FORGED = ("filing", "show", "XA/patent/2026/000777")


def test_an_honest_node_is_believed_and_the_answer_is_labelled_attested(bench):
    bench.trust()
    assert bench.answer(bench.honest, *SHOW)["attested"] is True
    assert "unattested" not in bench.run(bench.honest, *SHOW).stderr
    checkpoint = json.loads(bench.run(bench.honest, "ledger", "checkpoint").stdout)
    assert checkpoint["header"]["chain_id"] == bench.honest.chain.chain_id


def test_a_forged_register_that_no_validator_signed_is_not_believed(bench):
    bench.trust()
    forger = bench.forger()
    assert bench.answer(forger, *FORGED, code=1)["error"] == "commit-not-provable"
    forger.chain = bench.honest.chain  # true headers, but they commit to another ledger
    assert bench.answer(forger, *FORGED, code=1)["error"]


def test_without_a_policy_the_node_is_taken_at_its_word_and_that_is_said(bench):
    forger = bench.forger()
    told = bench.run(forger, *FORGED, "--json")
    assert json.loads(told.stdout)["attested"] is False
    assert told.stderr.startswith("unattested: what http://it says, and nobody else")
    assert told.stderr.count("\n") == 1
    assert bench.run(forger, *FORGED).stderr == told.stderr


def test_a_policy_that_cannot_be_read_is_an_error_and_not_no_policy(bench):
    text = bench.trust().replace(" commit ", " comit ")
    for wrong in (text, "", "garbled"):
        bench.trust(wrong)
        for words in (SHOW, ("filing", "submit", "2026-00001", "--date", "2026-01-05")):
            assert bench.answer(bench.honest, *words, code=2)["error"] == "trust-policy-malformed"
    (bench.desk / POLICY).write_bytes(b"\xff\xfe")
    assert bench.answer(bench.honest, *SHOW, code=2)["error"] == "trust-policy-malformed"
    assert bench.honest.sent == []


def test_another_ledger_than_the_policys_is_refused_and_nothing_is_signed_for_it(bench, tmp_path):
    other = bench.node(world=World(tmp_path / "other", now=began))
    other.decide()
    for policy in (None, (bench.world.origin / POLICY).read_text()):
        bench.trust(policy)
        for words in (("ledger", "status"),
                      ("filing", "submit", "2026-00009", "--date", "2026-01-05")):
            assert bench.answer(other, *words, code=1)["error"] == "ledger-not-trusted"
    assert other.sent == []


def test_a_policy_of_the_solo_range_alone_trusts_nobody_beyond_it(bench):
    bench.trust((bench.world.origin / POLICY).read_text())
    assert bench.answer(bench.honest, *SHOW, code=1)["error"] == "ledger-not-trusted"


def test_at_the_size_of_the_last_solo_checkpoint_the_log_keys_note_attests(bench):
    bench.trust()
    fresh = bench.node()
    fresh.decide()
    assert bench.answer(fresh, "ledger", "status")["attested"] is True
    note = bench.world.genesis.note
    for wrong in ("believe me\n", note[:-5] + "AAA=\n"):
        document = fresh.genesis.document()
        document["app_state"]["checkpoint"] = wrong
        shutil.rmtree(bench.desk / "kept-blocks", ignore_errors=True)
        (bench.desk / "seen.json").unlink(missing_ok=True)
        liar = SimulatedNode(fresh.application, fresh.chain, _Genesis(fresh.genesis, document))
        assert bench.answer(liar, "ledger", "status", code=1)["error"]


class _Genesis:
    def __init__(self, genesis, document):
        self.app_hash, self._document = genesis.app_hash, document

    def document(self):
        return self._document


def test_a_receipt_rests_on_the_policy_and_not_on_the_nodes_genesis(bench):
    """A node without any network says that all of this is still the solo range."""
    bench.trust()
    liar = bench.forger()
    document = {**liar.genesis.document(), "initial_height": str(10**9),
                "app_state": {"checkpoint": "believe me\n"}}
    liar.genesis = _Genesis(liar.genesis, document)
    words = ("filing", "submit", "2026-00003", "--date", "2026-01-05")
    assert bench.answer(liar, *words, code=1)["error"] == "commit-not-provable"
    assert liar.sent == []


def test_a_receipt_shows_that_the_policy_attests_it(bench):
    bench.trust()
    receipt = bench.answer(bench.honest, "filing", "submit", "2026-00003", "--date", "2026-01-05")
    assert receipt["accepted"] and receipt["attested"]
    assert receipt["checkpoint"]["header"]["height"] <= bench.honest.chain.height


@pytest.mark.parametrize("change", [
    {"position": 5}, {"operations": [2002]}, {"operations": [0, 0]}, {"operations": []},
    {"position": 10**6},
])
def test_an_outcome_that_the_log_does_not_show_is_no_receipt(bench, change):
    bench.trust()

    def spoil(path, value):
        if not path.endswith("/outcomes"):
            return value
        found = QUESTIONS["outcomes"].answer(value)
        return pack([one and one._replace(**change) for one in found])

    bench.honest.spoil = spoil
    told = bench.answer(bench.honest, "filing", "submit", "2026-00003", "--date", "2026-01-05",
                        code=1)
    assert told["error"] == "node-not-believed"


def rows_of(path, *numbers):
    path.write_text("".join(json.dumps({
        "application_number": one, "filing_date": "2026-01-05", "office": "XB",
        "right": "patent"}) + "\n" for one in numbers))
    return path


@pytest.mark.parametrize("words", [
    ("import", "ROWS"), ("filing", "submit", "2026-00009", "--date", "2026-01-05")])
def test_what_was_written_is_attested_before_it_is_reported(bench, tmp_path, words):
    """From the first envelope on nobody but the node itself signs."""
    bench.trust()
    first = rows_of(tmp_path / "first.jsonl", "2026-00001", "2026-00002")
    assert bench.answer(bench.honest, "import", first)["attested"] is True
    rows = rows_of(tmp_path / "rows.jsonl", "2026-00011", "2026-00012")
    chain, decide = bench.honest.chain, bench.honest.decide

    def alone(*txs):
        if bench.honest.chain is chain:
            bench.honest.chain = chain.fork(chain.height + 1)
            bench.honest.chain._next = equal(4, 50)
        return decide(*txs)

    bench.honest.decide = alone
    told = bench.run(bench.honest, *(str(rows) if one == "ROWS" else one for one in words), code=1)
    assert bench.honest.sent and not told.stdout


def test_a_node_that_goes_back_is_not_believed_though_validators_signed_it_once(bench):
    bench.trust()
    stale = bench.node()
    bench.honest.decide(bench.world.envelope("XA", 2, [filing("XA", 2)], not_after=LATER))
    bench.honest.decide()
    assert bench.answer(bench.honest, "filing", "show", "XA/patent/2026/000002")
    stale.decide(bench.world.envelope("XA", 1, [filing("XA", 1)], not_after=LATER))
    stale.decide()
    assert bench.answer(stale, "filing", "show", "XA/patent/2026/000002", code=5)[
        "error"] == "node-behind"
    assert bench.answer(bench.honest, "filing", "show", "XA/patent/2026/000002")


def test_a_node_that_catches_up_meanwhile_is_waited_for(bench, monkeypatch):
    bench.trust()
    late = bench.node()
    late.decide(bench.world.envelope("XA", 1, [filing("XA", 1)], not_after=LATER))
    late.decide()
    more = bench.world.envelope("XA", 2, [filing("XA", 2)], not_after=LATER)
    bench.honest.decide(more)
    bench.honest.decide()
    bench.run(bench.honest, "ledger", "status")
    waited = iter([lambda: late.decide(more), late.decide])
    monkeypatch.setattr(remote_ledger.clock, "sleep", lambda seconds: next(waited)())
    assert bench.answer(late, "filing", "show", "XA/patent/2026/000002")["attested"]


def test_without_a_policy_a_second_story_is_held_against_what_was_seen_first(bench):
    bench.run(bench.honest, *SHOW)
    forger = bench.forger()
    forger.decide(bench.world.envelope("XA", 2, [filing("XA", 2)], not_after=LATER))
    forger.decide()
    assert bench.answer(forger, *FORGED, code=1)["error"] == "log-not-continued"
    bench.honest.decide(bench.world.envelope("XA", 2, [filing("XA", 2)], not_after=LATER))
    bench.honest.decide()
    assert bench.answer(bench.honest, *SHOW)["attested"] is False


def test_what_nobody_attested_is_not_held_against_validators_once_there_is_a_policy(bench):
    forger = bench.forger()
    for number in range(2, 5):
        forger.decide(bench.world.envelope("XA", number, [filing("XA", number)], not_after=LATER))
    forger.decide()
    bench.run(forger, *FORGED)
    bench.trust()
    assert bench.answer(bench.honest, *SHOW)["attested"] is True
    assert json.loads((bench.desk / "seen.json").read_text())["size"] == bench.opened(
        bench.honest).head.size


def test_a_head_is_verified_once_a_command_and_not_again_while_it_stands(bench):
    bench.trust()
    bench.run(bench.honest, *SHOW)
    bench.honest.asked.clear()
    bench.run(bench.honest, *SHOW)
    assert not {"commit", "validators", "status", "genesis"} & set(bench.honest.asked)
    for number in range(2, 12):
        bench.honest.decide(bench.world.envelope(
            "XA", number, [filing("XA", number)], not_after=LATER))
    bench.honest.decide()
    bench.honest.asked.clear()
    bench.run(bench.honest, "filing", "gaps", "XA/patent/2026")
    assert bench.honest.asked.count("commit") <= 4
    assert bench.honest.asked.count("status") == 1


def test_a_policy_renewed_at_the_newest_header_waits_for_no_block_of_an_idle_network(bench):
    text, chain = bench.trust(), bench.honest.chain
    newest = chain.blocks[chain.height].header.digest().hex().upper()
    rule = text.splitlines()[-1]
    head = rule.split(" ")
    head[5:7] = [str(chain.height), newest]
    bench.trust(text.replace(rule, " ".join(head)))
    bench.honest.asked.clear()
    assert bench.answer(bench.honest, *SHOW)["attested"] is True
    (bench.desk / "seen.json").unlink()
    forger = bench.forger()
    forger.chain = chain
    assert bench.answer(forger, *FORGED, code=5)["error"] == "commit-not-there-yet"


def test_next_block_is_waited_for_where_the_node_lacks_the_trusted_one(bench, monkeypatch):
    """A node that joined or pruned: what trust hangs on is kept at the desk, from another node."""
    bench.trust()
    bench.run(bench.honest, *SHOW)
    answer, newest = bench.honest.call, bench.honest.chain.height

    def call(method, **given):
        if method in {"commit", "validators"} and int(given["height"]) < newest:
            raise Refused("node-refused", f"lowest height is {newest}")
        told = answer(method, **given)
        if method == "status":
            told["sync_info"]["earliest_block_height"] = str(newest)
        return told

    monkeypatch.setattr(bench.honest, "call", call)
    (bench.desk / "seen.json").unlink()
    bench.honest.decide(bench.world.envelope("XA", 2, [filing("XA", 2)], not_after=LATER))
    assert bench.answer(bench.honest, *SHOW, code=5)["error"] == "commit-not-there-yet"
    bench.honest.decide()
    assert bench.answer(bench.honest, *SHOW)["attested"] is True


@pytest.mark.parametrize("question", ["pages", "entries", "tiles"])
def test_pages_and_entries_that_do_not_hash_to_the_head_are_a_nodes_lie(bench, question):
    bench.trust()
    bench.run(bench.honest, *SHOW)

    def spoil(path, value):
        return value[:-9] + bytes([value[-9] ^ 1]) + value[-8:] if path.endswith(
            f"/{question}") and len(value) > 40 else value

    bench.honest.spoil = spoil
    words = SHOW if question == "pages" else ("evidence", "make", SHOW[-1], "--out",
                                              bench.folder / "e.json")
    told = bench.run(bench.honest, *words, "--json", code=1 if question != "tiles" else 0)
    assert question == "tiles" or "error" in json.loads(told.stdout)


def test_trust_moves_on_with_the_headers_that_were_seen(bench):
    """A desk that asks once a week outlives the trusting period; one that sleeps does not."""
    bench.trust()
    (bench.folder / "sleeper").mkdir()
    (bench.folder / "sleeper" / POLICY).write_text(bench.trust())
    chain = bench.honest.chain
    with bench.opened(bench.honest, now=lambda: chain.now):
        pass
    for _ in range(4):
        chain.add(bench.honest.app_hash, seconds=7 * 86_400)
        bench.honest.application.finalize_block(_empty(chain))
        bench.honest.application.commit(None)
        bench.honest.decide()
        with bench.opened(bench.honest, now=lambda: chain.now) as ledger:
            assert ledger.is_attested
    with pytest.raises(VerificationError, match="trusting-period-over"):
        RemoteLedger("http://it", bench.folder / "sleeper", now=lambda: chain.now)


def _empty(chain):
    from muniment.abci.messages import RequestFinalizeBlock
    from muniment.abci.values import Timestamp

    last = chain.blocks[chain.height].header
    return RequestFinalizeBlock(height=last.height, time=Timestamp(seconds=last.time[0]))


def proposing(world, act):
    return world.envelope("XC", 1, [Propose(act=Act(payload(act)), member="XC")], not_after=LATER)


def test_a_vote_on_an_act_that_a_node_made_up_counts_for_no_other(tmp_path, monkeypatch):
    """The member of a desk without a policy reads one act; the network has another under it."""
    world = World(tmp_path / "four", ("XA", "XB", "XC", "XD"), now=began)
    bench = Bench(world, tmp_path, monkeypatch)
    real, harmless = RemoveMember(office="XA"), SetParameter(name="proposal-days", value=31)
    assert bench.honest.decide(proposing(world, real)) == [0]
    liar = bench.node(50)
    liar.decide(proposing(world, harmless))
    liar.decide()
    liar.takes = False
    bench.run(liar, "governance", "vote", 1, code=1)
    (vote,) = liar.sent
    assert bench.honest.decide(vote) == [0]
    assert bench.honest.application.standing.ledger.state.get(VOTES, counted(1), "XB") is None
    bench.trust()
    liar.sent.clear()
    assert bench.answer(liar, "governance", "vote", 1, code=1)["error"] == "commit-not-provable"
    assert liar.sent == []
    for one in bench.applications:
        one.close()


def test_an_act_in_the_log_that_the_state_does_not_name_is_not_read_out(tmp_path, monkeypatch):
    world = World(tmp_path / "four", ("XA", "XB", "XC", "XD"), now=began)
    bench = Bench(world, tmp_path, monkeypatch)
    bench.honest.decide(proposing(world, RemoveMember(office="XA")))
    bench.honest.decide()
    bench.trust()

    def spoil(path, value):
        return value.replace(b'"office":"XA"', b'"office":"XD"') if path.endswith(
            "/entries") and b'"remove-member"' in value else value

    bench.honest.spoil = spoil
    for words in (("vote", 1), ("status", 1), ("enact", 1)):
        told = bench.answer(bench.honest, "governance", *words, code=1)
        assert told["error"] == "act-not-the-proposed"
    assert bench.honest.sent == []
    for one in bench.applications:
        one.close()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"origin": 1}', "[" * 100_000])
def test_a_damaged_memory_of_what_was_seen_is_an_error_and_says_what_to_do(bench, text):
    bench.trust()
    bench.run(bench.honest, *SHOW)
    (bench.desk / "seen.json").write_text(text)
    told = bench.answer(bench.honest, *SHOW, code=2)
    assert told["error"] == "seen-malformed" and "Remove it" in told["remedy"]


def test_a_directory_that_is_not_there_is_not_made_to_remember(bench):
    shutil.rmtree(bench.desk)
    assert bench.answer(bench.honest, "ledger", "status")["attested"] is False
    assert not bench.desk.exists()
