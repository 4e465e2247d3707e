"""The pictures of a creator's agent: uploaded, described, put in order, removed."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.model import AgentId
from chenu.agents.queries import get_own_agent
from chenu.core.errors import NotFound
from chenu.flows.creators.edit_pictures import (
    add_picture,
    describe_screenshot,
    move_screenshot,
    remove_picture,
)
from chenu.flows.services import Services
from chenu.media.pictures import PictureHash, PictureUse, find_hash
from storefront.access import for_right
from storefront.forms import REFUSALS, Fields, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.editor_page import EditorForms, render_editor
from storefront.uploads import MOST_SENT, UPLOAD, read_file

_AGENT = "/creator/agents/{agent_id:uuid}"
_PICTURE = f"{_AGENT}/pictures/{{picture:str}}"
_MAKERS = for_right(Right.MAKE_AGENTS)
_UPLOADERS = {**_MAKERS, **UPLOAD}

Work = Callable[[], Awaitable[None]]


@post(f"{_AGENT}/icon", opt=_UPLOADERS, request_max_body_size=MOST_SENT)
async def upload_icon(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    agent_id: FromPath[UUID],
) -> Page:
    return await _upload(request, pages, services, agent_id, PictureUse.ICON)


@post(f"{_AGENT}/screenshots", opt=_UPLOADERS, request_max_body_size=MOST_SENT)
async def upload_screenshot(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    agent_id: FromPath[UUID],
) -> Page:
    return await _upload(request, pages, services, agent_id, PictureUse.SCREENSHOT)


async def _upload(
    request: HttpRequest, pages: Pages, services: Services, agent_id: UUID, use: PictureUse
) -> Page:
    fields = await read_form(request)

    async def save() -> None:
        actor, alt = pages.request_context.actor, fields.text("alt")
        content = await read_file(request, "picture")
        await add_picture(services, actor, AgentId(agent_id), use, content, alt)

    return await _work(pages, agent_id, use, fields, save)


async def _work(
    pages: Pages, agent_id: UUID, form: str, fields: Fields, work: Work, notice: str = "picture"
) -> Page:
    """Back to the pictures, or the editor again with what is wrong beside the field."""
    agent = await get_own_agent(pages.request_context.actor, AgentId(agent_id))
    try:
        await work()
    except REFUSALS as error:
        view = pages.refused(f"picture-{form[:12]}", keep(fields, ("alt",)), error)
        status = pages.status(error)
        return await render_editor(pages, agent, EditorForms(picture=view), status=status)
    return pages.go(f"/creator/agents/{agent_id}?notice={notice}#pictures")


@post(f"{_PICTURE}/alt", opt=_MAKERS)
async def describe(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    agent_id: FromPath[UUID],
    picture: FromPath[str],
) -> Page:
    fields, name = await read_form(request), _read_name(picture)

    async def save() -> None:
        actor = pages.request_context.actor
        await describe_screenshot(actor, AgentId(agent_id), name, fields.text("alt"))

    return await _work(pages, agent_id, name, fields, save)


@post(f"{_PICTURE}/move", opt=_MAKERS)
async def move(
    pages: NamedDependency[Pages], agent_id: FromPath[UUID], picture: FromPath[str]
) -> Page:
    name = _read_name(picture)

    async def save() -> None:
        await move_screenshot(pages.request_context.actor, AgentId(agent_id), name)

    return await _work(pages, agent_id, name, Fields({}), save)


@post(f"{_PICTURE}/remove", opt=_MAKERS)
async def remove(
    pages: NamedDependency[Pages], agent_id: FromPath[UUID], picture: FromPath[str]
) -> Page:
    name = _read_name(picture)

    async def save() -> None:
        await remove_picture(pages.request_context.actor, AgentId(agent_id), name)

    return await _work(pages, agent_id, name, Fields({}), save, "picture-removed")


def _read_name(text: str) -> PictureHash:
    name = find_hash(text)
    if name is None:
        raise NotFound("There is no such picture")
    return name
