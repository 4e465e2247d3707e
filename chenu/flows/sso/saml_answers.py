"""Answers of SAML providers, which these have the browser post: received, then fetched by it.

The post comes from the provider's site, without our cookies. It does nothing but store the answer,
under the RelayState of a sign-in that is under way. docs/decisions/0082.
"""

from chenu.accounts.attempts import count_attempt
from chenu.accounts.credentials import hash_token
from chenu.accounts.users import Browser
from chenu.core.errors import NotFound
from chenu.flows.services import Services
from chenu.flows.sso.availability import PER_IP
from chenu.flows.sso.oidc import Answered
from chenu.flows.sso.signing_in import record_refusal
from chenu.saml.verifier import LONGEST_POSTED
from chenu.sso.attempts import require_open_attempt
from chenu.sso.connections import ConnectionRow, find_connection
from chenu.sso.errors import SsoRefused
from chenu.sso.model import ConnectionId, ConnectionKind, Refusal


async def receive_answer(
    services: Services, connection_id: ConnectionId, state: str, posted: str, browser: Browser
) -> None:
    """Raises NotFound, SsoRefused, RateLimited, Unavailable."""
    await count_attempt(PER_IP, browser.ip)
    connection = await get_saml_connection(connection_id)
    try:
        if not posted or len(posted) > LONGEST_POSTED:
            raise SsoRefused(Refusal.TOKEN_MISSING, f"{len(posted)} characters")
        await require_open_attempt(connection_id, state)
    except SsoRefused as refused:
        await record_refusal(connection, browser.ip, refused)
        raise
    await services.pubsub.posted_answers.put(_name(connection_id, state), posted)


async def fetch_answer(services: Services, connection_id: ConnectionId, state: str) -> Answered:
    """Without the posted text where there is none. Raises NotFound, Unavailable."""
    await get_saml_connection(connection_id)
    posted = await services.pubsub.posted_answers.take(_name(connection_id, state))
    return Answered(state, saml_response=posted)


async def get_saml_connection(connection_id: ConnectionId) -> ConnectionRow:
    """Whosesoever. Raises NotFound."""
    found = await find_connection(connection_id)
    if found is None or found.kind is not ConnectionKind.SAML:
        raise NotFound("There is no such connection")
    return found


def _name(connection_id: ConnectionId, state: str) -> str:
    return f"saml:{connection_id}:{hash_token(state).hex()}"
