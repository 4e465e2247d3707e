"""API plans for tests: somebody who may buy one, and what they do with it."""

from chenu.accounts.actor import Actor
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscription_orders import OrderRow
from chenu.billing.subscriptions import SubscriptionRow, find_plan
from chenu.flows.api_plans.change import ApiPlanChangeInput, change_api_plan
from chenu.flows.api_plans.start import ApiPlanStartInput, start_api_plan
from chenu.flows.services import Services
from chenu.metering.plan_of import get_current_plan
from chenu.metering.plans import ApiPlanCode
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import CARD, catch_up, complete, put_plans
from tests.people import Person, make_person
from tests.prepared import prepare

BASIC, PRO = ApiPlanCode.BASIC, ApiPlanCode.PRO


async def open_api_plans(services: Services) -> Person:
    """Somebody on FREE, and the API plans as products and prices at Stripe."""

    async def build() -> Person:
        await put_plans(services, "api_")
        return await make_person("zoe", TierCode.FREE)

    return await prepare(services, "API plans", build)


async def open_paid_api_plan(
    services: Services, plan: ApiPlanCode = BASIC, card: str = CARD
) -> Person:
    """Somebody who has just paid for the plan with a card of Stripe's page."""

    async def build() -> Person:
        person = await open_api_plans(services)
        await complete(services, await start_api(services, person.actor, plan), card)
        return person

    return await prepare(services, ("paid API plan", plan, card), build)


async def start_api(
    services: Services,
    actor: Actor,
    plan: ApiPlanCode = BASIC,
    *,
    starts_now: bool = False,
    key: str = "api-plan-1",
) -> OrderRow:
    request = ApiPlanStartInput(plan, "fr", starts_now=starts_now)
    return await start_api_plan(services, actor, request, key)


async def change_api(
    services: Services, actor: Actor, plan: ApiPlanCode, key: str = "api-change-1"
) -> SubscriptionRow:
    """Without a preview; then everything that follows."""
    row = await change_api_plan(services, actor, ApiPlanChangeInput(plan), key)
    await catch_up(services)
    return row


async def api_plan_of(person: Person) -> SubscriptionRow:
    """The live one, else the last."""
    assert person.actor.account_id is not None
    found = await find_plan(person.actor.account_id, SubscriptionKind.API_PLAN)
    assert found is not None
    return found


async def code_of(person: Person) -> ApiPlanCode:
    assert person.actor.account_id is not None
    return (await get_current_plan(person.actor.account_id)).code
