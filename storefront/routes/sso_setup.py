"""/account/sign-in: an owner proves mail domains and sets up how people sign in."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.core.errors import ChenuError
from chenu.domains.domains import list_domains
from chenu.domains.model import DomainId, NameKind
from chenu.domains.proving import add_name, prove_name, remove_name
from chenu.flows.services import Services
from chenu.flows.sso.setup import create_oidc
from chenu.saml.verifier import find_missing_saml
from chenu.sso.connections import list_connections
from chenu.sso.model import MOST_CONNECTIONS
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import find_refusal
from storefront.access import for_right
from storefront.forms import (
    REFUSED_TRIES,
    FormView,
    HttpRequest,
    forms_of_page,
    keep,
    read_form,
)
from storefront.pages import Page, Pages
from storefront.routes.sessions import with_retry
from storefront.sso_form import FIELDS, STATES, read_oidc
from storefront.visitor import account_of

PATH = "/account/sign-in"
OWNERS_WORK = for_right(Right.MANAGE_MEMBERS)
_FORMS = ("domain", "connection", "saml")


@get(PATH, opt=OWNERS_WORK)
async def show_setup(pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, FormView("page"))


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    account_id = account_of(actor)
    connections = await list_connections(account_id)
    return pages.show(
        "sso/page.html",
        status,
        plan_refusal=find_refusal(actor.entitlements, Feature.SSO),
        domains=await list_domains(account_id, NameKind.MAIL),
        connections=connections,
        saml_refusal=find_missing_saml(),
        may_add=len(connections) < MOST_CONNECTIONS,
        states=STATES,
        form=form,
        forms=forms_of_page(form, _FORMS),
    )


async def refuse(pages: Pages, form: FormView, error: ChenuError) -> Page:
    """The page with what was typed and what is wrong with it."""
    page = await _render(pages, form, pages.status(error))
    return with_retry(page, error)


@post(f"{PATH}/domains", opt=OWNERS_WORK)
async def add_domain(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        await add_name(pages.request_context.actor, NameKind.MAIL, fields.text("name"))
    except REFUSED_TRIES as error:
        return await refuse(pages, pages.refused("domain", keep(fields, ("name",)), error), error)
    return pages.go(f"{PATH}?notice=domain-added")


@post(f"{PATH}/domains/{{domain_id:uuid}}/prove", opt=OWNERS_WORK)
async def prove_domain(
    pages: NamedDependency[Pages], services: NamedDependency[Services], domain_id: FromPath[UUID]
) -> Page:
    actor = pages.request_context.actor
    try:
        await prove_name(services.resolver, actor, DomainId(domain_id))
    except REFUSED_TRIES as error:
        return await refuse(pages, pages.refused("prove", {}, error), error)
    return pages.go(f"{PATH}?notice=domain-proved")


@post(f"{PATH}/domains/{{domain_id:uuid}}/remove", opt=OWNERS_WORK)
async def remove_domain(pages: NamedDependency[Pages], domain_id: FromPath[UUID]) -> Page:
    await remove_name(pages.request_context.actor, DomainId(domain_id))
    return pages.go(f"{PATH}?notice=domain-removed")


@post(f"{PATH}/connections", opt=OWNERS_WORK)
async def add_connection(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    fields = await read_form(request)
    try:
        data = read_oidc(fields, is_new=True)
        created = await create_oidc(services, pages.request_context.actor, data)
    except REFUSED_TRIES as error:
        form = pages.refused("connection", keep(fields, FIELDS), error)
        return await refuse(pages, form, error)
    return pages.go(f"{PATH}/connections/{created.id}?notice=connection-added")
