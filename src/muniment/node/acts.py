"""The acts that members decide, as a person writes them: the NAMEs of each, with their meaning."""

import ast
import inspect
import sys
from collections.abc import Mapping, Sequence
from textwrap import dedent
from typing import Any, NamedTuple

from muniment import codec
from muniment.declare import TransactionType
from muniment.proof.canonical import decode
from muniment.proof.errors import Malformed

_MADE_HERE = {"activate-edition": frozenset({"hash"})}
"""What is filled in by the code where nobody gives it."""
_FILE_FROM = {"enrol-office": "muniment office request",
              "recover-account": "muniment account request-recovery"}
"""The command that writes the file of an act that no person types."""
_WRITTEN = {"bool": "true or false", "int": "number", "str": "text"}


class Named(NamedTuple):
    """One NAME of an act."""

    name: str
    required: bool
    written: str
    """How its VALUE is written."""
    meaning: str


def field_docs(kind: type) -> dict[str, str]:
    """Return the text under each field of a class; a field without one is an error."""
    tree = ast.parse(dedent(inspect.getsource(kind)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found: dict[str, str] = {}
    for one, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            text = following.value if isinstance(following, ast.Expr) else None
            if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
                raise ValueError(  # noqa: TRY004
                    f"{kind.__name__}.{one.target.id} has no text under it.")
            found[one.target.id] = " ".join(text.value.split())
    return found


def names_of(act: str, payload: type[codec.Payload]) -> list[Named]:
    """Return the NAMEs of an act, in the order of its page."""
    meanings, made = field_docs(payload), _MADE_HERE.get(act, frozenset())
    return [Named(name, required and name not in made, _written(codec.describe(kind)),
                  meanings[name]) for name, kind, required in codec.fields(payload)]


def _written(shape: str) -> str:
    """Return how a value of a shape is written, the shape as `codec.describe` gives it."""
    described = decode(shape.encode("ascii"))
    word = described if isinstance(described, str) else next(iter(described))
    if word == "one-of":
        return " | ".join(map(str, described[word]))
    return _WRITTEN.get(word, "JSON")


def require_names(act: str, payload: type[codec.Payload], given: Mapping[str, Any]) -> None:
    """Require the NAMEs of an act, all that it needs and no others.

    Raises:
        Malformed: Some are missing, or are none of its own; all are named at once.
    """
    names = names_of(act, payload)
    missing = [one for one in names if one.required and one.name not in given]
    foreign = sorted(given.keys() - {one.name for one in names} - {"type"})
    if not missing and not foreign:
        return
    said = [f"{act} lacks " + ", ".join(f"{one.name} ({one.meaning.rstrip('.')})"
                                        for one in missing)] if missing else []
    if foreign:
        known = ", ".join(one.name for one in names)
        said.append(f"{act} has no {', '.join(foreign)}: its names are {known}")
    raise Malformed("act-malformed", f"{'. '.join(said)}.", basis="docs/governance.md",
                    remedy=f"See what each takes: muniment governance rulebook {act}")


def card(kind: TransactionType, payload: type[codec.Payload]) -> dict[str, Any]:
    """Return what an act is, who decides it, its NAMEs, and how it is proposed."""
    described = (sys.modules[payload.__module__].__doc__ or "").splitlines()[0]
    example = codec.members(next(iter(kind.cases[0]())).operation)
    names = names_of(kind.name, payload)
    wanted = [one for one in names if one.name in example and (
        one.required or one.name not in _MADE_HERE.get(kind.name, ()))]
    return {
        "act": kind.name, "does": described.partition(": ")[2].rstrip("."),
        "majority": kind.majority.value, "names": [one._asdict() for one in names],
        "propose": _typed(kind.name, wanted, example),
        "signers": sorted(one.value for one in kind.signers),
    }


def _typed(act: str, names: Sequence[Named], example: Mapping[str, Any]) -> str:
    """Return a proposal as it is typed; what no person types is in a file."""
    whole = f"muniment governance propose {act}"
    if any(one.written == "JSON" for one in names):
        maker = _FILE_FROM.get(act)
        page = f"docs/reference/transactions.md#{act}"
        return f"{whole} --file FILE, {f'which {maker} writes' if maker else f'as on {page}'}"
    return " ".join([whole, *(f"--set {one.name}={example[one.name]}" for one in names)])
