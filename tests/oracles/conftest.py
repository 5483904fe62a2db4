"""Finds the oracles that `setup.sh` installed; CI fails without them, a desk skips."""

import os
import subprocess
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("MUNIMENT_CACHE", Path.home() / ".cache" / "muniment")) / "oracles"


def needed(path):
    if path.exists():
        return path
    reason = f"the oracle {path.name} is not installed: bash tests/oracles/setup.sh"
    if os.environ.get("CI"):
        pytest.fail(reason)
    return pytest.skip(reason)


def ask(command, lines, cwd=None):
    """Return the answers of an oracle, one a line."""
    run = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True,
                         check=True, cwd=cwd, timeout=120)
    answers = run.stdout.removesuffix("\n").split("\n")  # U+2028 within a line ends none
    assert len(answers) == len(lines)
    return answers


@pytest.fixture(scope="session")
def go_log():
    binary = needed(CACHE / "log-oracle")
    return lambda lines: ask([str(binary)], lines)


@pytest.fixture(scope="session")
def javascript():
    folder = needed(CACHE / "js" / "node_modules").parent
    return lambda script, lines: ask(["node", script], lines, cwd=folder)
