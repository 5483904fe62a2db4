"""Our declarations say what the engine's own files say, field by field."""

import re

from muniment.abci import messages, values
from muniment.abci.wire import Message

SCALARS = {1: "double", 3: "int64", 4: "uint64", 5: "int32", 8: "bool", 9: "string", 12: "bytes",
           13: "uint32"}
STATEMENT = re.compile(r"(repeated\s+)?([\w.]+)\s+(\w+)\s*=\s*(\d+)\s*(?:\[[^;]*\])?\s*;")


def declared(text):
    """Yield (message, field, number, type, repeated) of a .proto file; enums are int32 here."""
    text = re.sub(r"//[^\n]*", "", text)
    enums = set(re.findall(r"enum\s+(\w+)", text)) | {"BlockIDFlag"}
    for name, body in re.findall(r"message\s+(\w+)\s*\{((?:[^{}]|\{[^{}]*\})*)\}", text):
        fields = re.sub(r"enum\s+\w+\s*\{[^}]*\}", "", body)
        for repeated, path, field, number in STATEMENT.findall(fields):
            kind = path.rsplit(".", 1)[-1]
            if kind not in {"option", "reserved"}:
                yield name, field, int(number), "int32" if kind in enums else kind, bool(repeated)


def ours():
    for module in (values, messages):
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Message) and one is not Message:
                yield one.DESCRIPTOR


def test_every_field_has_the_engines_number_and_type(module):
    theirs = {}
    for file in ("abci/types", "types/params", "types/validator", "crypto/keys", "crypto/proof"):
        package = f"tendermint.{file.split('/')[0]}"
        for name, *rest in declared((module / f"proto/tendermint/{file}.proto").read_text()):
            theirs.setdefault(f"{package}.{name}", set()).add(tuple(rest))
    compared = 0
    for descriptor in ours():
        if descriptor.full_name.startswith("google."):
            continue
        mine = {(field.name, field.number,
                 SCALARS.get(field.type) or field.message_type.name, field.is_repeated)
                for field in descriptor.fields}
        assert mine == theirs.get(descriptor.full_name, set()), descriptor.full_name
        compared += len(mine)
    assert compared > 200


def test_values_of_enumerations_are_the_engines(module):
    text = (module / "proto/tendermint/abci/types.proto").read_text() + (
        module / "proto/tendermint/types/validator.proto").read_text()
    kinds = {"CheckTxType": ["NEW", "RECHECK"], "ProposalStatus": list(values.ProposalStatus),
             "VerifyStatus": list(values.VerifyStatus)}
    for name in kinds:
        body = re.search(rf"enum {name} \{{(.*?)\}}", text, re.DOTALL)[1]
        theirs = {member: int(number) for member, number in
                  re.findall(r"(\w+)\s*=\s*(\d+)", re.sub(r"//[^\n]*", "", body))}
        assert {one.name: one.value for one in getattr(values, name)} == theirs
    results = re.findall(r"enum Result \{(.*?)\n\s*\}", text, re.DOTALL)
    for ours_, body in zip((values.OfferSnapshotResult, values.ApplySnapshotChunkResult), results,
                           strict=True):
        theirs = dict(re.findall(r"(\w+)\s*=\s*(\d+)", re.sub(r"//[^\n]*", "", body)))
        assert {one.name: str(one.value) for one in ours_} == theirs
    for flag in values.BlockIDFlag:
        assert re.search(rf"BLOCK_ID_FLAG_{flag.name}\s*=\s*{flag.value}\b", text)
    for kind in values.MisbehaviorType:
        assert re.search(rf"\b{kind.name}\s*=\s*{kind.value}\b", text)
