"""The report of a priority claim, as an examiner files it: one page, its evidence, its languages."""

import base64
import html
import json
import os
import re
from html.parser import HTMLParser
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

import muniment.texts
from muniment.cli.account import _made
from muniment.cli.app import app
from muniment.cli.claim import acting, claiming
from muniment.cli.filing import erase_name, open_filing
from muniment.model.office import DEMO
from muniment.model.result_texts import ABOUT
from muniment.node.enrolment import enrol
from muniment.node.founding import found
from muniment.node.register import Reference, Register
from muniment.reference import packaged_rows
from muniment.report.content import content
from muniment.report.dossier import gather, parse_claim_name
from muniment.texts import LANGUAGES, WRITTEN, Texts
from muniment.texts.results import SYMBOLS

RUNNER = CliRunner()
NAME, TITLE = "Ottilie Zwyvern von Quexhaim", "Sextant of Œdipus"
CJK = "虚构公司"
LATER = {"XB": "XB/patent/2026-00077", "XC": "XC/patent/C 41/2026", "XD": "XD/patent/26/000009"}
CLAIMS = {
    "in-time": f"{LATER['XB']}#0", "not-confirmed": f"{LATER['XB']}#1",
    "hostile": f"{LATER['XB']}#2", "no-number": f"{LATER['XB']}#3",
    "restorable": f"{LATER['XC']}#0", "late": f"{LATER['XD']}#0",
}
HOSTILE = "<script>alert('1')</script>&\"]]>"
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def run(*arguments, code=0, env=None):
    done = RUNNER.invoke(app, [str(one) for one in arguments], env=env or {"LANG": "C"})
    assert done.exit_code == code, (done.output, done.exception)
    return done


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return a demo ledger with claims that come out differently."""
    path = tmp_path_factory.mktemp("report") / "ledger"
    found(path, office="XA", name="register.test.example", profile="demo",
          rows=packaged_rows("demo"))
    with Register(path) as register:
        for office in ("XB", "XC", "XD", "XE"):
            enrol(register, office)
        register.act(_made("declare-coverage", {"office": "XA", "right": "patent",
                                                "series": ["2025"]}))
        first = Reference("XA", "patent", "2025/000123")
        register.act(open_filing(register, first, "2025-09-18",
                                 {"applicants": [NAME, CJK], "title": TITLE}))
        for office, later in LATER.items():
            register.account = office
            filed = Reference(*later.split("/", 2))
            register.act(open_filing(register, filed, "2026-09-21", {"applicants": [NAME]}))
            register.act(claiming(later, "XA/patent/2025/000123", "2025-09-18",
                                  steps={"declared": "2026-09-21"}))
        register.account = "XB"
        for earlier, day in (("XA/patent/2025/000999", "2025-10-01"),
                             (f"XE/patent/{HOSTILE}", "2026-01-15"), ("XE/patent/-", "2026-01-16")):
            register.act(claiming(LATER["XB"], earlier, day))
        register.act(acting("decide-claim", LATER["XB"], 0, status="Accepted", date="2026-10-20",
                            ground="requirements-met", asserted={"P10": "SAME_APPLICANT"}))
    return path


def report(path, claim, form, *more):
    """Return a report as the command writes it to stdout."""
    done = run("priority", "report", CLAIMS[claim], f"--{form}", "--out", "-", "--ledger", path,
               *more)
    return done.stdout_bytes


def shown(path, claim, language="en", **options):
    with Register(path) as register:
        return content(gather(register, parse_claim_name(CLAIMS[claim]), **options),
                       Texts(language))


def text_of(pdf):
    """Return the text of a page without the breaks of its lines."""
    return re.sub(r"\s+", " ", PdfReader(BytesIO(pdf)).pages[0].extract_text())


class Reader(HTMLParser):
    """Everything of a page that is read: its text, and attributes that are read aloud."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.tags, self.links, self._style = [], [], [], False
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._style = tag == "style"
        for name, value in attributes:
            if name in ("aria-label", "title", "alt"):
                self.texts.append(value)
            if name in ("href", "src", "data", "action", "srcset", "poster"):
                self.links.append(value)

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        if not self._style:
            self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("claim", CLAIMS)
