"""Rotations: new keys for an account, a new log key for the ledger."""

from muniment.codec import from_members
from muniment.model.account import Jwk
from muniment.model.possession import prove_possession
from muniment.node.explain import refused
from muniment.node.policy import end_note_range, write_policy
from muniment.node.register import Receipt, Register
from muniment.node.solo import KEYS, LOG_KEY_FILE, POLICY_FILE
from muniment.node.wallet import write_private
from muniment.operations.rotate_keys import RotateKeys
from muniment.operations.rotate_log_key import RotateLogKey
from muniment.proof.canonical import encode
from muniment.proof.checkpoint import verifier_key
from muniment.proof.crypto import PrivateKey


def rotate_keys(register: Register) -> Receipt:
    """Replace the acting account's key set by the one it committed to.

    The new wallet is written beside the old one before the operation is submitted, and takes its
    place afterwards: a crash loses no key.
    """
    path = register.directory / KEYS / f"{register.account}.json"
    rotated = register.wallet().rotated()
    key_set = rotated.key_set()
    waiting = path.with_suffix(".rotated")
    rotated.save(waiting)
    possession = prove_possession(
        register.account, key_set, register.ledger.identity.id, rotated.keys
    )
    operation = RotateKeys(account=register.account, key_set=key_set, possession=possession)
    receipt = register.act(operation, wallet=rotated)
    waiting.replace(path)
    return receipt


def rotate_log_key(register: Register) -> Receipt:
    """Replace the log key; the trust policy names the old key for what came before.

    The old key vouches for the checkpoint before the rotation, the new one for every later size.
    """
    ledger = register.ledger
    fresh = PrivateKey.generate("Ed25519")
    folder = register.directory / KEYS
    path = folder / LOG_KEY_FILE
    waiting = path.with_suffix(".rotated")
    write_private(waiting, encode(fresh.jwk()) + b"\n")
    policy = register.directory / POLICY_FILE
    size, origin = ledger.head.size, ledger.identity.origin
    ended = end_note_range(policy.read_text(encoding="ascii"), origin, size, ledger.log_root(size))
    operation = RotateLogKey(log_key=from_members(Jwk, dict(fresh.public.jwk)))
    outcome = register.submit([operation])
    if outcome.operations[0]:
        raise refused(outcome.operations[0])
    waiting.replace(path)
    key = verifier_key(origin, fresh.public)
    write_policy(policy, f"{ended}{origin} {size + 1} - note {key}\n")
    return register.receipt(outcome.position)
