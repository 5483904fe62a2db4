"""Numbers: each published spelling is read, one canonical form comes out, nothing is guessed."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.model.mask import compile_mask
from muniment.model.number import NumberFormat, check_number, key_suffix, read_number, suggest
from muniment.model.office import known_office
from muniment.proof.canonical import encode
from muniment.proof.errors import Malformed
from muniment.reference import PackagedReference, packaged_rows

REFERENCE = PackagedReference("demo")
FORMATS = [NumberFormat.from_row(row) for table, _, row in
           [*packaged_rows("solo"), *packaged_rows("demo")] if table == "number-format"]


def formats(office, right):
    rows = REFERENCE.rows("number-format", office, right)
    return [NumberFormat.from_row(row) for _, row in rows]


def table():
    path = Path(__file__).parent.parent / "tables" / "numbers.txt"
    for line in path.read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            yield [cell.strip() for cell in line.split("|")]


@pytest.mark.parametrize(("office", "right", "printed", "status", "canonical", "key"), table())
def test_table_of_numbers(office, right, printed, status, canonical, key):
    checked = check_number(formats(office, right), printed)
    assert checked.status == status
    if canonical:
        assert checked.readings[0].canonical == canonical
        assert key_suffix(checked.readings[0]) == key


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: f"{one.office}-{one.right_kind}-"
                         f"{one.identifier}")
def test_format_reads_its_own_examples_once_the_kind_is_known(one):
    for example in one.examples:
        readings = read_number(formats(one.office, one.right_kind), example)
        assert [reading.format.identifier for reading in readings] == [one.identifier]


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: f"{one.office}-{one.right_kind}-"
                         f"{one.identifier}")
def test_canonical_form_is_its_own_canonical_form(one):
    for example in one.examples:
        first = read_number(formats(one.office, one.right_kind), example)[0]
        again = read_number(formats(one.office, one.right_kind), first.canonical)[0]
        assert (again.canonical, key_suffix(again)) == (first.canonical, key_suffix(first))


def test_format_fits_into_a_state_value():
    assert all(len(encode(one.as_row())) < 900 for one in FORMATS)


@given(st.text(max_size=60), st.sampled_from(["US", "EP", "IN", "FR", "XA"]))
def test_any_text_is_read_or_not_but_never_crashes(printed, office):
    checked = check_number(formats(office, "patent"), printed)
    assert (checked.status == "FORMAT_UNKNOWN") == (not checked.readings)


@pytest.mark.parametrize("printed", [
    "٠٦/١١٣٬٩٥٠", "06/113,950\n", "06/113,950\0", "０６１１３９５０", "9" * 5_000, "", " ", "06 113 950 ",
])
def test_other_digits_line_ends_and_floods_match_nothing(printed):
    assert read_number(formats("US", "patent"), printed) == ()


@pytest.mark.parametrize("mask", [
    "", "{N:1-5}{Y}", "{N:1-5}9", "{N}", "{Q:3}", "{N:0}", "{N:13}", "{N:2-1}", "[", "[]", "{L:}",
    "a", "{N:3}{N:1-2}", "é", "{y:1}", "x" * 300, "{N:1-3}[1]", "[A]A{N:3}", "{Y",
])
def test_mask_that_could_be_read_in_two_ways_is_not_admitted(mask):
    with pytest.raises(Malformed):
        compile_mask(mask)


def test_lookalikes_are_suggested_never_assumed():
    assert suggest(formats("US", "patent"), "O6/113,95O") == ("06/113,950",)
    assert suggest(formats("AT", "patent"), "A12019") == ("A 1/2019",)


def test_format_that_began_later_is_not_used_for_an_earlier_filing():
    checked = check_number(formats("CN", "patent"), "201710269973.9", "2003-01-01")
    assert checked.status == "FORMAT_UNKNOWN"
    assert "began after the filing date" in checked.notes[0]


def test_offices_are_those_of_the_standard():
    assert known_office("EP")
    assert not known_office("PR")
    assert not known_office("SU")
    assert known_office("SU", date="1989-01-01")
    assert not known_office("XA")
    assert known_office("XA", demo=True)


def test_every_number_of_the_real_filings_is_read(data):
    counts = Counter()
    chosen = {"US": formats("US", "patent"), "IN": formats("IN", "patent")}
    with gzip.open(data / "filings/filings_us_in.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            checked = check_number(chosen[row["office"]], row["application_number"])
            name = checked.readings[0].format.identifier if checked.readings else "-"
            counts[row["office"], checked.status, name] += 1
    assert counts == {
        ("IN", "OK", "branch"): 36_453,
        ("IN", "OK", "digits"): 1_561,
        ("IN", "OK", "national-phase"): 5,
        ("US", "OK", "series"): 144,
    }
