"""The report in words: every string of it, in one language, before any layout.

HTML and PDF show the same content; what they add is form. Texts come from the catalogue alone;
what else stands here is data of the register.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from muniment import __version__
from muniment.model.application import Copy
from muniment.model.calendar import format_date
from muniment.model.dates import utc
from muniment.reference.offices import office_name
from muniment.report.dossier import Attachment, Dossier, Entry
from muniment.report.timeline import Moment, Timeline, timeline
from muniment.texts import Texts
from muniment.texts.results import (
    SYMBOLS,
    Mark,
    Told,
    not_confirmed,
    tell_all_claims,
    tell_claim,
)

_SHORT = 12
"""Characters shown of a digest that names an account."""


class Row(NamedTuple):
    """A named value."""

    name: str
    value: str


class Dated(NamedTuple):
    """A day of the timeline and what it is."""

    number: int
    day: str
    meaning: str


class Count(NamedTuple):
    """How many results bear a mark."""

    mark: Mark
    number: int
    word: str


@dataclass(frozen=True, slots=True)
class Content:
    """What the page says."""

    texts: Texts
    """The language, for headings."""
    name: str
    """The claim."""
    file_stem: str
    """The name of the file without its ending."""
    fiction: str
    """The mark of a demo ledger, or nothing."""
    counts: tuple[Count, ...]
    answer: tuple[str, ...]
    """What follows from the results, in sentences."""
    later: tuple[Row, ...]
    earlier: tuple[Row, ...]
    claim: tuple[Row, ...]
    line: Timeline
    moments: tuple[Dated, ...]
    calendars: tuple[str, ...]
    checks: tuple[Told, ...]
    fresh: tuple[Row, ...]
    checkpoint: tuple[str, ...]
    """The signed checkpoint, line by line."""
    attachments: tuple[Attachment, ...]
    not_proven: tuple[str, ...]
    time: int
    """Block time, in UTC seconds."""

    @property
    def title(self) -> str:
        """The page's title."""
        return self.texts("report.title")


def content(dossier: Dossier, texts: Texts) -> Content:
    """Return what the report says in the language of `texts`."""
    checks = _checks(dossier, texts)
    line = timeline(dossier)
    return Content(
        texts=texts,
        name=str(dossier.name),
        file_stem=dossier.attachments[0].name.removesuffix("-claim.json"),
        fiction=texts("report.fiction") if dossier.fiction else "",
        counts=_counts(checks, texts),
        answer=_answer(dossier, checks, texts),
        later=_filing(dossier.later, texts, dossier.later.standing),
        earlier=_earlier(dossier, texts),
        claim=_claim(dossier, texts),
        line=line,
        moments=tuple(_dated(number, one, texts) for number, one in enumerate(line.moments, 1)),
        calendars=tuple(texts("report.calendar", one_calendar(one)) for one in dossier.calendars),
        checks=checks,
        fresh=_fresh(dossier, texts),
        checkpoint=tuple(dossier.checkpoint.splitlines()),
        attachments=dossier.attachments,
        not_proven=tuple(told for _, told in texts.pairs("not-proven.")),
        time=dossier.time,
    )


def one_calendar(one: Any) -> dict[str, Any]:
    """Return a calendar as facts."""
    return {"office": one.office, "source": one.source, "version": one.version, "year": one.year}


def _checks(dossier: Dossier, texts: Texts) -> tuple[Told, ...]:
    if not dossier.assessment.confirmed:
        return (not_confirmed(texts),)
    told = tell_claim(texts, dossier.assessed.later, dossier.assessment)
    return tuple(sorted([*told, tell_all_claims(texts, dossier.assessed)],
                        key=lambda one: one.check))


def _counts(checks: tuple[Told, ...], texts: Texts) -> tuple[Count, ...]:
    counted = Counter(one.mark for one in checks)
    return tuple(Count(mark, counted[mark], texts(f"mark.{mark}")) for mark in SYMBOLS)


