"""One run of the write path: durable operations per second with all checks, log and state tree.

A ledger of office US is founded with its reference data, and filled to `records` filings. The
clock runs only while `submit` does: making and signing the envelopes is the client's work. What
is reported is the rate over the last window before 10,000, 100,000 and 1,000,000 records.
"""

import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from muniment.codec import encode, replace
from muniment.model.account import STANDARD_QUOTAS
from muniment.node.founding import found
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations.file_application import FileApplication
from muniment.reference import packaged_rows

MARKS = (10_000, 100_000, 1_000_000)
DIGEST = "a" * 42 + "A"
OTHER = "b" * 42 + "A"


def operation(number: int) -> bytes:
    """Return the filing of a number."""
    printed = f"{10 + number // 1_000_000:02}{number % 1_000_000:06}"
    return encode(FileApplication(
        date="1999-01-21", disclosed={"applicants": OTHER, "title": DIGEST}, number=printed,
        office="US", right="patent",
    ))


def run(records: int, per_envelope: int, order: str) -> dict[str, object]:
    """Fill one ledger and return what was measured."""
    numbers = list(range(records))
    if order == "random":
        random.Random(1).shuffle(numbers)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"
        found(path, office="US", name="register.us.example", rows=packaged_rows(),
              quotas=replace(STANDARD_QUOTAS, office_operations=10**9, office_bytes=10**12))
        with SoloLedger(path) as ledger:
            rates = fill(ledger, Wallet.load(path / "keys" / "US.json"), numbers, per_envelope)
        size = sum(file.stat().st_size for file in path.glob("ledger.db*"))
    return {
        "bytes_per_record": round(size / records),
        "order": order,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "per_envelope": per_envelope,
        "rates": rates,
        "records": records,
    }


def fill(
    ledger: SoloLedger, wallet: Wallet, numbers: list[int], per_envelope: int
) -> dict[str, int]:
    """Submit every number; return operations per second over the window before each mark."""
    batch = per_envelope * (64 if per_envelope > 1 else 16)
    batch = max(batch, 1_024)
    batch = batch // per_envelope * per_envelope
    rates: dict[str, int] = {}
    window: list[tuple[int, float]] = []
    done = 0
    while done < len(numbers):
        part = numbers[done : done + batch]
        envelopes = [
            ledger.sign(wallet, [operation(one) for one in part[at : at + per_envelope]],
                        ahead=at // per_envelope)
            for at in range(0, len(part), per_envelope)
        ]
        start = time.perf_counter()
        outcomes = ledger.submit(envelopes)
        window.append((len(part), time.perf_counter() - start))
        if any(one.code or any(one.operations) for one in outcomes):
            raise SystemExit(f"refused: {outcomes[0]}")
        done += len(part)
        window = window[-max(1, min(50_000, done) // batch) :]
        for mark in (*MARKS, len(numbers)):
            if done - len(part) < mark <= done:
                spent = sum(seconds for _, seconds in window)
                rates[str(mark)] = round(sum(count for count, _ in window) / spent)
    return rates


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])) + "\n")
