"""Rotate the log key: replace the key that signs a solo ledger's checkpoints."""

from collections.abc import Iterator

from muniment.codec import Payload, from_members
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import Jwk
from muniment.model.context import Context
from muniment.model.ledger import LOG_KEYS, LogKey, admissible
from muniment.model.state import Change, State, change


class RotateLogKey(Payload, frozen=True, kw_only=True, tag="rotate-log-key"):
    """The new log key."""

    log_key: Jwk
    """The Ed25519 key that signs checkpoints from the next one on."""


TYPE = TransactionType(
    name="rotate-log-key",
    number=50,
    payload=RotateLogKey,
    signers=frozenset({Signer.OPERATOR}),
    may_change=frozenset({"log-key"}),
    register="",
)


@TYPE.check(1, "log-key-not-admissible", basis="C2SP signed-note; RFC 8032")
def key_is_admissible(operation: RotateLogKey, state: State, ctx: Context) -> bool:
    """The log key MUST be an Ed25519 key, canonical and torsion-free."""
    return admissible(operation.log_key)


@TYPE.check(2, "log-key-unchanged", basis="docs/formats/checkpoint.md")
def key_is_new(operation: RotateLogKey, state: State, ctx: Context) -> bool:
    """The log key MUST differ from the one in force."""
    before = state.get(LOG_KEYS)
    return before is None or before.key != operation.log_key


@TYPE.effect
def log_key_changes(operation: RotateLogKey, state: State, ctx: Context) -> Iterator[Change]:
    """The new key signs the checkpoint of this block and every later one."""
    after = LogKey(key=operation.log_key, since=ctx.position)
    yield change(LOG_KEYS, LOG_KEYS.key(), state.get(LOG_KEYS), after)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def rotate(name: str) -> RotateLogKey:
        return RotateLogKey(log_key=from_members(Jwk, dict(given.key(name).public.jwk)))

    identity = Jwk(crv="Ed25519", kty="OKP", x="AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    yield Example("plain", rotate("next log"))
    yield Example("small-order-key", RotateLogKey(log_key=identity), "log-key-not-admissible")
    yield Example("the-same", rotate("log"), "log-key-unchanged")
