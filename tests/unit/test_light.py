"""Evidence of a network: what its validators committed is taken, what an attacker shows is refused."""

import base64
import json
import random

import nacl.exceptions
import nacl.signing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec.formats import operation
from spec.simulated_chain import ABSENT, Ballot, SimulatedChain, equal, names
from spec.simulated_network import PERIOD, SimulatedNetwork, policy_of, trust
from tests.torsion import (
    SMALL,
    key_with_torsion,
    sign_by_key_with_torsion,
    sign_with_torsion,
)
from typer.testing import CliRunner

from muniment.cli import evidence as command
from muniment.model.example import key
from muniment.network.attest import commit_attestation, heights_of
from muniment.network.kept_blocks import KeptBlocks
from muniment.network.light_block import read_light_block
from muniment.network.trust import renewed, trusted_now, with_commit
from muniment.node import evidence as maker
from muniment.node.founding import found
from muniment.node.policy import end_note_range
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.proof import canonical, crypto, limits
from muniment.proof.attestation import TrustPolicy, attest
from muniment.proof.checkpoint import Checkpoint, sign_note
from muniment.proof.commit import Commit
from muniment.proof.cosignature import cosign, cosigned_at, witness_key
from muniment.proof.crypto import PrivateKey, b64, is_admissible_ed25519, sha256, verify_enrolled
from muniment.proof.errors import (
    Busy,
    LedgerError,
    Malformed,
    NotFound,
    Refused,
    VerificationError,
)
from muniment.proof.evidence import assemble, verify
from muniment.proof.header import Header
from muniment.proof.history import verify_history
from muniment.proof.validators import Validators, address, set_hash

CHAIN = "muniment-0123456789abcdef"
ORIGIN = "register.test.example/0123456789abcdef"
TEXT = Checkpoint(ORIGIN, 74, bytes(32)).text()
APP_HASH = sha256(TEXT.encode())
FIRST = "muniment/trust-policy/v1\n"
WITNESSES = [PrivateKey.from_seed(bytes([at]) * 32) for at in (1, 2, 3)]
WITNESS_KEYS = tuple(witness_key(f"witness-{at}.example", one.public)
                     for at, one in enumerate(WITNESSES))


def chain_of(powers, *, blocks=3, **last):
    """Return a chain whose last header commits to TEXT."""
    chain = SimulatedChain(CHAIN, powers, height=100)
    chain.grow(blocks)
    chain.add(APP_HASH, **last)
    return chain


def attested(node, trusted=None, note=TEXT, now=None, chain=None, **more):
    chain = chain or getattr(node, "chain", node)
    height = chain.height - 1
    return commit_attestation(node, note, height, trusted or trust(chain),
                              now=chain.now if now is None else now, **more)


def rotating(count, steps, apart=1):
    """Return a chain on which one validator is replaced by another at each change."""
    chain = SimulatedChain(CHAIN, equal(count), height=100)
    chain.grow(1)
    for step in range(1, steps + 1):
        chain.add(powers=equal(count, step))
        chain.grow(apart)
    chain.add(APP_HASH)
    return chain


def cosigned(text, times, keys=WITNESSES):
    lines = [cosign(text, f"witness-{at}.example", one, time)
             for at, (one, time) in enumerate(zip(keys, times, strict=False))]
    return f"{text}\n{''.join(lines)}"


def refused(name, *given):
    with pytest.raises(LedgerError) as caught:
        verify_history(*given)
    assert caught.value.name == name, caught.value


# What is right


def test_a_commit_says_by_whom_when_and_with_what_power():
    chain = chain_of({"a": 50, "b": 30, "c": 15, "d": 5})
    committed = verify_history(attested(chain), trust(chain), chain.now)
    strongest = [address(chain.key(one).public.raw()).hex().upper() for one in "ab"]
    assert sorted(committed.signers) == sorted(strongest)  # no more than it takes
    assert (committed.power, committed.power_total, committed.validators) == (80, 100, 4)
    assert (committed.height, committed.steps, committed.witnessed) == (103, 1, None)
    assert committed.time == chain.blocks[103].header.time[0]


def test_sets_that_changed_many_times_are_followed_by_few_steps():
    chain = rotating(9, 60, apart=2)
    committed = verify_history(attested(chain), trust(chain), chain.now)
    assert committed.steps <= 60 / 5
    assert len(attested(chain)["history"]) == committed.steps


def test_a_set_replaced_whole_is_followed_by_its_announcement():
    chain = SimulatedChain(CHAIN, equal(4), height=100)
    chain.grow(5)
    chain.add(powers=equal(4, 4))
    chain.grow(5)
    chain.add(powers=equal(4, 8))
    chain.grow(5)
    chain.add(APP_HASH)
    member = attested(chain)
    assert verify_history(member, trust(chain), chain.now).steps == 3  # to each last header of a set


def test_few_blocks_are_asked_for_where_nothing_changed():
    chain = chain_of(equal(4), blocks=2_000)
    chain.calls.clear()
    attested(chain)
    assert len(chain.calls) < 12