def _answer(dossier: Dossier, checks: tuple[Told, ...], texts: Texts) -> tuple[str, ...]:
    """Return what follows: what excludes the claim, what is to be looked at, what is not shown."""
    marked = {mark: [one.check for one in checks if one.mark == mark] for mark in SYMBOLS}
    if not dossier.assessment.confirmed:
        said = [texts("answer.not-confirmed")]
    elif marked["excludes"]:
        said = [texts("answer.excluded", checks=marked["excludes"])]
    else:
        said = [texts("answer.nothing-excludes")]
    said += [texts(f"answer.{mark}", checks=marked[mark])
             for mark in ("attention", "open") if marked[mark]]
    day = dossier.assessed.priority_date
    said.append(texts("answer.priority-date", date=format_date(day)) if day
                else texts("answer.no-priority-date"))
    return (*said, texts("answer.office-decides", office=_office(dossier.name.later.office)))


def _office(code: str) -> str:
    name = office_name(code).partition(",")[0]
    return f"{name} ({code})" if name else code


def _filing(
    one: Entry, texts: Texts, standing: Any, claimed: tuple[Row, ...] = ()
) -> tuple[Row, ...]:
    def row(key: str, value: str) -> Row:
        return Row(texts(f"field.{key}"), value)

    rows = [row("office", _office(one.named.office)),
            row("number", standing.number if standing else one.named.number)]
    if standing and standing.printed:
        rows.append(row("printed", standing.printed))
    rows.append(row("right", texts.word("right", one.named.right)))
    rows += claimed or [row("date", standing.date or "")]
    if standing is None:
        rows.append(row("source", texts("source.none")))
    elif isinstance(standing, Copy):
        rows.append(row("source", texts("source.copy", recorder=one.recorder,
                                        retrieved=standing.retrieved, source=standing.source)))
    else:
        rows.append(row("source", texts("source.application", entry=standing.entry,
                                        time=utc(standing.recorded))))
    rows += [row("erased", ", ".join(standing.erased))] if standing and standing.erased else []
    rows += [Row(texts.word("name", name), _listed(value))
             for name, value in sorted(one.names.items())]
    return tuple(rows)


def _earlier(dossier: Dossier, texts: Texts) -> tuple[Row, ...]:
    standing, claim = dossier.earlier.standing, dossier.claim
    dates = [Row(texts("field.claimed-date"), claim.date)]
    if standing is not None:
        dates.append(Row(texts("field.register-date"), standing.date or texts("source.no-date")))
    if claim.earlier.number not in {standing and standing.number, standing and standing.printed}:
        dates.insert(0, Row(texts("field.claimed-number"), claim.earlier.number))
    return _filing(dossier.earlier, texts, standing, tuple(dates))


def _claim(dossier: Dossier, texts: Texts) -> tuple[Row, ...]:
    def row(key: str, value: str) -> Row:
        return Row(texts(f"field.{key}"), value)

    claim = dossier.claim
    changed = [
        f"{check}: {texts.word('result', was)}"
        for check, was in sorted(claim.results.items())
        if dossier.assessment.summary().get(check, was) != was
    ]
    rows = [
        row("recorded", texts("claim.recorded", entry=claim.entry, time=utc(claim.recorded))),
        row("submitter", claim.submitter[:_SHORT] + ("…" if len(claim.submitter) > _SHORT else "")),
        row("status", texts.word("status", claim.status)),
        row("decision", texts("claim.undecided")),
        row("rules", texts("claim.rules", rules=claim.rules or "")),
    ]
    if changed:
        rows.append(row("changed", "; ".join(changed)))
    return tuple(rows)


def _dated(number: int, one: Moment, texts: Texts) -> Dated:
    return Dated(number, format_date(one.day), texts(one.key))


def _fresh(dossier: Dossier, texts: Texts) -> tuple[Row, ...]:
    return (
        Row(texts("field.ledger"), dossier.origin),
        Row(texts("field.block"), texts("fresh.block", height=dossier.height,
                                        time=utc(dossier.time))),
        Row(texts("field.entries"), str(dossier.size)),
        Row(texts("field.software"), f"muniment {__version__}"),
    )


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

