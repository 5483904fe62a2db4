"""Rotate keys: replace an account's key set by the one that it committed to."""

from collections.abc import Iterator

from muniment.codec import AccountId, Payload, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import ACCOUNTS, KeySet
from muniment.model.context import Context
from muniment.model.possession import Possession, proves_possession
from muniment.model.recovery import RECOVERIES, Recovery, pending
from muniment.model.state import Change, State, change


class RotateKeys(Payload, frozen=True, kw_only=True, tag="rotate-keys"):
    """What the account says of its next key set."""

    account: AccountId
    """The account whose keys change."""
    key_set: KeySet
    """The key set that the account's current one committed to."""
    possession: Possession
    """A signature by each new key over the key set's digest and the account."""


TYPE = TransactionType(
    name="rotate-keys",
    number=12,
    payload=RotateKeys,
    signers=frozenset({Signer.ITSELF}),
    may_change=frozenset({"account", "recovery"}),
    register="account",
)


@TYPE.check(1, "key-set-not-committed", basis="docs/formats/envelope.md")
def set_was_committed(operation: RotateKeys, state: State, ctx: Context) -> bool:
    """The new key set MUST be the one that the current key set committed to."""
    account = state.get(ACCOUNTS, operation.account)
    return account is not None and account.key_set.next == operation.key_set.commitment()


@TYPE.check(2, "rotation-not-signed-by-next", basis="docs/formats/envelope.md")
def next_set_signed(operation: RotateKeys, state: State, ctx: Context) -> bool:
    """The envelope MUST be signed by the threshold of the new key set."""
    return ctx.key_set == operation.key_set.digest()


@TYPE.check(3, "possession-not-proven", basis="docs/formats/genesis.md")
def keys_are_possessed(operation: RotateKeys, state: State, ctx: Context) -> bool:
    """Each key of the key set MUST be admissible and MUST have signed the possession."""
    return proves_possession(
        operation.possession, operation.account, operation.key_set, ctx.ledger
    )


@TYPE.check(4, "recovery-mark-changed", basis="docs/governance.md")
def mark_stays(operation: RotateKeys, state: State, ctx: Context) -> bool:
    """The new key set MUST say that members recovered the account if, and only if, they did."""
    account = state.get(ACCOUNTS, operation.account)
    return account is not None and account.key_set.recovered_by_members == (
        operation.key_set.recovered_by_members)


@TYPE.effect
def keys_change(operation: RotateKeys, state: State, ctx: Context) -> Iterator[Change]:
    """The new key set is in force from the next operation on; a pending recovery has ended."""
    before = state.get(ACCOUNTS, operation.account)
    if before is not None:
        after = replace(before, key_set=operation.key_set)
        yield change(ACCOUNTS, ACCOUNTS.key(operation.account), before, after)
    recovery = pending(state, operation.account)
    if recovery is not None:
        yield change(RECOVERIES, RECOVERIES.key(operation.account), recovery,
                     replace(recovery, ended=ctx.position, outcome="rotated"))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def rotate(name: str, account: str = "XB") -> RotateKeys:
        possession = given.possession(name, account)
        return RotateKeys(account="XB", key_set=given.key_set(name), possession=possession)

    following = given.key_set("XB+").digest()
    yield Example("plain", rotate("XB+"), signer="XB", key_set=following)
    waiting = Recovery(due=given.TIME + 9, entry=900, key_set=given.DIGEST, proposal=3)
    yield Example("while-a-recovery-is-pending", rotate("XB+"), signer="XB", key_set=following,
                  given={RECOVERIES.key("XB"): waiting})
    yield Example("another-set", rotate("thief"), "key-set-not-committed", signer="XB")
    yield Example("signed-by-the-old-set", rotate("XB+"), "rotation-not-signed-by-next",
                  signer="XB")
    yield Example("possession-for-another", rotate("XB+", "XA"), "possession-not-proven",
                  signer="XB", key_set=following)
    claimed = given.recovered("XB+")
    held = replace(given.account("XB"), key_set=replace(
        given.key_set("XB"), next=claimed.commitment()))
    yield Example("recovered-before-it-was", RotateKeys(
        account="XB", key_set=claimed, possession=given.recovered_possession("XB+", "XB")),
        "recovery-mark-changed", given={ACCOUNTS.key("XB"): held}, signer="XB",
        key_set=claimed.digest())
