"""The brand of an account: its words, colours and agents, its pictures, and how they look."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import AccountId
from chenu.accounts.roles import Right
from chenu.agents.model import AgentId
from chenu.agents.queries import find_agent_by_slug, list_agents_by_id
from chenu.branding.brands import BrandRow, find_brand, remove_brand
from chenu.branding.model import MOST_LINKS, BrandInput
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.core.site import FooterLink
from chenu.domains.domains import list_domains
from chenu.domains.model import NameKind
from chenu.flows.branding.edit import remove_picture, set_brand, set_picture
from chenu.flows.services import Services
from chenu.media.pictures import PictureUse
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import find_refusal
from storefront.access import WITHOUT_METER, for_right
from storefront.brand_style import write_preview
from storefront.forms import (
    REFUSED_TRIES,
    Fields,
    FormView,
    HttpRequest,
    forms_of_page,
    keep,
    read_form,
)
from storefront.pages import Page, Pages
from storefront.uploads import MOST_SENT, UPLOAD, read_file

PAGE = "/account/brand"
OWNERS = for_right(Right.MANAGE_MEMBERS)
FORMS = ("brand", "logo", "icon", "host")
_UPLOADERS = {**OWNERS, **UPLOAD}
_FIELDS = ("name", "sender_name", "accent_light", "accent_dark", "links", "locale", "agents")
_MOST_LINES = 400

Work = Callable[[], Awaitable[Any]]


@get(PAGE, opt=OWNERS)
async def show_brand(pages: NamedDependency[Pages]) -> Page:
    return await render_brand(pages)


async def render_brand(pages: Pages, refused: FormView | None = None, status: int = 200) -> Page:
    """Also of an account that has no right to a brand, which reads what it needs."""
    actor = pages.request_context.actor
    account_id = actor.require_right(Right.MANAGE_MEMBERS)
    brand = await find_brand(account_id)
    values = await _fill_form(brand)
    forms = forms_of_page(refused or FormView(""), FORMS)
    if refused is None or refused.name != "brand":
        forms["brand"] = FormView("brand", values)
    return pages.show(
        "account/brand.html",
        status,
        brand=brand,
        hosts=await list_domains(account_id, NameKind.HOST),
        forms=forms,
        refused=refused,
        missing=find_refusal(actor.entitlements, Feature.WHITE_LABEL),
        most_links=MOST_LINKS,
    )


async def _fill_form(brand: BrandRow | None) -> dict[str, str]:
    if brand is None:
        return {}
    agents = {agent.id: agent for agent in await list_agents_by_id(_ids_of(brand))}
    return {
        "name": brand.name,
        "sender_name": brand.sender_name,
        "accent_light": brand.accent_light or "",
        "accent_dark": brand.accent_dark or "",
        "links": "\n".join(f"{link.label} {link.url}" for link in brand.links),
        "locale": brand.locale or "",
        "agents": "\n".join(agents[each].slug for each in _ids_of(brand) if each in agents),
    }


def _ids_of(brand: BrandRow) -> list[AgentId]:
    return [AgentId(each) for each in brand.agents]


@post(PAGE, opt=OWNERS)
async def save_brand(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)

    async def save() -> None:
        await set_brand(pages.request_context.actor, await _read_brand(fields))

    return await work(pages, FormView("brand", keep(fields, _FIELDS)), save, "brand")


async def work(pages: Pages, form: FormView, save: Work, notice: str) -> Page:
    """Back to the page, or the page again with what is wrong beside the field."""
    try:
        await save()
    except REFUSED_TRIES as error:
        refused = pages.refused(form.name, dict(form.values), error)
        return await render_brand(pages, refused, pages.status(error))
    return pages.go(f"{PAGE}?notice={notice}")


async def _read_brand(fields: Fields) -> BrandInput:
    """An empty field: ours counts again."""
    return BrandInput(
        name=fields.text("name"),
        sender_name=fields.text("sender_name"),
        accent_light=fields.text("accent_light").strip() or None,
        accent_dark=fields.text("accent_dark").strip() or None,
        links=[_read_link(line) for line in _lines(fields, "links")],
        locale=fields.text("locale") or None,
        agents=[await _read_agent(line) for line in _lines(fields, "agents")],
    )


def _lines(fields: Fields, name: str) -> list[str]:
    lines = [line.strip() for line in fields.text(name).split("\n") if line.strip()]
    if len(lines) > _MOST_LINES:
        message = mark("Please enter at most {count} lines")
        raise Invalid(message, path=(name,), count=_MOST_LINES)
    return lines


def _read_link(line: str) -> FooterLink:
    """The words, then the address."""
    label, _, url = line.rpartition(" ")
    return FooterLink(label, url)


async def _read_agent(line: str) -> AgentId:
    """By the name in its address, or the whole address."""
    slug = line.rpartition("/")[2]
    agent = await find_agent_by_slug(slug)
    if agent is None:
        message = mark("There is no agent “{slug}”: enter the last part of the address of its page")
        raise Invalid(message, path=("agents",), slug=slug[:80])
    return agent.id


@post(f"{PAGE}/logo", opt=_UPLOADERS, request_max_body_size=MOST_SENT)
async def upload_logo(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    return await _upload(request, pages, services, PictureUse.LOGO)


@post(f"{PAGE}/icon", opt=_UPLOADERS, request_max_body_size=MOST_SENT)
async def upload_brand_icon(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    return await _upload(request, pages, services, PictureUse.ICON)


async def _upload(request: HttpRequest, pages: Pages, services: Services, use: PictureUse) -> Page:
    async def save() -> None:
        content = await read_file(request, "picture")
        await set_picture(services, pages.request_context.actor, use, content)

    return await work(pages, FormView(use), save, "picture")


@post(f"{PAGE}/logo/remove", opt=OWNERS)
async def remove_logo(pages: NamedDependency[Pages]) -> Page:
    return await _remove(pages, PictureUse.LOGO)


@post(f"{PAGE}/icon/remove", opt=OWNERS)
async def remove_brand_icon(pages: NamedDependency[Pages]) -> Page:
    return await _remove(pages, PictureUse.ICON)


async def _remove(pages: Pages, use: PictureUse) -> Page:
    async def save() -> None:
        await remove_picture(pages.request_context.actor, use)

    return await work(pages, FormView(use), save, "picture")


@post(f"{PAGE}/remove", opt=OWNERS)
async def end_brand(pages: NamedDependency[Pages]) -> Page:
    async def save() -> None:
        await remove_brand(pages.request_context.actor)

    return await work(pages, FormView("brand"), save, "brand-removed")


@get(f"{PAGE}/preview.css", opt=OWNERS | WITHOUT_METER)
async def send_preview(pages: NamedDependency[Pages]) -> Response[bytes]:
    """The colours of the page's two samples, whatever the visitor's screen prefers."""
    account_id: AccountId = pages.request_context.actor.require_right(Right.MANAGE_MEMBERS)
    brand = await find_brand(account_id)
    style = "" if brand is None else write_preview(brand.site(pages.origin))
    headers = {"Cache-Control": "no-store"}
    return Response(style.encode(), media_type="text/css", headers=headers)
