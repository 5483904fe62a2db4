"""The network's tests against every line of the engine that the installer knows: `make engines`.

Each line is built from its pinned source, or taken as it was built. What counts is what the tests
say: real validators, started with that binary and nothing else changed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks.run import machine
from muniment import __version__
from muniment.network.install import LINES, install

RESULTS = Path(__file__).parent / "results" / "engines.json"
TESTS = ("test_validators", "test_hostile", "test_joining", "test_founding", "test_rebuild")
SECONDS_MAX = 900


def run(line):
    """Return what the tests say of a line."""
    binary = install(line, progress=lambda what, *_: sys.stderr.write(f"{line}: {what}\n"))
    load, began = round(os.getloadavg()[0], 2), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml",
             report, *(f"tests/network/{name}.py" for name in TESTS)],
            env={**os.environ, "MUNIMENT_TEST_LINE": line}, timeout=SECONDS_MAX, check=False,
            stdout=sys.stderr)
        outcomes = counted(ET.parse(report).getroot())
    return {"calls_itself": binary.version, "load_before": load, "pinned": LINES[line].version,
            "seconds": round(time.monotonic() - began), "sha256": binary.sha256, **outcomes}


def counted(report):
    """Return how many tests of a JUnit report passed, were skipped, and which failed."""
    cases = list(report.iter("testcase"))
    failed = sorted(case.get("name", "") for case in cases
                    if any(case.find(kind) is not None for kind in ("failure", "error")))
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {"failed": failed, "passed": len(cases) - len(failed) - skipped, "skipped": skipped}


def main():
    """Run the lines, write the summary, and exit with 1 if a test failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--line", action="append", choices=list(LINES))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    lines = {line: run(line) for line in options.line or LINES}
    summary = {"day": time.strftime("%Y-%m-%d", time.gmtime()), "lines": lines,
               "machine": machine(), "muniment": __version__, "tests": list(TESTS)}
    options.out.write_text(json.dumps(summary, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(lines, indent=1, sort_keys=True))
    raise SystemExit(any(one["failed"] or not one["passed"] for one in lines.values()))


if __name__ == "__main__":
    main()
