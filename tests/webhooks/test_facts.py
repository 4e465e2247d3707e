"""Each event follows from the real fact, once, with the API's ids and nothing of a person."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.accounts.api_keys import CreatedKey, create_api_key, revoke_api_key
from chenu.accounts.leaked_keys import Finding, end_leaked_keys
from chenu.accounts.members import remove_member
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core.clock import business_now, system_now
from chenu.core.global_id import decode_id, encode_id
from chenu.flows.budgets.warnings import warn_of_use
from chenu.flows.events.handling import handle_event
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.webhooks.model import CHOSEN_KINDS, EventKind
from chenu.webhooks.payloads import EventData
from tests.affiliates.paid import fund, open_earning
from tests.affiliates.test_payouts import pay as pay_affiliates
from tests.flows.monthly import begin
from tests.flows.plans import catch_up, complete, open_paid_plan, open_plans, start
from tests.flows.runs import set_up
from tests.flows.sales import buy, open_market, open_monthly_market
from tests.flows.test_budget_tasks import account_of, make_granted
from tests.flows.test_paying_creators import stripe_account
from tests.flows.test_plan_refunds import ask, make_paid
from tests.flows.test_sale_refunds import refund
from tests.people import Person, make_member, make_person
from tests.stripe_side import StripeSide
from tests.tokens.granting import spend
from tests.webhooks.listening import list_heard, listen

_DAY = 24 * 3600
_PRIVATE = ("@example.org", "Zoe", "name")


async def heard(kind: EventKind) -> list[dict[str, Any]]:
    """The data of each event of the kind; whatever was heard holds nothing of a person."""
    bodies = [json.loads(payload) for _, payload in await list_heard()]
    for body in bodies:
        text = json.dumps(body["data"])
        assert [word for word in _PRIVATE if word in text] == []
        assert body["version"] == 1
        assert body["timestamp"].endswith("Z")
    return [body["data"] for body in bodies if body["type"] == kind.value]


def types_of(data: dict[str, Any], *names: str) -> list[str]:
    return [decode_id(data[name])[0] for name in names]


async def test_a_plan_that_begins_and_changes_is_an_event(services: Services) -> None:
    zoe = await open_plans(services)
    await listen(services, zoe)

    await complete(services, await start(services, zoe.actor, TierCode.PRO))
    await catch_up(services)
    await catch_up(services)

    events = await heard(EventKind.SUBSCRIPTION_CHANGED)
    assert events[-1]["item"] == "PRO"
    assert events[-1]["subscriptionKind"] == "TIER"
    assert events[-1]["status"] in ("ACTIVE", "TRIALING")
    assert types_of(events[-1], "subscription") == ["Subscription"]
    assert len(events) == len({json.dumps(each) for each in events})


async def test_a_paid_invoice_is_one_event(services: Services, stripe_side: StripeSide) -> None:
    zoe = await open_plans(services)
    await listen(services, zoe)
    order = await start(services, zoe.actor, TierCode.STARTER, trial=False)

    await complete(services, order)
    for _ in range(2):
        await catch_up(services)

    [event] = await heard(EventKind.INVOICE_PAID)
    assert (event["totalMinor"], event["currency"]) == (900, "EUR")
    assert types_of(event, "invoice") == ["Invoice"]


async def test_an_invoice_that_was_paid_before_anybody_listened_is_no_news(
    services: Services,
) -> None:
    zoe = await open_paid_plan(services)
    await listen(services, zoe)

    await catch_up(services)

    assert await heard(EventKind.INVOICE_PAID) == []


async def test_a_settled_purchase_is_an_event_of_its_buyer(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_market(services)
    await listen(services, market.buyer)

    purchase = await buy(services, market)

    [event] = await heard(EventKind.PURCHASE_SETTLED)
    assert event["purchase"] == encode_id("Purchase", purchase.id)
    assert event["agent"] == encode_id("Agent", market.agent.id)
    assert (event["amountMinor"], event["priceType"]) == (999, "ONE_TIME")


async def test_a_monthly_agent_that_begins_is_an_event(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_monthly_market(services)
    await listen(services, market.buyer)

    await begin(services, market)

    [event] = await heard(EventKind.PURCHASE_SETTLED)
    assert event["priceType"] == "SUBSCRIPTION"
    plan = (await heard(EventKind.SUBSCRIPTION_CHANGED))[-1]
    assert plan["item"] == encode_id("Agent", market.agent.id)


async def test_a_refund_of_an_agent_is_one_event(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_market(services)
    await listen(services, market.buyer)
    purchase = await buy(services, market)
    await catch_up(services)

    await refund(services, market.buyer, purchase.id)
    await catch_up(services)

    [event] = await heard(EventKind.REFUND_MADE)
    assert event["purchase"] == encode_id("Purchase", purchase.id)
    assert (event["amountMinor"], event["invoice"]) == (999, None)


async def test_a_refund_of_a_plan_is_one_event(services: Services, stripe_side: StripeSide) -> None:
    paid = await make_paid(services, stripe_side)
    await listen(services, paid.customer)

    await ask(services, paid, 1000)
    await catch_up(services)

    [event] = await heard(EventKind.REFUND_MADE)
    assert event["invoice"] == encode_id("Invoice", paid.invoice.id)
    assert (event["amountMinor"], event["purchase"]) == (1000, None)


async def test_low_tokens_are_one_event_for_each_percentage(services: Services) -> None:
    zoe = await make_granted()
    await listen(services, zoe)

    for amount in (400, 100):
        await spend(account_of(zoe), amount)
        for _ in range(2):
            await warn_of_use(business_now())

    events = await heard(EventKind.TOKENS_LOW)
    assert [(each["percent"], each["used"], each["budget"]) for each in events] == [
        (80, 400, 500),
        (100, 500, 500),
    ]


@pytest.mark.parametrize("end", ["complete", "fail", "cancel"])
async def test_a_run_that_ends_is_an_event(services: Services, end: str) -> None:
    bench = await set_up(services)
    await listen(services, bench.person)
    run = await bench.authorize()

    if end == "cancel":
        await bench.cancel(run.id)
    else:
        await bench.complete(run.id, 12, succeeded=end == "complete")

    [event] = await heard(EventKind.EXECUTION_FINISHED)
    expected = {"complete": "COMPLETED", "fail": "FAILED", "cancel": "CANCELED"}[end]
    assert (event["status"], event["tokensUsed"]) == (expected, 0 if end == "cancel" else 12)
    assert event["execution"] == encode_id("Execution", run.id)


async def make_key(services: Services, person: Person) -> CreatedKey:
    secret = services.settings.secret
    return await create_api_key(person.actor, "accounting", [ApiScope.READ], None, secret)


async def test_a_revoked_key_is_one_event(services: Services) -> None:
    zoe = await make_person("zoe", TierCode.PRO)
    key = await make_key(services, zoe)
    await listen(services, zoe)

    for _ in range(2):
        await revoke_api_key(zoe.actor, key.key.id)

    [event] = await heard(EventKind.API_KEY_REVOKED)
    assert event["apiKey"] == encode_id("ApiKey", key.key.id)
    assert (event["prefix"], event["isLeaked"]) == (key.key.prefix, False)
    assert key.secret not in json.dumps(event)


async def test_a_leaked_key_is_an_event_that_says_so(services: Services) -> None:
    zoe = await make_person("zoe", TierCode.PRO)
    key = await make_key(services, zoe)
    await listen(services, zoe)

    await end_leaked_keys([Finding(key.secret, "", "tests")], services.settings.secret, "")

    [event] = await heard(EventKind.API_KEY_REVOKED)
    assert event["isLeaked"] is True


async def test_a_key_of_a_member_who_leaves_is_an_event(services: Services) -> None:
    zoe = await make_person("zoe", TierCode.BUSINESS)
    member = await make_member(zoe, "ali", AccountRole.BILLING)
    key = await make_key(services, member)
    await listen(services, zoe)

    await remove_member(zoe.actor, member.user_id)

    [event] = await heard(EventKind.API_KEY_REVOKED)
    assert event["apiKey"] == encode_id("ApiKey", key.key.id)


async def deliver_payout(services: Services, account: str, payout: str, event: str) -> None:
    """As Stripe's webhook does."""
    summary = EventSummary(event, "payout.paid", payout, account, system_now())
    await inbox.store_event(summary, EventSource.WEBHOOK)
    await handle_event(services, event)


