"""Implementations that are not ours accept what is right, and refuse what was changed."""

import base64
import json
import random

import nacl.bindings
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws as jose
from joserfc.jwk import ECKey, OKPKey

from muniment.codec import encode as encode_typed
from muniment.proof import canonical, checkpoint, crypto, disclosure, jws, limits, merkle, statetree

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(min_codepoint=0, max_codepoint=127), max_size=10)
values = st.recursive(
    st.none() | st.booleans() | texts | st.integers(-limits.INTEGER_MAX, limits.INTEGER_MAX),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=1_500)
@given(values)
def test_canonical_json_is_that_of_another_library(value):
    expected = rfc8785.dumps(value)
    assert canonical.encode(value) == expected
    assert encode_typed(value) == expected


@pytest.mark.parametrize("algorithm", ["Ed25519", "ES256"])
def test_signatures_are_verified_by_a_jose_library(algorithm):
    key = crypto.PrivateKey.generate(algorithm)
    kind = OKPKey if algorithm == "Ed25519" else ECKey
    public = kind.import_key(dict(key.public.jwk))
    plain = json.loads(jws.sign(b'{"a":1}', [key], "muniment-envelope+jws"))
    signature = plain["signatures"][0]
    compact = f"{signature['protected']}.{plain['payload']}.{signature['signature']}"
    registry = jose.JWSRegistry(algorithms=[algorithm])
    assert jose.deserialize_compact(compact, public, registry=registry).payload == b'{"a":1}'
    other = crypto.b64(b'{"a":2}')
    changed = f"{signature['protected']}.{other}.{signature['signature']}"
    with pytest.raises(Exception, match="bad_signature"):
        jose.deserialize_compact(changed, public, registry=registry)


@pytest.mark.parametrize("algorithm", ["Ed25519", "ES256"])
def test_signatures_of_a_jose_library_are_verified_by_us(algorithm):
    key = crypto.PrivateKey.generate(algorithm)
    kind = OKPKey if algorithm == "Ed25519" else ECKey
    private = kind.import_key(key.jwk())
    header = {"alg": algorithm, "kid": key.public.kid, "typ": "t"}
    for _ in range(20):
        compact = jose.serialize_compact(header, b"payload", private,
                                         registry=jose.JWSRegistry(algorithms=[algorithm]))
        protected, payload, signature = compact.split(".")
        raw = crypto.unb64(signature, 64)
        if algorithm == "ES256":
            s = int.from_bytes(raw[32:], "big")
            raw = raw[:32] + min(s, crypto.P256_ORDER - s).to_bytes(32, "big")
        key.public.verify(raw, f"{protected}.{payload}".encode())


def small_order_points():
    """Return the points of order 1, 2, 4 and 8, found by multiplying points by the group order."""
    found = set()
    for y in range(2, 60):
        for sign in (0, 1):
            x = crypto._recover_x(y, sign)
            if x is not None:
                point = crypto._multiply(crypto.L, (x, y, 1, x * y % crypto.P))
                found.add(packed(point))
    return sorted(found)


def packed(point):
    inverse = pow(point[2], crypto.P - 2, crypto.P)
    x, y = point[0] * inverse % crypto.P, point[1] * inverse % crypto.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def unpacked(raw):
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    x = crypto._recover_x(y, raw[31] >> 7)
    return (x, y, 1, x * y % crypto.P)


def test_key_admission_agrees_with_libsodium():
    rng = random.Random(5)
    small = small_order_points()
    assert len(small) == 8
    honest = [crypto.PrivateKey.from_seed(rng.randbytes(32)).public.raw() for _ in range(60)]
    mixed = [packed(crypto._add(unpacked(key), unpacked(point)))
             for key in honest[:12] for point in small]
    noise = [rng.randbytes(32) for _ in range(300)]
    beyond = [(crypto.P + y).to_bytes(32, "little") for y in range(19)]
    agreed = 0
    for raw in (*honest, *small, *mixed, *noise, *beyond):
        ours = crypto.is_admissible_ed25519(raw)
        assert ours == nacl.bindings.crypto_core_ed25519_is_valid_point(raw), raw.hex()
        agreed += ours
    assert 60 <= agreed <= 60 + 12 + 300


def test_disclosures_are_read_by_another_sd_jwt_library(javascript):
    rng = random.Random(6)
    made = [disclosure.make(rng.randbytes(16), name, value) for name, value in (
        ("title", "Lamp — 灯"), ("applicants", ["Example Ltd", "Beispiel GmbH"]),
        ("filing", {"date": "2026-01-05", "number": "2026/000001"}), ("count", 7))]
    for text, answer in zip(made, javascript("disclosure.mjs", made), strict=True):
        read = json.loads(answer)
        salt, name, value = disclosure.parse(text)
        assert (read["digest"], read["salt"], read["name"], read["value"]) == (
            disclosure.digest(text), salt, name, value)
        changed = text[:-4] + ("A" if text[-4] != "A" else "B") + text[-3:]
        other = json.loads(javascript("disclosure.mjs", [changed])[0])
        assert other.get("digest") != disclosure.digest(text)


