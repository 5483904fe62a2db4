"""A sheet of A4 in PDF: fonts, columns of text, marks, boxes; the page itself is laid out above.

- The built-in fonts write Western European; with a font file the sheet is PDF/A-3b. A text that the
  font cannot write is said to stand in the HTML report.
- Nothing of the clock enters: the dates of the file are those of the block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Literal

from fpdf import FPDF
from fpdf.enums import WrapMode
from fpdf.errors import FPDFException

from muniment import __version__
from muniment.proof.errors import Malformed
from muniment.report.content import Content, Row
from muniment.report.timeline import Style
from muniment.texts.results import Mark

WIDTH, HEIGHT = 210.0, 297.0
_POINTS = {"title": 15.0, "name": 10.0, "head": 7.6, "text": 7.6, "code": 5.8}
_MILLIMETRES = 25.4 / 72
_SOFTWARE = f"muniment {__version__}"
_PACKET = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="3" pdfaid:conformance="B"
 xmp:CreatorTool="{software}" pdf:Producer="{software}" xmp:CreateDate="{made}"
 xmp:ModifyDate="{made}" dc:format="application/pdf">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
"""What PDF/A asks the file to say of itself (ISO 16684-1)."""
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


@dataclass(slots=True)
class Column:
    """A part of the page: where it begins, how wide it is, how far down it is filled."""

    x: float
    y: float
    width: float


class Sheet:
    """One sheet, written at a scale."""

    def __init__(self, shown: Content, scale: float, font: Path | None) -> None:
        self.shown = shown
        self.scale = scale
        self.pdf = FPDF(enforce_compliance="PDF/A-3B" if font else None)
        self.pdf.set_auto_page_break(auto=False)
        self.pdf.core_fonts_encoding = "cp1252"
        self.pdf.c_margin = 0
        self._text_font, self._code_font, self._bold = "helvetica", "courier", "B"
        if font is not None:
            self._embed_font(font)
        self._describe()
        self.pdf.add_page()

    def _embed_font(self, font: Path) -> None:
        try:
            self.pdf.add_font("text", "", str(font))
        except (FPDFException, OSError, ValueError, KeyError) as error:
            raise Malformed(
                "font-unusable", f"{font.name} is no TrueType font that can be embedded: "
                f"{type(error).__name__}.", remedy="Name a .ttf file, e.g. DejaVuSans.ttf.",
            ) from None
        self._text_font = self._code_font = "text"
        self._bold = ""

    def _describe(self) -> None:
        shown, pdf = self.shown, self.pdf
        made = datetime.fromtimestamp(shown.time, UTC)
        pdf.set_creation_date(made)
        pdf.set_title(f"{shown.title} {shown.name}")
        pdf.set_lang(shown.texts.language)
        pdf.set_creator(_SOFTWARE)
        pdf.set_producer(_SOFTWARE)
        if self._text_font == "text":
            # The library's own packet tells the time of the clock, and no two would be equal.
            pdf.set_xmp_metadata(_PACKET.format(
                language=shown.texts.language, made=made.isoformat(), software=_SOFTWARE,
                title=escape(f"{shown.title} {shown.name}", quote=True)))
        for one in shown.attachments:
            pdf.embed_file(
                bytes=one.data, basename=one.name, modification_date=made, creation_date=made,
                desc=shown.texts(f"attachment.{one.kind}"), mime_type="application/json",
                associated_file_relationship="Data", compress=True, checksum=True,
            )

    def bytes(self) -> bytes:
        """Return the file."""
        return bytes(self.pdf.output())

    def font(self, kind: str, colour: Colour = INK, *, bold: bool = False) -> float:
        """Choose a font; return the height of its line in millimetres."""
        points = _POINTS[kind] * self.scale
        family = self._code_font if kind == "code" else self._text_font
        self.pdf.set_font(family, self._bold if bold else "", points)
        self.pdf.set_text_color(*colour)
        return points * _MILLIMETRES * 1.2

    def writable(self, text: str) -> str:
        """Return a text, or, where the font has no letters for it, that it stands elsewhere."""
        if self._text_font == "text":
            glyphs: Any = self.pdf.current_font
            known = glyphs.cmap
            return text if all(ord(one) in known for one in text) else (
                self.shown.texts("report.other-script"))
        try:
            text.encode("cp1252")
        except UnicodeEncodeError:
            return self.shown.texts("report.other-script")
        return text

    def write(
        self, column: Column, text: str, kind: str = "text", colour: Colour = INK, *,
        bold: bool = False, align: Literal["L", "R", "C"] = "L",
    ) -> None:
        """Write a paragraph into a column and move on below it."""
        line = self.font(kind, colour, bold=bold)
        self.pdf.set_xy(column.x, column.y)
        self.pdf.multi_cell(column.width, line, self.writable(text), align=align, padding=0,
                             new_x="LEFT", new_y="NEXT",
                             wrapmode=WrapMode.CHAR if kind == "code" else WrapMode.WORD)
        column.y = self.pdf.get_y()

    def rule(self, column: Column, colour: Colour = RULE, thick: float = 0.15) -> None:
        """Draw a line across a column, where it is filled to."""
        self.pdf.set_draw_color(*colour)
        self.pdf.set_line_width(thick)
        self.pdf.line(column.x, column.y, column.x + column.width, column.y)

    def heading(self, column: Column, text: str) -> None:
        """Write the heading of a part."""
        self.write(column, text.upper(), "head", ACCENT, bold=True)
        column.y += 0.4 * self.scale

    def mark(self, x: float, y: float, mark: Mark, words: str) -> None:
        """Draw a mark: a shape of its own, its symbol, its word, its colour."""
        line = self.font("text", MARKS[mark], bold=True)
        size = line * 0.86
        self._symbol(mark, x + size / 2, y + line / 2, size)
        self.font("text", MARKS[mark], bold=True)
        self.pdf.set_xy(x + size + 0.8, y)
        self.pdf.cell(0, line, self.writable(words))

    def _symbol(self, mark: Mark, x: float, y: float, size: float) -> None:
        pdf, half = self.pdf, size / 2
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
            # Hollow: a question mark in a filled shape is the sign for a letter that is missing.
            pdf.set_draw_color(*MARKS[mark])
            pdf.circle(x, y, half - pdf.line_width / 2, style="D")
            self.font("text", MARKS[mark], bold=True)
            pdf.set_xy(x - half, y - half)
            pdf.cell(size, size, "?", align="C")

    def rows(self, column: Column, rows: Sequence[Row]) -> None:
        """Write named values, the names in one line of sight."""
        self.font("text")
        names = max((self.pdf.get_string_width(self.writable(one.name)) for one in rows),
                    default=0) + 2
        for one in rows:
            name = Column(column.x, column.y, names)
            value = Column(column.x + names, column.y, column.width - names)
            self.write(name, one.name, colour=GREY)
            self.write(value, one.value)
            column.y = max(name.y, value.y) + 0.2

    def band(self, style: Style, x: float, y: float, width: float, height: float) -> None:
        """Draw a term of the timeline, or its example in the legend."""
        fill, edge = BANDS[style]
        with self.pdf.local_context():
            self.pdf.set_fill_color(*fill)
            self.pdf.set_draw_color(*edge)
            self.pdf.set_line_width(0.25)
            if style == "restoration":
                self.pdf.set_dash_pattern(dash=1, gap=0.7)
            self.pdf.rect(x, y, max(width, 0.1), height, style="DF")
