"""Complete a recovery: put the new key set in the place of the lost one."""

from collections.abc import Iterator
from typing import Any

from muniment.codec import AccountId, Office, Payload, Record, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.account import ACCOUNTS, KeySet
from muniment.model.context import Context
from muniment.model.recovery import RECOVERIES, Recovery, pending
from muniment.model.state import Change, State, change


class CompleteRecovery(Payload, frozen=True, kw_only=True, tag="complete-recovery"):
    """Whose recovery is completed."""

    account: AccountId
    """The account."""
    key_set: KeySet
    """The key set that the members decided on."""
    member: Office
    """The member that submits it; any member may."""


TYPE = TransactionType(
    name="complete-recovery",
    number=59,
    payload=CompleteRecovery,
    signers=frozenset({Signer.MEMBER}),
    may_change=frozenset({"account", "recovery"}),
    register="member",
)


@TYPE.check(1, "no-recovery-pending", basis="docs/governance.md")
def recovery_is_pending(operation: CompleteRecovery, state: State, ctx: Context) -> bool:
    """A recovery of the account MUST be pending: nobody objected, no key was rotated."""
    return pending(state, operation.account) is not None


@TYPE.check(2, "recovery-not-due", basis="docs/governance.md")
def days_have_passed(operation: CompleteRecovery, state: State, ctx: Context) -> bool:
    """14 days of block time MUST have passed since the members' decision."""
    recovery = pending(state, operation.account)
    return recovery is not None and ctx.time >= recovery.due


@TYPE.check(3, "key-set-not-the-decided", basis="docs/governance.md")
def key_set_is_the_decided(operation: CompleteRecovery, state: State, ctx: Context) -> bool:
    """The key set MUST be the one that the members decided on."""
    recovery = pending(state, operation.account)
    return recovery is not None and recovery.key_set == operation.key_set.digest()


@TYPE.effect
def account_is_recovered(
    operation: CompleteRecovery, state: State, ctx: Context
) -> Iterator[Change]:
    """The new key set is in force; every entry under it and under each later one says so."""
    account, recovery = state.get(ACCOUNTS, operation.account), pending(state, operation.account)
    if account is not None and recovery is not None:
        after = replace(account, key_set=operation.key_set)
        yield change(ACCOUNTS, ACCOUNTS.key(operation.account), account, after)
        yield change(RECOVERIES, RECOVERIES.key(operation.account), recovery,
                     replace(recovery, ended=ctx.position, outcome="completed"))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def complete(name: str = "found") -> CompleteRecovery:
        return CompleteRecovery(account="XB", key_set=given.recovered(name), member="XA")

    def world(due: int = given.TIME, **more: Any) -> dict[bytes, Record]:
        return net.network() | {RECOVERIES.key("XB"): Recovery(**{
            "due": due, "entry": 900, "key_set": complete().key_set.digest(), "proposal": 3,
            **more})}

    yield Example("plain", complete(), given=world())
    yield Example("after-an-objection", complete(), "no-recovery-pending",
                  world(ended=950, outcome="objected"))
    yield Example("a-second-too-early", complete(), "recovery-not-due", world(given.TIME + 1))
    yield Example("another-key-set", complete("thief"), "key-set-not-the-decided", world())
