"""What is written as ST.96 validates against WIPO's own schemas and is read again as it was."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from muniment.intake import st96, xml
from muniment.intake.record import Goods, Priority, Record, phrase
from muniment.intake.st96_writer import write
from muniment.model.office import CURRENT, FORMER
from muniment.proof.errors import Malformed

ROOTS = {"patent": "BibliographicData", "utility-model": "BibliographicData",
         "trademark": "TrademarkApplication", "design": "DesignApplication"}
KINDS = tuple(ROOTS)

offices = st.sampled_from(sorted(CURRENT))
all_offices = st.sampled_from(sorted(CURRENT | FORMER.keys()))
numbers = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
dates = st.dates().map(lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}")
texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
                max_size=60).map(phrase)
filled = texts.filter(bool)
codes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=4, max_size=4)
classes = st.integers(1, 45).map("{:03}".format)
goods = st.lists(st.tuples(classes, texts), unique_by=lambda one: one[0], max_size=4).map(
    lambda listed: tuple(Goods(class_number=number, text=text) for number, text in listed))


@st.composite
def patent_claims(draw):
    code = draw(st.just("") | codes)
    return Priority(
        office=draw(all_offices), number=draw(st.just("") | numbers), date=draw(dates),
        right=draw(st.sampled_from(("", "patent", "utility-model", "design"))),
        category=draw(st.sampled_from(("", "PCT", "Regional", "National"))),
        indicated=tuple(draw(st.lists(all_offices, unique=True, max_size=3))), access_code=code,
        document="" if code else draw(st.sampled_from(("", "requested", "attached", "online"))),
    )


@st.composite
def mark_or_design_claims(draw, right):
    return Priority(
        office=draw(all_offices), number=draw(st.just("") | numbers), date=draw(dates),
        right=draw(st.sampled_from(("", *KINDS))),
        access_code=draw(st.just("") | codes) if right == "design" else "",
        holder=draw(texts),
        status=draw(st.sampled_from(("", "Claimed", "Abandoned", "Accepted", "Partially refused",
                                     "Refused", "Undefined"))),
        status_date=draw(st.just("") | dates),
        partial=draw(st.none() | st.booleans()) if right == "trademark" else None,
        goods=draw(goods) if right == "trademark" else (),
    )


@st.composite
def records(draw):
    right = draw(st.sampled_from(KINDS))
    claim = mark_or_design_claims(right) if right in {"trademark", "design"} else patent_claims()
    return Record(
        row=0, office=draw(offices), right=right, number=draw(numbers),
        date=draw(st.just("") | dates), title=draw(texts),
        applicants=tuple(draw(st.lists(filled, unique=True, max_size=3))),
        grant_number=draw(st.just("") | numbers), source="st96",
        priorities=tuple(draw(st.lists(claim, unique=True, max_size=3))),
    )


def test_unpacked_schemas_are_those_of_the_archive(data, st96_archive):
    files = list((data / "wipo-st96/xsd").glob("*.xsd"))
    assert len(files) == 15
    assert all(file.read_bytes() == (st96_archive / file.name).read_bytes() for file in files)


def read(data):
    document = st96.open_document(xml.parse(data))
    return list(st96.records(document))


def assert_valid(schemas, data):
    root = etree.fromstring(data)
    schemas[etree.QName(root).localname].assertValid(root)


@settings(max_examples=400)
@given(records())
def test_filing_and_claims_are_read_as_they_were_written(schemas, record):
    data = write(record)
    assert_valid(schemas, data)
    assert read(data) == [record]
    assert write(read(data)[0]) == data


@settings(max_examples=100)
@given(records())
def test_one_claim_alone_is_a_valid_document(schemas, record):
    for claim in record.priorities:
        alone = replace(record, priorities=(claim,))
        assert_valid(schemas, write(alone))
        assert read(write(alone))[0].priorities == (claim,)


@given(records(), st.sampled_from("\x00\x08\x1b\ufffe\ud800"))
def test_text_that_xml_cannot_carry_is_refused_not_altered(record, sign):
    broken = replace(record, applicants=(f"Example{sign}",))
    with pytest.raises(Malformed, match="not-exportable"):
        write(broken)


def test_the_schemas_refuse_what_is_wrong(schemas):
    """So that the tests above can fail."""
    wrong = Record(row=0, office="QQ", right="patent", number="1", date="yesterday", source="st96")
    with pytest.raises(etree.DocumentInvalid):
        assert_valid(schemas, write(wrong))


def test_examples_of_wipo_keep_what_is_exchanged(data, schemas):
    for name in ("PatentPublication", "TrademarkApplication", "DesignApplication"):
        first = read((data / f"wipo-st96/instances/{name}_Example.xml").read_bytes())[0]
        again = read(write(first))[0]
        claims = tuple(one for one in first.priorities if one.kind == "claim")
        assert again == replace(first, priorities=claims)
        assert_valid(schemas, write(first))


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_bytes_of_any_kind_are_read_or_refused(data):
    try:
        root = xml.parse(data)
    except Malformed as error:
        assert error.name in xml.XML_RULES
    else:
        assert xml.name_of(root).local


@settings(max_examples=200)
@given(records(), st.data())
def test_damaged_document_is_refused_or_read_never_more(record, drawn):
    data = bytearray(write(record))
    for _ in range(drawn.draw(st.integers(1, 4))):
        data[drawn.draw(st.integers(0, len(data) - 1))] = drawn.draw(st.integers(0, 255))
    try:
        document = st96.open_document(xml.parse(bytes(data)))
        found = list(st96.records(document)) if document else []
    except Malformed as error:
        assert error.name in xml.XML_RULES
    else:
        assert len(found) <= 1
