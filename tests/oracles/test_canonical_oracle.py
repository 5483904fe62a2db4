"""Another RFC 8785 library writes the bytes that we write, and finds the same bytes canonical."""

import json
import random

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.proof import canonical
from muniment.proof.errors import Malformed

SAFE = 2**53 - 1
LEVELS = 16

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=16)
names = st.text(st.characters(max_codepoint=127), max_size=8)
numbers = st.integers(-SAFE, SAFE) | st.sampled_from([SAFE, -SAFE, 0, -1])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


def in_profile(value, levels=LEVELS):
    """Say by the page, not by our code, whether a value belongs to the profile."""
    if isinstance(value, float):
        return False
    if isinstance(value, list):
        return levels > 0 and all(in_profile(one, levels - 1) for one in value)
    if isinstance(value, dict):
        return levels > 0 and all(
            name.isascii() and in_profile(one, levels - 1) for name, one in value.items())
    return True


def library_takes(data):
    try:
        value = json.loads(data.decode("utf-8"))
        return rfc8785.dumps(value) == data and in_profile(value)
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        return False


def we_take(data):
    try:
        canonical.decode(data)
    except Malformed:
        return False
    return True


@settings(max_examples=2_000)
@given(values)
def test_a_value_has_the_bytes_that_the_library_gives_it(value):
    data = rfc8785.dumps(value)
    assert canonical.encode(value) == data
    assert canonical.decode(data) == value


@settings(max_examples=2_000)
@given(values, st.randoms(use_true_random=False))
def test_bytes_with_one_change_are_canonical_to_both_or_to_neither(value, rng):
    data = bytearray(rfc8785.dumps(value))
    at = rng.randrange(len(data))
    change = rng.randrange(3)
    if change == 0:
        data[at] = rng.choice([rng.randrange(256), *b'0 "\\,:[]{}e.-n'])
    elif change == 1:
        data.insert(at, rng.choice(b'0 \t\n"\\,:[]{}e.-1u'))
    else:
        del data[at]
    assert we_take(bytes(data)) == library_takes(bytes(data)), bytes(data)


@settings(max_examples=500)
@given(st.dictionaries(names, values, min_size=2, max_size=6), st.integers(0, 2**32))
def test_another_spelling_of_the_same_value_is_refused_by_both(value, seed):
    members = list(value.items())
    random.Random(seed).shuffle(members)
    for text in (
        json.dumps(dict(members), ensure_ascii=False, separators=(",", ":")),
        json.dumps(value, sort_keys=True, ensure_ascii=False),
        json.dumps(value, sort_keys=True, separators=(",", ":")),
    ):
        data = text.encode()
        assert we_take(data) == library_takes(data) == (data == rfc8785.dumps(value))


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800"])
def test_a_value_beyond_rfc_8785_is_refused_by_both(value):
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
        rfc8785.dumps(value)
    with pytest.raises(Malformed):
        canonical.encode(value)
