"""The brand of an account: what its site shows, and changing it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry
from msgspec import UNSET

from chenu.accounts.queries import Account as AccountRow
from chenu.agents.model import AgentId
from chenu.agents.rows import AgentRow
from chenu.branding.brands import BrandRow, find_brand, remove_brand
from chenu.branding.model import MOST_AGENTS, MOST_LINKS
from chenu.branding.model import BrandInput as BrandChange
from chenu.core.site import FooterLink, Picture
from chenu.flows.branding.edit import set_brand
from chenu.media.pictures import PictureHash, PictureSize, picture_url
from chenu_graphql.agent_edits import read_agent_id
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import Weight, field, input_argument, input_field
from chenu_graphql.market import Agent
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import URL

_USUAL_AGENTS = 25
_Source = strawberry.Parent[BrandRow]


def _link_url(root: strawberry.Parent[FooterLink]) -> URL:
    return URL(root.url)


@strawberry.type(description="A link at the foot of each page of a brand's site.")
class BrandLink:
    label: str = field("Its words.", PARENT)
    url: URL = field("Where it leads: https alone.", PARENT, _link_url)


def _logo(root: _Source, info: Info) -> URL | None:
    return _picture(info.context, root.logo)


def _icon(root: _Source, info: Info) -> URL | None:
    return _picture(info.context, root.icon)


def _picture(ctx: Context, picture: Picture | None) -> URL | None:
    if picture is None:
        return None
    return URL(ctx.services.url(picture_url(PictureHash(picture.name), PictureSize.LARGE)))


def _links(root: _Source) -> Sequence[FooterLink]:
    return root.links


async def _agents(root: _Source, info: Info) -> list[AgentRow]:
    load = info.context.loaders.agents.load
    found = await asyncio.gather(*(load(AgentId(each)) for each in root.agents))
    return [agent for agent in found if agent is not None]


async def _hosts(root: _Source, info: Info) -> list[str]:
    rows = await info.context.loaders.proved_hosts.load(root.account_id)
    return [row.name for row in rows]


@strawberry.type(
    description=(
        "What an account's people see on its hosts, in mails and documents, in the place of our "
        "name, logo and colours. It sleeps while the account is not entitled to WHITE_LABEL."
    )
)
class Brand:
    name: str = field("What the product is called there.", PARENT)
    sender_name: str = field("Whom mails come from; empty: the name.", PARENT)
    accent_light: str | None = field("Links and buttons on light pages, #rrggbb.", PARENT)
    accent_dark: str | None = field("The same on dark pages.", PARENT)
    logo_url: URL | None = field("The logo at its largest.", PARENT, _logo)
    icon_url: URL | None = field("The icon at its largest.", PARENT, _icon)
    links: list[BrandLink] = field(
        "At the foot of each page.", PARENT, _links, weight=Weight(size=MOST_LINKS)
    )
    locale: str | None = field("For visitors who chose none; null: their browser's.", PARENT)
    agents: list[Agent] = field(
        "The only ones that its site shows and that its people get; empty: all.",
        PARENT,
        _agents,
        weight=Weight(size=_USUAL_AGENTS),
    )
    hosts: list[str] = field(
        "Where it is shown: the hosts that the account has proved.", PARENT, _hosts
    )
    updated_at: datetime = field("When it was changed last.", PARENT)


async def resolve_brand(root: strawberry.Parent[AccountRow], info: Info) -> BrandRow | None:
    return await info.context.loaders.brands.load(root.id)


@strawberry.input(description="A link at the foot.")
class BrandLinkInput:
    label: str = input_field("1 to 40 characters.")
    url: str = input_field("https, a public host, and no port.")


@strawberry.input(description="What is absent stays. A first brand needs its name.")
class BrandInput:
    name: str | None = input_field("1 to 40 characters.", default=strawberry.UNSET)
    sender_name: str | None = input_field(
        "At most 60 characters; null: the name.", default=strawberry.UNSET
    )
    accent_light: str | None = input_field(
        "#rrggbb that reaches a contrast of 4.5 on light pages; null: ours.",
        default=strawberry.UNSET,
    )
    accent_dark: str | None = input_field(
        "The same for dark pages; null: ours.", default=strawberry.UNSET
    )
    links: list[BrandLinkInput] | None = input_field(
        f"In place of all, at most {MOST_LINKS}; null: none.", default=strawberry.UNSET
    )
    locale: str | None = input_field(
        "fr or en; null: as each visitor's browser says.", default=strawberry.UNSET
    )
    agent_ids: list[strawberry.ID] | None = input_field(
        f"In place of all, at most {MOST_AGENTS}; null or empty: all that are published.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="The brand as it is afterwards.")
class BrandPayload:
    brand: Brand | None = field("null where it was refused, or removed.", PARENT)
    user_errors: list[UserError] = user_errors()


def _given(value: Any) -> Any:
    return UNSET if value is strawberry.UNSET else value


def _text(value: Any) -> Any:
    return UNSET if value is strawberry.UNSET else value or ""


async def resolve_update(info: Info, data: Annotated[BrandInput, input_argument()]) -> Payload:
    change = BrandChange(
        name=_text(data.name),
        sender_name=_text(data.sender_name),
        accent_light=_given(data.accent_light),
        accent_dark=_given(data.accent_dark),
        links=_read_links(data.links),
        locale=_given(data.locale),
        agents=_read_agents(data.agent_ids),
    )
    account_id = await set_brand(info.context.actor, change)
    return Payload(brand=await find_brand(account_id))


def _read_links(sent: Any) -> Any:
    if sent is strawberry.UNSET:
        return UNSET
    return [FooterLink(link.label, link.url) for link in sent or ()]


def _read_agents(sent: Any) -> Any:
    if sent is strawberry.UNSET:
        return UNSET
    return [read_agent_id(each) for each in sent or ()]


async def resolve_remove(info: Info) -> Payload:
    await remove_brand(info.context.actor)
    return Payload(brand=None)
