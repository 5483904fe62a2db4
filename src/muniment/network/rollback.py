"""Taking the last block of a node back, in its ledger and in its engine: to run it again.

The block stays in the engine's store; started again, the engine gives it to the application anew.
So a block that wrong code ran is run by the right code, once that is installed.
"""

import json
import subprocess
from pathlib import Path

from muniment.network.home import GENESIS
from muniment.network.install import find
from muniment.network.node import NODE_FILE, Node
from muniment.node.promotion import APP_VERSION
from muniment.proof.errors import Busy, LedgerError, Refused
from muniment.storage.decided import DecidedStorage


def rollback(directory: Path) -> int:
    """Take the last block back, once at most; return the height before it.

    Args:
        directory: The node's directory; without a `node.json` there is a ledger alone.

    Raises:
        Busy: The node runs.
        NotFound: Nothing was decided since the last time.
        Refused: The network was founded before its genesis named the application's version.
        LedgerError: The engine refuses; the ledger is as it was.
    """
    node = Node(directory)
    if node.runs():
        raise Busy("already-running", f"The node in {directory} runs.",
                   remedy=f"muniment node stop {directory}")
    with DecidedStorage(directory) as storage:
        storage.require_undo()
        if (directory / NODE_FILE).exists():
            _require_version(node)
            _roll_engine_back(node)
        return storage.undo()


def _require_version(node: Node) -> None:
    """Require that the engine finds in its genesis the version that its blocks bear.

    It looks there for it when it takes a block back; with another one it proposes and accepts no
    block of its own network any more (CometBFT, state/rollback.go).
    """
    genesis = json.loads((node.home.path / GENESIS).read_bytes())
    version = genesis.get("consensus_params", {}).get("version", {}).get("app", "0")
    if str(version) != str(APP_VERSION):
        raise Refused(
            "rollback-unsafe", f"This network's genesis names version {version} of the "
            f"application, its blocks bear {APP_VERSION}: the engine would not go on.",
            basis="docs/runbooks/fork.md",
            remedy=f"muniment node rebuild {node.folder} --from URL")


def _roll_engine_back(node: Node) -> None:
    done = subprocess.run(
        [find(node.plan().line).path, "rollback", "--home", str(node.home.path)],
        capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise LedgerError("engine-not-rolled-back", f"The engine refuses: {' '.join(said)}",
                          basis="docs/runbooks/fork.md",
                          remedy=f"muniment node rebuild {node.folder} --from URL")