def test_report_is_one_page_of_a4(path, claim, language):
    pdf = PdfReader(BytesIO(report(path, claim, "pdf", "--lang", language)))
    assert len(pdf.pages) == 1
    width, height = pdf.pages[0].mediabox[2:]
    assert abs(float(width) - 595.28) < 1
    assert abs(float(height) - 841.89) < 1
    assert pdf.trailer["/Root"]["/Lang"] == language


@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("claim", CLAIMS)
def test_both_forms_say_all_of_it(path, claim, language):
    """Each check with mark, word, reason, basis and remedy; dates; freshness; what is not proven."""
    said = shown(path, claim, language)
    page = Reader(report(path, claim, "html", "--lang", language)).text
    pdf = text_of(report(path, claim, "pdf", "--lang", language)).replace(" ", "")
    wanted = [*said.answer, *said.not_proven, said.fiction, said.title, said.name]
    for one in said.checks:
        wanted += [one.check, one.word, one.name, one.reason, one.basis, one.remedy]
    wanted += [row.value for row in (*said.later, *said.earlier, *said.claim, *said.fresh)]
    wanted += [part for one in said.moments for part in (one.day, one.meaning)]
    wanted += [part for one in said.attachments for part in (one.name, one.digest)]
    for one in wanted:
        spaceless = re.sub(r"\s", "", one)
        assert spaceless in re.sub(r"\s", "", page), one
        assert spaceless in pdf, one
    if claim != "not-confirmed":
        assert {one.check for one in said.checks} == set(ABOUT)


def test_the_same_block_gives_the_same_bytes(path):
    for form in ("pdf", "html"):
        for claim in ("restorable", "not-confirmed"):
            assert report(path, claim, form) == report(path, claim, form)
    one = report(path, "in-time", "pdf", "--with-names", "--lang", "fr")
    assert one == report(path, "in-time", "pdf", "--with-names", "--lang", "fr")


@pytest.mark.parametrize("claim", CLAIMS)
def test_evidence_in_both_forms_is_the_same_and_verifies(path, claim, tmp_path):
    said = shown(path, claim)
    pdf = PdfReader(BytesIO(report(path, claim, "pdf")))
    attached = {name: data[0] for name, data in pdf.attachments.items()}
    page = report(path, claim, "html")
    links = re.findall(rb'download="([^"]+)" href="data:application/json;base64,([^"]+)"', page)
    linked = {name.decode(): base64.b64decode(data) for name, data in links}
    assert attached == linked == {one.name: one.data for one in said.attachments}
    for name, data in attached.items():
        file = tmp_path / name
        file.write_bytes(data)
        run("evidence", "verify", file, "--trust", path / "trust-policy.txt")
        altered = data.replace(b'"kind"', b'"kinb"', 1)
        file.write_bytes(altered)
        run("evidence", "verify", file, "--trust", path / "trust-policy.txt", code=1)
    kinds = [one.kind for one in said.attachments]
    assert kinds == {"not-confirmed": ["claim", "later", "absence"],
                     "hostile": ["claim", "later", "absence"],
                     "no-number": ["claim", "later"]}.get(claim, ["claim", "later", "earlier"])


@pytest.mark.parametrize("claim", CLAIMS)
def test_page_loads_nothing_and_runs_nothing(path, claim):
    page = report(path, claim, "html")
    read = Reader(page)
    assert all(link.startswith("data:application/json;base64,") for link in read.links)
    assert not [tag for tag, _ in read.tags if tag in (
        "script", "link", "iframe", "img", "object", "embed", "base", "form")]
    assert not any(name.startswith("on") for _, given in read.tags for name in given)
    policy = [given for tag, given in read.tags if given.get("http-equiv")]
    assert policy[0]["content"].startswith("default-src 'none'")
    assert b"url(" not in page
    assert b"@import" not in page
    assert b"http://" not in page
    assert b"https://" not in page


