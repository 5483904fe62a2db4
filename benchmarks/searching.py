"""Search among imported filings: making the index, keeping it up, asking it, erasing from it.

Titles are made of words as frequent as in a language (Zipf), in three scripts; names of two words.
"""

import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from muniment.codec import encode, replace
from muniment.model.account import STANDARD_QUOTAS
from muniment.model.application import APPLICATIONS
from muniment.node.founding import found
from muniment.node.register import Register
from muniment.operations.file_application import FileApplication
from muniment.reference import packaged_rows
from muniment.search.index import INDEX_FILE, SearchIndex, forget
from muniment.search.query import Question, search
from muniment.vault.vault import Disclosure, disclose

VOCABULARY = 30_000
BATCH = 5_000
ASKED = 400


def make_words(chance: random.Random) -> list[str]:
    """Return made-up words, the most frequent first; every twelfth in Han characters."""
    sounds = ["ba", "co", "de", "fi", "gu", "lo", "mar", "nen", "pol", "qui", "ros", "tan", "vé"]
    return [
        "".join(chr(0x4E00 + chance.randrange(3_000)) for _ in range(chance.randint(2, 4)))
        if at % 12 == 11 else "".join(chance.choices(sounds, k=chance.randint(2, 4)))
        for at in range(VOCABULARY)
    ]


def filings(records: int, chance: random.Random) -> Iterator[tuple[str, str, str, str]]:
    """Yield (number, date, title, name)."""
    words = make_words(chance)
    weights = [1 / (rank + 1) for rank in range(VOCABULARY)]
    for number in range(records):
        title = " ".join(chance.choices(words, weights, k=chance.randint(3, 9)))
        day = f"{1990 + number % 30}-{number % 12 + 1:02}-{number % 28 + 1:02}"
        name = " ".join(chance.choices(words, k=2))
        yield f"{10 + number // 1_000_000:02}{number % 1_000_000:06}", day, title, name


def fill(register: Register, records: int) -> list[tuple[str, str, str, str]]:
    """Enter filings with their disclosures; return some of them to ask for."""
    chance = random.Random(4)
    made: list[tuple[str, str, str, str]] = []
    batch: list[bytes] = []
    kept: list[Disclosure] = []
    for one in filings(records, chance):
        number, day, title, name = one
        disclosed = {}
        for what, value in (("applicants", [name]), ("title", title)):
            text, disclosed[what] = disclose(what, value)
            kept.append(Disclosure(f"US/patent/{number[:2]}/{int(number[2:]):012}", what, text))
        batch.append(encode(FileApplication(date=day, disclosed=disclosed, number=number,
                                            office="US", right="patent")))
        if chance.random() < 2 * ASKED / records:
            made.append(one)
        if len(batch) == BATCH:
            submit(register, batch, kept)
    submit(register, batch, kept)
    return made[:ASKED]


def submit(register: Register, batch: list[bytes], kept: list[Disclosure]) -> None:
    """Enter what is gathered and begin anew."""
    register.vault.keep(kept)
    wallet = register.wallet()
    register.ledger.submit([
        register.ledger.sign(wallet, batch[at : at + 500], ahead=at // 500)
        for at in range(0, len(batch), 500)
    ])
    batch.clear()
    kept.clear()


def timed(act: Callable[[], object]) -> dict[str, float]:
    """Return how long an act takes by the clock and of this process, in milliseconds."""
    start, used = time.perf_counter(), time.process_time()
    act()
    return {"clock": round(1_000 * (time.perf_counter() - start), 2),
            "cpu": round(1_000 * (time.process_time() - used), 2)}


def asking(
    index: SearchIndex, register: Register, questions: list[Question]
) -> dict[str, float]:
    """Return p50 and p99 in milliseconds, by the clock and of this process."""
    state = register.ledger.state
    taken = [timed(lambda one=one: search(index, state, one)) for one in questions]
    found: dict[str, float] = {}
    for by in ("clock", "cpu"):
        times = sorted(one[by] for one in taken)
        found |= {f"{by} p50": statistics.median(times), f"{by} p99": times[-len(times) // 100]}
    return found


def run(records: int) -> dict[str, object]:
    """Fill a register and measure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"
        found(path, office="US", name="register.us.example", rows=packaged_rows(),
              quotas=replace(STANDARD_QUOTAS, office_operations=10**9, office_bytes=10**12))
        with Register(path) as register:
            some = fill(register, records)
            show = register.vault.show
            with SearchIndex(path) as index:
                build = timed(lambda: index.update(register.ledger, show))
                anew = random.Random(5)
                fresh = [(f"99{at:06}", "2020-01-02", "one more", "name") for at in range(1_000)]
                fill_more(register, fresh)
                follow = timed(lambda: index.update(register.ledger, show))
                questions = {
                    "number": [Question(number=f"{one[0][:2]}/{one[0][2:5]},{one[0][5:]}")
                               for one in some],
                    "one word": [Question(text=anew.choice(one[2].split())) for one in some],
                    "two words": [Question(text=" ".join(one[2].split()[:2])) for one in some],
                    "name": [Question(text=f'"{one[3]}"') for one in some],
                    "word and year": [Question(text=one[2].split()[0], first=f"{one[1][:4]}-01-01",
                                               last=f"{one[1][:4]}-12-31") for one in some],
                    "dates, page 50": [Question(first=one[1], page=50) for one in some],
                }
                asked = {name: asking(index, register, one) for name, one in questions.items()}
            key = APPLICATIONS.key("US", "patent", "10", "000000000500")
            entry = register.ledger.state.at(APPLICATIONS, key)
            erase = timed(lambda: forget(path, key, entry, show)) if entry else None
        size = (path / INDEX_FILE).stat().st_size
    return {
        "build_milliseconds": build,
        "bytes_per_filing": round(size / records),
        "erase_milliseconds": erase,
        "follow_1000_filings_milliseconds": follow,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "query_milliseconds": asked,
        "records": records,
    }


def fill_more(register: Register, some: list[tuple[str, str, str, str]]) -> None:
    """Enter a few more filings in blocks of their own."""
    batch, kept = [], []
    for number, day, title, name in some:
        text, digest = disclose("title", f"{title} {name}")
        kept.append(Disclosure(f"US/patent/99/{int(number[2:]):012}", "title", text))
        batch.append(encode(FileApplication(date=day, disclosed={"title": digest}, number=number,
                                            office="US", right="patent")))
    submit(register, batch, kept)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(int(sys.argv[1]))) + "\n")
