"""Canonical bytes <-> typed values; the only importer of `msgspec`.

- What is decoded must be its own canonical form: the bytes are encoded again and compared.
- A payload is a frozen record: unknown members, wrong types and wrong shapes are refused.
- An optional member that holds its default is left out, so that each value has one spelling.
- `pack` and `unpack` serve storage only; nothing that is hashed or signed goes through them.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from muniment.proof import limits
from muniment.proof.errors import Malformed

Office = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{2}\Z")]
"""A two-letter code of WIPO Standard ST.3."""
AccountId = Annotated[str, msgspec.Meta(pattern=r"\A(?:[A-Z]{2}|[A-Za-z0-9_-]{43})\Z")]
"""An office's code, or the digest of a participant's first key set."""
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z")]
"""32 bytes in unpadded base64url that re-encodes to itself."""
Date = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
"""A date `YYYY-MM-DD`; whether it is a real one is the business of a check."""
Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9-]{0,39}\Z")]
"""A code word in kebab-case, e.g. a ground or a name of a disclosure."""
Language = Annotated[str, msgspec.Meta(pattern=r"\A[a-z]{2}\Z")]
"""A language code of ISO 639-1, as WIPO Standard ST.96 uses it."""
Number = Annotated[str, msgspec.Meta(pattern=r"\A[!-~](?:[ -~]{0,38}[!-~])?\Z")]
"""A number as an office prints it: 1 to 40 printable ASCII characters."""
Component = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_.+-]{1,48}\Z")]
"""One component of a state key, without its slash."""
Natural = Annotated[int, msgspec.Meta(ge=0, le=limits.INTEGER_MAX)]
"""A counting number or a time in UTC seconds."""
RightKind = Literal["patent", "utility-model", "design", "trademark"]
"""The kinds of right that the register holds."""


def pattern(text: str) -> msgspec.Meta:
    """Return the bound of texts that match a pattern, which is ours and never from a ledger."""
    return msgspec.Meta(pattern=text)


def between(least: int, most: int) -> msgspec.Meta:
    """Return the bound of integers from `least` to `most`."""
    return msgspec.Meta(ge=least, le=most)


def items(*, most: int, least: int = 1) -> msgspec.Meta:
    """Return the bound of lists with `least` to `most` items."""
    return msgspec.Meta(min_length=least, max_length=most)


def pairs(*, most: int) -> msgspec.Meta:
    """Return the bound of mappings with at most `most` names."""
    return msgspec.Meta(max_length=most)


MemberName = Annotated[str, msgspec.Meta(pattern=r"\A[ -~]{1,60}\Z")]
"""The name of a member of a reference row: ASCII, so that every sort order agrees."""
Whole = Annotated[int, msgspec.Meta(ge=-limits.INTEGER_MAX, le=limits.INTEGER_MAX)]
"""An integer that every JSON reader holds exactly."""
Text = Annotated[str, msgspec.Meta(max_length=600)]
"""A short text of a public fact, e.g. the name of a holiday or of a source."""
Scalar = str | Whole | bool | None
Shallow = Scalar | list[Scalar] | dict[MemberName, Scalar]
Row = dict[MemberName, Scalar | list[Shallow] | dict[MemberName, Shallow]]
"""A row of reference data: JSON without floats, three levels deep at most."""

Act = msgspec.Raw
"""An operation within an operation, as its canonical bytes."""

Disclosed = Annotated[dict[Word, Digest], msgspec.Meta(max_length=limits.DISCLOSED_NAMES_MAX)]
"""Each disclosed name with exactly one digest."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True,
             kw_only=True):
    """A value with named members, e.g. a value of the state tree."""


class Payload(Record, frozen=True, kw_only=True, tag_field="type", tag=True):
    """What an operation says; each transaction type has one, tagged with the type's name."""


RecordType = TypeVar("RecordType", bound=Record)

Encoded = msgspec.Raw
"""Canonical JSON that was encoded before; it goes as it is into what is encoded around it."""
_ENCODER = msgspec.json.Encoder(order="sorted")
replace = msgspec.structs.replace