def test_number_that_is_a_script_is_shown_as_text(path):
    page = report(path, "hostile", "html")
    assert b"<script>alert" not in page
    assert html.escape(HOSTILE).encode() in page
    assert "<script>alert('1')</script>" in Reader(page).text
    assert HOSTILE.replace(" ", "") in text_of(report(path, "hostile", "pdf")).replace(" ", "")


def test_page_is_marked_up_for_reading_aloud(path):
    read = Reader(report(path, "in-time", "html", "--lang", "fr"))
    root = next(given for tag, given in read.tags if tag == "html")
    assert root == {"lang": "fr", "dir": "ltr"}
    picture = next(given for tag, given in read.tags if tag == "svg")
    assert picture["role"] == "img"
    assert picture["aria-label"]
    heads = [given.get("scope") for tag, given in read.tags if tag == "th"]
    assert set(heads) == {"col", "row"}
    assert sum(given.get("aria-hidden") == "true" for _, given in read.tags) == len(ABOUT) + 4


def test_direction_of_writing_is_that_of_the_language(path):
    read = Reader(report(path, "in-time", "html", "--lang", "ar"))
    assert next(given for tag, given in read.tags if tag == "html") == {"lang": "ar", "dir": "rtl"}


def test_colour_never_says_anything_alone(path):
    """Every mark has its word beside it, in both forms."""
    said = shown(path, "restorable")
    page = report(path, "restorable", "html").decode("utf-8")
    marks = re.findall(r'<span class="m (\w+)"><span class="s" aria-hidden="true">(.)</span>([^<]+)',
                       page)
    assert len(marks) == len(said.checks) + len(said.counts)
    assert all(word.strip() for _, _, word in marks)
    assert len({(kind, symbol) for kind, symbol, _ in marks}) == len({kind for kind, *_ in marks})


def test_marks_have_shapes_of_their_own_and_none_is_the_sign_of_a_missing_letter():
    """A question mark in a filled diamond is how a browser shows a letter that it lacks."""
    style = files("muniment.texts").joinpath("report.css").read_text(encoding="utf-8")
    shapes = {mark: re.search(rf"\.{mark} \.s\{{([^}}]+)\}}", style)[1].replace(mark, "")
              for mark in SYMBOLS}
    assert len(set(shapes.values())) == len(SYMBOLS)
    assert [mark for mark, shape in shapes.items() if "background" not in shape] == ["open"]
    assert "polygon" not in shapes["open"]


@pytest.mark.parametrize("claim", CLAIMS)
def test_picture_of_the_dates_leaves_no_empty_room_and_cuts_nothing_off(path, claim):
    page = report(path, claim, "html").decode("utf-8")
    left, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', page)[1].split())
    marks = re.findall(r'<circle class="moment" cx="([0-9.-]+)" cy="([0-9.-]+)" r="([0-9.]+)"', page)
    highest = min(float(y) - float(r) for _, y, r in marks)
    assert 0 < highest - top < 1
    assert all(left < float(x) - float(r) and float(x) + float(r) < left + width
               for x, _, r in marks)
    assert max(float(y) + float(r) for _, y, r in marks) < top + height


def test_time_breaks_before_its_hour_rather_than_run_into_the_next_column(path):
    page = report(path, "in-time", "html").decode("utf-8")
    times = re.findall(r'datetime="([0-9-]+)(T[0-9:]+Z)">(.*?)</time>', page)
    assert len(times) >= 4
    assert all(shown == f"<span>{day}</span><wbr>{hour}" for day, hour, shown in times)


