"""Numbers: each published spelling is read, one canonical form comes out, nothing is guessed."""

import csv
import re
from pathlib import Path

import pytest

from muniment.model.check_digit import RULES
from muniment.model.mask import compile_mask
from muniment.model.number import (
    NumberFormat,
    check_number,
    key_suffix,
    read_number,
    suggest,
    unknown_suffix,
)
from muniment.model.office import CURRENT, DEMO, FORMER, known_office
from muniment.proof.canonical import decode, encode
from muniment.proof.errors import Malformed
from muniment.reference import PackagedReference, packaged_rows
from muniment.reference.offices import office_name

REFERENCE = PackagedReference("demo")
FORMATS = [NumberFormat.from_row(row) for table, _, row in packaged_rows("demo")
           if table == "number-format"]
NAMES = [f"{one.office}-{one.right_kind}-{one.identifier}" for one in FORMATS]
RIGHTS = ("patent", "utility-model", "design", "trademark")
PAGE = Path(__file__).parents[2] / "docs/number-formats.md"


def formats(office, right):
    rows = REFERENCE.rows("number-format", office, right)
    return [NumberFormat.from_row(row) for _, row in rows]


def check(office, right, printed, date=None):
    return check_number(FORMATS, office, right, printed, date)


def table():
    path = Path(__file__).parent.parent / "tables" / "numbers.txt"
    lines = path.read_text(encoding="ascii").splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines
            if line and not line.startswith("#")]


def made(*masks, **members):
    return NumberFormat.from_row({
        "check": "", "examples": [], "format": "made", "masks": list(masks), "office": "XB",
        "right": "patent", "series": ["Y"], "source": "test", "valid_from": "", **members,
    })


@pytest.mark.parametrize(("office", "right", "printed", "status", "canonical", "key"), table())
def test_table_of_numbers(office, right, printed, status, canonical, key):
    checked = check(office, right, printed)
    assert checked.status == status
    assert bool(canonical) == (status in ("OK", "CHECK_DIGIT_WRONG"))
    assert (checked.canonical or "") == canonical
    if canonical:
        assert key_suffix(checked.readings[0]) == key


def test_table_holds_every_office_and_kind_that_is_packaged():
    named = {(line[0], line[1]) for line in table()}
    assert {(one.office, one.right_kind) for one in FORMATS if one.identifier != "pct"} <= named


@pytest.mark.parametrize("one", FORMATS, ids=NAMES)
def test_format_reads_its_own_examples_once_the_kind_is_known(one):
    for example in one.examples:
        readings = read_number(formats(one.office, one.right_kind), example)
        assert [reading.format.identifier for reading in readings] == [one.identifier]


@pytest.mark.parametrize("one", FORMATS, ids=NAMES)
def test_canonical_form_is_its_own_canonical_form(one):
    for example in one.examples:
        first = read_number(formats(one.office, one.right_kind), example)[0]
        again = read_number(formats(one.office, one.right_kind), first.canonical)
        assert [(two.canonical, key_suffix(two)) for two in again] == [
            (first.canonical, key_suffix(first))
        ]


@pytest.mark.parametrize("one", FORMATS, ids=NAMES)
def test_row_makes_the_same_format_again_and_fits_into_a_state_value(one):
    assert NumberFormat.from_row(one.as_row()) == one
    assert len(encode(one.as_row())) < 900
    assert one.source


def test_no_two_formats_of_an_office_and_kind_give_one_key_to_two_numbers():
    """The series tell formats apart: by a fixed word, by words against digits, or by a part more."""
    for office, right in {(one.office, one.right_kind) for one in FORMATS}:
        shapes = [shape for one in formats(office, right) for shape in series_shapes(one)]
        assert len(shapes) == len(set(shapes)), (office, right)


def series_shapes(one):
    """Every way in which the series of a format can look; years and series digits as classes."""
    found = [()]
    for part in one.series:
        if part == "L":
            words = next(token.words for token in one.masks[0].tokens if token.kind == "L")
        else:
            words = (part[1:] if part[0] == "=" else f"<{part}>",)
        found = [(*shape, word) for shape in found for word in words]
    return found


