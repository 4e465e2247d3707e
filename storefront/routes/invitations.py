"""The page behind an invitation's link: whose account it is, and the button that accepts."""

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import ActorKind
from chenu.accounts.invitations import accept_invitation, find_invitation
from storefront.access import PUBLIC, SIGNED_IN
from storefront.forms import REFUSALS, FormView, HttpRequest, read_form, read_query
from storefront.pages import Page, Pages


@get("/invitation", opt=PUBLIC)
async def show_invitation(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """A button: programs that open every link of a mail must not use it up."""
    token = read_query(request).text("token")
    return await _render(pages, FormView("invitation", {"token": token}))


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    token = form.value("token")
    offer = await find_invitation(token)
    return pages.show(
        "people/invitation.html",
        422 if offer is None and status == 200 else status,
        form=form,
        offer=offer,
        is_person=pages.request_context.actor.kind is ActorKind.SESSION,
        way_back=f"/invitation?token={token}",
    )


@post("/invitation", opt=SIGNED_IN)
async def accept(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    token = (await read_form(request)).text("token")
    try:
        await accept_invitation(pages.request_context.actor, token)
    except REFUSALS as error:
        form = pages.refused("invitation", {"token": token}, error)
        return await _render(pages, form, pages.status(error))
    return pages.go("/account/members?notice=account-joined")
