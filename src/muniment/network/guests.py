"""Guests: nodes that one office's node lets in for a while, before the ledger names them."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from muniment.node.wallet import read_private, write_private

GUESTS_FILE = "guests.json"


def let_in(folder: Path, node_id: str, until: int) -> None:
    """Let a node connect to the node of a directory for a while.

    Args:
        folder: The directory of the node that lets in.
        node_id: The id of the other node.
        until: Until when, in UTC seconds.
    """
    path = folder / GUESTS_FILE
    known = read_private(path) if path.exists() else {}
    write_private(path, json.dumps({**known, node_id: until}, sort_keys=True).encode() + b"\n")


def guests(folder: Path, now: Callable[[], float] = time.time) -> frozenset[str]:
    """Return the ids of the nodes that are let in now."""
    path = folder / GUESTS_FILE
    if not path.exists():
        return frozenset()
    return frozenset(name for name, until in read_private(path).items() if until > now())
