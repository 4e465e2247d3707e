"""What each kind of connection does: the way to its provider, and what an answer proves."""

from msgspec.structs import replace

from chenu.flows.return_urls import is_local_path
from chenu.flows.services import Services
from chenu.flows.sso import oidc
from chenu.flows.sso.oidc import Answered, SentAway
from chenu.flows.sso.saml import consumer_url, send_to_saml, verify_saml_answer
from chenu.sso.attempts import Attempt, Journey
from chenu.sso.connections import ConnectionRow
from chenu.sso.model import ConnectionKind, VerifiedIdentity


async def send_away(
    services: Services,
    connection: ConnectionRow,
    journey: Journey,
    cookie: str,
) -> SentAway:
    """Afterwards to a page of ours, or else to the first one. Raises SsoRefused."""
    if not is_local_path(journey.next_path):
        journey = replace(journey, next_path="")
    if connection.kind is ConnectionKind.SAML:
        return await send_to_saml(services, connection, journey, cookie)
    return await oidc.send_away(services, connection, journey, cookie)


def return_url(services: Services, connection: ConnectionRow) -> str:
    """What the provider has to know before anybody comes."""
    if connection.kind is ConnectionKind.SAML:
        return consumer_url(services, connection.id)
    return oidc.callback_url(services, connection.id)


async def verify_answer(
    services: Services, connection: ConnectionRow, attempt: Attempt, answered: Answered
) -> VerifiedIdentity:
    """Raises SsoRefused."""
    if connection.kind is ConnectionKind.SAML:
        return await verify_saml_answer(services, connection, attempt, answered.saml_response)
    # Imported when somebody signs in by OpenID Connect: few accounts do.
    from chenu.flows.sso.oidc_answers import verify_answer as verify_oidc_answer

    return await verify_oidc_answer(services, connection, attempt, answered)
