"""Calls to Stripe, for finance: each with what became of it, and asked or tried once more."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.core.errors import ProviderUnavailable
from chenu.core.paging import Key
from chenu.flows.replays import replay_operation, seen_of
from chenu.flows.services import Services
from chenu.ledger.operation_list import list_operations_in
from chenu.ledger.operations import OperationId, OperationRow, get_operation
from storefront.access import FINANCE
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.replay_form import FORM, TYPED, list_pager, read_order, read_state
from storefront.replay_words import OPERATION_STATES, list_tabs
from storefront.stripe_links import find_stripe_url

_PATH = "/staff/payments"
_ONE = f"{_PATH}/operations/{{operation_id:uuid}}"


@get(_PATH, opt=FINANCE)
async def show_operations(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    query, actor = read_query(request), pages.request_context.actor
    state = read_state(query, OPERATION_STATES)
    pager = list_pager(pages, _PATH, state)
    found = await list_operations_in(state, pager.read(query))
    page = pages.show(
        "staff/operations.html",
        tabs=list_tabs(actor),
        operations=found.rows,
        links=pager.links(found, _key_of),
        state=state,
        states=OPERATION_STATES,
    )
    await record_staff_reads(actor, [StaffRead("queue", "operations")])
    return page


def _key_of(row: OperationRow) -> Key:
    return (str(row.id), str(row.id))


@get(_ONE, opt=FINANCE)
async def show_operation(pages: NamedDependency[Pages], operation_id: FromPath[UUID]) -> Page:
    return await _render(pages, OperationId(operation_id), FormView(FORM))


async def _render(
    pages: Pages, operation_id: OperationId, form: FormView, status: int = 200
) -> Page:
    operation, actor = await get_operation(operation_id), pages.request_context.actor
    page = pages.show(
        "staff/operation.html",
        status,
        tabs=list_tabs(actor),
        operation=operation,
        states=OPERATION_STATES,
        seen=seen_of(operation),
        stripe_url=find_stripe_url(pages.settings.stripe.mode, operation.stripe_id or ""),
        form=form,
    )
    await record_staff_reads(actor, [StaffRead("operation", operation.id)])
    return page


@post(f"{_ONE}/replay", opt=FINANCE)
async def replay(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    operation_id: FromPath[UUID],
) -> Page:
    fields, row_id = await read_form(request), OperationId(operation_id)
    await get_operation(row_id)
    try:
        actor = pages.request_context.actor
        done = await replay_operation(services, actor, row_id, read_order(fields))
    except ProviderUnavailable:
        return pages.go(f"{_PATH}/operations/{row_id}?notice=replay-open")
    except REFUSALS as error:
        form = pages.refused(FORM, keep(fields, TYPED), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"{_PATH}/operations/{row_id}?notice=replay-{done.state.lower()}")
