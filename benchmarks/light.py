"""Evidence of a network of many validators: its bytes, and the time to make and to verify it.

`python -m benchmarks.light [VALIDATORS [CHANGES]]`: CHANGES is how often a third of the validators
was replaced since the trusted header. It is verified in a process that made nothing; nothing that
depends on the file is kept between runs. As many bare signatures are verified beside it, to tell
the machine's speed from ours.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from spec.formats import operation
from spec.simulated_chain import SimulatedChain, equal, names
from spec.simulated_network import SimulatedNetwork, policy_of

from muniment.model.example import key
from muniment.node.evidence import entry_evidence
from muniment.node.founding import found
from muniment.node.wallet import Wallet
from muniment.proof.attestation import TrustPolicy
from muniment.proof.crypto import PrivateKey
from muniment.proof.evidence import verify

REPEATS = 25
FILINGS = 1_000
LEDGER_TIME = 1_780_000_000
KEY = PrivateKey.generate()
MESSAGE = bytes(122)
"""As long as what a validator signs."""
SIGNATURE = KEY.sign(MESSAGE)


def main() -> None:
    """Print the figures of one number of validators as JSON."""
    if sys.argv[1:2] == ["verify"]:
        print(json.dumps(verified(Path(sys.argv[2]))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 190
    changes = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder), count, changes)
        run = subprocess.run([sys.executable, "-m", "benchmarks.light", "verify", folder],
                             capture_output=True, text=True, check=True)
        print(json.dumps(made | json.loads(run.stdout), sort_keys=True))


def make(folder: Path, count: int, changes: int) -> dict[str, object]:
    """Write the evidence of one entry, with the policy and time to verify it by."""
    wallet = Wallet("XA", (key("bench"),), 1, (key("bench next"),))
    found(folder / "ledger", office="XA", name="register.bench.example", profile="demo",
          now=lambda: LEDGER_TIME, wallet=wallet, log_key=PrivateKey.generate())
    with SimulatedNetwork(folder / "ledger", changing(count, changes)) as ledger:
        lines = [operation(f"2026/{number:06}") for number in range(1, FILINGS + 1)]
        ledger.submit([ledger.sign(wallet, lines)])
        started = time.perf_counter()
        data = entry_evidence(ledger, 300)
        made = time.perf_counter() - started
        (folder / "evidence.json").write_bytes(data)
        (folder / "policy.txt").write_text(policy_of(ledger).text())
        (folder / "now").write_text(str(ledger.chain.now))
    return {"changes": changes, "made_ms": round(1_000 * made), "validators": count}


def verified(folder: Path) -> dict[str, object]:
    """Return bytes and milliseconds of the evidence in a folder, in a process that made nothing."""
    data, now = (folder / "evidence.json").read_bytes(), int((folder / "now").read_text())
    policy = TrustPolicy.parse((folder / "policy.txt").read_text())
    started = time.perf_counter()
    proven = verify(data, policy, now)
    first = round(1_000 * (time.perf_counter() - started), 1)
    whole = milliseconds(lambda: verify(data, policy, now))
    votes = sum(len(one["commit"]["signatures"]) for one in steps(data))
    bare = milliseconds(lambda: [KEY.public.verify(SIGNATURE, MESSAGE) for _ in range(votes)])
    return {
        "bytes": len(data), "load": round(os.getloadavg()[0], 1), "signatures": votes,
        "signatures_alone_ms": bare[1], "steps": proven.commit.steps, "verified_first_ms": first,
        "verified_ms": whole[1], "verified_ms_best": whole[0], "verified_ms_worst": whole[2],
    }


def steps(data: bytes) -> list[dict]:
    """Return the members of evidence that hold a commit."""
    checkpoint = json.loads(data)["checkpoint"]
    return [checkpoint, *checkpoint["history"][1:]]


def milliseconds(act: Callable[[], object]) -> tuple[float, float, float]:
    """Return the best, the median and the worst time of repeated runs."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        act()
        times.append(1_000 * (time.perf_counter() - started))
    return round(min(times), 1), round(statistics.median(times), 1), round(max(times), 1)


def changing(count: int, changes: int) -> SimulatedChain:
    """Return a chain on which a third of the validators is replaced at each change."""
    chain = SimulatedChain("muniment-0123456789abcdef", equal(count))
    chain.grow(1)
    for change in range(1, changes + 1):
        third = count * change // 3
        chain.add(powers=dict.fromkeys(names(count, third), 1))
        chain.grow(3)
    return chain


if __name__ == "__main__":
    main()
