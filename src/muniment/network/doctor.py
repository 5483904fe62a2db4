"""What is wrong with a ledger's or a node's directory, and the command that mends it.

Every examination looks at one thing and finds it well, doubtful or broken. None changes anything,
and none shows a secret: the findings may be handed to others.
"""

import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from muniment import __version__
from muniment.model.counting import counted
from muniment.model.dates import SECONDS_A_DAY
from muniment.network.examine_engine import engine
from muniment.network.examine_keys import engine_keys, keys, log_key, wallets
from muniment.network.finding import NODE_FILE, Examination, Finding, ago, is_node, readable
from muniment.node.backup import NOTE
from muniment.node.edition import announced
from muniment.node.inspection import inspect
from muniment.node.policy import read_policy
from muniment.node.register import Register
from muniment.node.solo import KEYS, POLICY_FILE
from muniment.proof.attestation import TrustPolicy
from muniment.proof.errors import Fault, LedgerError, Malformed, StorageFault
from muniment.storage.sqlite import FILE_NAME

BACKUP_DAYS_MAX = 2
DISK_BYTES_LOW = 2 * 1024**3
LEAST_PYTHON = (3, 11)
_ROOM = "make room: a full disk stops the node at its next block"


def examine(directory: Path) -> list[Finding]:
    """Examine a directory; what an examination cannot look at is a finding too."""
    findings: list[Finding] = []
    something = (directory / FILE_NAME).exists() or is_node(directory)
    for one in EXAMINATIONS if something else (machine, ledger):
        try:
            findings.extend(one(directory))
        except (LedgerError, Fault, OSError) as error:
            findings.append(Finding("fix", f"{one.__name__.replace('_', ' ')}: {error}",
                                    _remedy(directory, error)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # of a file of its own
            findings.append(Finding(
                "fix", f"{one.__name__.replace('_', ' ')}: a file here is damaged: "
                f"{type(error).__name__}: {error}",
                _anew(directory, "muniment backup restore FILE NEW")
                if one in (ledger, stored_bytes) else "put your copy of that file back"))
    return findings


def _remedy(directory: Path, error: Exception) -> str:
    """Return what mends what an examination could not look at."""
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if full or any(word in str(error) for word in ("disk I/O error", "disk is full")):
        return f"{_ROOM}; if there is room, the disk fails: docs/runbooks/disk-loss.md"
    if isinstance(error, OSError):
        return f"see that this user may read and write it: ls -l {error.filename or directory}"
    if isinstance(error, StorageFault) or getattr(error, "name", "") == "ledger-damaged":
        return _anew(directory, "muniment backup restore FILE NEW")
    if isinstance(error, Fault):
        return "install the version of muniment that carries that edition"
    return getattr(error, "remedy", "")


def machine(directory: Path) -> Iterator[Finding]:
    """Python, and room on the disk."""
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= LEAST_PYTHON
    yield Finding("ok" if good else "fix", f"python {version}",
                  "" if good else "install Python 3.11 or later")
    place = directory if directory.exists() else directory.absolute().parent
    free = shutil.disk_usage(place).free
    used = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    room = f"disk {free / 1e9:.1f} GB free, {used / 1e6:.0f} MB used here"
    yield Finding("ok", room) if free > DISK_BYTES_LOW else Finding("fix", room, _ROOM)


def ledger(directory: Path) -> Iterator[Finding]:
    """The ledger opens, with this code."""
    if not (directory / FILE_NAME).exists():
        yield _none(directory)
        return
    with Register(directory, read_only=True) as register:
        head = register.ledger.head
        edition = register.ledger.engine.rules.edition
        yield Finding("ok", f"ledger {register.ledger.identity.origin}, edition {edition}: "
                      f"{counted(head.size, 'entry')} to block {head.height}, {ago(head.time)}")
        yield from _announced(register)


def _none(directory: Path) -> Finding:
    nodes = sorted(path.parent.name for path in directory.glob(f"*/{NODE_FILE}"))
    if nodes:
        return Finding("fix", f"{directory} is no ledger, but holds the nodes {', '.join(nodes)}",
                       f"muniment doctor {directory / nodes[0]}")
    return Finding("fix", f"{directory} holds no ledger", _anew(
        directory, f"muniment init --office CODE {directory}"))


def _announced(register: Register) -> Iterator[Finding]:
    """Tell what edition is to begin, whether enough confirmed it, and whether the code is here."""
    coming = announced(register.ledger.state)
    if coming is None:
        return
    confirm = f"muniment validator confirm {coming.name}"
    if not coming.is_of_this_code:
        yield Finding("fix", f"{coming.text()}; this code does not carry it: here the "
                      "node would stop", "install the version of "
                      f"muniment that carries it, before that block; then: {confirm}")
    elif not coming.is_enough:
        yield Finding("warn", coming.text(), f"each office whose node carries it: {confirm}")
    else:
        yield Finding("ok", coming.text())


def stored_bytes(directory: Path) -> Iterator[Finding]:
    """What is stored is what its hashes say, as far as a few seconds reach."""
    register = readable(directory)
    if register is None:
        return
    with register:
        seen = inspect(register.ledger)
    if seen.is_whole:
        yield Finding("ok", f"all {seen.entries} entries and the state hash to their roots")
        return
    state = "the state" if seen.whole_state else "part of the state"
    yield Finding("ok", f"the newest {seen.entries} of {seen.of_entries} entries and {state} hash "
                  f"to their roots; all of it: muniment ledger verify --ledger {directory}")


def _anew(directory: Path, alone: str) -> str:
    """Return the command that brings a ledger back: a node's from others, else another one."""
    return f"muniment node rebuild {directory} --from URL" if is_node(directory) else alone


def policy(directory: Path) -> Iterator[Finding]:
    """The trust policy that is handed out."""
    path = directory / POLICY_FILE
    again = (f"put {POLICY_FILE} of another office into {directory}" if is_node(directory)
             else f"muniment backup restore FILE NEW, then: cp NEW/{POLICY_FILE} {path}")
    if not path.exists():
        yield Finding("warn", "no trust policy to hand out", again)
        return
    try:
        rules = TrustPolicy.parse(read_policy(path)).rules
    except Malformed as error:
        yield Finding("fix", f"{path}: {error}", again)
        return
    yield Finding("ok", f"trust policy with {counted(len(rules), 'range')}")


def backup(directory: Path) -> Iterator[Finding]:
    """When a backup of it was last made."""
    path, again = directory / NOTE, f"muniment backup create FILE --ledger {directory}"
    if not path.exists():
        yield Finding("warn", "no backup of it was made here", again)
        return
    try:
        made = int(json.loads(path.read_text(encoding="ascii"))["created"])
    except (ValueError, KeyError, TypeError):
        yield Finding("fix", f"{path}, the note of the last backup, is damaged", again)
        return
    old = time.time() - made > BACKUP_DAYS_MAX * SECONDS_A_DAY
    yield Finding("warn" if old else "ok", f"backup made {ago(made)}",
                  again if old else "")


def bundle(directory: Path, findings: list[Finding]) -> dict[str, Any]:
    """Return what may be handed to whoever helps: findings, versions, sizes; no key, no name.

    The directory is called DIR in it: where an office keeps its ledger is its own affair.
    """
    sizes = {path.relative_to(directory).as_posix(): path.stat().st_size
             for path in sorted(directory.rglob("*")) if path.is_file() and KEYS not in path.parts}
    return {
        "findings": [{name: _without(text, directory) for name, text in one._asdict().items()}
                     for one in findings], "muniment": __version__,
        "python": sys.version, "files": sizes, "machine": os.uname().machine,
        "system": os.uname().release,
    }


def _without(text: str, directory: Path) -> str:
    places = {str(directory.resolve()), str(directory.absolute()), str(directory)} - {"."}
    for place in sorted(places, key=len, reverse=True):
        text = text.replace(place, "DIR")
    return text


EXAMINATIONS: tuple[Examination, ...] = (
    machine, ledger, stored_bytes, policy, keys, wallets, log_key, engine_keys, backup, engine)
