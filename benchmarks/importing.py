"""Imports: documents and rows a second, from real files, into a solo ledger with its vault.

`python -m benchmarks.importing FORM COUNT`: FORM is `xml` (trademark status answers in ST.66 and
ST.96, each copied under COUNT numbers of its own; the real files are read, never kept), `parse`
(the same documents through the XML door and the reader alone) or `rows` (JSON lines of USPTO and
India).
"""

import gzip
import json
import re
import resource
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from muniment.intake.importer import Importer
from muniment.intake.sources import open_source
from muniment.node.founding import found
from muniment.node.register import ImportTarget, Register
from muniment.reference import packaged_rows

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
NUMBER = re.compile(rb"(ApplicationNumber(?:Text)?>)([0-9]{8})(</)")


def documents(folder: Path, count: int) -> int:
    """Write `count` documents, each with a number of its own; return their bytes."""
    files = [one.read_bytes() for one in sorted((DATA / "uspto-tsdr").glob("*.xml"))]
    total = 0
    for place, data in enumerate(islice(cycle(files), count)):
        own = b"%08d" % (70_000_000 + place)
        text = NUMBER.sub(rb"\g<1>" + own + rb"\g<3>", data)
        (folder / f"{place:06}.xml").write_bytes(text)
        total += len(text)
    return total


def main() -> None:
    """Measure and print."""
    form, count = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "documents"
        if form == "rows":
            source = folder / "rows.jsonl"
            with gzip.open(DATA / "filings/filings_us_in.jsonl.gz", "rb") as lines:
                source.write_bytes(b"".join(islice(lines, count)))
            size = source.stat().st_size
        else:
            source.mkdir()
            size = documents(source, count)
        found(folder / "ledger", office="US", name="register.us.example", rows=packaged_rows())
        with Register(folder / "ledger") as register:
            start, worked = time.perf_counter(), time.process_time()
            if form == "parse":
                entered = sum(item.record is not None for item in open_source(source).items())
            else:
                entered = Importer(ImportTarget(register), register.vault, open_source(source),
                                   claims=True).run().entered
            seconds = time.perf_counter() - start
            worked = time.process_time() - worked
    sys.stdout.write(json.dumps({
        "count": count, "cpu_seconds": round(worked, 2), "entered": entered,
        "form": form, "megabytes": round(size / 1e6, 1),
        "peak_memory_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "per_cpu_second": round(count / worked, 1), "per_second": round(count / seconds, 1),
        "seconds": round(seconds, 2),
    }) + "\n")


if __name__ == "__main__":
    main()
