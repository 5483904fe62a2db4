"""SD-JWT disclosures (RFC 9901): a name and a value kept off the ledger, bound by a digest.

- A disclosure is base64url of the canonical JSON array [salt, name, value]; its digest is
  SHA-256 over that text, in base64url.
- The salt comes from the caller, is random, of 16 bytes, and used once.
"""

from typing import Any

from muniment.proof import limits
from muniment.proof.canonical import decode, encode
from muniment.proof.crypto import b64, sha256, unb64
from muniment.proof.errors import Malformed

SALT_BYTES = 16
_BASIS = "RFC 9901 §4.2; docs/formats/disclosure.md"


def make(salt: bytes, name: str, value: Any) -> str:
    """Return the disclosure of a value.

    Args:
        salt: 16 random bytes, never used for another disclosure.
        name: What the value is, e.g. `applicants`.
        value: Any value of canonical JSON.

    Raises:
        Malformed: The salt has another length, or the value is outside canonical JSON.
    """
    if len(salt) != SALT_BYTES:
        raise _malformed(f"A salt has {SALT_BYTES} bytes, not {len(salt)}.")
    text = b64(encode([b64(salt), name, value]))
    if len(text) > limits.DISCLOSURE_BYTES_MAX:
        raise _malformed(f"A disclosure has at most {limits.DISCLOSURE_BYTES_MAX} bytes.")
    return text


def digest(disclosure: str) -> str:
    """Return the digest by which an operation binds a disclosure."""
    if not disclosure.isascii():
        raise _malformed("A disclosure is base64url.")
    return b64(sha256(disclosure.encode("ascii")))


def parse(disclosure: str) -> tuple[str, str, Any]:
    """Return (salt text, name, value) of a disclosure.

    Raises:
        Malformed: It is no disclosure in its canonical form.
    """
    if len(disclosure) > limits.DISCLOSURE_BYTES_MAX:
        raise _malformed(f"A disclosure has at most {limits.DISCLOSURE_BYTES_MAX} bytes.")
    plain = decode(unb64(disclosure))
    if not isinstance(plain, list) or len(plain) != 3:
        raise _malformed("A disclosure is an array of salt, name and value.")
    salt, name, value = plain
    if not isinstance(salt, str) or not isinstance(name, str):
        raise _malformed("Salt and name are texts.")
    unb64(salt, SALT_BYTES)
    return salt, name, value


def _malformed(detail: str) -> Malformed:
    return Malformed("malformed-disclosure", detail, basis=_BASIS)
