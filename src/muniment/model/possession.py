"""Proof of possession: each key of a new key set signs the set's digest and its account.

The signature is a JWS of type `muniment-possession+jws` over `{account, key_set, name}`
(docs/formats/genesis.md). In genesis `name` is the ledger's name; later it is the ledger's id.
"""

from collections.abc import Sequence
from typing import Annotated

from muniment.codec import Record, decoder, encode, items, members, pattern
from muniment.model.account import KeySet
from muniment.proof import jws, limits
from muniment.proof.canonical import encode as encode_plain
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import LedgerError

POSSESSION_TYPE = "muniment-possession+jws"
Base64 = Annotated[str, pattern(r"\A[A-Za-z0-9_-]{1,600}\Z")]


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


_decode = decoder(Possession)
