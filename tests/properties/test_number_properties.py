"""Laws of numbers over random formats and texts: whatever is published, whatever is typed."""

import contextlib
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from muniment.model.mask import compile_mask
from muniment.model.number import NumberFormat, check_number, key_suffix, read_number, suggest
from muniment.model.office import CURRENT, DEMO
from muniment.proof.errors import Malformed
from muniment.proof.limits import STATE_PATH_DEPTH_MAX
from muniment.proof.statetree import MemoryTree
from muniment.reference import packaged_rows

FORMATS = [NumberFormat.from_row(row) for table, _, row in packaged_rows("demo")
           if table == "number-format"]
NAMES = [f"{one.office}-{one.right_kind}-{one.identifier}" for one in FORMATS]
RIGHTS = ("patent", "utility-model", "design", "trademark")
TABLES = ("account", "claim", "claimed", "copy", "coverage", "deny", "reference",
          "related", "relation", "role", "sealed")
WORDS = st.sampled_from(["A", "AB", "B", "DEL", "DELNP", "1", "12", "8"])
LITERALS = st.sampled_from(["/", "-", " ", ".", "A", "B", "1", "U", "NC"])
TOKENS = st.one_of(
    st.sampled_from(["{Y}", "{y:70}", "{C}", "{S:1}", "{S:2}", "{X:3}"]),
    st.builds("{{N:{}}}".format, st.integers(1, 7)),
    st.builds(lambda least, more: f"{{N:{least}-{least + more}}}", st.integers(1, 4),
              st.integers(1, 4)),
    st.lists(WORDS, min_size=1, max_size=3, unique=True).map(lambda x: f"{{L:{'|'.join(x)}}}"),
    LITERALS, LITERALS, st.builds("[{}]".format, LITERALS),
)
MASKS = st.lists(TOKENS, min_size=1, max_size=6).map("".join)
ANY_TEXT = st.characters(codec="utf-8")
NUMBERISH = st.text(alphabet="0123456789/-. ,ABCDELNOPUX", max_size=24)


def made(masks, series, check=""):
    return NumberFormat.from_row({
        "check": check, "examples": [], "format": "made", "masks": masks, "office": "XB",
        "right": "patent", "series": series, "source": "test", "valid_from": "",
    })


@st.composite
def sound_formats(draw):
    """A format that is admitted: mostly one mask, its respellings, and the series that fits."""
    first = draw(MASKS)
    with contextlib.suppress(Malformed):
        holds = compile_mask(first).holds()
        series = [part for part in "YSL" if part in holds] or ["=plain"]
        checks = ["cn", "cross-sum", "mod-11", "unpublished"] if "C" in holds else [""]
        others = [first.replace(one, two) for one, two in (("/", ""), ("-", " "), ("{C}", ""))]
        masks = draw(st.sampled_from([[first], [first, others[0]], [first, *others]]))
        with contextlib.suppress(Malformed):
            return made([mask for mask in masks if mask], series, draw(st.sampled_from(checks)))
        return made([first], series, checks[-1])
    assume(False)
    return None


@st.composite
def written(draw, one):
    """A text that a mask of a format matches."""
    parts = []
    for token in draw(st.sampled_from(one.masks)).tokens:
        if token.kind == "maybe":
            parts.append(draw(st.sampled_from(["", token.words[0]])))
        elif token.kind in ("text", "L"):
            parts.append(draw(st.sampled_from(token.words)))
        elif token.kind == "Y":
            parts.append(str(draw(st.integers(1790, 2199))))
        elif token.kind == "C":
            parts.append(draw(st.sampled_from("0123456789X")))
        else:
            parts.append(draw(st.text("0123456789", min_size=token.least, max_size=token.most)))
    return "".join(parts)


def settled(readings):
    return [(one.canonical, key_suffix(one)) for one in readings]


@given(st.data())
def test_whatever_a_sound_format_writes_it_reads(data):
    one = data.draw(sound_formats())
    assert read_number([one], data.draw(written(one)))


@given(st.data())
def test_canonical_form_of_any_sound_format_is_its_own_and_names_the_same_key(data):
    one = data.draw(sound_formats())
    for reading in read_number([one], data.draw(written(one))):
        again = read_number([one], reading.canonical)
        assert (reading.canonical, key_suffix(reading)) in settled(again)


@given(st.data())
def test_one_key_means_one_canonical_form_but_for_the_check_digit(data):
    one = data.draw(sound_formats())
    assume(not one.masks[0].digits("C"))
    forms = {}
    for text in data.draw(st.lists(written(one), min_size=2)):
        for reading in read_number([one], text):
            assert forms.setdefault(key_suffix(reading), reading.canonical) == reading.canonical
    assert len(set(forms.values())) == len(forms)


@given(st.data())
def test_key_is_made_of_vocabulary_years_and_padded_digits_alone(data):
    one = data.draw(sound_formats())
    for reading in read_number([one], data.draw(written(one))):
        *series, serial = key_suffix(reading).split("/")
        assert (len(serial), serial.isdigit(), tuple(series)) == (12, True, reading.series)
        assert all(1 <= len(part) <= 12 and part.isalnum() for part in series)


@pytest.mark.parametrize("one", FORMATS, ids=NAMES)
@given(data=st.data())
def test_packaged_spellings_lead_to_one_canonical_form_that_reads_as_itself(one, data):
    of_kind = [two for two in FORMATS
               if (two.office, two.right_kind) == (one.office, one.right_kind)]
    readings = read_number(of_kind, data.draw(written(one)))
    assert [reading.format for reading in readings] == [one]
    first = settled(readings)
    canonical = readings[0].canonical
    for spelling in (canonical, canonical.lower(), one.office + canonical,
                     f"{one.office} {canonical}"):
        assert settled(read_number(of_kind, spelling)) == first