@pytest.mark.parametrize("printed", [
    "٠٦/١١٣٬٩٥٠", "06/113,950\n", "06/113,950\0", "０６１１３９５０", "9" * 5_000, "", " ",
    "06 113 950 ", "06/113,950 ", "\t06/113,950", "06/113,95²",
])
def test_other_digits_line_ends_and_floods_match_nothing(printed):
    assert read_number(formats("US", "patent"), printed) == ()
    assert check("US", "patent", printed).status == "FORMAT_UNKNOWN"


@pytest.mark.parametrize("mask", [
    "", "{N:1-5}{Y}", "{N:1-5}9", "{N}", "{Q:3}", "{N:0}", "{N:13}", "{N:2-1}", "[", "[]", "{L:}",
    "a", "{N:3}{N:1-2}", "é", "{y:1}", "x" * 300, "{N:1-3}[1]", "[A]A{N:3}", "{Y", "{Y}",
    "{N:7}{N:7}", "{Y}{y:70}{N:3}", "{L:A}{L:B}{N:3}", "{N:3}{C}{C}", "{S:3}{S:2}{N:3}",
    "{L:A/B}{N:3}", "{L:a}{N:3}", "{L:A|A}{N:3}", "{L:A|AB}B{N:3}", "{L:1|12}{N:3}",
    "[A]{L:AB|B}{N:3}", "[.][.]{N:3}", "{N:1-3}[.]{N:2}", "{N:1-3}{C}", "{N:1-3}{X:3}",
    "{N:٣}", "{y:٣٣}{N:3}", "{N:1-3-5}", "{N: 3}", "{L:" + "|".join(map(str, range(10, 27))) + "}-{N:3}",
])
def test_mask_that_could_be_read_in_two_ways_or_makes_keys_deep_is_not_admitted(mask):
    with pytest.raises(Malformed):
        compile_mask(mask)


@pytest.mark.parametrize(("members", "masks"), [
    ({}, []),
    ({"series": []}, ["{Y}/{N:6}"]),
    ({"series": [""]}, ["{Y}/{N:6}"]),
    ({"series": ["Y", "Y"]}, ["{Y}/{N:6}"]),
    ({"series": ["N"]}, ["{Y}/{N:6}"]),
    ({"series": ["Y", "=a/000000000009"]}, ["{Y}/{N:6}"]),
    ({"series": ["Y", "="]}, ["{Y}/{N:6}"]),
    ({"series": ["=plain"]}, ["{Y}/{N:6}"]),
    ({"series": ["Y"]}, ["{N:6}"]),
    ({"series": ["Y"]}, ["{Y}{L:A|B}{N:6}"]),
    ({"series": ["Y", "S"]}, ["{Y}/{N:6}"]),
    ({"series": ["S"]}, ["{S:2}/{N:6}", "{S:3}{N:6}"]),
    ({"series": ["Y", "=a/b"]}, ["{Y}/{N:6}"]),
    ({"check": "cn"}, ["{Y}/{N:6}-{C}"]),
    ({"check": "none-such"}, ["{Y}/{N:6}-{C}"]),
    ({}, ["{Y}/{N:6}-{C}"]),
    ({"check": "unpublished"}, ["{Y}/{N:6}-{C}", "{Y}{N:6}"]),
    ({}, ["{y:70}/{N:6}", "{Y}-{N:6}"]),
    ({}, ["{y:70}/{N:6}", "{y:50}-{N:6}"]),
    ({}, ["{Y}/{N:1-4}", "{Y}-{N:6}"]),
    ({}, ["{Y}/{N:6}-{X:3}"]),
    ({"series": ["Y", "L"]}, ["{Y}/{L:A|B}/{N:6}", "{Y}{N:6}"]),
    ({"series": ["Y", "L"]}, ["{Y}/{L:A|B}/{N:6}", "{Y}{L:C}{N:6}"]),
    ({"valid_from": "2003-13-01"}, ["{Y}/{N:6}"]),
    ({"examples": ["2026-1"]}, ["{Y}/{N:6}"]),
    ({"source": 7}, ["{Y}/{N:6}"]),
    ({"masks": "{Y}"}, ["{Y}/{N:6}"]),
])
def test_unsound_format_is_refused_when_published_not_when_a_number_is_read(members, masks):
    with pytest.raises(Malformed):
        made(*masks, **members)


