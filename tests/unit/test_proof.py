"""Bytes, signatures, trees and notes: what is right is taken, what is wrong is refused."""

import base64
import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.proof import canonical, checkpoint, crypto, disclosure, jws, limits, merkle, statetree
from muniment.proof.attestation import TrustPolicy, attest
from muniment.proof.errors import LedgerError, Malformed, Unauthentic, VerificationError

KEY = crypto.PrivateKey.from_seed(bytes(32))
OTHER = crypto.PrivateKey.from_seed(bytes([1]) * 32)
names = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
integers = st.integers(-limits.INTEGER_MAX, limits.INTEGER_MAX)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_value_survives_its_bytes(value):
    assert canonical.decode(canonical.encode(value)) == value


@pytest.mark.parametrize("data", [
    b"", b"{", b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a": 1}', b" 1", b"1\n", b"NaN", b"Infinity",
    b"-0", b"1.0", b"1e2", b"01", b"9007199254740993", b"1" * 5000, b'"\\u0041"', b'"\\ud800"',
    b'"\xff"', b"\xef\xbb\xbf1", b'{"\xc3\xa9":1}', b"[" * 17 + b"]" * 17, b"[" * 100_000,
    b'{"a":' * 5000, b"'a'", b"tru", b"[1,]", b'"\x01"', b'"a"b', b"\x00",
])
def test_bytes_that_are_not_canonical_are_refused(data):
    with pytest.raises(Malformed):
        canonical.decode(data)


@given(st.lists(st.text('[]{}"\\\\a', max_size=30), max_size=5))
def test_brackets_within_texts_are_not_nesting(listed):
    assert canonical.decode(canonical.encode(listed)) == listed
    deep = canonical.encode(listed)
    for _ in range(limits.NESTING_MAX - 1):
        deep = b"[" + canonical.encode('["') + b"," + deep + b"]"
    assert canonical.encode(canonical.decode(deep)) == deep
    with pytest.raises(Malformed):
        canonical.decode(b"[" + deep + b"]")


