"""Filings and priority claims in the words of WIPO Standard ST.96 V6.0.

- A patent or utility model is a BibliographicData document, a mark a TrademarkApplication, a design
  a DesignApplication. What `st96.py` reads of them is what was written.
- What the standard asks for and a ledger does not hold stands there empty: no title, no contact,
  no class is invented.
- The standard has no place for the kind of right of an earlier filing. Where it is not that of the
  later one, a patent's claim has it in its id, one of a mark or design in its comment.
"""

from muniment.intake.record import Goods, Priority, Record
from muniment.intake.st96 import RELEASE, UTILITY_MODEL
from muniment.intake.xml import Element, Writer
from muniment.proof.errors import Malformed

VERSION = "V6_0"
_INDICATORS = {"requested": "pat:RequestedPriorityDocumentIndicator",
               "attached": "pat:AttachedPriorityDocumentIndicator",
               "online": "pat:OnlineAvailablePriorityDocumentIndicator"}


def write(record: Record) -> bytes:
    """Return a filing with its priorities as one document; parents and stages have no place in it.

    Raises:
        Malformed: A text holds a character that XML does not have.
    """
    makers = {"trademark": _trademark, "design": _design}
    try:
        return makers.get(record.right, _patent)(record).bytes()
    except ValueError:
        raise Malformed(
            "not-exportable", f"A text of {record.office}/{record.right}/{record.number} holds a "
            "character that XML does not have.", basis="XML 1.0 §2.2",
            remedy="Correct the text first: muniment entry correct",
        ) from None


def _claims(record: Record) -> list[Priority]:
    return [one for one in record.priorities if one.kind == "claim"]


def _begin(name: str, record: Record) -> Writer:
    writer = Writer(name, {key: RELEASE[key] for key in ("com", "pat", "tmk", "dgn")
                           if key == "com" or name.startswith(key)})
    writer.set(writer.root, "com:st96Version", VERSION)
    return writer


def _number(writer: Writer, under: Element, office: str, number: str) -> None:
    named = writer.add(under, "com:ApplicationNumber")
    if office:
        writer.add(named, "com:IPOfficeCode", office)
    writer.add(named, "com:ApplicationNumberText", number)


def _patent(record: Record) -> Writer:
    writer = _begin("pat:BibliographicData", record)
    root = writer.root
    filed = writer.add(root, "pat:ApplicationIdentification")
    writer.add(filed, "com:IPOfficeCode", record.office)
    _number(writer, filed, "", record.number)
    writer.add(filed, "pat:InventionSubjectMatterCategory", "Utility")
    if record.date:
        writer.add(filed, "pat:FilingDate", record.date)
    if record.grant_number:
        granted = writer.add(root, "pat:PatentGrantIdentification")
        writer.add(granted, "com:IPOfficeCode", record.office)
        writer.add(granted, "pat:PatentNumber", record.grant_number)
    claims = _claims(record)
    if claims:
        bag = writer.add(root, "pat:PriorityClaimBag")
        for place, claim in enumerate(claims, 1):
            _patent_claim(writer, writer.add(bag, "pat:PriorityClaim"), claim, place)
    writer.add(writer.add(root, "pat:InventionTitleBag"), "pat:InventionTitle", record.title)
    parties = writer.add(writer.add(root, "pat:PartyBag"), "pat:ApplicantBag")
    _applicants(writer, parties, "pat:Applicant", record)
    if record.right == "utility-model":
        writer.add(root, "pat:PlainLanguageDesignationText", UTILITY_MODEL)
    return writer


def _patent_claim(writer: Writer, under: Element, claim: Priority, place: int) -> None:
    writer.set(under, "com:sequenceNumber", f"{place:03}")
    if claim.right:
        writer.set(under, "com:id", f"{claim.right}.{place:03}")
    writer.add(under, "com:IPOfficeCode", claim.office)
    if claim.number:
        _number(writer, under, "", claim.number)
    writer.add(under, "pat:FilingDate", claim.date)
    for code in claim.indicated:
        writer.add(under, "pat:IndicatedIPOfficeCode", code)
    if claim.category:
        writer.add(under, "pat:ApplicationFilingCategory", claim.category)
    if claim.access_code:
        writer.add(under, "com:DASAccessCode", claim.access_code)
    elif claim.document:
        writer.add(under, _INDICATORS[claim.document], "true")


