"""Rotate keys: replace an account's key set by the one that it committed to."""

from collections.abc import Iterator

from muniment.codec import AccountId, Payload, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import ACCOUNTS, KeySet
from muniment.model.context import Context
from muniment.model.possession import Possession, proves_possession
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
    may_change=frozenset({"account"}),
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


@TYPE.effect
def keys_change(operation: RotateKeys, state: State, ctx: Context) -> Iterator[Change]:
    """The new key set is in force from the next operation on; the account stays the same."""
    before = state.get(ACCOUNTS, operation.account)
    if before is not None:
        after = replace(before, key_set=operation.key_set)
        yield change(ACCOUNTS, ACCOUNTS.key(operation.account), before, after)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def rotate(name: str, account: str = "XB") -> RotateKeys:
        possession = given.possession(name, account)
        return RotateKeys(account="XB", key_set=given.key_set(name), possession=possession)

    following = given.key_set("XB+").digest()
    yield Example("plain", rotate("XB+"), signer="XB", key_set=following)
    yield Example("another-set", rotate("thief"), "key-set-not-committed", signer="XB")
    yield Example("signed-by-the-old-set", rotate("XB+"), "rotation-not-signed-by-next",
                  signer="XB")
    yield Example("possession-for-another", rotate("XB+", "XA"), "possession-not-proven",
                  signer="XB", key_set=following)
