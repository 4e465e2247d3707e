"""Somebody who has been here before joins: by the mailed link and, beside it, their password."""

from msgspec.structs import replace

from chenu.accounts.confirmation import check_own_password
from chenu.accounts.members import lock_account
from chenu.accounts.password_store import Credentials, hold_password
from chenu.accounts.recovery import prove_address
from chenu.accounts.second_factor import CodeGiven, require_code
from chenu.accounts.sessions import NewSession
from chenu.accounts.users import Browser, get_user
from chenu.core import db
from chenu.core.errors import Invalid
from chenu.flows.sso.availability import require_own_domain, require_signing_in
from chenu.flows.sso.joining import enter_account, join_account
from chenu.sso.connections import find_connection, get_connection
from chenu.sso.errors import SsoRefused
from chenu.sso.identities import find_identity, find_join, use_join
from chenu.sso.model import Refusal, VerifiedIdentity


async def join_by_link(
    token: str, password: str, second: CodeGiven, browser: Browser
) -> NewSession:
    """Signs in, and from here on the provider does.

    Raises Invalid for a link that works no more, WrongCredentials, CodeNeeded, WrongCode,
    RateLimited, SsoRefused. What was wrong leaves the link usable.
    """
    join = await find_join(token)
    if join is None:
        raise _bad_link()
    matched = await check_own_password(join.member, password)
    await require_code(join.member, second)
    known = Credentials(join.member, matched)
    return await db.run_in_transaction(lambda: _join(token, known, browser))


async def _join(token: str, known: Credentials, browser: Browser) -> NewSession:
    join = await use_join(token)
    connection = await find_connection(join.connection)
    if connection is None or not await hold_password(known):
        raise _bad_link()
    account = await lock_account(connection.account_id)
    connection = await get_connection(account.id, connection.id)
    await require_signing_in(connection)
    person = await get_user(join.member)
    if person.email != join.email:  # it was changed after the mail was sent
        raise _bad_link()
    identity = VerifiedIdentity(join.subject, join.email, person.display_name)
    await require_own_domain(account.id, identity)
    if await find_identity(connection.id, join.subject) is not None:
        raise SsoRefused(Refusal.OTHER_IDENTITY)
    as_mailed = replace(connection, default_role=join.role, roles_json="{}")
    await join_account(account, as_mailed, identity, person.id, browser)
    await prove_address(person)
    return await enter_account(connection, person.id, browser)


def _bad_link() -> Invalid:
    return Invalid("This link was used before or has expired", path=("token",))
