"""The report as one A4 page of PDF, with the evidence files attached to it.

- The same content gives the same bytes: dates are those of the block, and nothing else varies.
- The page is laid out at full size and, if it would run over, again a little smaller.
- The built-in fonts write Western European; with a font file the page is PDF/A-3b, and a text
  that the font cannot write is said to stand in the HTML report.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from fpdf import FPDF
from fpdf.enums import WrapMode
from fpdf.errors import FPDFException

from muniment import __version__
from muniment.proof.errors import Malformed
from muniment.report.content import Content, Row
from muniment.report.timeline import Shape, Style, draw
from muniment.texts.results import Mark, Told

WIDTH, HEIGHT = 210.0, 297.0
MARGIN = 10.0
BOTTOM = 8.0
GAP = 5.0
SCALES = (1.0, 0.96, 0.92, 0.88, 0.84, 0.8, 0.76, 0.72, 0.68)
"""How much smaller the page is tried until it fits; the last gives letters of 5 points."""
_POINTS = {"title": 15.0, "name": 10.0, "head": 7.6, "text": 7.6, "code": 5.8}
_MILLIMETRES = 25.4 / 72
Colour = tuple[int, int, int]
INK: Colour = (22, 32, 43)
GREY: Colour = (71, 82, 94)
RULE: Colour = (201, 209, 218)
ACCENT: Colour = (29, 78, 137)
SOFT: Colour = (243, 245, 248)
WHITE: Colour = (255, 255, 255)
MARKS: dict[Mark, Colour] = {
    "ok": (11, 107, 58), "attention": (138, 90, 0), "excludes": (164, 22, 26),
    "open": (74, 85, 104),
}
BANDS: dict[Style, tuple[Colour, Colour]] = {
    "period": ((157, 187, 224), ACCENT), "restoration": (WHITE, MARKS["attention"]),
}


def as_pdf(shown: Content, font: Path | None = None) -> bytes:
    """Return the page as PDF.

    Args:
        shown: What it says.
        font: A TrueType font to embed; the page is then PDF/A-3b.

    Raises:
        Malformed: The font cannot be used.
    """
    for scale in SCALES:
        page = _Page(shown, scale, font)
        if page.draw():
            break
    return page.bytes()


@dataclass(slots=True)
class _Column:
    """A part of the page: where it begins, how wide it is, how far down it is filled."""

    x: float
    y: float
    width: float


class _Page:
    """One attempt to lay the page out."""

    def __init__(self, shown: Content, scale: float, font: Path | None) -> None:
        self._shown = shown
        self._scale = scale
        self._pdf = FPDF(enforce_compliance="PDF/A-3B" if font else None)
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.core_fonts_encoding = "cp1252"
        self._pdf.c_margin = 0
        self._text_font, self._code_font, self._bold = "helvetica", "courier", "B"
        if font is not None:
            self._embed_font(font)
        self._describe()
        self._pdf.add_page()

    def _embed_font(self, font: Path) -> None:
        try:
            self._pdf.add_font("text", "", str(font))
        except (FPDFException, OSError, ValueError, KeyError) as error:
            raise Malformed(
                "font-unusable", f"{font.name} is no TrueType font that can be embedded: "
                f"{type(error).__name__}.", remedy="Name a .ttf file, e.g. DejaVuSans.ttf.",
            ) from None
        self._text_font = self._code_font = "text"
        self._bold = ""

    def _describe(self) -> None:
        shown, pdf = self._shown, self._pdf
        made = datetime.fromtimestamp(shown.time, UTC)
        pdf.set_creation_date(made)
        pdf.set_title(f"{shown.title} {shown.name}")
        pdf.set_lang(shown.texts.language)
        pdf.set_creator(f"muniment {__version__}")
        pdf.set_producer(f"muniment {__version__}")
        for one in shown.attachments:
            pdf.embed_file(
                bytes=one.data, basename=one.name, modification_date=made, creation_date=made,
                desc=shown.texts(f"attachment.{one.kind}"), mime_type="application/json",
                associated_file_relationship="Data", compress=True, checksum=True,
            )

    def bytes(self) -> bytes:
        """Return the file."""
        return bytes(self._pdf.output())

    def draw(self) -> bool:
        """Lay everything out; return whether it fits on the page."""
        shown, texts = self._shown, self._shown.texts
        full = _Column(MARGIN, MARGIN, WIDTH - 2 * MARGIN)
        self._head(full)
        self._answer(full)
        full.y += 1.5 * self._scale
        third = (full.width - 2 * GAP) / 3
        columns = [_Column(MARGIN + at * (third + GAP), full.y, third) for at in range(3)]
        for column, name, rows in zip(columns, ("later", "earlier", "claim"),
                                      (shown.later, shown.earlier, shown.claim), strict=True):
            self._heading(column, texts(f"report.{name}"))
            self._rows(column, rows)
        full.y = max(one.y for one in columns) + 1.5 * self._scale
        self._dates(full)
        self._heading(full, texts("report.checks"))
        self._checks(full)
        full.y += 1.5 * self._scale
        self._foot(full)
        return full.y <= HEIGHT - BOTTOM

    def _font(self, kind: str, colour: Colour = INK, *, bold: bool = False) -> float:
        """Choose a font; return the height of its line in millimetres."""
        points = _POINTS[kind] * self._scale
        family = self._code_font if kind == "code" else self._text_font
        self._pdf.set_font(family, self._bold if bold else "", points)
        self._pdf.set_text_color(*colour)
        return points * _MILLIMETRES * 1.2

    def _writable(self, text: str) -> str:
        """Return a text, or, where the font has no letters for it, that it stands elsewhere."""
        if self._text_font == "text":
            glyphs: Any = self._pdf.current_font
            known = glyphs.cmap
            return text if all(ord(one) in known for one in text) else (
                self._shown.texts("report.other-script"))
        try:
            text.encode("cp1252")
        except UnicodeEncodeError:
            return self._shown.texts("report.other-script")
        return text

    def _write(
        self, column: _Column, text: str, kind: str = "text", colour: Colour = INK, *,
        bold: bool = False, align: Literal["L", "R", "C"] = "L",
    ) -> None:
        """Write a paragraph into a column and move on below it."""
        line = self._font(kind, colour, bold=bold)
        self._pdf.set_xy(column.x, column.y)
        self._pdf.multi_cell(column.width, line, self._writable(text), align=align, padding=0,
                             new_x="LEFT", new_y="NEXT",
                             wrapmode=WrapMode.CHAR if kind == "code" else WrapMode.WORD)
        column.y = self._pdf.get_y()

    def _rule(self, column: _Column, colour: Colour = RULE, thick: float = 0.15) -> None:
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(thick)
        self._pdf.line(column.x, column.y, column.x + column.width, column.y)

    def _heading(self, column: _Column, text: str) -> None:
        self._write(column, text.upper(), "head", ACCENT, bold=True)
        column.y += 0.4 * self._scale

    def _head(self, full: _Column) -> None:
        shown = self._shown
        left = _Column(full.x, full.y, full.width - 62)
        self._write(left, shown.title, "title", bold=True)
        self._write(left, shown.name, "name")
        if shown.fiction:
            box = _Column(WIDTH - MARGIN - 58, full.y + 0.6, 56)
            top = box.y
            self._write(box, shown.fiction, "name", MARKS["excludes"], bold=True, align="C")
            self._pdf.set_draw_color(*MARKS["excludes"])
            self._pdf.set_line_width(0.5)
            with self._pdf.local_context():
                self._pdf.set_dash_pattern(dash=1.5, gap=1)
                self._pdf.rect(box.x - 1, top - 0.8, box.width + 2, box.y - top + 1.6)
            left.y = max(left.y, box.y + 1)
        full.y = left.y + 0.8
        self._rule(full, ACCENT, 0.7)
        full.y += 1.8 * self._scale

    def _answer(self, full: _Column) -> None:
        """Write the counts and what follows, on a soft ground."""
        probe = self._font("text")
        said = " ".join(self._shown.answer)
        said_height: Any = self._pdf.multi_cell(full.width - 6, probe, self._writable(said),
                                                dry_run=True, output="HEIGHT")
        height = said_height + probe * 1.3 + 2.4
        self._pdf.set_fill_color(*SOFT)
        self._pdf.rect(full.x, full.y, full.width, height, style="F")
        self._pdf.set_fill_color(*ACCENT)
        self._pdf.rect(full.x, full.y, 1, height, style="F")
        x, y = full.x + 3, full.y + 1.2
        for one in self._shown.counts:
            words = f"{one.number} {one.word}"
            self._mark(x, y, one.mark, words)
            x += self._pdf.get_string_width(words) + 10
        inner = _Column(full.x + 3, y + probe * 1.3, full.width - 6)
        self._write(inner, said)
        full.y += height

    def _mark(self, x: float, y: float, mark: Mark, words: str) -> None:
        """Draw a mark: a shape of its own, its symbol, its word, its colour."""
        line = self._font("text", MARKS[mark], bold=True)
        size = line * 0.86
        self._symbol(mark, x + size / 2, y + line / 2, size)
        self._font("text", MARKS[mark], bold=True)
        self._pdf.set_xy(x + size + 0.8, y)
        self._pdf.cell(0, line, self._writable(words))

    def _symbol(self, mark: Mark, x: float, y: float, size: float) -> None:
        pdf, half = self._pdf, size / 2
        pdf.set_fill_color(*MARKS[mark])
        pdf.set_draw_color(*WHITE)
        pdf.set_line_width(size * 0.13)
        if mark == "ok":
            pdf.circle(x, y, half, style="F")
            pdf.polyline([(x - half * 0.5, y), (x - half * 0.12, y + half * 0.42),
                          (x + half * 0.52, y - half * 0.42)])
        elif mark == "excludes":
            pdf.rect(x - half, y - half, size, size, style="F")
            for sign in (1, -1):
                pdf.line(x - half * 0.45, y - sign * half * 0.45, x + half * 0.45,
                         y + sign * half * 0.45)
        elif mark == "attention":
            pdf.polygon([(x, y - half), (x + half * 1.05, y + half * 0.9),
                         (x - half * 1.05, y + half * 0.9)], style="F")
            pdf.line(x, y - half * 0.35, x, y + half * 0.3)
            pdf.line(x, y + half * 0.58, x, y + half * 0.62)
        else:
            pdf.polygon([(x, y - half * 1.1), (x + half * 1.1, y), (x, y + half * 1.1),
                         (x - half * 1.1, y)], style="F")
            self._font("text", WHITE, bold=True)
            pdf.set_xy(x - half, y - half)
            pdf.cell(size, size, "?", align="C")

    def _rows(self, column: _Column, rows: Sequence[Row]) -> None:
        self._font("text")
        names = max((self._pdf.get_string_width(self._writable(one.name)) for one in rows),
                    default=0) + 2
        for one in rows:
            name = _Column(column.x, column.y, names)
            value = _Column(column.x + names, column.y, column.width - names)
            self._write(name, one.name, colour=GREY)
            self._write(value, one.value)
            column.y = max(name.y, value.y) + 0.2

    def _dates(self, full: _Column) -> None:
        shown = self._shown
        self._heading(full, shown.texts("report.dates"))
        left = _Column(full.x, full.y, full.width * 0.56)
        right = _Column(full.x + left.width + GAP, full.y, full.width - left.width - GAP)
        height = 22.0 * self._scale
        for one in draw(shown.line, left.width, height):
            self._shape(one, left.x, left.y)
        left.y += height + 1
        self._legend(left)
        for moment in shown.moments:
            row = _Column(right.x + 25, right.y, right.width - 25)
            line = self._font("text", bold=True)
            self._pdf.set_xy(right.x, right.y)
            self._pdf.cell(6, line, str(moment.number))
            self._font("text")
            self._pdf.cell(19, line, moment.day)
            self._write(row, moment.meaning)
            right.y = row.y
            self._rule(right)
            right.y += 0.3
        for said in shown.calendars:
            self._write(right, said, colour=GREY)
        full.y = max(left.y, right.y) + 1.2 * self._scale

    def _legend(self, column: _Column) -> None:
        x = column.x
        line = self._font("text", GREY)
        for style in dict.fromkeys(one.style for one in self._shown.line.spans):
            words = self._writable(self._shown.texts(f"report.legend-{style}"))
            self._band(style, x, column.y + line * 0.25, 6, line * 0.5)
            self._font("text", GREY)
            self._pdf.set_xy(x + 7, column.y)
            self._pdf.cell(0, line, words)
            x += self._pdf.get_string_width(words) + 14
        column.y += line

    def _band(self, style: Style, x: float, y: float, width: float, height: float) -> None:
        fill, edge = BANDS[style]
        with self._pdf.local_context():
            self._pdf.set_fill_color(*fill)
            self._pdf.set_draw_color(*edge)
            self._pdf.set_line_width(0.25)
            if style == "restoration":
                self._pdf.set_dash_pattern(dash=1, gap=0.7)
            self._pdf.rect(x, y, max(width, 0.1), height, style="DF")

    def _shape(self, one: Shape, x: float, y: float) -> None:
        pdf = self._pdf
        if one.kind == "box":
            self._band(one.style, x + one.x, y + one.y, one.width, one.height)
        elif one.kind == "line":
            pdf.set_draw_color(*(INK if one.style == "axis" else GREY))
            pdf.set_line_width(0.35 if one.style == "axis" else 0.15)
            pdf.line(x + one.x, y + one.y, x + one.x + one.width, y + one.y + one.height)
        else:
            if one.kind == "mark":
                pdf.set_draw_color(*INK)
                pdf.set_fill_color(*WHITE)
                pdf.set_line_width(0.3)
                pdf.circle(x + one.x, y + one.y, one.width, style="DF")
            line = self._font("text", INK if one.kind == "mark" else GREY, bold=one.kind == "mark")
            below = -line / 2 if one.kind == "mark" else -line * 0.8
            pdf.set_xy(x + one.x - 5, y + one.y + below)
            pdf.cell(10, line, one.text, align="C")

    def _checks(self, full: _Column) -> None:
        """Write the table of checks."""
        texts = self._shown.texts
        shares = (0.17, 0.105, 0.125, 0.38, 0.22)
        columns: list[_Column] = []
        x = full.x
        for share in shares:
            columns.append(_Column(x, full.y, share * full.width - 2))
            x += share * full.width
        heads = ("check", "mark", "result", "reason", "basis")
        self._line_of(full, columns, [partial(self._head_cell, texts(f"report.{head}"))
                                      for head in heads])
        for one in self._shown.checks:
            self._line_of(full, columns, self._check(one))

    def _head_cell(self, text: str, column: _Column) -> None:
        self._write(column, text, colour=GREY, bold=True)

    def _check(self, one: Told) -> list[Callable[[_Column], None]]:
        def marked(column: _Column) -> None:
            self._mark(column.x, column.y, one.mark, one.word)
            column.y += self._font("text")

        def reason(column: _Column) -> None:
            self._write(column, one.reason)
            if one.remedy:
                self._write(column, f"{self._shown.texts('report.remedy')} {one.remedy}",
                            colour=ACCENT)

        return [
            lambda column: self._write(column, f"{one.check}  {one.title}"),
            marked,
            lambda column: self._write(column, one.name, bold=True),
            reason,
            lambda column: self._write(column, one.basis, colour=GREY),
        ]

    def _line_of(
        self, full: _Column, columns: Sequence[_Column],
        cells: Sequence[Callable[[_Column], None]],
    ) -> None:
        """Write the cells of a line side by side, and a rule below the tallest."""
        for column, cell in zip(columns, cells, strict=True):
            column.y = full.y + 0.25
            cell(column)
        full.y = max(one.y for one in columns) + 0.25
        self._rule(full)

    def _foot(self, full: _Column) -> None:
        """Write the freshness, the attachments and what is not proven, side by side."""
        shown, texts = self._shown, self._shown.texts
        third = (full.width - 2 * GAP) / 3
        first, second, last = (
            _Column(MARGIN + at * (third + GAP), full.y, third) for at in range(3)
        )
        self._heading(first, texts("report.fresh"))
        self._rows(first, shown.fresh)
        first.y += 0.6
        self._heading(first, texts("report.checkpoint"))
        for line in filter(None, shown.checkpoint):
            self._write(first, line, "code")
        self._heading(second, texts("report.evidence"))
        for one in shown.attachments:
            self._write(second, texts(f"attachment.{one.kind}"), bold=True)
            self._write(second, one.name)
            self._write(second, f"SHA-256 {one.digest}", "code")
            second.y += 0.4
        self._write(second, texts("report.verify"), colour=GREY)
        self._heading(last, texts("report.not-proven"))
        for said in shown.not_proven:
            self._write(last, f"- {said}")
        full.y = max(first.y, second.y, last.y)