def _trademark(record: Record) -> Writer:
    writer = _begin("tmk:TrademarkApplication", record)
    mark = writer.add(writer.add(writer.root, "tmk:TrademarkBag"), "tmk:Trademark")
    writer.add(mark, "com:RegistrationOfficeCode", record.office)
    _number(writer, mark, record.office, record.number)
    if record.grant_number:
        writer.add(mark, "com:RegistrationNumber", record.grant_number)
    if record.date:
        writer.add(mark, "com:ApplicationDate", record.date)
    if record.title:
        shown = writer.add(writer.add(mark, "tmk:MarkRepresentation"), "tmk:MarkReproduction")
        words = writer.add(shown, "tmk:WordMarkSpecification")
        writer.add(words, "tmk:MarkVerbalElementText", record.title)
        writer.add(words, "tmk:MarkSignificantVerbalElementText", record.title)
    _priorities(writer, mark, "tmk", record)
    if record.applicants:
        _applicants(writer, writer.add(mark, "tmk:ApplicantBag"), "tmk:Applicant", record)
    return writer


def _design(record: Record) -> Writer:
    writer = _begin("dgn:DesignApplication", record)
    root = writer.root
    writer.add(root, "com:RegistrationOfficeCode", record.office)
    _number(writer, root, record.office, record.number)
    design = writer.add(writer.add(root, "dgn:DesignBag"), "dgn:Design")
    if record.grant_number:
        writer.add(design, "com:RegistrationNumber", record.grant_number)
    if record.title:
        writer.add(design, "dgn:DesignTitleText", record.title)
    classes = writer.add(writer.add(design, "com:DesignClassificationBag"),
                         "com:NationalDesignClassificationBag")
    writer.add(classes, "com:IPOfficeCode", record.office)
    writer.add(classes, "com:NationalDesignClassification")
    _priorities(writer, design, "dgn", record)
    for under in (design, root):
        _applicants(writer, writer.add(under, "dgn:ApplicantBag"), "dgn:Applicant", record)
    if record.date:
        writer.add(root, "com:ApplicationDate", record.date)
    return writer


def _priorities(writer: Writer, under: Element, prefix: str, record: Record) -> None:
    claims = _claims(record)
    if not claims:
        return
    bag = writer.add(under, f"{prefix}:PriorityBag")
    for claim in claims:
        one = writer.add(bag, f"{prefix}:Priority")
        writer.add(one, "com:PriorityCountryCode", claim.office)
        if claim.number:
            _number(writer, one, "", claim.number)
        writer.add(one, "com:PriorityApplicationFilingDate", claim.date)
        if claim.access_code and prefix == "dgn":
            writer.add(one, "com:DASAccessCode", claim.access_code)
        for name, value in (("PriorityHolderName", claim.holder),
                            ("PriorityStatusCategory", claim.status),
                            ("PriorityStatusDate", claim.status_date),
                            ("CommentText", claim.right)):
            if value:
                writer.add(one, f"com:{name}", value)
        if prefix == "tmk":
            _partial(writer, one, claim)


def _partial(writer: Writer, under: Element, claim: Priority) -> None:
    """Write for which goods and services the priority of a mark is claimed."""
    if claim.partial is not None:
        writer.add(under, "tmk:PriorityPartialIndicator", "true" if claim.partial else "false")
    if not claim.goods:
        return
    part = writer.add(under, "tmk:PriorityPartialGoodsServices")
    classes = writer.add(part, "tmk:GoodsServicesClassificationBag")
    for number in [one.class_number for one in claim.goods if one.class_number] or [""]:
        named = writer.add(classes, "tmk:GoodsServicesClassification")
        writer.add(named, "tmk:ClassificationKindCode", "Nice")
        if number:
            writer.add(named, "tmk:ClassNumber", number)
    described = [one for one in claim.goods if one.text]
    if described:
        _descriptions(writer, writer.add(part, "tmk:ClassDescriptionBag"), described)


def _descriptions(writer: Writer, under: Element, goods: list[Goods]) -> None:
    for one in goods:
        described = writer.add(under, "tmk:ClassDescription")
        if one.class_number:
            writer.add(described, "tmk:ClassNumber", one.class_number)
        writer.add(described, "tmk:GoodsServicesDescriptionText", one.text)


def _applicants(writer: Writer, under: Element, name: str, record: Record) -> None:
    """Write each applicant; one without a name where none is disclosed and one is asked for."""
    for place, applicant in enumerate(record.applicants or ("",), 1):
        party = writer.add(under, name)
        writer.set(party, "com:sequenceNumber", f"{place:03}")
        contact = writer.add(party, "com:Contact")
        if applicant:
            writer.add(writer.add(contact, "com:Name"), "com:EntityName", applicant)
        else:
            writer.add(contact, "com:ContactText")
