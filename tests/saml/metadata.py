"""Metadata of a provider, as a test writes it."""

from tests.saml.provider import PROVIDER, Key

SIGN_IN = "https://idp.example/sso?tenant=1"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


def write_provider_metadata(
    *keys: Key, url: str = SIGN_IN, binding: str = REDIRECT, provider: str = PROVIDER
) -> str:
    described = "".join(
        '<md:KeyDescriptor use="signing"><ds:KeyInfo'
        ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
        + "".join(key.certificate.strip().splitlines()[1:-1])
        + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for key in keys
    )
    return (
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
        f' entityID="{provider}"><md:IDPSSODescriptor'
        ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f'{described}<md:SingleSignOnService Binding="{binding}"'
        f' Location="{url.replace("&", "&amp;")}"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )
