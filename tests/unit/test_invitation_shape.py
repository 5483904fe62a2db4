"""An invitation comes from outside: what cannot be what it is for is no invitation."""

import pytest

from muniment.codec import encode, replace
from muniment.editions import NEWEST, rules_of
from muniment.network.install import DEFAULT_LINE
from muniment.network.invite import FORMAT, Invitation, read_invitation
from muniment.proof.errors import Malformed

SOUND = Invitation(
    format=FORMAT, chain_id="muniment-0123456789abcdef", edition=NEWEST,
    edition_hash=rules_of(NEWEST).hash,
    genesis='{"chain_id":"muniment-0123456789abcdef","initial_height":"5"}', header="AB" * 32,
    height=9, host="node.example:26656", line=DEFAULT_LINE, node="ab" * 20, node_key="A" * 43,
    office="XA", origin="register.test.example/0123456789abcdef",
    policy="muniment/trust-policy/v1\nregister.test.example/0123456789abcdef 11 - commit "
    f"muniment-0123456789abcdef 5 {'AB' * 32} 1814400\n", rpc="https://[2001:db8::1]:26657/xa", until=2**40)


def test_a_sound_invitation_is_read():
    assert read_invitation(encode(SOUND) + b"\n") == SOUND
    assert read_invitation(encode(replace(SOUND, rpc="http://10.0.0.1:26657"))).rpc


@pytest.mark.parametrize(("member", "value"), [
    ("height", 0), ("header", "AB" * 31), ("header", "ab" * 32), ("header", "zz"),
    ("chain_id", "a b"), ("chain_id", "\x00"), ("chain_id", "x" * 51), ("chain_id", "another"),
    ("genesis", "3"), ("genesis", "[]"), ("genesis", "{"), ("genesis", "[" * 100_000),
    ("genesis", '{"chain_id":"another"}'), ("node", "AB" * 20), ("node", "ab" * 19),
    ("host", "node.example"), ("host", "node.example:"), ("host", ":26656"), ("host", "a,b:26656"),
    ("host", "node.example:٣"), ("host", "a@b:1"), ("rpc", "not a url"), ("rpc", "file:///etc"),
    ("rpc", "http://a.example:1,http://b.example:1"), ("rpc", "http://"), ("rpc", "http://a\nb"),
    ("policy", ""), ("policy", "muniment/trust-policy/v1\n"), ("line", "0.1"), ("node_key", "A" * 42 + "B")])
def test_what_cannot_be_used_is_no_invitation(member, value):
    with pytest.raises(Malformed, match="invitation-malformed|malformed-value"):
        read_invitation(encode(replace(SOUND, **{member: value})) + b"\n")
