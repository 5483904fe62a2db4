"""CometBFT's own light client accepts the same blocks as ours, and refuses the same.

It runs as a Go program over CometBFT's packages (`comet/`). Where the two differ, the difference is
named in a test of its own.
"""

import base64
import json
import random

import pytest
from spec.formats import operation
from spec.simulated_chain import (
    ABSENT,
    NIL,
    NO_BLOCK,
    Ballot,
    SimulatedChain,
    block_id_answer,
    equal,
    names,
    time_answer,
)
from spec.simulated_network import SimulatedNetwork, policy_of, trust
from tests.oracles.conftest import evidence_case
from tests.torsion import sign_with_torsion

from muniment.model.example import key
from muniment.network import attest, light_block
from muniment.node import evidence as maker
from muniment.node.founding import found
from muniment.node.wallet import Wallet
from muniment.proof import cosignature, engine_bytes, header
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.crypto import PrivateKey, sha256
from muniment.proof.errors import LedgerError
from muniment.proof.evidence import assemble, verify
from muniment.proof.history import Trusted, verify_history

CHAIN = "muniment-0123456789abcdef"
TEXT = Checkpoint("register.example/0123456789abcdef", 7, bytes(32)).text()
APP_HASH = sha256(TEXT.encode())
PERIOD = 86_400


class Answers:
    """What a node answers about three heights, for an attacker to change."""

    def __init__(self, chain, trusted, untrusted, *, now=None, period=PERIOD):
        def answer(height):
            return json.loads(json.dumps(chain.call("commit", height=height)["signed_header"]))

        def listed(height):
            return chain.call("validators", height=height, per_page=200)["validators"]

        self.trusted, self.untrusted = answer(trusted), answer(untrusted)
        self.announced, self.validators = listed(trusted + 1), listed(untrusted)
        self.now = chain.now if now is None else now
        self.period = period

    def call(self, method, height, **_):
        if method == "commit":
            return {"signed_header": self.untrusted}
        return {"total": len(self.validators), "validators": self.validators}

    def case(self):
        return {"Kind": "step", "Trusted": self.trusted, "Untrusted": self.untrusted,
                "Announced": self.announced, "Validators": self.validators,
                "Period": self.period, "Now": self.now}

    def accepted(self):
        try:
            start = light_block._header(self.trusted["header"])
            block = light_block.read_light_block(self, 0)
            announced = {base64.b64decode(one["pub_key"]["value"]): int(one["voting_power"])
                         for one in self.announced}
            adjacent = block.header.height == start.height + 1
            signers = block.quorum(None if adjacent else announced)
            if signers is None:
                return False
            member = attest._assemble([block.powers, announced], start, [(block, signers)])
            member |= {"header": block.header.members(), "links": [], "note": TEXT}
            known = Trusted(start.chain_id, start.height, start.digest(), self.period)
            verify_history(member, known, self.now)
        except LedgerError:
            return False
        return True


def chain_of(*sets, ballots=None, seconds=5):
    """Return a chain with these validators at heights 1, 2, ...; the last block is voted on."""
    chain = SimulatedChain(CHAIN, sets[0])
    for at in range(len(sets)):
        last = at == len(sets) - 1
        chain.add(APP_HASH, powers=sets[min(at + 1, len(sets) - 1)],
                  ballots=ballots if last else None, seconds=seconds)
    return chain


def judge(comet, answers, expected):
    """Both judge a step as expected."""
    said = comet([one.case() for one in answers])
    ours = ["accept" if one.accepted() else "refuse" for one in answers]
    assert said == ours == [expected] * len(answers)


def test_the_next_height_is_accepted(comet):
    judge(comet, [
        Answers(chain_of(equal(size), equal(size, shift)), 1, 2)
        for size, shift in ((1, 0), (1, 1), (4, 0), (4, 4), (7, 3), (31, 31), (190, 95))
    ], "accept")


def test_heights_are_skipped_where_enough_of_the_old_validators_sign(comet):
    judge(comet, [
        Answers(chain_of(equal(size), equal(size), *[equal(size, shift)] * 3), 1, 5)
        for size, shift in ((1, 0), (4, 0), (4, 2), (7, 4), (31, 20), (190, 126))
    ], "accept")


def test_heights_are_not_skipped_where_too_few_of_the_old_validators_sign(comet):
    judge(comet, [
        Answers(chain_of(equal(size), equal(size), *[equal(size, shift)] * 3), 1, 5)
        for size, shift in ((1, 1), (3, 2), (4, 3), (4, 4), (6, 4), (7, 5), (30, 20), (190, 127))
    ], "refuse")


