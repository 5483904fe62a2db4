"""Cosignatures of witnesses over a checkpoint, in the C2SP format `tlog-cosignature`.

A witness signs the time and the text of a checkpoint: it says that it had seen this very
checkpoint by then. Only the Ed25519 kind (type 0x04) is read here; others are refused by name.
"""

from collections.abc import Sequence

from muniment.proof.checkpoint import (
    divide_note,
    key_hash,
    open_verifier_key,
    signature_line,
    verifier_key_of,
    written_signature,
)
from muniment.proof.crypto import PrivateKey, PublicKey
from muniment.proof.errors import LedgerError, VerificationError

COSIGNATURE = b"\x04"
"""The type of a cosignature with its time."""
_TIME_BYTES = 8


def witness_key(name: str, key: PublicKey) -> str:
    """Return the C2SP verifier key of a witness."""
    return verifier_key_of(name, COSIGNATURE, key)


def cosign(text: str, name: str, key: PrivateKey, time: int) -> str:
    """Return the signature line of a witness.

    Args:
        text: The checkpoint.
        name: The witness's name.
        key: Its key.
        time: When it saw the checkpoint, in UTC seconds.
    """
    signature = time.to_bytes(_TIME_BYTES, "big") + key.sign(_message(text, time))
    return written_signature(name, key_hash(name, COSIGNATURE + key.public.raw()), signature)


def cosigned_at(note: str, vkeys: Sequence[str], quorum: int) -> tuple[int, list[str]] | None:
    """Return when as many witnesses as asked had seen a checkpoint, and their names.

    Args:
        note: The checkpoint with its signature lines.
        vkeys: The verifier keys of witnesses.
        quorum: How many must have cosigned.

    Returns:
        The time in UTC seconds and the names, or None if fewer cosigned.

    Raises:
        Malformed: A verifier key or the note is not of its format.
        VerificationError: A line of one of these witnesses is not its signature.
    """
    seen = []
    for vkey in vkeys:
        name, key = open_verifier_key(vkey, COSIGNATURE)
        time = _time(note, name, key)
        if time is not None:
            seen.append((time, name))
    seen = sorted(seen)[:quorum]
    return (seen[-1][0], [name for _, name in seen]) if len(seen) == quorum else None


def _time(note: str, name: str, key: PublicKey) -> int | None:
    text, lines = divide_note(note)
    for line in lines:
        signer, signature = signature_line(line)
        if signer != name or signature[:4] != key_hash(name, COSIGNATURE + key.raw()):
            continue
        time = int.from_bytes(signature[4 : 4 + _TIME_BYTES], "big")
        try:
            key.verify(signature[4 + _TIME_BYTES :], _message(text, time))
        except LedgerError:
            raise VerificationError(
                "note-not-signed", f"The cosignature of {name} does not belong to this text.",
                basis="C2SP tlog-cosignature", remedy="Ask for the evidence again.",
            ) from None
        return time
    return None


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