@pytest.mark.parametrize("value", [
    1.5, {"a": 2**53}, {"é": 1}, {1: 2}, b"bytes", "\ud800", {"a": {1, 2}}, float("nan"),
])
def test_value_outside_the_profile_is_refused(value):
    with pytest.raises(Malformed):
        canonical.encode(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_malformed(data):
    with contextlib.suppress(Malformed):
        assert canonical.encode(canonical.decode(data)) == data


@given(st.binary(max_size=80))
def test_base64url_has_one_spelling(data):
    text = crypto.b64(data)
    assert crypto.unb64(text) == data
    for wrong in (text + "=", text + "\n", " " + text):
        with pytest.raises(Malformed):
            crypto.unb64(wrong)


def test_sixteen_spellings_of_one_signature_are_one():
    signature = crypto.b64(KEY.sign(b"x"))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    taken = []
    for last in alphabet:
        try:
            crypto.unb64(signature[:-1] + last, 64)
            taken.append(last)
        except Malformed:
            continue
    spellings = {crypto.unb64(signature[:-1] + last, 64) for last in taken}
    assert len(spellings) == len(taken)


def test_identity_as_r_is_refused():
    secret = crypto.PrivateKey.from_seed(bytes(32))
    identity = (1).to_bytes(32, "little")
    with pytest.raises(Unauthentic):
        secret.public.verify(identity + bytes(32), b"any message")


def test_s_beyond_the_order_is_refused():
    signature = KEY.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + crypto.L
    if s < 2**256:
        with pytest.raises(Unauthentic):
            KEY.public.verify(signature[:32] + s.to_bytes(32, "little"), b"m")


@pytest.mark.parametrize("raw", [
    bytes(32),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
    bytes([0xFF]) * 32,
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
])
def test_weak_ed25519_key_is_not_admitted(raw):
    with pytest.raises(Malformed):
        crypto.load_public_key({"crv": "Ed25519", "kty": "OKP", "x": crypto.b64(raw)})


def test_es256_signature_with_the_higher_s_is_refused():
    key = crypto.PrivateKey.generate("ES256")
    signature = key.sign(b"m")
    key.public.verify(signature, b"m")
    s = crypto.P256_ORDER - int.from_bytes(signature[32:], "big")
    with pytest.raises(Unauthentic):
        key.public.verify(signature[:32] + s.to_bytes(32, "big"), b"m")


@given(st.integers(1, 200), st.data())
def test_inclusion_holds_and_any_changed_hash_is_refused(size, data):
    hashes = [merkle.leaf_hash(bytes([i])) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(hashes, index)
    root = merkle.root(hashes)
    merkle.verify_inclusion(hashes[index], index, size, path, root)
    for at in range(len(path)):
        wrong = list(path)
        wrong[at] = bytes(32)
        with pytest.raises(VerificationError):
            merkle.verify_inclusion(hashes[index], index, size, wrong, root)
    with pytest.raises(VerificationError):
        merkle.verify_inclusion(hashes[index], index, size, [*path, bytes(32)], root)
    if size > 1:
        with pytest.raises(VerificationError):
            merkle.verify_inclusion(hashes[index], (index + 1) % size, size, path, root)


@given(st.integers(1, 120), st.data())
def test_consistency_holds_and_a_rewritten_past_is_refused(size, data):
    hashes = [merkle.leaf_hash(bytes([i])) for i in range(size)]
    first = data.draw(st.integers(1, size))
    path = merkle.consistency_path(hashes, first)
    old, new = merkle.root(hashes[:first]), merkle.root(hashes)
    merkle.verify_consistency(first, size, path, old, new)
    rewritten = merkle.root([merkle.leaf_hash(b"other"), *hashes[1:first]])
    with pytest.raises(VerificationError):
        merkle.verify_consistency(first, size, path, rewritten, new)


@given(st.integers(0, 300))
def test_frontier_survives_storage(size):
    frontier = merkle.Frontier()
    for i in range(size):
        frontier.append(merkle.leaf_hash(bytes([i % 256])))
    again = merkle.Frontier.load(size, frontier.dump())
    again.append(bytes(32))
    frontier.append(bytes(32))
    assert again.root() == frontier.root()


def test_jws_is_signed_by_exactly_the_key_set():
    keys = {one.public.kid: one.public for one in (KEY, OTHER)}
    signed = jws.parse(jws.sign(b"payload", [KEY, OTHER], "t"), "t")
    jws.verify(signed, keys, 2)
    with pytest.raises(Unauthentic):
        jws.verify(signed, {KEY.public.kid: KEY.public}, 1)
    with pytest.raises(Unauthentic):
        jws.verify(jws.parse(jws.sign(b"payload", [KEY], "t"), "t"), keys, 2)


@given(st.integers(0, 10**6))
def test_jws_with_any_changed_bit_is_refused(seed):
    line = bytearray(jws.sign(b'{"a":1}', [KEY], "t"))
    bit = seed % (len(line) * 8)
    line[bit // 8] ^= 1 << bit % 8
    with pytest.raises(LedgerError):
        jws.verify(jws.parse(bytes(line), "t"), {KEY.public.kid: KEY.public}, 1)


def test_jws_of_another_type_is_refused():
    with pytest.raises(Malformed):
        jws.parse(jws.sign(b"payload", [KEY], "t"), "another")


@given(names, values)
def test_disclosure_survives_and_binds(name, value):
    text = disclosure.make(bytes(16), name, value)
    assert disclosure.parse(text)[1:] == (name, value)
    assert disclosure.digest(text) != disclosure.digest(disclosure.make(bytes(15) + b"1", name,
                                                                        value))


keys_drawn = st.lists(st.integers(0, 400), max_size=40, unique=True)


def tree_of(numbers):
    return statetree.MemoryTree({b"k/%d/" % one: b"v%d" % (one % 7) for one in numbers})


@given(keys_drawn, st.integers(0, 400))
def test_state_presence_or_absence_is_proven(numbers, asked):
    tree = tree_of(numbers)
    key = b"k/%d/" % asked
    if asked in numbers:
        proof = statetree.prove_presence(tree, key)
        assert statetree.verify_presence(proof, tree.root()) == (key, tree.get(key))
        with pytest.raises(VerificationError):
            statetree.verify_presence({**proof, "value": "other"}, tree.root())
    else:
        proof = statetree.prove_absence(tree, key)
        statetree.verify_absence(proof, key, tree.root())


@given(keys_drawn.filter(lambda one: len(one) > 2), st.data())
def test_no_pair_of_neighbours_hides_a_present_key(numbers, data):
    tree = tree_of(numbers)
    hidden = b"k/%d/" % data.draw(st.sampled_from(numbers))
    present = [None, *(key for key, _ in tree.scan(b"") if key != hidden)]
    left, right = data.draw(st.sampled_from(present)), data.draw(st.sampled_from(present))
    proof = {
        side: None if key is None else statetree.prove_presence(tree, key)
        for side, key in (("left", left), ("right", right))
    }
    with pytest.raises(VerificationError):
        statetree.verify_absence(proof, hidden, tree.root())


@given(keys_drawn, st.integers(0, 45))
def test_series_is_complete_and_no_entry_of_it_can_be_hidden(numbers, start):
    tree, prefix = tree_of(numbers), b"k/%d" % start
    proof = statetree.prove_completeness(tree, prefix)
    found = statetree.verify_completeness(proof, prefix, tree.root())
    assert found == list(tree.scan(prefix))
    for at in range(len(found)):
        hidden = {**proof, "entries": proof["entries"][:at] + proof["entries"][at + 1 :]}
        with pytest.raises(VerificationError):
            statetree.verify_completeness(hidden, prefix, tree.root())


def test_unsorted_leaves_prove_both_presence_and_absence_to_nobody():
    order = [b"a", b"z", b"m", b"q"]
    hashes = [statetree.leaf_hash(key, b"v") for key in order]
    root = statetree.inner_hash(statetree.inner_hash(*hashes[:2]), statetree.inner_hash(*hashes[2:]))
    present = {"key": "m", "value": "v", "sides": "rl", "siblings": crypto.b64(
        hashes[3] + statetree.inner_hash(*hashes[:2]))}
    assert statetree.verify_presence(present, root)[0] == b"m"
    absent = {
        "left": {"key": "a", "value": "v", "sides": "rr", "siblings": crypto.b64(
            hashes[1] + statetree.inner_hash(*hashes[2:]))},
        "right": {"key": "z", "value": "v", "sides": "lr", "siblings": crypto.b64(
            hashes[0] + statetree.inner_hash(*hashes[2:]))},
    }
    # A liar's unsorted tree proves "m" present and absent: why solo absence is the office's word.
    statetree.verify_absence(absent, b"m", root)


def test_note_is_opened_by_its_key_alone():
    head = checkpoint.Checkpoint("log.example/1", 7, bytes(32))
    note = checkpoint.sign_note(head.text(), "log.example/1", KEY)
    vkey = checkpoint.verifier_key("log.example/1", KEY.public)
    assert checkpoint.Checkpoint.parse(checkpoint.open_note(note, vkey)) == head
    with pytest.raises(VerificationError):
        checkpoint.open_note(note, checkpoint.verifier_key("log.example/1", OTHER.public))
    with pytest.raises(LedgerError):
        checkpoint.open_note(note.replace("\n7\n", "\n8\n"), vkey)


@pytest.mark.parametrize("text", [
    "", "muniment/trust-policy/v1", "muniment/trust-policy/v2\n",
    "muniment/trust-policy/v1\nlog 0 - trust me\n", "muniment/trust-policy/v1\nlog 0 - note\n",
    "muniment/trust-policy/v1\nlog 00 - note k\n", "muniment/trust-policy/v1\nlog x - note k\n",
    "muniment/trust-policy/v1\nlog 0 9 note k\nlog 9 - note k\n",
])
def test_policy_with_a_bad_line_is_refused_whole(text):
    with pytest.raises(Malformed):
        TrustPolicy.parse(text)


def test_policy_trusts_a_key_for_its_range_only():
    vkey = checkpoint.verifier_key("log.example/1", KEY.public)
    policy = TrustPolicy.parse(f"muniment/trust-policy/v1\nlog.example/1 5 9 note {vkey}\n")
    for size, trusted in ((4, False), (5, True), (9, True), (10, False)):
        head = checkpoint.Checkpoint("log.example/1", size, bytes(32))
        note = checkpoint.sign_note(head.text(), "log.example/1", KEY)
        if trusted:
            assert attest(note, policy).checkpoint == head
        else:
            with pytest.raises(VerificationError):
                attest(note, policy)


def test_note_has_one_spelling_of_base64():
    head = checkpoint.Checkpoint("log.example/1", 7, bytes(32)).text()
    root = base64.b64encode(bytes(32)).decode()
    with pytest.raises(Malformed):
        checkpoint.Checkpoint.parse(head.replace(root, root[:-2] + "B="))


def test_path_depth_is_bounded_whoever_picks_the_keys():
    rng = random.Random(7)
    keys = {f"application/US/patent/{rng.randrange(100):02}/{rng.choice([0, 10**11]) + 2**rng.randrange(36):012}/".encode(): b"v"
            for _ in range(2_000)}
    tree = statetree.MemoryTree(keys)
    assert max(len(tree.path(key)) for key in list(keys)[:300]) <= limits.STATE_PATH_DEPTH_MAX