@given(st.one_of(st.text(ANY_TEXT, max_size=80), NUMBERISH),
       st.sampled_from(sorted({one.office for one in FORMATS})), st.sampled_from(RIGHTS),
       st.sampled_from([None, "1990-01-01", "2026-01-01"]))
def test_any_text_is_read_or_not_but_never_crashes(printed, office, right, date):
    checked = check_number(FORMATS, office, right, printed, date)
    assert (checked.status == "FORMAT_UNKNOWN") == (not checked.readings)
    assert printed.isascii() or not checked.readings
    assert len(checked.suggestions) <= 5
    assert checked == check_number(FORMATS, office, right, printed, date)


@given(st.text(ANY_TEXT, max_size=3), st.text(ANY_TEXT, max_size=3))
def test_office_and_kind_may_be_anything(office, right):
    assert check_number(FORMATS, office, right, "2026/000123").status == "FORMAT_UNKNOWN"


@given(st.one_of(st.text(ANY_TEXT, max_size=60), MASKS))
def test_any_text_is_a_mask_or_malformed_but_never_crashes(text):
    try:
        assert compile_mask(text).text == text
    except Malformed as error:
        assert error.name == "mask-malformed"


@given(st.dictionaries(
    st.sampled_from(["check", "examples", "format", "masks", "office", "right", "series",
                     "source", "valid_from"]),
    st.one_of(st.none(), st.integers(), st.text(max_size=8),
              st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=3)),
))
def test_any_row_is_a_format_or_malformed_but_never_crashes(members):
    row = {"check": "", "examples": [], "format": "f", "masks": ["{Y}/{N:6}"], "office": "XB",
           "right": "patent", "series": ["Y"], "source": "s", "valid_from": "", **members}
    with contextlib.suppress(Malformed):
        assert NumberFormat.from_row(row).office == row["office"]


@pytest.mark.parametrize("mask", [
    "[1][2][3][4][5][6][7][8][9]A{N:1-12}",
    "[A][B][C][D][E][F][G][H]{N:1-12}/{Y}",
    "{L:AAAAAAAAAAAA|BAAAAAAAAAAA|CAAAAAAAAAAA|DAAAAAAAAAAA}/{N:1-12}/{Y}",
])
def test_matching_does_not_blow_up_on_chosen_masks_and_texts(mask):
    compiled = compile_mask(mask)
    hostile = ["1" * 40, "A" * 40, "123456789" * 4, "1/" * 20, "ABCDEFGH" * 5]
    started = time.perf_counter()
    for text in hostile * 200:
        for length in range(1, 41):
            compiled.match(text[:length])
    assert time.perf_counter() - started < 4  # 40,000 attempts; backtracking would take minutes


def test_flood_costs_no_more_than_a_number():
    flood = "1" * 1_000_000
    started = time.perf_counter()
    for _ in range(1_000):
        assert read_number(FORMATS, flood) == ()
    assert time.perf_counter() - started < 2


def test_suggestions_for_the_longest_text_are_bounded():
    started = time.perf_counter()
    assert suggest(FORMATS, "O" * 1_000_000) == ()
    assert time.perf_counter() - started < 2


def with_other_bits(key, at):
    """Yield the keys that first differ from `key` in each bit of the digit at a place."""
    digit = key[at] - 48
    for bits in (4, 3, 2, 1):
        other = next((two for two in range(10) if (digit ^ two).bit_length() == bits), None)
        if other is not None:
            yield key[:at] + bytes([48 + other]) + key[at + 1 :]


def branching_words():
    """Return a word, and fifteen that first differ from it in fifteen different bits."""
    return ["AAAAA", *("A" * at + other + "A" * (4 - at) for at in range(5) for other in "CIQ")]


WORST = made(["{Y}{L:" + "|".join(branching_words()) + "}-{S:4}{N:12}"], ["Y", "L", "S"])


@pytest.mark.parametrize("one", [*FORMATS, WORST], ids=[*NAMES, "worst"])
def test_chosen_numbers_give_no_application_a_path_deeper_than_the_limit(one):
    words = next((token.words for token in one.masks[0].tokens if token.kind == "L"), ())
    word = min(words, default="")
    parts = {"Y": "2000", "S": "0" * one.masks[0].digits("S"), "L": word}
    series = [part[1:] if part[0] == "=" else parts[part] for part in one.series]
    victim = "/".join(("application", one.office, one.right_kind, *series, "0" * 12, ""))
    key = victim.encode()
    keys = {key}
    for at in range(len(key)):
        if chr(key[at]).isdigit():
            keys.update(with_other_bits(key, at))
    keys |= {victim.replace(f"/{word}/", f"/{other}/").encode() for other in words}
    keys |= {b"application/" + code.encode() + key[14:] for code in CURRENT | DEMO.keys()}
    keys |= {victim.replace(f"/{one.right_kind}/", f"/{right}/").encode() for right in RIGHTS}
    keys |= {f"{table}/XB/".encode() for table in TABLES}
    depth = len(MemoryTree(dict.fromkeys(keys, b"{}")).path(key))
    assert depth < (113 if one is WORST else 96) < STATE_PATH_DEPTH_MAX
