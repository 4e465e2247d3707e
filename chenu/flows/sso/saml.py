"""SAML 2.0: the way to the provider, and what its answer proves. docs/decisions/0082."""

from chenu.core.clock import system_now
from chenu.core.errors import Invalid
from chenu.flows.services import Services
from chenu.flows.sso.oidc import SentAway
from chenu.saml.assertions import Expectation
from chenu.saml.metadata import ProviderMetadata, read_metadata, write_metadata
from chenu.saml.refusals import SamlRefused
from chenu.saml.requests import sign_in_url
from chenu.saml.verifier import decode_response, require_saml
from chenu.sso.attempts import Attempt, Journey, begin_attempt
from chenu.sso.connections import ConnectionRow
from chenu.sso.errors import SsoRefused
from chenu.sso.model import AttemptId, ConnectionId, Refusal, VerifiedIdentity
from chenu.sso.saml_identity import read_saml_identity, refused_as


def consumer_url(services: Services, connection_id: ConnectionId) -> str:
    """Where the provider has the browser post its answer; each connection has its own."""
    return services.url(f"/sign-in/provider/{connection_id}/saml")


def audience_of(services: Services, connection_id: ConnectionId) -> str:
    """Our entity id for one connection: an answer for another account is for somebody else."""
    return services.url(f"/sign-in/provider/{connection_id}/metadata")


def describe_us(services: Services, connection_id: ConnectionId) -> bytes:
    """Our metadata, for the connection's provider."""
    return write_metadata(
        audience_of(services, connection_id), consumer_url(services, connection_id)
    )


async def send_to_saml(
    services: Services,
    connection: ConnectionRow,
    journey: Journey,
    cookie: str,
) -> SentAway:
    """Raises SsoRefused, and InvalidState where SAML is not installed."""
    require_saml()
    provider = _read_provider(connection)
    attempt = await begin_attempt(connection.id, services.settings.secret, journey, cookie)
    url = sign_in_url(
        provider.sign_in_url,
        request_id=request_id_of(attempt.id),
        audience=audience_of(services, connection.id),
        consumer_url=consumer_url(services, connection.id),
        relay_state=attempt.state,
        now=system_now(),
        asks_anew=journey.asks_anew,
    )
    return SentAway(url, attempt.browser)


def request_id_of(attempt_id: AttemptId) -> str:
    """Named by the signed part of the answer. An attempt counts once, and so does its answer."""
    return f"_{attempt_id.hex}"


async def verify_saml_answer(
    services: Services, connection: ConnectionRow, attempt: Attempt, posted: str
) -> VerifiedIdentity:
    """`posted` is the form's SAMLResponse. Raises SsoRefused, Busy, Unavailable."""
    provider = _read_provider(connection)
    expected = Expectation(
        provider=provider.provider,
        certificates=tuple(each.pem for each in provider.certificates),
        audience=audience_of(services, connection.id),
        consumer_url=consumer_url(services, connection.id),
        request_id=request_id_of(attempt.id),
        now=system_now(),
        asked_since=attempt.asked_since,
    )
    try:
        assertion = await services.saml.verify(decode_response(posted), expected)
    except SamlRefused as refused:
        raise refused_as(refused) from None
    return read_saml_identity(assertion, connection.role_claim)


def _read_provider(connection: ConnectionRow) -> ProviderMetadata:
    """As it was entered; its certificates may have expired since."""
    try:
        return read_metadata(connection.metadata.encode(), system_now())
    except Invalid as error:
        raise SsoRefused(Refusal.METADATA_INVALID, str(error)) from None
