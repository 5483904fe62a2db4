"""What is wrong with a ledger's or a node's directory, and the command that mends it.

Every examination looks at one thing and finds it well, doubtful or broken. None changes anything,
and none shows a secret: the findings may be handed to others.
"""

import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from muniment import __version__
from muniment.editions import rules_of
from muniment.model.dates import SECONDS_A_DAY
from muniment.network.home import Place
from muniment.network.install import find
from muniment.network.rpc import Rpc
from muniment.node.backup import NOTE
from muniment.node.ballot import rulebook
from muniment.node.key_backup import keys_in
from muniment.node.register import Register
from muniment.node.solo import KEYS, POLICY_FILE, RESTORED_FILE
from muniment.proof.attestation import TrustPolicy
from muniment.proof.errors import Fault, LedgerError, StorageFault
from muniment.storage.sqlite import FILE_NAME
from muniment.vault.vault import VAULT_KEY_FILE

NODE_FILE = "node.json"
BACKUP_DAYS_MAX = 2
DISK_BYTES_LOW = 2 * 1024**3
CLOCK_SECONDS_MAX = 10
"""How far a light client lets clocks differ; blocks of a validator beyond it are refused."""
LEAST_PYTHON = (3, 11)
Mark = Literal["ok", "warn", "fix"]


class Finding(NamedTuple):
    """What one examination found."""

    mark: Mark
    """`ok`; `warn`, which can wait; `fix`, which cannot."""
    what: str
    """What was found, in one sentence."""
    remedy: str = ""
    """The command that mends it."""


Examination = Callable[[Path], Iterator[Finding]]


def examine(directory: Path) -> list[Finding]:
    """Examine a directory; what an examination cannot look at is a finding too."""
    findings: list[Finding] = []
    for one in EXAMINATIONS:
        try:
            findings.extend(one(directory))
        except (LedgerError, Fault, OSError) as error:
            remedy = getattr(error, "remedy", "")
            if isinstance(error, StorageFault):
                remedy = _anew(directory, "muniment backup restore FILE NEW")
            findings.append(Finding("fix", f"{one.__name__.replace('_', ' ')}: {error}", remedy))
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # of a file of its own
            findings.append(Finding(
                "fix", f"{one.__name__.replace('_', ' ')}: a file here is damaged: "
                f"{type(error).__name__}: {error}", _anew(
                    directory, "muniment backup restore FILE NEW")))
    return findings


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
    yield Finding("ok", room) if free > DISK_BYTES_LOW else Finding(
        "fix", room, "make room: a full disk stops the node at its next block")


def ledger(directory: Path) -> Iterator[Finding]:
    """The ledger opens, with this code."""
    if not (directory / FILE_NAME).exists():
        yield Finding("fix", f"{directory} holds no ledger", _anew(
            directory, "muniment init --office CODE DIR"))
        return
    with Register(directory, read_only=True) as register:
        head = register.ledger.head
        edition = register.ledger.engine.rules.edition
        yield Finding("ok", f"ledger {register.ledger.identity.origin}, edition {edition}: "
                      f"{head.size} entries to block {head.height}, {_ago(head.time)}")
        yield from _coming_edition(register)


def _coming_edition(register: Register) -> Iterator[Finding]:
    """An edition that is announced: whether this code carries it, and who confirmed it."""
    book = rulebook(register.ledger)
    name, ready = book["next_edition"], book["confirmed"]
    if name is None:
        return
    begins = f"edition {name} begins at block {book['next_height']}"
    if rules_of(name).hash != book["next_hash"]:
        yield Finding("fix", f"{begins}, and this code carries another: here the node would stop",
                      "install the version that the members announced")
    elif ready["enough"]:
        yield Finding("ok", f"{begins}; {ready['power']} of {ready['total']} power confirmed it")
    else:
        yield Finding("warn", f"{begins}, but only {ready['power']} of {ready['total']} power "
                      "confirmed it: it would lapse", f"muniment validator confirm {name}")


def _anew(directory: Path, alone: str) -> str:
    """Return the command that brings a ledger back: a node's from others, else another one."""
    node = (directory / NODE_FILE).exists()
    return f"muniment node rebuild {directory} --from URL" if node else alone


def policy(directory: Path) -> Iterator[Finding]:
    """The trust policy that is handed out."""
    path = directory / POLICY_FILE
    if not path.exists():
        yield Finding("warn", "no trust policy to hand out",
                      "muniment backup restore brings it back")
        return
    rules = TrustPolicy.parse(path.read_text(encoding="ascii")).rules
    yield Finding("ok", f"trust policy with {len(rules)} range{'s' * (len(rules) != 1)}")


