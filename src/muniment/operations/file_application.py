"""File an application: an office accords a number and a filing date, openly or sealed."""

from collections.abc import Iterator

from muniment.codec import Date, Digest, Disclosed, Number, Office, Payload, RightKind, from_members
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS, SEALED, Application, Sealed
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.reference import REFERENCE, ReferenceRow
from muniment.model.state import Change, State, change
from muniment.proof.crypto import b64, sha256


class FileApplication(Payload, frozen=True, kw_only=True, tag="file-application"):
    """What the office says of the filing. A sealed one shows `office` and `sealed` alone."""

    date: Date | None = None
    """The filing date, local to the office."""
    disclosed: Disclosed = {}
    """The names disclosed off the ledger (applicants, title, ...), each with its digest."""
    number: Number | None = None
    """The number, in any published spelling."""
    office: Office
    """The office that accords number and date."""
    right: RightKind | None = None
    """The kind of right."""
    sealed: Digest | None = None
    """The digest of the disclosure that holds the whole filing, for a sealed one."""


TYPE = TransactionType(
    name="file-application",
    number=20,
    payload=FileApplication,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"application", "sealed"}),
    event="A12",
)


@TYPE.check(1, "filing-neither-open-nor-sealed", basis="docs/formats/state-tree.md")
def filing_is_open_or_sealed(operation: FileApplication, state: State, ctx: Context) -> bool:
    """An open filing MUST give right, number and date; a sealed one MUST give none of them."""
    given = (operation.right, operation.number, operation.date)
    if operation.sealed is None:
        return None not in given
    return given == (None, None, None) and not operation.disclosed


@TYPE.check(7, "international-application-elsewhere", basis="PCT Rules 4.10(a) and 20.2")
def number_is_of_this_register(operation: FileApplication, state: State, ctx: Context) -> bool:
    """An international application MUST be entered as a patent by its receiving Office.

    Its number names that Office.
    """
    return operation.sealed is not None or not filings.is_received_elsewhere(*_named(operation))


@TYPE.check(2, "number-format-unknown", basis="WIPO Standard ST.13; docs/number-formats.md")
def number_has_a_format(operation: FileApplication, state: State, ctx: Context) -> bool:
    """The number MUST be written in a format of the office, where it has published one."""
    if operation.sealed is not None:
        return True
    named = filings.identify(state, *_named(operation))
    return bool(named.readings) or not named.published


@TYPE.check(3, "number-ambiguous", basis="WIPO Standard ST.13; docs/number-formats.md")
def number_has_one_reading(operation: FileApplication, state: State, ctx: Context) -> bool:
    """The number MUST have one reading only."""
    if operation.sealed is not None:
        return True
    return filings.identify(state, *_named(operation)).has_one_reading


@TYPE.check(4, "number-check-digit-wrong", basis="docs/number-formats.md")
def check_digit_is_right(operation: FileApplication, state: State, ctx: Context) -> bool:
    """The number's check digit MUST be right, where its format has an official one."""
    if operation.sealed is not None:
        return True
    return not filings.identify(state, *_named(operation)).check_digit_is_wrong


@TYPE.check(5, "date-not-real-or-future", basis="PCT Rule 80.4; Paris Convention Art. 4A(3)")
def date_has_come(operation: FileApplication, state: State, ctx: Context) -> bool:
    """The filing date MUST be a real date, not before 1790 and not in the future."""
    return operation.date is None or has_come(operation.date, ctx.time)


@TYPE.check(6, "number-already-entered", basis="WIPO Standard ST.13: one number, one application")
def number_is_new(operation: FileApplication, state: State, ctx: Context) -> bool:
    """The number MUST NOT have been entered before, in any spelling."""
    if operation.sealed is not None:
        return True
    return filings.find(state, APPLICATIONS, *_named(operation)) is None


@TYPE.effect
def filing_is_entered(operation: FileApplication, state: State, ctx: Context) -> Iterator[Change]:
    """The application stands under its number; a sealed filing under a name nobody chooses."""
    if operation.sealed is not None:
        sealed = Sealed(
            digest=operation.sealed,
            entry=ctx.position,
            office=operation.office,
            recorded=ctx.time,
            submitter=ctx.signer,
        )
        yield change(SEALED, SEALED.key(sealed_name(ctx)), None, sealed)
        return
    office, right, number = _named(operation)
    named = filings.identify(state, office, right, number)
    entered = Application(
        date=operation.date or "",
        disclosed=operation.disclosed,
        entry=ctx.position,
        number=named.canonical,
        printed=None if named.canonical == number else number,
        recorded=ctx.time,
    )
    key = APPLICATIONS.key(office, right, named.suffix)
    yield change(APPLICATIONS, key, None, entered)


def sealed_name(ctx: Context) -> str:
    """Return the name of what this operation seals: SHA-256(envelope digest | index)."""
    return b64(sha256(ctx.envelope + b"|" + str(ctx.place).encode("ascii")))


def _named(operation: FileApplication) -> tuple[str, str, str]:
    return operation.office, operation.right or "", operation.number or ""


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def file(number: str | None = "2026/000002", date: str | None = "2026-05-01",
             sealed: str | None = None) -> FileApplication:
        right: RightKind | None = "patent" if number else None
        return FileApplication(date=date, number=number, office="XA", right=right, sealed=sealed)

    def formats(name: str, mask: str, series: str, check: str = "") -> dict[bytes, ReferenceRow]:
        row = {**given.number_format("XA", mask, check=check), "format": name, "series": [series]}
        published = {"published": 1, "publisher": "XA", "row": row, "version": 1}
        key = REFERENCE.key("number-format", "XA", "patent", name)
        return {key: from_members(ReferenceRow, published)}

    chinese = "202630000012.7"
    yield Example("open", file())
    yield Example("sealed", file(None, None, given.DIGEST))
    yield Example("half-sealed", file(None, "2026-05-01", given.DIGEST),
                  "filing-neither-open-nor-sealed")
    yield Example("letter-o-for-zero", file("2026/00O002"), "number-format-unknown")
    yield Example("two-readings", file(), "number-ambiguous",
                  formats("slash", "{S:4}/{N:6}", "=other"))
    yield Example("of-another-receiving-office", file("PCT/XB2026/000001"),
                  "international-application-elsewhere")
    yield Example("wrong-check-digit", file(chinese), "number-check-digit-wrong",
                  formats("checked", "{Y}{L:3}{N:7}.{C}", "Y", "cn"))
    yield Example("tomorrow-and-more", file(date="2026-06-28"), "date-not-real-or-future")
    yield Example("again", file("2026/000001"), "number-already-entered", given.filed())
