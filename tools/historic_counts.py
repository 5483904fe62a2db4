"""Count what the priority checks find of real Indian and US filings, by check and result.

`.venv/bin/python -m tools.historic_counts DATA` reads the folder of office data, runs the batch
check over every printed priority, and writes `tests/tables/historic_counts.csv`: counts only, no
number, no name, no date of any filing. docs/historic.md explains them; a test compares them.
"""

import csv
import gzip
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from muniment.cli.batch import Source, check_batch
from muniment.intake.mapping import OUR_SHAPE, to_record
from muniment.intake.record import Record
from muniment.intake.rules import judge
from muniment.model.calendar import Calendar, deadline, parse_date
from muniment.proof.errors import NotFound
from muniment.reference import PackagedReference

TABLE = Path(__file__).parent.parent / "tests/tables/historic_counts.csv"
RECEIVING = ("AU", "CN", "DE", "EP", "FR", "GB", "IB", "IL", "JP", "KR", "SE", "US")
"""Receiving Offices whose calendars are tried where an Indian national phase looks late."""
UNKNOWN_OFFICE = "XX"
"""ST.3: unknown states and other entities; the Indian journal prints no country of a priority."""
NONE = "0001-01-01"
OFFICES = {
    "BRAZIL": "BR", "EUROPEAN PATENT OFFICE (EPO)": "EP", "GREECE": "GR", "JAPAN": "JP",
    "NETHERLANDS": "NL", "NORWAY": "NO", "REPUBLIC OF KOREA": "KR", "UNITED KINGDOM": "GB",
    "UNITED STATES": "US", "UNITED STATES OF AMERICA": "US",
}
Case = tuple[str, dict[str, Any]]
"""The set to which a case belongs, and the line of the batch."""


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a packed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def case(name: str, later: tuple[str, str, str], earlier: tuple[str, str, str],
         facts: dict[str, str] | None = None) -> Case:
    """Return a case of (office, number, date) that claims (office, number, date)."""
    office, number, day = earlier
    return name, {
        "claims": [{"date": day, "facts": facts or {}, "number": number, "office": office}],
        "later": {"filing_date": later[2], "number": later[1], "office": later[0]},
        "right": "patent",
    }


def is_phase(number: str) -> bool:
    """Return whether an Indian number is one of a PCT national phase: NP, or 7 to 9 as sixth."""
    return "NP/" in number or (len(number) == 12 and number.isdigit() and number[5] in "789")


def filings(data: Path, found: Counter[tuple[str, str, str]]) -> Iterator[Case]:
    """Yield the Indian and US pairs; what intake says of each filing is counted on the way."""
    for row, fields in enumerate(lines(data / "filings/filings_us_in.jsonl.gz"), 1):
        record = to_record(row, fields, OUR_SHAPE)
        enters, broken = judge(record)
        country = {"IN": "india", "US": "us"}[record.office]
        for code in broken or ["nothing"]:
            found[country, "intake", code] += 1
        if enters:
            yield from _pairs(record, country)


def _pairs(record: Record, country: str) -> Iterator[Case]:
    later = (record.office, record.number, record.date)
    for one in record.priorities:
        if country == "india":
            name = "india-phase" if is_phase(record.number) else "india-direct"
            yield case(name, later, (UNKNOWN_OFFICE, "", one.date))
        elif one.kind == "parent":
            yield case("us-parent", later, (one.office[:2].upper(), one.number, one.date))
        else:
            office = OFFICES.get(one.office.upper(), one.office[:2].upper())
            yield case("us-claim", later, (office, one.number, one.date))


def portal(data: Path) -> Iterator[Case]:
    """Yield the claims of the newer US records: by the dates alone, and by their descent."""
    for record in lines(data / "uspto-applications/odp.jsonl.gz"):
        number, filed = record["applicationNumberText"], record.get("filingDate") or ""
        facts = _descent(record)
        for one in record.get("foreignPriorityBag") or ():
            earlier = (OFFICES[one["ipOfficeName"].upper()], one["applicationNumberText"],
                       one["filingDate"])
            yield case("us-dates-alone", ("US", number, filed), earlier)
            if facts:
                yield case("us-by-descent", ("US", number, filed), earlier, facts)


def _descent(record: dict[str, Any]) -> dict[str, str]:
    """Return the national phase or continuation that a record is, as facts of the batch."""
    members = ("parentApplicationNumberText", "parentApplicationFilingDate",
               "claimParentageTypeCode")
    parents = [[one.get(member) or "" for member in members]
               for one in (record.get("continuityBag") or {}).get("parentContinuityBag") or ()]
    days = [day for _, day, kind in parents if kind != "PRO" and day]
    if any(kind not in ("NST", "PRO") for _, _, kind in parents):
        return {"parent": min(days)}
    return next(({"phase": f"{number[4:6]}@{day}"} for number, day, kind in parents
                 if kind == "NST"), {})


def counts(data: Path) -> Counter[tuple[str, str, str]]:
    """Return how often each result was found: (set, check, result) to count."""
    found: Counter[tuple[str, str, str]] = Counter()
    made = [*filings(data, found), *portal(data)]
    late: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for _, line in made:
                file.write(json.dumps(line) + "\n")
        out = io.BytesIO()
        check_batch(path, Source(), out)
    for line in out.getvalue().splitlines():
        answer = json.loads(line)
        name = made[answer["line"] - 1][0]
        found[name, "cases", "all"] += 1
        if "error" in answer:
            found[name, "error", answer["error"]] += 1
            continue
        if answer["claims"][0]["checks"]["P06"]["result"] == "LATE":
            late.add(answer["line"] - 1)
        for check, result in answer["claims"][0]["checks"].items():
            found[name, check, ".".join(filter(None, (result["result"], result.get("why"))))] += 1
    for office in elsewhere(made, late):
        found["india-phase", "late-but-in-time-at", office] += 1
    return found


def elsewhere(cases: list[Case], late: set[int]) -> Iterator[str]:
    """Yield each receiving Office at which a late national phase would have been in time."""
    reference = PackagedReference()
    calendars = [Calendar(office, reference) for office in RECEIVING]
    for number in late:
        name, line = cases[number]
        if name != "india-phase":
            continue
        start, filed = (parse_date(day) for day in (line["claims"][0]["date"],
                                                    line["later"]["filing_date"]))
        for calendar in calendars:
            try:
                if filed <= deadline(start, 12, calendar).end:
                    yield calendar.office
            except NotFound:
                continue


def write(found: Counter[tuple[str, str, str]], file: Any) -> None:
    """Write counts as a table, in order."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["set", "check", "result", "count"])
    writer.writerows([*name, count] for name, count in sorted(found.items()))


def main() -> None:
    """Write the table."""
    with TABLE.open("w", newline="", encoding="ascii") as file:
        write(counts(Path(sys.argv[1])), file)


if __name__ == "__main__":
    main()
