"""Whom the account's invoices are made out to: shown and changed."""

from litestar import get, post
from litestar.di import NamedDependency
from msgspec.structs import asdict, fields

from chenu.accounts.billing_details import (
    BillingDetailsInput,
    find_billing_details,
    save_billing_details,
)
from chenu.accounts.roles import Right
from chenu.core.countries import list_countries
from storefront.access import for_right
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages
from storefront.visitor import account_of

_FIELDS = tuple(each.name for each in fields(BillingDetailsInput))


@get("/account/billing", opt=for_right(Right.READ_INVOICES))
async def show_billing(pages: NamedDependency[Pages]) -> Page:
    details = await find_billing_details(account_of(pages.request_context.actor))
    known = asdict(details) if details else {}
    values = {name: str(known.get(name, "")) for name in _FIELDS}
    return await _render(pages, FormView("billing", values))


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    return pages.show(
        "invoices/billing.html",
        status,
        form=form,
        details=await find_billing_details(account_of(actor)),
        countries=list_countries(pages.locale),
        may_change=actor.has_right(Right.MANAGE_PLAN),
    )


@post("/account/billing", opt=for_right(Right.MANAGE_PLAN))
async def save_billing(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    typed = await read_form(request)
    data = BillingDetailsInput(**{name: typed.text(name) for name in _FIELDS})
    try:
        await save_billing_details(pages.request_context.actor, data)
    except REFUSALS as refusal:
        form = pages.refused("billing", keep(typed, _FIELDS), refusal)
        return await _render(pages, form, pages.status(refusal))
    return pages.go("/account/billing?notice=billing")
