"""OpenID Connect: the way to the provider. What its answer proves: oidc_answers.py."""

from urllib.parse import urlencode, urlsplit

import msgspec

from chenu.flows.services import Services
from chenu.sso.attempts import Journey, NewAttempt, begin_attempt
from chenu.sso.connections import ConnectionRow
from chenu.sso.errors import SsoRefused
from chenu.sso.model import ConnectionId, ConnectionKind, Refusal
from chenu.sso.oidc_metadata import OidcMetadata

_SCOPE = "openid email profile"


class SentAway(msgspec.Struct, frozen=True):
    """`url` is the provider's; `browser` is the cookie's value, by which the answer is known."""

    url: str
    browser: str


class Answered(msgspec.Struct, frozen=True):
    """What the provider sent back, by the callback's query or SAML's form; empty where missing."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str = ""
    saml_response: str = ""


def callback_url(services: Services, connection_id: ConnectionId) -> str:
    """Where the provider sends the browser back to; each connection has its own."""
    return services.url(f"/sign-in/provider/{connection_id}/callback")


async def send_away(
    services: Services,
    connection: ConnectionRow,
    journey: Journey,
    cookie: str,
) -> SentAway:
    if connection.kind is not ConnectionKind.OIDC:
        raise SsoRefused(Refusal.CONNECTION_OFF)
    metadata = await services.providers.get_metadata(connection.issuer)
    attempt = await begin_attempt(connection.id, services.settings.secret, journey, cookie)
    url = _authorization_url(services, connection, metadata, attempt, journey)
    return SentAway(url, attempt.browser)


def _authorization_url(
    services: Services,
    connection: ConnectionRow,
    metadata: OidcMetadata,
    attempt: NewAttempt,
    journey: Journey,
) -> str:
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    params = {
        "response_type": "code",
        "response_mode": "query",
        "client_id": connection.client_id,
        "redirect_uri": callback_url(services, connection.id),
        "scope": _SCOPE,
        "state": attempt.state,
        "nonce": attempt.secret.nonce,
        "code_challenge": create_s256_code_challenge(attempt.secret.verifier),
        "code_challenge_method": "S256",
    }
    if journey.email:
        params["login_hint"] = journey.email
    if journey.asks_anew:
        params |= {"prompt": "login", "max_age": "0"}
    endpoint = metadata.authorization_endpoint
    joint = "&" if urlsplit(endpoint).query else "?"
    return f"{endpoint}{joint}{urlencode(params)}"
