"""Finance decides about the credit of a contract's month."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.billing.contracts import ContractId, get_contract
from chenu.core.months import read_month
from chenu.flows.sla.credits import Decide, confirm_credit, refuse_credit, take_refusal_back
from storefront.access import FINANCE
from storefront.forms import REFUSALS, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.enterprise import render_contracts

_ONE = "/staff/contracts/{contract_id:uuid}/credit"


@post(_ONE, opt=FINANCE)
async def confirm(
    request: HttpRequest, pages: NamedDependency[Pages], contract_id: FromPath[UUID]
) -> Page:
    return await _decide(request, pages, contract_id, confirm_credit, "credit-confirmed")


@post(f"{_ONE}/refuse", opt=FINANCE)
async def refuse(
    request: HttpRequest, pages: NamedDependency[Pages], contract_id: FromPath[UUID]
) -> Page:
    return await _decide(request, pages, contract_id, refuse_credit, "credit-refused")


@post(f"{_ONE}/take-back", opt=FINANCE)
async def take_back(
    request: HttpRequest, pages: NamedDependency[Pages], contract_id: FromPath[UUID]
) -> Page:
    return await _decide(request, pages, contract_id, take_refusal_back, "refusal-taken-back")


async def _decide(
    request: HttpRequest, pages: Pages, contract_id: UUID, decide: Decide, notice: str
) -> Page:
    fields, row_id = await read_form(request), ContractId(contract_id)
    account_id = (await get_contract(row_id)).account_id
    month = fields.text("month").strip()
    try:
        actor, reason = pages.request_context.actor, fields.text("reason")
        await decide(actor, row_id, read_month(month), reason)
    except REFUSALS as error:
        form = pages.refused(f"credit-{row_id}-{month}", keep(fields, ("reason",)), error)
        return await render_contracts(pages, account_id, form, pages.status(error))
    return pages.go(f"/staff/customers/{account_id}/contracts?notice={notice}")
