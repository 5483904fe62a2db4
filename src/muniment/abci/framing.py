"""The stream of ABCI's socket protocol: each message after its length as an unsigned varint.

- Nothing is allocated for a length before its bytes have come.
- A length of more than the limit, or of more bytes than a length can have, ends the stream:
  what follows it can no longer be told apart.
"""

from collections.abc import Callable

FRAME_BYTES_MAX = 128 * 1024 * 1024
"""The longest message taken; the largest block of an engine is 100 MiB, its commit comes on top."""
_LENGTH_BYTES_MAX = 5
_CHUNK = 256 * 1024
_SINGLE = tuple(bytes([value]) for value in range(0x80))


class FramingError(Exception):
    """The stream is not one of length-delimited messages."""


def varint(value: int) -> bytes:
    """Return a number as an unsigned varint, least significant seven bits first."""
    if value <= 0x7F:
        return _SINGLE[value]
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def framed(payload: bytes) -> bytes:
    """Return a message after its length."""
    return varint(len(payload)) + payload


class FrameReader:
    """Splits what is received into messages.

    Args:
        receive: Returns at most so many bytes of the stream, none at its end.
        limit: The longest message taken, in bytes.
    """

    def __init__(self, receive: Callable[[int], bytes], limit: int = FRAME_BYTES_MAX) -> None:
        self._receive = receive
        self._limit = limit
        self._buffer = bytearray()
        self._at = 0

    def take(self) -> bytes | None:
        """Return the next message if it has come whole, without waiting for it.

        Raises:
            FramingError: The length is malformed or above the limit.
        """
        buffer, at = self._buffer, self._at
        length = shift = 0
        while at < len(buffer):
            byte = buffer[at]
            at += 1
            length |= (byte & 0x7F) << shift
            if byte <= 0x7F:
                break
            shift += 7
            if shift >= 7 * _LENGTH_BYTES_MAX:
                raise FramingError(f"a length of more than {_LENGTH_BYTES_MAX} bytes")
        else:
            return None
        if length > self._limit:
            raise FramingError(f"a message of {length} bytes, at most {self._limit}")
        end = at + length
        if end > len(buffer):
            return None
        self._at = end
        return bytes(buffer[at:end])

    def fill(self) -> bool:
        """Wait for more of the stream; False at its end.

        Raises:
            FramingError: The stream ends within a message.
        """
        if self._at:
            del self._buffer[:self._at]
            self._at = 0
        received = self._receive(_CHUNK)
        if not received and self._buffer:
            raise FramingError("the stream ends within a message")
        self._buffer += received
        return bool(received)
