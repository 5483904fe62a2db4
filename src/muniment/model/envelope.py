"""The envelope: one signature over an ordered list of operations (docs/formats/envelope.md).

- Line 1 is a JWS in general JSON serialisation; each further line is one operation. Every line
  ends with LF and is hashed without it.
- Parsing looks at the bytes alone. Whether the envelope is in turn and signed by the right keys
  is the engine's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from muniment.codec import AccountId, Digest, Natural, Payload, Record, decoder, encode, members
from muniment.proof import canonical, jws, limits, merkle
from muniment.proof.crypto import PrivateKey, b64, sha256
from muniment.proof.errors import Malformed

ENVELOPE_TYPE = "muniment-envelope+jws"
_FORMAT = "docs/formats/envelope.md"


class Header(Record, frozen=True, kw_only=True):
    """What the signature of an envelope covers."""

    atomic: bool
    """Whether one refused operation refuses them all."""
    count: Natural
    """How many operations follow."""
    ledger: Digest
    """The id of the ledger for which the envelope was made."""
    not_after: Natural
    """The last block time, in UTC seconds, at which the envelope may be admitted."""
    root: Digest
    """The RFC 9162 root over the operation lines."""
    sequence: Natural
    """A number that the account has not used before."""
    submitter: AccountId
    """The account that submits."""


class _SignatureLine(Record, frozen=True, kw_only=True):
    protected: str
    signature: str


class _JwsLine(Record, frozen=True, kw_only=True):
    payload: str
    signatures: list[_SignatureLine]


_decode_header = decoder(Header)
_decode_jws = decoder(_JwsLine)


def _read_jws(line: bytes, limit: int) -> Any:
    """Read the first line in the codec; whatever it does not take, the verifier's reader judges."""
    if len(line) <= limit:
        try:
            return members(_decode_jws(line))
        except Malformed:
            pass
    return canonical.decode(line, limit)


class Erased(NamedTuple):
    """A refused operation whose line was erased: what its leaf still says of it."""

    size: int
    """The length of the line."""
    code: int
    """The code with which it was refused."""
    hashed: bytes
    """The RFC 9162 leaf hash of the line."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope whose form is right."""

    header: Header
    """The signed header."""
    digest: bytes
    """SHA-256 of the JWS payload: the one name of this envelope."""
    signed: jws.Jws
    """The parsed first line."""
    jws_line: bytes
    """The first line as received, without LF."""
    lines: tuple[bytes | Erased, ...]
    """The operation lines as received, without LF."""
    hashes: tuple[bytes, ...]
    """The RFC 9162 leaf hash of each operation line."""
    size: int
    """Bytes of the whole envelope."""
    decoded: dict[str, tuple[Payload | Erased, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Its operations once decoded, by the hash of the edition: a memory of a pure fact."""

    @classmethod
    def parse(cls, data: bytes) -> "Envelope":
        """Parse the bytes of an envelope.

        Raises:
            Malformed: The size, the framing, the header or the root is wrong.
        """
        first, *lines = _split(data)
        return cls.restore(first, lines)

    @classmethod
    def restore(cls, first: bytes, lines: Sequence[bytes | Erased]) -> "Envelope":
        """Return the envelope of a first line and its operations, as a ledger stored them.

        Raises:
            Malformed: The header or the root is wrong.
        """
        signed = jws.parse(first, ENVELOPE_TYPE, _read_jws)
        header: Header = _decode_header(signed.payload)
        hashes = tuple(
            line.hashed if isinstance(line, Erased) else merkle.leaf_hash(line) for line in lines
        )
        if header.count != len(lines):
            raise _malformed("envelope-count", f"The header says {header.count} operations, "
                             f"{len(lines)} follow.")
        if header.root != b64(merkle.root(hashes)):
            raise _malformed("envelope-root", "The header's root is not that of the operations.")
        size = len(first) + 1 + sum(
            1 + (line.size if isinstance(line, Erased) else len(line)) for line in lines
        )
        return cls(header, sha256(signed.payload), signed, first, tuple(lines), hashes, size)


def _split(data: bytes) -> list[bytes]:
    if len(data) > limits.ENVELOPE_BYTES_MAX:
        raise _malformed("envelope-too-large", f"{len(data)} bytes are more than "
                         f"{limits.ENVELOPE_BYTES_MAX}.", "Divide it into several envelopes.")
    if not data.endswith(b"\n"):
        raise _malformed("envelope-framing", "The last line has no line end.")
    if data.count(b"\n") - 1 > limits.ENVELOPE_OPERATIONS_MAX:
        raise _malformed("envelope-too-many", f"More than {limits.ENVELOPE_OPERATIONS_MAX} "
                         "operations.", "Divide them into several envelopes.")
    lines = data[:-1].split(b"\n")
    if len(lines) < 2:
        raise _malformed("envelope-empty", "No operation follows the first line.")
    if len(lines[0]) > limits.JWS_BYTES_MAX:
        raise _malformed("envelope-framing", "The first line is too long.")
    if any(len(line) > limits.OPERATION_BYTES_MAX for line in lines):
        raise _malformed("operation-too-large", "An operation line is longer than "
                         f"{limits.OPERATION_BYTES_MAX} bytes.")
    return lines


def _malformed(name: str, detail: str, remedy: str = "Make the envelope anew.") -> Malformed:
    return Malformed(name, detail, basis=_FORMAT, remedy=remedy)


def sign_envelope(
    operations: Sequence[bytes],
    keys: Sequence[PrivateKey],
    *,
    ledger: str,
    submitter: str,
    sequence: int,
    not_after: int,
    atomic: bool = False,
) -> bytes:
    """Return the bytes of an envelope over `operations` (canonical lines without LF)."""
    header = Header(
        atomic=atomic,
        count=len(operations),
        ledger=ledger,
        not_after=not_after,
        root=b64(merkle.root([merkle.leaf_hash(line) for line in operations])),
        sequence=sequence,
        submitter=submitter,
    )
    first = jws.sign(encode(header), keys, ENVELOPE_TYPE)
    return b"\n".join((first, *operations, b""))
