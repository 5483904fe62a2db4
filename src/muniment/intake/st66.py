"""WIPO Standard ST.66: the trademark status answers of the USPTO in the older standard.

The same mark in ST.96 gives the same record.
"""

from collections.abc import Iterator

from muniment.intake.record import Priority, Record, day_only, distinct
from muniment.intake.xml import Document, Element, content, name_of, refusal

NAME = "st66"
NAMES = {"tm": "http://www.wipo.int/standards/XMLSchema/trademarks",
         "us": "urn:us:gov:doc:uspto:trademark:status"}
ORIGINAL_APPLICANT = "10"
"""The code of the party's role."""
_DATA = "tm:TradeMarkTransactionBody/tm:TransactionContentDetails/tm:TransactionData"


def open_document(root: Element) -> Document | None:
    """Return a document with the names of ST.66, or None if it is no ST.66."""
    return Document(root, NAMES) if name_of(root).namespace == NAMES["tm"] else None


def records(document: Document) -> Iterator[Record]:
    """Yield the filings of a document.

    Raises:
        Malformed: The root element is none that is read here.
    """
    root = name_of(document.root)
    if root.local != "Transaction":
        raise refusal("xml-unknown", f"It is {root.local}.")
    for data in document.all(_DATA):
        parties = document.all("tm:ApplicantDetails/tm:Applicant", data)
        for mark in document.all("tm:TradeMarkDetails/tm:TradeMark", data):
            yield _mark(document, mark, parties)


def _mark(document: Document, mark: Element, parties: list[Element]) -> Record:
    role = "tm:ApplicantExt/us:PartyTypeCode"
    original = [one for one in parties if document.text(role, one) == ORIGINAL_APPLICANT]
    return Record(
        row=0, office=document.text("tm:RegistrationOfficeCode", mark), right="trademark",
        number=document.printed("tm:ApplicationNumber", mark),
        date=day_only(document.text("tm:ApplicationDate", mark)),
        title=document.text("tm:WordMarkSpecification/tm:MarkVerbalElementText", mark),
        applicants=distinct(_name(document, one) for one in original or parties),
        grant_number=document.text("tm:RegistrationNumber", mark), source=NAME,
        priorities=tuple(_priority(document, one) for one in
                         document.all("tm:PriorityDetails/tm:Priority", mark)),
    )


def _name(document: Document, party: Element) -> str:
    lines = document.all(
        "tm:ApplicantAddressBook/tm:FormattedNameAddress/tm:Name/tm:FreeFormatName/"
        "tm:FreeFormatNameDetails/tm:FreeFormatNameLine", party)
    return " ".join(filter(None, map(content, lines)))


def _priority(document: Document, claim: Element) -> Priority:
    claimed = document.text("tm:PriorityExt/us:ForeignPriorityClaimedIndicator", claim)
    printed = (document.text("tm:PriorityDate", claim)
               or document.text("tm:PriorityExt/us:ForeignApplicationFilingDate", claim))
    return Priority(
        office=document.text("tm:PriorityCountryCode", claim),
        number=document.printed("tm:PriorityNumber", claim), date=day_only(printed),
        status="Claimed" if claimed == "true" else "",
    )
