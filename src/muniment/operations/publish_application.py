"""Publish an application: its office says on which day it was laid open to public inspection."""

from collections.abc import Iterator

from muniment.codec import Date, Number, Office, Payload, RightKind, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.state import Change, State, change


class PublishApplication(Payload, frozen=True, kw_only=True, tag="publish-application"):
    """Which application was laid open, and when."""

    date: Date
    """The day of publication."""
    number: Number
    """The number of the application."""
    office: Office
    """The office in whose register it stands."""
    right: RightKind
    """The kind of right."""


TYPE = TransactionType(
    name="publish-application",
    number=24,
    payload=PublishApplication,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"application"}),
)


@TYPE.check(1, "not-confirmed", basis="docs/formats/state-tree.md")
def entry_is_here(operation: PublishApplication, state: State, ctx: Context) -> bool:
    """The filing MUST stand unsealed in the office's register."""
    return filings.find(state, APPLICATIONS, *_named(operation)) is not None


@TYPE.check(2, "application-published", basis="Paris Convention Art. 4C(4)")
def application_is_new_to_the_public(
    operation: PublishApplication, state: State, ctx: Context
) -> bool:
    """The application MUST NOT have been published before."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    return found is not None and found[1].published is None


@TYPE.check(3, "date-not-real-or-future", basis="WIPO Standard ST.2")
def date_follows_filing(operation: PublishApplication, state: State, ctx: Context) -> bool:
    """The day MUST be real, not in the future and not before the filing date."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    return found is not None and has_come(operation.date, ctx.time) and (
        operation.date >= found[1].date)


@TYPE.effect
def application_is_published(
    operation: PublishApplication, state: State, ctx: Context
) -> Iterator[Change]:
    """The entry shows the day of publication."""
    found = filings.find(state, APPLICATIONS, *_named(operation))
    if found is not None:
        yield change(APPLICATIONS, found[0], found[1], replace(found[1], published=operation.date))


def _named(operation: PublishApplication) -> tuple[str, str, str]:
    return operation.office, operation.right, operation.number


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def publish(date: str = "2026-02-02") -> PublishApplication:
        return PublishApplication(date=date, number="2026/000001", office="XA", right="patent")

    yield Example("plain", publish(), given=given.filed())
    yield Example("no-such-entry", publish(), "not-confirmed")
    yield Example("again", publish(), "application-published",
                  given.filed(published="2026-02-01"))
    yield Example("before-it-was-filed", publish("2026-01-04"), "date-not-real-or-future",
                  given.filed())
