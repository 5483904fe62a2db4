"""Unseal an application: show the number and date that a sealed filing committed to."""

from collections.abc import Iterator
from typing import Annotated, Any

from muniment.codec import Digest, Office, Payload, pattern, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS, SEALED, Application
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.sealed import SealedFiling, disclosed_value
from muniment.model.state import Change, State, change
from muniment.proof import disclosure


class UnsealApplication(Payload, frozen=True, kw_only=True, tag="unseal-application"):
    """Which sealed filing is opened, and how."""

    disclosure: Annotated[str, pattern(r"\A[A-Za-z0-9_-]{1,4096}\Z")]
    """The SD-JWT disclosure of the whole filing."""
    office: Office
    """The office that sealed it."""
    sealed: Digest
    """The name under which it is sealed."""


TYPE = TransactionType(
    name="unseal-application",
    number=21,
    payload=UnsealApplication,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"application", "sealed"}),
    event="Q14",
)


@TYPE.check(1, "not-confirmed", basis="docs/formats/disclosure.md")
def sealed_filing_opens(operation: UnsealApplication, state: State, ctx: Context) -> bool:
    """A sealed filing of the office MUST stand under that name, unopened, with that digest."""
    sealed = state.get(SEALED, operation.sealed)
    return (
        sealed is not None
        and sealed.opened is None
        and sealed.office == operation.office
        and sealed.digest == disclosure.digest(operation.disclosure)
    )


@TYPE.check(2, "disclosure-malformed", basis="RFC 9901; docs/formats/disclosure.md")
def disclosure_is_a_filing(operation: UnsealApplication, state: State, ctx: Context) -> bool:
    """The disclosure MUST be named `filing` and hold a filing."""
    return _filing(operation) is not None


@TYPE.check(3, "sealed-elsewhere", basis="docs/formats/disclosure.md")
def filing_was_sealed_here(operation: UnsealApplication, state: State, ctx: Context) -> bool:
    """The disclosed ledger, office and submitter MUST equal those of the sealed entry."""
    filing, sealed = _filing(operation), state.get(SEALED, operation.sealed)
    if filing is None or sealed is None:
        return False
    sealed_by = (ctx.ledger, sealed.office, sealed.submitter)
    return (filing.ledger, filing.office, filing.submitter) == sealed_by


@TYPE.check(7, "international-application-elsewhere", basis="PCT Rules 4.10(a) and 20.2")
def number_is_of_this_register(operation: UnsealApplication, state: State, ctx: Context) -> bool:
    """An international application MUST be entered as a patent by its receiving Office.

    Its number names that Office.
    """
    return not filings.is_received_elsewhere(*_named(operation))


@TYPE.check(4, "number-format-unknown", basis="WIPO Standard ST.13; docs/number-formats.md")
def number_has_one_format(operation: UnsealApplication, state: State, ctx: Context) -> bool:
    """The number MUST have one reading by the office's formats, where it has published any."""
    named = filings.identify(state, *_named(operation))
    if named.check_digit_is_wrong or not named.has_one_reading:
        return False
    return bool(named.readings) or not named.published


@TYPE.check(5, "date-not-real-or-future", basis="PCT Rule 80.4; Paris Convention Art. 4A(3)")
def date_came_before_sealing(operation: UnsealApplication, state: State, ctx: Context) -> bool:
    """The filing date MUST be a real date that had come when the filing was sealed."""
    filing, sealed = _filing(operation), state.get(SEALED, operation.sealed)
    return filing is not None and sealed is not None and has_come(filing.date, sealed.recorded)


@TYPE.check(6, "number-already-entered", basis="WIPO Standard ST.13: one number, one application")
def number_is_new(operation: UnsealApplication, state: State, ctx: Context) -> bool:
    """The number MUST NOT have been entered before, in any spelling."""
    return filings.find(state, APPLICATIONS, *_named(operation)) is None


@TYPE.effect
def filing_is_opened(operation: UnsealApplication, state: State, ctx: Context) -> Iterator[Change]:
    """The application stands under its number, with the sealed entry that dates it."""
    filing, sealed = _filing(operation), state.get(SEALED, operation.sealed)
    if filing is None or sealed is None:
        return
    office, right, number = _named(operation)
    named = filings.identify(state, office, right, number)
    entered = Application(
        date=filing.date,
        disclosed=filing.disclosed,
        entry=ctx.position,
        number=named.canonical,
        printed=None if named.canonical == number else number,
        recorded=sealed.recorded,
        sealed=operation.sealed,
    )
    key = APPLICATIONS.key(office, right, named.suffix)
    yield change(APPLICATIONS, key, None, entered)
    opened = replace(sealed, opened=ctx.position)
    yield change(SEALED, SEALED.key(operation.sealed), sealed, opened)


def _filing(operation: UnsealApplication) -> SealedFiling | None:
    return disclosed_value(operation.disclosure, "filing", SealedFiling)


def _named(operation: UnsealApplication) -> tuple[str, str, str]:
    filing: Any = _filing(operation)
    return filing.office, filing.right, filing.number


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def unseal(text: str) -> UnsealApplication:
        return UnsealApplication(disclosure=text, office="XA", sealed=given.SEALED_NAME)

    def case(name: str, refusal: str | None, **changed: Any) -> Example:
        text = given.sealing(**changed)
        return Example(name, unseal(text), refusal, given.sealed(text))

    titled = disclosure.make(bytes(16), "title", "Lantern")
    yield case("plain", None)
    yield Example("another-disclosure", unseal(given.sealing(number="2026/000003")),
                  "not-confirmed", given.sealed())
    yield Example("not-a-filing", unseal(titled), "disclosure-malformed", given.sealed(titled))
    yield case("copied-from-another-ledger", "sealed-elsewhere", ledger=given.DIGEST)
    yield case("letter-o-for-zero", "number-format-unknown", number="2026/00O002")
    yield case("of-another-receiving-office", "international-application-elsewhere",
               number="PCT/XB2026/000001")
    yield case("dated-after-sealing", "date-not-real-or-future", date="2026-06-28")
    text = given.sealing(number="2026/000001")
    yield Example("number-taken", unseal(text), "number-already-entered",
                  given.sealed(text) | given.filed())
