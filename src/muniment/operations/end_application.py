"""End an application: its office says that it was withdrawn, abandoned or refused, and when."""

from collections.abc import Iterator
from typing import Literal

from muniment.codec import Date, Number, Office, Payload, RightKind, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS, End
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.state import Change, State, change


class EndApplication(Payload, frozen=True, kw_only=True, tag="end-application"):
    """Which application ended, and how."""

    date: Date
    """The day on which it ended."""
    fate: Literal["abandoned", "refused", "withdrawn"]
    """What became of it."""
    leaves_rights: bool = False
    """Whether rights are left outstanding (Paris Convention Art. 4C(4))."""
    number: Number
    """The number of the application."""
    office: Office
    """The office in whose register it stands."""
    right: RightKind
    """The kind of right."""


TYPE = TransactionType(
    name="end-application",
    number=23,
    payload=EndApplication,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"application"}),
)


@TYPE.check(1, "not-confirmed", basis="docs/formats/state-tree.md")
def entry_is_here(operation: EndApplication, state: State, ctx: Context) -> bool:
    """The filing MUST stand unsealed in the office's register."""
    return filings.find(state, APPLICATIONS, *_named(operation)) is not None


@TYPE.check(2, "application-ended", basis="Paris Convention Art. 4A(3)")
def application_is_alive(operation: EndApplication, state: State, ctx: Context) -> bool:
    """The application MUST NOT have ended before."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    return found is not None and found[1].ended is None


@TYPE.check(3, "date-not-real-or-future", basis="WIPO Standard ST.2")
def date_follows_filing(operation: EndApplication, state: State, ctx: Context) -> bool:
    """The day MUST be real, not in the future and not before the filing date."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    return found is not None and has_come(operation.date, ctx.time) and (
        operation.date >= found[1].date)


@TYPE.effect
def application_is_ended(
    operation: EndApplication, state: State, ctx: Context
) -> Iterator[Change]:
    """The entry shows how it ended; whatever was claimed from it stays."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    if found is not None:
        end = End(date=operation.date, fate=operation.fate, leaves_rights=operation.leaves_rights)
        yield change(APPLICATIONS, found[0], found[1], replace(found[1], ended=end))


def _named(operation: EndApplication) -> tuple[str, str, str]:
    return operation.office, operation.right, operation.number


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def end(date: str = "2026-02-02") -> EndApplication:
        return EndApplication(date=date, fate="withdrawn", number="2026/000001", office="XA",
                              right="patent")

    ended = given.filed(ended={"date": "2026-02-01", "fate": "refused"})
    yield Example("withdrawn", end(), given=given.filed())
    yield Example("no-such-entry", end(), "not-confirmed")
    yield Example("again", end(), "application-ended", ended)
    yield Example("before-it-was-filed", end("2026-01-04"), "date-not-real-or-future",
                  given.filed())