def hexed(path):
    return [one.hex() for one in path]


def test_log_proofs_are_verified_by_go(go_log):
    cases, expected = [], []

    def case(good, **members):
        cases.append(json.dumps(members))
        expected.append("accept" if good else "refuse")

    for size in (1, 2, 3, 7, 8, 64, 100, 257):
        hashes = [merkle.leaf_hash(b"%d" % one) for one in range(size)]
        root = merkle.root(hashes).hex()
        for index in {0, size // 2, size - 1}:
            path = merkle.inclusion_path(hashes, index)
            same = {"kind": "inclusion", "size": size, "index": index, "root": root,
                    "leaf": hashes[index].hex()}
            case(True, path=hexed(path), **same)
            for at in range(len(path)):
                case(False, path=hexed([*path[:at], bytes(32), *path[at + 1 :]]), **same)
            if path:
                case(False, path=hexed(path[:-1]), **same)
        for first in {1, (size + 1) // 2, size}:
            path = merkle.consistency_path(hashes, first)
            same = {"kind": "consistency", "size": size, "first": first, "root": root}
            case(True, path=hexed(path), firstRoot=merkle.root(hashes[:first]).hex(), **same)
            case(False, path=hexed(path), firstRoot=bytes(32).hex(), **same)
    assert go_log(cases) == expected


def test_signed_checkpoints_are_opened_by_go(go_log):
    key = crypto.PrivateKey.generate()
    origin = "register.example/0123456789abcdef"
    note = checkpoint.sign_note(checkpoint.Checkpoint(origin, 7, bytes(32)).text(), origin, key)
    vkey = checkpoint.verifier_key(origin, key.public)
    other = checkpoint.verifier_key(origin, crypto.PrivateKey.generate().public)
    cases = [
        {"kind": "note", "note": text, "verifierKey": trusted}
        for text, trusted in ((note, vkey), (note.replace("\n7\n", "\n8\n"), vkey), (note, other))
    ]
    assert go_log([json.dumps(one) for one in cases]) == ["accept", "refuse", "refuse"]


def steps(path):
    return [
        {"prefix": "01" + (sibling.hex() if on_left else ""),
         "suffix": "" if on_left else sibling.hex()}
        for on_left, sibling in path
    ]


def existence(plain):
    if plain is None:
        return None
    hashes = crypto.unb64(plain["siblings"])
    path = [(side == "l", hashes[32 * at : 32 * at + 32])
            for at, side in enumerate(plain["sides"])]
    return {"key": plain["key"].encode().hex(), "value": plain["value"].encode().hex(),
            "path": steps(path)}


def state_cases(seed):
    rng = random.Random(seed)
    keys = {b"application/XA/patent/2026/%012d/" % rng.randrange(500) for _ in range(40)}
    tree = statetree.MemoryTree(dict.fromkeys(keys, b'{"date":"2026-01-05"}'))
    root = tree.root().hex()
    for key in rng.sample(sorted(keys), 6):
        proof = existence(statetree.prove_presence(tree, key))
        yield True, {"kind": "presence", "proof": proof, "root": root}
        yield False, {"kind": "presence", "proof": {**proof, "value": "00"}, "root": root}
        yield False, {"kind": "presence", "proof": proof, "root": bytes(32).hex()}
        others = sorted(keys - {key})
        left = [one for one in others if one < key][-1:]
        right = [one for one in others if one > key][:1]
        hidden = {side: existence(statetree.prove_presence(tree, one[0])) if one else None
                  for side, one in (("left", left), ("right", right))}
        yield False, {"kind": "absence", "key": key.hex(), "root": root, **hidden}
    for number in range(500, 512):
        key = b"application/XA/patent/2026/%012d/" % (number if number % 2 else rng.randrange(500))
        if tree.get(key) is None:
            proof = statetree.prove_absence(tree, key)
            sides = {side: existence(proof[side]) for side in ("left", "right")}
            yield True, {"kind": "absence", "key": key.hex(), "root": root, **sides}


def test_state_proofs_are_verified_by_an_ics23_library(javascript):
    cases = [one for seed in range(12) for one in state_cases(seed)]
    answers = javascript("state.mjs", [json.dumps(one) for _, one in cases])
    assert answers == ["accept" if good else "refuse" for good, _ in cases]
    assert sum(good for good, _ in cases) > 100


def test_deepest_path_that_we_admit_is_read_by_the_library(javascript):
    keys = [bytes([0x40] * at + [0x41 + at % 5]) + b"/" for at in range(1, 20)]
    tree = statetree.MemoryTree(dict.fromkeys(keys, b"v"))
    deepest = max(keys, key=lambda one: len(tree.path(one)))
    case = {"kind": "presence", "root": tree.root().hex(),
            "proof": existence(statetree.prove_presence(tree, deepest))}
    assert javascript("state.mjs", [json.dumps(case)]) == ["accept"]


def test_verifier_key_is_base64_that_go_reads():
    key = crypto.PrivateKey.from_seed(bytes(32)).public
    vkey = checkpoint.verifier_key("log.example", key)
    assert base64.b64decode(vkey.split("+", 2)[2])[1:] == key.raw()
