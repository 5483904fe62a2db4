"""The peer: SQLite alone, given the same rows in the same blocks with the same durability.

It checks nothing, hashes nothing and proves nothing: what is left above it is our own cost.
"""

import json
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Measure and print."""
    records, block = int(sys.argv[1]), int(sys.argv[2])
    leaf, body, value = os.urandom(260), os.urandom(240), os.urandom(210)
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "peer.db", isolation_level=None)
        database.execute("PRAGMA page_size=8192")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE entry (position INTEGER PRIMARY KEY, leaf BLOB, body BLOB)")
        database.execute("CREATE TABLE state (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
        start = time.perf_counter()
        for first in range(0, records, block):
            rows = range(first, first + block)
            database.execute("BEGIN")
            database.executemany("INSERT INTO entry VALUES (?, ?, ?)",
                                 ((one, leaf, body) for one in rows))
            database.executemany("INSERT INTO state VALUES (?, ?)",
                                 ((b"application/US/patent/10/%012d/" % one, value)
                                  for one in rows))
            database.execute("COMMIT")
        spent = time.perf_counter() - start
        database.close()
    sys.stdout.write(json.dumps({"block": block, "rate": round(records / spent),
                                 "records": records}) + "\n")


if __name__ == "__main__":
    main()
