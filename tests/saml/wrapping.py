"""The eight variants of signature wrapping, as the literature numbers them (XSW1 to XSW8).

Each begins with a good answer for Ada and ends with one that says Eve to a careless reader.
"""

import re
from collections.abc import Callable

from tests.saml.provider import Key, Said, respond, write_assertion, write_response

_EVIL = Said(
    subject="eve@company.example",
    mail="eve@company.example",
    assertion_id="_evil",
    response_id="_evil-response",
    signs_assertion=False,
)
_SIGNATURE = re.compile(r"<ds:Signature .*?</ds:Signature>", re.DOTALL)
_ASSERTION = re.compile(r"<saml:Assertion .*</saml:Assertion>", re.DOTALL)


def _signed(key: Key) -> tuple[str, str, str]:
    """The signed assertion, its signature, and the assertion without."""
    found = _ASSERTION.search(respond(key).decode())
    assert found
    assertion = found.group()
    signature = _SIGNATURE.search(assertion)
    assert signature
    return assertion, signature.group(), _SIGNATURE.sub("", assertion)


def _signed_response(key: Key) -> tuple[str, str]:
    """The signature of the response, and the response without it."""
    response = respond(key, signs_response=True).decode()
    signature = _SIGNATURE.search(response)
    assert signature
    return signature.group(), response.replace(signature.group(), "", 1)


def _evil_assertion(signature: str = "") -> str:
    return write_assertion(_EVIL).replace("</saml:Issuer>", f"</saml:Issuer>{signature}", 1)


def _respond(content: str) -> bytes:
    return write_response(_EVIL, content).encode()


def _within(signature: str, hidden: str) -> str:
    return signature.replace("</ds:Signature>", f"{hidden}</ds:Signature>")


def xsw1(key: Key) -> bytes:
    """The signed response stands within its signature, in an evil response."""
    signature, original = _signed_response(key)
    evil = _respond(_evil_assertion()).decode()
    return _after_issuer(evil, _within(signature, original))


def xsw2(key: Key) -> bytes:
    """The signed response stands before its signature."""
    signature, original = _signed_response(key)
    evil = _respond(_evil_assertion()).decode()
    return _after_issuer(evil, original + signature)


def xsw3(key: Key) -> bytes:
    """An evil assertion stands before the signed one."""
    return _respond(_evil_assertion() + _signed(key)[0])


def xsw4(key: Key) -> bytes:
    """The signed assertion stands within the evil one."""
    inner = f"{_signed(key)[0]}</saml:Assertion>"
    return _respond(_evil_assertion().replace("</saml:Assertion>", inner))


def xsw5(key: Key) -> bytes:
    """The evil assertion has the signature; the signed one follows without."""
    _whole, signature, bare = _signed(key)
    return _respond(_evil_assertion(signature) + bare)


def xsw6(key: Key) -> bytes:
    """The evil assertion has the signature, in which the signed one stands."""
    _whole, signature, bare = _signed(key)
    return _respond(_evil_assertion(_within(signature, bare)))


def xsw7(key: Key) -> bytes:
    """An evil assertion hides in Extensions."""
    extensions = f"<samlp:Extensions>{_evil_assertion()}</samlp:Extensions>"
    return respond(key).replace(b"<samlp:Status>", f"{extensions}<samlp:Status>".encode())


def xsw8(key: Key) -> bytes:
    """The signed assertion hides in an Object of the signature of the evil one."""
    _whole, signature, bare = _signed(key)
    return _respond(_evil_assertion(_within(signature, f"<ds:Object>{bare}</ds:Object>")))


def _after_issuer(evil: str, added: str) -> bytes:
    return evil.replace("</saml:Issuer>", f"</saml:Issuer>{added}", 1).encode()


VARIANTS: tuple[Callable[[Key], bytes], ...] = (xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8)