def test_a_verifier_may_trust_any_header_on_the_way():
    chain = rotating(4, 12)
    member = attested(chain)
    later = member["history"][3]["header"]["height"]
    assert verify_history(member, trust(chain, later), chain.now).steps < len(member["history"])
    refused("header-not-trusted", member, trust(chain, later + 1), chain.now)


def test_the_next_block_is_waited_for():
    chain = chain_of(equal(4))
    with pytest.raises(Busy):
        commit_attestation(chain, TEXT, chain.height, trust(chain), now=chain.now)


def test_a_later_header_is_taken_where_too_few_votes_are_strictly_valid():
    weak = dict.fromkeys(names(2), Ballot(sign=sign_with_torsion))
    chain = chain_of(equal(4), ballots=weak)
    height = chain.height
    assert read_light_block(chain, height).quorum() is None
    with pytest.raises(VerificationError, match="quorum"):
        attested(chain)
    chain.add(sha256(b"later"))
    member = commit_attestation(chain, TEXT, height - 1, trust(chain), now=chain.now)
    committed = verify_history(member, trust(chain), chain.now)
    assert (len(member["links"]), committed.height) == (1, height + 1)
    member["links"] = []
    refused("commit-invalid", member, trust(chain), chain.now)


def test_a_header_that_commits_to_the_same_checkpoint_needs_no_link():
    weak = dict.fromkeys(names(2), Ballot(sign=sign_with_torsion))
    chain = chain_of(equal(4), ballots=weak)
    chain.add(APP_HASH)
    member = commit_attestation(chain, TEXT, chain.height - 2, trust(chain), now=chain.now)
    assert member["links"] == []


def test_a_checkpoint_older_than_the_trusted_header_is_linked_to_it():
    chain = SimulatedChain(CHAIN, equal(4))
    chain.grow(3)
    chain.add(APP_HASH)
    chain.add(sha256(b"later"))
    chain.add(sha256(b"and later"))
    member = commit_attestation(chain, TEXT, 3, trust(chain, 5), now=chain.now)
    assert verify_history(member, trust(chain, 5), chain.now).height == 6
    assert len(member["links"]) == 2


# What is wrong


def test_a_header_of_ones_own_is_no_beginning_of_trust():
    ours, theirs = chain_of(equal(4)), chain_of(equal(4, 50))
    refused("header-not-trusted", attested(theirs), trust(ours), ours.now)
    member = attested(theirs) | {"history": attested(ours)["history"]}
    with pytest.raises(LedgerError):
        verify_history(member, trust(ours), ours.now)


def test_a_gap_in_the_history_is_refused():
    chain = rotating(4, 24, apart=0)
    member = attested(chain)
    assert len(member["history"]) > 5
    for at in range(1, len(member["history"])):
        cut = [one for place, one in enumerate(member["history"]) if place != at]
        refused("power-not-enough", member | {"history": cut}, trust(chain), chain.now)
    refused("header-not-trusted", member | {"history": member["history"][:0]}, trust(chain),
            chain.now)


def test_a_history_out_of_order_is_refused():
    chain = rotating(4, 12)
    member = attested(chain)
    first, *rest = member["history"]
    with pytest.raises(VerificationError):
        verify_history(member | {"history": [first, *rest[::-1]]}, trust(chain), chain.now)


def test_the_commit_of_another_chain_is_refused():
    ours = chain_of(equal(4))
    other = SimulatedChain("muniment-ffffffffffffffff", equal(4), height=100)
    other.grow(3)
    other.add(APP_HASH)
    mixed = attested(other) | {"history": attested(ours)["history"]}
    refused("evidence-invalid", mixed, trust(ours), ours.now)
    refused("header-not-trusted", attested(other), trust(ours), ours.now)
    assert verify_history(attested(other), trust(other), other.now)


def test_a_chain_that_is_called_otherwise_in_the_policy_is_refused():
    chain = chain_of(equal(4))
    one = trust(chain)
    other = type(one)("muniment-ffffffffffffffff", one.height, one.header_hash, one.period)
    refused("header-not-trusted", attested(chain), other, chain.now)


def test_another_checkpoint_under_the_same_header_is_refused():
    chain = chain_of(equal(4))
    other = Checkpoint(ORIGIN, 75, bytes(32)).text()
    refused("evidence-invalid", attested(chain) | {"note": other}, trust(chain), chain.now)
    with pytest.raises(VerificationError):
        attested(chain, note=other)


def test_one_validator_is_not_counted_twice():
    chain = chain_of(equal(4))
    member = attested(chain)
    votes = member["commit"]["signatures"]
    for repeated in ([votes[0]] * 3, [*votes[:2], votes[1]], [votes[1], votes[0], votes[2]]):
        wrong = member | {"commit": {**member["commit"], "signatures": repeated}}
        refused("evidence-invalid", wrong, trust(chain), chain.now)
    keys = crypto.unb64(member["validators"]["keys"])
    twice = {"keys": b64(keys[:32] * 2 + keys[64:]), "powers": member["validators"]["powers"]}
    refused("evidence-invalid", member | {"validators": twice}, trust(chain), chain.now)


