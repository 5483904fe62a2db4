"""`make bench`: every measurement in a process of its own, written to `benchmarks/results/`."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "latest.json"
RUNS = (
    ("write_path", "1000000", "1000", "in-order"),
    ("write_path", "200000", "100", "in-order"),
    ("write_path", "50000", "1", "in-order"),
    ("write_path", "50000", "1", "random"),
    ("reading", "1000000"),
    ("searching", "100000"),
    ("peer", "1000000", "64000"),
    ("write_path", "200000", "100", "random"),
    ("write_path", "1000000", "1000", "random"),
)
REPEATS = 2
"""The short runs are repeated, and their spread is shown."""
LONG = 1_000_000


def machine() -> dict[str, object]:
    """Return what a figure depends on."""
    model = next((line.split(":")[1].strip() for line in
                  Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    return {"cores": os.cpu_count(), "load": os.getloadavg()[0], "model": model,
            "python": platform.python_version(), "system": platform.platform()}


def main() -> None:
    """Measure everything and write the results."""
    results: list[dict[str, object]] = []
    for name, *arguments in RUNS:
        repeats = 1 if int(arguments[0]) >= LONG else REPEATS
        for _ in range(repeats):
            load = os.getloadavg()[0]
            done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments],
                                  capture_output=True, text=True, check=True)
            results.append({"load_before": load, "run": [name, *arguments],
                            **json.loads(done.stdout)})
            sys.stdout.write(f"{name} {' '.join(arguments)}: {done.stdout}")
            sys.stdout.flush()
            write(results)


def write(results: list[dict[str, object]]) -> None:
    """Write what was measured so far."""
    text = json.dumps({"machine": machine(), "results": results}, indent=1, sort_keys=True)
    RESULTS.write_text(text + "\n")


if __name__ == "__main__":
    main()
