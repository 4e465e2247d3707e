"""The creator's page of disputes: why, until when, and the answer to the bank."""

from collections.abc import Mapping
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.creators import get_own_creator
from chenu.agents.model import PurchaseId
from chenu.agents.purchases import find_purchase, list_purchases_by_id
from chenu.agents.queries import find_creator_of, list_agents_by_id
from chenu.billing.dispute_words import reason_text
from chenu.billing.disputes import DisputeRow, list_disputes_of_creator
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.flows.disputes.evidence import EvidenceInput, submit_evidence
from chenu.flows.services import Services
from storefront.access import for_right
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages


@get("/creator/disputes", opt=for_right(Right.MAKE_AGENTS))
async def show_disputes(pages: NamedDependency[Pages]) -> Page:
    if await find_creator_of(pages.request_context.actor.require_user()) is None:
        return pages.go("/creator/join")
    return await _render(pages, {})


async def _render(pages: Pages, refused: dict[UUID, FormView], status: int = 200) -> Page:
    """`refused`: the form that was sent and refused, by its purchase."""
    creator = await get_own_creator(pages.request_context.actor)
    disputes = await list_disputes_of_creator(creator.id)
    ids = [PurchaseId(each.purchase_id) for each in disputes if each.purchase_id]
    purchases = await list_purchases_by_id(ids)
    agents = await list_agents_by_id([each.agent_id for each in purchases])
    by_id = {agent.id: agent for agent in agents}
    return pages.show(
        "creator/disputes.html",
        status,
        disputes=disputes,
        sold={each.id: by_id[each.agent_id] for each in purchases},
        reasons={each.id: reason_text(each.reason) for each in disputes},
        forms={each.id: _form(each, refused) for each in disputes},
        key=str(new_id()),
    )


def _form(dispute: DisputeRow, refused: Mapping[UUID, FormView]) -> FormView:
    form = refused.get(dispute.purchase_id) if dispute.purchase_id else None
    return form or FormView(f"evidence-{dispute.id}")


async def _require_own(pages: Pages, purchase_id: PurchaseId) -> None:
    """Raises NotFound, also for another creator's sale."""
    creator = await find_creator_of(pages.request_context.actor.require_user())
    purchase = await find_purchase(purchase_id)
    if creator is None or purchase is None or purchase.creator_id != creator.id:
        raise NotFound("There is no such sale")


@post("/creator/disputes/{sale_id:uuid}", opt=for_right(Right.MAKE_AGENTS))
async def answer_bank(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    sale_id: FromPath[UUID],
) -> Page:
    await _require_own(pages, PurchaseId(sale_id))
    fields = await read_form(request)
    data = EvidenceInput(PurchaseId(sale_id), fields.text("text"))
    try:
        await submit_evidence(services, pages.request_context.actor, data, fields.text("key"))
    except REFUSALS as error:
        form = pages.refused("evidence", keep(fields, ("text",)), error)
        return await _render(pages, {sale_id: form}, pages.status(error))
    return pages.go("/creator/disputes?notice=evidence")
