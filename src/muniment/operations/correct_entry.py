"""Correct an entry: an office mends its own register; the old entry stays readable."""

from collections.abc import Iterator

from muniment.codec import Date, Disclosed, Number, Office, Payload, RightKind, Word, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.state import Change, State, change
from muniment.proof import limits

CORRECTIONS_KEPT = 8
"""How many corrections the state names; the log holds them all."""


class CorrectEntry(Payload, frozen=True, kw_only=True, tag="correct-entry"):
    """What was entered wrongly, and what is right."""

    date: Date | None = None
    """The right filing date, if that is corrected."""
    disclosed: Disclosed = {}
    """The names disclosed anew, each with its digest."""
    ground: Word
    """The code of the ground, e.g. `clerical-error` or `court-order`."""
    number: Number
    """The number of the filing."""
    office: Office
    """The office whose entry it is."""
    right: RightKind
    """The kind of right."""
    was: Date | None = None
    """The filing date that stands now, if the date is corrected."""


TYPE = TransactionType(
    name="correct-entry",
    number=40,
    payload=CorrectEntry,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"application"}),
    event="Y10",
)


@TYPE.check(1, "not-confirmed", basis="docs/formats/state-tree.md")
def entry_is_here(operation: CorrectEntry, state: State, ctx: Context) -> bool:
    """The filing MUST stand in the office's register."""
    return filings.find(state, APPLICATIONS, *_named(operation)) is not None


@TYPE.check(2, "nothing-to-correct", basis="WIPO Standard ST.27, category Y")
def something_changes(operation: CorrectEntry, state: State, ctx: Context) -> bool:
    """A date or a disclosure MUST be given, and the date MUST differ from the one that stands."""
    dated = operation.date is not None and operation.date != operation.was
    return dated or (operation.date is None and bool(operation.disclosed))


@TYPE.check(3, "entry-has-changed", basis="docs/formats/state-tree.md")
def old_value_stands(operation: CorrectEntry, state: State, ctx: Context) -> bool:
    """The date given as the one that stands MUST be the one that stands."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    standing = found[1].date if found and operation.date is not None else None
    return operation.was == standing


@TYPE.check(4, "date-not-real-or-future", basis="PCT Rule 80.4; Paris Convention Art. 4A(3)")
def date_has_come(operation: CorrectEntry, state: State, ctx: Context) -> bool:
    """The right date MUST be a real date, not before 1790 and not in the future."""
    return operation.date is None or has_come(operation.date, ctx.time)


@TYPE.check(5, "too-many-disclosed", basis="docs/formats/disclosure.md")
def names_stay_few(operation: CorrectEntry, state: State, ctx: Context) -> bool:
    """The filing MUST NOT disclose more than eight names after the correction."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    names = operation.disclosed.keys() | (found[1].disclosed.keys() if found else set())
    return len(names) <= limits.DISCLOSED_NAMES_MAX


@TYPE.effect
def entry_is_corrected(operation: CorrectEntry, state: State, ctx: Context) -> Iterator[Change]:
    """The right values stand; the position of the correction is kept beside them."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    if found is None:
        return
    key, before = found
    after = replace(
        before,
        corrected=(*before.corrected, ctx.position)[-CORRECTIONS_KEPT:],
        date=operation.date or before.date,
        disclosed=before.disclosed | operation.disclosed,
        erased=tuple(name for name in before.erased if name not in operation.disclosed),
    )
    yield change(APPLICATIONS, key, before, after)


def _named(operation: CorrectEntry) -> tuple[str, str, str]:
    return operation.office, operation.right, operation.number


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def correct(date: str | None = "2026-01-06", was: str | None = "2026-01-05",
                disclosed: dict[str, str] | None = None) -> CorrectEntry:
        return CorrectEntry(date=date, disclosed=disclosed or {}, ground="clerical-error",
                            number="2026/000001", office="XA", right="patent", was=was)

    names = ("agents", "applicants", "claims", "drawings", "inventors", "mark", "text")
    full = dict.fromkeys((*names, "title"), given.DIGEST)
    yield Example("plain", correct(), given=given.filed())
    yield Example("no-such-entry", correct(), "not-confirmed")
    yield Example("nothing", correct(None, None), "nothing-to-correct", given.filed())
    yield Example("changed-meanwhile", correct(), "entry-has-changed",
                  given.filed(date="2026-01-04"))
    yield Example("thirtieth-of-february", correct("2026-02-30"), "date-not-real-or-future",
                  given.filed())
    yield Example("a-ninth-name", correct(None, None, {"abstract": given.DIGEST}),
                  "too-many-disclosed", given.filed(disclosed=full))
