"""Hosts on which an account's brand is shown: entered, proved by a DNS record, removed."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.domains.model import DomainId, NameKind
from chenu.domains.proving import add_name, prove_name, remove_name
from chenu.flows.services import Services
from storefront.forms import FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.brand import OWNERS, PAGE, work

_HOST = f"{PAGE}/hosts/{{host_id:uuid}}"


@post(f"{PAGE}/hosts", opt=OWNERS)
async def add_host(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)

    async def save() -> None:
        await add_name(pages.request_context.actor, NameKind.HOST, fields.text("name"))

    return await work(pages, FormView("host", keep(fields, ("name",))), save, "host-added")


@post(f"{_HOST}/prove", opt=OWNERS)
async def prove_host(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    host_id: FromPath[UUID],
) -> Page:
    async def save() -> None:
        await prove_name(services.resolver, pages.request_context.actor, DomainId(host_id))

    return await work(pages, FormView("host"), save, "host-proved")


@post(f"{_HOST}/remove", opt=OWNERS)
async def remove_host(pages: NamedDependency[Pages], host_id: FromPath[UUID]) -> Page:
    async def save() -> None:
        await remove_name(pages.request_context.actor, DomainId(host_id))

    return await work(pages, FormView("host"), save, "host-removed")
