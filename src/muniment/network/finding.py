"""What an examination of the doctor finds, and how findings name a place, a time and a command."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from muniment.model.dates import SECONDS_A_DAY
from muniment.network.home import Place
from muniment.node.register import Register
from muniment.proof.errors import Fault, LedgerError, Malformed

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


def plan_of(directory: Path) -> dict[str, Any]:
    """Return what a node is started with, as its file says.

    Raises:
        Malformed: The file is damaged.
    """
    path = directory / NODE_FILE
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        Place(**{"rpc_host": plan["place"]["host"], **plan["place"]})
        str.strip(plan.get("line", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, error) from None
    return dict(plan)


def damaged(path: Path, error: Exception) -> Malformed:
    """Return how to tell of a damaged file that no other node has."""
    return Malformed("file-damaged", f"{path} is damaged: {type(error).__name__}: {error}.",
                     remedy=f"put your copy of {path} back")


def place_of(directory: Path) -> Place:
    """Return where a node's engine listens."""
    place = plan_of(directory)["place"]
    return Place(**{"rpc_host": place["host"], **place})


def office_of(directory: Path) -> str | None:
    """Return the office that runs a node, or what an observer is called."""
    office = plan_of(directory).get("office")
    return office if isinstance(office, str) else None


def written_through(directory: Path) -> str:
    """Return the options by which a command writes with the keys of a directory."""
    through = f" --node {place_of(directory).url}" if is_node(directory) else ""
    return f"--ledger {directory}{through}"


def from_key_backup(path: Path) -> str:
    """Return how one file of keys comes back from a key backup."""
    return (f"muniment backup open-keys FILE NEW, then: cp NEW/keys/{path.name} {path} && "
            "rm -r NEW")


def readable(directory: Path) -> Register | None:
    """Return the ledger of a directory to read; None if it cannot be: it is examined by itself."""
    try:
        return Register(directory, read_only=True)
    except (LedgerError, Fault):
        return None