def test_a_quorum_is_more_than_two_thirds_of_the_power(comet):
    def voted(powers, absent, flag=ABSENT):
        return Answers(chain_of(powers, powers, ballots=dict.fromkeys(absent, Ballot(flag))), 1, 2)

    heavy = {"validator-000": 67, "validator-001": 33}
    judge(comet, [
        voted(equal(4), names(1)), voted(equal(4), names(1), NIL), voted(equal(7), names(2)),
        voted(heavy, names(1, 1)), voted({**heavy, "validator-002": 0 + 1}, names(1, 2)),
    ], "accept")
    judge(comet, [
        voted(equal(3), names(1)), voted(equal(6), names(2)), voted(equal(6), names(2), NIL),
        voted(equal(4), names(2)), voted(heavy, names(1)), voted(equal(4), names(4), NIL),
        voted({"validator-000": 2, "validator-001": 1}, names(1, 1)),
    ], "refuse")


def test_the_trusting_period_ends_at_its_second(comet):
    chain = chain_of(equal(4), equal(4))
    end = chain.blocks[1].header.time[0] + PERIOD
    judge(comet, [Answers(chain, 1, 2, now=end - 60), Answers(chain, 1, 2, now=end)], "accept")
    judge(comet, [Answers(chain, 1, 2, now=end + 1), Answers(chain, 1, 2, now=end + 10**9)],
          "refuse")


def test_a_header_from_the_future_is_refused(comet):
    chain = chain_of(equal(4), equal(4))
    time = chain.blocks[2].header.time[0]
    judge(comet, [Answers(chain, 1, 2, now=time - 9), Answers(chain, 1, 2, now=time)], "accept")
    judge(comet, [Answers(chain, 1, 2, now=time - 10), Answers(chain, 1, 2, now=time - 999)],
          "refuse")


def test_time_and_height_only_go_forward(comet):
    chain = chain_of(equal(4), equal(4), equal(4))
    back = SimulatedChain(CHAIN, equal(4))
    back.add(APP_HASH)
    back.add(APP_HASH, seconds=0)
    back.change(2, time=back.blocks[1].header.time)
    judge(comet, [Answers(chain, 2, 2), Answers(chain, 2, 1), Answers(back, 1, 2)], "refuse")


def changed(chain, change, trusted=1, untrusted=2):
    answers = Answers(chain, trusted, untrusted)
    change(answers)
    return answers


def swap(answers, at=0, to=1):
    votes = answers.untrusted["commit"]["signatures"]
    votes[at]["signature"], votes[to]["signature"] = votes[to]["signature"], votes[at]["signature"]


def exchange(answers):
    votes = answers.untrusted["commit"]["signatures"]
    votes[0], votes[1] = votes[1], votes[0]


def repeat(answers):
    votes = answers.untrusted["commit"]["signatures"]
    votes[1:] = [votes[0]] * (len(votes) - 1)


def set_in(*path, value):
    def change(answers):
        plain = answers.untrusted
        for name in path[:-1]:
            plain = plain[name]
        plain[path[-1]] = value(plain[path[-1]])
    return change


