"""Where the time of the write path goes: a profile of 50,000 filings, summed by module."""

import cProfile
import pstats
import sys
from collections import Counter
from pathlib import Path

from benchmarks import write_path
from muniment.node.solo import SoloLedger


def main() -> None:
    """Profile and print the share of each module; what C code does counts for its caller."""
    profile = cProfile.Profile()
    submit = SoloLedger.submit

    def profiled(ledger, envelopes):
        profile.enable()
        try:
            return submit(ledger, envelopes)
        finally:
            profile.disable()

    SoloLedger.submit = profiled  # type: ignore[method-assign]
    write_path.run(64_000, int(sys.argv[1]), sys.argv[2])
    spent: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():
        if "muniment" in file:
            spent[module(file)] += own
        else:
            for (caller, _, _), (_, _, part, _) in callers.items():
                spent[module(caller) if "muniment" in caller else "other"] += part
    whole = sum(spent.values())
    for name, seconds in spent.most_common(16):
        sys.stdout.write(f"{100 * seconds / whole:5.1f} %  {name}\n")


def module(file: str) -> str:
    """Return a file's name below the package."""
    parts = Path(file).parts
    return "/".join(parts[len(parts) - parts[::-1].index("muniment") :])


if __name__ == "__main__":
    main()
