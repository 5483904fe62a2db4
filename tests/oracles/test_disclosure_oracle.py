"""The reference SD-JWT library reveals what our disclosures bind, and nothing that was changed."""

import json
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from muniment.proof import crypto, disclosure, jws
from muniment.proof.canonical import encode
from muniment.proof.errors import LedgerError, Malformed

KEY = crypto.PrivateKey.generate("ES256")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.sampled_from("abcdefgh-0123"), min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def revealed(digests, shown):
    """Return what the library reveals of an SD-JWT that binds digests, given disclosures."""
    payload = encode({"_sd": sorted(digests), "_sd_alg": "sha-256"})
    plain = json.loads(jws.sign(payload, [KEY], "example+sd-jwt"))
    one = plain["signatures"][0]
    token = f"{one['protected']}.{plain['payload']}.{one['signature']}"
    text = "~".join([token, *shown, ""])
    return SDJWTVerifier(text, lambda *_: JWK(**KEY.public.jwk)).get_verified_payload()


def make(members):
    return [disclosure.make(secrets.token_bytes(16), *one) for one in members.items()]


@settings(max_examples=150)
@given(st.dictionaries(names, values, min_size=1, max_size=5))
def test_what_we_bind_the_library_reveals(members):
    made = make(members)
    assert revealed([disclosure.digest(one) for one in made], made) == members


@given(st.dictionaries(names, values, min_size=2, max_size=5))
def test_what_is_not_shown_stays_hidden(members):
    made = make(members)
    (_, *rest) = members.items()
    assert revealed([disclosure.digest(one) for one in made], made[1:]) == dict(rest)


@settings(max_examples=100)
@given(values, st.data())
def test_a_disclosure_with_one_other_letter_reveals_nothing(value, data):
    (made,) = make({"title": value})
    at = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.sampled_from(ALPHABET.replace(made[at], "")))
    changed = made[:at] + letter + made[at + 1 :]
    digest = disclosure.digest(made)
    assert disclosure.digest(changed) != digest
    try:
        assert revealed([digest], [changed]) == {}
    except (ValueError, IndexError, TypeError):
        pass  # the library cannot even read it
    try:
        disclosure.parse(changed)
    except LedgerError:
        return


@given(values, values)
def test_another_value_under_the_same_salt_reveals_nothing(value, other):
    salt = secrets.token_bytes(16)
    made, forged = (disclosure.make(salt, "title", one) for one in (value, other))
    shown = revealed([disclosure.digest(made)], [forged])
    assert shown == ({"title": value} if made == forged else {})


def test_a_disclosure_bound_nowhere_reveals_nothing():
    bound, stray = make({"title": "Lamp", "owner": "Example Ltd"})
    assert revealed([disclosure.digest(bound)], [bound, stray]) == {"title": "Lamp"}


@pytest.mark.parametrize("value", ["Lamp — 灯", ["Example Ltd", "Beispiel GmbH"], {"number": 7}])
def test_digest_of_a_disclosure_by_the_library_is_the_one_it_signed(value):
    key = JWK(**KEY.jwk())
    issuer = SDJWTIssuer({SDObj("title"): value}, key)
    bound = issuer.sd_jwt_payload["_sd"]
    assert [disclosure.digest(one.b64) for one in issuer.ii_disclosures] == bound


def test_a_disclosure_with_spaces_between_its_members_is_refused_by_us():
    issuer = SDJWTIssuer({SDObj("title"): "Lamp"}, JWK(**KEY.jwk()))
    with pytest.raises(Malformed):
        disclosure.parse(issuer.ii_disclosures[0].b64)


def test_another_sd_jwt_library_reads_digest_and_content_alike(javascript):
    members = {"title": "Lamp — 灯", "applicants": ["Example Ltd"], "none": None, "count": 7,
               "deep": {"a": [{"b": False}]}, "empty": "", "quote": '"\\\n\u2028'}
    made = make(members)
    for text, answer in zip(made, javascript("disclosure.mjs", made), strict=True):
        salt, name, value = disclosure.parse(text)
        assert json.loads(answer) == {
            "digest": disclosure.digest(text), "salt": salt, "name": name, "value": value}
