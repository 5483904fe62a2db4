"""WIPO Standard ST.96: patents, marks and designs in the words of offices' XML.

- The namespace of the root names the release: V6.0 (and what kept its namespace), or the older
  one that the trademark status answers of the USPTO still use. Elements of other namespaces,
  such as an office's own, are not seen.
- In those answers an applicant carries his role; the applicants of a filing are the original
  ones, where any is called so.
- A patent document with international filing data is of a national stage: its filing date is the
  international one (PCT Art. 11(3)).
- What stands in a document beyond number, dates, title, applicants and priorities is not read.
"""

from collections.abc import Iterator

from muniment.intake.record import (
    NATIONAL_STAGE,
    RIGHTS,
    Goods,
    Priority,
    Record,
    day_only,
    distinct,
)
from muniment.intake.xml import Document, Element, attribute, content, name_of, refusal

NAME = "st96"
BASE = "http://www.wipo.int/standards/XMLSchema/"
RELEASE = {
    "com": f"{BASE}ST96/Common", "pat": f"{BASE}ST96/Patent", "tmk": f"{BASE}ST96/Trademark",
    "dgn": f"{BASE}ST96/Design", "gin": f"{BASE}ST96/GeographicalIndication",
}
"""The namespaces of V6.0, which earlier and later versions share."""
OLDER = {"com": f"{BASE}Common/1", "tmk": f"{BASE}Trademark/1"}
ORIGINAL = "ORIGINAL APPLICANT"
UTILITY_MODEL = "utility model"
_BODY = "tmk:TrademarkTransactionBody/tmk:TransactionContentBag/tmk:TransactionData"
_MARK_PATHS = {
    "TrademarkApplication": "tmk:TrademarkBag/tmk:Trademark",
    "TrademarkTransaction": f"{_BODY}/tmk:TrademarkBag/tmk:Trademark",
    "Transaction": f"{_BODY}/tmk:TrademarkBag/tmk:Trademark",
}
_DOCUMENTS = {"pat:RequestedPriorityDocumentIndicator": "requested",
              "pat:AttachedPriorityDocumentIndicator": "attached",
              "pat:OnlineAvailablePriorityDocumentIndicator": "online"}


def open_document(root: Element) -> Document | None:
    """Return a document with the names of its release, or None if it is no ST.96."""
    namespace = name_of(root).namespace
    for names in (RELEASE, OLDER):
        if namespace in names.values() and namespace != names["com"]:
            return Document(root, names)
    return None


def records(document: Document) -> Iterator[Record]:
    """Yield the filings of a document.

    Raises:
        Malformed: The root element is none that is read here.
    """
    root = name_of(document.root)
    name = root.local
    if root.namespace == document.names["tmk"] and name in _MARK_PATHS:
        yield from (_mark(document, one) for one in document.all(_MARK_PATHS[name]))
    elif root.namespace == document.names.get("dgn") and name == "DesignApplication":
        yield _design(document, document.root)
    elif root.namespace == document.names.get("dgn") and name == "DesignApplicationBag":
        yield from (_design(document, one) for one in document.all("dgn:DesignApplication"))
    elif root.namespace == document.names.get("pat") and name == "BibliographicData":
        yield _patent(document, document.root)
    elif root.namespace == document.names.get("pat") and name == "PatentPublication":
        yield from (_patent(document, one) for one in document.all("pat:BibliographicData"))
    elif root.namespace == document.names.get("gin") and name == "GIApplication":
        yield from (_indication(document, one) for one in document.all("gin:GIData"))
    else:
        raise refusal("xml-unknown", f"It is {name}.")


def _number(document: Document, under: Element) -> str:
    return (document.printed("com:ApplicationNumber/com:ApplicationNumberText", under)
            or document.printed("com:ApplicationNumber/com:ST13ApplicationNumber", under))


def _office(document: Document, under: Element) -> str:
    return (document.text("com:ApplicationNumber/com:IPOfficeCode", under)
            or document.text("com:IPOfficeCode", under)
            or document.text("com:RegistrationOfficeCode", under)
            or document.text("com:ReceivingOfficeCode", under))


def _filed(document: Document, under: Element, prefix: str) -> str:
    """Return the filing date; older releases have it in the namespace of the right."""
    for name in ("com:ApplicationDate", f"{prefix}:ApplicationDate"):
        if printed := document.text(name, under):
            return day_only(printed)
    return day_only(document.text("com:ApplicationDateTime", under)[:10])


def _mark(document: Document, mark: Element) -> Record:
    words = "tmk:MarkRepresentation/tmk:MarkReproduction/tmk:WordMarkSpecification"
    return Record(
        row=0, office=_office(document, mark), right="trademark", number=_number(document, mark),
        date=_filed(document, mark, "tmk"),
        title=document.text(f"{words}/tmk:MarkVerbalElementText", mark),
        applicants=_applicants(document, document.all("tmk:ApplicantBag/tmk:Applicant", mark)),
        grant_number=document.text("com:RegistrationNumber", mark), source=NAME,
        priorities=tuple(_priority(document, one, "tmk")
                         for one in document.all("tmk:PriorityBag/tmk:Priority", mark)),
    )


def _design(document: Document, form: Element) -> Record:
    parties = document.all("dgn:ApplicantBag/dgn:Applicant", form) or document.all(
        "dgn:DesignBag/dgn:Design/dgn:ApplicantBag/dgn:Applicant", form)
    claims = document.all("dgn:DesignBag/dgn:Design/dgn:PriorityBag/dgn:Priority", form)
    titles = document.all("dgn:DesignBag/dgn:Design/dgn:DesignTitleText", form)
    return Record(
        row=0, office=_office(document, form), right="design", number=_number(document, form),
        date=_filed(document, form, "dgn"), title="; ".join(distinct(map(content, titles))),
        applicants=_applicants(document, parties),
        grant_number=document.text("dgn:DesignBag/dgn:Design/com:RegistrationNumber", form),
        source=NAME,
        priorities=tuple(dict.fromkeys(_priority(document, one, "dgn") for one in claims)),
    )


