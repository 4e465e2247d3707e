"""What the home page shows first, as staff choose it: agents with their places and dates."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.agents.featured import FeatureInput, feature_agent, list_featured, unfeature_agent
from chenu.agents.model import AgentId
from chenu.core.clock import business_now
from storefront.access import REVIEWER
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.typed_values import read_day, read_number

_PATH = "/staff/featured"
_FIELDS = ("slug", "place", "starts_on", "ends_on", "reason")


@get(_PATH, opt=REVIEWER)
async def show_featured(pages: NamedDependency[Pages]) -> Page:
    return await _render(pages)


async def _render(
    pages: Pages, chosen: FormView | None = None, form: FormView | None = None, status: int = 200
) -> Page:
    """`chosen` is the form that adds one, `form` one that takes one off."""
    return pages.show(
        "staff/featured.html",
        status,
        chosen=chosen or FormView("feature", {"place": "1"}),
        form=form or FormView("remove"),
        featured=await list_featured(),
        now=business_now(),
    )


@post(_PATH, opt=REVIEWER)
async def feature(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        await feature_agent(pages.request_context.actor, _read(fields))
    except REFUSALS as refusal:
        form = pages.refused("feature", keep(fields, _FIELDS), refusal)
        return await _render(pages, form, status=pages.status(refusal))
    return pages.go(f"{_PATH}?notice=featured")


def _read(fields: Fields) -> FeatureInput:
    """Raises Invalid. Without a place it is 0, which the business refuses."""
    return FeatureInput(
        slug=fields.text("slug"),
        place=read_number(fields.text("place"), "place") or 0,
        starts_at=read_day(fields.text("starts_on"), "starts_on"),
        ends_at=read_day(fields.text("ends_on"), "ends_on"),
        reason=fields.text("reason"),
    )


@post(f"{_PATH}/{{agent_id:uuid}}/remove", opt=REVIEWER)
async def unfeature(
    request: HttpRequest, pages: NamedDependency[Pages], agent_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    try:
        actor = pages.request_context.actor
        await unfeature_agent(actor, AgentId(agent_id), fields.text("reason"))
    except REFUSALS as refusal:
        form = pages.refused("remove", keep(fields, ("reason",)), refusal)
        return await _render(pages, form=form, status=pages.status(refusal))
    return pages.go(f"{_PATH}?notice=unfeatured")
