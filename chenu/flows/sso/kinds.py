"""What each kind of connection does: the way to its provider, and what an answer proves."""

from chenu.accounts.actor import UserId
from chenu.flows.services import Services
from chenu.flows.sso import oidc
from chenu.flows.sso.oidc import Answered, SentAway
from chenu.flows.sso.saml import consumer_url, send_to_saml, verify_saml_answer
from chenu.sso.attempts import Attempt
from chenu.sso.connections import ConnectionRow
from chenu.sso.model import ConnectionKind, VerifiedIdentity


async def send_away(
    services: Services,
    connection: ConnectionRow,
    cookie: str,
    *,
    next_path: str = "",
    email: str = "",
    trial_of: UserId | None = None,
) -> SentAway:
    """Raises SsoRefused."""
    if connection.kind is ConnectionKind.SAML:
        return await send_to_saml(
            services, connection, cookie, next_path=next_path, trial_of=trial_of
        )
    return await oidc.send_away(
        services, connection, cookie, next_path=next_path, email=email, trial_of=trial_of
    )


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
    return await oidc.verify_answer(services, connection, attempt, answered)
