"""Whom a verified assertion speaks of, and what a refusal of SAML is called here."""

from collections.abc import Iterable

from chenu.core.email_address import find_ascii_address
from chenu.core.text import has_control, tidy
from chenu.saml.assertions import VerifiedAssertion
from chenu.saml.refusals import Refusal as SamlRefusal
from chenu.saml.refusals import SamlRefused
from chenu.sso.errors import SsoRefused
from chenu.sso.model import MOST_GROUPS, Refusal, VerifiedIdentity

_LONGEST_SUBJECT = 255
_LONGEST_NAME = 80
_FORMAT = "urn:oasis:names:tc:SAML:"
_TRANSIENT = f"{_FORMAT}2.0:nameid-format:transient"
_MAILBOX = f"{_FORMAT}1.1:nameid-format:emailAddress"
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_MAILBOXES = ("mail", "email", "urn:oid:0.9.2342.19200300.100.1.3", f"{_CLAIMS}/emailaddress")
_NAMES = (
    *("displayName", "urn:oid:2.16.840.1.113730.3.1.241", "cn", "urn:oid:2.5.4.3"),
    "http://schemas.microsoft.com/identity/claims/displayname",
    f"{_CLAIMS}/name",
)
_CODES = {
    SamlRefusal.NOT_SUCCESSFUL: Refusal.PROVIDER_REFUSED,
    SamlRefusal.NOT_SIGNED: Refusal.SIGNATURE_WRONG,
    SamlRefusal.SIGNATURE: Refusal.SIGNATURE_WRONG,
    SamlRefusal.WEAK_ALGORITHM: Refusal.ALGORITHM_REFUSED,
    SamlRefusal.NO_CERTIFICATE: Refusal.KEY_UNKNOWN,
    SamlRefusal.ISSUER: Refusal.ISSUER_WRONG,
    SamlRefusal.DESTINATION: Refusal.AUDIENCE_WRONG,
    SamlRefusal.AUDIENCE: Refusal.AUDIENCE_WRONG,
    SamlRefusal.REQUEST: Refusal.NONCE_WRONG,
    SamlRefusal.EXPIRED: Refusal.EXPIRED,
    SamlRefusal.NOT_YET_VALID: Refusal.NOT_YET_VALID,
    SamlRefusal.SUBJECT: Refusal.SUBJECT_MISSING,
    SamlRefusal.NOT_ASKED_ANEW: Refusal.NOT_ASKED_ANEW,
}


def refused_as(error: SamlRefused) -> SsoRefused:
    """The detail has the exact reason, for the audit trail."""
    return SsoRefused(_CODES.get(error.refusal, Refusal.TOKEN_MALFORMED), str(error))


def read_saml_identity(assertion: VerifiedAssertion, role_claim: str) -> VerifiedIdentity:
    """Raises SsoRefused where the subject is not for ever, or no mailbox is named.

    The mailbox counts as verified: its domain has to be proved by the connection's account.
    """
    subject = assertion.subject
    is_text = not has_control(subject, is_line=True)
    if assertion.subject_format == _TRANSIENT or not is_text or len(subject) > _LONGEST_SUBJECT:
        raise SsoRefused(Refusal.SUBJECT_MISSING, assertion.subject_format[:100])
    email = _find_mailbox(assertion)
    if email is None:
        raise SsoRefused(Refusal.EMAIL_MISSING)
    groups = _values(assertion, [role_claim]) if role_claim else ()
    name = next((tidy(text) for text in _values(assertion, _NAMES) if _is_name(text)), "")
    shown = name[:_LONGEST_NAME] or email.partition("@")[0]
    return VerifiedIdentity(subject, email, shown, tuple(groups)[:MOST_GROUPS])


def _find_mailbox(assertion: VerifiedAssertion) -> str | None:
    """Of an attribute; else the subject, where it says that it is a mailbox. Two are none."""
    named = {find_ascii_address(text) for text in _values(assertion, _MAILBOXES)}
    if not named and assertion.subject_format == _MAILBOX:
        return find_ascii_address(assertion.subject)
    return named.pop() if len(named) == 1 else None


def _is_name(text: str) -> bool:
    return bool(tidy(text)) and not has_control(text, is_line=True)


def _values(assertion: VerifiedAssertion, names: Iterable[str]) -> list[str]:
    return [text for name in names for text in assertion.attributes.get(name, ())]
