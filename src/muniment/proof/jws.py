"""JSON Web Signatures in general serialisation (RFC 7515 §7.2.1), nothing optional.

- The protected header has exactly `alg`, `kid` (RFC 7638 thumbprint) and `typ`; there is no
  unprotected header. Signatures are sorted by `kid`, each key once.
- The algorithm is the key's: what the header says must equal it.
- A key set is `{"keys": [JWK sorted by kid], "next": digest, "threshold": n}`, and for ever
  `"recovered_by_members": true` once the members of a network replaced the account's key set.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from muniment.proof import limits
from muniment.proof.canonical import decode, encode
from muniment.proof.crypto import PrivateKey, PublicKey, b64, load_public_key, sha256, unb64
from muniment.proof.errors import Malformed, Unauthentic

_BASIS = "RFC 7515; docs/formats/envelope.md"
_ALGORITHMS = ("Ed25519", "ES256")
RECOVERED = "recovered_by_members"
"""The member of a key set that says that the members of the network replaced the account's."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a JWS."""

    alg: str
    """The algorithm that its protected header names."""
    kid: str
    """The thumbprint of its key."""
    signing_input: bytes
    """What it signs: the protected header and the payload as they stand."""
    signature: bytes
    """Its 64 bytes."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A parsed JWS."""

    payload: bytes
    """The decoded payload."""
    signatures: tuple[Signature, ...]
    """Its signatures, sorted by `kid`."""


def sign(payload: bytes, keys: Sequence[PrivateKey], typ: str) -> bytes:
    """Return the canonical bytes of a JWS over `payload` by each of `keys`."""
    text = b64(payload)
    signatures = []
    for key in sorted(keys, key=lambda one: one.public.kid):
        protected = b64(encode({"alg": key.public.alg, "kid": key.public.kid, "typ": typ}))
        signed = key.sign(f"{protected}.{text}".encode("ascii"))
        signatures.append({"protected": protected, "signature": b64(signed)})
    return encode({"payload": text, "signatures": signatures})


def parse(line: bytes, typ: str, read: Callable[[bytes, int], Any] = decode) -> Jws:
    """Return the parsed JWS of a canonical line.

    Args:
        line: The line, without its end.
        typ: What its header must name.
        read: Reads canonical bytes up to a limit; a quicker reader must accept the same.

    Raises:
        Malformed: The members, the header, the order of the signatures or a spelling is wrong.
    """
    plain = read(line, limits.JWS_BYTES_MAX)
    if not isinstance(plain, dict) or plain.keys() != {"payload", "signatures"}:
        raise _malformed("A JWS has the members payload and signatures.")
    listed = plain["signatures"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= limits.KEY_SET_KEYS_MAX:
        raise _malformed(f"A JWS has 1 to {limits.KEY_SET_KEYS_MAX} signatures.")
    payload = unb64(plain["payload"])
    signatures = tuple(_signature(one, plain["payload"], typ) for one in listed)
    kids = [one.kid for one in signatures]
    if kids != sorted(set(kids)):
        raise _malformed("Signatures are sorted by kid, each key once.")
    return Jws(payload, signatures)


def _signature(plain: Any, payload: str, typ: str) -> Signature:
    if not isinstance(plain, dict) or plain.keys() != {"protected", "signature"}:
        raise _malformed("A signature has the members protected and signature.")
    protected = plain["protected"]
    if not isinstance(protected, str):
        raise _malformed("The protected header is no text.")
    alg, kid = _protected(protected, typ)
    signed = unb64(plain["signature"], 64)
    return Signature(alg, kid, f"{protected}.{payload}".encode("ascii"), signed)


@lru_cache(maxsize=1_024)
def _protected(protected: str, typ: str) -> tuple[str, str]:
    """Return (algorithm, thumbprint) of a protected header; a key's is always the same text."""
    header = decode(unb64(protected), limits.JWS_BYTES_MAX)
    if not isinstance(header, dict) or header.keys() != {"alg", "kid", "typ"}:
        raise _malformed("The protected header has the members alg, kid and typ.")
    if header["typ"] != typ or header["alg"] not in _ALGORITHMS:
        raise _malformed(f"The type is not {typ}, or the algorithm is not admitted.")
    unb64(header["kid"], 32)
    return header["alg"], header["kid"]


def verify(
    jws: Jws,
    keys: Mapping[str, PublicKey],
    threshold: int,
    check: Callable[[PublicKey, Signature], None] | None = None,
) -> None:
    """Verify that `threshold` of `keys` signed, and nobody else.

    Args:
        jws: The parsed JWS.
        keys: The keys that may sign, by thumbprint.
        threshold: How many must have signed.
        check: Verifies one signature instead of `PublicKey.verify`.

    Raises:
        Unauthentic: A signature is invalid, by another key, or one is missing.
    """
    for one in jws.signatures:
        key = keys.get(one.kid)
        if key is None or key.alg != one.alg:
            raise Unauthentic(
                "key-not-in-set", f"Key {one.kid} is not in the key set with that algorithm.",
                basis=_BASIS, remedy="Sign with the keys in force.",
            )
        if check is None:
            key.verify(one.signature, one.signing_input)
        else:
            check(key, one)
    if len(jws.signatures) < threshold:
        raise Unauthentic(
            "threshold-not-met", f"{len(jws.signatures)} of {threshold} signatures are there.",
            basis=_BASIS, remedy="Let the other holders sign the same payload.",
        )


def key_set_digest(key_set: Mapping[str, Any]) -> str:
    """Return the name of a key set: SHA-256 of its canonical JSON, in base64url."""
    return b64(sha256(encode(dict(key_set))))


def open_key_set(key_set: Mapping[str, Any]) -> dict[str, PublicKey]:
    """Return the keys of a key set by thumbprint.

    Raises:
        Malformed: A key is not admissible, the order is wrong, or the threshold cannot be met.
    """
    if not isinstance(key_set, Mapping) or key_set.get(RECOVERED, True) is not True or (
        key_set.keys() - {RECOVERED} != {"keys", "next", "threshold"}
    ):
        raise _malformed("A key set has the members keys, next and threshold.")
    listed, threshold = key_set["keys"], key_set["threshold"]
    if not isinstance(listed, list | tuple) or not 1 <= len(listed) <= limits.KEY_SET_KEYS_MAX:
        raise _malformed(f"A key set has 1 to {limits.KEY_SET_KEYS_MAX} keys.")
    if type(threshold) is not int or not 1 <= threshold <= len(listed):
        raise _malformed("The threshold is not between 1 and the number of keys.")
    unb64(key_set["next"], 32)
    if not all(isinstance(one, Mapping) for one in listed):
        raise _malformed("A key is no JWK.")
    keys = [load_public_key(one) for one in listed]
    kids = [key.kid for key in keys]
    if kids != sorted(set(kids)):
        raise _malformed("Keys are sorted by thumbprint, each once.")
    return {key.kid: key for key in keys}


def _malformed(detail: str) -> Malformed:
    return Malformed("malformed-jws", detail, basis=_BASIS, remedy="Make the JWS anew.")
