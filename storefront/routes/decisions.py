"""The page of a decision: its statement of reasons, and the appeal of whom it is about."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.core.clock import business_now
from chenu.flows.appeals.appeal import appeal_decision
from chenu.moderation.appeals import find_appeal_against, last_moment_of_appeal
from chenu.moderation.decisions import get_own_decision
from chenu.moderation.model import DecisionId
from storefront.access import SIGNED_IN
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages


@get("/decisions/{decision_id:uuid}", opt=SIGNED_IN)
async def show_decision(pages: NamedDependency[Pages], decision_id: FromPath[UUID]) -> Page:
    return await _render(pages, DecisionId(decision_id), FormView("appeal"))


async def _render(pages: Pages, decision_id: DecisionId, form: FormView, status: int = 200) -> Page:
    decision = await get_own_decision(pages.request_context.actor, decision_id)
    last_moment = last_moment_of_appeal(decision)
    return pages.show(
        "decisions/page.html",
        status,
        decision=decision,
        appeal=await find_appeal_against(decision_id),
        last_moment=last_moment,
        is_open=business_now() <= last_moment,
        form=form,
    )


@post("/decisions/{decision_id:uuid}/appeal", opt=SIGNED_IN)
async def send_appeal(
    request: HttpRequest, pages: NamedDependency[Pages], decision_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), DecisionId(decision_id)
    try:
        await appeal_decision(pages.request_context.actor, row_id, fields.text("body"))
    except REFUSALS as error:
        form = pages.refused("appeal", keep(fields, ("body",)), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"/decisions/{row_id}?notice=appealed")
