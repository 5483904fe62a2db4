"""Where an application listens: a unix socket, never a port that others could reach."""

import os
from pathlib import Path

ADDRESS_BYTES_MAX = 107
"""The longest path of a unix socket on Linux."""


def socket_path(address: str) -> Path:
    """Return the path of `unix:///...`.

    Raises:
        ValueError: It is another kind of address, or its path is too long.
    """
    path = address.removeprefix("unix://")
    if path == address or not path.startswith("/"):
        raise ValueError(f"the address is unix:///path, not {address}")
    if len(os.fsencode(path)) > ADDRESS_BYTES_MAX:
        raise ValueError(f"a socket's path has at most {ADDRESS_BYTES_MAX} bytes: {path}")
    return Path(path)
