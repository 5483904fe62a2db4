"""Record a priority document: an office says what it certified, or what it received."""

from collections.abc import Iterator

from muniment.codec import Date, Digest, Language, Office, Payload, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import application as filings
from muniment.model import example as given
from muniment.model.application import APPLICATIONS, Application
from muniment.model.claim import FilingName
from muniment.model.context import Context
from muniment.model.dates import has_come
from muniment.model.descent import is_pct_number
from muniment.model.document import DOCUMENTS, PriorityDocument, document_key
from muniment.model.number import unknown_suffix
from muniment.model.office import known_office
from muniment.model.reference import PARAMETERS
from muniment.model.state import Change, State, change

INTERNATIONAL_BUREAU = "IB"
"""It receives copies for international applications of any receiving Office (PCT Rule 17.1)."""


class RecordPriorityDocument(Payload, frozen=True, kw_only=True, tag="record-priority-document"):
    """The document. Its digest is that of a salted disclosure of SHA-256, SHA-512 and size."""

    certified: Date
    """The day of certification."""
    certifier: Office
    """The office that certified it."""
    digest: Digest
    """The digest of the disclosure; never the bare hash of the document."""
    earlier: FilingName
    """The earlier filing of which it is a copy."""
    language: Language
    """The language of the copy, by ISO 639-1."""
    later: FilingName | None = None
    """The later filing for which it was received; none where the office certified its own."""
    office: Office
    """The office that records it."""
    received: Date | None = None
    """The day on which it was received for the later filing."""


TYPE = TransactionType(
    name="record-priority-document",
    number=35,
    payload=RecordPriorityDocument,
    signers=frozenset({Signer.OFFICE, Signer.REGISTRAR}),
    may_change=frozenset({"document"}),
)


@TYPE.check(1, "document-not-of-the-office", basis="Paris Convention Art. 4D(3); PCT Rule 17.1")
def document_is_the_offices(
    operation: RecordPriorityDocument, state: State, ctx: Context
) -> bool:
    """The office MUST have certified a filing of its own, or received a copy for one of its own.

    The International Bureau may receive copies for international applications of others.
    """
    later, office = operation.later, operation.office
    if later is None:
        return operation.received is None and (
            operation.earlier.office == operation.certifier == office)
    own = office == later.office or (
        office == INTERNATIONAL_BUREAU and _is_international(later, state))
    return operation.received is not None and own


@TYPE.check(2, "not-confirmed", basis="docs/formats/state-tree.md")
def filing_is_here(operation: RecordPriorityDocument, state: State, ctx: Context) -> bool:
    """The filing concerned MUST stand unsealed in its office's register.

    It is the earlier one of a copy that its office certified, else the later one.
    """
    named = operation.later or operation.earlier
    return _found(named, state) is not None


@TYPE.check(3, "office-unknown", basis="WIPO Standard ST.3")
def certifier_is_known(operation: RecordPriorityDocument, state: State, ctx: Context) -> bool:
    """The certifier and the earlier office MUST have ST.3 codes on the day of certification."""
    profile = state.get(PARAMETERS, "profile")
    demo = profile is not None and profile.value == "demo"
    return all(known_office(one, date=operation.certified, demo=demo)
               for one in (operation.certifier, operation.earlier.office))


@TYPE.check(4, "date-not-real-or-future", basis="WIPO Standard ST.2")
def dates_have_come(operation: RecordPriorityDocument, state: State, ctx: Context) -> bool:
    """Both days MUST be real and have come, and receipt MUST NOT precede certification."""
    received = operation.received
    if not has_come(operation.certified, ctx.time):
        return False
    return received is None or (
        has_come(received, ctx.time) and received >= operation.certified)


@TYPE.check(6, "copy-older-than-the-filing", basis="Paris Convention Art. 4D(3)")
def copy_follows_filing(operation: RecordPriorityDocument, state: State, ctx: Context) -> bool:
    """A copy MUST NOT be certified before the filing date, where the office's entry is public.

    Of a filing that is unknown, sealed or unpublished nothing is said.
    """
    found = _found(operation.earlier, state)
    return found is None or operation.certified >= found[1].date


