"""Unknown, sealed, unpublished: one answer to the unentitled, by what is read as by what is said."""

import re

import pytest

from muniment.codec import encode, from_members
from muniment.declare import Check
from muniment.model import example
from muniment.model.application import APPLICATIONS, COVERAGE, SEALED, Coverage, Sealed
from muniment.model.checking import assess, filing
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.model.relation import RELATED, Related
from muniment.model.rulebook import Rulebook
from muniment.model.sealed import open_grant, read_grant
from muniment.model.state import State
from muniment.operations import record_priority_document
from muniment.proof import canonical, disclosure
from muniment.proof.errors import Malformed
from muniment.reference import packaged_rows

SECRET, SECRET_DATE = "2025/000200", "2025-10-01"
TEXT = example.sealing(number=SECRET, date=SECRET_DATE)
QUESTIONS = [(number, day) for number in (SECRET, "2025/000999", "2025000200", "2025/00O200")
             for day in (SECRET_DATE, "2025-10-02", "2025-02-30")]


class CountingBase(example.MemoryBase):
    """A state that notes every read."""

    def __init__(self, entries):
        super().__init__(entries)
        self.reads = []

    def get(self, name):
        self.reads.append(("get", name))
        return super().get(name)

    def scan(self, prefix, after=b""):
        self.reads.append(("scan", prefix))
        return super().scan(prefix, after)


def entries(sealed=(), **more):
    """Return a world in which XA declared 2025 complete, with filings sealed and open."""
    found = example.world() | {
        COVERAGE.key("XA", "patent", "2025"): Coverage(declared=1),
        APPLICATIONS.key("XB", "patent", "2026", "000000000001"): example.application(
            "2026-09-21", number="2026-00001"),
        APPLICATIONS.key("XA", "patent", "2025", "000000000001"): example.application(
            "2025-09-18", number="2025/000001"),
    } | {
        REFERENCE.key(table, *name): example.reference_row(row)
        for table, name, row in packaged_rows("demo") if name[0].startswith("X") or
        table == "period"
    }
    for place, text in enumerate(sealed):
        found[SEALED.key(f"{place:043}")] = Sealed(
            digest=disclosure.digest(text), entry=20 + place, office="XA", recorded=1,
            submitter="XA")
    return found | more


def world(*sealed, more=None):
    base = CountingBase({key: encode(value)
                         for key, value in (entries(sealed) | (more or {})).items()})
    return State(base), base


def ask(state, number, day, grant=None, ledger=example.LEDGER):
    """Return (answer, what it says of P03) to who asks about a claim of XB."""
    later = filing("XB", "patent", "2026-00001", "2026-09-21")
    opened = open_grant(state, ledger, grant) if grant else None
    assessed = assess(state, later, [filing("XA", "patent", number, day)],
                      Rulebook(LedgerReference(state)), grant=opened)
    return canonical.encode(assessed.claims[0].as_json()), assessed


@pytest.mark.parametrize(("number", "day"), QUESTIONS)
def test_the_same_entries_are_read_whether_a_filing_is_sealed_or_not_there(number, day):
    worlds = [world(), world(TEXT), world(TEXT, example.sealing(number="2025/000201"))]
    answers = [ask(state, number, day)[0] for state, _ in worlds]
    assert len(set(answers)) == 1
    assert worlds[0][1].reads == worlds[1][1].reads == worlds[2][1].reads
    assert not any(key.startswith(b"sealed/") for _, key in worlds[1][1].reads)


def shape(base):
    """Return the reads with what stands for the number that was asked left out."""
    counted = rb"[0-9]{12}|(?<=/-/)[A-Za-z0-9_-]{43}"
    return tuple((kind, re.sub(counted, b"N", key)) for kind, key in base.reads)


def test_number_and_kind_of_reads_do_not_depend_on_the_number_asked():
    shapes, answers = set(), set()
    for number, day in QUESTIONS[:-3]:
        state, base = world(TEXT)
        answers.add(ask(state, number, day)[0])
        shapes.add(shape(base))
    assert len(answers) == 1
    assert len(shapes) == 1


def test_a_relation_to_a_secret_filing_opens_nothing():
    key = RELATED.key("XA/patent/2025/000000000200", example.DIGEST)
    related = {key: Related(filing="XB/patent/2026/000000000001", kind="same-subject")}
    assert ask(world(TEXT, more=related)[0], SECRET, SECRET_DATE)[0] == (
        ask(world()[0], SECRET, SECRET_DATE)[0])


