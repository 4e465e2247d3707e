"""The account of `enterprise` and its organisation's identity provider: `chenu demo --sso`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_urlsafe
from typing import Final

import msgspec

from chenu.accounts.actor import AccountRole, Actor, ApiScope
from chenu.accounts.sessions import find_actor, open_session, revoke_session, revoke_sessions
from chenu.accounts.users import Browser, find_user_by_email
from chenu.demo.brand import HOST
from chenu.demo.group import Group
from chenu.demo.identity_provider import (
    DirectoryPerson,
    ProviderSettings,
    install_provider,
    provider_process,
)
from chenu.demo.names import insert_proved_name
from chenu.demo.people import DOMAIN as PEOPLE_DOMAIN
from chenu.demo.people import PASSWORD
from chenu.demo.processes import earlier_port
from chenu.demo.state import DemoState
from chenu.domains.domains import find_owner
from chenu.domains.model import NameKind
from chenu.flows.services import Services
from chenu.flows.sso.joining import sign_in_verified
from chenu.flows.sso.setup import OidcInput, RoleTable, change_oidc, create_oidc
from chenu.flows.sso.switching import ProviderMode, choose_mode
from chenu.sso.connections import ConnectionRow, list_connections, set_state
from chenu.sso.model import ConnectionState, VerifiedIdentity

DOMAIN: Final = "meridian.example"
"""Of the organisation whose brand `enterprise` shows: its people, and no other of the demo."""
_OWNER, _CLIENT = "enterprise", "chenu-demo"
_ACCOUNTING = "comptabilite"
_TABLE = RoleTable(AccountRole.MEMBER, "groups", {_ACCOUNTING: AccountRole.BILLING})


class _Known(msgspec.Struct, frozen=True):
    """`state` is printed beside the mailbox."""

    person: DirectoryPerson
    state: str


MEMBER: Final = DirectoryPerson(f"lea@{DOMAIN}", "Léa Fontanel", (_ACCOUNTING,))
NEWCOMER: Final = DirectoryPerson(f"sacha@{DOMAIN}", "Sacha Brunel")
_KNOWN: Final = (
    _Known(NEWCOMER, "becomes a member at the first sign-in"),
    _Known(
        DirectoryPerson(f"amina@{DOMAIN}", "Amina Haddad", (_ACCOUNTING,)),
        "becomes a member who may see invoices, by a group of the directory",
    ),
    _Known(MEMBER, "is a member already"),
)


def start_provider(group: Group, state: DemoState) -> ProviderSettings:
    """Beside the other processes, where it was before if it can. Raises StartError."""
    home = install_provider()
    state.provider_port = earlier_port(state.provider_port)
    state.provider_secret = state.provider_secret or token_urlsafe(32)
    settings = ProviderSettings(
        state.provider_port,
        _CLIENT,
        state.provider_secret,
        (group.web_url, f"http://{HOST}:{group.port}"),
        tuple(known.person for known in _KNOWN),
        PASSWORD,
    )
    env = {"CHENU_DATA": str(group.folder)}
    log = group.folder / "logs" / "identity_provider.log"
    group.start_beside(provider_process(home, settings, log, env), settings.metadata_url)
    return settings


async def connect(services: Services, provider: ProviderSettings) -> None:
    """Its people are signed in by the provider, and in no other way. Raises ChenuError."""
    connection = await _find_connection()
    is_same = connection is not None and connection.issuer == provider.issuer
    if connection is not None and is_same and connection.is_required:
        return
    async with _session_of(_OWNER) as owner:
        if connection is None:
            connection = await _create(services, owner, provider)
        elif not is_same:
            data = _describe(provider)
            connection = await change_oidc(services, owner, connection.id, data)
        if not connection.is_on:
            await set_state(connection.id, ConnectionState.TRIED)
        connection = await choose_mode(owner, connection.id, ProviderMode.REQUIRED)
    if await find_user_by_email(MEMBER.mailbox) is None:
        await _let_in(connection, MEMBER)


async def disconnect() -> None:
    """The demo runs without the provider: nobody is sent there. Raises ChenuError."""
    connection = await _find_connection()
    if connection is not None and connection.is_on:
        async with _session_of(_OWNER) as owner:
            await choose_mode(owner, connection.id, ProviderMode.OFF)


@asynccontextmanager
async def _session_of(role: str) -> AsyncIterator[Actor]:
    """Beside the sessions that the person has."""
    user = await find_user_by_email(f"{role}@{PEOPLE_DOMAIN}")
    if user is None:
        raise RuntimeError(f"{role} was not seeded")
    session = await open_session(user.id, "demo", "")
    actor = await find_actor(session.token, "")
    if actor is None:
        raise RuntimeError(f"{role} cannot sign in")
    yield actor
    await revoke_session(user.id, session.id)


async def _find_connection() -> ConnectionRow | None:
    account_id = await find_owner(NameKind.MAIL, DOMAIN)
    found = [] if account_id is None else await list_connections(account_id)
    return next((each for each in found if each.client_id == _CLIENT), None)


async def _create(services: Services, owner: Actor, provider: ProviderSettings) -> ConnectionRow:
    if await find_owner(NameKind.MAIL, DOMAIN) is None:
        await insert_proved_name(owner.require_account(ApiScope.READ), NameKind.MAIL, DOMAIN)
    return await create_oidc(services, owner, _describe(provider))


def _describe(provider: ProviderSettings) -> OidcInput:
    return OidcInput("Méridian", provider.issuer, provider.client, provider.secret, _TABLE)


async def _let_in(connection: ConnectionRow, person: DirectoryPerson) -> None:
    """As the provider's answer would."""
    identity = VerifiedIdentity(person.mailbox, person.mailbox, person.name, person.groups)
    await sign_in_verified(connection, identity, Browser("demo", ""))
    user = await find_user_by_email(person.mailbox)
    if user is not None:
        await revoke_sessions(user.id)


def describe_people() -> list[dict[str, str]]:
    """For READY."""
    return [
        {"email": known.person.mailbox, "password": PASSWORD, "state": known.state}
        for known in _KNOWN
    ]
