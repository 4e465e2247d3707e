"""Webhooks in, for finance: each event of Stripe's with what became of it, handled once more."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.billing.inbox_list import ListedEvent, get_event, list_events
from chenu.core.paging import Key
from chenu.flows.replays import replay_event, seen_of
from storefront.access import FINANCE
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.replay_form import FORM, TYPED, list_pager, read_order, read_state
from storefront.replay_words import EVENT_STATES, list_tabs
from storefront.stripe_links import find_stripe_url

_PATH = "/staff/payments/events"
_ONE = f"{_PATH}/{{event_id:str}}"


@get(_PATH, opt=FINANCE)
async def show_events(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    query, actor = read_query(request), pages.request_context.actor
    state = read_state(query, EVENT_STATES)
    pager = list_pager(pages, _PATH, state)
    found = await list_events(state, pager.read(query))
    page = pages.show(
        "staff/events.html",
        tabs=list_tabs(actor),
        events=found.rows,
        links=pager.links(found, _key_of),
        state=state,
        states=EVENT_STATES,
    )
    await record_staff_reads(actor, [StaffRead("queue", "events")])
    return page


def _key_of(row: ListedEvent) -> Key:
    return (row.received_at.isoformat(), row.id)


@get(_ONE, opt=FINANCE)
async def show_event(pages: NamedDependency[Pages], event_id: FromPath[str]) -> Page:
    return await _render(pages, event_id, FormView(FORM))


async def _render(pages: Pages, event_id: str, form: FormView, status: int = 200) -> Page:
    event, actor = await get_event(event_id), pages.request_context.actor
    page = pages.show(
        "staff/event.html",
        status,
        tabs=list_tabs(actor),
        event=event,
        states=EVENT_STATES,
        seen=seen_of(event),
        stripe_url=find_stripe_url(pages.settings.stripe.mode, event.object_id),
        form=form,
    )
    await record_staff_reads(actor, [StaffRead("event", event.id)])
    return page


@post(f"{_ONE}/replay", opt=FINANCE)
async def replay(
    request: HttpRequest, pages: NamedDependency[Pages], event_id: FromPath[str]
) -> Page:
    fields = await read_form(request)
    event = await get_event(event_id)
    try:
        await replay_event(pages.request_context.actor, event.id, read_order(fields))
    except REFUSALS as error:
        form = pages.refused(FORM, keep(fields, TYPED), error)
        return await _render(pages, event.id, form, pages.status(error))
    return pages.go(f"{_PATH}/{event.id}?notice=replay-queued")
