"""One connection of an account: changed, tried, switched on and off, required, removed."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import Actor
from chenu.branding.sites import list_sites_of
from chenu.core.errors import ChenuError
from chenu.core.site import current_site, showing
from chenu.flows.services import Services
from chenu.flows.sso.kinds import return_url
from chenu.flows.sso.people import count_people
from chenu.flows.sso.saml import audience_of
from chenu.flows.sso.setup import change_oidc
from chenu.flows.sso.switching import (
    remove_connection,
    require_provider,
    stop_requiring,
    switch_off,
    switch_on,
)
from chenu.flows.sso.trials import begin_trial
from chenu.scim.model import SCIM_PATH
from chenu.scim.tokens import find_token
from chenu.sso.connections import ConnectionRow, get_connection
from chenu.sso.model import ConnectionId
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import find_refusal
from storefront.forms import REFUSED_TRIES, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.sessions import with_retry
from storefront.routes.sso_setup import OWNERS_WORK, PATH
from storefront.routes.sso_sign_in import browser_cookie_of, send_to
from storefront.sso_form import FIELDS, STATES, read_oidc, values_of
from storefront.visitor import account_of

ONE = f"{PATH}/connections/{{connection_id:uuid}}"
Change = Callable[[Actor, ConnectionId], Awaitable[object]]


@get(ONE, opt=OWNERS_WORK)
async def show_connection(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    """Raises NotFound for another account's."""
    return await render_connection(pages, services, ConnectionId(connection_id), None)


async def render_connection(
    pages: Pages,
    services: Services,
    connection_id: ConnectionId,
    error: ChenuError | None,
    typed: dict[str, str] | None = None,
) -> Page:
    """With what was wrong with a try, and what was typed."""
    account_id = account_of(pages.request_context.actor)
    connection = await get_connection(account_id, connection_id)
    values = values_of(connection) if typed is None else typed
    form = FormView("connection", values)
    if error is not None:
        form = pages.refused("connection", values, error)
    page = pages.show(
        "sso/connection.html",
        200 if error is None else pages.status(error),
        connection=connection,
        people=(await count_people([connection_id]))[0],
        token=await find_token(account_id, connection_id),
        scim_url=services.url(SCIM_PATH),
        plan_refusal=find_refusal(pages.request_context.actor.entitlements, Feature.SSO),
        places=await _list_places(services, connection),
        states=STATES,
        form=form,
    )
    return page if error is None else with_retry(page, error)


class Place(msgspec.Struct, frozen=True):
    """What the provider has to know for one host: ours, or one of the account's own."""

    return_url: str
    metadata_url: str


async def _list_places(services: Services, connection: ConnectionRow) -> list[Place]:
    """The host that is asked first. Pages of a brand name its hosts alone."""
    here, places = current_site(), []
    sites = await list_sites_of(services.settings.public_url, connection.account_id)
    for site in (here, *(each for each in sites if here is None or each.origin != here.origin)):
        with showing(site):
            urls = return_url(services, connection), audience_of(services, connection.id)
        places.append(Place(*urls))
    return places


@post(ONE, opt=OWNERS_WORK)
async def save_connection(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    fields, known = await read_form(request), ConnectionId(connection_id)
    try:
        data = read_oidc(fields, is_new=False)
        await change_oidc(services, pages.request_context.actor, known, data)
    except REFUSED_TRIES as error:
        return await render_connection(pages, services, known, error, keep(fields, FIELDS))
    return _done(pages, known, "connection-saved")


@get(f"{ONE}/try", opt=OWNERS_WORK)
async def try_connection(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    known, actor = ConnectionId(connection_id), pages.request_context.actor
    cookie = browser_cookie_of(request, pages.settings)
    try:
        sent = await begin_trial(services, actor, known, cookie=cookie)
    except REFUSED_TRIES as error:
        return await render_connection(pages, services, known, error)
    return send_to(pages, sent)


async def _change(
    pages: Pages, services: Services, connection_id: UUID, change: Change, notice: str
) -> Page:
    known = ConnectionId(connection_id)
    try:
        await change(pages.request_context.actor, known)
    except REFUSED_TRIES as error:
        return await render_connection(pages, services, known, error)
    return _done(pages, known, notice)


@post(f"{ONE}/on", opt=OWNERS_WORK)
async def turn_on(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    return await _change(pages, services, connection_id, switch_on, "connection-on")


@post(f"{ONE}/off", opt=OWNERS_WORK)
async def turn_off(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    return await _change(pages, services, connection_id, switch_off, "connection-off")


@post(f"{ONE}/require", opt=OWNERS_WORK)
async def require(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    return await _change(pages, services, connection_id, require_provider, "connection-required")


@post(f"{ONE}/optional", opt=OWNERS_WORK)
async def make_optional(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    return await _change(pages, services, connection_id, stop_requiring, "connection-optional")


@post(f"{ONE}/remove", opt=OWNERS_WORK)
async def remove(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    known = ConnectionId(connection_id)
    try:
        await remove_connection(pages.request_context.actor, known)
    except REFUSED_TRIES as error:
        return await render_connection(pages, services, known, error)
    return pages.go(f"{PATH}?notice=connection-removed")


def _done(pages: Pages, connection_id: ConnectionId, notice: str) -> Page:
    return pages.go(f"{PATH}/connections/{connection_id}?notice={notice}")
