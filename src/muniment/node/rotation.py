"""Rotations: new keys for an account, a new log key for the ledger.

- Fresh keys are written beside those in force before anything is submitted. Whoever is told that
  nothing was decided may still be obeyed an hour later: what waits is therefore never overwritten,
  but submitted again, or put in place once the ledger says that it is in force.
"""

from pathlib import Path

from muniment.codec import from_members
from muniment.model.account import ACCOUNTS, Account, Jwk
from muniment.model.ledger import LOG_KEYS
from muniment.model.possession import prove_possession
from muniment.node.explain import refused
from muniment.node.policy import end_note_range, read_policy, write_policy
from muniment.node.register import Receipt, Register
from muniment.node.solo import KEYS, LOG_KEY_FILE, POLICY_FILE
from muniment.node.wallet import Wallet, read_private, write_private
from muniment.operations.rotate_keys import RotateKeys
from muniment.operations.rotate_log_key import RotateLogKey
from muniment.proof.canonical import encode
from muniment.proof.checkpoint import verifier_key
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import Busy, NotFound, OutOfTurn, Refused

ROTATED = ".rotated"
"""What the file of keys ends with that wait for their rotation."""
UNUSED = ".unused"
"""What the file of keys ends with that waited and can never be in force."""


def waiting_keys(directory: Path, account: str) -> Path:
    """Return where an account's keys wait for their rotation."""
    return directory / KEYS / f"{account}{ROTATED}"


def is_in_force(wallet: Wallet, held: Account | None) -> bool:
    """Return whether the keys of a wallet are the account's key set in force."""
    return held is not None and held.key_set.digest() == wallet.key_set().digest()


def rotate_keys(register: Register) -> Receipt | None:
    """Replace the acting account's key set by the one it committed to.

    Asked again after an attempt of which nothing is known, it goes on with the same keys.

    Returns:
        The receipt; None if an earlier attempt had come to pass, and its keys were put in place.

    Raises:
        NotFound: The wallet here is not the key set in force, nor is what waits here.
        Busy: The network decides nothing; the new keys wait.
    """
    path = waiting_keys(register.directory, register.account)
    rotated = _rotated(register, path)
    receipt = None
    if not is_in_force(rotated, _account(register)):
        receipt = _submit(register, rotated)
    path.replace(path.with_suffix(".json"))
    return receipt


def _account(register: Register) -> Account | None:
    return register.ledger.state.get(ACCOUNTS, register.account)


def _rotated(register: Register, path: Path) -> Wallet:
    """Return the wallet after its rotation: the one that waits, or else a fresh one that now does.

    What waits and can never be in force, as after a recovery by the members, is set aside.
    """
    held = _account(register)
    if path.exists():
        rotated = Wallet.load(path)
        if held is None or is_in_force(rotated, held) or (
                held.key_set.next == rotated.key_set().commitment()):
            return rotated
    wallet = register.wallet()
    if held is not None and not is_in_force(wallet, held):
        raise NotFound(
            "keys-not-in-force", f"The keys of {register.account} in {path.parent} are not its "
            "key set in force.", basis="docs/runbooks/key-loss.md",
            remedy="Put the newest backup of its keys in place, or let the members recover it: "
            f"muniment account request-recovery {register.account}")
    if path.exists():
        path.replace(path.with_suffix(f".{rotated.key_set().digest()}{UNUSED}"))
    rotated = wallet.rotated()
    rotated.save(path)
    return rotated


def _submit(register: Register, rotated: Wallet) -> Receipt | None:
    """Return the receipt of a rotation; None if an earlier envelope was faster."""
    account, key_set = register.account, rotated.key_set()
    possession = prove_possession(account, key_set, register.ledger.identity.id, rotated.keys)
    operation = RotateKeys(account=account, key_set=key_set, possession=possession)
    try:
        return register.act(operation, wallet=rotated)
    except (OutOfTurn, Refused):
        if is_in_force(rotated, _account(register)):
            return None
        raise
    except Busy as error:
        raise Busy(
            error.name, f"{error.detail} The new keys of {account} wait in "
            f"{waiting_keys(register.directory, account)}: they may be in force later.",
            basis=error.basis, remedy=f"{error.remedy} - then again: muniment keys rotate",
        ) from None


def rotate_log_key(register: Register) -> Receipt:
    """Replace the log key; the trust policy names the old key for what came before.

    The old key vouches for the checkpoint before the rotation, the new one for every later size.
    Asked again after an attempt that was cut short, it goes on with the same key.
    """
    ledger = register.ledger
    waiting = (register.directory / KEYS / LOG_KEY_FILE).with_suffix(ROTATED)
    if waiting.exists():
        fresh = PrivateKey.from_jwk(read_private(waiting))
    else:
        fresh = PrivateKey.generate("Ed25519")
        write_private(waiting, encode(fresh.jwk()) + b"\n")
    public = from_members(Jwk, dict(fresh.public.jwk))
    held = ledger.state.get(LOG_KEYS)
    if held is None or held.key != public:
        _end_range(register, ledger.head.size)  # before anything is submitted: it may refuse
        outcome = register.submit([RotateLogKey(log_key=public)])
        if outcome.operations[0]:
            waiting.unlink()
            raise refused(outcome.operations[0])
        position = outcome.position
    else:
        position = held.since
    _vouch_by(register, fresh, position)
    waiting.replace(waiting.with_name(LOG_KEY_FILE))
    return register.receipt(position)


def _end_range(register: Register, size: int) -> str:
    """Return the trust policy in which the log key in force vouches for no size beyond a last."""
    ledger = register.ledger
    text = read_policy(register.directory / POLICY_FILE)
    return end_note_range(text, ledger.identity.origin, size, ledger.log_root(size))


def _vouch_by(register: Register, key: PrivateKey, size: int) -> None:
    """Let the trust policy name a log key for every size beyond one, unless it does already."""
    origin, path = register.ledger.identity.origin, register.directory / POLICY_FILE
    line = f"{origin} {size + 1} - note {verifier_key(origin, key.public)}\n"
    if line not in read_policy(path):
        write_policy(path, f"{_end_range(register, size)}{line}")
