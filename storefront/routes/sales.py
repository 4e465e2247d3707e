"""One sale, for its creator and for the support desk: its payments, its refunds, and giving back.

A refund is shown before it is made: the same form is sent twice.
"""

import asyncio
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.queries import find_account
from chenu.accounts.roles import Right
from chenu.agents.model import PaymentId, PurchaseId
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, find_purchase
from chenu.agents.queries import find_agent, find_creator
from chenu.agents.refund_requests import get_sale_request, list_sale_requests
from chenu.agents.refunds import list_sale_refunds
from chenu.billing.disputes import list_disputes_of_purchases
from chenu.core.errors import BrokenRequest, NotFound
from chenu.core.ids import find_id, new_id
from chenu.core.money import Cents
from chenu.flows.purchases.refund_plans import RefundPlan, RefundSaleInput, plan_refund
from chenu.flows.purchases.refund_requests import decide_sale_refund
from chenu.flows.purchases.refunds import WaitsForColleague, refund_sale
from chenu.flows.second_person import SECOND_PERSON_ABOVE, expires_at
from chenu.flows.services import Services
from chenu.ledger.postings import PROCESSING_KINDS, list_postings
from storefront.access import SIGNED_IN, SUPPORT, for_right
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form
from storefront.money_input import parse_euros, show_euros
from storefront.pages import Page, Pages
from storefront.routes.refund_decisions import name_people, read_decision

_REFUSED = (*REFUSALS, BrokenRequest)
_FORM = "refund"
_FIELDS = ("payment", "amount", "reason")


class _Side(msgspec.Struct, frozen=True):
    """Whose page it is: the same template, under another address."""

    root: str
    is_desk: bool


_CREATOR, _DESK = _Side("/creator/sales", False), _Side("/staff/sales", True)


@get("/creator/sales/{sale_id:uuid}", opt=SIGNED_IN)
async def show_own_sale(pages: NamedDependency[Pages], sale_id: FromPath[UUID]) -> Page:
    return await _render(pages, _CREATOR, await _get_own(pages, sale_id), FormView(_FORM))


@get("/staff/sales/{sale_id:uuid}", opt=SUPPORT)
async def show_sale(pages: NamedDependency[Pages], sale_id: FromPath[UUID]) -> Page:
    return await _render(pages, _DESK, await _get(sale_id), FormView(_FORM))


@post("/creator/sales/{sale_id:uuid}/refund", opt=for_right(Right.BUY_AGENTS))
async def refund_own_sale(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    sale_id: FromPath[UUID],
) -> Page:
    sale = await _get_own(pages, sale_id)
    return await _refund(pages, services, _CREATOR, sale, await read_form(request))


@post("/staff/sales/{sale_id:uuid}/refund", opt=SUPPORT)
async def refund_as_staff(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    sale_id: FromPath[UUID],
) -> Page:
    return await _refund(pages, services, _DESK, await _get(sale_id), await read_form(request))


async def _get(sale_id: UUID) -> PurchaseRow:
    """Raises NotFound, also for what was never paid."""
    sale = await find_purchase(PurchaseId(sale_id))
    if sale is None or sale.paid_at is None:
        raise NotFound("There is no such sale")
    return sale


async def _get_own(pages: Pages, sale_id: UUID) -> PurchaseRow:
    sale = await _get(sale_id)
    creator = await find_creator(sale.creator_id)
    if creator is None or creator.owner_id != pages.request_context.actor.require_user():
        raise NotFound("There is no such sale")
    return sale


