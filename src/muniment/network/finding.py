"""What an examination of the doctor finds, and how findings name a place, a time and a command."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from muniment.model.dates import SECONDS_A_DAY
from muniment.network.home import Place
from muniment.node.register import Register
from muniment.proof.errors import Fault, LedgerError

NODE_FILE = "node.json"
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


def ago(seconds: int) -> str:
    """Return how long ago a time in UTC seconds was."""
    past = max(int(time.time()) - seconds, 0)
    for size, name in ((SECONDS_A_DAY, "days"), (3_600, "hours"), (60, "minutes")):
        if past >= 2 * size:
            return f"{past // size} {name} ago"
    return f"{past} seconds ago"


def is_node(directory: Path) -> bool:
    """Return whether a directory is a network's node."""
    return (directory / NODE_FILE).exists()


def place_of(directory: Path) -> Place:
    """Return where a node's engine listens."""
    place = json.loads((directory / NODE_FILE).read_text(encoding="utf-8"))["place"]
    return Place(**{"rpc_host": place["host"], **place})


def office_of(directory: Path) -> str | None:
    """Return the office that runs a node, or what an observer is called."""
    plan = json.loads((directory / NODE_FILE).read_text(encoding="utf-8"))
    office = plan.get("office")
    return office if isinstance(office, str) else None


def written_through(directory: Path) -> str:
    """Return the options by which a command writes with the keys of a directory."""
    through = f" --node {place_of(directory).url}" if is_node(directory) else ""
    return f"--ledger {directory}{through}"


def from_key_backup(path: Path) -> str:
    """Return how one file of keys comes back from a key backup."""
    return f"muniment backup open-keys FILE NEW, then: cp NEW/keys/{path.name} {path}"


def readable(directory: Path) -> Register | None:
    """Return the ledger of a directory to read; None if it cannot be: it is examined by itself."""
    try:
        return Register(directory, read_only=True)
    except (LedgerError, Fault):
        return None
