"""Each finding has a record that gives it, and a record without fault gives none."""

from dataclasses import replace

import pytest

from muniment.intake.parents import Line, Origin, Parent, line_of
from muniment.intake.record import Goods, Priority, Record, day_only, read_date
from muniment.intake.rules import LEDGER_RULES, READING_RULES, RULES, explain, is_complete, judge

SOUND = Record(row=1, office="US", right="patent", number="18292073", date="2024-01-26",
               title="Lamp", applicants=("Example Ltd",), source="test")
CLAIM = Priority(office="JP", number="2023-001234", date="2023-02-01")


def claiming(**changed):
    return replace(SOUND, priorities=(replace(CLAIM, **changed),))


MARK = replace(SOUND, right="trademark", number="85334015")
CASES = {
    "columns-slipped": replace(SOUND, grant_number="DELHI"),
    "office-malformed": replace(SOUND, office="usa"),
    "number-missing": replace(SOUND, number=""),
    "right-unknown": replace(SOUND, right="geographical-indication"),
    "re-examination": replace(SOUND, number="90/019,500"),
    "date-missing": replace(SOUND, date=""),
    "date-malformed": replace(SOUND, date="2024-02-30"),
    "date-placeholder": replace(SOUND, date="1900-01-01"),
    "source-without-dates": replace(SOUND, date="", dated=False),
    "joint-applicants": replace(SOUND, joined=True),
    "national-stage": replace(SOUND, stage="national-stage"),
    "hague-designation": replace(SOUND, right="design", number="35/519,940"),
    "office-not-told": replace(SOUND, office="XX"),
    "priority-placeholder": claiming(date="0001-01-01"),
    "priority-malformed": claiming(date="agent's name"),
    "priority-after-filing": claiming(date="2024-01-27"),
    "priority-over-12-months": claiming(date="2023-01-25"),
    "priority-over-6-months": replace(
        MARK, priorities=(replace(CLAIM, date="2023-07-25"),)),
    "priority-without-number": claiming(number=""),
    "priority-office-unknown": claiming(office=""),
    "parent-not-claim": claiming(kind="parent"),
    "line-not-told": replace(SOUND, line=Line(is_open=True)),
    "claim-not-standing": claiming(status="Refused"),
    "priority-part-untold": replace(
        MARK, priorities=(replace(CLAIM, date="2023-12-01", partial=True),)),
    "access-code-printed": claiming(access_code="AB21"),
    "applicant-missing": replace(SOUND, applicants=()),
}


def test_sound_record_gives_no_finding():
    assert judge(SOUND) == (True, [])
    assert judge(claiming()) == (True, [])
    assert is_complete(CLAIM)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_each_rule_has_a_record_that_breaks_it_alone(rule):
    assert judge(CASES[rule.code]) == (not rule.refuses, [rule.code])


def test_every_code_is_explained_once():
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(codes) & READING_RULES.keys() == {"columns-slipped"}
    for code in (*codes, *READING_RULES, *LEDGER_RULES):
        sentence = explain(code)[1]
        assert sentence.endswith(".")
        assert sentence != code
    assert explain("refused-by-ledger:2105") == LEDGER_RULES["refused-by-ledger"]


@pytest.mark.parametrize("changed", [
    {"number": ""}, {"office": ""}, {"office": "usa"}, {"date": "2023-02-30"}, {"date": ""},
    {"date": "0001-01-01"}, {"kind": "parent"}, {"status": "Abandoned"}, {"partial": True},
    {"partial": True, "goods": (Goods(class_number="46"),)}, {"number": "x" * 41},
])
def test_claim_that_lacks_something_is_not_entered(changed):
    assert not is_complete(replace(CLAIM, **changed))


def test_part_that_is_listed_is_entered():
    for goods in (Goods(class_number="009"), Goods(class_number="", text="lamps")):
        assert is_complete(replace(CLAIM, partial=True, goods=(goods,)))


@pytest.mark.parametrize(("printed", "day"), [
    ("1995-02-07-05:00", "1995-02-07"), ("2013-12-03T00:00:00Z", "2013-12-03"),
    ("2011-05-31+14:00", "2011-05-31"), ("2017-03-31", "2017-03-31"), ("2017-03-31Z", "2017-03-31"),
    ("2008-01", "2008-01"), ("20110500", "20110500"), ("2013-12-03T10:00:00Z",
                                                      "2013-12-03T10:00:00Z"), ("", ""),
])
def test_zone_of_a_date_is_dropped_and_the_day_kept(printed, day):
    assert day_only(printed) == day


@pytest.mark.parametrize(("printed", "form", "date"), [
    ("01-29-1979", "MM-DD-YYYY", "1979-01-29"), ("07/07/2011", "DD/MM/YYYY", "2011-07-07"),
    ("7/7/2011", "DD/MM/YYYY", "7/7/2011"), ("nan", "DD/MM/YYYY", "nan"),
    ("٠١-٠٢-٢٠٠٠", "MM-DD-YYYY", "٠١-٠٢-٢٠٠٠"),
])
def test_date_of_another_notation_stays_as_printed(printed, form, date):
    assert read_date(printed, form) == date


PCT = Parent("NST", "PCT/EP2019/055930", "2019-03-08", "16970438")
NEXT = Parent("CON", "16970438", "2020-08-17", "18422376")
FIRST = Parent("This application is a Division of", "16123456", "2018-09-06")
BEFORE = Parent("This application is a Continuation of", "15000001", "2016-01-02")
STAGE = Parent("This application is National Stage Entry of", "PCT/US15/27322", "2015-04-23")
PROVISIONAL = Parent("This application Claims Priority from Provisional Application", "61983088",
                     "2014-04-23")


@pytest.mark.parametrize(("number", "printed", "line"), [
    ("18422376", (), Line()),
    ("18422376", (PROVISIONAL,), Line()),
    ("16970438", (PCT, NEXT), Line(Origin("national-phase", "EP", "PCT/EP2019/055930",
                                          "2019-03-08"))),
    # a national stage has the international filing date, also as a parent
    ("18422376", (NEXT, PCT), Line(Origin("divisional", "US", "16970438", "2019-03-08"))),
    ("18422376", (NEXT,), Line(Origin("divisional", "US", "16970438", "2020-08-17"))),
    # the line goes on: the day that counts stands elsewhere
    ("18422376", (NEXT, NEXT._replace(number="15000001", child="16970438")),
     Line(Origin("divisional", "US", "16970438", ""))),
    ("18422376", (NEXT, NEXT._replace(number="15000001")), Line(is_open=True)),
    ("17130468", (FIRST, PROVISIONAL), Line(Origin("divisional", "US", "16123456",
                                                   "2018-09-06"))),
    ("17130468", (FIRST, FIRST), Line(Origin("divisional", "US", "16123456", "2018-09-06"))),
    ("17130468", (STAGE, PROVISIONAL), Line(Origin("national-phase", "US", "PCT/US15/27322",
                                                   "2015-04-23"))),
    ("17130468", (BEFORE, STAGE), Line(Origin("divisional", "US", "15000001", "2015-04-23"))),
    # links that are not told: either could be the nearest
    ("17130468", (FIRST, BEFORE), Line(is_open=True)),
    ("17130468", (FIRST, STAGE, STAGE._replace(number="PCT/US2016/000001")), Line(is_open=True)),
])
def test_line_of_parents_tells_the_nearest_one_or_none(number, printed, line):
    assert line_of("US", number, printed) == line
