"""What two offices compare by telephone: nothing of an invitation can be changed on its way."""

import pytest
from typer.testing import CliRunner

from muniment.cli.app import app
from muniment.codec import encode, replace
from muniment.editions import NEWEST, rules_of
from muniment.network import invite
from muniment.network.home import Place
from muniment.network.install import DEFAULT_LINE
from muniment.network.invite import (
    FORMAT,
    Invitation,
    prepare,
    read_invitation,
    write_invitation,
)
from muniment.node.key_backup import seal_keys
from muniment.proof.attestation import TrustPolicy
from muniment.proof.checkpoint import verifier_key
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import Malformed

ORIGIN = "register.test.example/0123456789abcdef"
KEYS = [PrivateKey.from_seed(bytes([at]) * 32) for at in (1, 2, 3)]


def policy(key, header):
    log_key = verifier_key(ORIGIN, key.public)
    return (f"muniment/trust-policy/v1\n{ORIGIN} 0 10 note {log_key}\n"
            f"{ORIGIN} 11 - commit muniment-0123456789abcdef 5 {header} 1814400\n")


INVITATION = Invitation(
    format=FORMAT, chain_id="muniment-0123456789abcdef", edition=NEWEST,
    edition_hash=rules_of(NEWEST).hash, genesis='{"a": 1}', header="AB" * 32, height=9,
    host="10.0.0.1:26656", line=DEFAULT_LINE, node="aa" * 20, node_key=KEYS[0].jwk()["d"],
    office="XA", origin=ORIGIN, policy=policy(KEYS[1], "AB" * 32), rpc="http://10.0.0.1:26657",
    until=2**40)
CHANGED = {
    "chain_id": "muniment-ffffffffffffffff", "edition": "2027", "edition_hash": "A" * 43,
    "genesis": '{"a": 2}', "header": "CD" * 32, "height": 10, "host": "evil.example:26656",
    "line": "0.39", "node": "bb" * 20, "node_key": KEYS[2].jwk()["d"], "office": "XB",
    "origin": "register.evil.example/0123456789abcdef", "policy": policy(KEYS[2], "CD" * 32),
    "rpc": "http://evil.example:26657", "until": 2**41,
}


@pytest.mark.parametrize("member", sorted(set(Invitation.__struct_fields__) - {"format"}))
def test_the_digits_are_over_every_member(member):
    changed = replace(INVITATION, **{member: CHANGED[member]})
    assert changed.fingerprint() != INVITATION.fingerprint()


def test_the_digits_are_of_the_file_as_it_is(tmp_path):
    write_invitation(INVITATION, tmp_path / "invitation")
    read = read_invitation((tmp_path / "invitation").read_bytes())
    assert read.fingerprint() == INVITATION.fingerprint()
    assert len(read.fingerprint().replace(" ", "")) == 30


def test_a_policy_that_was_changed_on_its_way_is_not_installed(tmp_path):
    forged = replace(INVITATION, policy=CHANGED["policy"])
    (tmp_path / "invitation").write_bytes(encode(forged) + b"\n")
    done = CliRunner().invoke(app, ["join", str(tmp_path / "invitation"), str(tmp_path / "xe"),
                                    "--fingerprint", INVITATION.fingerprint()])
    assert done.exit_code == 1
    assert "fingerprint-differs" in done.output
    assert not (tmp_path / "xe").exists()


def test_a_node_that_joins_has_a_policy_that_names_the_ledger(tmp_path, monkeypatch):
    monkeypatch.setattr(invite, "find", lambda line: None)
    node = prepare(INVITATION, tmp_path / "xe", "XE", Place("127.0.0.1", 1, 2))
    text = (node.folder / "trust-policy.txt").read_text()
    assert text == INVITATION.policy
    assert TrustPolicy.parse(text).require(ORIGIN, 2**40).kind == "commit"


def test_a_node_that_joins_anew_takes_the_keys_of_its_office(
        tmp_path, register, ledger_path, monkeypatch):
    """After the loss of a disk: docs/runbooks/disk-loss.md."""
    monkeypatch.setattr(invite, "find", lambda line: None)
    seal_keys(ledger_path, tmp_path / "sealed", "correct horse battery")
    node = prepare(INVITATION, tmp_path / "xe", "XE", Place("127.0.0.1", 1, 2))
    told = CliRunner().invoke(
        app, ["backup", "open-keys", str(tmp_path / "sealed"), str(node.folder)],
        env={"MUNIMENT_PASSPHRASE": "correct horse battery"})
    assert told.exit_code == 0, told.output
    assert f"muniment doctor {node.folder}" in told.output
    for path in (ledger_path / "keys").iterdir():
        assert (node.folder / "keys" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("text", [
    "muniment/trust-policy/v1\n", "".join(INVITATION.policy.splitlines(keepends=True)[:2]),
    INVITATION.policy.replace("muniment-0123456789abcdef", "muniment-ffffffffffffffff"),
    INVITATION.policy.replace(ORIGIN, "register.evil.example/0123456789abcdef"),
    INVITATION.policy.replace(" 11 - ", " 11 99 "),
])
def test_an_invitation_whose_policy_trusts_nobody_for_the_network_is_none(text):
    with pytest.raises(Malformed, match="invitation-malformed"):
        read_invitation(encode(replace(INVITATION, policy=text)))


@pytest.mark.parametrize("typed", [None, "", "000000 " * 5])
def test_digits_are_asked_for_before_they_are_shown(tmp_path, typed):
    """Shown first they are copied, and nothing is compared; without an answer nothing is shown."""
    file = tmp_path / "invitation"
    write_invitation(INVITATION, file)
    words = ["join", str(file), str(tmp_path / "node")]
    done = CliRunner().invoke(app, words, input=typed)
    assert done.exit_code == (1 if typed else 2)
    assert ("fingerprint-differs" if typed else "fingerprint-missing") in done.output
    assert INVITATION.fingerprint() not in done.output
    if not typed:
        assert "--fingerprint DIGITS" in done.output


@pytest.mark.parametrize("words", [
    ("network", "up", "new"), ("join", "file", "new"), ("network", "promote", "new")])
def test_unknown_profile_is_a_usage_error_that_names_those_there_are(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*words, "--profile", "moon"])
    assert done.exit_code == 2
    assert "lan, wan" in done.output
    assert not list(tmp_path.iterdir())
