"""The token of a connection's directory: made and shown once, made again, revoked."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.flows.services import Services
from chenu.scim.model import SCIM_PATH
from chenu.scim.tokens import create_token, revoke_token
from chenu.sso.model import ConnectionId
from storefront.forms import REFUSED_TRIES
from storefront.pages import Page, Pages
from storefront.routes.sso_connection import ONE, render_connection
from storefront.routes.sso_setup import OWNERS_WORK, PATH


@post(f"{ONE}/token", opt=OWNERS_WORK)
async def make_token(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    """Shows the token in this response: after a redirect it would be lost."""
    known, actor = ConnectionId(connection_id), pages.request_context.actor
    try:
        created = await create_token(actor, known, pages.settings.secret)
    except REFUSED_TRIES as error:
        return await render_connection(pages, services, known, error)
    scim_url = services.url(SCIM_PATH)
    return pages.show("sso/new_token.html", created=created, scim_url=scim_url)


@post(f"{ONE}/token/revoke", opt=OWNERS_WORK)
async def end_token(pages: NamedDependency[Pages], connection_id: FromPath[UUID]) -> Page:
    await revoke_token(pages.request_context.actor, ConnectionId(connection_id))
    return pages.go(f"{PATH}/connections/{connection_id}?notice=directory-revoked")
