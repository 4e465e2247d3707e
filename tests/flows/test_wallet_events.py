"""Whoever watches a wallet hears of each change of it once it is committed, whatever made it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from chenu.accounts.actor import Staff
from chenu.accounts.budget_dates import mark_budget_due
from chenu.billing.refund_requests import RefundRequestRow
from chenu.core.clock import CLOCK
from chenu.core.pubsub import wallet_channel
from chenu.flows.packs.refunds import RefundPackInput, refund_own_pack
from chenu.flows.services import Services
from chenu.flows.subscriptions.refund_requests import RefundInput, decide_refund, request_refund
from chenu.jobs.schedule import RECURRING, run_once
from chenu.tiers.catalogue import TierCode
from chenu.tokens.pack_orders import PackOrderRow
from tests.flows.packs import buy, open_packs, return_at_stripe
from tests.flows.plans import catch_up, complete, put_plans, start
from tests.flows.test_pack_refunds import invoice_of
from tests.people import Person, make_person
from tests.stripe_side import StripeSide
from tests.tokens.granting import give

Act = Callable[[], Awaitable[object]]


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    person = await open_packs(services)
    await put_plans(services, "plan_pro")
    return person


async def is_heard(services: Services, person: Person, act: Act) -> bool:
    """Whether something is published about the person's wallet while this is done."""
    async with services.pubsub._redis.pubsub(ignore_subscribe_messages=True) as watcher:
        await watcher.subscribe(wallet_channel(person.actor.account_id))
        await watcher.get_message(timeout=1)
        await act()
        return await watcher.get_message(timeout=1) is not None


async def run_task(services: Services) -> None:
    [task] = [each for each in RECURRING if each.name == "token_budgets"]
    assert await run_once(services, task) is None


async def test_a_pack_is_paid_and_given_back(services: Services, person: Person) -> None:
    bought: list[PackOrderRow] = []

    async def pay() -> None:
        bought.append(await buy(services, person.actor))

    async def give_back() -> None:
        data = RefundPackInput(bought[0].id, bought[0].price)
        await refund_own_pack(services, person.actor, data, "refund-1")

    assert await is_heard(services, person, pay)
    assert await is_heard(services, person, give_back)


async def test_a_pack_is_refunded_at_stripe(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    order = await buy(services, person.actor)
    await return_at_stripe(stripe_side, order, 450)

    assert await is_heard(services, person, lambda: catch_up(services))


async def test_staff_take_the_tokens_and_give_them_again(
    services: Services, person: Person
) -> None:
    clerk, colleague = [
        await make_person(name, staff=(Staff.SUPPORT,)) for name in ("clerk", "colleague")
    ]
    order = await buy(services, person.actor, "pack_100k")
    asked = RefundInput(await invoice_of(order), order.price, "A mistake")
    waiting: list[RefundRequestRow] = []

    async def ask() -> None:
        waiting.append(await request_refund(services, clerk.actor, asked, "staff-1"))

    async def reject() -> None:
        await decide_refund(services, colleague.actor, waiting[0].id, approve=False, reason="No")

    assert await is_heard(services, person, ask)
    assert await is_heard(services, person, reject)


async def test_a_plan_begins(services: Services, person: Person) -> None:
    order = await start(services, person.actor, TierCode.PRO)

    assert await is_heard(services, person, lambda: complete(services, order))


async def test_a_budget_is_due_and_tokens_expire(services: Services, person: Person) -> None:
    account_id = person.actor.account_id
    assert account_id is not None
    await mark_budget_due(account_id)
    granted = await is_heard(services, person, lambda: run_task(services))
    await give(account_id, 70, days=1)
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=2))

    assert granted
    assert await is_heard(services, person, lambda: run_task(services))
    assert not await is_heard(services, person, lambda: run_task(services))
