"""Leaving a network: an office ends its part in it and takes the whole history home.

- The office leaves the members first; its node signs on until its power is gone, so that nobody
  misses its vote.
- Nothing is stopped before all of the history is here: what a snapshot left out is waited for.
- Afterwards nothing starts the node again. The ledger stays, to be read, audited and exported.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from muniment.model.member import is_member
from muniment.network.node import NODE_FILE, Node
from muniment.network.remote_ledger import RemoteLedger
from muniment.node.register import Register
from muniment.operations.leave_members import LeaveMembers
from muniment.proof.errors import Busy
from muniment.storage.decided import DecidedStorage

LEFT_FILE = "node-left.json"
"""What the node was started with, once nothing starts it any more."""
PATIENCE_SECONDS = 180.0
"""An idle network makes a block a minute at the least; power goes two blocks after the decision."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an office took home."""

    entries: int
    """Entries of the log, all of them here."""
    height: int
    """The last height that it saw."""
    was_member: bool
    """Whether it had been a member until then."""


def leave(node: Node, *, seconds: float = PATIENCE_SECONDS) -> Left:
    """Leave the members, wait for history and power, and stop the node for good.

    Done again after an error it goes on where it ended.

    Args:
        node: The office's node; it must run, and the office's keys be in its directory.
        seconds: How long to wait for the history, and for the power to go.

    Raises:
        Busy: The node does not answer, or something takes longer; the node goes on.
        Refused: The office may not leave: it is the last member, or has all the power.
        NotFound: There is no node, or the keys of a member are not here.
    """
    office = node.plan().office
    with RemoteLedger(node.plan().place.url, node.folder) as ledger:
        was_member = is_member(ledger.state, office)
    if was_member:
        ledger = RemoteLedger(node.plan().place.url, node.folder)
        with Register(node.folder, office, ledger=ledger) as register:
            register.act(LeaveMembers(member=office))
    _wait(lambda: not _missing(node.folder), seconds, "history-not-complete",
          f"{node.folder} has not fetched all of the history yet")
    _wait(lambda: not _power(node), seconds, "power-not-gone",
          f"the validator of {office} has power still")
    node.stop()
    with DecidedStorage(node.folder) as storage:
        head, decided = storage.head(), storage.decided()
    (node.folder / NODE_FILE).rename(node.folder / LEFT_FILE)
    return Left(head.size if head else 0, decided, was_member)


def _missing(folder: Path) -> bool:
    with DecidedStorage(folder, read_only=True) as storage:
        return bool(storage.missing)


def _power(node: Node) -> int:
    return int(node.rpc().call("status")["validator_info"]["voting_power"])


def _wait(condition: Callable[[], bool], seconds: float, name: str, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Busy(name, f"{what}; it goes on as before.", basis="docs/network.md",
                       remedy="Leave again later: muniment leave DIR")
        time.sleep(0.3)
