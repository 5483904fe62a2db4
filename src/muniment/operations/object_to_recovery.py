"""Object to a recovery: show that an account's key set is not lost."""

from collections.abc import Iterator
from typing import Any

from muniment.codec import AccountId, Payload, Record, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.account import ACCOUNTS
from muniment.model.context import Context
from muniment.model.possession import Possession
from muniment.model.recovery import RECOVERIES, Recovery, make_objection, objects, pending
from muniment.model.state import Change, State, change


class ObjectToRecovery(Payload, frozen=True, kw_only=True, tag="object-to-recovery"):
    """Which recovery is objected to; any account may submit it."""

    account: AccountId
    """The account whose recovery is pending."""
    objection: Possession
    """A JWS by at least one current key of that account."""


TYPE = TransactionType(
    name="object-to-recovery",
    number=58,
    payload=ObjectToRecovery,
    signers=frozenset({Signer.ANYONE}),
    may_change=frozenset({"recovery"}),
    register="",
)


@TYPE.check(1, "no-recovery-pending", basis="docs/governance.md")
def recovery_is_pending(operation: ObjectToRecovery, state: State, ctx: Context) -> bool:
    """A recovery of the account MUST be pending: it is until it has been completed."""
    return pending(state, operation.account) is not None


@TYPE.check(2, "objection-not-by-a-current-key", basis="docs/governance.md")
def current_key_objects(operation: ObjectToRecovery, state: State, ctx: Context) -> bool:
    """A key of the current key set, and no other, MUST have signed against this recovery."""
    account, recovery = state.get(ACCOUNTS, operation.account), pending(state, operation.account)
    return account is not None and recovery is not None and objects(
        operation.objection, operation.account, account.key_set, ctx.ledger, recovery.proposal)


@TYPE.effect
def recovery_ends(operation: ObjectToRecovery, state: State, ctx: Context) -> Iterator[Change]:
    """The recovery has ended, and the account keeps its key set."""
    key = RECOVERIES.key(operation.account)
    before = state.at(RECOVERIES, key)
    if before is not None:
        yield change(RECOVERIES, key, before,
                     replace(before, ended=ctx.position, outcome="objected"))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def objecting(name: str = "XB", proposal: int = 3) -> ObjectToRecovery:
        return ObjectToRecovery(account="XB", objection=make_objection(
            "XB", given.LEDGER, proposal, [given.key(name)]))

    def world(due: int = given.TIME + 9, **more: Any) -> dict[bytes, Record]:
        return net.network() | {RECOVERIES.key("XB"): Recovery(**{
            "due": due, "entry": 900, "key_set": given.DIGEST, "proposal": 3, **more})}

    yield Example("plain", objecting(), given=world(), signer="XB")
    yield Example("brought-by-another", objecting(), given=world(), signer="XC")
    yield Example("late-but-before-it-is-completed", objecting(), given=world(given.TIME - 9))
    yield Example("after-it-is-completed", objecting(), "no-recovery-pending",
                  world(ended=950, outcome="completed"))
    yield Example("by-a-stranger", objecting("thief"), "objection-not-by-a-current-key", world())
    yield Example("against-an-earlier-recovery", objecting(proposal=2),
                  "objection-not-by-a-current-key", world())
