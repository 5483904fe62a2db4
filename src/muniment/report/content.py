"""The report in words: every string of it, in one language, before any layout.

HTML and PDF show the same content; what they add is form. Texts come from the catalogue alone;
what else stands here is data of the register.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from muniment import __version__
from muniment.codec import members
from muniment.model.application import Copy
from muniment.model.calendar import format_date
from muniment.model.claim import Claim, ClaimSteps, Finding
from muniment.model.dates import utc
from muniment.reference.offices import office_name
from muniment.report.dossier import Attachment, Dossier, Entry
from muniment.report.timeline import Moment, Timeline, timeline
from muniment.texts import Texts
from muniment.texts.results import (
    SYMBOLS,
    Mark,
    Told,
    answer_in_words,
    several_in_words,
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
    attested: str
    """How the checkpoint is attested."""
    checkpoint: tuple[str, ...]
    """The checkpoint, line by line."""
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
        attested=texts("report.checkpoint-commit" if dossier.by_validators
                       else "report.checkpoint-note"),
        checkpoint=tuple(dossier.checkpoint.splitlines()),
        attachments=dossier.attachments,
        not_proven=tuple(told for _, told in texts.pairs("not-proven.")),
        time=dossier.time,
    )


def one_calendar(one: Any) -> dict[str, Any]:
    """Return a calendar as facts."""
    return {"office": one.office, "source": one.source, "version": one.version, "year": one.year}


def _checks(dossier: Dossier, texts: Texts) -> tuple[Told, ...]:
    """Return the results in words, each with what the deciding office found of it, if it did."""
    asserted = dossier.finding.asserted if dossier.finding else {}
    return tuple(
        one._replace(reason=f"{one.reason} " + texts(
            "claim.asserts", result=texts.word("result", asserted[one.check])))
        if one.check in asserted else one
        for one in tell_claim(texts, dossier.assessed, dossier.assessment)
    )


def _counts(checks: tuple[Told, ...], texts: Texts) -> tuple[Count, ...]:
    counted = Counter(one.mark for one in checks)
    return tuple(Count(mark, counted[mark], texts(f"mark.{mark}")) for mark in SYMBOLS)


def _answer(dossier: Dossier, checks: tuple[Told, ...], texts: Texts) -> tuple[str, ...]:
    """Return what follows from the results, in sentences."""
    said = answer_in_words(texts, dossier.assessment, checks)
    said += several_in_words(texts, dossier.assessed)
    office, decided = _office(dossier.name.later.office), dossier.claim.decided
    said.append(
        texts("answer.office-decided", office=office, date=decided.date,
              status=texts.word("status", dossier.claim.status)) if decided
        else texts("answer.office-decides", office=office))
    return tuple(said)


def _office(code: str) -> str:
    name = office_name(code).partition(",")[0]
    return f"{name} ({code})" if name else code


def _filing(
    one: Entry, texts: Texts, standing: Any, claimed: tuple[Row, ...] = ()
) -> tuple[Row, ...]:
    def row(key: str, value: str) -> Row:
        return Row(texts(f"field.{key}"), value)

    number = standing.number if standing else one.named.number
    rows = [row("office", _office(one.named.office)),
            row("number", number or texts("source.no-number"))]
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
    if standing and standing.erased:
        rows.append(row("erased", ", ".join(texts.word("name", name) for name in standing.erased)))
    rows += [Row(texts.word("name", name), _listed(value))
             for name, value in sorted(one.names.items())]
    return tuple(rows)


def _earlier(dossier: Dossier, texts: Texts) -> tuple[Row, ...]:
    standing, claim = dossier.earlier.standing, dossier.claim
    dates = [Row(texts("field.claimed-date"), claim.date)]
    if claim.first:
        dates.append(Row(texts("field.first"), claim.first))
    if claim.was:
        dates.append(Row(texts("field.was"), claim.was))
    if standing is not None:
        dates.append(Row(texts("field.register-date"), standing.date or texts("source.no-date")))
    number = claim.earlier.number
    if standing and number not in {standing.number, standing.printed}:
        dates.insert(0, Row(texts("field.claimed-number"), number or ""))
    return _filing(dossier.earlier, texts, standing, tuple(dates))


def _claim(dossier: Dossier, texts: Texts) -> tuple[Row, ...]:
    claim, finding = dossier.claim, dossier.finding
    shown = [
        ("recorded", texts("claim.recorded", entry=claim.entry, time=utc(claim.recorded))),
        ("submitter", claim.submitter[:_SHORT] + ("…" if len(claim.submitter) > _SHORT else "")),
        ("goods", _goods(claim, texts)),
        ("status", texts.word("status", claim.status)),
        ("decision", _decision(claim, texts)),
        ("restored", _restored(claim, texts)),
        *((f"step-{name}", day) for name, day in members(claim.steps or ClaimSteps()).items()),
    ]
    if finding is not None:
        shown += [
            ("asserted", _results(finding.asserted, texts)),
            ("rules", texts("claim.rules", rules=finding.rules)),
            ("changed", _results(_changed(dossier, finding), texts)),
        ]
    return tuple(Row(texts(f"field.{name}"), value) for name, value in shown if value)


def _decision(claim: Claim, texts: Texts) -> str:
    if claim.decided is None:
        return texts("claim.undecided")
    return texts("claim.decided", members(claim.decided))


def _restored(claim: Claim, texts: Texts) -> str:
    return texts("claim.restored", members(claim.restored)) if claim.restored else ""


def _goods(claim: Claim, texts: Texts) -> str:
    if claim.goods is None:
        return ""
    classes = texts("claim.classes", classes=claim.goods.classes) if claim.goods.classes else ""
    listed = texts("claim.listed") if claim.goods.listed else ""
    return "; ".join(filter(None, (classes, listed)))


def _changed(dossier: Dossier, finding: Finding) -> dict[str, str]:
    """Return the results that were other ones when the claim was last acted on."""
    now = dossier.assessment.summary()
    return {check: was for check, was in finding.results.items() if now.get(check, was) != was}


def _results(results: Mapping[str, str], texts: Texts) -> str:
    return "; ".join(f"{check} {texts.word('result', name)}"
                     for check, name in sorted(results.items()))


def _dated(number: int, one: Moment, texts: Texts) -> Dated:
    return Dated(number, format_date(one.day), "; ".join(texts(key) for key in one.keys))


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

