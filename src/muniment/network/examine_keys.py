"""Examinations of keys: are they here, for their owner alone, and are they those in force?

A key that is here and not in force is as bad as one that is lost, and is found later: whatever it
signs is refused.
"""

import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from muniment.codec import members
from muniment.model.account import ACCOUNTS, Account
from muniment.model.counting import counted
from muniment.model.ledger import LOG_KEYS
from muniment.model.validator import Validator, validators
from muniment.network.finding import (
    Finding,
    from_key_backup,
    is_node,
    office_of,
    readable,
    written_through,
)
from muniment.network.home import FOLDER, NODE_KEY, VALIDATOR_KEY, VOTES, Home
from muniment.network.process import Process
from muniment.node.key_backup import keys_in
from muniment.node.recovery import RECOVERED
from muniment.node.register import Register
from muniment.node.rotation import ROTATED, is_in_force, waiting_keys
from muniment.node.solo import KEYS, LOG_KEY_FILE, RESTORED_FILE, load_log_key
from muniment.node.wallet import Wallet
from muniment.proof.crypto import b64
from muniment.proof.errors import LedgerError
from muniment.vault.vault import VAULT_FILE, VAULT_KEY_FILE

_BOOK = "docs/runbooks/key-loss.md"


def keys(directory: Path) -> Iterator[Finding]:
    """Keys are here, and nobody else reads them."""
    folder = directory / KEYS
    if not keys_in(directory):
        yield _no_keys(directory)
        return
    files = {folder, *folder.iterdir(),
             *(path for path in directory.rglob("*key*") if path.is_file())}
    loose = sorted(path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077)
    if loose:
        more = f" and {len(loose) - 1} more" if len(loose) > 1 else ""
        yield Finding("fix", f"others may read {loose[0]}{more}",
                      f"chmod go-rwx {' '.join(quote(str(path)) for path in loose)}")
    else:
        yield Finding("ok", "keys are for this user alone")
    if not (folder / VAULT_KEY_FILE).exists():
        yield Finding("fix", "the vault key is missing: names cannot be shown",
                      from_key_backup(folder / VAULT_KEY_FILE))


def _no_keys(directory: Path) -> Finding:
    if is_node(directory):
        return Finding("warn", "no keys of an office are here: this node observes",
                       "if an office is to act here: muniment office request CODE --out FILE "
                       f"{written_through(directory)}")
    return Finding("fix", "no keys are here", f"muniment backup open-keys FILE {directory}")


def wallets(directory: Path) -> Iterator[Finding]:
    """The wallets here hold the key sets in force, and who acts here has one."""
    register = readable(directory)
    if register is None or not keys_in(directory):
        return
    with register:
        names = sorted(path.stem for path in (directory / KEYS).glob("*.json"))
        acting = _acting(directory, register)
        if acting is not None and acting not in names:
            yield _absent(directory, acting)
        sound = 0
        for name in names:
            found = _wallet(directory, name, register.ledger.state.get(ACCOUNTS, name))
            sound += found is None
            if found is not None:
                yield found
        if sound:
            yield Finding("ok", f"{counted(sound, 'wallet')}, whose keys are in force")


def _acting(directory: Path, register: Register) -> str | None:
    """Return the account that signs in a directory; None if it may be that nobody does."""
    if not is_node(directory):
        return None if register.ledger.storage.is_promoted else register.operator
    office = office_of(directory)
    known = office is not None and register.ledger.state.get(ACCOUNTS, office) is not None
    return office if known else None


def _absent(directory: Path, acting: str) -> Finding:
    """Tell that a wallet is not here; a node's office may act elsewhere, unless it did so here."""
    path = directory / KEYS / f"{acting}.json"
    back = f"{from_key_backup(path)}; if it is lost: {_BOOK}"
    what = f"the keys of {acting} are not here: nothing can be signed for it"
    if is_node(directory) and not (directory / VAULT_FILE).exists():
        return Finding("warn", what, f"if they are kept elsewhere, all is well; else: {back}")
    return Finding("fix", what, back)