@pytest.mark.parametrize("form", ["pdf", "html"])
def test_names_are_shown_only_if_they_are_asked_for(path, form):
    def read(*more):
        made = report(path, "in-time", form, *more)
        return made, text_of(made) if form == "pdf" else Reader(made).text

    plain, text = read()
    assert NAME not in text
    assert TITLE not in text
    named, text = read("--with-names")
    assert NAME in text or "see the HTML report" in text
    assert TITLE in text
    for secret in (NAME.encode(), base64.b64encode(NAME.encode())[:20]):
        assert secret not in plain
        if form == "pdf":
            assert not any(secret in data[0] for data in
                           PdfReader(BytesIO(plain)).attachments.values())
    if form == "html":
        assert CJK in text
    else:
        assert "text in another script" in text
    assert len(named) > len(plain)


def test_erased_name_is_in_no_report(path, tmp_path):
    import shutil

    copy = Path(shutil.copytree(path, tmp_path / "ledger"))
    with Register(copy) as register:
        erase_name(register, Reference("XA", "patent", "2025/000123"), "applicants",
                   "data-subject-request")
    page = Reader(report(copy, "restorable", "html", "--with-names")).text
    assert CJK not in page
    assert "Erased Applicants" in page
    assert TITLE in page
    french = Reader(report(copy, "restorable", "html", "--with-names", "--lang", "fr")).text
    assert "Effacé Déposants" in french


def test_demo_is_marked_and_a_real_ledger_is_not(path, tmp_path):
    assert "FICTION" in text_of(report(path, "late", "pdf"))
    assert "FICTION" in text_of(report(path, "late", "pdf", "--lang", "fr"))
    assert b"FICTION" in report(path, "late", "html")
    us = tmp_path / "us"
    run("init", "--office", "US", us)
    at = ("--ledger", us)
    run("filing", "submit", "18/000,123", "--date", "2024-11-04", *at)
    run("priority", "claim", "US/patent/18/000,123", "FR/patent/FR2311234", "--date", "2023-11-03",
        *at)
    for form in ("pdf", "html"):
        done = run("priority", "report", "US/patent/18000123#0", f"--{form}", "--out", "-", *at)
        text = text_of(done.stdout_bytes) if form == "pdf" else Reader(done.stdout_bytes).text
        assert "FICTION" not in text
        assert "United States of America" in text


def test_decision_and_what_the_office_asserts_are_shown(path):
    page = Reader(report(path, "in-time", "html")).text
    assert "Brennia (XB) decided on 2026-10-20 : accepted." in page.replace("20:", "20 :")
    assert "The later office asserts: Same applicant." in page
    page = Reader(report(path, "restorable", "html", "--lang", "fr")).text
    assert "Demander la restauration au plus tard le 2026-11-18" in page
    assert "diligence requise" in page


def test_report_is_written_where_it_is_asked_for(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("priority", "report", CLAIMS["late"], "--pdf", "--ledger", path, "--json")
    said = json.loads(done.stdout)
    assert said["file"] == "XD-patent-2026-000000000009-0.pdf"
    data = Path(said["file"]).read_bytes()
    assert len(data) == said["bytes"]
    attached = PdfReader(BytesIO(data)).attachments
    from hashlib import sha256

    assert said["sha256"] == sha256(data).hexdigest()
    assert said["attached"] == {name: sha256(one[0]).hexdigest() for name, one in attached.items()}
    assert said["fiction"] is True
    run("priority", "report", CLAIMS["late"], "--html", "-o", "there.html", "--ledger", path)
    assert Path("there.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(("arguments", "error", "code"), [
    ((LATER["XB"], "--pdf"), "claim-name-malformed", 2),
    ((f"{LATER['XB']}#", "--pdf"), "claim-name-malformed", 2),
    ((f"{LATER['XB']}#-1", "--pdf"), "claim-name-malformed", 2),
    ((f"{LATER['XB']}#٣", "--pdf"), "claim-name-malformed", 2),
    ((f"{LATER['XB']}#999", "--pdf"), "claim-name-malformed", 2),
    ((f"{LATER['XB']}#9", "--pdf"), "not-confirmed", 3),
    (("XB/patent/2026-00078#0", "--pdf"), "not-confirmed", 3),
    (("XB#0", "--pdf"), "reference-malformed", 2),
    ((CLAIMS["late"],), "report-form-missing", 2),
    ((CLAIMS["late"], "--pdf", "--html"), "report-form-missing", 2),
    ((CLAIMS["late"], "--pdf", "--lang", "de"), "language-unknown", 2),
    ((CLAIMS["late"], "--pdf", "--font", __file__), "font-unusable", 2),
    ((CLAIMS["late"], "--pdf", "--font", "/no/such/font.ttf"), "font-unusable", 2),
])
def test_what_cannot_be_reported_is_refused_by_name(path, tmp_path, arguments, error, code):
    out = tmp_path / "report"
    done = run("priority", "report", *arguments, "--out", out, "--ledger", path, "--json",
               code=code)
    said = json.loads(done.stdout)
    assert said["error"] == error
    assert said["remedy"]
    assert not out.exists()


