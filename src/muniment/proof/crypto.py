"""Hashes, base64url and signatures: Ed25519 (strict, cofactorless) and ES256.

- The only importer of `cryptography` below the engine.
- A public key is admitted only if it is canonical, not of small order and torsion-free
  (Ed25519), or a point of the curve (P-256). Verification refuses S >= L and R of small order (the
  identity above all), and compares bytes, so that every conforming library gives the same answer.
- Signatures are verified one by one: the batch equation accepts what the comparison refuses.
"""

import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from muniment.proof.errors import Malformed, Unauthentic

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIGNATURE_BYTES = 64
_ORDER_8 = int("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16)
_SMALL_ORDER = frozenset((0, 1, P - 1, _ORDER_8, P - _ORDER_8))
"""The y of the eight points whose order divides 8, the identity among them."""
_Y_MASK = (1 << 255) - 1
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
Point = tuple[int, int, int, int]


def sha256(data: bytes) -> bytes:
    """Return SHA-256 of `data`."""
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    """Return `data` in unpadded base64url (RFC 4648 §5)."""
    text = binascii.b2a_base64(data, newline=False).translate(_TO_URL)
    return text.rstrip(b"=").decode("ascii")


def unb64(text: str, length: int | None = None) -> bytes:
    """Return the bytes of unpadded base64url that re-encodes to itself.

    Args:
        text: The text; one signature has 16 spellings that lenient decoders take, we take one.
        length: How many bytes it must give, if that is known.

    Raises:
        Malformed: It is another spelling, another alphabet, or another length.
    """
    try:
        ascii_text = text.encode("ascii")
        padding = b"=" * (-len(ascii_text) % 4)
        data = binascii.a2b_base64(ascii_text.translate(_FROM_URL) + padding)
    except (ValueError, AttributeError):
        raise _bad_base64() from None
    if b64(data) != text:  # whatever the decoder ignores or takes for another is not written again
        raise _bad_base64()
    if length is not None and len(data) != length:
        raise Malformed(
            "malformed-base64", f"{len(data)} bytes stand where {length} are due.",
            basis="RFC 4648 §5",
        )
    return data


def _bad_base64() -> Malformed:
    return Malformed(
        "malformed-base64", "The text is not unpadded base64url in its one spelling.",
        basis="RFC 4648 §5; RFC 7515 §2", remedy="Encode the bytes without padding.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class PublicKey:
    """An admitted public key."""

    alg: str
    """`Ed25519` (RFC 9864) or `ES256` (RFC 7518)."""
    jwk: Mapping[str, str]
    """The key as a JWK with its required members only."""
    kid: str
    """Its RFC 7638 thumbprint."""
    _key: Any = field(repr=False)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Verify a signature of 64 bytes.

        Raises:
            Unauthentic: It is not valid under the strict rule.
        """
        verify = _verify_ed25519 if self.alg == "Ed25519" else _verify_es256
        if len(signature) != SIGNATURE_BYTES or not verify(self._key, signature, message):
            raise Unauthentic(
                "signature-invalid", f"The signature by key {self.kid} is not valid.",
                basis="RFC 8032 §5.1.7; RFC 7518 §3.4", remedy="Sign these very bytes.",
            )

    def raw(self) -> bytes:
        """Return the 32 bytes of an Ed25519 key."""
        return unb64(self.jwk["x"], 32)


def _verify_ed25519(key: ed25519.Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    r_y = int.from_bytes(signature[:32], "little") & _Y_MASK
    if r_y in _SMALL_ORDER or int.from_bytes(signature[32:], "little") >= L:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify_enrolled(raw: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 key that a ledger enrolled signed, by the strict rule.

    That the key is free of torsion was tested when it was enrolled: testing it here again would
    take twenty times as long as the signature, and would change no answer that honest
    validators' keys can give (docs/adr/0015-validator-keys-are-not-tested-for-torsion-again.md).

    Args:
        raw: The key, 32 bytes.
        signature: The signature.
        message: What was signed.
    """
    y = int.from_bytes(raw, "little") & _Y_MASK
    if len(raw) != 32 or len(signature) != SIGNATURE_BYTES or y >= P or y in _SMALL_ORDER:
        return False
    return _verify_ed25519(ed25519.Ed25519PublicKey.from_public_bytes(raw), signature, message)


def _verify_es256(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < P256_ORDER and 0 < s <= P256_ORDER // 2):
        return False
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def load_public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """Admit a public key.

    Raises:
        Malformed: The members, the encoding or the point is not admissible.
    """
    if not all(isinstance(one, str) for one in jwk.values()):
        raise _bad_key("A member is no text.")
    return _load(tuple(sorted(jwk.items())))


@lru_cache(maxsize=4_096)
def _load(members: tuple[tuple[str, str], ...]) -> PublicKey:
    jwk = dict(members)
    kind = (jwk.get("kty"), jwk.get("crv"))
    if kind == ("OKP", "Ed25519") and jwk.keys() == {"kty", "crv", "x"}:
        raw = unb64(jwk["x"], 32)
        if not is_admissible_ed25519(raw):
            raise _bad_key("The Ed25519 key is not canonical, of small order, or has torsion.")
        key: Any = ed25519.Ed25519PublicKey.from_public_bytes(raw)
        return PublicKey("Ed25519", jwk, thumbprint(jwk), key)
    if kind == ("EC", "P-256") and jwk.keys() == {"kty", "crv", "x", "y"}:
        point = b"\x04" + unb64(jwk["x"], 32) + unb64(jwk["y"], 32)
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError:
            raise _bad_key("The point is not on P-256.") from None
        return PublicKey("ES256", jwk, thumbprint(jwk), key)
    raise _bad_key("Only Ed25519 and P-256 keys with their required members are admitted.")


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the RFC 7638 thumbprint of a public key, in base64url."""
    names = ("crv", "kty", "x") if jwk.get("kty") == "OKP" else ("crv", "kty", "x", "y")
    members = ",".join(f'"{name}":"{jwk[name]}"' for name in names)
    return b64(sha256(f"{{{members}}}".encode("ascii")))


def _bad_key(detail: str) -> Malformed:
    return Malformed(
        "key-not-admissible", detail, basis="RFC 8032; RFC 7517; docs/formats/envelope.md",
        remedy="Generate a fresh key.",
    )


def is_admissible_ed25519(raw: bytes) -> bool:
    """Return whether 32 bytes are a canonical, torsion-free point that is not the identity."""
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    x = _recover_x(y, raw[31] >> 7)
    if y >= P or x is None:
        return False
    point: Point = (x, y, 1, x * y % P)
    if (x, y) == (0, 1):
        return False
    product = _multiply(L, point)
    return product[0] % P == 0 and (product[1] - product[2]) % P == 0


def _recover_x(y: int, sign: int) -> int | None:
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


@dataclass(frozen=True, slots=True, eq=False)
class PrivateKey:
    """A private key; it never prints itself."""

    public: PublicKey
    """Its public key."""
    _key: Any = field(repr=False)
    _secret: str = field(repr=False)

    @classmethod
    def generate(cls, alg: str = "Ed25519") -> "PrivateKey":
        """Return a fresh key for `Ed25519` or `ES256`."""
        if alg == "Ed25519":
            return cls._of(ed25519.Ed25519PrivateKey.generate())
        return cls._of(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_seed(cls, seed: bytes) -> "PrivateKey":
        """Return the Ed25519 key of 32 bytes (RFC 8032 §5.1.5): for vectors and examples."""
        return cls._of(ed25519.Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> "PrivateKey":
        """Return the key of a private JWK.

        Raises:
            Malformed: It is no private key of an admitted kind, or its halves do not match.
        """
        try:
            secret = unb64(jwk["d"], 32)
            if jwk["kty"] == "OKP":
                key = cls._of(ed25519.Ed25519PrivateKey.from_private_bytes(secret))
            else:
                number = int.from_bytes(secret, "big")
                key = cls._of(ec.derive_private_key(number, ec.SECP256R1()))
        except (KeyError, ValueError, TypeError):
            raise _bad_key("The private key cannot be read.") from None
        if any(key.public.jwk.get(name) != jwk.get(name) for name in ("kty", "crv", "x", "y")):
            raise _bad_key("The private key does not belong to its public members.")
        return key

    @classmethod
    def _of(cls, key: Any) -> "PrivateKey":
        if isinstance(key, ed25519.Ed25519PrivateKey):
            raw = key.public_key().public_bytes_raw()
            jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64(raw)}
            return cls(load_public_key(jwk), key, b64(key.private_bytes_raw()))
        numbers = key.private_numbers()
        public = numbers.public_numbers
        x, y = (b64(one.to_bytes(32, "big")) for one in (public.x, public.y))
        jwk = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        secret = b64(numbers.private_value.to_bytes(32, "big"))
        return cls(load_public_key(jwk), key, secret)

    def jwk(self) -> dict[str, str]:
        """Return the key as a private JWK, to be kept in a file of its owner."""
        return {**self.public.jwk, "d": self._secret}

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`, 64 bytes; ES256 with the lower s."""
        if self.public.alg == "Ed25519":
            return bytes(self._key.sign(message))
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(SHA256())))
        s = min(s, P256_ORDER - s)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
