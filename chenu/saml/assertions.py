"""What an assertion must say before it counts: for us, now, once, in answer to our request."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

import msgspec

from chenu.saml.documents import ASSERTION, PROTOCOL, child, text_of
from chenu.saml.refusals import Refusal, SamlRefused

_SKEW = timedelta(seconds=60)
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
_KNOWN_CONDITIONS = frozenset(
    f"{ASSERTION}{name}" for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")
)
_LONGEST_VALUE = 2_000


class Expectation(msgspec.Struct, frozen=True):
    """What the answer must agree with. Certificates are PEM; `now` is system time.

    `asked_since`: the provider was to ask who is there, not to know it from before.
    """

    provider: str
    certificates: tuple[str, ...]
    audience: str
    consumer_url: str
    request_id: str
    now: datetime
    asked_since: datetime | None = None


class VerifiedAssertion(msgspec.Struct, frozen=True):
    """`assertion_id` counts once until `expires_at`."""

    assertion_id: str
    subject: str
    subject_format: str
    attributes: Mapping[str, tuple[str, ...]]
    expires_at: datetime


def read_assertion(root: Element, assertion: Element, expected: Expectation) -> VerifiedAssertion:
    """Of a response whose signature is good. Raises SamlRefused."""
    _check_response(root, expected)
    _check_issuer(child(assertion, f"{ASSERTION}Issuer"), expected)
    subject = child(assertion, f"{ASSERTION}Subject")
    confirmed_until = _check_confirmations(subject, expected)
    conditions_until = _check_conditions(assertion, expected)
    _check_statement(assertion, expected.now)
    _check_asked(assertion, expected.asked_since)
    name = child(subject, f"{ASSERTION}NameID")
    if not 0 < len(text_of(name)) <= _LONGEST_VALUE:
        raise SamlRefused(Refusal.SUBJECT, "no NameID")
    return VerifiedAssertion(
        assertion_id=assertion.get("ID", ""),
        subject=text_of(name),
        subject_format=name.get("Format", ""),
        attributes=_read_attributes(assertion),
        expires_at=min(confirmed_until, conditions_until) + _SKEW,
    )


def _check_response(root: Element, expected: Expectation) -> None:
    if root.get("Version") != "2.0":
        raise SamlRefused(Refusal.STRUCTURE, "not of version 2.0")
    status = child(root, f"{PROTOCOL}Status").findall(f".//{PROTOCOL}StatusCode")
    if not status or status[0].get("Value") != _SUCCESS:
        said = ", ".join(each.get("Value", "").rpartition(":")[2][:60] for each in status)
        raise SamlRefused(Refusal.NOT_SUCCESSFUL, said)
    for issuer in root.findall(f"{ASSERTION}Issuer"):
        _check_issuer(issuer, expected)
    if root.get("Destination") != expected.consumer_url:
        raise SamlRefused(Refusal.DESTINATION, "Destination of the Response")
    if root.get("InResponseTo") != expected.request_id:
        raise SamlRefused(Refusal.REQUEST, "InResponseTo of the Response")


def _check_issuer(issuer: Element, expected: Expectation) -> None:
    if text_of(issuer) != expected.provider or issuer.get("Format", _ENTITY) != _ENTITY:
        raise SamlRefused(Refusal.ISSUER)


def _check_confirmations(subject: Element, expected: Expectation) -> datetime:
    """Until when the first that holds does; the last one's refusal where none holds."""
    refused = SamlRefused(Refusal.SUBJECT, "no bearer confirmation")
    for confirmation in subject.findall(f"{ASSERTION}SubjectConfirmation"):
        if confirmation.get("Method") != _BEARER:
            continue
        try:
            data = child(confirmation, f"{ASSERTION}SubjectConfirmationData")
            return _check_confirmation(data, expected)
        except SamlRefused as error:
            refused = error
    raise refused


def _check_confirmation(data: Element, expected: Expectation) -> datetime:
    if data.get("Recipient") != expected.consumer_url:
        raise SamlRefused(Refusal.DESTINATION, "Recipient of the SubjectConfirmation")
    if data.get("InResponseTo") != expected.request_id:
        raise SamlRefused(Refusal.REQUEST, "InResponseTo of the SubjectConfirmation")
    return _check_span(data, expected.now)


def _check_conditions(assertion: Element, expected: Expectation) -> datetime:
    conditions = child(assertion, f"{ASSERTION}Conditions")
    if any(each.tag not in _KNOWN_CONDITIONS for each in conditions):
        raise SamlRefused(Refusal.STRUCTURE, "a condition that nobody knows")
    restrictions = conditions.findall(f"{ASSERTION}AudienceRestriction")
    audiences = [
        {text_of(audience) for audience in each.findall(f"{ASSERTION}Audience")}
        for each in restrictions
    ]
    if not audiences or any(expected.audience not in named for named in audiences):
        raise SamlRefused(Refusal.AUDIENCE)
    return _check_span(conditions, expected.now)


def _check_statement(assertion: Element, now: datetime) -> None:
    statements = assertion.findall(f"{ASSERTION}AuthnStatement")
    if not statements:
        raise SamlRefused(Refusal.STRUCTURE, "no AuthnStatement")
    ends = [each.get("SessionNotOnOrAfter") for each in statements]
    if any(end is not None and _moment(end) + _SKEW <= now for end in ends):
        raise SamlRefused(Refusal.EXPIRED, "SessionNotOnOrAfter")
    if _moment(assertion.get("IssueInstant")) - _SKEW > now:
        raise SamlRefused(Refusal.NOT_YET_VALID, "IssueInstant")


def _check_asked(assertion: Element, since: datetime | None) -> None:
    if since is None:
        return
    for statement in assertion.findall(f"{ASSERTION}AuthnStatement"):
        asked_at = statement.get("AuthnInstant")
        if asked_at is not None and _moment(asked_at) < since - _SKEW:
            raise SamlRefused(Refusal.NOT_ASKED_ANEW, "AuthnInstant")


def _check_span(element: Element, now: datetime) -> datetime:
    """Its end, which must be named."""
    name = element.tag.rpartition("}")[2]
    begin, end = element.get("NotBefore"), _moment(element.get("NotOnOrAfter"))
    if begin is not None and _moment(begin) - _SKEW > now:
        raise SamlRefused(Refusal.NOT_YET_VALID, f"NotBefore of {name}")
    if end + _SKEW <= now:
        raise SamlRefused(Refusal.EXPIRED, f"NotOnOrAfter of {name}")
    return end


def _moment(text: str | None) -> datetime:
    """SAML writes UTC; a moment without a zone is one of UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise SamlRefused(Refusal.STRUCTURE, "no moment where one belongs") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_attributes(assertion: Element) -> dict[str, tuple[str, ...]]:
    """By name; of a name that stands twice, all values. Values that are no text do not count."""
    found: dict[str, tuple[str, ...]] = {}
    for attribute in assertion.iterfind(f"{ASSERTION}AttributeStatement/{ASSERTION}Attribute"):
        values = tuple(
            (value.text or "").strip()
            for value in attribute.findall(f"{ASSERTION}AttributeValue")
            if not len(value) and len(value.text or "") <= _LONGEST_VALUE
        )
        name = attribute.get("Name", "")
        found[name] = found.get(name, ()) + values
    return found