def _wallet(directory: Path, name: str, held: Account | None) -> Finding | None:
    """Return what is wrong with a wallet, or None."""
    path = directory / KEYS / f"{name}.json"
    options = f"{written_through(directory)} --as {name}"
    try:
        wallet = Wallet.load(path)
    except LedgerError as error:
        return Finding("fix", str(error), from_key_backup(path))
    if held is None:
        return Finding("warn", f"{name} is not enrolled yet: its keys are here",
                       "let a member propose the act that muniment office request wrote")
    waits = waiting_keys(directory, name)
    if is_in_force(wallet, held):
        return Finding("warn", f"a rotation of the keys of {name} was begun",
                       f"muniment keys rotate {options}") if waits.exists() else None
    if _holds(waits, held):
        return Finding("fix", f"the keys of {name} were rotated; the new ones wait in {waits}",
                       f"muniment keys rotate {options}")
    if _holds(path.with_suffix(RECOVERED), held):
        return Finding("fix", f"{name} is recovered, and its new keys wait here",
                       f"muniment account complete-recovery {name} {options}")
    return Finding("fix", f"the keys in {path} are not the key set of {name} in force: what they "
                   "sign is refused", f"{from_key_backup(path)}; if it is lost: {_BOOK}")


def _holds(path: Path, held: Account) -> bool:
    return path.exists() and is_in_force(Wallet.load(path), held)


def log_key(directory: Path) -> Iterator[Finding]:
    """The key that signs a solo ledger's checkpoints is here, and in force."""
    register = readable(directory)
    if register is None or not keys_in(directory):
        return
    with register:
        held = register.ledger.state.get(LOG_KEYS)
        promoted = register.ledger.storage.is_promoted
    if promoted or held is None:  # validators attest a network's checkpoints
        return
    path = directory / KEYS / LOG_KEY_FILE
    remedy = f"muniment ledger rotate-log-key --ledger {directory}"
    if path.with_suffix(ROTATED).exists():
        yield Finding("fix", "a rotation of the log key was cut short", remedy)
    elif not path.exists():
        yield Finding("fix", "the log key is missing: no checkpoint can be signed",
                      f"{from_key_backup(path)}; or else: {remedy}")
    elif dict(load_log_key(directory).public.jwk) != members(held.key):
        yield Finding("fix", "the log key here is not the one in force: what it signs is refused",
                      f"{from_key_backup(path)}; or else: {remedy}")
    else:
        yield Finding("ok", "the log key is the one in force")
    if (directory / KEYS / RESTORED_FILE).exists():
        yield Finding("fix", "the ledger came from a backup: no checkpoint is signed",
                      f"muniment backup resume CHECKPOINT --ledger {directory}")


def engine_keys(directory: Path) -> Iterator[Finding]:
    """The key that votes, the record of its votes and the key that peers know are here."""
    if not is_node(directory):
        return
    home = Home(directory / FOLDER)
    if not (home.path / NODE_KEY).exists():
        yield Finding("fix", f"{home.path / NODE_KEY} is missing: no other node lets this one in",
                      f"put your copy back; without one: {_anew(directory)}")
    if not (home.path / VALIDATOR_KEY).exists():
        yield Finding("fix", f"{home.path / VALIDATOR_KEY} is missing: the node cannot vote",
                      "put your copy back, if no other node votes with it; without one: "
                      f"{_anew(directory)}")
    elif not (home.path / VOTES).exists():
        yield _votes_missing(directory, home)
    else:
        yield from _enrolled(directory, home)


def _votes_missing(directory: Path, home: Home) -> Finding:
    what = f"{home.path / VOTES} is missing: the node could vote twice for one block"
    if Process(directory, "engine").pid() is not None:
        return Finding("fix", what, "do NOT stop the node: its engine still knows its last vote "
                       "and writes it with the next; look again then")
    return Finding("fix", what, "do NOT start the node with this key again: "
                   f"rm {home.path / VALIDATOR_KEY}; {_anew(directory)}")


def _anew(directory: Path) -> str:
    return f"muniment validator enrol {directory} {written_through(directory)} --as OFFICE: {_BOOK}"


def _enrolled(directory: Path, home: Home) -> Iterator[Finding]:
    """Compare the engine's keys with what the ledger says of the office's node."""
    office, row = office_of(directory), None
    register = readable(directory)
    if register is not None:
        with register:
            row = validators(register.ledger.state).get(office or "")
    if row is None:
        return
    again = (f"put back the keys that it enrolled, or: muniment validator enrol {directory} "
             f"{written_through(directory)} --as {office}")
    if _public(home) != row.key:
        yield Finding("fix", f"the key that votes here is not the one that {office} enrolled",
                      again)
    elif home.node_id() != row.node:
        yield Finding("fix", f"this node's id is not the one that {office} enrolled: no other node "
                      "lets it in", again)
    else:
        yield Finding("ok", f"the engine's keys are those that {office} enrolled{_seat(row)}")


def _public(home: Home) -> str:
    return b64(home.validator_key().public.raw())


def _seat(row: Validator) -> str:
    return "" if row.seated is not None else ", who observes"
