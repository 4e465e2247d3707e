"""The form that an answer must have before its signature is asked: what is signed is what is read.

Signature wrapping moves the signed assertion aside and puts another where it is read. Here one
assertion stands in the whole document, at the one place where it belongs, and its own signature
names it.
"""

from collections import Counter
from xml.etree.ElementTree import Element

from chenu.saml.documents import ASSERTION, PROTOCOL, SIGNATURE, child
from chenu.saml.refusals import Refusal, SamlRefused

_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_SIGNATURE_METHODS = frozenset(
    f"{_MORE}{key}-sha{bits}" for key in ("rsa", "ecdsa") for bits in (256, 384, 512)
)
_DIGEST_METHODS = frozenset(
    (
        "http://www.w3.org/2001/04/xmlenc#sha256",
        f"{_MORE}sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    )
)


def find_assertion(root: Element) -> Element:
    """The only assertion, which has a signature of its own. Raises SamlRefused."""
    if root.tag != f"{PROTOCOL}Response":
        raise SamlRefused(Refusal.STRUCTURE, "no Response")
    _refuse_encryption(root)
    _require_unique_ids(root)
    assertion = child(root, f"{ASSERTION}Assertion")
    if len(list(root.iter(f"{ASSERTION}Assertion"))) != 1:
        raise SamlRefused(Refusal.STRUCTURE, "a second Assertion")
    _check_signatures(root, assertion)
    return assertion


def _refuse_encryption(root: Element) -> None:
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name.startswith("Encrypted"):
            raise SamlRefused(Refusal.ENCRYPTED, name)


def _require_unique_ids(root: Element) -> None:
    ids = Counter(
        value
        for element in root.iter()
        for name, value in element.attrib.items()
        if name.rpartition("}")[2].lower() == "id"
    )
    if any(count > 1 for count in ids.values()):
        raise SamlRefused(Refusal.STRUCTURE, "an id twice")


def _check_signatures(root: Element, assertion: Element) -> None:
    """A signature of the response may stand beside the assertion's, never in place of it."""
    own = assertion.findall(f"{SIGNATURE}Signature")
    outer = root.findall(f"{SIGNATURE}Signature")
    if not own:
        raise SamlRefused(Refusal.NOT_SIGNED, "the Assertion has no signature of its own")
    everywhere = len(list(root.iter(f"{SIGNATURE}Signature")))
    if len(own) != 1 or len(outer) > 1 or everywhere != len(own) + len(outer):
        raise SamlRefused(Refusal.STRUCTURE, "a signature where none belongs")
    _check_signature(assertion, own[0])
    for signature in outer:
        _check_signature(root, signature)


def _check_signature(signed: Element, signature: Element) -> None:
    issuers = len(signed.findall(f"{ASSERTION}Issuer"))
    if list(signed).index(signature) != issuers:
        raise SamlRefused(Refusal.STRUCTURE, "a signature that does not follow the Issuer")
    if signature.find(f".//{SIGNATURE}Object") is not None:
        raise SamlRefused(Refusal.STRUCTURE, "an Object within a signature")
    info = child(signature, f"{SIGNATURE}SignedInfo")
    reference = child(info, f"{SIGNATURE}Reference")
    if reference.get("URI") != f"#{signed.get('ID')}" or not signed.get("ID"):
        raise SamlRefused(Refusal.SIGNATURE, "the signature is over another element")
    _check_algorithms(info, reference)


def _check_algorithms(info: Element, reference: Element) -> None:
    method = child(info, f"{SIGNATURE}SignatureMethod").get("Algorithm")
    digest = child(reference, f"{SIGNATURE}DigestMethod").get("Algorithm")
    if method not in _SIGNATURE_METHODS or digest not in _DIGEST_METHODS:
        raise SamlRefused(Refusal.WEAK_ALGORITHM, f"{method} over {digest}")
    canonical = child(info, f"{SIGNATURE}CanonicalizationMethod").get("Algorithm")
    transforms = child(reference, f"{SIGNATURE}Transforms")
    steps = [step.get("Algorithm") for step in transforms]
    if canonical != _EXCLUSIVE or steps != [_ENVELOPED, _EXCLUSIVE]:
        raise SamlRefused(Refusal.WEAK_ALGORITHM, "another form than exclusive c14n")
