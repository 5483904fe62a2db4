"""Message classes declared in Python, built by protobuf at import.

- A class says name, type and number of each field once. The type checker reads it as it stands;
  `message` replaces it by the class that protobuf (upb, in C) makes of the same declaration.
- The descriptors live in a pool of their own, so that generated classes of the same names can be
  used beside them.
- Enumerations are declared as `int32`: the bytes are the same, and unknown values survive.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast, dataclass_transform

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

__all__ = ["Message", "field", "message"]

_POOL = descriptor_pool.DescriptorPool()
_PROTO = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _PROTO.TYPE_BOOL,
    "bytes": _PROTO.TYPE_BYTES,
    "int32": _PROTO.TYPE_INT32,
    "int64": _PROTO.TYPE_INT64,
    "string": _PROTO.TYPE_STRING,
    "uint32": _PROTO.TYPE_UINT32,
    "uint64": _PROTO.TYPE_UINT64,
}

Class = TypeVar("Class", bound=Message)


class _Field(NamedTuple):
    number: int
    kind: str | type[Message]
    many: bool
    choice: str


def field(number: int, kind: str | type[Message], *, many: bool = False, choice: str = "") -> Any:
    """Declare a field of a message.

    Args:
        number: Its number on the wire.
        kind: A scalar type by its name in protobuf, or the class of a message.
        many: Whether it repeats.
        choice: The group of which at most one field is set (`oneof`); empty for none.
    """
    return _Field(number, kind, many, choice)


@dataclass_transform(kw_only_default=True)
def message(package: str) -> Callable[[type[Class]], type[Class]]:
    """Return a decorator that turns a declaration into protobuf's class of that package."""

    def build(declaration: type[Class]) -> type[Class]:
        name = declaration.__name__
        fields = {key: value for key, value in vars(declaration).items()
                  if isinstance(value, _Field)}
        file = descriptor_pb2.FileDescriptorProto(
            name=f"{package}.{name}.proto", package=package, syntax="proto3")
        needed = {one.kind.DESCRIPTOR.file.name for one in fields.values()
                  if not isinstance(one.kind, str)}
        file.dependency.extend(sorted(needed))
        _describe(file.message_type.add(name=name), fields)
        _POOL.Add(file)
        described = _POOL.FindMessageTypeByName(f"{package}.{name}")
        return cast("type[Class]", message_factory.GetMessageClass(described))

    return build


def _describe(into: descriptor_pb2.DescriptorProto, fields: dict[str, _Field]) -> None:
    """Write the fields of a declaration into a descriptor."""
    choices: list[str] = []
    for name, one in fields.items():
        described = into.field.add(name=name, number=one.number)
        described.label = _PROTO.LABEL_REPEATED if one.many else _PROTO.LABEL_OPTIONAL
        if isinstance(one.kind, str):
            described.type = _SCALARS[one.kind]
        else:
            described.type = _PROTO.TYPE_MESSAGE
            described.type_name = f".{one.kind.DESCRIPTOR.full_name}"
        if one.choice:
            if one.choice not in choices:
                choices.append(one.choice)
                into.oneof_decl.add(name=one.choice)
            described.oneof_index = choices.index(one.choice)