@pytest.mark.parametrize(("environment", "language"), [
    ({"LANG": "fr_FR.UTF-8"}, "fr"), ({"MUNIMENT_LANG": "fr", "LANG": "en_GB"}, "fr"),
    ({"LANG": "C"}, "en"),
])
def test_language_of_the_environment_is_heeded(path, environment, language):
    empty = dict.fromkeys(("MUNIMENT_LANG", "LC_ALL", "LC_MESSAGES"), None)
    done = run("priority", "report", CLAIMS["late"], "--html", "--out", "-", "--ledger", path,
               env={**empty, **environment})
    assert f'<html lang="{language}"'.encode() in done.stdout_bytes
    done = run("priority", "check", LATER["XD"], "--ledger", path, code=1,
               env={**empty, **environment})
    title = muniment.texts.catalogue()["report.later"][language]
    assert title in done.stdout


@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("columns", [80, 200, None])
def test_check_stays_within_the_terminal_and_says_all_of_it(
        path, language, columns, monkeypatch):
    """A file is given 80 columns; whatever the width, each check has one line with its result."""
    if columns:
        monkeypatch.setattr("muniment.cli.assessment._columns", lambda: columns)
    done = run("priority", "check", LATER["XC"], "--ledger", path, "--lang", language, code=1)
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= (columns or 80)
    said = shown(path, "restorable", language)
    for one in said.checks:
        assert [line.rstrip().endswith(f"  {one.name}") for line in lines
                if f" {one.check} {one.title}" in line] == [True]
    whole = " ".join(done.stdout.split())
    for one in said.checks:
        assert " ".join(f"{one.reason} ({one.basis})".split()) in whole
        assert " ".join(one.remedy.split()) in whole


@pytest.mark.skipif(not FONT.exists() and not os.environ.get("CI"),
                    reason=f"no font at {FONT}: fonts-dejavu-core")
def test_report_with_an_embedded_font_has_the_structure_of_pdf_a_3(path):
    """Conformance is not certified here; this is what can be seen of it."""
    data = report(path, "in-time", "pdf", "--lang", "fr", "--font", FONT)
    pdf = PdfReader(BytesIO(data))
    root = pdf.trailer["/Root"]
    packet = root["/Metadata"].get_object().get_data().decode("utf-8")
    assert re.search(r"pdfaid:part(=\"|>)3", packet)
    assert re.search(r"pdfaid:conformance(=\"|>)B", packet)
    assert root["/OutputIntents"]
    assert {one.get_object()["/AFRelationship"] for one in root["/AF"]} == {"/Data"}
    fonts = pdf.pages[0]["/Resources"]["/Font"]
    for font in fonts.values():
        descendant = font.get_object()["/DescendantFonts"][0].get_object()
        assert "/FontFile2" in descendant["/FontDescriptor"].get_object()
    assert len(pdf.pages) == 1
    assert data == report(path, "in-time", "pdf", "--lang", "fr", "--font", FONT)


