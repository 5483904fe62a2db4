"""Guests: nodes that one office's node lets in for a while, before the ledger names them."""

import fcntl
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from muniment.node.wallet import write_private

GUESTS_FILE = "guests.json"
_LOCK_FILE = "guests.lock"
log = logging.getLogger(__name__)


def let_in(
    folder: Path, node_id: str, until: int, now: Callable[[], float] = time.time
) -> None:
    """Let a node connect to the node of a directory for a while.

    Args:
        folder: The directory of the node that lets in.
        node_id: The id of the other node.
        until: Until when, in UTC seconds.
        now: Returns the time in UTC seconds.
    """
    with (folder / _LOCK_FILE).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two invitations at once: neither forgets the other
        known = {name: end for name, end in _read(folder).items() if end > now()}
        write_private(folder / GUESTS_FILE,
                      json.dumps({**known, node_id: until}, sort_keys=True).encode() + b"\n")


def guests(folder: Path, now: Callable[[], float] = time.time) -> frozenset[str]:
    """Return the ids of the nodes that are let in now."""
    return frozenset(name for name, until in _read(folder).items() if until > now())


def _read(folder: Path) -> dict[str, int]:
    """Return until when each guest is let in; nobody, if the file is damaged.

    The engine asks this of each peer: an error would end it.
    """
    path = folder / GUESTS_FILE
    try:
        return {str(name): int(until) for name, until in json.loads(path.read_bytes()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        log.warning("no guest is let in: %s is damaged", path, extra={"error": str(error)})
        return {}
