"""Evidence: sizes, and the time to verify beyond start-up; and the command's start."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.write_path import operation
from muniment.codec import replace
from muniment.model.account import STANDARD_QUOTAS
from muniment.node import evidence as maker
from muniment.node.founding import found
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.proof.attestation import TrustPolicy
from muniment.proof.evidence import verify
from muniment.reference import packaged_rows

ROUNDS = 200


def main() -> None:
    """Measure and print."""
    records = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"
        found(path, office="US", name="register.us.example", rows=packaged_rows(),
              quotas=replace(STANDARD_QUOTAS, office_operations=10**9, office_bytes=10**12))
        with SoloLedger(path) as ledger:
            wallet = Wallet.load(path / "keys" / "US.json")
            for first in range(0, records, 10_000):
                ledger.submit([
                    ledger.sign(wallet, [operation(one) for one in range(at, at + 1_000)],
                                ahead=(at - first) // 1_000)
                    for at in range(first, first + 10_000, 1_000)
                ])
            policy = TrustPolicy.parse((path / "trust-policy.txt").read_text())
            entry = ledger.head.size // 2
            key = b"application/US/patent/10/000000000500/"
            kinds = {
                "entry": maker.entry_evidence(ledger, entry),
                "state": maker.state_evidence(ledger, key),
                "absence": maker.absence_evidence(ledger, "US", "patent", "95000001"),
            }
    sys.stdout.write(json.dumps({
        "command_start_seconds": command_start(),
        "records": records,
        "sizes": {kind: len(data) for kind, data in kinds.items()},
        "verify_milliseconds": {kind: verifying(data, policy) for kind, data in kinds.items()},
    }) + "\n")


def verifying(data: bytes, policy: TrustPolicy) -> dict[str, float]:
    """Return the median and the slowest time to verify, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        verify(data, policy)
        times.append(1_000 * (time.perf_counter() - start))
    return {"median": round(statistics.median(times), 2), "slowest": round(max(times), 2)}


def command_start() -> float:
    """Return the median time of `muniment --version` as a process, in seconds."""
    times = []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "muniment.cli.main", "--version"], check=True,
                       capture_output=True)
        times.append(time.perf_counter() - start)
    return round(statistics.median(times), 3)


if __name__ == "__main__":
    main()
