"""The signature itself, by pysaml2 and xmlsec1. Imported in a process of its own only."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from tempfile import NamedTemporaryFile
from typing import Protocol

from saml2 import saml, samlp
from saml2.sigver import CryptoBackendXmlSec1, SecurityContext

from chenu.saml.refusals import Refusal, SamlRefused

_ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"
_RESPONSE = "urn:oasis:names:tc:SAML:2.0:protocol:Response"


class _File(Protocol):
    """`name` is its path, as xmlsec1 opens it."""

    @property
    def name(self) -> str: ...


class _Certificates:
    """What pysaml2 asks for keys: never those that an answer brings along."""

    def __init__(self, provider: str, files: Sequence[_File]) -> None:
        self._provider = provider
        self._files = files

    def certs(self, issuer: str | None, _kind: str, _use: str) -> list[tuple[None, _File]]:
        if issuer != self._provider:
            return []
        return [(None, each) for each in self._files]


def check_signatures(raw: bytes, provider: str, certificates: tuple[str, ...]) -> None:
    """Of the assertion, and of the response where it has one. Raises SamlRefused."""
    program = shutil.which("xmlsec1")
    if program is None:
        raise SamlRefused(Refusal.SIGNATURE, "xmlsec1 is missing")
    with ExitStack() as opened:
        files = [opened.enter_context(NamedTemporaryFile(suffix=".pem")) for _each in certificates]
        for file, certificate in zip(files, certificates, strict=True):
            file.write(certificate.encode())
            file.flush()
        context = SecurityContext(
            CryptoBackendXmlSec1(program),
            metadata=_Certificates(provider, files),
            only_use_keys_in_metadata=True,
        )
        _check_each(context, raw)


def _check_each(context: SecurityContext, raw: bytes) -> None:
    document = raw.decode()
    try:
        response = samlp.response_from_string(raw)
        _check(context, response.assertion[0], _ASSERTION, document)
        if response.signature:
            _check(context, response, _RESPONSE, document)
    except Exception as error:  # whatever it does not understand is not signed
        raise SamlRefused(Refusal.SIGNATURE, type(error).__name__) from None


def _check(
    context: SecurityContext, item: saml.Assertion | samlp.Response, name: str, document: str
) -> None:
    context.check_signature(item, name, document, must=True)
