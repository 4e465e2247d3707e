"""Signing in again by a provider: somebody who is signed in proves that it is still them.

The provider is told to ask, whoever is signed in at it (`prompt=login`, `max_age=0`, ForceAuthn).
docs/decisions/0088.
"""

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.attempts import count_attempt
from chenu.accounts.confirmation import RECENT, confirm_proved_session, require_fresh
from chenu.accounts.members import find_role
from chenu.accounts.password_store import get_password_hash
from chenu.core import db
from chenu.core.errors import Forbidden, NotFound
from chenu.flows.services import Services
from chenu.flows.sso.availability import PER_IP, has_sso, require_own_domain, require_signing_in
from chenu.flows.sso.from_directory import require_in_directory
from chenu.flows.sso.kinds import send_away
from chenu.flows.sso.oidc import SentAway
from chenu.flows.sso.passwords import require_password_allowed
from chenu.sso.attempts import Attempt, Journey
from chenu.sso.connections import ConnectionRow, find_connection, get_connection
from chenu.sso.errors import PasswordsOff, SsoRefused
from chenu.sso.identities import find_identity, list_identities_of, record_seen
from chenu.sso.model import Refusal, VerifiedIdentity


class Confirmed(msgspec.Struct, frozen=True):
    """The session of this browser counts as just begun."""


class ProviderWay(msgspec.Struct, frozen=True):
    """`email` is as which mailbox the provider knows the person."""

    connection: ConnectionRow
    email: str


async def find_provider_way(actor: Actor) -> ProviderWay | None:
    """The provider by which this person signs in; of several, that of the account acted for."""
    if actor.user_id is None or actor.session_id is None or actor.impersonator is not None:
        return None
    ways = await _list_ways(actor.user_id)
    return min(ways, key=lambda way: way.connection.account_id != actor.account_id, default=None)


async def _list_ways(user_id: UserId) -> list[ProviderWay]:
    ways = []
    for identity in await list_identities_of(user_id):
        connection = await find_connection(identity.connection)
        if connection is None or not connection.is_on or identity.left_at is not None:
            continue
        if await has_sso(connection.account_id):
            ways.append(ProviderWay(connection, identity.email))
    return ways


class OwnWays(msgspec.Struct, frozen=True):
    """How somebody signs in: `provider` is its name, empty for people whom none signs in.

    `has_password`: one that counts. `may_have_one`: no organisation has switched it off.
    """

    provider: str
    has_password: bool
    may_have_one: bool


async def find_own_ways(actor: Actor) -> OwnWays:
    user_id, way = actor.require_user(), await find_provider_way(actor)
    may_have_one = await _may_have_password(user_id)
    has_password = may_have_one and bool(await get_password_hash(user_id))
    return OwnWays(way.connection.name if way else "", has_password, may_have_one)


async def may_use_password(user_id: UserId) -> bool:
    """Whether there is one, and no organisation has switched it off."""
    return bool(await get_password_hash(user_id)) and await _may_have_password(user_id)


async def _may_have_password(user_id: UserId) -> bool:
    try:
        await require_password_allowed(user_id)
    except PasswordsOff:
        return False
    return True


async def read_password(actor: Actor, typed: str | None) -> str | None:
    """What was typed, for what asks for the password; None for nothing.

    Of somebody whose password does not count nothing is read: they have just signed in, or do so
    again. Raises SignInAgain.
    """
    if actor.session_id is None or await may_use_password(actor.require_user()):
        return typed or None
    await require_fresh(actor, RECENT)
    return None


async def begin_confirming(
    services: Services, actor: Actor, *, cookie: str = "", next_path: str = ""
) -> SentAway:
    """Raises Unauthenticated, Forbidden, NotFound for somebody without a provider, SsoRefused,
    RateLimited.
    """
    user_id = actor.require_user()
    if actor.impersonator is not None:
        raise Forbidden("Only the person themselves can prove who is there")
    await count_attempt(PER_IP, actor.ip)
    way = await find_provider_way(actor)
    if way is None:
        raise NotFound("There is no such connection")
    journey = Journey(next_path, way.email, member=user_id)
    return await send_away(services, way.connection, journey, cookie)


async def finish_confirming(
    actor: Actor, attempt: Attempt, connection: ConnectionRow, identity: VerifiedIdentity
) -> Confirmed:
    """By the person who began it, who is signed in still. Raises SsoRefused, Unauthenticated."""

    async def write() -> Confirmed:
        now = await get_connection(connection.account_id, connection.id)
        await require_signing_in(now)
        await require_own_domain(now.account_id, identity)
        await require_in_directory(now.id, identity.email)
        known = await find_identity(now.id, identity.subject)
        if known is None or actor.user_id != attempt.member or known.member != actor.user_id:
            raise SsoRefused(Refusal.OTHER_MEMBER)
        if known.left_at is not None or await find_role(now.account_id, known.member) is None:
            raise SsoRefused(Refusal.MEMBER_REMOVED)
        await confirm_proved_session(actor)
        await record_seen(known.id, identity.email)
        await audit.record(actor, "sso.confirm", known.member, connection=str(now.id))
        return Confirmed()

    return await db.run_in_transaction(write)