def test_two_digit_years_turn_at_the_pivot():
    one = made("{y:70}/{N:3}")
    assert [read_number([one], f"{year}/001")[0].year for year in ("69", "70", "99", "00")] == [
        2069, 1970, 1999, 2000]


def test_code_of_another_office_before_a_number_is_not_dropped():
    assert check("US", "patent", "US 06/113,950").status == "OK"
    assert check("US", "patent", "EP 06/113,950").status == "FORMAT_UNKNOWN"


def test_letters_that_become_ascii_in_upper_case_are_not_ascii():
    assert check("SE", "patent", "se1101235-4").status == "OK"
    assert check("SE", "patent", "\u017fe1101235-4").status == "FORMAT_UNKNOWN"
    assert check("FI", "patent", "\ufb0120110123").status == "FORMAT_UNKNOWN"


def test_mask_itself_matches_no_other_digits_either():
    mask = compile_mask("{Y}/{N:1-6}")
    assert mask.match("2026/12")
    assert mask.match("2026/\u0661\u0662") is None
    assert mask.match("\u0662026/12") is None
    assert mask.match("2026/12\u00b2") is None
    assert compile_mask("{N:6}").match("\u0661" * 6) is None


def test_two_counts_in_one_series_are_two_readings():
    one, other = made("{Y}{N:6}"), made("{Y}1{N:5}", format="other")
    assert [reading.serial for reading in read_number([one, other], "2026123456")] == [
        "000000123456", "000000023456"]


def test_computed_check_character_is_one_character():
    for rule in (rule for rule in RULES.values() if rule.compute):
        assert all(len(rule.compute(f"{digits:012}")) == 1 for digits in range(0, 4_000, 7))


def test_spelling_that_two_masks_read_differently_gives_both_readings():
    one = made("{y:70}-{N:5}", "{y:70}{N:5}")
    other = made("{Y}/{N:3}", "{Y}{N:3}", format="other", series=["Y", "=B"])
    checked = check_number([one, other], "XB", "patent", "1909731")
    assert checked.status == "AMBIGUOUS"
    assert checked.canonical is None
    assert checked.candidates == ("19-09731", "1909/731")


@pytest.mark.parametrize("number", [
    "201710269973.9", "202111286633.X", "201410408762.5", "200880114428.1", "201510481495.9",
])
def test_chinese_check_digits_hold_and_every_other_one_is_wrong(number):
    assert check("CN", "patent", number).readings[0].check == "ok"
    for other in "0123456789X".replace(number[-1], ""):
        assert check("CN", "patent", number[:-1] + other).status == "CHECK_DIGIT_WRONG"


def test_check_digit_of_no_official_rule_is_reported_with_the_reason_and_refuses_nobody():
    published = check("EP", "patent", "EP 16000312.7")
    assert (published.status, published.readings[0].check) == ("OK", "not-enforced")
    assert "computes 5, the number has 7; not enforced" in published.notes[0]
    seen = check("EP", "patent", "21190098.0").readings[0]
    assert (seen.check, seen.check_note[:25]) == ("not-enforced", "it agrees with the rule; ")
    assert "no rule" in check("SE", "patent", "1101235-4").readings[0].check_note


def test_rules_are_total_functions_of_digits():
    for rule in RULES.values():
        for digits in ("", "0", "9" * 40):
            assert rule.judge(digits, "X")[0] in ("ok", "wrong", "not-enforced")


def test_lookalikes_are_suggested_never_assumed():
    us, indian = formats("US", "patent"), formats("IN", "patent")
    assert read_number(us, "O6/113,95O") == ()
    assert suggest(us, "O6/113,95O") == ("06/113,950",)
    assert suggest(us, "o6ll3,9so") == ("06/113,950",)
    assert suggest(us, "06 113 950") == ("06/113,950",)
    assert suggest(us, "06/B13,950") == ("06/813,950",)
    assert suggest(indian, "l22l/DEL/2O1l") == ("1221/DEL/2011",)
    assert suggest(formats("AT", "patent"), "A12019") == ("A 1/2019",)
    assert suggest(us, "O" * 5_000) == ()


