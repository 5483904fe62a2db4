"""The report as one A4 page of PDF, with the evidence files attached to it.

The same content gives the same bytes. The page is laid out at full size and, if it would run over,
again a little smaller.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from muniment.report.content import Content
from muniment.report.sheet import (
    ACCENT,
    GREY,
    HEIGHT,
    INK,
    MARKS,
    SOFT,
    WHITE,
    WIDTH,
    Column,
    Sheet,
)
from muniment.report.timeline import Shape, draw, top_of
from muniment.texts.results import Told

MARGIN = 10.0
BOTTOM = 8.0
GAP = 5.0
SCALES = (1.0, 0.96, 0.92, 0.88, 0.84, 0.8, 0.76, 0.72, 0.68)
"""How much smaller the page is tried until it fits; the last gives letters of 5 points."""


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


class _Page(Sheet):
    """One attempt to lay the page out."""

    def draw(self) -> bool:
        """Lay everything out; return whether it fits on the page."""
        shown, texts = self.shown, self.shown.texts
        full = Column(MARGIN, MARGIN, WIDTH - 2 * MARGIN)
        self._head(full)
        self._answer(full)
        full.y += 1.5 * self.scale
        third = (full.width - 2 * GAP) / 3
        columns = [Column(MARGIN + at * (third + GAP), full.y, third) for at in range(3)]
        for column, name, rows in zip(columns, ("later", "earlier", "claim"),
                                      (shown.later, shown.earlier, shown.claim), strict=True):
            self.heading(column, texts(f"report.{name}"))
            self.rows(column, rows)
        full.y = max(one.y for one in columns) + 1.5 * self.scale
        self._dates(full)
        self.heading(full, texts("report.checks"))
        self._checks(full)
        full.y += 1.5 * self.scale
        self._foot(full)
        return full.y <= HEIGHT - BOTTOM

    def _head(self, full: Column) -> None:
        shown = self.shown
        left = Column(full.x, full.y, full.width - 62)
        self.write(left, shown.title, "title", bold=True)
        self.write(left, shown.name, "name")
        if shown.fiction:
            box = Column(WIDTH - MARGIN - 58, full.y + 0.6, 56)
            top = box.y
            self.write(box, shown.fiction, "name", MARKS["excludes"], bold=True, align="C")
            self.pdf.set_draw_color(*MARKS["excludes"])
            self.pdf.set_line_width(0.5)
            with self.pdf.local_context():
                self.pdf.set_dash_pattern(dash=1.5, gap=1)
                self.pdf.rect(box.x - 1, top - 0.8, box.width + 2, box.y - top + 1.6)
            left.y = max(left.y, box.y + 1)
        full.y = left.y + 0.8
        self.rule(full, ACCENT, 0.7)
        full.y += 1.8 * self.scale

    def _answer(self, full: Column) -> None:
        """Write the counts and what follows, on a soft ground."""
        probe = self.font("text")
        said = " ".join(self.shown.answer)
        said_height: Any = self.pdf.multi_cell(full.width - 6, probe, self.writable(said),
                                                dry_run=True, output="HEIGHT")
        height = said_height + probe * 1.3 + 2.4
        self.pdf.set_fill_color(*SOFT)
        self.pdf.rect(full.x, full.y, full.width, height, style="F")
        self.pdf.set_fill_color(*ACCENT)
        self.pdf.rect(full.x, full.y, 1, height, style="F")
        x, y = full.x + 3, full.y + 1.2
        for one in self.shown.counts:
            words = f"{one.number} {one.word}"
            self.mark(x, y, one.mark, words)
            x += self.pdf.get_string_width(words) + 10
        inner = Column(full.x + 3, y + probe * 1.3, full.width - 6)
        self.write(inner, said)
        full.y += height

    def _dates(self, full: Column) -> None:
        shown = self.shown
        self.heading(full, shown.texts("report.dates"))
        left = Column(full.x, full.y, full.width * 0.56)
        right = Column(full.x + left.width + GAP, full.y, full.width - left.width - GAP)
        height = 22.0 * self.scale
        drawn = draw(shown.line, left.width, height)
        left.y -= top_of(drawn)
        for one in drawn:
            self._shape(one, left.x, left.y)
        left.y += height + 1
        self._legend(left)
        for moment in shown.moments:
            row = Column(right.x + 25, right.y, right.width - 25)
            line = self.font("text", bold=True)
            self.pdf.set_xy(right.x, right.y)
            self.pdf.cell(6, line, str(moment.number))
            self.font("text")
            self.pdf.cell(19, line, moment.day)
            self.write(row, moment.meaning)
            right.y = row.y
            self.rule(right)
            right.y += 0.3
        for said in shown.calendars:
            self.write(right, said, colour=GREY)
        full.y = max(left.y, right.y) + 1.2 * self.scale

    def _legend(self, column: Column) -> None:
        x = column.x
        line = self.font("text", GREY)
        for style in dict.fromkeys(one.style for one in self.shown.line.spans):
            words = self.writable(self.shown.texts(f"report.legend-{style}"))
            self.band(style, x, column.y + line * 0.25, 6, line * 0.5)
            self.font("text", GREY)
            self.pdf.set_xy(x + 7, column.y)
            self.pdf.cell(0, line, words)
            x += self.pdf.get_string_width(words) + 14
        column.y += line

    def _shape(self, one: Shape, x: float, y: float) -> None:
        pdf = self.pdf
        if one.kind == "box":
            self.band(one.style, x + one.x, y + one.y, one.width, one.height)
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
            line = self.font("text", INK if one.kind == "mark" else GREY, bold=one.kind == "mark")
            below = -line / 2 if one.kind == "mark" else -line * 0.8
            pdf.set_xy(x + one.x - 5, y + one.y + below)
            pdf.cell(10, line, one.text, align="C")

    def _checks(self, full: Column) -> None:
        """Write the table of checks."""
        texts = self.shown.texts
        shares = (0.17, 0.105, 0.125, 0.38, 0.22)
        columns: list[Column] = []
        x = full.x
        for share in shares:
            columns.append(Column(x, full.y, share * full.width - 2))
            x += share * full.width
        heads = ("check", "mark", "result", "reason", "basis")
        self._line_of(full, columns, [partial(self._head_cell, texts(f"report.{head}"))
                                      for head in heads])
        for one in self.shown.checks:
            self._line_of(full, columns, self._check(one))

    def _head_cell(self, text: str, column: Column) -> None:
        self.write(column, text, colour=GREY, bold=True)

    def _check(self, one: Told) -> list[Callable[[Column], None]]:
        def marked(column: Column) -> None:
            self.mark(column.x, column.y, one.mark, one.word)
            column.y += self.font("text")

        def reason(column: Column) -> None:
            self.write(column, one.reason)
            if one.remedy:
                self.write(column, f"{self.shown.texts('report.remedy')} {one.remedy}",
                            colour=ACCENT)

        return [
            lambda column: self.write(column, f"{one.check}  {one.title}"),
            marked,
            lambda column: self.write(column, one.name, bold=True),
            reason,
            lambda column: self.write(column, one.basis, colour=GREY),
        ]

    def _line_of(
        self, full: Column, columns: Sequence[Column],
        cells: Sequence[Callable[[Column], None]],
    ) -> None:
        """Write the cells of a line side by side, and a rule below the tallest."""
        for column, cell in zip(columns, cells, strict=True):
            column.y = full.y + 0.25
            cell(column)
        full.y = max(one.y for one in columns) + 0.25
        self.rule(full)

    def _foot(self, full: Column) -> None:
        """Write the freshness, the attachments and what is not proven, side by side."""
        shown, texts = self.shown, self.shown.texts
        third = (full.width - 2 * GAP) / 3
        first, second, last = (
            Column(MARGIN + at * (third + GAP), full.y, third) for at in range(3)
        )
        self.heading(first, texts("report.fresh"))
        self.rows(first, shown.fresh)
        first.y += 0.6
        self.heading(first, shown.attested)
        for line in filter(None, shown.checkpoint):
            self.write(first, line, "code")
        self.heading(second, texts("report.evidence"))
        for one in shown.attachments:
            self.write(second, texts(f"attachment.{one.kind}"), bold=True)
            self.write(second, one.name)
            self.write(second, f"SHA-256 {one.digest}", "code")
            second.y += 0.4
        self.write(second, texts("report.verify"), colour=GREY)
        self.heading(last, texts("report.not-proven"))
        for said in shown.not_proven:
            self.write(last, f"- {said}")
        full.y = max(first.y, second.y, last.y)
