"""Implementations that are not ours accept what is right, and refuse what was changed."""

import base64
import json

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws as jose
from joserfc.jwk import ECKey, OKPKey

from muniment.codec import encode as encode_typed
from muniment.proof import canonical, checkpoint, crypto, limits, statetree

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
