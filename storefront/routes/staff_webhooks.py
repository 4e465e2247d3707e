"""Webhooks out, for finance: each delivery with its attempts, sent once more."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.core.paging import Key
from chenu.flows.replays import replay_delivery, seen_of
from chenu.webhooks.deliveries import (
    DeliveryRow,
    get_any_delivery,
    list_attempts,
    list_recent_deliveries,
)
from chenu.webhooks.model import DeliveryId
from storefront import webhook_words
from storefront.access import FINANCE
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.replay_form import FORM, TYPED, list_pager, read_order, read_state
from storefront.replay_words import list_tabs
from storefront.webhook_log import show_log

_PATH = "/staff/payments/webhooks"
_ONE = f"{_PATH}/{{delivery_id:uuid}}"


@get(_PATH, opt=FINANCE)
async def show_deliveries(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    query, actor = read_query(request), pages.request_context.actor
    state = read_state(query, webhook_words.STATES)
    pager = list_pager(pages, _PATH, state)
    found = await list_recent_deliveries(pager.read(query), state)
    page = pages.show(
        "staff/webhooks.html",
        tabs=list_tabs(actor),
        deliveries=found.rows,
        links=pager.links(found, _key_of),
        state=state,
        states=webhook_words.STATES,
    )
    await record_staff_reads(actor, [StaffRead("queue", "webhooks")])
    return page


def _key_of(row: DeliveryRow) -> Key:
    return (str(row.id), str(row.id))


@get(_ONE, opt=FINANCE)
async def show_delivery(pages: NamedDependency[Pages], delivery_id: FromPath[UUID]) -> Page:
    return await _render(pages, DeliveryId(delivery_id), FormView(FORM))


async def _render(pages: Pages, delivery_id: DeliveryId, form: FormView, status: int = 200) -> Page:
    row, actor = await get_any_delivery(delivery_id), pages.request_context.actor
    [shown] = show_log([row], await list_attempts([row.id]))
    page = pages.show(
        "staff/webhook.html",
        status,
        tabs=list_tabs(actor),
        shown=shown,
        webhook_words=webhook_words,
        seen=seen_of(row),
        form=form,
    )
    await record_staff_reads(actor, [StaffRead("webhook delivery", row.id)])
    return page


@post(f"{_ONE}/replay", opt=FINANCE)
async def send_delivery(
    request: HttpRequest, pages: NamedDependency[Pages], delivery_id: FromPath[UUID]
) -> Page:
    fields, row_id = await read_form(request), DeliveryId(delivery_id)
    try:
        await replay_delivery(pages.request_context.actor, row_id, read_order(fields))
    except REFUSALS as error:
        form = pages.refused(FORM, keep(fields, TYPED), error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{row_id}?notice=replay-queued")
