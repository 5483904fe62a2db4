"""Finds the engine's own tools; CI fails without them, a desk skips with the reason."""

import os
import subprocess
from pathlib import Path

import pytest

from muniment.network import install
from muniment.proof.errors import LedgerError


def missing(reason):
    if os.environ.get("CI"):
        pytest.fail(reason)
    return pytest.skip(reason)


@pytest.fixture(scope="session")
def abci_cli():
    """CometBFT's own client of an application."""
    try:
        binary = install.find().abci_cli
    except LedgerError:
        binary = None
    if binary is None:
        missing("abci-cli is not built: muniment engine install --with-abci-cli")
    return binary


@pytest.fixture(scope="session")
def module():
    """The folder of the engine's source in Go's cache."""
    release = install.LINES["0.38"]
    try:
        cached = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True,
                                check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        missing("Go is not here")
    folder = Path(cached) / f"{install.MODULE}@{release.version}"
    if not folder.is_dir():
        missing("the engine's source is not in Go's cache: muniment engine install --rebuild")
    return folder
