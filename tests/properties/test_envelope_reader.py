"""The quick reader of an envelope's first line takes what the verifier's reader takes, and no more."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from muniment.model.envelope import ENVELOPE_TYPE, _read_jws
from muniment.proof import jws
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import LedgerError

KEYS = [PrivateKey.generate("Ed25519"), PrivateKey.generate("ES256")]
LINE = jws.sign(b'{"a":1}', KEYS, ENVELOPE_TYPE)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3),
                            st.dictionaries(st.sampled_from(["payload", "signatures", "protected",
                                                             "signature", "ü", ""]), inner)),
    max_leaves=6)


def told(line, *reader):
    try:
        return jws.parse(line, ENVELOPE_TYPE, *reader)
    except LedgerError as error:
        return error.name, error.detail


@given(st.one_of(
    st.tuples(st.integers(0, len(LINE) - 1), st.binary(max_size=3)).map(
        lambda one: LINE[: one[0]] + one[1] + LINE[one[0] + len(one[1]):]),
    JSON.map(lambda one: json.dumps(one, separators=(",", ":")).encode()),
    st.binary(max_size=60),
))
@example(LINE)
@example(LINE.replace(b'"payload"', b'"payload":"e30","payload"'))
@example(LINE.replace(b":", b": "))
@example(LINE[:-1] + b',"z":1.0}')
@example(b"[" * 100)
@example(LINE + b" " * 20_000)
@example(b'{"payload":"\\ud800","signatures":[]}')
def test_both_readers_answer_alike_for_any_bytes(line):
    assert told(line, _read_jws) == told(line)
