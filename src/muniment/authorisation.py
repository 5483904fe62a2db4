"""Who may submit an operation: the one place where signers, roles, bars and members are looked at.

- An office's register is changed by that office, or those to whom it granted a role.
- What the members do together is reached through a proposal that they carried, never directly;
  until they have taken over, the operator founds the ledger for them.
- A vote gives no mandate over a register: the act must be one that names the members as signers.
"""

from muniment.codec import Payload
from muniment.declare import Signer, TransactionType
from muniment.model import codes
from muniment.model.account import ACCOUNTS, DENIALS, ROLES
from muniment.model.context import Context
from muniment.model.member import is_governed, is_member
from muniment.model.reference import PARAMETERS
from muniment.model.state import State

_ROLE_SIGNERS = (Signer.REGISTRAR, Signer.FILER)
_LEDGERS_OWN = frozenset({Signer.OPERATOR, Signer.MEMBERS})


def authorise(kind: TransactionType, operation: Payload, state: State, ctx: Context) -> int:
    """Return 0 if the signer may submit this operation, or the code of the refusal.

    The signer must be who the type asks for, at the office (or account) that the payload names,
    and must not be barred there at the time of the block.
    """
    if Signer.ANYONE in kind.signers:
        return codes.ACCEPTED
    if kind.signers <= _LEDGERS_OWN:
        return _for_the_ledger(kind, state, ctx)
    register = getattr(operation, kind.register)
    if state.get(ACCOUNTS, register) is None:
        return codes.REGISTER_UNKNOWN
    if not _may_sign(kind, register, state, ctx):
        return codes.NOT_AUTHORISED
    if ctx.signer != register and _barred(kind, operation, register, state, ctx):
        return codes.PARTICIPANT_BARRED
    return codes.ACCEPTED


def authorise_act(kind: TransactionType, act: Payload, proposer: str) -> int:
    """Return 0 if the members may decide this act, or the code of the refusal.

    An act that an account does for itself can only be proposed by that account.
    """
    if Signer.MEMBERS not in kind.signers:
        return codes.NOT_FOR_THE_MEMBERS
    if Signer.ITSELF in kind.signers and getattr(act, kind.register) != proposer:
        return codes.NOT_AUTHORISED
    return codes.ACCEPTED


def _for_the_ledger(kind: TransactionType, state: State, ctx: Context) -> int:
    if Signer.MEMBERS in kind.signers and is_governed(state):
        return codes.MEMBERS_DECIDE
    operator = state.get(PARAMETERS, "operator")
    named = operator is not None and operator.value == ctx.signer
    return codes.ACCEPTED if named and Signer.OPERATOR in kind.signers else codes.NOT_AUTHORISED


def _may_sign(kind: TransactionType, register: str, state: State, ctx: Context) -> bool:
    if ctx.signer == register:
        if Signer.MEMBER in kind.signers:
            return is_member(state, register)
        return Signer.OFFICE in kind.signers or Signer.ITSELF in kind.signers
    for role in _ROLE_SIGNERS:
        if role in kind.signers:
            grant = state.get(ROLES, register, role, ctx.signer)
            if grant is not None and grant.since <= ctx.time < grant.until:
                return True
    return False


def _barred(
    kind: TransactionType, operation: Payload, register: str, state: State, ctx: Context
) -> bool:
    denial = state.get(DENIALS, register, ctx.signer)
    if denial is None or not denial.since <= ctx.time < denial.until:
        return False
    right = getattr(operation, "right", None)
    within_acts = not denial.acts or kind.name in denial.acts
    within_rights = not denial.rights or right is None or right in denial.rights
    return within_acts and within_rights