PSEUDO = str.maketrans(dict.fromkeys(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "ø"))


def pseudo(text):
    """Return a text with a strange letter for each letter, its places kept."""
    at, made = 0, ""
    for place in muniment.texts.PLACE.finditer(text):
        made += text[at : place.start()].translate(PSEUDO) + place.group(0)
        at = place.end()
    return made + text[at:].translate(PSEUDO)


@pytest.fixture
def strange(monkeypatch):
    """Let French be a language of strange letters: what is still English is no text."""
    rows = {key: {**row, "fr": pseudo(row["en"])} for key, row in muniment.texts.catalogue().items()}
    monkeypatch.setattr(muniment.texts, "catalogue", lambda: rows)
    return rows


def data_words(path, claim, rows):
    """Return the words that are data of the register: all else must come from the catalogue."""
    from muniment.codec import members

    with Register(path) as register:
        dossier = gather(register, parse_claim_name(CLAIMS[claim]))
    held = [str(dossier.name), dossier.origin, dossier.checkpoint, json.dumps(members(dossier.claim)),
            json.dumps(members(dossier.finding)), *DEMO.values(), "muniment evidence verify",
            "muniment relation declare", "SHA", "docs priority md"]
    held += [json.dumps(members(one.standing)) for one in (dossier.later, dossier.earlier)
             if one.standing]
    held += [f"{one.office} {one.source}" for one in dossier.calendars]
    held += [f"{one.name} {one.digest}" for one in dossier.attachments]
    for result in (*dossier.assessment.results, dossier.assessed.several):
        basis = result.basis
        for key, row in rows.items():
            if key.startswith("basis."):
                basis = basis.replace(row["en"], " ")
        held += [json.dumps(dict(result.facts)), basis]
    # The days of the week are texts, though they stand in the facts of closed days.
    days = {row["en"] for key, row in rows.items() if key.startswith("day.")}
    return set(re.findall(r"[A-Za-z]{2,}", " ".join(held))) - days


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_string_of_the_report_comes_from_the_catalogue(path, claim, strange):
    known = data_words(path, claim, strange)
    page = Reader(report(path, claim, "html", "--lang", "fr")).text
    for hidden in (HOSTILE, re.escape(HOSTILE)):
        page = page.replace(hidden, " ")
    page = re.sub(r"[0-9]T[0-9:]{8}Z", " ", page)
    assert set(re.findall(r"[A-Za-z]{2,}", page)) - known == set()
    pdf = text_of(report(path, claim, "pdf", "--lang", "fr")).replace(HOSTILE, " ")
    left = set(re.findall(r"[A-Za-z]{2,}", pdf)) - known
    assert not {one for one in left if not is_part_of_data(one, path, claim)}


def is_part_of_data(word, path, claim):
    """Return whether a word is a piece of a long value that the page breaks over lines."""
    said = shown(path, claim)
    long = [said.name, *said.checkpoint, *(one.digest for one in said.attachments),
            *(one.name for one in said.attachments), *(row.value for row in said.fresh)]
    return any(word in re.sub(r"\s", "", one) for one in long) or word in HOSTILE


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_string_of_the_check_comes_from_the_catalogue(path, claim, strange):
    later, place = CLAIMS[claim].split("#")
    excluded = any(one.mark == "excludes" for one in shown(path, claim).checks)
    done = run("priority", "check", later, "--place", place, "--ledger", path, "--lang", "fr",
               code=int(excluded))
    said = done.stdout.replace(HOSTILE, " ")
    assert set(re.findall(r"[A-Za-z]{2,}", said)) - data_words(path, claim, strange) == set()


def test_every_language_can_be_asked_for(path):
    for language in LANGUAGES:
        page = report(path, "restorable", "html", "--lang", language)
        assert f'<html lang="{language}"'.encode() in page
        assert report(path, "restorable", "pdf", "--lang", language).startswith(b"%PDF-")