async def _refund(
    pages: Pages, services: Services, side: _Side, sale: PurchaseRow, fields: Fields
) -> Page:
    actor = pages.request_context.actor
    try:
        data = _read(sale.id, fields)
        if not fields.text("confirmed"):
            plan = await plan_refund(actor, data)
            form = FormView(_FORM, keep(fields, _FIELDS))
            return await _render(pages, side, sale, form, plan=plan)
        done = await refund_sale(services, actor, data, fields.text("idempotency_key"))
    except WaitsForColleague:
        return pages.go(f"{side.root}/{sale.id}?notice=sale-refund-waiting")
    except _REFUSED as error:
        form = pages.refused(_FORM, keep(fields, _FIELDS), error)
        return await _render(pages, side, sale, form, status=pages.status(error))
    notice = f"sale-refund-{done.state.lower()}"
    return pages.go(f"{side.root}/{sale.id}?notice={notice}")


@post("/staff/refunds/sales/{waiting_id:uuid}/decide", opt=SUPPORT)
async def decide_refund_of_sale(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    waiting_id: FromPath[UUID],
) -> Page:
    """Of a refund that a colleague asked for."""
    fields, row = await read_form(request), await get_sale_request(waiting_id)
    sale = await _get(row.purchase_id)
    try:
        actor, reason = pages.request_context.actor, fields.text("reason")
        approve = read_decision(fields)
        done = await decide_sale_refund(services, actor, row.id, approve=approve, reason=reason)
    except _REFUSED as error:
        form = pages.refused(f"decide-{row.id}", keep(fields, ("reason",)), error)
        return await _render(pages, _DESK, sale, form, status=pages.status(error))
    return pages.go(f"{_DESK.root}/{sale.id}?notice=sale-refund-{done.state.lower()}")


async def _read_books(sale: PurchaseRow, side: _Side) -> dict[str, object]:
    """What Stripe takes out of the platform's share is shown to staff only."""
    payments, refunds, disputes = await asyncio.gather(
        list_payments([sale.id]),
        list_sale_refunds([sale.id]),
        list_disputes_of_purchases([sale.id]),
    )
    without = () if side.is_desk else PROCESSING_KINDS
    requests = await list_sale_requests([sale.id]) if side.is_desk else []
    forbidding = [each for each in disputes if not each.is_refundable]
    with_bank = {each.payment_id for each in forbidding}
    return {
        "payments": payments,
        "refundable": [each for each in payments if each.left and each.id not in with_bank],
        "is_bank_deciding": any(not each.status.is_closed for each in forbidding),
        "has_bank_decided": bool(forbidding),
        "refunds": refunds,
        "requests": requests,
        "names": await name_people(requests),
        "disputes": disputes,
        "postings": await list_postings([each.id for each in payments], without=without),
    }


def _read(sale_id: PurchaseId, fields: Fields) -> RefundSaleInput:
    """No amount: all that is left. Raises Invalid, NotFound."""
    amount, payment = fields.text("amount").strip(), fields.text("payment")
    payment_id = find_id(payment)
    if payment and payment_id is None:
        raise NotFound("There is no such payment", path=("payment",))
    return RefundSaleInput(
        sale_id,
        PaymentId(payment_id) if payment_id else None,
        Cents(parse_euros(amount, "amount")) if amount else None,
        fields.text("reason"),
    )


async def _render(
    pages: Pages,
    side: _Side,
    sale: PurchaseRow,
    form: FormView,
    *,
    plan: RefundPlan | None = None,
    status: int = 200,
) -> Page:
    agent, account, books = await asyncio.gather(
        find_agent(sale.agent_id), find_account(sale.account_id), _read_books(sale, side)
    )
    if agent is None:
        raise NotFound("There is no such agent")
    page = pages.show(
        "sales/page.html",
        status,
        sale=sale,
        side=side,
        agent=agent,
        text=agent.text(pages.locale),
        account=account,
        plan=plan,
        planned=show_euros(plan.amount, pages.locale) if plan else "",
        form=form,
        limit=SECOND_PERSON_ABOVE,
        waits_until=expires_at,
        idempotency_key=new_id().hex,
        **books,
    )
    if side.is_desk:
        await record_staff_reads(pages.request_context.actor, [StaffRead("sale", sale.id)])
    return page
