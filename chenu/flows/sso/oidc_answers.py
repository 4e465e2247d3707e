"""OpenID Connect: what the provider's answer proves. Imported late, with what reads signatures."""

import structlog

from chenu.accounts.encryption import UnreadableSecret
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.flows.sso.oidc import Answered, callback_url
from chenu.sso.attempts import Attempt
from chenu.sso.connections import ConnectionRow, open_client_secret
from chenu.sso.errors import SsoRefused
from chenu.sso.model import Refusal, VerifiedIdentity
from chenu.sso.oidc_metadata import OidcMetadata
from chenu.sso.oidc_tokens import (
    Claims,
    Expected,
    read_identity,
    require_asked_since,
    verify_id_token,
)
from chenu.sso.providers import CodeExchange

log = structlog.get_logger(__name__)


async def verify_answer(
    services: Services, connection: ConnectionRow, attempt: Attempt, answered: Answered
) -> VerifiedIdentity:
    metadata = await services.providers.get_metadata(connection.issuer)
    _check_answer(metadata, answered)
    secret = await _open_secret(services, connection)
    redirect_uri = callback_url(services, connection.id)
    exchange = CodeExchange(
        answered.code, attempt.secret.verifier, redirect_uri, connection.client_id, secret
    )
    token = await services.providers.exchange_code(metadata, exchange)
    expected = Expected(
        connection.issuer, connection.client_id, attempt.secret.nonce, metadata.algorithms
    )
    claims = await _read_claims(services, metadata, token, expected)
    if attempt.asked_since is not None:
        require_asked_since(claims, attempt.asked_since)
    return read_identity(claims, connection.role_claim)


def _check_answer(metadata: OidcMetadata, answered: Answered) -> None:
    """RFC 9207: an answer that names its issuer names this one."""
    is_named = bool(answered.issuer) or metadata.authorization_response_iss_parameter_supported
    if is_named and answered.issuer != metadata.issuer:
        raise SsoRefused(Refusal.ISSUER_WRONG, "the answer is of another provider")
    if answered.error:
        raise SsoRefused(Refusal.PROVIDER_REFUSED, _code_of(answered.error))
    if not answered.code:
        raise SsoRefused(Refusal.CODE_MISSING)


def _code_of(error: str) -> str:
    """The provider's own code, where it is one: anybody can write anything there."""
    return error if error.isascii() and error.replace("_", "").isalpha() and len(error) < 60 else ""


async def _open_secret(services: Services, connection: ConnectionRow) -> str:
    try:
        return await open_client_secret(connection.id, services.settings.secret)
    except UnreadableSecret:
        log.exception("sso_secret_unreadable", connection=str(connection.id))
        raise SsoRefused(Refusal.CONNECTION_OFF, "the secret cannot be read") from None


async def _read_claims(
    services: Services, metadata: OidcMetadata, token: str, expected: Expected
) -> Claims:
    """A key that is not known may be new: the provider's keys are read once more."""
    keys = await services.providers.get_keys(metadata.jwks_uri)
    try:
        return verify_id_token(token, keys, expected, system_now())
    except SsoRefused as refused:
        if refused.refusal is not Refusal.KEY_UNKNOWN:
            raise
    keys = await services.providers.get_keys(metadata.jwks_uri, anew=True)
    return verify_id_token(token, keys, expected, system_now())
