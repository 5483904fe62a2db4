"""The report as one page of HTML: A4 when printed, without scripts and without other files.

- Whatever is data is escaped; a policy in the page forbids it to load anything at all.
- The evidence files are in it, as links that download them.
- Marks are symbol, word, shape and colour together.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from muniment.report.content import Content, Row
from muniment.report.timeline import Shape, draw, top_of
from muniment.texts.results import SYMBOLS, Mark, Told

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:]{8}Z)?")
PICTURE_WIDTH, PICTURE_HEIGHT = 180.0, 24.0
"""In millimetres, as it is printed; the height is what the line may need, not what it takes."""


def as_html(shown: Content) -> str:
    """Return the page."""
    texts = shown.texts
    folder = files("muniment.texts")
    template = Template(folder.joinpath("report.html").read_text(encoding="utf-8"))
    heads = ("later", "earlier", "claim", "dates", "checks", "fresh", "evidence", "not-proven")
    return template.substitute(
        {f"head_{one.replace('-', '_')}": escape(texts(f"report.{one}")) for one in heads},
        language=texts.language,
        direction=texts.direction,
        style=folder.joinpath("report.css").read_text(encoding="utf-8"),
        title=escape(shown.title),
        name=escape(shown.name),
        fiction=f'<p class="fiction">{escape(shown.fiction)}</p>' if shown.fiction else "",
        counts="".join(
            f"<li>{_mark(one.mark, f'{one.number} {one.word}')}</li>" for one in shown.counts),
        answer=" ".join(_text(one) for one in shown.answer),
        later=_rows(shown.later),
        earlier=_rows(shown.earlier),
        claim=_rows(shown.claim),
        picture=_picture(shown),
        legend=_legend(shown),
        moments=_table(
            [texts(f"report.{one}") for one in ("number", "day", "meaning")],
            ([f'<td class="n">{one.number}</td>', f'<td class="n">{_text(one.day)}</td>',
              f"<td>{escape(one.meaning)}</td>"] for one in shown.moments)),
        calendars="<br>".join(escape(one) for one in shown.calendars),
        checks=_checks(shown),
        fresh=_rows(shown.fresh),
        head_checkpoint=escape(shown.attested),
        checkpoint=escape("\n".join(shown.checkpoint)),
        files=_files(shown),
        verify=escape(texts("report.verify")),
        not_proven="".join(f"<li>{escape(one)}</li>" for one in shown.not_proven),
    )


def _text(text: str) -> str:
    """Return a text, escaped, with its days and times marked as such; a time may break at its T."""
    return _TIME.sub(_time, escape(text))


def _time(found: re.Match[str]) -> str:
    day, hour = found.groups()
    if not hour:
        return f'<time datetime="{day}">{day}</time>'
    return f'<time class="at" datetime="{found[0]}"><span>{day}</span><wbr>{hour}</time>'


def _mark(mark: Mark, words: str) -> str:
    return (f'<span class="m {mark}"><span class="s" aria-hidden="true">{SYMBOLS[mark]}</span>'
            f"{escape(words)}</span>")


def _rows(rows: Sequence[Row]) -> str:
    return "<dl>" + "".join(
        f"<dt>{escape(one.name)}</dt><dd><bdi>{_text(one.value)}</bdi></dd>" for one in rows
    ) + "</dl>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _checks(shown: Content) -> str:
    texts = shown.texts
    heads = [texts(f"report.{one}") for one in ("check", "mark", "result", "reason", "basis")]
    return _table(heads, (_check(shown, one) for one in shown.checks))


def _check(shown: Content, one: Told) -> list[str]:
    remedy = (f'<span class="remedy"><b>{escape(shown.texts("report.remedy"))}</b> '
              f"{_text(one.remedy)}</span>") if one.remedy else ""
    return [
        f'<th scope="row">{one.check} <span class="b">{escape(one.title)}</span></th>',
        f"<td>{_mark(one.mark, one.word)}</td>",
        f'<td class="r">{escape(one.name)}</td>',
        f"<td>{_text(one.reason)}{remedy}</td>",
        f'<td class="b">{escape(one.basis)}</td>',
    ]


def _files(shown: Content) -> str:
    texts = shown.texts
    return "".join(
        f'<li><a download="{escape(one.name)}" href="data:application/json;base64,'
        f'{b64encode(one.data).decode("ascii")}">{escape(texts(f"attachment.{one.kind}"))}</a> '
        f'<span class="b">{escape(one.name)}</span><br><code>SHA-256 {one.digest}</code></li>'
        for one in shown.attachments
    )


def _legend(shown: Content) -> str:
    styles = dict.fromkeys(one.style for one in shown.line.spans)
    return " &nbsp; ".join(
        f'<span class="swatch {one}"></span>{escape(shown.texts(f"report.legend-{one}"))}'
        for one in styles
    )


def _picture(shown: Content) -> str:
    title = escape(shown.texts("report.timeline"))
    drawn = draw(shown.line, PICTURE_WIDTH, PICTURE_HEIGHT)
    top = top_of(drawn)
    shapes = "".join(_shape(one) for one in drawn)
    return (f'<svg viewBox="0 {top:.2f} {PICTURE_WIDTH:g} {PICTURE_HEIGHT - top:.2f}" role="img" '
            f'aria-label="{title}"><title>{title}</title>{shapes}</svg>')


def _shape(one: Shape) -> str:
    x, y = f"{one.x:.2f}", f"{one.y:.2f}"
    if one.kind == "box":
        return (f'<rect class="{one.style}" x="{x}" y="{y}" width="{one.width:.2f}" '
                f'height="{one.height:.2f}"/>')
    if one.kind == "line":
        return (f'<line class="{one.style}" x1="{x}" y1="{y}" x2="{one.x + one.width:.2f}" '
                f'y2="{one.y + one.height:.2f}"/>')
    if one.kind == "mark":
        return (f'<circle class="{one.style}" cx="{x}" cy="{y}" r="{one.width}"/>'
                f'<text class="moment-text" x="{x}" y="{one.y + 1:.2f}">{one.text}</text>')
    return f'<text class="{one.style}" x="{x}" y="{y}">{one.text}</text>'
