"""Canonical JSON (RFC 8785 in a profile) <-> plain values; the only importer of `json`.

- The profile has no floats, no integers beyond 2^53 - 1, member names in ASCII, no duplicate
  names, and at most 16 levels of nesting (docs/formats/canonical-json.md).
- Bytes that are not their own canonical form are refused; what is hashed is what was received.
- Whatever the bytes are, the only exception is `Malformed`.
"""

import json
from typing import Any

from muniment.proof import limits
from muniment.proof.errors import Malformed

_BASIS = "RFC 8785; docs/formats/canonical-json.md"
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def encode(value: Any) -> bytes:
    """Return the canonical bytes of a plain value.

    Raises:
        Malformed: The value lies outside the profile.
    """
    _within_profile(value, limits.NESTING_MAX)
    return encode_again(value)


def encode_again(value: Any) -> bytes:
    """Return the canonical bytes of a value that `decode` returned, or of a part of it.

    Raises:
        Malformed: A text holds a lone surrogate.
    """
    try:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8")
    except (UnicodeEncodeError, ValueError, TypeError, RecursionError):
        raise _malformed("A text holds a lone surrogate, or the value is none of JSON.") from None


def decode(data: bytes, limit: int = limits.EVIDENCE_BYTES_MAX) -> Any:
    """Return the plain value of canonical bytes.

    Args:
        data: The bytes as received.
        limit: Most bytes that are looked at.

    Raises:
        Malformed: They are no JSON of the profile, or not in their canonical form.
    """
    if len(data) > limit:
        raise _malformed(f"{len(data)} bytes are more than {limit}.")
    _bounded_nesting(data)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_members,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_integer,
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _malformed(f"The bytes are no JSON: {type(error).__name__}.") from None
    if encode_again(value) != data:
        raise Malformed(
            "not-canonical",
            "The bytes are not their own canonical form.",
            basis=_BASIS,
            remedy="Encode the value canonically and sign those bytes.",
        )
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _malformed("A member name stands twice.")
    if not "".join(members).isascii():
        raise _malformed("A member name is not ASCII.")
    return members


def _no_float(text: str) -> Any:
    raise _malformed(f"{text[:20]} is no integer.")


def _integer(text: str) -> int:
    if len(text) > 17 or not -limits.INTEGER_MAX <= int(text) <= limits.INTEGER_MAX:
        raise _malformed("An integer is beyond 2^53 - 1.")
    return int(text)


def _bounded_nesting(data: bytes) -> None:
    """Refuse deep nesting before parsing: only brackets between texts count."""
    if data.count(b"[") + data.count(b"{") <= limits.NESTING_MAX:
        return
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    depth = 0
    for byte in b"".join(plain.split(b'"')[::2]).translate(None, _NO_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        if depth > limits.NESTING_MAX:
            raise _malformed(f"More than {limits.NESTING_MAX} levels of nesting.")


def _within_profile(value: Any, levels: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -limits.INTEGER_MAX <= value <= limits.INTEGER_MAX:
            raise _malformed("An integer is beyond 2^53 - 1.")
        return
    if levels == 0:
        raise _malformed(f"More than {limits.NESTING_MAX} levels of nesting.")
    if kind is dict:
        for name, member in value.items():
            if type(name) is not str or not name.isascii():
                raise _malformed("A member name is not ASCII.")
            _within_profile(member, levels - 1)
    elif kind is list or kind is tuple:
        for item in value:
            _within_profile(item, levels - 1)
    else:
        raise _malformed(f"A {kind.__name__} has no place in canonical JSON.")


def _malformed(detail: str) -> Malformed:
    return Malformed(
        "malformed-json", detail, basis=_BASIS, remedy="Encode the value as the page says."
    )