async def test_a_payout_to_a_creator_s_bank_is_one_event(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_market(services)
    await listen(services, market.creator)
    await buy(services, market)
    account = await stripe_account(market)
    await stripe_side.advance(10 * _DAY)
    [payout] = (await services.payouts.get_money(account)).payouts

    for event_id in ("evt_a", "evt_b"):
        await deliver_payout(services, account, payout.id, event_id)
    await deliver_payout(services, account, "po_nobody", "evt_c")

    [event] = await heard(EventKind.PAYOUT_PAID)
    assert (event["payout"], event["destination"]) == (payout.id, "BANK")
    assert event["amountMinor"] == payout.amount


async def test_a_payout_of_commissions_is_an_event(
    services: Services, stripe_side: StripeSide
) -> None:
    earning = await open_earning(services, 8000)
    await fund(stripe_side)
    await listen(services, earning.person)

    await pay_affiliates(services, times=2)

    [event] = await heard(EventKind.PAYOUT_PAID)
    assert (event["amountMinor"], event["destination"]) == (8000, "STRIPE_BALANCE")
    assert types_of(event, "payout") == ["Payout"]


def kinds_with_data() -> Sequence[EventKind]:
    return [each.kind for each in EventData.__subclasses__()]


def test_every_kind_has_its_data_in_one_version() -> None:
    assert sorted(kinds_with_data()) == sorted(EventKind)
    assert set(CHOSEN_KINDS) == set(EventKind) - {EventKind.TEST}
