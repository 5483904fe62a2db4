"""Evidence of a network of many validators: its bytes, and the time to make and to verify it.

`python -m benchmarks.light [VALIDATORS [CHANGES]]`: CHANGES is how often a third of the validators
was replaced since the trusted header. Each verification runs in this one process, but nothing that
depends on the file is kept between runs.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from spec.formats import operation
from spec.simulated_chain import SimulatedChain, equal, names
from spec.simulated_network import SimulatedNetwork, policy_of

from muniment.model.example import key
from muniment.node.evidence import entry_evidence
from muniment.node.founding import found
from muniment.node.wallet import Wallet
from muniment.proof.crypto import PrivateKey
from muniment.proof.evidence import verify

REPEATS = 25
FILINGS = 1_000
LEDGER_TIME = 1_780_000_000


def main() -> None:
    """Print the figures of one number of validators as JSON."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 190
    changes = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder) / "ledger", count, changes)))


def measure(path: Path, count: int, changes: int) -> dict[str, object]:
    """Return bytes and milliseconds of the evidence of one entry."""
    wallet = Wallet("XA", (key("bench"),), 1, (key("bench next"),))
    found(path, office="XA", name="register.bench.example", profile="demo",
          now=lambda: LEDGER_TIME, wallet=wallet, log_key=PrivateKey.generate())
    with SimulatedNetwork(path, changing(count, changes)) as ledger:
        lines = [operation(f"2026/{number:06}") for number in range(1, FILINGS + 1)]
        ledger.submit([ledger.sign(wallet, lines)])
        started = time.perf_counter()
        data = entry_evidence(ledger, 300)
        made = time.perf_counter() - started
        policy, now = policy_of(ledger), ledger.chain.now
        times, cpu = [], []
        for _ in range(REPEATS):
            started, used = time.perf_counter(), time.process_time()
            proven = verify(data, policy, now)
            times.append(1_000 * (time.perf_counter() - started))
            cpu.append(1_000 * (time.process_time() - used))
        return {
            "bytes": len(data), "changes": changes, "cpu_ms": round(statistics.median(cpu), 1),
            "load": round(os.getloadavg()[0], 1), "made_ms": round(1_000 * made),
            "signatures": len(proven.commit.signers), "steps": proven.commit.steps,
            "validators": count, "verified_ms": round(statistics.median(times), 1),
            "verified_ms_best": round(min(times), 1), "verified_ms_worst": round(max(times), 1),
        }


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
