"""XML of offices, read with no DTD, no entities, no network and no second chance; and written.

This is the only door to the XML library.

- The bytes are decoded first, in the encoding that they declare, and cleanly or not at all.
- A DOCTYPE, a processing instruction or an XInclude is refused by name: no office's record needs
  one, and each lets a document read other files or grow without end.
- Sizes come before work: of the document, of one tag or text, of the number of tags, of the depth
  and of the attributes. What can be counted in the text is, before it is parsed.
- Elements are found by the namespace that their release declares; anything else is not seen.
"""

import codecs
import re
from collections.abc import Mapping
from typing import NamedTuple

from lxml import etree

from muniment.intake.reader import DOCUMENT_BYTES_MAX
from muniment.intake.record import phrase
from muniment.proof.errors import Malformed

PIECE_MAX = 1024**2
"""Longest tag with the text behind it, in characters."""
TAGS_MAX = 400_000
"""Most tags; the largest publication seen so far has 8,000."""
DEPTH_MAX = 100
"""Deepest nesting; ST.96 needs about twenty."""
ATTRIBUTES_MAX = 64
"""Most attributes of one element."""
EQUALS_MAX = 400_000
"""Most equals signs: no document can have more attributes than these."""
_BASIS = "docs/import.md"
ENCODINGS = {
    "UTF-8": "utf-8", "UTF8": "utf-8", "US-ASCII": "ascii", "ASCII": "ascii",
    "ISO-8859-1": "latin-1", "LATIN1": "latin-1", "UTF-16": "utf-16",
}
_DECLARATION = re.compile(
    r"""<\?xml\ [ \t\r\n]* version\ *=\ *(?:"1\.0"|'1\.0')
    (?:[ \t\r\n]+ encoding\ *=\ *(?:"([A-Za-z][A-Za-z0-9._-]*)"|'([A-Za-z][A-Za-z0-9._-]*)'))?
    (?:[ \t\r\n]+ standalone\ *=\ *(?:"(?:yes|no)"|'(?:yes|no)'))?
    [ \t\r\n]* \?>""", re.VERBOSE)
_ADMITTED = bytes((9, 10, 13, *range(32, 256)))
"""The bytes that UTF-8 text of XML 1.0 may have; U+FFFE and U+FFFF are looked for apart."""
_XINCLUDE = "{http://www.w3.org/2001/XInclude}*"
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (DEPTH_MAX + 1)})")
_TOO_MANY_ATTRIBUTES = etree.XPath(f"boolean(//*[count(@*) > {ATTRIBUTES_MAX}])")

XML_RULES = {
    "xml-too-large": "The document is larger than 16 MiB, or one tag or text than 1 MiB.",
    "xml-encoding": "The encoding is not declared, not one of UTF-8, UTF-16, ASCII and "
                    "ISO-8859-1, or not that of the bytes.",
    "xml-character": "The document holds a zero byte or another character that XML does not have.",
    "xml-doctype": "The document has a DOCTYPE: DTDs and entities are never read.",
    "xml-instruction": "The document has a processing instruction.",
    "xml-include": "The document includes another one (XInclude).",
    "xml-too-many-elements": "The document has more than 400,000 tags.",
    "xml-too-deep": "The elements are nested more than 100 deep.",
    "xml-too-many-attributes": "An element has more than 64 attributes, or the document 400,000.",
    "xml-malformed": "The document is cut off, or is no well-formed XML.",
    "xml-unknown": "The root element is of no release of ST.96 or ST.66 that is read here.",
}
"""What is wrong with a document that is not read; each refuses it whole."""

Element = etree._Element  # noqa: SLF001 - the name that the library's own types use


class Name(NamedTuple):
    """The name of an element."""

    namespace: str
    local: str


class Document(NamedTuple):
    """A parsed document, and the prefixes by which its release is read."""

    root: Element
    names: dict[str, str]
    """Prefix -> namespace."""

    def all(self, path: str, under: Element | None = None) -> list[Element]:
        """Return the elements on a path like `tmk:TrademarkBag/tmk:Trademark`."""
        start = self.root if under is None else under
        return start.findall(path, self.names)

    def text(self, path: str, under: Element | None = None) -> str:
        """Return the text of the first element on a path, white space collapsed; or nothing."""
        found = self.all(path, under)
        return content(found[0]) if found else ""

    def printed(self, path: str, under: Element | None = None) -> str:
        """Return the text of the first element on a path as printed, its ends bare; or nothing."""
        found = self.all(path, under)
        return (found[0].text or "").strip(" \t\r\n") if found else ""


def name_of(element: Element) -> Name:
    """Return the name of an element."""
    namespace, _, local = str(element.tag).removeprefix("{").rpartition("}")
    return Name(namespace, local)


def content(element: Element) -> str:
    """Return all text within an element, white space collapsed."""
    return phrase("".join(map(str, element.itertext())))


def attribute(element: Element, namespace: str, name: str) -> str:
    """Return an attribute of an element, or nothing."""
    return str(element.get(f"{{{namespace}}}{name}") or "")