def test_wrong_check_digit_is_never_suggested():
    assert suggest(formats("CN", "patent"), "2017l0269973.8") == ()


def test_number_that_reads_as_another_kind_says_so_and_stays_unknown():
    checked = check("AT", "patent", "GM 1/2019")
    assert checked.status == "FORMAT_UNKNOWN"
    assert checked.notes == ("it does not read as patent, but as utility-model: GM 1/2019",)


def test_seven_french_digits_are_a_patent_or_a_utility_model_by_the_kind_alone():
    assert check("FR", "patent", "1909731").canonical == "FR1909731"
    assert check("FR", "utility-model", "1909731").canonical == "1909731"


def test_international_application_names_its_receiving_office():
    notes = check("US", "patent", "PCT/EP2021/071234").notes
    assert notes == ("an international application of receiving Office EP: ask for that one",)


def test_format_that_began_later_is_not_used_for_an_earlier_filing():
    checked = check("CN", "patent", "201710269973.9", "2003-01-01")
    assert checked.status == "FORMAT_UNKNOWN"
    assert checked.notes == (
        "the format is known, but began after the filing date: 2003-10-01",
    )
    assert checked.suggestions == ()


def test_indian_national_phase_keeps_its_number_though_the_filing_date_is_older():
    assert check("IN", "patent", "201617012345", "2014-11-03").status == "OK"


def test_unknown_number_stands_under_its_digest_alone():
    assert unknown_suffix("1/2") != unknown_suffix("1/20")
    assert unknown_suffix("٣").startswith("-/")
    assert len(unknown_suffix("x" * 5_000)) == 45


def test_offices_are_those_of_the_standard():
    assert len(CURRENT) == 233
    assert all(known_office(code) for code in
               ("EP", "IB", "WO", "EM", "EA", "AP", "OA", "BX", "GC"))
    assert not any(known_office(code) for code in
                   ("PR", "GU", "NC", "PF", "RE", "GF", "AX", "SJ", "", "U", "us", "USA", "U5"))
    assert not known_office("XA")
    assert known_office("XA", demo=True)
    assert not CURRENT & (FORMER.keys() | DEMO.keys())


@pytest.mark.parametrize("code", FORMER)
def test_former_code_is_known_before_its_succession_only(code):
    assert not known_office(code)
    assert known_office(code, date="1977-12-31")
    assert not known_office(code, date=FORMER[code])


def test_table_of_offices_names_exactly_the_codes_of_the_standard():
    path = Path(__file__).parents[2] / "src/muniment/reference/offices.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["code"] for row in rows if row["kind"] == "current"} == CURRENT
    assert {row["code"]: row["until"] for row in rows if row["kind"] == "former"} == FORMER
    assert all(row["name"] and row["source"] for row in rows)
    assert office_name("XA") == "Aldmere, a fictional office"
    assert office_name("PR") == ""


def test_fictional_offices_have_formats_that_count_by_year():
    for office in DEMO:
        found = [one for one in FORMATS if one.office == office]
        assert found
        assert all(one.series[0] == "Y" and "fiction" in one.source for one in found)


def test_page_begins_with_a_format_that_is_sound_and_reads_its_example():
    row = PAGE.read_text(encoding="utf-8").split("```")[1].strip()
    one = NumberFormat.from_row(decode(row.encode()))
    (reading,) = read_number([one], "2026000123")
    assert (reading.canonical, key_suffix(reading)) == ("2026/000123", "2026/000000000123")


def test_page_names_every_rule_for_check_digits_and_whether_it_is_enforced():
    said = dict(re.findall(r"^\| `([a-z0-9-]+)` \|.*\| (yes|no)", PAGE.read_text(encoding="utf-8"),
                           re.MULTILINE))
    assert said == {name: "yes" if rule.enforced else "no" for name, rule in RULES.items()}