def other_digit(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def heavier(answers):
    answers.validators[0]["voting_power"] = "9"


def shuffled(answers):
    answers.validators.reverse()
    answers.announced.reverse()


def stranger(answers):
    other = SimulatedChain(CHAIN, equal(1, 77))
    other.add(APP_HASH)
    answers.validators[-1] = other.call("validators", height=1)["validators"][0]


def test_validators_are_sorted_whatever_order_a_node_answers(comet):
    chain = chain_of({"validator-000": 1, "validator-001": 2, "validator-002": 2}, equal(3))
    judge(comet, [changed(chain, shuffled)], "accept")


@pytest.mark.parametrize("change", [
    swap, repeat, heavier, stranger,
    *[set_in("header", name, value=other_digit) for name in header.HASHES],
    set_in("header", "chain_id", value=lambda _: "muniment-ffffffffffffffff"),
    set_in("header", "height", value=lambda _: "3"),
    set_in("header", "time", value=lambda text: text.replace("6Z", "7Z")),
    set_in("header", "proposer_address", value=other_digit),
    set_in("header", "version", "app", value=lambda _: "2"),
    set_in("header", "version", "block", value=lambda _: "12"),
    set_in("header", "last_block_id", "hash", value=other_digit),
    set_in("commit", "height", value=lambda _: "3"),
    set_in("commit", "round", value=lambda _: 1),
    set_in("commit", "block_id", "hash", value=other_digit),
    set_in("commit", "block_id", "parts", "hash", value=other_digit),
    set_in("commit", "block_id", "parts", "total", value=lambda _: 2),
    set_in("commit", "signatures", 0, "timestamp", value=lambda _: "2026-11-25T10:00:00Z"),
    set_in("commit", "signatures", 0, "block_id_flag", value=lambda _: NIL),
], ids=range(26))
def test_an_answer_that_was_changed_is_refused(comet, change):
    judge(comet, [changed(chain_of(equal(3), equal(3)), change)], "refuse")


def test_the_order_of_votes_matters_to_the_engine_and_follows_from_the_keys_for_us(comet):
    answers = changed(chain_of(equal(3), equal(3)), exchange)
    assert comet([answers.case()]) == ["refuse"]
    assert answers.accepted()


def test_votes_of_another_kind_or_chain_are_refused(comet):
    def signed(kind, chain_id, height=2, round_=0):
        def sign(private, message):
            block = chain.blocks[2].block_id
            votes = engine_bytes.VoteBytes.of(kind, height, round_, block, chain_id)
            return private.sign(votes.at(time))
        time = (1_795_000_100, 5)
        ballots = dict.fromkeys(names(4), Ballot(time=time, sign=sign))
        chain = chain_of(equal(4), equal(4), ballots=ballots)
        return Answers(chain, 1, 2)

    judge(comet, [signed(2, CHAIN)], "accept")
    judge(comet, [signed(1, CHAIN), signed(32, CHAIN), signed(2, "muniment-ffffffffffffffff"),
                  signed(2, CHAIN, height=3), signed(2, CHAIN, round_=1)], "refuse")


def test_validators_that_were_not_announced_are_refused(comet):
    chain = chain_of(equal(4), equal(4, 1))
    chain.change(1, hashes={**chain.blocks[1].header.hashes,
                            "next_validators_hash": chain.set_hash(equal(4))})
    judge(comet, [Answers(chain, 1, 2)], "refuse")


def random_chain(rng):
    def powers(first):
        return {name: rng.choice((1, 1, 1, 2, 5, 100)) for name in names(rng.randint(1, 9), first)}

    sets = [powers(rng.randint(0, 3)) for _ in range(rng.randint(2, 5))]
    ballots = {name: Ballot(rng.choice((ABSENT, NIL))) for name in sets[-1] if rng.random() < 0.2}
    return chain_of(*sets, ballots=ballots)


def test_both_judge_random_blocks_alike(comet):
    rng = random.Random(38)
    answers = []
    for _ in range(400):
        chain = random_chain(rng)
        answers.append(Answers(chain, rng.randint(1, chain.height - 1), chain.height))
    said = comet([one.case() for one in answers])
    ours = ["accept" if one.accepted() else "refuse" for one in answers]
    assert said == ours
    assert 80 < ours.count("accept") < 320


def test_votes_valid_under_zip_215_alone_count_for_the_engine_and_not_for_us(comet):
    ballots = {name: Ballot(sign=sign_with_torsion) for name in names(2)}
    answers = Answers(chain_of(equal(4), equal(4), ballots=ballots), 1, 2)
    assert comet([answers.case()]) == ["accept"]
    assert not answers.accepted()


def test_an_invalid_vote_beside_a_quorum_stops_the_engine_and_is_left_out_by_us(comet):
    chain = SimulatedChain(CHAIN, equal(4))
    first = chain.order(equal(4))[0]
    forged = {first: Ballot(sign=lambda private, message: private.sign(b"another"))}
    answers = Answers(chain_of(equal(4), equal(4), ballots=forged), 1, 2)
    assert comet([answers.case()]) == ["refuse"]
    assert answers.accepted()


def test_hashes_are_those_of_the_engine(comet):
    rng = random.Random(40)
    cases, ours = [], []
    for at in range(120):
        chain = SimulatedChain(rng.choice(("a", CHAIN, "x" * 50)), {
            name: rng.choice((1, 127, 128, 2**40)) for name in names(rng.randint(1, 20))},
            height=rng.choice((1, 127, 128, 2**40)), time=rng.choice((1, 0, 2**33)))
        chain.grow(2)
        block = chain.blocks[chain.height]
        if at % 3 == 0:
            empty = dict.fromkeys(("app_hash", "data_hash", "evidence_hash"), b"")
            chain.change(chain.height, hashes={**block.header.hashes, **empty}, application=0)
            block = chain.blocks[chain.height]
        answer = chain.call("commit", height=chain.height)["signed_header"]["header"]
        listed = chain.call("validators", height=chain.height, per_page=100)["validators"]
        cases += [{"Kind": "header", "Header": answer},
                  {"Kind": "validators", "Validators": listed}]
        ours += [block.header.digest().hex().upper(),
                 block.header.hashes["validators_hash"].hex().upper()]
        assert light_block._header(answer) == block.header
    assert comet(cases) == ours


def test_vote_bytes_are_those_of_the_engine(comet):
    rng = random.Random(41)
    cases, ours = [], []
    for _ in range(200):
        block = engine_bytes.BlockId(rng.randbytes(32), rng.choice((1, 200, 2**32 - 1)),
                                     rng.randbytes(32))
        voted = rng.choice((block, None))
        kind, height, round_ = rng.choice((1, 2)), rng.choice((1, 300, 2**50)), rng.randint(0, 300)
        time = (rng.choice((0, 1, -1, 1_795_000_000, 253_402_300_799)), rng.randint(0, 10**9 - 1))
        chain_id = rng.choice(("a", CHAIN))
        vote = {"type": kind, "height": str(height), "round": round_,
                "block_id": block_id_answer(voted or NO_BLOCK),
                "timestamp": time_answer(time), "validator_index": 0, "signature": None}
        cases.append({"Kind": "vote", "Vote": vote, "ChainID": chain_id})
        ours.append(engine_bytes.VoteBytes.of(kind, height, round_, voted, chain_id).at(
            time).hex().upper())
    assert comet(cases) == ours


def test_cosignatures_are_those_of_another_library(comet):
    private, stranger_key = PrivateKey.from_seed(bytes(32)), PrivateKey.from_seed(bytes([1]) * 32)
    vkey = cosignature.witness_key("witness.example", private.public)

    def case(note, by=vkey):
        return {"Kind": "cosignature", "Note": note, "VerifierKey": by}

    line = cosignature.cosign(TEXT, "witness.example", private, 1_795_000_000)
    other = cosignature.cosign(TEXT, "witness.example", stranger_key, 1_795_000_000)
    later = cosignature.cosign(TEXT.replace("\n7\n", "\n8\n"), "witness.example", private, 1)
    right = [f"{TEXT}\n{line}", f"{TEXT}\n{other}{line}"]
    wrong = [f"{TEXT}\n{later}", f"{TEXT}\n{other}"]
    assert comet([case(one) for one in right]) == ["accept"] * 2
    assert comet([case(one) for one in wrong]) == ["refuse"] * 2
    assert all(cosignature.cosigned_at(one, [vkey], 1) for one in right)
    for one in wrong:
        try:
            assert cosignature.cosigned_at(one, [vkey], 1) is None
        except LedgerError:
            continue


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "ledger"
    wallet = Wallet("XA", (key("oracle"),), 1, (key("oracle next"),))
    found(path, office="XA", name="register.oracle.example", profile="demo",
          now=lambda: 1_780_000_000, wallet=wallet, log_key=PrivateKey.generate())
    return path, wallet


class ShortOfAQuorum(SimulatedChain):
    """A chain on which the engine counts votes that we do not, and the block after is in order."""

    short = False

    def add(self, *given, **named):
        if not self.short:
            return super().add(*given, **named)
        weak = {name: Ballot(sign=sign_with_torsion) for name in self.blocks[self.height].powers}
        block = super().add(*given, ballots=weak, **named)
        super().add(sha256(b"later"))
        return block


def test_evidence_of_a_network_is_verified_by_the_engines_own_light_client(comet, founded):
    path, wallet = founded
    chain = ShortOfAQuorum("muniment-0123456789abcdef", equal(7), height=12)
    for shift in range(1, 30):  # one validator after another is replaced
        chain.add(powers=equal(7, shift))
    with SimulatedNetwork(path, chain) as ledger:
        ledger.submit([ledger.sign(wallet, [operation(f"2026/{at:06}") for at in range(1, 9)])])
        made = [maker.entry_evidence(ledger, 4), maker.entry_evidence(ledger, 9),
                maker.absence_evidence(ledger, "XA", "patent", "2026/000099")]
        chain.short = True
        made.append(maker.completeness_evidence(ledger, "application/XA/patent/-/"))
        policy = policy_of(ledger)
    proven = [verify(one, policy, chain.now) for one in made]
    assert {one.attestation for one in proven} == {"commit"}
    assert min(one.commit.steps for one in proven) > 3
    texts = [one.decode() for one in made]
    assert [len(json.loads(one)["checkpoint"]["links"]) for one in texts] == [0, 0, 0, 1]
    trusted = trust(chain)
    assert comet([evidence_case(one, trusted, chain.now) for one in texts]) == ["accept"] * 4
    other = trust(chain, chain.first + 1)
    signature = json.loads(texts[0])["checkpoint"]["commit"]["signatures"][0][3]
    redone = {name: value for name, value in json.loads(texts[0].replace(
        signature[:40], signature[40:80])).items() if name not in {"format", "kind", "sha256"}}
    assert comet([
        evidence_case(texts[0], other, chain.now),
        evidence_case(texts[0], trusted, chain.now + trusted.period),
        evidence_case(texts[0].replace("2026-01-05", "2026-01-06"), trusted, chain.now),
        evidence_case(assemble("entry", redone).decode(), trusted, chain.now),
    ]) == ["refuse"] * 4
