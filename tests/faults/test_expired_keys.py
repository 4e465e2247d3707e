"""An answer is lost, and the next try comes after Stripe has forgotten the key: nothing is re-sent.

reliability: F8. What the lost request made is found at Stripe by its metadata.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chenu.billing.gateway import OutcomeUnknown
from chenu.core import db
from chenu.flows.creators.review_agent import archive_agent
from chenu.flows.invariants import check_everything
from chenu.flows.operations.repair import repair_all
from chenu.flows.services import Services
from chenu.ledger.operations import OperationKind
from tests.faults.counts import runs
from tests.faults.mischief import Mischief, open_mischief
from tests.faults.stand import EVER
from tests.flows.sales import Market, open_market, open_page, pay_for, report, start_buying
from tests.people import make_unpaid_creator

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

KEY_IS_FORGOTTEN = timedelta(hours=25)


@dataclass(frozen=True)
class Lost:
    """`path` is posted by `act`, whose answer is lost; `made` is what Stripe has made of it.

    `already` are those that the market has made before.
    """

    kind: OperationKind
    path: str
    made: str
    act: Callable[[Services, Market], Awaitable[None]]
    already: int = 0


async def _request(services: Services, market: Market) -> None:
    with pytest.raises(OutcomeUnknown):
        await start_buying(services, market.buyer, market.agent)


async def _join(services: Services, market: Market) -> None:
    """Another creator, whose account is opened by the worker."""
    await make_unpaid_creator("nouveau")
    await repair_all(services)


async def _pay(services: Services, market: Market) -> None:
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    await repair_all(services)


async def _pay_too_late(services: Services, market: Market) -> None:
    purchase = await open_page(services, market)
    await archive_agent(market.creator.actor, market.agent.id)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    await repair_all(services)


LOST = {
    "account": Lost(
        OperationKind.CONNECT_ACCOUNT, "/v2/core/accounts", "v2.core.account", _join, already=1
    ),
    "customer": Lost(OperationKind.CUSTOMER, "/v1/customers", "customer", _request),
    "price": Lost(OperationKind.AGENT_PRICE, "/v1/prices", "price", _request),
    "page": Lost(
        OperationKind.CHECKOUT_SESSION, "/v1/checkout/sessions", "checkout.session", _request
    ),
    "transfer": Lost(OperationKind.TRANSFER, "/v1/transfers", "transfer", _pay),
    "refund": Lost(OperationKind.REFUND, "/v1/refunds", "refund", _pay_too_late),
}


@pytest.fixture
async def stripe(services: Services) -> AsyncIterator[Mischief]:
    """An empty sandbox; its clock is reset at the end."""
    async with open_mischief(services) as side:
        await side.reset()
        yield side
        await side.reset()


@pytest.mark.parametrize("run", range(runs(4)))
@pytest.mark.parametrize("what", LOST)
async def test_what_was_made_is_found_and_not_sent_again(
    services: Services, stripe: Mischief, what: str, run: int
) -> None:
    lost = LOST[what]
    market = await open_market(services, price=999 + run)
    await stripe.fail("disconnect_after", lost.path, method="POST", times=3)

    await lost.act(services, market)
    assert await _state_of(lost.kind) == "UNKNOWN"
    await stripe.pass_time(KEY_IS_FORGOTTEN)
    await stripe.heal()
    await stripe.watch(lost.path, method="POST")
    await repair_all(services)

    assert await _state_of(lost.kind) == "SETTLED"
    assert await stripe.hits() == [0]
    assert await stripe.made(lost.made) == lost.already + 1
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def _state_of(kind: OperationKind) -> object:
    sql = "SELECT state FROM operation WHERE kind = $1 ORDER BY id DESC LIMIT 1"
    return await db.fetch_value(sql, kind)