def test_a_set_that_counts_a_validator_twice_has_no_hash_here():
    chain = SimulatedChain(CHAIN, equal(4))
    keys = [chain.key(one).public.raw() for one in names(2)]
    doubled = [keys[0], keys[0], keys[1]]
    hashed = set_hash(doubled, [address(one) for one in doubled], [1, 1, 1])
    made = Validators.of({"keys": b64(b"".join(keys)), "powers": [[1, 1], [2, 1]]})
    assert hashed not in made.sets
    chain.grow(1)
    answer = chain.call("validators", height=1)
    answer["validators"][1] = answer["validators"][0]
    with pytest.raises(VerificationError):
        read_light_block(Replaced(chain, validators=answer), 1)


class Replaced:
    """A node that answers one call otherwise."""

    def __init__(self, chain, **answers):
        self.chain, self.answers = chain, answers

    def call(self, method, **given):
        return self.answers.get(method) or self.chain.call(method, **given)


class Pruned:
    """A node that keeps the last two blocks of a chain, or as many as it is told."""

    def __init__(self, chain, kept=2):
        self.chain, self.lowest = chain, chain.height - kept + 1

    def call(self, method, **given):
        answer = self.chain.call(method, **given) if method == "status" else None
        if answer is not None:
            answer["sync_info"]["earliest_block_height"] = str(self.lowest)
            return answer
        if int(given["height"]) < self.lowest:
            raise Refused("node-refused", f"lowest height is {self.lowest}")
        return self.chain.call(method, **given)


