"""kill -9 of the web process at each point of a plan change: charged once, and never lost.

reliability: F2. As for a purchase: the points are named in the code by chenu.core.crash_points.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.billing.subscriptions import SubscriptionRow, find_plan
from chenu.tiers.catalogue import TierCode
from tests.faults.counts import CONVERGED_SECONDS, runs
from tests.faults.stand import Stand, require_books
from tests.flows.plans import start
from tests.people import Person, make_person, pay, sign_in_again
from tests.rows import count
from tests.stripe_side import Json

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

UPGRADE = {
    "1-before-T1": "plan_change.before_intent",
    "2-after-T1": "plan_change.after_intent",
    "3-before-the-stripe-call": "SUBSCRIPTION_CHANGE.before_call",
    "5-answer-read-state-unsaved": "SUBSCRIPTION_CHANGE.after_call",
    "5b-inside-saving-the-state": "SUBSCRIPTION_CHANGE.inside_settle",
    "6-state-saved": "SUBSCRIPTION_CHANGE.after_settle",
    "6b-before-answer": "plan_change.before_answer",
    "7-webhook-received-unstored": "webhook.received",
    "8-stored-not-acknowledged": "webhook.stored",
}
DOWNGRADE = {
    "1-before-T1": "plan_change.before_intent",
    "2-after-T1": "plan_change.after_intent",
    "3-before-the-stripe-call": "SUBSCRIPTION_SCHEDULE.before_call",
    "5-answer-read-state-unsaved": "SUBSCRIPTION_SCHEDULE.after_call",
    "5b-inside-saving-the-state": "SUBSCRIPTION_SCHEDULE.inside_settle",
    "6-state-saved": "SUBSCRIPTION_SCHEDULE.after_settle",
    "7-webhook-received-unstored": "webhook.received",
}
CHANGE = """
mutation Change($input: SubscriptionChangeInput!) {
  subscriptionChange(input: $input) {
    subscription { tier { code } scheduledTier { code } }
    userErrors { code message }
  }
}
"""


@dataclass
class Subscriber:
    """Somebody with a paid PRO, who changes it over the API."""

    stand: Stand
    person: Person
    key: str

    async def change(self, tier: str) -> Json:
        """One request, always with the same key; raises httpx.HTTPError without an answer."""
        answer = await self.stand.http.post(
            f"{self.stand.url}/graphql",
            json={
                "query": CHANGE,
                "variables": {"input": {"tier": tier, "idempotencyKey": "one"}},
            },
            headers={"authorization": f"Bearer {self.key}"},
        )
        payload: Json = answer.json()
        if answer.status_code >= 500 or payload.get("data") is None:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        changed: Json = payload["data"]["subscriptionChange"]
        return changed

    async def change_until_done(self, tier: str) -> None:
        deadline = time.monotonic() + CONVERGED_SECONDS
        last: object = None
        while time.monotonic() < deadline:
            self.stand.web.revive()
            try:
                last = await self.change(tier)
            except httpx.HTTPError as error:
                last = error
            else:
                if not last["userErrors"]:
                    return
            await asyncio.sleep(0.1)
        raise AssertionError(f"not changed: {last}")

    async def plan(self) -> SubscriptionRow:
        assert self.person.actor.account_id is not None
        found = await find_plan(self.person.actor.account_id)
        assert found is not None
        return found

    async def charges(self) -> list[int]:
        """What Stripe has taken from them, oldest first."""
        plan = await self.plan()
        path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
        customer = (await self.stand.stripe.get(path))["customer"]
        charges = await self.stand.stripe.list_all("/v1/charges", customer=customer)
        return [charge["amount"] for charge in reversed(charges) if charge["paid"]]


async def subscribe(stand: Stand) -> Subscriber:
    person = await make_person(f"s{uuid4().hex[:12]}", TierCode.FREE)
    order = await start(stand.services, person.actor, TierCode.PRO, key=uuid4().hex)
    assert order.checkout_url is not None
    assert (await pay(order.checkout_url)).status_code == 303
    await settle(stand)
    person = await sign_in_again(person.user_id, person.email)
    key = await create_api_key(
        person.actor, "faults", [ApiScope.BILLING, ApiScope.READ], None,
        stand.services.settings.secret,
    )  # fmt: skip
    return Subscriber(stand, person, key.secret)


async def settle(stand: Stand) -> None:
    """Waits until nothing is open and each charge is booked; restarts dead processes."""
    deadline = time.monotonic() + CONVERGED_SECONDS
    state: Any = None
    while time.monotonic() < deadline:
        stand.web.revive()
        stand.worker.revive()
        state = await stand.state()
        is_open = state.open_operations or state.waiting_events or state.waiting_mails
        booked = await count("invoice_payment")
        is_booked = booked == await stand.stripe.made("charge")
        if is_booked and not (is_open or stand.web.died or stand.worker.died):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"after {CONVERGED_SECONDS} s: {state}")


@pytest.mark.parametrize("point", UPGRADE.values(), ids=UPGRADE.keys())
async def test_an_upgrade_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(2)):
        subscriber = await subscribe(stand)
        deaths = stand.web.deaths
        stand.web.arm(point)

        await subscriber.change_until_done("BUSINESS")
        await settle(stand)

        await stand.web.require_one_death_since(deaths)
        assert (await subscriber.plan()).item == "BUSINESS"
        assert len(await subscriber.charges()) == 2
        await require_books(stand)


@pytest.mark.parametrize("point", DOWNGRADE.values(), ids=DOWNGRADE.keys())
async def test_a_downgrade_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(2)):
        subscriber = await subscribe(stand)
        schedules = await stand.stripe.made("subscription_schedule")
        deaths = stand.web.deaths
        stand.web.arm(point)

        await subscriber.change_until_done("STARTER")
        await settle(stand)

        await stand.web.require_one_death_since(deaths)
        plan = await subscriber.plan()
        assert (plan.item, plan.scheduled_item) == ("PRO", "STARTER")
        assert await stand.stripe.made("subscription_schedule") == schedules + 1
        assert await subscriber.charges() == [2900]
        await require_books(stand)


async def test_4_stripe_changed_the_plan_answer_unread(stand: Stand) -> None:
    """The process is killed from outside, while Stripe has charged and says nothing."""
    for _ in range(runs(2)):
        subscriber = await subscribe(stand)
        made = await stand.stripe.made("charge")
        await stand.stripe.fail("timeout_after", "/v1/subscriptions/*", method="POST")
        first = asyncio.create_task(subscriber.change("BUSINESS"))

        await stand.stripe.wait_made("charge", made + 1)
        stand.web.kill()
        with pytest.raises(httpx.HTTPError):
            await first
        await subscriber.change_until_done("BUSINESS")
        await settle(stand)

        assert (await subscriber.plan()).item == "BUSINESS"
        assert len(await subscriber.charges()) == 2
        await require_books(stand)
