"""Webhook endpoints of an account: the list, a new one, and each with its log."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.core.errors import ChenuError
from chenu.core.paging import Key
from chenu.flows.services import Services
from chenu.flows.webhooks.endpoints import EndpointInput, create_endpoint
from chenu.webhooks.deliveries import DeliveryRow, count_held, list_attempts, list_deliveries
from chenu.webhooks.endpoints import EndpointRow, get_endpoint, list_endpoints
from chenu.webhooks.model import CHOSEN_KINDS, MAX_ENDPOINTS, EndpointId
from storefront import webhook_words
from storefront.access import for_right
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.visitor import account_of
from storefront.webhook_log import show_log

PATH = "/account/webhooks"
KEYS = for_right(Right.MANAGE_KEYS)
_FIELDS = ("url", "kinds")
_PAGE = 20


@get(PATH, opt=KEYS)
async def show_webhooks(pages: NamedDependency[Pages]) -> Page:
    return await _render_list(pages, FormView("endpoint"))


async def _render_list(pages: Pages, form: FormView, status: int = 200) -> Page:
    found = await list_endpoints(account_of(pages.request_context.actor))
    return pages.show(
        "webhooks/page.html",
        status,
        endpoints=found,
        may_add=len(found) < MAX_ENDPOINTS,
        kinds=CHOSEN_KINDS,
        form=form,
        webhook_words=webhook_words,
    )


@post(PATH, opt=KEYS)
async def make_endpoint(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Shows the secret once, in this response: after a redirect it would be lost."""
    fields = await read_form(request)
    data = EndpointInput(fields.text("url").strip(), fields.all("kinds"))
    try:
        created = await create_endpoint(services, pages.request_context.actor, data)
    except REFUSALS as error:
        form = pages.refused("endpoint", keep(fields, _FIELDS), error)
        return await _render_list(pages, form, pages.status(error))
    return pages.show("webhooks/secret.html", created=created)


@get(f"{PATH}/{{endpoint_id:uuid}}", opt=KEYS)
async def show_endpoint(
    request: HttpRequest, pages: NamedDependency[Pages], endpoint_id: FromPath[UUID]
) -> Page:
    """Raises NotFound for another account's."""
    return await render_endpoint(pages, EndpointId(endpoint_id), read_query(request))


async def render_endpoint(
    pages: Pages,
    endpoint_id: EndpointId,
    query: Fields,
    refusal: ChenuError | None = None,
    kinds: str | None = None,
) -> Page:
    """`refusal`: why what was asked for was not done; `kinds` as they were ticked."""
    account_id = account_of(pages.request_context.actor)
    endpoint = await get_endpoint(account_id, endpoint_id)
    values = {"kinds": "\n".join(endpoint.kinds) if kinds is None else kinds}
    form = FormView("events", values)
    if refusal is not None:
        form = pages.refused("events", values, refusal)
    return pages.show(
        "webhooks/endpoint.html",
        pages.status(refusal) if refusal else 200,
        endpoint=endpoint,
        held=await count_held(endpoint.id),
        kinds=CHOSEN_KINDS,
        form=form,
        webhook_words=webhook_words,
        **await _read_log(pages, endpoint, query),
    )


async def _read_log(pages: Pages, endpoint: EndpointRow, query: Fields) -> dict[str, object]:
    cursors = pages.cursors.of_list("webhook deliveries", endpoint.id)
    pager = Pager(cursors, f"{PATH}/{endpoint.id}", _PAGE, anchor="#log")
    found = await list_deliveries(endpoint.id, pager.read(query))
    attempts = await list_attempts([row.id for row in found.rows])
    return {"log": show_log(found.rows, attempts), "log_links": pager.links(found, _key_of)}


def _key_of(row: DeliveryRow) -> Key:
    return (str(row.id), str(row.id))
