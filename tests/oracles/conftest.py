"""Finds the oracles that `setup.sh` installed; CI fails without them, a desk skips."""

import json
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


def ask_comet(cases):
    """Return what CometBFT's own packages say to cases (`comet/`)."""
    return ask([str(needed(CACHE / "commit-oracle"))], [json.dumps(one) for one in cases])


def evidence_case(text, trusted, now):
    return {"Kind": "evidence", "Evidence": text, "ChainID": trusted.chain_id, "Now": now,
            "Height": trusted.height, "HeaderHash": trusted.header_hash.hex(),
            "Period": trusted.period}


@pytest.fixture(scope="session")
def comet():
    needed(CACHE / "commit-oracle")
    return ask_comet
