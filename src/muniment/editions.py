"""Which rules hold at which height.

- An edition is a name. A transaction type or check is in force from its `since` to before its
  `until`; code carries every edition that it can still replay, and copies no rule.
- The lock of an edition is computed from the declarations as loaded, never read from a file. A
  node runs a ledger only if its hash equals the one that the ledger's state names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Union

from muniment import codec
from muniment.declare import Check, TransactionType
from muniment.model.codes import ENVELOPE_CODES, OPERATION_CODES
from muniment.model.context import Carried
from muniment.operations import declared
from muniment.proof.canonical import encode
from muniment.proof.crypto import b64, sha256
from muniment.proof.errors import Fault, Malformed, NotFound

NEWEST = "2026"
"""The newest edition that this code carries: it computes a lock for any later name as well, but
without what is new there."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The declarations in force in one edition."""

    edition: str
    """Its name."""
    hash: str
    """SHA-256 of its lock, in base64url."""
    types: dict[type[codec.Payload], tuple[TransactionType, tuple[Check, ...]]]
    """Each payload type with its transaction type and the checks in force, in their order."""
    decode: Any
    """Decodes an operation line into a payload of one of these types, or raises Malformed."""

    def act_of(self, operation: codec.Payload) -> codec.Payload | None:
        """Return the act that an operation carries, or None."""
        act = getattr(operation, "act", None)
        return self.decode(bytes(act)) if isinstance(act, codec.Act) else None

    def carried(self, act: codec.Payload) -> Carried:
        """Return what a rule may know of an act that is carried."""
        kind, _ = self.types[type(act)]
        return Carried(kind.name, kind.majority.value)


def rules_of(
    edition: str, types: tuple[TransactionType, ...] | None = None
) -> Rules:
    """Return the rules of an edition.

    Args:
        edition: Its name.
        types: The declarations to take it from; the packaged ones by default.
    """
    return _rules_of(edition, declared() if types is None else types)


def carries(edition: str) -> bool:
    """Return whether this code was written with an edition."""
    return edition <= NEWEST


def carried_rules(edition: str) -> Rules:
    """Return the rules of an edition that an office may announce or confirm with this code.

    Args:
        edition: Its name.

    Raises:
        NotFound: This code does not carry it.
    """
    if not carries(edition):
        raise NotFound(
            "edition-not-carried", f"This code carries no edition {edition!r}; its newest is "
            f"{NEWEST}.", basis="docs/editions.md",
            remedy="Install the version of muniment that carries it; then do this again.")
    return rules_of(edition)


@lru_cache(maxsize=8)
def _rules_of(edition: str, types: tuple[TransactionType, ...]) -> Rules:
    in_force = [one for one in types if one.since <= edition]
    if not in_force:
        raise Fault(f"This code carries no edition {edition}.")
    table = {one.payload: (one, _checks(one, edition)) for one in in_force}
    line_type: Any = Union[tuple(one.payload for one in in_force)]  # noqa: UP007 - a union at run time
    digest = b64(sha256(encode(lock(edition, types))))
    return Rules(edition, digest, table, _decoder(line_type))


def _decoder(line_type: Any) -> Callable[[bytes], Any]:
    """Return the decoder of lines: what an operation carries is as strictly read as itself."""
    decode = codec.decoder(line_type)

    def strict(line: bytes) -> Any:
        operation = decode(line)
        act = getattr(operation, "act", None)
        if isinstance(act, codec.Act):
            carried = decode(bytes(act))
            if isinstance(getattr(carried, "act", None), codec.Act):
                raise Malformed("malformed-value", "An act carries no other act.",
                                basis="docs/governance.md")
        return operation

    return strict


def _checks(one: TransactionType, edition: str) -> tuple[Check, ...]:
    return tuple(
        check
        for check in one.checks
        if check.since <= edition and (check.until is None or edition < check.until)
    )


def lock(edition: str, types: tuple[TransactionType, ...]) -> dict[str, Any]:
    """Return all that an edition freezes: numbers, names, members and the order of checks."""
    return {
        "edition": edition,
        "envelopes": ENVELOPE_CODES,
        "operations": OPERATION_CODES,
        "types": [_lock_type(one, edition) for one in types if one.since <= edition],
    }


def _lock_type(one: TransactionType, edition: str) -> dict[str, Any]:
    return {
        "carries": one.carries.value,
        "checks": [[check.code, check.refusal] for check in _checks(one, edition)],
        "majority": one.majority.value,
        "members": {name: codec.describe(kind) for name, kind, _ in codec.fields(one.payload)},
        "name": one.name,
        "number": one.number,
        "register": one.register,
        "required": [name for name, _, required in codec.fields(one.payload) if required],
        "signers": sorted(signer.value for signer in one.signers),
        "tables": sorted(one.may_change),
    }
