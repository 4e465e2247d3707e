"""A newer version of an agent in the library: what it changes, and accepting it."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.model import GrantId, VersionId
from chenu.agents.updates import accept_update, get_update
from chenu.core.errors import Invalid
from storefront.access import SIGNED_IN, for_right
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, read_form
from storefront.pages import Page, Pages


@get("/library/{grant_id:uuid}/update", opt=SIGNED_IN)
async def show_update(pages: NamedDependency[Pages], grant_id: FromPath[UUID]) -> Page:
    return await _render(pages, GrantId(grant_id), FormView("update"))


async def _render(pages: Pages, grant_id: GrantId, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    return pages.show(
        "library/update.html",
        status,
        update=await get_update(actor, grant_id),
        may_accept=actor.has_right(Right.BUY_AGENTS),
        form=form,
    )


@post("/library/{grant_id:uuid}/update", opt=for_right(Right.BUY_AGENTS))
async def accept(
    request: HttpRequest, pages: NamedDependency[Pages], grant_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    try:
        version_id = _read_version(fields)
        await accept_update(pages.request_context.actor, GrantId(grant_id), version_id)
    except REFUSALS as error:
        form = pages.refused("update", {}, error)
        return await _render(pages, GrantId(grant_id), form, pages.status(error))
    return pages.go("/library?notice=version-accepted")


def _read_version(fields: Fields) -> VersionId:
    """The version whose page was read: a newer one would have to be read first."""
    try:
        return VersionId(UUID(fields.text("version")))
    except ValueError:
        raise Invalid("Please choose a version of this page", path=("version",)) from None
