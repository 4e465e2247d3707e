"""The developer's page: what the API is and costs, programs to copy, and what changed in it."""

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.actor import Actor, ActorKind
from chenu.core.months import read_month
from chenu.flows.plan_kinds import API_PLAN_NAMES
from chenu.flows.services import Services
from chenu.metering.allowances import SESSION_CALLS_PER_MINUTE, burst_of
from chenu.metering.plans import API_PLANS
from chenu.webhooks.model import CHOSEN_KINDS
from storefront import webhook_words
from storefront.access import PUBLIC
from storefront.api_changes import CHANGE_KINDS, list_change_days
from storefront.api_terms import (
    COST,
    ERRORS,
    HEADERS,
    POINTS_OF_A_CALL,
    count_costs,
)
from storefront.code_examples import write_examples
from storefront.forms import Fields, HttpRequest, read_query
from storefront.own_calls import OwnCalls, read_own_calls
from storefront.pages import Page, Pages

PATH = "/developers"


@get(PATH, opt=PUBLIC)
async def show_developers(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    base_url = pages.origin
    return pages.show(
        "developers/page.html",
        own=await _find_own(services, pages.request_context.actor, read_query(request)),
        first_call=write_examples("first-call", base_url),
        catalogue=write_examples("catalogue", base_url),
        webhook_receiver=write_examples("webhook", base_url),
        event_kinds=CHOSEN_KINDS,
        webhook_words=webhook_words,
        api_plans=API_PLANS,
        plan_names=API_PLAN_NAMES,
        burst_of=burst_of,
        session_rate=SESSION_CALLS_PER_MINUTE,
        points_of_a_call=POINTS_OF_A_CALL,
        counted_costs=count_costs(),
        cost_terms=COST,
        errors=ERRORS,
        headers=HEADERS,
        change_days=list_change_days(),
        change_kinds=CHANGE_KINDS,
    )


async def _find_own(services: Services, actor: Actor, query: Fields) -> OwnCalls | None:
    """Of the month that the address names. Raises Invalid; None for whoever is not signed in."""
    if actor.kind is not ActorKind.SESSION:
        return None
    text = query.text("month")
    return await read_own_calls(services, actor, read_month(text) if text else None)