def encode(value: Any) -> bytes:
    """Encode `value` as canonical JSON (RFC 8785 in the profile without floats)."""
    return _ENCODER.encode(value)


def decoder(kind: Any) -> Callable[[bytes], Any]:
    """Return a strict decoder for `kind`, a record type or a union of payload types.

    The decoder raises Malformed unless the bytes are the canonical form of such a value.
    """
    decode = msgspec.json.Decoder(kind).decode

    def strict(data: bytes) -> Any:
        try:
            value = decode(data)
            again = _ENCODER.encode(value)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise Malformed(
                "malformed-value",
                str(error),
                basis="docs/formats/canonical-json.md",
                remedy="Compare the members with the page of this type.",
            ) from None
        if again != data:
            raise Malformed(
                "not-canonical",
                "The bytes are not their own canonical form.",
                basis="RFC 8785; docs/formats/canonical-json.md",
                remedy="Encode the value canonically and sign those bytes.",
            )
        return value

    return strict


def members(value: Record) -> dict[str, Any]:
    """Return a record as plain JSON members."""
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain


def from_members(kind: type[RecordType], plain: Any) -> RecordType:
    """Return a record made of plain JSON members, or raise Malformed."""
    try:
        return msgspec.convert(plain, kind)
    except msgspec.MsgspecError as error:
        raise Malformed("malformed-value", str(error)) from None


def fields(kind: type[Record]) -> tuple[tuple[str, Any, bool], ...]:
    """Return (member name, type, required) of each field of a record type, in file order."""
    return tuple(
        (field.encode_name, field.type, field.required) for field in msgspec.structs.fields(kind)
    )


def name_of(kind: type[Payload]) -> str:
    """Return the value of the member `type` that marks a payload of this kind."""
    return str(kind.__struct_config__.tag)


_PACKER = msgspec.msgpack.Encoder()


def pack(value: Any) -> bytes:
    """Encode a value for storage."""
    return _PACKER.encode(value)


def unpacker(kind: Any) -> Callable[[bytes], Any]:
    """Return a decoder of stored values of `kind`; raises ValueError on damaged bytes."""
    return msgspec.msgpack.Decoder(kind).decode


def describe(kind: Any) -> str:
    """Return the shape of a member's type as JSON text, the same under every Python version."""
    return encode(_describe(msgspec.inspect.type_info(kind))).decode("utf-8")


def takes_text(kind: type[Record], name: str) -> bool:
    """Return whether a member is a text: then `2026` typed by a person is no number."""
    types = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    info: Any = msgspec.inspect.type_info(types.get(name, str))
    parts = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
    return any(isinstance(one, msgspec.inspect.StrType | msgspec.inspect.LiteralType |
                          msgspec.inspect.EnumType) for one in parts)


def _describe(info: Any) -> Any:
    name = type(info).__name__.removesuffix("Type").lower()
    if isinstance(info, msgspec.inspect.StructType):
        return {one.encode_name: _describe(one.type) for one in info.fields}
    if isinstance(info, msgspec.inspect.UnionType):
        return {"any-of": [_describe(one) for one in info.types]}
    if isinstance(info, msgspec.inspect.LiteralType | msgspec.inspect.EnumType):
        return {"one-of": _values(info)}
    if isinstance(info, msgspec.inspect.DictType):
        return {"names": _describe(info.key_type), "values": _describe(info.value_type)}
    bounds = {
        bound: getattr(info, bound)
        for bound in ("ge", "le", "pattern", "min_length", "max_length")
        if getattr(info, bound, None) is not None
    }
    if hasattr(info, "item_type"):
        return {"list-of": _describe(info.item_type), **bounds}
    return {name: bounds} if bounds else name


def _values(info: Any) -> list[Any]:
    if isinstance(info, msgspec.inspect.LiteralType):
        return list(info.values)
    return [member.value for member in info.cls]
