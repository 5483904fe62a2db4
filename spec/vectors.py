"""The vectors of operations: each declared example, with its state before and what comes out."""

import json
from typing import Any

from muniment.codec import encode, members
from muniment.declare import Check, Example, TransactionType
from muniment.editions import NEWEST, rules_of
from muniment.model import example
from muniment.model.context import Context
from muniment.model.state import State
from muniment.operations import declared


def operation_vectors() -> dict[str, str]:
    """Return file name -> content of the vectors of each transaction type."""
    return {
        f"{kind.name}.json": json.dumps(
            [_vector(kind, one) for cases in kind.cases for one in cases()],
            indent=1, sort_keys=True,
        ) + "\n"
        for kind in declared()
    }


def circumstances(one: Example) -> Context:
    """Return the circumstances of an example, with the act that its operation carries."""
    rules = rules_of(NEWEST)
    act = rules.act_of(one.operation)
    return example.context(one.signer, one.key_set)._replace(
        carried=None if act is None else rules.carried(act), mandate=one.mandate)


def _vector(kind: TransactionType, one: Example) -> dict[str, Any]:
    entries = example.world() | dict(one.given)
    stored = {key: encode(value) for key, value in entries.items()}
    ctx = circumstances(one)
    _, checks = rules_of(NEWEST).types[kind.payload]
    outcome = kind.run(one.operation, State(example.MemoryBase(stored)), ctx, checks)
    vector: dict[str, Any] = {
        "context": {
            "envelope": ctx.envelope.hex(), "height": ctx.height, "key_set": ctx.key_set,
            **({"mandate": ctx.mandate} if ctx.mandate is not None else {}),
            "ledger": ctx.ledger, "place": ctx.place, "position": ctx.position,
            "signer": ctx.signer, "time": ctx.time,
        },
        "edition": NEWEST,
        "name": one.name,
        "operation": encode(one.operation).decode("utf-8"),
        "given": {key.decode("ascii"): members(value) for key, value in one.given.items()},
    }
    if isinstance(outcome, Check):
        vector["code"] = outcome.code
    else:
        vector["code"] = 0
        vector["changes"] = {
            change.key.decode("ascii"): encode(change.after).decode("utf-8")
            for change in outcome
        }
    return vector
