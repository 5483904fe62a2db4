"""Revoke a role: end what an office lets an account do."""

from collections.abc import Iterator

from muniment.codec import AccountId, Office, Payload, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import ROLES, Grant, Role
from muniment.model.context import Context
from muniment.model.state import Change, State, change


class RevokeRole(Payload, frozen=True, kw_only=True, tag="revoke-role"):
    """Which grant ends."""

    account: AccountId
    """The account that holds the role."""
    office: Office
    """The office that granted it."""
    role: Role
    """The role."""


TYPE = TransactionType(
    name="revoke-role",
    number=14,
    payload=RevokeRole,
    signers=frozenset({Signer.OFFICE}),
    may_change=frozenset({"role"}),
)


@TYPE.check(1, "role-not-held", basis="docs/formats/state-tree.md")
def role_is_held(operation: RevokeRole, state: State, ctx: Context) -> bool:
    """The account MUST hold the role now or from a later date."""
    grant = state.get(ROLES, operation.office, operation.role, operation.account)
    return grant is not None and ctx.time < grant.until


@TYPE.effect
def role_ends(operation: RevokeRole, state: State, ctx: Context) -> Iterator[Change]:
    """The role ends with this block; what was done under it stays."""
    key = ROLES.key(operation.office, operation.role, operation.account)
    before = state.at(ROLES, key)
    if before is not None:
        yield change(ROLES, key, before, replace(before, until=ctx.time))


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    operation = RevokeRole(account=given.agent(), office="XA", role=Role.FILER)
    held = Grant(since=given.TIME - given.YEAR, until=given.TIME + given.YEAR)
    key = ROLES.key("XA", Role.FILER, given.agent())
    yield Example("plain", operation, given={key: held})
    yield Example("never-held", operation, "role-not-held")
