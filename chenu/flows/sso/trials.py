"""The owner tries a connection before it is switched on, and stays signed in as before."""

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountRole, Actor, UserId
from chenu.accounts.attempts import count_attempt
from chenu.accounts.members import find_role, lock_account
from chenu.accounts.users import Browser, get_user
from chenu.core import db
from chenu.domains.domains import list_proved_names
from chenu.domains.model import NameKind
from chenu.flows.services import Services
from chenu.flows.sso.availability import PER_IP, has_sso, require_own_domain
from chenu.flows.sso.joining import join_account
from chenu.flows.sso.kinds import send_away
from chenu.flows.sso.oidc import SentAway
from chenu.flows.sso.setup import require_setting_up
from chenu.sso.attempts import Attempt, Journey
from chenu.sso.connections import ConnectionRow, get_connection, set_state
from chenu.sso.errors import SsoRefused
from chenu.sso.identities import find_identity, find_identity_of
from chenu.sso.model import AttemptPurpose, ConnectionId, ConnectionState, Refusal, VerifiedIdentity


class Tried(msgspec.Struct, frozen=True):
    """The owner's trial succeeded: the connection can be switched on."""

    connection_id: ConnectionId


async def begin_trial(
    services: Services, actor: Actor, connection_id: ConnectionId, *, cookie: str = ""
) -> SentAway:
    """By its owner, before it is switched on.

    Raises Forbidden, PlanRequired, NotFound, SsoRefused, RateLimited.
    """
    account_id = require_setting_up(actor)
    await count_attempt(PER_IP, actor.ip)
    connection = await get_connection(account_id, connection_id)
    if not await list_proved_names(account_id, NameKind.MAIL):
        raise SsoRefused(Refusal.DOMAIN_FOREIGN)
    journey = Journey(purpose=AttemptPurpose.TRIAL, member=actor.require_user())
    return await send_away(services, connection, journey, cookie)


async def finish_trial(
    actor: Actor, attempt: Attempt, connection: ConnectionRow, identity: VerifiedIdentity
) -> Tried:
    """By the owner who began it, who is signed in. Raises SsoRefused.

    Whose mailbox it is, is known by the provider from here on: they are signed in already, and
    have proved it.
    """

    async def write() -> Tried:
        account = await lock_account(connection.account_id)
        user_id = actor.user_id
        if user_id is None or user_id != attempt.member:
            raise SsoRefused(Refusal.OTHER_PERSON)
        if await find_role(account.id, user_id) is not AccountRole.OWNER:
            raise SsoRefused(Refusal.OTHER_PERSON)
        if not await has_sso(account.id):
            raise SsoRefused(Refusal.CONNECTION_OFF)
        await require_own_domain(account.id, identity)
        now = await get_connection(account.id, connection.id)
        if now.state is ConnectionState.DRAFT:
            await set_state(now.id, ConnectionState.TRIED)
        await audit.record(actor, "sso.tried", now.id)
        person = await get_user(user_id)
        is_theirs = person.email_verified and person.email == identity.email
        if is_theirs and await _is_unknown(now.id, identity, user_id):
            await join_account(account, now, identity, user_id, Browser(ip=actor.ip))
        return Tried(now.id)

    return await db.run_in_transaction(write)


async def _is_unknown(
    connection_id: ConnectionId, identity: VerifiedIdentity, user_id: UserId
) -> bool:
    known = await find_identity(connection_id, identity.subject)
    return known is None and await find_identity_of(connection_id, user_id) is None
