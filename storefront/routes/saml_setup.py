"""A SAML provider is entered and changed by its metadata: the text, or where it is published."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.flows.services import Services
from chenu.flows.sso.saml_documents import read_published
from chenu.flows.sso.saml_setup import change_saml, create_saml
from chenu.saml.metadata import MOST_BYTES
from chenu.sso.model import ConnectionId
from storefront.forms import REFUSED_TRIES, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.sso_connection import ONE, render_connection
from storefront.routes.sso_setup import OWNERS_WORK, PATH, refuse
from storefront.sso_form import SAML_FIELDS, read_saml

_MOST_SENT = 3 * MOST_BYTES
"""XML in a form's encoding: each bracket, quote and line takes three bytes."""


@post(f"{PATH}/saml", opt=OWNERS_WORK, request_max_body_size=_MOST_SENT)
async def add_saml(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    fields, actor = await read_form(request), pages.request_context.actor
    try:
        data = await read_published(services, actor, read_saml(fields))
        created = await create_saml(actor, data)
    except REFUSED_TRIES as error:
        return await refuse(pages, pages.refused("saml", keep(fields, SAML_FIELDS), error), error)
    return pages.go(f"{PATH}/connections/{created.id}?notice=connection-added")


@post(f"{ONE}/saml", opt=OWNERS_WORK, request_max_body_size=_MOST_SENT)
async def save_saml(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    connection_id: FromPath[UUID],
) -> Page:
    fields, known = await read_form(request), ConnectionId(connection_id)
    actor = pages.request_context.actor
    try:
        data = await read_published(services, actor, read_saml(fields))
        await change_saml(actor, known, data)
    except REFUSED_TRIES as error:
        typed = keep(fields, SAML_FIELDS)
        return await render_connection(pages, services, known, error, typed)
    return pages.go(f"{PATH}/connections/{known}?notice=connection-saved")
