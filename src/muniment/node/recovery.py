"""Recovery as commands use it: new keys for a lost set, objections, and putting them in place."""

from pathlib import Path
from typing import Any

from muniment.codec import from_members, members
from muniment.model.account import ACCOUNTS, KeySet
from muniment.model.possession import prove_possession
from muniment.model.recovery import RECOVERIES, Recovery, make_objection, pending
from muniment.node.governance import act_of
from muniment.node.register import Receipt, Register
from muniment.node.solo import KEYS
from muniment.node.wallet import Wallet
from muniment.operations.complete_recovery import CompleteRecovery
from muniment.operations.object_to_recovery import ObjectToRecovery
from muniment.operations.recover_account import RecoverAccount
from muniment.proof.canonical import decode
from muniment.proof.errors import NotFound

RECOVERED = ".recovered"
"""What the file of keys ends with that wait for a recovery."""


def waiting_wallet(register: Register, account: str) -> Path:
    """Return where the keys are kept that wait for a recovery."""
    return register.directory / KEYS / f"{account}{RECOVERED}"


def request(
    register: Register, account: str, *, keys: int = 1, threshold: int = 1
) -> RecoverAccount:
    """Return the act by which members recover an account; its fresh keys wait in the directory.

    Asked again, it is made of the same keys.
    """
    path = waiting_wallet(register, account)
    if path.exists():
        wallet = Wallet.load(path)
    else:
        wallet = Wallet.generate(account, keys=keys, threshold=threshold, recovered=True)
        wallet.save(path)
    key_set = wallet.key_set()
    possession = prove_possession(account, key_set, register.ledger.identity.id, wallet.keys)
    return RecoverAccount(account=account, key_set=key_set, possession=possession)


def object_to(register: Register, account: str) -> Receipt:
    """Object with whatever current keys of the account are here.

    Raises:
        NotFound: No recovery of it is pending, or none of its keys is here.
        Refused: The keys are not its current ones.
    """
    recovery = pending(register.ledger.state, account)
    held = register.ledger.state.get(ACCOUNTS, account)
    if recovery is None or held is None:
        raise _none_pending(account)
    current = {key.x for key in held.key_set.keys}
    keys = [key for key in register.wallet(account).keys if key.public.jwk["x"] in current]
    if not keys:
        raise NotFound("wallet-not-found", f"No current key of {account} is here.",
                       remedy="Object where one of its keys is.")
    objection = make_objection(account, register.ledger.identity.id, recovery.proposal, keys)
    return register.act(ObjectToRecovery(account=account, objection=objection))


def complete(register: Register, account: str) -> Receipt | None:
    """Complete a recovery that is due; put its keys in place if they wait here.

    Returns:
        The receipt; None if it had been completed before and only the keys were put in place.

    Raises:
        NotFound: There is no recovery of it.
        Refused: It is not due, or has ended otherwise.
    """
    recovery = register.ledger.state.get(RECOVERIES, account)
    if recovery is None:
        raise _none_pending(account)
    receipt = None
    if recovery.outcome != "completed" or not waiting_wallet(register, account).exists():
        key_set = decided_key_set(register, recovery)
        receipt = register.act(CompleteRecovery(
            account=account, key_set=key_set, member=register.account))
    put_in_place(register, account)
    return receipt


def decided_key_set(register: Register, recovery: Recovery) -> KeySet:
    """Return the key set that the members decided on, from the log."""
    act: dict[str, Any] = decode(bytes(act_of(register.ledger, recovery.proposal)))
    return from_members(KeySet, act["key_set"])


def put_in_place(register: Register, account: str) -> bool:
    """Let the keys that waited be the account's, if the ledger says so; return whether it does."""
    path = waiting_wallet(register, account)
    held = register.ledger.state.get(ACCOUNTS, account)
    if held is None or not path.exists():
        return False
    if members(Wallet.load(path).key_set()) != members(held.key_set):
        return False
    path.replace(register.directory / KEYS / f"{account}.json")
    return True


def _none_pending(account: str) -> NotFound:
    return NotFound("no-recovery-pending", f"No recovery of {account} is pending.",
                    basis="docs/governance.md", remedy=f"muniment account show {account}")
