"""Sales for tests: a buyer, an agent, and the worker's tasks run one after the other."""

from uuid import UUID

import msgspec
from msgspec.structs import replace

from chenu.agents.model import AgentId
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.agents.rows import AgentRow
from chenu.billing import inbox
from chenu.core.errors import ChenuError
from chenu.core.ids import new_id
from chenu.flows.agent_subscriptions.renewal import end_renewals
from chenu.flows.events.handling import handle_event
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.purchases.outdated_pages import close_checkouts_of_agent
from chenu.flows.purchases.state import PurchaseReport, report_purchase
from chenu.flows.services import Services
from chenu.ledger.open_operations import list_open
from tests.people import (
    Person,
    make_creator,
    make_person,
    make_published_agent,
    make_unpaid_creator,
    pay,
)
from tests.prepared import prepare
from tests.rows import put


class Sold(msgspec.Struct, frozen=True):
    purchase: PurchaseRow
    payment: PaymentRow


class Market(msgspec.Struct, frozen=True):
    """A creator who can be paid, an agent on sale, and a person who may buy it."""

    creator: Person
    agent: AgentRow
    buyer: Person


async def open_market(services: Services, *, price: int = 999) -> Market:
    return await prepare(services, ("market", price), lambda: _build_market(services, price))


async def _build_market(services: Services, price: int) -> Market:
    name = f"n{new_id().hex[-10:]}"
    creator, _ = await make_creator(services, f"{name}c")
    agent = await make_published_agent(services, creator, price=price)
    return Market(creator, agent, await make_person(f"{name}b"))


async def open_monthly_market(services: Services, *, price: int = 999) -> Market:
    """The same with an agent that is paid by the month."""
    key = ("monthly market", price)
    return await prepare(services, key, lambda: _build_monthly_market(services, price))


async def _build_monthly_market(services: Services, price: int) -> Market:
    market = await _build_market(services, price=100)
    agent = await make_published_agent(
        services, market.creator, price=price, name="Veilleur", is_monthly=True
    )
    return replace(market, agent=agent)


async def open_quiet_market(services: Services, *, price: int = 999) -> Market:
    """The same without any object at Stripe, for what is decided without it."""
    key = ("quiet market", price)
    return await prepare(services, key, lambda: _build_quiet_market(services, price))


async def _build_quiet_market(services: Services, price: int) -> Market:
    name = f"n{new_id().hex[-10:]}"
    creator, row = await make_unpaid_creator(f"{name}c")
    await put("creator", "payouts_ready", True, "id = $2", row.id)
    agent = await make_published_agent(services, creator, price=price)
    return Market(creator, agent, await make_person(f"{name}b"))


def input_for(agent: AgentRow, **changes: object) -> BuyAgentInput:
    """To buy it at its current price, with everything accepted."""
    request: dict[str, object] = {
        "agent_id": agent.id,
        "expected_amount": agent.price_amount,
        "accept_immediate_supply": True,
        "locale": "fr",
    }
    return BuyAgentInput(**(request | changes))  # type: ignore[arg-type]


async def start_buying(
    services: Services, buyer: Person, agent: AgentRow, key: str = "key-1", **changes: object
) -> PurchaseRow:
    return await buy_agent(services, buyer.actor, input_for(agent, **changes), key)


async def open_page(services: Services, market: Market) -> PurchaseRow:
    """A pending purchase with its payment page."""
    purchase = await start_buying(services, market.buyer, market.agent)
    assert purchase.checkout_url is not None
    return purchase


async def pay_for(purchase: PurchaseRow, card: str = "4242424242424242") -> int:
    """The status of the payment page's answer: 303 once paid."""
    assert purchase.checkout_url is not None
    return (await pay(purchase.checkout_url, card)).status_code


async def report(services: Services, purchase: PurchaseRow) -> PurchaseReport:
    return await report_purchase(services, purchase.account_id, purchase.id)


async def make_sale(services: Services, *, price: int = 999) -> tuple[PurchaseRow, PaymentRow]:
    """Paid, settled and transferred."""
    purchase = await buy(services, await open_market(services, price=price))
    [payment] = await list_payments([purchase.id])
    return await get_purchase(purchase.id), payment


async def work_off(services: Services) -> None:
    """Handles open operations and waiting events, one after the other, as a worker does."""
    for event_id in await inbox.list_waiting():
        await handle_event(services, event_id)
    for operation_id in await list_open():
        try:
            await run_operation(services, operation_id)
        except ChenuError:
            continue


async def buy(services: Services, market: Market, key: str = "key-1") -> PurchaseRow:
    """A paid purchase of the market's buyer, settled and transferred."""
    purchase = await start_buying(services, market.buyer, market.agent, key)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    await work_off(services)
    return purchase


async def another_agent(services: Services, market: Market) -> Market:
    """The same market with another agent of its creator on sale, for 5 €."""
    agent = await make_published_agent(services, market.creator, price=500, name="Relanceur")
    return replace(market, agent=agent)


async def close_pages(services: Services, agent_id: UUID) -> None:
    """Runs the job that a change of price, state or seller has queued."""
    await close_checkouts_of_agent(services, AgentId(agent_id))


async def drop(services: Services, purchase: PurchaseRow) -> PurchaseRow:
    """The buyer changed their mind before paying."""
    await end_renewals(services, purchase)
    return await get_purchase(purchase.id)
