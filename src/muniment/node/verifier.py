"""The process that verifies signatures ahead: frames in, one byte for each signature out.

A frame is its length in four bytes and a packed list of (JWK, signature, signing input). The
answer is 1 for a valid signature and 0 for any other; the process ends with its input.
"""

import sys

from muniment.codec import unpacker
from muniment.proof.crypto import load_public_key
from muniment.proof.errors import LedgerError

_unpack = unpacker(list[tuple[dict[str, str], bytes, bytes]])


def main() -> None:
    """Answer frames until the input ends."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while length := source.read(4):
        batch = _unpack(source.read(int.from_bytes(length, "big")))
        target.write(bytes(_valid(*one) for one in batch))
        target.flush()


def _valid(jwk: dict[str, str], signature: bytes, message: bytes) -> bool:
    try:
        load_public_key(jwk).verify(signature, message)
    except LedgerError:
        return False
    return True


if __name__ == "__main__":
    main()
