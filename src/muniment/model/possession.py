"""Proof of possession: each key of a new key set signs the set's digest and its account.

The signature is a JWS of type `muniment-possession+jws` over `{account, key_set, name}`
(docs/formats/genesis.md). In genesis `name` is the ledger's name; later it is the ledger's id.
A node's two keys sign `{account, engine_key, log_key, name, node}`.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from muniment.codec import Record, decoder, encode, items, members, pattern
from muniment.model.account import KeySet
from muniment.proof import jws, limits
from muniment.proof.canonical import encode as encode_plain
from muniment.proof.crypto import PrivateKey, load_public_key
from muniment.proof.errors import LedgerError

POSSESSION_TYPE = "muniment-possession+jws"
Base64 = Annotated[str, pattern(r"\A[A-Za-z0-9_-]{1,600}\Z")]


class NodeKeys(NamedTuple):
    """The public keys of an office's node."""

    engine_key: str
    """The Ed25519 key with which the engine signs, in base64url."""
    log_key: str
    """The Ed25519 key with which the node signs checkpoints, in base64url."""
    node: str
    """The node's id, 40 hexadecimal digits."""


class PossessionSignature(Record, frozen=True, kw_only=True):
    """One signature of a JWS in general serialisation."""

    protected: Base64
    """The protected header."""
    signature: Base64
    """The signature."""


class Possession(Record, frozen=True, kw_only=True):
    """A JWS in general JSON serialisation (RFC 7515 §7.2.1)."""

    payload: Base64
    """The payload `{account, key_set, name}`."""
    signatures: Annotated[tuple[PossessionSignature, ...], items(most=limits.KEY_SET_KEYS_MAX)]
    """A signature by each key."""


def prove_possession(
    account: str, key_set: KeySet, name: str, keys: Sequence[PrivateKey]
) -> Possession:
    """Return the proof that the holder of `key_set` has each of its private keys."""
    payload = encode_plain({"account": account, "key_set": key_set.digest(), "name": name})
    signed = jws.sign(payload, keys, POSSESSION_TYPE)
    possession: Possession = _decode(signed)
    return possession


def proves_possession(
    possession: Possession, account: str, key_set: KeySet, name: str
) -> bool:
    """Return whether every key of `key_set` is admissible and signed for this account and name."""
    try:
        keys = jws.open_key_set(members(key_set))
        signed = jws.parse(encode(possession), POSSESSION_TYPE)
        jws.verify(signed, keys, len(keys))
    except LedgerError:
        return False
    expected = {"account": account, "key_set": key_set.digest(), "name": name}
    return signed.payload == encode_plain(expected)


def prove_node(office: str, node: NodeKeys, name: str, keys: Sequence[PrivateKey]) -> Possession:
    """Return the proof that an office has the private engine key and log key of its node."""
    possession: Possession = _decode(jws.sign(_node(office, node, name), keys, POSSESSION_TYPE))
    return possession


def proves_node(possession: Possession, office: str, node: NodeKeys, name: str) -> bool:
    """Return whether both keys of a node are admissible and signed for this office and ledger."""
    try:
        keys = [load_public_key(ed25519_jwk(one)) for one in (node.engine_key, node.log_key)]
        signed = jws.parse(encode(possession), POSSESSION_TYPE)
        jws.verify(signed, {key.kid: key for key in keys}, len(keys))
    except LedgerError:
        return False
    return signed.payload == _node(office, node, name)


def ed25519_jwk(public: str) -> dict[str, str]:
    """Return the JWK of an Ed25519 public key in base64url."""
    return {"crv": "Ed25519", "kty": "OKP", "x": public}


def _node(office: str, node: NodeKeys, name: str) -> bytes:
    return encode_plain({"account": office, **node._asdict(), "name": name})


_decode = decoder(Possession)
