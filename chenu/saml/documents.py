"""XML that strangers wrote, read strictly: what two parsers could read differently is refused."""

from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat

import defusedxml
import defusedxml.ElementTree

from chenu.saml.refusals import Refusal, SamlRefused

ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PROTOCOL = "{urn:oasis:names:tc:SAML:2.0:protocol}"
METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"

_DEEPEST = 40
_MOST_ELEMENTS = 20_000


def read_document(raw: bytes, most_bytes: int) -> Element:
    """The root. Raises SamlRefused for a DTD, an entity, a comment, or what is not UTF-8."""
    if len(raw) > most_bytes:
        raise SamlRefused(Refusal.NOT_READABLE, f"more than {most_bytes} bytes")
    try:
        raw.decode()
        _refuse_what_hides(raw)
        root = defusedxml.ElementTree.fromstring(raw, forbid_dtd=True)
    except (UnicodeDecodeError, expat.ExpatError, ParseError, defusedxml.DefusedXmlException):
        raise SamlRefused(Refusal.NOT_READABLE, "no XML in UTF-8 without a DTD") from None
    assert isinstance(root, Element)  # noqa: S101  defusedxml has no types
    return root


def child(parent: Element, tag: str) -> Element:
    """The only child of this name. Raises SamlRefused."""
    found = parent.findall(tag)
    if len(found) != 1:
        name = tag.rpartition("}")[2]
        raise SamlRefused(Refusal.STRUCTURE, f"{len(found)} elements {name} where one belongs")
    return found[0]


def text_of(element: Element) -> str:
    """Without white space around it. Raises SamlRefused where there is more than text."""
    if len(element):
        raise SamlRefused(Refusal.STRUCTURE, "elements where text belongs")
    return (element.text or "").strip()


class _Counter:
    def __init__(self) -> None:
        self._depth = 0
        self._elements = 0

    def start(self, _name: str, _attributes: object) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise SamlRefused(Refusal.NOT_READABLE, "too deep or too many elements")

    def end(self, _name: str) -> None:
        self._depth -= 1


def _refuse_what_hides(raw: bytes) -> None:
    """Comments split a text for some readers; a DTD declares entities and ids."""
    counter = _Counter()
    parser = expat.ParserCreate()
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.CommentHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    parser.StartCdataSectionHandler = _refuse
    parser.XmlDeclHandler = _check_declaration
    parser.Parse(raw, True)


def _refuse(*_what: object) -> NoReturn:
    raise SamlRefused(Refusal.HIDDEN_TEXT, "a DTD, an entity, a comment or the like")


def _check_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() != "utf-8":
        raise SamlRefused(Refusal.NOT_READABLE, "not UTF-8")