def test_the_bearer_of_a_grant_gets_the_real_results():
    answer, assessed = ask(world(TEXT)[0], "2025000200", "2025-10-02", TEXT)
    results = assessed.claims[0].summary()
    assert (results["P02"], results["P03"], results["P21"]) == (
        "DISCLOSED", "DIFFERENT", "GRANTED")
    assert results["P06"] == "IN_TIME"
    assert b'"entry":20' in answer


OTHERS = [
    example.sealing(number="2025/000201", date=SECRET_DATE),
    disclosure.make(bytes(range(16)), "filing", disclosure.parse(TEXT)[2]),
]
FORGED = [example.sealing(number=SECRET, date=SECRET_DATE, **changed) for changed in (
    {"ledger": example.DIGEST}, {"submitter": "XB"}, {"office": "XB"})]


@pytest.mark.parametrize("grant", OTHERS + FORGED)
def test_a_grant_of_something_else_or_under_another_salt_opens_nothing(grant):
    assert ask(world(TEXT)[0], SECRET, SECRET_DATE, grant)[0] == (
        ask(world()[0], SECRET, SECRET_DATE)[0])


@pytest.mark.parametrize("grant", FORGED)
def test_a_forged_grant_opens_nothing_even_where_its_digest_was_sealed(grant):
    """It names another ledger, submitter or office than those of the sealed entry."""
    assert ask(world(TEXT, grant)[0], SECRET, SECRET_DATE, grant)[0] == (
        ask(world()[0], SECRET, SECRET_DATE)[0])


def test_a_grant_opens_no_other_number():
    assert ask(world(TEXT)[0], "2025/000999", SECRET_DATE, TEXT)[0] == (
        ask(world()[0], SECRET, SECRET_DATE)[0])


def test_reads_with_a_grant_do_not_depend_on_what_is_asked():
    shapes = set()
    for number in ("2025/000300", "2025/000999"):
        state, base = world(TEXT)
        ask(state, number, SECRET_DATE, TEXT)
        shapes.add(shape(base))
    assert len(shapes) == 1


@pytest.mark.parametrize("text", ["", "x", "é", "a" * 5_000,
                                  disclosure.make(bytes(16), "title", "Lamp"),
                                  disclosure.make(bytes(16), "filing", {"number": "1"})])
def test_a_file_that_holds_no_grant_is_refused_without_a_look_at_the_register(text):
    with pytest.raises(Malformed, match="grant-malformed"):
        read_grant(text)


def test_a_digest_copied_by_another_does_not_take_the_grant_away():
    state, _ = world(TEXT)
    copied = Sealed(digest=disclosure.digest(TEXT), entry=99, office="XA", recorded=2,
                    submitter="XB")
    base = {key: encode(value) for key, value in (entries((TEXT,)) | {
        SEALED.key("A" * 43): copied}).items()}
    assert ask(State(CountingBase(base)), SECRET, SECRET_DATE, TEXT)[1].claims[0].confirmed


def certify(number, day, *sealed, more=None):
    """Return (outcome, reads) of XB's record of a copy that XA certified on a day."""
    state, base = world(*sealed, more=more)
    operation = from_members(record_priority_document.TYPE.payload, {
        "certified": day, "certifier": "XA", "digest": example.DIGEST, "language": "en",
        "earlier": {"number": number, "office": "XA", "right": "patent"}, "office": "XB",
        "later": {"number": "2026-00001", "office": "XB", "right": "patent"},
        "received": "2026-05-05", "type": "record-priority-document"})
    kind = record_priority_document.TYPE
    outcome = kind.run(operation, state, example.context("XB"), kind.checks)
    return outcome.refusal if isinstance(outcome, Check) else outcome, base.reads


def test_a_copy_older_than_a_sealed_filing_is_recorded_as_that_of_an_unknown_one():
    """That it was refused would say that the filing is there, and after which day."""
    before = "2025-09-30"
    answers = [certify(SECRET, before, *sealed) for sealed in ((), (TEXT,))]
    assert answers[0] == answers[1]
    assert not isinstance(answers[0][0], str)
    open_entry = {APPLICATIONS.key("XA", "patent", "2025", "000000000200"): example.application(
        SECRET_DATE, number=SECRET)}
    assert certify(SECRET, before, more=open_entry)[0] == "copy-older-than-the-filing"
    assert not isinstance(certify(SECRET, SECRET_DATE, more=open_entry)[0], str)