@pytest.mark.parametrize("count", [30, 31, 100, 101, 230])
def test_a_set_of_more_validators_than_a_page_holds_is_read_whole(count):
    """The engine shows 30 of them unless asked for more, and never more than 100 at once."""
    chain = SimulatedChain(CHAIN, equal(count), height=100)
    chain.add()
    asked = []

    class Engine:
        def call(self, method, **parameters):
            asked.append(parameters.get("page"))
            return chain.call(method, **parameters | {
                "per_page": min(int(parameters.get("per_page", 30)), 100)})

    assert len(read_light_block(Engine(), chain.height).powers) == count
    assert asked == [None, *range(1, -(-count // 100) + 1)]


def test_a_node_that_promises_more_validators_than_it_shows_is_not_asked_for_ever():
    chain = chain_of(equal(4))

    class Promising:
        def call(self, method, **parameters):
            answer = chain.call(method, **parameters)
            return answer | {"total": "500"} if method == "validators" else answer

    assert len(read_light_block(Promising(), chain.height).powers) == 4


def test_a_node_that_does_not_keep_the_trusted_block_says_so():
    chain = chain_of(equal(4))
    with pytest.raises(NotFound, match="height 100"):
        attested(Pruned(chain), trust(chain), now=chain.now)
    assert attested(Pruned(chain), trust(chain, 102), now=chain.now)


def remembering(chain, folder, kept=2):
    """Make evidence at a node that keeps few blocks, as a reader does who made some before."""
    blocks = KeptBlocks(Pruned(chain, kept), folder)
    member = attested(blocks, trust(chain), now=chain.now, chain=chain, besides=blocks.heights())
    blocks.keep(heights_of(member))
    return member


def test_whoever_made_evidence_once_needs_no_node_that_keeps_the_trusted_block(tmp_path):
    chain = chain_of(equal(4))
    remembering(chain, tmp_path, kept=10)
    for step in range(1, 9):  # twice the whole set, one validator after the other
        chain.add(powers=equal(4, step))
        chain.grow(20)
        chain.add(APP_HASH)
        member = remembering(chain, tmp_path, kept=4)
        assert verify_history(member, trust(chain), chain.now).height == chain.height
        kept = {int(path.stem) for path in (tmp_path / "kept-blocks").iterdir()}
        assert kept == heights_of(member) <= {100, *range(100, chain.height + 1)}
    assert len(member["history"]) > 3
    with pytest.raises(NotFound):
        attested(Pruned(chain, 4), trust(chain), now=chain.now, chain=chain)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"commit 1": {}}'])
def test_kept_blocks_are_not_believed(tmp_path, data):
    chain = chain_of(equal(4))
    remembering(chain, tmp_path, kept=10)
    path = tmp_path / "kept-blocks" / "100.json"
    theirs = chain_of(equal(4, 50))
    foreign = {"commit 1": theirs.call("commit", height=100),
               "validators 1": theirs.call("validators", height=100)}
    path.write_bytes(data)
    with pytest.raises(LedgerError):
        remembering(chain, tmp_path)
    path.write_text(json.dumps(foreign))
    with pytest.raises(VerificationError):
        remembering(chain, tmp_path)


def test_an_idle_network_proves_its_checkpoint_though_its_block_is_pruned():
    chain = chain_of(equal(4))
    height = chain.height - 1
    for _ in range(5):
        chain.add(APP_HASH)
    node = Pruned(chain)
    member = commit_attestation(node, TEXT, height, trust(chain, node.lowest), now=chain.now)
    assert verify_history(member, trust(chain, node.lowest), chain.now).height == chain.height


@pytest.mark.parametrize("answer", [
    {}, [], None, "commit", {"signed_header": None}, {"signed_header": {"header": {}}},
])
def test_a_node_that_answers_something_else_is_not_believed(answer):
    chain = chain_of(equal(4))
    with pytest.raises(VerificationError):
        attested(Replaced(chain, commit=answer or {"nothing": 1}), trust(chain), now=chain.now)


@pytest.mark.parametrize("powers", [
    [[limits.INTEGER_MAX, 1, 1, 1]], [[limits.INTEGER_MAX] * 4], [[0, 0, 0, 0]], [[1, 1, 1]],
    [[1, 1, 1, 1, 1]], [[-1, 3, 3, 3]], [[1, 1, 1, True]], [[1, 1, 1, "1"]], [[1, 1, 1, 1.0]],
    [[1, 1, 1, None]], [{}], {}, [[2**64 + 1, 1, 1, 1]], [[1, 1, 1, 1]] * 300,
])
def test_power_beyond_counting_is_refused(powers):
    chain = chain_of(equal(4))
    member = attested(chain)
    wrong = {**member["validators"], "powers": powers}
    with pytest.raises(LedgerError):
        verify_history(member | {"validators": wrong}, trust(chain), chain.now)


def test_the_most_power_that_can_be_counted_is_counted():
    heavy = {"a": limits.INTEGER_MAX // 2, "b": limits.INTEGER_MAX // 2, "c": 1}
    chain = chain_of(heavy)
    assert verify_history(attested(chain), trust(chain), chain.now).power_total == sum(
        heavy.values())


def test_another_order_of_the_keys_is_the_same_set():
    chain = chain_of({"a": 5, "b": 9, "c": 9, "d": 1})
    keys = [chain.key(one).public.raw() for one in "abcd"]
    powers = [5, 9, 9, 1]
    hashes = set()
    for seed in range(6):
        order = list(range(4))
        random.Random(seed).shuffle(order)
        made = Validators.of({"keys": b64(b"".join(keys[at] for at in order)),
                              "powers": [[powers[at] for at in order]]})
        hashes |= made.sets.keys()
    assert hashes == {chain.blocks[103].header.hashes["validators_hash"]}


def test_a_header_that_orders_its_validators_otherwise_names_no_set():
    keys = [PrivateKey.from_seed(bytes([at]) * 32).public.raw() for at in range(2)]
    addresses = [address(one) for one in keys]
    sets = Validators.of({"keys": b64(b"".join(keys)), "powers": [[1, 1]]}).sets
    assert set_hash(keys, addresses, [1, 1]) in sets
    assert set_hash(keys, addresses[::-1], [1, 1]) not in sets


def test_a_vote_that_was_not_cast_is_no_vote():
    chain = chain_of(equal(4), ballots={"validator-000": Ballot(ABSENT)})
    member = attested(chain)
    assert len(member["commit"]["signatures"]) == 3
    fewer = member | {"commit": {**member["commit"],
                                 "signatures": member["commit"]["signatures"][:2]}}
    refused("power-not-enough", fewer, trust(chain), chain.now)
    with pytest.raises(VerificationError):
        attested(chain_of(equal(4), ballots=dict.fromkeys(names(2), Ballot(ABSENT))))


def test_a_signer_outside_the_set_is_refused():
    chain = rotating(4, 3, apart=3)
    member = attested(chain)
    absent = [at for at, power in enumerate(member["validators"]["powers"][0]) if not power][0]
    votes = member["commit"]["signatures"]
    stray = sorted([*votes[:-1], [absent, *votes[-1][1:]]])
    wrong = member | {"commit": {**member["commit"], "signatures": stray}}
    refused("evidence-invalid", wrong, trust(chain), chain.now)


WHATEVER = (LedgerError, KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What `verify` turns into its one error."""


@pytest.fixture(scope="module")
def small():
    chain = rotating(4, 4, apart=1)
    one = trust(chain)
    policy = TrustPolicy.parse(f"{FIRST}{ORIGIN} 0 - commit {one.chain_id} {one.height} "
                               f"{one.header_hash.hex().upper()} {one.period}\n")
    member = attested(chain)
    assert attest(member, policy, chain.now).commit.steps > 1
    return canonical.encode(member), policy, chain.now


@settings(max_examples=400)
@given(st.data())
def test_any_changed_bit_of_an_attestation_is_refused(small, data):
    encoded, policy, now = small
    at = data.draw(st.integers(0, len(encoded) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = encoded[:at] + bytes([encoded[at] ^ 1 << bit]) + encoded[at + 1 :]
    with pytest.raises(WHATEVER):
        attest(canonical.decode(changed), policy, now)


@settings(max_examples=200)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3), max_leaves=6), st.data())
def test_any_value_in_any_place_of_an_attestation_is_refused(small, value, data):
    encoded, policy, now = small
    member = place = canonical.decode(encoded)
    while True:
        name = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict)
                                         else range(len(place))))
        if not isinstance(place[name], dict | list) or not place[name] or data.draw(st.booleans()):
            break
        place = place[name]
    if place[name] == value and type(place[name]) is type(value):
        return
    place[name] = value
    with pytest.raises(WHATEVER):
        attest(member, policy, now)


def test_limits_bound_what_is_looked_at():
    chain = chain_of(equal(4))
    member = attested(chain)
    step = {"commit": member["commit"], "header": member["header"]}
    for wrong in (
        {"history": [*member["history"], *[step] * limits.HISTORY_STEPS_MAX]},
        {"links": [member["header"]] * (limits.HEADER_LINKS_MAX + 1)},
        {"commit": {**member["commit"], "signatures": [member["commit"]["signatures"][0]] * 1_001}},
    ):
        refused("evidence-invalid", member | wrong, trust(chain), chain.now)


# Time


def test_old_keys_that_sign_anew_after_the_period_are_refused():
    chain = chain_of(equal(4))
    forged = chain.fork(103)
    other = Checkpoint(ORIGIN, 99, sha256(b"forged")).text()
    forged._next = equal(4)
    forged.add(sha256(other.encode()))
    late = chain.blocks[100].header.time[0] + PERIOD + 1
    within = commit_attestation(forged, other, 102, trust(chain), now=forged.now)
    assert verify_history(within, trust(chain), late - 2)  # for these two keys still answer
    refused("trusting-period-over", within, trust(chain), late)
    refused("trusting-period-over", within, trust(chain), None)


def vouched(chain, **changed):
    one = trust(chain)
    return type(one)(one.chain_id, one.height, one.header_hash, one.period,
                     changed.get("witnesses", WITNESS_KEYS), changed.get("quorum", 2))


def test_witnesses_vouch_for_a_commit_of_their_time_for_ever():
    chain = chain_of(equal(4))
    time = chain.now
    member = attested(chain, note=cosigned(TEXT, (time, time + 5, time + 9)))
    much_later = time + 50 * 366 * 86_400
    refused("trusting-period-over", member, trust(chain), much_later)
    committed = verify_history(member, vouched(chain), much_later)
    assert committed.witnesses == ("witness-0.example", "witness-1.example")
    assert committed.witnessed == time + 5  # when the second had seen it
    assert verify_history(member, vouched(chain), None).witnessed == time + 5
    assert verify_history(member, vouched(chain), time + 60).witnessed is None


@pytest.mark.parametrize("times", [
    (0,), (0, PERIOD), (PERIOD, PERIOD, 5), (-20 * 86_400,) * 3, (),
])
def test_witnesses_too_few_too_late_or_before_the_header_do_not_vouch(times):
    chain = chain_of(equal(4))
    note = cosigned(TEXT, [chain.now + one for one in times]) if times else TEXT
    member = attested(chain, note=note)
    with pytest.raises(VerificationError) as caught:
        verify_history(member, vouched(chain), chain.now + 10 * PERIOD)
    assert caught.value.name in {"trusting-period-over", "header-from-the-future"}


def test_witnesses_of_another_checkpoint_or_policy_do_not_vouch():
    chain = chain_of(equal(4))
    time, later = chain.now, chain.now + 10 * PERIOD
    other = cosigned(Checkpoint(ORIGIN, 73, bytes(32)).text(), (time,) * 3)
    moved = f"{TEXT}\n{other.partition(chr(10) * 2)[2]}"
    refused("note-not-signed", attested(chain) | {"note": moved}, vouched(chain), later)
    strangers = [PrivateKey.from_seed(bytes([at]) * 32) for at in (7, 8, 9)]
    wrong = attested(chain, note=cosigned(TEXT, (time,) * 3, strangers))
    refused("trusting-period-over", wrong, vouched(chain), later)
    backdated = cosigned(TEXT, (time,) * 3).replace("AAAAA", "AAAAB")
    with pytest.raises(LedgerError):
        verify_history(attested(chain) | {"note": backdated}, vouched(chain), later)


def test_retired_keys_and_a_checkpoint_that_witnesses_saw_make_no_other_checkpoint():
    """A header forged over a cosigned checkpoint must not hand trust on to the forger's set."""
    chain = chain_of(equal(4))
    seen = cosigned(TEXT, (chain.now, chain.now, chain.now))
    forged = chain.fork(103)
    forged._next = equal(4)
    forged.add(APP_HASH, powers=equal(4, 90), seconds=30)
    fake = Checkpoint(ORIGIN, 99, sha256(b"forged")).text()
    late = chain.blocks[100].header.time[0] + PERIOD + 60
    forged.add(sha256(fake.encode()), seconds=PERIOD - 3_600)
    member = commit_attestation(forged, fake, 103, trust(forged), now=forged.now)
    assert len(member["history"]) == 2
    for note in (fake, f"{fake}\n{seen.partition(chr(10) * 2)[2]}"):
        with pytest.raises(VerificationError):
            verify_history(member | {"note": note}, vouched(chain), late)
    handed = [{**one, "note": seen} if at else one for at, one in enumerate(member["history"])]
    with pytest.raises(VerificationError):
        verify_history(member | {"history": handed}, vouched(chain), late)


def test_a_later_commit_of_a_cosigned_checkpoint_is_of_the_period_too():
    weak = dict.fromkeys(names(2), Ballot(sign=sign_with_torsion))
    for beyond in (-1, 0, 1):
        chain = chain_of(equal(4), ballots=weak)
        height, note = chain.height, cosigned(TEXT, (chain.now,) * 3)
        elapsed = chain.blocks[height].header.time[0] - chain.blocks[100].header.time[0]
        chain.add(sha256(b"later"), seconds=PERIOD - elapsed + beyond)
        if beyond < 0:
            member = commit_attestation(chain, note, height - 1, vouched(chain), now=chain.now)
            assert verify_history(member, vouched(chain), None).height == height + 1
            continue
        with pytest.raises(VerificationError, match="dated after"):
            commit_attestation(chain, note, height - 1, vouched(chain), now=chain.now)


def test_a_cosignature_has_its_time_within():
    note = cosigned(TEXT, (1_795_000_000,))
    assert cosigned_at(note, WITNESS_KEYS, 1) == (1_795_000_000, ["witness-0.example"])
    assert cosigned_at(note, WITNESS_KEYS, 2) is None
    line = note.splitlines()[-1]
    raw = base64.b64decode(line.split(" ")[2])
    for at in range(4, len(raw)):
        wrong = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        text = note.replace(line.split(" ")[2], base64.b64encode(wrong).decode())
        with pytest.raises(VerificationError):
            cosigned_at(text, WITNESS_KEYS, 1)


# The strict rule


def test_a_validators_key_has_to_be_canonical_and_not_of_small_order():
    for raw in (*SMALL, bytes([1]) + bytes(30) + bytes([128]), b"\xff" * 32, bytes(31),
                (crypto.P + 3).to_bytes(32, "little")):
        assert not verify_enrolled(raw, bytes([1]) + bytes(63), b"any")
        assert not verify_enrolled(raw, raw + bytes(32), b"any")


def test_a_key_with_torsion_is_judged_alike_by_two_libraries_and_enrolled_by_nobody():
    for seed in range(4):
        raw = key_with_torsion(bytes([seed]) * 32)
        assert not is_admissible_ed25519(raw)
        signature = sign_by_key_with_torsion(bytes([seed]) * 32, b"message")
        assert verify_enrolled(raw, signature, b"message")
        assert nacl.signing.VerifyKey(raw).verify(b"message", signature)
        wrong = signature[:32] + bytes(32)
        assert not verify_enrolled(raw, wrong, b"message")
        with pytest.raises(nacl.exceptions.BadSignatureError):
            nacl.signing.VerifyKey(raw).verify(b"message", wrong)


@pytest.mark.parametrize("r", SMALL)
def test_r_of_small_order_is_refused(r):
    key_ = PrivateKey.from_seed(bytes(32))
    for s in (bytes(32), (5).to_bytes(32, "little")):
        assert not verify_enrolled(key_.public.raw(), r + s, b"message")


# Evidence and policy


WALLET = Wallet("XA", (key("light"),), 1, (key("light next"),))


def founded(path):
    found(path, office="XA", name="register.light.example", profile="demo",
          now=lambda: 1_780_000_000, wallet=WALLET, log_key=PrivateKey.from_seed(bytes(32)))
    chain = SimulatedChain("muniment-0123456789abcdef", equal(4), height=12)
    chain.grow(1)
    ledger = SimulatedNetwork(path, chain)
    ledger.submit([ledger.sign(WALLET, [operation(f"2026/{at:06}") for at in range(1, 9)])])
    return ledger


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    with founded(tmp_path_factory.mktemp("light") / "ledger") as ledger:
        yield ledger


def test_evidence_of_a_network_is_verified_by_the_same_function(network):
    made = [maker.entry_evidence(network, 4),
            maker.state_evidence(network, next(network.tree.scan(b"application/"))[0]),
            maker.absence_evidence(network, "XA", "patent", "2026/000099"),
            maker.completeness_evidence(network, "application/XA/patent/-/")]
    for data in made:
        proven = verify(data, policy_of(network), network.chain.now)
        assert proven.attestation == "commit"
        assert not proven.rests_on_the_operator
        assert proven.attested_by == proven.commit.signers
        with pytest.raises(VerificationError, match="period"):
            verify(data, policy_of(network))


def test_a_note_does_not_pass_where_a_commit_is_required_nor_the_reverse(network):
    commit = json.loads(maker.entry_evidence(network, 4))
    solo = {**commit, "checkpoint": SoloLedger.checkpoint(network)}
    for one in (commit, solo):
        for name in ("format", "kind", "sha256"):
            del one[name]
    vkey = (network.directory / "trust-policy.txt").read_text().split(" ")[-1].strip()
    notes = TrustPolicy.parse(f"{FIRST}{network.identity.origin} 0 - note {vkey}\n")
    now = network.chain.now
    assert verify(assemble("entry", solo), notes, now).attestation == "note"
    assert verify(assemble("entry", commit), policy_of(network), now).attestation == "commit"
    for parts, policy in ((solo, policy_of(network)), (commit, notes)):
        with pytest.raises(VerificationError) as caught:
            verify(assemble("entry", parts), policy, now)
        assert caught.value.name == "attestation-of-another-kind"


def test_promotion_ends_the_range_of_the_note_where_that_of_the_commit_begins(network):
    solo = (network.directory / "trust-policy.txt").read_text()
    origin, size = network.identity.origin, network.head.size
    trusted = trusted_now(network.chain, network.chain.first, PERIOD)

    def promoted(last):
        return with_commit(TrustPolicy.parse(end_note_range(
            solo, origin, last, network.log_root(last))), origin, last, trusted)

    policy = promoted(size)
    assert TrustPolicy.parse(policy.text()) == policy
    assert policy.require(origin, size).kind == "note"
    assert policy.require(origin, size + 1).kind == "commit"
    data = maker.entry_evidence(network, 4)
    with pytest.raises(VerificationError) as caught:  # of the solo range, by a commit
        verify(data, policy, network.chain.now)
    assert caught.value.name == "attestation-of-another-kind"
    assert verify(data, promoted(size - 1), network.chain.now).attestation == "commit"
    for overlapping in (TrustPolicy.parse(solo), policy):
        with pytest.raises(Malformed, match="overlap"):
            with_commit(overlapping, origin, size - 1, trusted)


def test_trust_is_renewed_by_evidence_and_does_not_run_out(tmp_path):
    with founded(tmp_path / "ledger") as network:
        text = policy_of(network).text().replace(FIRST, f"{FIRST}# from the gazette\n")
        first, now = maker.entry_evidence(network, 4), network.chain.now
        for turn in range(3):
            data = maker.entry_evidence(network, 4)
            proven = verify(data, TrustPolicy.parse(text), network.chain.now)
            text = renewed(text, proven)
            network.trusted = trust(network.chain, proven.commit.height)
            assert f" {proven.commit.height} {proven.commit.header_hash} " in text
            network.chain.add(seconds=PERIOD - 600)
            network.submit([network.sign(WALLET, [operation(f"2026/{100 + turn:06}")])])
        late = maker.entry_evidence(network, 4)
    policy = TrustPolicy.parse(text)
    assert text.startswith(f"{FIRST}# from the gazette\n")
    assert len(policy.rules) == 4
    assert network.chain.now > now + 2 * PERIOD
    assert verify(late, policy, network.chain.now)
    assert verify(first, policy, now)
    with pytest.raises(VerificationError, match="period"):
        verify(first, policy, network.chain.now)


def test_trust_is_not_renewed_by_what_witnesses_saw_after_the_period(network):
    """A header forged by retired keys over a cosigned checkpoint would be trusted from then on."""
    data = json.loads(maker.entry_evidence(network, 4))
    text = data["checkpoint"]["note"]
    data["checkpoint"]["note"] = cosigned(text, (network.chain.now,) * 3)
    parts = {name: value for name, value in data.items()
             if name not in {"format", "kind", "sha256"}}
    policy = policy_of(network).text().replace(
        f" {PERIOD}\n", f" {PERIOD} witness 2 {' '.join(WITNESS_KEYS)}\n")
    proven = verify(assemble("entry", parts), TrustPolicy.parse(policy), network.chain.now + PERIOD)
    assert proven.commit.witnesses
    with pytest.raises(Refused, match="period"):
        renewed(policy, proven)


def test_the_command_says_by_whom_and_renews(network, tmp_path, monkeypatch):
    monkeypatch.setattr(command.clock, "time", lambda: network.chain.now + 0.5)
    file, policy = tmp_path / "evidence.json", tmp_path / "policy.txt"
    file.write_bytes(maker.entry_evidence(network, 4))
    policy.write_text(policy_of(network).text())

    def run(*words, code=0):
        result = CliRunner().invoke(command.app, [*words, str(file), "--trust", str(policy)])
        assert result.exit_code == code, result.output
        return result.output

    assert "3 of 4 validators of muniment-0123456789abcdef" in " ".join(run("verify").split())
    said = json.loads(run("verify", "--json"))
    assert (said["commit"]["power"], said["commit"]["power_total"]) == (3, 4)
    assert len(said["attested_by"]) == 3
    assert not said["rests_on_the_operator"]
    before = policy.read_text()
    assert said["commit"]["header_hash"] in run("renew")
    assert TrustPolicy.parse(policy.read_text()).rules[0].last == network.head.size
    run("verify")
    policy.write_text(before)
    monkeypatch.setattr(command.clock, "time", lambda: network.chain.now + PERIOD)
    assert "NOT VALID" in run("verify", code=1)
    run("renew", code=1)
    assert policy.read_text() == before


def test_a_policy_is_not_renewed_by_evidence_of_another_kind(network):
    data = json.loads(maker.entry_evidence(network, 4))
    parts = {name: value for name, value in data.items()
             if name not in {"format", "kind", "sha256"}}
    solo = assemble("entry", parts | {"checkpoint": SoloLedger.checkpoint(network)})
    text = (network.directory / "trust-policy.txt").read_text()
    with pytest.raises(Refused):
        renewed(text, verify(solo, TrustPolicy.parse(text)))
    ended = policy_of(network).text().replace(" 0 - commit", f" 0 {network.head.size} commit")
    proven = verify(maker.entry_evidence(network, 4), TrustPolicy.parse(ended), network.chain.now)
    with pytest.raises(Refused):
        renewed(ended, proven)


def test_evidence_that_is_not_canonical_is_refused(network):
    data = maker.entry_evidence(network, 4)
    for wrong in (data.replace(b'"links":[]', b'"links": []'), data[:-1], b" " + data,
                  data.replace(b'"round":0', b'"round":0,"round":0'),
                  data.replace(b'"round":0', b'"round":0.0'),
                  json.dumps(json.loads(data)).encode() + b"\n"):
        assert wrong != data
        with pytest.raises(VerificationError):
            verify(wrong, policy_of(network), network.chain.now)


HASH = "AB" * 32
VKEYS = " ".join(WITNESS_KEYS)


@pytest.mark.parametrize("rest", [
    f"commit {CHAIN} 5 {HASH}", f"commit {CHAIN} 5 {HASH.lower()} 60", f"commit {CHAIN} 0 {HASH} 60",
    f"commit {CHAIN} 5 {HASH[:-2]} 60", f"commit {CHAIN} 05 {HASH} 60", f"commit {CHAIN} 5 {HASH} 0",
    f"commit {CHAIN} 5 {HASH} -1", f"commit {CHAIN} 5 {HASH} 9999999999999",
    f"commit {CHAIN} 5 {HASH} 60 witness", f"commit {CHAIN} 5 {HASH} 60 witness 1",
    f"commit {CHAIN} 5 {HASH} 60 witness 0 {VKEYS}", f"commit {CHAIN} 5 {HASH} 60 witness 4 {VKEYS}",
    f"commit {CHAIN} 5 {HASH} 60 witness 1 {WITNESS_KEYS[0]} {WITNESS_KEYS[0]}",
    f"commit {CHAIN} 5 {HASH} 60 witness 1 " + witness_key("other", WITNESSES[0].public) + " "
    + WITNESS_KEYS[0],
    f"commit {CHAIN} 5 {HASH} 60 anchor 1 {VKEYS}", f"commit {CHAIN} 5 {HASH} 60 rfc3161 x",
    f"commit {'x' * 51} 5 {HASH} 60", f"commit é 5 {HASH} 60", f"commit {CHAIN} 5 {HASH} 60 ",
    f"commit {CHAIN} 5 {HASH} 60 witness 1 "
    + sign_note("x\n", "w", WITNESSES[0]).split(" ")[2].strip(),
])
def test_a_policy_with_a_bad_commit_rule_is_refused_whole(rest):
    with pytest.raises(Malformed):
        TrustPolicy.parse(f"{FIRST}{ORIGIN} 0 - {rest}\n")


def test_means_of_vouching_that_are_not_known_are_refused_by_name():
    with pytest.raises(Malformed, match="anchor"):
        TrustPolicy.parse(f"{FIRST}{ORIGIN} 0 - commit {CHAIN} 5 {HASH} 60 anchor eip155:1\n")


def test_a_policy_says_what_it_read():
    text = (f"{FIRST}{ORIGIN} 0 9 commit {CHAIN} 5 {HASH} 60 witness 2 {VKEYS}\n"
            f"{ORIGIN} 10 - commit {CHAIN} 9 {HASH} 60\n")
    assert TrustPolicy.parse(text).text() == text
    with pytest.raises(Malformed, match="overlap"):
        TrustPolicy.parse(text.replace(" 10 - ", " 9 - "))


def test_a_header_and_commit_survive_their_members():
    chain = chain_of(equal(4))
    member = attested(chain)
    header = Header.of(member["header"])
    assert header.members() == member["header"]
    assert header == chain.blocks[103].header
    assert len(Commit.of(member["commit"], header.digest()).votes) == 3
