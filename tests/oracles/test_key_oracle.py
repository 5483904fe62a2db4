"""libsodium admits the Ed25519 keys that we admit, and refuses those that we refuse.

The points come from libsodium's own arithmetic, not from ours.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings
from nacl.signing import SigningKey

from muniment.proof.crypto import is_admissible_ed25519

PRIME = 2**255 - 19
SIGN = 1 << 255
IDENTITY = (1).to_bytes(32, "little")
ORDER_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")


def multiples(point):
    """Return the points of the cyclic group of 8 that a point generates."""
    found = [IDENTITY]
    while len(found) < 8:
        found.append(bindings.crypto_core_ed25519_add(found[-1], point))
    return found


TORSION = multiples(ORDER_8)


def agree(raw):
    ours = is_admissible_ed25519(raw)
    assert ours == bindings.crypto_core_ed25519_is_valid_point(raw), raw.hex()
    return ours


def honest(rng):
    return bytes(SigningKey(rng.randbytes(32)).verify_key)


def test_torsion_points_are_eight_and_close_the_circle():
    assert len(set(TORSION)) == 8
    assert bindings.crypto_core_ed25519_add(TORSION[-1], ORDER_8) == IDENTITY


@settings(max_examples=300)
@given(st.binary(min_size=32, max_size=32))
def test_any_string_of_32_bytes_is_a_key_to_both_or_to_neither(raw):
    agree(raw)


def test_random_strings_of_which_some_are_keys_are_judged_alike():
    rng = random.Random(11)
    admitted = sum(agree(rng.randbytes(32)) for _ in range(600))
    assert 10 < admitted < 120


def test_generated_keys_are_admitted_by_both():
    rng = random.Random(12)
    assert all(agree(honest(rng)) for _ in range(150))


@pytest.mark.parametrize("point", TORSION, ids=range(8))
def test_small_order_point_is_refused_by_both(point):
    assert not agree(point)


def test_keys_with_a_torsion_component_are_refused_by_both():
    rng = random.Random(13)
    for _ in range(25):
        key = honest(rng)
        for point in TORSION[1:]:
            assert not agree(bindings.crypto_core_ed25519_add(key, point))


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("sign", [0, SIGN], ids=["plus", "minus"])
def test_second_spelling_of_a_point_is_refused_by_both(y, sign):
    assert not agree((PRIME + y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("y", [1, PRIME - 1], ids=["identity", "order-2"])
def test_negative_zero_is_refused_by_both(y):
    assert not agree((y | SIGN).to_bytes(32, "little"))


def test_smallest_and_largest_strings_are_judged_alike():
    for y in (*range(40), *range(PRIME - 40, PRIME)):
        agree(y.to_bytes(32, "little"))
        agree((y | SIGN).to_bytes(32, "little"))
