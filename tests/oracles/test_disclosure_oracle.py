"""Another SD-JWT library finds in our disclosures what we bound, and in changed ones nothing."""

import json
import random

import pytest

from muniment.proof import disclosure
from muniment.proof.errors import LedgerError, Malformed

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LETTERS = 'ab é灯𝄞"\\/\n\t\x00\x7f\u2028\u0301'
# RFC 9901, the example of a disclosure that is spelled with spaces, and its digest.
SPACED = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
SPACED_DIGEST = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def value_of(rng, levels=3):
    kind = rng.randrange(7 if levels else 5)
    if kind < 2:
        return "".join(rng.choices(LETTERS, k=rng.randrange(12)))
    if kind == 2:
        return rng.choice([0, -1, 2**53 - 1, 1 - 2**53, rng.randrange(10**6)])
    if kind < 5:
        return rng.choice([None, True, False])
    inner = [value_of(rng, levels - 1) for _ in range(rng.randrange(4))]
    return inner if kind == 5 else {f"n{at}": one for at, one in enumerate(inner)}


def made(seed, count):
    rng = random.Random(seed)
    rows = [(rng.randbytes(16), rng.choice(["title", "applicants", "a b", '"']), value_of(rng))
            for _ in range(count)]
    return rng, rows, [disclosure.make(*one) for one in rows]


def read(javascript, texts):
    return [json.loads(one) for one in javascript("disclosure.mjs", texts)]


def test_library_finds_our_digest_salt_name_and_value(javascript):
    _, rows, texts = made(31, 1_000)
    for (_, name, value), text, answer in zip(rows, texts, read(javascript, texts), strict=True):
        salt, *_ = disclosure.parse(text)
        assert answer == {
            "digest": disclosure.digest(text), "salt": salt, "name": name, "value": value}


def test_one_other_letter_anywhere_is_no_longer_what_was_bound(javascript):
    rng, _, texts = made(32, 15)
    changed = [
        (text, text[:at] + rng.choice(ALPHABET.replace(letter, "")) + text[at + 1 :])
        for text in texts for at, letter in enumerate(text)]
    answers = read(javascript, [other for _, other in changed])
    read_by_both = 0
    for (text, other), answer in zip(changed, answers, strict=True):
        assert answer.get("digest") != disclosure.digest(text)
        assert disclosure.digest(other) != disclosure.digest(text)
        try:
            parsed = disclosure.parse(other)
        except LedgerError:
            continue
        # What we still read is another disclosure, and the library reads the same in it.
        assert (answer["salt"], answer["name"], answer["value"]) == parsed
        assert answer["digest"] == disclosure.digest(other)
        read_by_both += 1
    assert read_by_both


def test_another_value_under_the_same_salt_has_another_digest(javascript):
    _, rows, texts = made(33, 200)
    forged = [disclosure.make(salt, name, [value, "more"]) for salt, name, value in rows]
    for text, answer in zip(texts, read(javascript, forged), strict=True):
        assert "error" not in answer
        assert answer["digest"] != disclosure.digest(text)


def test_the_same_value_under_another_salt_has_another_digest(javascript):
    texts = [disclosure.make(bytes([one]) * 16, "title", "Lamp") for one in range(64)]
    digests = {one["digest"] for one in read(javascript, texts)}
    assert digests == {disclosure.digest(one) for one in texts}
    assert len(digests) == 64


def test_the_example_of_the_standard_has_one_digest_but_we_refuse_its_spelling(javascript):
    (answer,) = read(javascript, [SPACED])
    assert answer["digest"] == disclosure.digest(SPACED) == SPACED_DIGEST
    with pytest.raises(Malformed):
        disclosure.parse(SPACED)
