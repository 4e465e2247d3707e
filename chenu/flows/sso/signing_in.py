"""A sign-in by a provider: sent there, and what comes back. Every refusal is in the audit trail."""

import msgspec
import structlog
from msgspec.structs import replace

from chenu.accounts import audit
from chenu.accounts.actor import ANONYMOUS, Actor
from chenu.accounts.attempts import count_attempt
from chenu.accounts.users import Browser
from chenu.core.errors import NotFound
from chenu.flows.services import Services
from chenu.flows.sso.availability import PER_IP, require_signing_in
from chenu.flows.sso.confirming import Confirmed, finish_confirming
from chenu.flows.sso.joining import LinkMailed, SignedIn, sign_in_verified
from chenu.flows.sso.kinds import send_away, verify_answer
from chenu.flows.sso.oidc import Answered, SentAway
from chenu.flows.sso.trials import Tried, finish_trial
from chenu.sso.attempts import Journey, use_attempt
from chenu.sso.connections import ConnectionRow, find_connection
from chenu.sso.errors import SsoRefused
from chenu.sso.model import AttemptPurpose, ConnectionId

log = structlog.get_logger(__name__)


class Outcome(msgspec.Struct, frozen=True):
    result: SignedIn | LinkMailed | Tried | Confirmed
    next_path: str


async def begin_sign_in(
    services: Services,
    connection_id: ConnectionId,
    browser: Browser,
    *,
    cookie: str = "",
    next_path: str = "",
    email: str = "",
) -> SentAway:
    """For anybody. Raises NotFound, SsoRefused, RateLimited."""
    await count_attempt(PER_IP, browser.ip)
    connection = await find_connection(connection_id)
    if connection is None:
        raise NotFound("There is no such connection")
    try:
        await require_signing_in(connection)
        return await send_away(services, connection, Journey(next_path, email), cookie)
    except SsoRefused as refused:
        await record_refusal(connection, browser.ip, refused)
        raise


async def finish_sign_in(
    services: Services,
    actor: Actor,
    connection_id: ConnectionId,
    answered: Answered,
    browser: Browser,
    cookie: str,
) -> Outcome:
    """What the provider says is believed once all of it is verified.

    Raises NotFound, SsoRefused, RateLimited.
    """
    await count_attempt(PER_IP, browser.ip)
    connection = await find_connection(connection_id)
    if connection is None:
        raise NotFound("There is no such connection")
    try:
        return await _finish(services, actor, connection, answered, browser, cookie)
    except SsoRefused as refused:
        await record_refusal(connection, browser.ip, refused)
        raise


async def _finish(
    services: Services,
    actor: Actor,
    connection: ConnectionRow,
    answered: Answered,
    browser: Browser,
    cookie: str,
) -> Outcome:
    attempt = await use_attempt(connection.id, answered.state, cookie, services.settings.secret)
    identity = await verify_answer(services, connection, attempt, answered)
    if attempt.purpose is AttemptPurpose.TRIAL:
        return Outcome(await finish_trial(actor, attempt, connection, identity), "")
    if attempt.asked_since is not None:
        confirmed = await finish_confirming(actor, attempt, connection, identity)
        return Outcome(confirmed, attempt.next_path)
    result = await sign_in_verified(connection, identity, browser)
    return Outcome(result, attempt.next_path)


async def record_refusal(connection: ConnectionRow, ip: str, refused: SsoRefused) -> None:
    """In the trail of the connection's account, by its code; a transaction of its own."""
    acting = replace(ANONYMOUS, account_id=connection.account_id, ip=ip)
    code, detail = refused.refusal.value, refused.detail[:200]
    await audit.record(acting, "sso.refused", connection.id, code=code, detail=detail)
    log.info("sso_refused", connection=str(connection.id), code=code)