def _patent(document: Document, data: Element) -> Record:
    filed = document.all("pat:ApplicationIdentification", data)
    form = filed[0] if filed else data
    designation = document.text("pat:PlainLanguageDesignationText", data).lower()
    subject = document.text("pat:InventionSubjectMatterCategory", form)
    right = "design" if subject == "Design" else (
        "utility-model" if designation == UTILITY_MODEL else "patent")
    priorities = [_patent_priority(document, one) for one in
                  document.all("pat:PriorityClaimBag/pat:PriorityClaim", data)]
    international = document.all("pat:InternationalFilingData/pat:ApplicationIdentification", data)
    return Record(
        row=0, office=_office(document, form), right=right, number=_number(document, form),
        date=day_only(document.text("pat:FilingDate", (international or [form])[0])),
        title=document.text("pat:InventionTitleBag/pat:InventionTitle", data),
        applicants=_applicants(
            document, document.all("pat:PartyBag/pat:ApplicantBag/pat:Applicant", data)),
        grant_number=document.text("pat:PatentGrantIdentification/pat:PatentNumber", data),
        source=NAME, priorities=(*priorities, *_parents(document, data)),
        stage=NATIONAL_STAGE if international else "",
    )


def _parents(document: Document, data: Element) -> Iterator[Priority]:
    """Yield the applications of which this one is a division, continuation or the like."""
    for parent in document.all(
            "pat:RelatedDocumentBag/*/pat:ParentDocument/pat:PatentDocumentIdentification/"
            "pat:ApplicationIdentification", data):
        yield Priority(office=_office(document, parent), number=_number(document, parent),
                       date=day_only(document.text("pat:FilingDate", parent)), kind="parent")


def _indication(document: Document, data: Element) -> Record:
    """Return a geographical indication, so that a rule can say that no register here holds it."""
    return Record(
        row=0, office=_office(document, data) or attribute(
            data, document.names["com"], "officeCode"),
        right="geographical-indication", number=_number(document, data),
        date=_filed(document, data, "gin"), source=NAME,
    )


def _patent_priority(document: Document, claim: Element) -> Priority:
    furnished = [word for path, word in _DOCUMENTS.items()
                 if document.text(path, claim) in {"true", "1"}]
    marked = attribute(claim, document.names["com"], "id").partition(".")[0]
    return Priority(
        office=document.text("com:IPOfficeCode", claim), number=_number(document, claim),
        date=day_only(document.text("pat:FilingDate", claim)),
        right=marked if marked in RIGHTS else "",
        category=document.text("pat:ApplicationFilingCategory", claim),
        indicated=distinct(map(content, document.all("pat:IndicatedIPOfficeCode", claim))),
        document=furnished[0] if furnished else "",
        access_code=document.text("com:DASAccessCode", claim),
    )


def _priority(document: Document, claim: Element, prefix: str) -> Priority:
    partial = document.text(f"{prefix}:PriorityPartialIndicator", claim)
    comment = document.text("com:CommentText", claim)
    return Priority(
        office=document.text("com:PriorityCountryCode", claim), number=_number(document, claim),
        date=day_only(document.text("com:PriorityApplicationFilingDate", claim)),
        right=comment if comment in RIGHTS else "",
        access_code=document.text("com:DASAccessCode", claim),
        holder=document.text("com:PriorityHolderName", claim),
        status=document.text("com:PriorityStatusCategory", claim),
        status_date=day_only(document.text("com:PriorityStatusDate", claim)),
        partial={"true": True, "1": True, "false": False, "0": False}.get(partial),
        goods=_goods(document, claim) if prefix == "tmk" else (),
    )


def _goods(document: Document, claim: Element) -> tuple[Goods, ...]:
    """Return the goods and services of a partial priority: each class, with its list if given."""
    part = "tmk:PriorityPartialGoodsServices"
    texts: dict[str, str] = {}
    for one in document.all(f"{part}/tmk:ClassDescriptionBag/tmk:ClassDescription", claim):
        listed = map(content, document.all("tmk:GoodsServicesDescriptionText", one))
        texts[document.text("tmk:ClassNumber", one)] = "; ".join(filter(None, listed))
    named = document.all(
        f"{part}/tmk:GoodsServicesClassificationBag/tmk:GoodsServicesClassification", claim)
    classes = dict.fromkeys(document.text("tmk:ClassNumber", one) for one in named)
    classes.pop("", None)
    classes.update(dict.fromkeys(one for one, words in texts.items() if one or words))
    return tuple(Goods(class_number=one, text=texts.get(one, "")) for one in classes)


def _applicants(document: Document, parties: list[Element]) -> tuple[str, ...]:
    original = [one for one in parties if ORIGINAL in (
        document.text("com:CommentText", one), document.text("com:Version/com:CommentText", one))]
    return distinct(_name(document, one) for one in original or parties)


def _name(document: Document, party: Element) -> str:
    for contact in ("com:Contact", "com:PublicationContact"):
        for path in ("com:EntityName", "com:OrganizationName/com:OrganizationStandardName",
                     "com:PersonName/com:PersonFullName"):
            if name := document.text(f"{contact}/com:Name/{path}", party):
                return name
        person = f"{contact}/com:Name/com:PersonName/com:PersonStructuredName"
        parts = [document.text(f"{person}/com:{part}", party)
                 for part in ("FirstName", "MiddleName", "LastName")]
        if name := " ".join(filter(None, parts)):
            return name
    return ""
