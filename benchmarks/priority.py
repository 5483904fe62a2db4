"""The priority check: a batch of claims against a ledger full of filings, and a single check.

A ledger of office US is founded and filled with filings whose dates run through 25 years. The
claims are synthetic and seeded: most name a filing that stands, some a wrong date, an unknown
number, another spelling, a day too late. The batch runs as a user runs it, `muniment priority
check --batch`; what is reported is claims a second from its start to its end, and the memory of
all its processes together. The single check is timed within one process.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from muniment.cli.batch import answer
from muniment.cli.priority import Checker, read_case
from muniment.codec import encode, replace
from muniment.model.account import STANDARD_QUOTAS
from muniment.model.calendar import add_months, format_date
from muniment.node.founding import found
from muniment.node.register import Register
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations.declare_coverage import DeclareCoverage
from muniment.operations.file_application import FileApplication
from muniment.reference import packaged_rows

FIRST, DAYS = date(1998, 1, 5), 9_000
SEED = 20_260_101
SINGLE = 20_000
DIGEST, OTHER = "a" * 42 + "A", "b" * 42 + "A"


def filed(number: int, records: int) -> date:
    """Return the filing date of a filing: numbers follow the days."""
    return FIRST + timedelta(days=number * DAYS // records)


def printed(number: int) -> str:
    """Return the number of a filing as US applications are numbered."""
    return f"{10 + number // 1_000_000:02}{number % 1_000_000:06}"


def fill(path: Path, records: int) -> None:
    """Found a ledger with so many filings, its series declared complete."""
    found(path, office="US", name="register.us.example", rows=packaged_rows(),
          quotas=replace(STANDARD_QUOTAS, office_operations=10**9, office_bytes=10**12))
    with SoloLedger(path) as ledger:
        wallet = Wallet.load(path / "keys" / "US.json")
        for first in range(0, records, 64_000):
            parts = range(first, min(first + 64_000, records), 1_000)
            ledger.submit([
                ledger.sign(wallet, [operation(one, records) for one in
                                     range(at, min(at + 1_000, records))], ahead=ahead)
                for ahead, at in enumerate(parts)
            ])
        series = {f"{10 + number // 1_000_000:02}" for number in range(0, records, 1_000_000)}
        ledger.submit([ledger.sign(wallet, [
            encode(DeclareCoverage(office="US", right="patent", series=(one,)))
            for one in sorted(series)
        ])])


def operation(number: int, records: int) -> bytes:
    """Return the filing of a number."""
    return encode(FileApplication(
        date=format_date(filed(number, records)), disclosed={"applicants": OTHER, "title": DIGEST},
        number=printed(number), office="US", right="patent",
    ))


def cases(records: int, claims: int) -> Iterator[dict[str, object]]:
    """Yield the cases of a batch, one claim each, the same for every run."""
    chance = random.Random(SEED)
    for at in range(claims):
        number = chance.randrange(records)
        start = filed(number, records)
        kind = chance.random()
        later = add_months(start, 12) - timedelta(days=chance.randrange(30))
        named = printed(number)
        if kind < 0.04:
            later = add_months(start, 12) + timedelta(days=chance.randrange(1, 90))
        elif kind < 0.06:
            start += timedelta(days=1)
        elif kind < 0.08:
            named = f"{10 + records // 1_000_000:02}{900_000 + chance.randrange(99_999):06}"
        elif kind < 0.3:
            named = f"{named[:2]}/{named[2:5]},{named[5:]}"
        yield {
            "claims": [{"date": format_date(start), "number": named, "office": "US"}],
            "later": {"filing_date": format_date(later), "number": f"{at % 100:02}{at:06}"[:8],
                      "office": "EP"},
            "right": "patent",
        }


def memory_of(process: int) -> int:
    """Return the proportional memory of a process and its children, in bytes."""
    total = 0
    waiting = [process]
    while waiting:
        one = waiting.pop()
        try:
            folder = Path(f"/proc/{one}")
            waiting += map(int, (folder / f"task/{one}/children").read_text().split())
            total += next(int(line.split()[1]) for line in
                          (folder / "smaps_rollup").read_text().splitlines()
                          if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total * 1024


def batch(ledger: Path, file: Path, claims: int, *more: str) -> dict[str, object]:
    """Run the batch as a process and return what was measured."""
    before = os.times()
    start = time.perf_counter()
    with (file.parent / "answers.jsonl").open("wb") as answers:
        process = subprocess.Popen(
            [sys.executable, "-m", "muniment.cli.main", "priority", "check", "--batch", str(file),
             "--ledger", str(ledger), *more], stdout=answers)
        peak = [0]
        watch = threading.Thread(target=_watch, args=(process, peak), daemon=True)
        watch.start()
        code = process.wait()
    spent = time.perf_counter() - start
    after = os.times()
    if code:
        raise SystemExit(f"the batch ended with exit code {code}")
    cpu = after.children_user + after.children_system - (
        before.children_user + before.children_system)
    return {"claims": claims, "claims_a_second": round(claims / spent),
            "cpu_microseconds_a_claim": round(1e6 * cpu / claims, 1),
            "memory_megabytes": round(peak[0] / 1e6), "options": list(more),
            "seconds": round(spent, 1),
            "answer_bytes": round((file.parent / "answers.jsonl").stat().st_size / claims)}


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], memory_of(process.pid))
        time.sleep(0.5)


def single(path: Path, records: int) -> dict[str, object]:
    """Return the time of single checks within one process, in milliseconds."""
    times = []
    with Register(path, read_only=True) as register:
        checker = Checker(register.ledger.state)
        for case in cases(records, SINGLE):
            start = time.perf_counter()
            later, claims = read_case(case)
            encode(answer(checker.assess(later, claims)))
            times.append(1_000 * (time.perf_counter() - start))
    ordered = sorted(times)
    return {"checks": SINGLE, "first": round(times[0], 2),
            "median": round(statistics.median(times), 3),
            "of_100_the_slowest": round(ordered[len(ordered) * 99 // 100], 3),
            "slowest": round(max(times[1:]), 2)}


def main() -> None:
    """Measure and print; a third argument names a folder in which the ledger is kept."""
    records, claims = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(scratch)
        ledger = folder / f"ledger-{records}"
        if not ledger.exists():
            fill(ledger, records)
        file = Path(scratch) / "cases.jsonl"
        with file.open("w", encoding="ascii") as out:
            for case in cases(records, claims):
                out.write(json.dumps(case) + "\n")
        results = {"batch": batch(ledger, file, claims),
                   "brief": batch(ledger, file, claims, "--brief"), "load": os.getloadavg()[0],
                   "records": records, "single_milliseconds": single(ledger, records)}
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    main()
