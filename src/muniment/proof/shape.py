"""The shape of decoded JSON in an evidence file: exact members, natural numbers, lists, hashes."""

from typing import Any

from muniment.proof.crypto import unb64
from muniment.proof.errors import VerificationError


def exactly(plain: Any, names: set[str]) -> None:
    """Verify that a value is an object with exactly these members.

    Raises:
        VerificationError: It is another value, or has other members.
    """
    if not isinstance(plain, dict) or plain.keys() != names:
        raise refuted("The members are not those of the format.")


def natural(plain: Any) -> int:
    """Return a value that is a natural number.

    Raises:
        VerificationError: It is another value.
    """
    if type(plain) is not int or plain < 0:
        raise refuted("A natural number was expected.")
    return plain


def items(plain: Any, most: int | None = None) -> list[Any]:
    """Return the items of a list.

    Args:
        plain: The value.
        most: How many there may be, where that is bounded.

    Raises:
        VerificationError: It is another value, or too long.
    """
    if not isinstance(plain, list):
        raise refuted("A list was expected.")
    if most is not None and len(plain) > most:
        raise refuted(f"A list has {len(plain)} items, and at most {most} are looked at.")
    return plain


def read_digest(plain: Any) -> bytes:
    """Return the 32 bytes of a hash, or no bytes of an empty text.

    Raises:
        Malformed: It is another text.
        VerificationError: It is no text.
    """
    if not isinstance(plain, str):
        raise refuted("A hash in base64url was expected.")
    return unb64(plain, 32) if plain else b""


def refuted(detail: str) -> VerificationError:
    """Return the error of an evidence file that does not prove what it claims."""
    return VerificationError(
        "evidence-invalid", detail, basis="docs/formats/evidence.md",
        remedy="Ask for the evidence again; do not rely on this copy.",
    )
