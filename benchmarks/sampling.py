"""Where a running Python process spends its time: stacks sampled from outside, summed in groups.

Only threads that run on a processor are counted (py-spy looks at the kernel's state of each), so
that waiting for a disk, a socket or the interpreter's lock is nobody's time.
"""

import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

RATE = 200
_FRAME = re.compile(r"(?P<name>.+?) \((?P<file>[^()]*?)(?::\d+)?\)$")
_WAITING = re.compile(
    r"(wait|accept|fill|select) \([^()]*/(threading|socket|framing|selectors)\.py(:\d+)?\)$")
"""Innermost frames that wait; the sampler takes a thread for busy that wakes just then."""

GROUPS = {
    "SQLite: the commit": ("storage/sqlite:commit|_put|_transaction", "storage/decided",
                           "network/ledger:commit"),
    "signatures": ("node/signatures", "node/verifier", "proof/crypto:verify"),
    "proposals": ("network/mempool:propose|_in_turn|_by_rank|_strange|_fitting|is_sound",
                  "abci/application:fitting|takes"),
    "envelopes read": ("model/envelope", "node/ledger:parse", "proof/jws"),
    "operations decoded": ("editions", "admission:_operations"),
    "admission": ("admission", "network/mempool"),
    "numbers read, keys found": ("model/number", "model/number_format", "model/mask",
                                 "model/check_digit", "model/stated"),
    "state tree": ("storage/pages", "storage/page", "proof/statetree"),
    "state values": ("model/state",),
    "log and its hashes": ("storage/log", "engine:_append|_leaf", "proof/merkle"),
    "checks and effects": ("declare", "operations/", "authorisation", "invariants", "model/"),
    "the engine's own loop": ("engine", "node/ledger"),
    "answers of queries": ("network/queries", "network/outcomes", "network/history"),
    "messages of ABCI": ("abci/", "network/standing", "network/application"),
}
"""Groups with the modules, or functions of modules, that belong to each.

A sample goes to the first group, in this order for one frame, of the innermost frame that has one;
what is shared by all (codec, hashes, text) counts for its caller.
"""


class Sampler:
    """Samples a process while it is entered; a context manager.

    Args:
        pid: The process; None to sample nothing.
    """

    def __init__(self, pid):
        self._pid = pid

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._out = Path(self._folder.name) / "stacks"
        if self._pid is not None:
            self._child = subprocess.Popen(
                [str(Path(sys.executable).parent / "py-spy"), "record", "--pid", str(self._pid),
                 "--rate", str(RATE), "--format", "raw", "--full-filenames", "--duration",
                 "100000", "--output", str(self._out)],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        if self._pid is not None:
            self._child.send_signal(signal.SIGINT)
            _, said = self._child.communicate(timeout=60)
            if not self._out.exists():
                raise SystemExit(f"py-spy: {said.decode()}")
            self._text = self._out.read_text()
        self._folder.cleanup()

    def stacks(self):
        """Return how often each stack was seen, frames from the outermost in: [(frames, count)]."""
        rows = (line.rpartition(" ") for line in self._text.splitlines())
        return [(stack.split(";"), int(count)) for stack, _, count in rows]


def shares(stacks):
    """Return the share of each group, in per cent."""
    spent = Counter()
    for frames, count in stacks:
        if not _WAITING.search(frames[-1]):
            spent[group(frames)] += count
    whole = sum(spent.values())
    return {name: round(100 * count / whole, 1) for name, count in spent.most_common()}


def group(frames):
    """Return the group of a stack."""
    for frame in reversed(frames):
        found = _FRAME.match(frame)
        if found is None or "/muniment/" not in found["file"]:
            continue
        module = found["file"].rpartition("/muniment/")[2].removesuffix(".py")
        for name, places in GROUPS.items():
            if any(_is_at(place, module, found["name"]) for place in places):
                return name
    return "other"


def _is_at(place, module, function):
    """Return whether a function of a module belongs to `module`, `folder/` or `module:a|b`."""
    there, _, names = place.partition(":")
    same = module.startswith(there) if there.endswith("/") else module == there
    return same and (not names or function.rpartition(".")[2] in names.split("|"))
