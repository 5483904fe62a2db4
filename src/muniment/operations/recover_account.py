"""Recover an account: decide that another key set shall follow one that was lost."""

from collections.abc import Iterator

from muniment.codec import AccountId, Payload
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.account import ACCOUNTS, KeySet
from muniment.model.context import Context
from muniment.model.possession import Possession, proves_possession
from muniment.model.recovery import RECOVERIES, WAIT_SECONDS, Recovery, pending
from muniment.model.state import Change, State, change


class RecoverAccount(Payload, frozen=True, kw_only=True, tag="recover-account"):
    """Whose key set was lost, and which one shall follow it."""

    account: AccountId
    """The account."""
    key_set: KeySet
    """The key set that shall follow; it says that members recovered it."""
    possession: Possession
    """A signature by each key over the key set's digest and the account."""


TYPE = TransactionType(
    name="recover-account",
    number=57,
    payload=RecoverAccount,
    signers=frozenset({Signer.MEMBERS}),
    may_change=frozenset({"recovery"}),
    register="",
    majority=Majority.TWO_THIRDS,
)


@TYPE.check(1, "account-unknown", basis="docs/formats/state-tree.md")
def account_is_enrolled(operation: RecoverAccount, state: State, ctx: Context) -> bool:
    """The account MUST be enrolled."""
    return state.get(ACCOUNTS, operation.account) is not None


@TYPE.check(2, "recovery-pending", basis="docs/governance.md")
def no_other_is_pending(operation: RecoverAccount, state: State, ctx: Context) -> bool:
    """No other recovery of the account MUST be pending."""
    return pending(state, operation.account) is None


@TYPE.check(3, "recovery-unmarked", basis="docs/governance.md")
def recovery_shows(operation: RecoverAccount, state: State, ctx: Context) -> bool:
    """The new key set MUST say that it was recovered by the members."""
    return operation.key_set.recovered_by_members


@TYPE.check(4, "possession-not-proven", basis="docs/formats/genesis.md")
def keys_are_possessed(operation: RecoverAccount, state: State, ctx: Context) -> bool:
    """Each key of the key set MUST be admissible and MUST have signed the possession."""
    return proves_possession(
        operation.possession, operation.account, operation.key_set, ctx.ledger
    )


@TYPE.effect
def recovery_begins(operation: RecoverAccount, state: State, ctx: Context) -> Iterator[Change]:
    """Nothing of the account changes for 14 days, in which any current key can object."""
    key = RECOVERIES.key(operation.account)
    recovery = Recovery(
        due=ctx.time + WAIT_SECONDS, entry=ctx.position, key_set=operation.key_set.digest(),
        proposal=ctx.mandate or 0,
    )
    yield change(RECOVERIES, key, state.at(RECOVERIES, key), recovery)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def recover(name: str = "found", account: str = "XB", signed_for: str = "XB",
                marked: bool = True) -> RecoverAccount:
        return RecoverAccount(
            account=account, key_set=given.recovered(name) if marked else given.key_set(name),
            possession=given.recovered_possession(name, signed_for))

    waiting = {RECOVERIES.key("XB"): Recovery(due=given.TIME + 9, entry=900, proposal=2,
                                              key_set=given.DIGEST)}
    objected = {RECOVERIES.key("XB"): Recovery(due=given.TIME + 9, ended=910, entry=900,
                                               outcome="objected", proposal=2,
                                               key_set=given.DIGEST)}
    yield Example("plain", recover(), given=net.network())
    yield Example("after-an-objection", recover(), given=net.network() | objected)
    yield Example("nobody", recover(account="XE"), "account-unknown", net.network())
    yield Example("while-another-waits", recover(), "recovery-pending", net.network() | waiting)
    yield Example("in-silence", recover(marked=False), "recovery-unmarked", net.network())
    yield Example("possession-for-another", recover(signed_for="XA"), "possession-not-proven",
                  net.network())