def keys(directory: Path) -> Iterator[Finding]:
    """Keys are here, and nobody else reads them."""
    folder = directory / KEYS
    if not keys_in(directory):
        yield Finding("fix", "no keys are here", "muniment backup open-keys FILE DIR")
        return
    files = [folder, *(path for path in directory.rglob("*key*") if path.is_file()),
             *folder.iterdir()]
    loose = sorted({path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077})
    if loose:
        yield Finding("fix", f"others may read {loose[0]}", f"chmod -R go-rwx {folder}")
    else:
        yield Finding("ok", f"{len(list(folder.glob('*.json')))} wallet(s), for this user alone")
    if not (folder / VAULT_KEY_FILE).exists():
        yield Finding("fix", "the vault key is missing: names cannot be shown",
                      "muniment backup open-keys FILE DIR")
    if (folder / RESTORED_FILE).exists():
        yield Finding("fix", "the ledger came from a backup: no checkpoint is signed",
                      f"muniment backup resume CHECKPOINT --ledger {directory}")


def backup(directory: Path) -> Iterator[Finding]:
    """When a backup of it was last made."""
    path = directory / NOTE
    if not path.exists():
        yield Finding("warn", "no backup of it was made here",
                      f"muniment backup create FILE --ledger {directory}")
        return
    made = int(json.loads(path.read_text(encoding="ascii"))["created"])
    old = time.time() - made > BACKUP_DAYS_MAX * SECONDS_A_DAY
    yield Finding("warn" if old else "ok", f"backup made {_ago(made)}",
                  f"muniment backup create FILE --ledger {directory}" if old else "")


def engine(directory: Path) -> Iterator[Finding]:
    """The engine of a node: installed, reachable, connected, abreast, voting."""
    path = directory / NODE_FILE
    if not path.exists():
        return
    plan = json.loads(path.read_text(encoding="utf-8"))
    place = plan["place"]
    binary = find(plan.get("line", "0.38"))
    yield Finding("ok", f"engine {binary.line} at {binary.path}")
    place = Place(**{"rpc_host": place["host"], **place})
    if not place.is_asked_from_here_alone:
        yield Finding("warn", f"the engine's RPC listens at {place.rpc_host}: who reaches it can "
                      "fill the mempool", "let a front of yours be asked instead; in node.json and "
                      'config.toml: "rpc_host" and [rpc] laddr 127.0.0.1')
    rpc = Rpc(place.url, timeout=3.0)
    try:
        status, peers = rpc.call("status"), int(rpc.call("net_info")["n_peers"])
    except LedgerError:
        yield Finding("fix", "the engine does not answer", f"muniment network run {directory}")
        return
    finally:
        rpc.close()
    yield from _engine_findings(status, peers)


def _engine_findings(status: dict[str, Any], peers: int) -> Iterator[Finding]:
    sync, own = status["sync_info"], status["validator_info"]
    yield Finding("ok", f"{peers} peers") if peers else Finding(
        "fix", "no peer is connected", "open the p2p port; is the node's id enrolled? "
        "muniment validator list")
    height = sync["latest_block_height"]
    yield Finding("warn", f"catching up, at block {height}", "wait: muniment network status") if (
        sync["catching_up"]) else Finding("ok", f"abreast of the network at block {height}")
    behind = int(time.time()) - _seconds(sync["latest_block_time"])
    if behind < -CLOCK_SECONDS_MAX:
        yield Finding("fix", f"this clock is {-behind} s behind the network's last block",
                      "set the clock, and keep it by NTP: systemctl enable --now chrony")
    else:
        yield Finding("ok", f"clock: the last block is {max(behind, 0)} s old")
    power = int(own["voting_power"])
    yield Finding("ok", f"votes with power {power}") if power else Finding(
        "warn", "observes: this key has no power",
        "muniment governance propose: let the members seat it")


def _seconds(time_text: str) -> int:
    return int(datetime.fromisoformat(time_text[:19]).replace(tzinfo=UTC).timestamp())


def _ago(seconds: int) -> str:
    past = max(int(time.time()) - seconds, 0)
    for size, name in ((SECONDS_A_DAY, "days"), (3_600, "hours"), (60, "minutes")):
        if past >= 2 * size:
            return f"{past // size} {name} ago"
    return f"{past} seconds ago"


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


EXAMINATIONS: tuple[Examination, ...] = (machine, ledger, policy, keys, backup, engine)