def parse(data: bytes) -> Element:
    """Return the root of a document.

    Raises:
        Malformed: The document is not read; the code is one of XML_RULES.
    """
    if len(data) > DOCUMENT_BYTES_MAX:
        raise refusal("xml-too-large")
    text = _decode(data)
    _look_for_specials(text)
    pieces = text.split("<")
    if len(pieces) > TAGS_MAX:
        raise refusal("xml-too-many-elements")
    if max(map(len, pieces)) > PIECE_MAX:
        raise refusal("xml-too-large")
    if text.count("=") > EQUALS_MAX:
        raise refusal("xml-too-many-attributes")
    data = text.encode("utf-8")
    if data.translate(None, _ADMITTED) or "\ufffe" in text or "\uffff" in text:
        raise refusal("xml-character")
    return _parse(data)


def refusal(code: str, more: str = "") -> Malformed:
    """Return the error of a code of XML_RULES."""
    return Malformed(code, f"{XML_RULES[code]} {more}".strip(), basis=_BASIS,
                     remedy="Fetch the document again, or ask its sender for a sound one.")


def _decode(data: bytes) -> str:
    """Return the text of a document without its XML declaration."""
    marked = ""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise refusal("xml-encoding")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        marked = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        marked, data = "utf-8", data[len(codecs.BOM_UTF8):]
    if not marked and b"\0" in data[:2]:
        raise refusal("xml-encoding")  # UTF-16 or UTF-32 without the mark that names it
    head = data[:1_024].decode(marked if marked == "utf-16" else "latin-1", "ignore")
    declared = _declared(head)
    if declared not in {"", marked or declared} or (declared == "utf-16" and not marked):
        raise refusal("xml-encoding")
    try:
        text = data.decode(marked or declared or "utf-8")
    except UnicodeDecodeError:
        raise refusal("xml-encoding") from None
    if declared == "latin-1" and re.search("[\x80-\x9f]", text):
        raise refusal("xml-encoding", "The bytes look like Windows-1252.")
    found = _DECLARATION.match(text)
    return text[found.end():] if found else text


def _declared(head: str) -> str:
    """Return the codec that an XML declaration names, or nothing if it names none."""
    found = _DECLARATION.match(head)
    if found is None:
        if head.startswith("<?xml") and not head.startswith("<?xml-"):
            raise refusal("xml-malformed", "The XML declaration cannot be read.")
        return ""
    name = (found[1] or found[2] or "").upper()
    if name and name not in ENCODINGS:
        raise refusal("xml-encoding")
    return ENCODINGS.get(name, "")


def _look_for_specials(text: str) -> None:
    """Refuse DOCTYPEs and processing instructions; comments and CDATA are passed over."""
    declared, instructed = text.find("<!"), text.find("<?")
    while declared >= 0 or instructed >= 0:
        if declared < 0 or 0 <= instructed < declared:
            raise refusal("xml-instruction")
        if text.startswith("<!--", declared):
            end = text.find("-->", declared + 4)
        elif text.startswith("<![CDATA[", declared):
            end = text.find("]]>", declared + 9)
        else:
            raise refusal("xml-doctype")
        if end < 0:
            raise refusal("xml-malformed")
        declared = text.find("<!", end)
        if 0 <= instructed < end:
            instructed = text.find("<?", end)


def _parse(data: bytes) -> Element:
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False,
        dtd_validation=False, attribute_defaults=False, huge_tree=False, recover=False,
        remove_comments=True, remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        code: int = getattr(error, "code", 0)  # which the library's types leave out
        too_deep = code == etree.ErrorTypes.ERR_RESOURCE_LIMIT and "depth" in str(error)
        raise refusal(*(("xml-too-deep",) if too_deep else ("xml-malformed", _place(error)))
                      ) from None
    if _TOO_DEEP(root):
        raise refusal("xml-too-deep")
    if _TOO_MANY_ATTRIBUTES(root):
        raise refusal("xml-too-many-attributes")
    if next(root.iter(_XINCLUDE), None) is not None:
        raise refusal("xml-include")
    if next(root.iter(etree.Entity), None) is not None:
        raise refusal("xml-malformed", "It holds an entity that nobody declared.")
    return root


def _place(error: etree.XMLSyntaxError) -> str:
    """Return where the parser stopped, without any of the document's own text."""
    place = error.position
    if not place[0]:
        return ""
    return f"It stops being XML at line {place[0]}, column {place[1]}."


class Writer:
    """A document in the making.

    Args:
        name: The name of its root, e.g. `pat:BibliographicData`.
        names: Prefix -> namespace.
    """

    def __init__(self, name: str, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        self.root: Element = etree.Element(self._full(name), nsmap=self._names)

    def add(self, under: Element, name: str, text: str = "") -> Element:
        """Add an element under another one, with its text; return it."""
        element = etree.SubElement(under, self._full(name))
        if text:
            element.text = text
        return element

    def set(self, element: Element, name: str, value: str) -> None:
        """Give an element an attribute."""
        element.set(self._full(name), value)

    def bytes(self) -> bytes:
        """Return the document as UTF-8, indented."""
        return etree.tostring(self.root, encoding="UTF-8", xml_declaration=True,
                              pretty_print=True)

    def _full(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return f"{{{self._names[prefix]}}}{local}"
