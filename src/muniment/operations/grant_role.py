"""Grant a role: let an account act in an office's register."""

from collections.abc import Iterator

from muniment.codec import AccountId, Natural, Office, Payload
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import ACCOUNTS, ROLES, Grant, Role
from muniment.model.context import Context
from muniment.model.state import Change, State, change
from muniment.proof import limits


class GrantRole(Payload, frozen=True, kw_only=True, tag="grant-role"):
    """What the office lets the account do."""

    account: AccountId
    """The account that gets the role."""
    office: Office
    """The office that grants it."""
    role: Role
    """The role."""
    since: Natural = 0
    """First block time at which it holds, in UTC seconds; 0 means at once."""
    until: Natural = limits.INTEGER_MAX
    """First block time at which it no longer holds; absent means until revoked."""


TYPE = TransactionType(
    name="grant-role",
    number=13,
    payload=GrantRole,
    signers=frozenset({Signer.OFFICE}),
    may_change=frozenset({"role"}),
)


@TYPE.check(1, "account-unknown", basis="docs/formats/state-tree.md")
def account_is_enrolled(operation: GrantRole, state: State, ctx: Context) -> bool:
    """The account MUST be enrolled."""
    return state.get(ACCOUNTS, operation.account) is not None


@TYPE.check(2, "period-empty", basis="docs/formats/state-tree.md")
def period_is_real(operation: GrantRole, state: State, ctx: Context) -> bool:
    """The role MUST end after it begins, and after the time of the block."""
    return operation.until > max(operation.since, ctx.time)


@TYPE.effect
def role_is_granted(operation: GrantRole, state: State, ctx: Context) -> Iterator[Change]:
    """The account holds the role for the period; an earlier grant is replaced."""
    key = ROLES.key(operation.office, operation.role, operation.account)
    grant = Grant(since=max(operation.since, ctx.time), until=operation.until)
    yield change(ROLES, key, state.at(ROLES, key), grant)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def grant(account: str, until: int = limits.INTEGER_MAX) -> GrantRole:
        return GrantRole(account=account, office="XA", role=Role.FILER, until=until)

    yield Example("plain", grant(given.agent()))
    yield Example("nobody", grant(given.DIGEST), "account-unknown")
    yield Example("over-before-it-begins", grant(given.agent(), given.TIME), "period-empty")