@TYPE.check(5, "document-already-recorded", basis="docs/formats/state-tree.md")
def document_is_new(operation: RecordPriorityDocument, state: State, ctx: Context) -> bool:
    """The office MUST NOT have recorded this document for the same filing before."""
    return state.at(DOCUMENTS, _key(operation, state)) is None


@TYPE.effect
def document_is_recorded(
    operation: RecordPriorityDocument, state: State, ctx: Context
) -> Iterator[Change]:
    """The document stands under the earlier filing, bound by its salted digest."""
    later = operation.later
    document = PriorityDocument(
        certified=operation.certified, certifier=operation.certifier, digest=operation.digest,
        entry=ctx.position, language=operation.language,
        later=_part(state, later) if later else None, received=operation.received,
        recorded=ctx.time, recorder=operation.office, submitter=ctx.signer,
    )
    yield change(DOCUMENTS, _key(operation, state), None, document)


def _found(named: FilingName, state: State) -> tuple[bytes, Application] | None:
    received = filings.as_received(named.office, named.right, named.number)
    return filings.find(state, APPLICATIONS, *received)


def _is_international(named: FilingName, state: State) -> bool:
    received = filings.as_received(named.office, named.right, named.number)
    identity = filings.identify(state, *received)
    return is_pct_number(named.number, identity.readings)


def _part(state: State, named: FilingName) -> str:
    return filings.named_key(state, named.office, named.right, named.number)


def _key(operation: RecordPriorityDocument, state: State) -> bytes:
    later = _part(state, operation.later) if operation.later else ""
    return document_key(_part(state, operation.earlier), operation.office, operation.digest,
                        later)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def record(office: str = "XA", certifier: str = "XA", later: FilingName | None = None,
               certified: str = "2026-02-02",
               received: str | None = None) -> RecordPriorityDocument:
        earlier = FilingName(number="2026/000001" if certifier == "XA" else "2025-00007",
                             office=certifier, right="patent")
        return RecordPriorityDocument(
            certified=certified, certifier=certifier, digest=given.DIGEST, earlier=earlier,
            language="en", later=later, office=office, received=received)

    own = FilingName(number="2026/000001", office="XA", right="patent")
    got = record(certifier="XB", later=own, received="2026-03-03")
    yield Example("certified", record(), given=given.filed())
    yield Example("received", got, given=given.filed())
    yield Example("of-another-office", record(certifier="XB"), "document-not-of-the-office",
                  given.filed())
    international = FilingName(number="PCT/XA2026/000001", office="XA", right="patent")
    pct = {APPLICATIONS.key("XA", "patent", unknown_suffix(international.number)):
           given.application(number=international.number)}
    at_the_bureau = record("IB", "XB", international, received="2026-03-03")
    yield Example("received-at-the-bureau", at_the_bureau, given=pct, signer="IB")
    yield Example("national-filing-at-the-bureau", replace(at_the_bureau, later=own),
                  "document-not-of-the-office", given.filed(), signer="IB")
    yield Example("certified-before-it-was-filed", record(certified="2026-01-04"),
                  "copy-older-than-the-filing", given.filed())
    earlier = {APPLICATIONS.key("XB", "patent", "2025", "000000000007"):
               given.application("2026-02-03", number="2025-00007")}
    yield Example("received-copy-before-it-was-filed", got, "copy-older-than-the-filing",
                  given.filed() | earlier)
    yield Example("no-such-filing", got, "not-confirmed")
    yield Example("no-office", record(certifier="ZZ", later=own, received="2026-03-03"),
                  "office-unknown", given.filed())
    yield Example("received-before-it-was-certified",
                  record(certifier="XB", later=own, received="2026-02-01"),
                  "date-not-real-or-future", given.filed())
    yield Example("again", record(), "document-already-recorded",
                  given.filed() | given.documented())
