"""Who may act on a claim: the office on all of its register, a filer on what he entered himself.

The register does not say who applied for a filing; it says who entered each claim. So a filer's
word holds for his own claims alone, and what the office entered is the office's, whoever signed.
"""

from collections.abc import Iterable

from muniment.model.account import ROLES
from muniment.model.claim import FALLEN, Claim
from muniment.model.context import Context
from muniment.model.state import State


def speaks_for_office(state: State, office: str, ctx: Context) -> bool:
    """Return whether the signer is the office itself or a registrar of it."""
    if ctx.signer == office:
        return True
    grant = state.get(ROLES, office, "registrar", ctx.signer)
    return grant is not None and grant.since <= ctx.time < grant.until


def is_of_the_office(state: State, office: str, account: str) -> bool:
    """Return whether an account is the office, or one that it ever made a registrar.

    A registrar whose role ended keeps nothing of what he entered for the office.
    """
    return account == office or state.get(ROLES, office, "registrar", account) is not None


def is_unconfirmed(state: State, office: str, claim: Claim) -> bool:
    """Return whether a claim is the word of a filer alone, on which the office never decided.

    Anyone with the role of a filer can enter a claim to another's filing: what it does to others
    is open until the office has spoken.
    """
    return claim.decided is None and not is_of_the_office(state, office, claim.submitter)


def may_mend(state: State, office: str, claim: Claim, ctx: Context) -> bool:
    """Return whether the signer may correct or withdraw a claim."""
    if speaks_for_office(state, office, ctx):
        return True
    return claim.submitter == ctx.signer and not is_of_the_office(state, office, ctx.signer)


def may_add(state: State, office: str, claims: Iterable[Claim], ctx: Context) -> bool:
    """Return whether the signer may add a claim to a filing beside those that it holds.

    A claim of an older date moves the time limits of the others, and one to the same filing keeps
    the right one out: so no filer adds any beside another filer's.

    Args:
        state: The state.
        office: The later office.
        claims: The claims of the later filing.
        ctx: The circumstances.
    """
    if speaks_for_office(state, office, ctx):
        return True
    return all(
        one.status in FALLEN or one.submitter == ctx.signer
        or is_of_the_office(state, office, one.submitter)
        for one in claims
    )
