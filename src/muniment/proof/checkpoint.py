"""Checkpoints and signed notes, in the C2SP text formats `tlog-checkpoint` and `signed-note`.

- A checkpoint is three lines: origin, size, root in standard base64. It is the one thing that is
  attested; the state root is under it through the last block leaf.
- A note is a text, an empty line, and signature lines. Only Ed25519 (type 0x01) signs here;
  `cosignature.py` reads the lines of witnesses.
"""

import base64
import binascii
from dataclasses import dataclass

from muniment.proof.crypto import PrivateKey, PublicKey, b64, load_public_key, sha256
from muniment.proof.errors import LedgerError, Malformed, VerificationError

_ED25519 = b"\x01"
_DASH = "\u2014"
_SIZE_DIGITS_MAX = 19
NOTE_BYTES_MAX = 16 * 1024
NOTE_SIGNATURES_MAX = 16


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log."""

    origin: str
    """The name of the log."""
    size: int
    """How many leaves it has."""
    root: bytes
    """The RFC 9162 root over them."""

    def text(self) -> str:
        """Return the checkpoint as the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Return the checkpoint of a text of exactly three lines.

        Raises:
            Malformed: The lines are not those of a checkpoint.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not is_name(lines[0]):
            raise _malformed("A checkpoint has three lines: origin, size, root.")
        return cls(lines[0], parse_size(lines[1]), _standard(lines[2], 32))


def parse_size(text: str) -> int:
    """Return a size written in ASCII digits without leading zeros.

    Raises:
        Malformed: It is written otherwise, or has more than 19 digits.
    """
    digits = 1 <= len(text) <= _SIZE_DIGITS_MAX and set(text) <= set("0123456789")
    if not digits or (text[0] == "0" and text != "0"):
        raise _malformed("A size is written in digits without leading zeros.")
    return int(text)


def is_name(text: str) -> bool:
    """Return whether a text may name a log or key: visible ASCII without spaces or plus."""
    return 0 < len(text) <= 200 and all("!" <= one <= "~" and one != "+" for one in text)


def verifier_key(name: str, key: PublicKey) -> str:
    """Return the C2SP verifier key: name, key hash, and type and key in base64."""
    return verifier_key_of(name, _ED25519, key)


def verifier_key_of(name: str, kind: bytes, key: PublicKey) -> str:
    """Return the C2SP verifier key of a type of signature."""
    raw = kind + key.raw()
    text = base64.b64encode(raw).decode("ascii")
    return f"{name}+{key_hash(name, raw).hex()}+{text}"


def key_hash(name: str, raw: bytes) -> bytes:
    """Return the four bytes that name a key: `raw` is its type and its bytes."""
    return sha256(name.encode("ascii") + b"\n" + raw)[:4]


def sign_note(text: str, name: str, key: PrivateKey) -> str:
    """Return a signed note over `text`, which must end with a line end."""
    digest = key_hash(name, _ED25519 + key.public.raw())
    return f"{text}\n{written_signature(name, digest, key.sign(text.encode('utf-8')))}"


def written_signature(name: str, digest: bytes, signature: bytes) -> str:
    """Return a signature line: the key's name, and its hash and signature in base64."""
    return f"{_DASH} {name} {base64.b64encode(digest + signature).decode('ascii')}\n"


def open_note(note: str, vkey: str) -> str:
    """Return the text of a note that the holder of a verifier key signed.

    Args:
        note: The signed note.
        vkey: The verifier key, e.g. `example.org+1a2b3c4d+AQ...`.

    Raises:
        Malformed: The verifier key or the note is not of its format.
        VerificationError: No valid signature by that key is on the note.
    """
    name, key = open_verifier_key(vkey)
    text, lines = divide_note(note)
    raw = _ED25519 + key.raw()
    for line in lines:
        signer, signature = signature_line(line)
        if signer != name or signature[:4] != key_hash(name, raw):
            continue
        try:
            key.verify(signature[4:], text.encode("utf-8"))
        except LedgerError:
            raise _unsigned(f"The signature of {name} does not belong to this text.") from None
        return text
    raise _unsigned(f"The note is not signed by {name}.")


def open_verifier_key(vkey: str, kind: bytes = _ED25519) -> tuple[str, PublicKey]:
    """Return the name and key of a verifier key for one type of signature.

    Raises:
        Malformed: It is no verifier key of that type.
    """
    name, plus, rest = vkey.partition("+")
    digest, second, text = rest.partition("+")
    if not plus or not second or not is_name(name):
        raise _malformed("A verifier key is name, key hash and key, joined by plus signs.")
    raw = _standard(text, 33)
    if raw[:1] != kind or key_hash(name, raw).hex() != digest:
        raise _malformed("The verifier key is of another type, or its hash is another's.")
    return name, load_public_key({"crv": "Ed25519", "kty": "OKP", "x": b64(raw[1:])})


def divide_note(note: str) -> tuple[str, list[str]]:
    """Return the text of a note and its signature lines.

    Raises:
        Malformed: It is no note.
    """
    if len(note) > NOTE_BYTES_MAX or not note.endswith("\n"):
        raise _malformed("The note is too long, or its last line has no end.")
    body, blank, signatures = note.rpartition("\n\n")
    lines = signatures[:-1].split("\n")
    if not blank or not 1 <= len(lines) <= NOTE_SIGNATURES_MAX:
        raise _malformed("A note is a text, an empty line and 1 to 16 signature lines.")
    return body + "\n", lines


def signature_line(line: str) -> tuple[str, bytes]:
    """Return the name and the bytes of a signature line.

    Raises:
        Malformed: It is no signature line.
    """
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or not is_name(parts[1]):
        raise _malformed("A signature line is a dash, a name and a signature.")
    signature = _standard(parts[2])
    if len(signature) < 5:
        raise _malformed("A signature is too short.")
    return parts[1], signature


def _standard(text: str, length: int | None = None) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise _malformed("A text is not standard base64.") from None
    if base64.b64encode(data).decode("ascii") != text or length not in (None, len(data)):
        raise _malformed("A text is not standard base64 of the length that is due.")
    return data


def _malformed(detail: str) -> Malformed:
    return Malformed("note-malformed", detail, basis="C2SP signed-note, tlog-checkpoint")


def _unsigned(detail: str) -> VerificationError:
    return VerificationError(
        "note-not-signed", detail, basis="C2SP signed-note; docs/formats/trust-policy.md",
        remedy="Check which key your trust policy names for this ledger.",
    )
