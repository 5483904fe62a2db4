"""A JOSE library verifies our signatures in general serialisation, and none that was changed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey

from muniment.proof import crypto, jws
from muniment.proof.errors import LedgerError

TYP = "muniment-oracle+jws"
ALGORITHMS = ["Ed25519", "ES256"]
ORDER_25519 = 2**252 + 27742317777372353535851937790883648493
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

SIGNERS = [crypto.PrivateKey.generate(one) for one in ("Ed25519", "ES256", "ES256", "Ed25519")]
STRANGER = {one: crypto.PrivateKey.generate(one) for one in ALGORITHMS}


def jose_keys(private):
    kinds = {"OKP": OKPKey, "EC": ECKey}
    return KeySet([
        kinds[one.public.jwk["kty"]].import_key({**one.public.jwk, "kid": one.public.kid})
        for one in private])


def library_takes(plain, keys=SIGNERS):
    """Say whether each signature stands, in the whole and alone, over what the library read."""
    known = jose_keys(keys)
    registry = jose.JWSRegistry(algorithms=ALGORITHMS)
    try:
        whole = jose.deserialize_json(plain, known, registry=registry)
        alone = [jose.deserialize_json({"payload": plain["payload"], **one}, known,
                                       registry=registry) for one in plain["signatures"]]
    except (JoseError, ValueError):
        return False
    return all(one.payload == whole.payload for one in alone)


def we_take(plain, keys=SIGNERS):
    line = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    try:
        parsed = jws.parse(line, TYP)
        jws.verify(parsed, {one.public.kid: one.public for one in keys}, len(plain["signatures"]))
    except LedgerError:
        return False
    return True


def signed(payload=b'{"n":1}', keys=SIGNERS):
    return json.loads(jws.sign(payload, keys, TYP))


def flipped(text, bit):
    data = bytearray(crypto.unb64(text))
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    return crypto.b64(bytes(data))


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=300),
       st.lists(st.sampled_from(range(len(SIGNERS))), min_size=1, unique=True))
def test_what_we_sign_with_several_keys_the_library_verifies(payload, chosen):
    keys = [SIGNERS[one] for one in chosen]
    plain = signed(payload, keys)
    assert len(plain["signatures"]) == len(keys)
    assert library_takes(plain, keys)
    assert we_take(plain, keys)
    read = jose.deserialize_json(plain, jose_keys(keys),
                                 registry=jose.JWSRegistry(algorithms=ALGORITHMS))
    assert read.payload == payload


@settings(max_examples=100)
@given(st.integers(0, 8 * 64 - 1))
def test_a_changed_payload_is_refused_by_both(bit):
    plain = signed()
    plain["payload"] = flipped(plain["payload"], bit)
    assert not library_takes(plain)
    assert not we_take(plain)


@settings(max_examples=200)
@given(st.sampled_from(range(len(SIGNERS))), st.integers(0, 8 * 64 - 1))
def test_one_changed_bit_in_one_signature_is_refused_by_both(which, bit):
    plain = signed()
    one = plain["signatures"][which]
    one["signature"] = flipped(one["signature"], bit)
    assert not library_takes(plain)
    assert not we_take(plain)


def test_signatures_exchanged_between_two_keys_are_refused_by_both():
    plain = signed()
    first, second = plain["signatures"][:2]
    first["signature"], second["signature"] = second["signature"], first["signature"]
    assert not library_takes(plain)
    assert not we_take(plain)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_by_a_stranger_under_a_known_kid_is_refused_by_both(algorithm):
    known = next(one for one in SIGNERS if one.public.alg == algorithm)
    plain = signed(keys=[known])
    one = plain["signatures"][0]
    assert library_takes(plain, [known])
    message = f"{one['protected']}.{plain['payload']}".encode()
    one["signature"] = crypto.b64(STRANGER[algorithm].sign(message))
    assert not library_takes(plain, [known])
    assert not we_take(plain, [known])


@pytest.mark.parametrize(("which", "algorithm"), [
    (which, algorithm) for which in ALGORITHMS
    for algorithm in ("none", "HS256", "EdDSA", *ALGORITHMS) if algorithm != which
])
def test_a_header_that_names_another_algorithm_is_refused_by_both(which, algorithm):
    known = next(one for one in SIGNERS if one.public.alg == which)
    plain = signed(keys=[known])
    header = json.dumps({"alg": algorithm, "kid": known.public.kid, "typ": TYP},
                        separators=(",", ":")).encode()
    one = plain["signatures"][0]
    one["protected"] = crypto.b64(header)
    one["signature"] = crypto.b64(known.sign(f"{one['protected']}.{plain['payload']}".encode()))
    assert not library_takes(plain, [known])
    assert not we_take(plain, [known])


def test_the_second_form_of_an_ecdsa_signature_stands_elsewhere_but_not_here():
    known = next(one for one in SIGNERS if one.public.alg == "ES256")
    plain = signed(keys=[known])
    one = plain["signatures"][0]
    raw = crypto.unb64(one["signature"])
    s = ORDER_P256 - int.from_bytes(raw[32:], "big")
    one["signature"] = crypto.b64(raw[:32] + s.to_bytes(32, "big"))
    assert library_takes(plain, [known])
    assert not we_take(plain, [known])


def test_an_ed25519_signature_plus_the_group_order_is_refused_by_both():
    known = next(one for one in SIGNERS if one.public.alg == "Ed25519")
    plain = signed(keys=[known])
    one = plain["signatures"][0]
    raw = crypto.unb64(one["signature"])
    s = int.from_bytes(raw[32:], "little") + ORDER_25519
    one["signature"] = crypto.b64(raw[:32] + s.to_bytes(32, "little"))
    assert not library_takes(plain, [known])
    assert not we_take(plain, [known])
