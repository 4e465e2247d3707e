"""What winning customers cost, recorded by finance: a month, a channel, an amount, and why."""

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.users import list_users
from chenu.analytics.costs import CostInput, CostRow, list_costs, record_cost
from chenu.core.clock import business_now
from chenu.core.months import month_of, read_month
from chenu.core.paging import Key
from storefront.access import FINANCE
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.money_input import parse_euros
from storefront.pages import Page, Pages
from storefront.paging import Pager

_PATH = "/staff/revenue/costs"
_PAGE_SIZE = 25
_FIELDS = ("month", "channel", "amount", "reason")


@get(_PATH, opt=FINANCE)
async def show_costs(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    form = FormView("cost", {"month": str(month_of(business_now()))})
    return await _render(request, pages, form)


async def _render(request: HttpRequest, pages: Pages, form: FormView, status: int = 200) -> Page:
    pager = Pager(pages.cursors.of_list("acquisition costs"), _PATH, _PAGE_SIZE)
    found = await list_costs(pager.read(read_query(request)))
    people = await list_users(sorted({row.recorded_by for row in found.rows}))
    return pages.show(
        "staff/revenue_costs.html",
        status,
        form=form,
        costs=found.rows,
        names={person.id: person.display_name for person in people},
        links=pager.links(found, _key_of),
    )


def _key_of(row: CostRow) -> Key:
    return (str(row.id), str(row.id))


@post(_PATH, opt=FINANCE)
async def save_cost(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        await record_cost(pages.request_context.actor, _read_cost(fields), fields.text("reason"))
    except REFUSALS as refusal:
        form = pages.refused("cost", keep(fields, _FIELDS), refusal)
        return await _render(request, pages, form, pages.status(refusal))
    return pages.go(f"{_PATH}?notice=cost-recorded")


def _read_cost(fields: Fields) -> CostInput:
    """Raises Invalid."""
    return CostInput(
        month=read_month(fields.text("month").strip()),
        channel=fields.text("channel"),
        amount=parse_euros(fields.text("amount"), "amount"),
    )
