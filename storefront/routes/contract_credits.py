"""Finance confirms the credit of a contract's month."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.billing.contracts import ContractId, get_contract
from chenu.core.months import read_month
from chenu.flows.sla.credits import confirm_credit
from storefront.access import FINANCE
from storefront.forms import REFUSALS, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.routes.enterprise import render_contracts


@post("/staff/contracts/{contract_id:uuid}/credit", opt=FINANCE)
async def confirm(
    request: HttpRequest, pages: NamedDependency[Pages], contract_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), ContractId(contract_id)
    account_id = (await get_contract(row_id)).account_id
    month = fields.text("month").strip()
    try:
        actor, reason = pages.request_context.actor, fields.text("reason")
        await confirm_credit(actor, row_id, read_month(month), reason)
    except REFUSALS as error:
        form = pages.refused(f"credit-{row_id}-{month}", keep(fields, ("reason",)), error)
        return await render_contracts(pages, account_id, form, pages.status(error))
    return pages.go(f"/staff/customers/{account_id}/contracts?notice=credit-confirmed")
