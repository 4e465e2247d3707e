"""Somebody with a paid plan who changes it over the API, asking again until there is an answer."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscription_orders import OrderRow
from chenu.billing.subscriptions import SubscriptionRow, find_plan
from tests.faults.counts import CONVERGED_SECONDS
from tests.faults.stand import Stand
from tests.people import Person, pay, sign_in_again
from tests.rows import count
from tests.stripe_side import Json


@dataclass(frozen=True)
class ChangeMutation:
    """`choice` is the field of its input that names the plan."""

    kind: SubscriptionKind
    name: str
    choice: str

    def write(self) -> str:
        of_input = f"{self.name[0].upper()}{self.name[1:]}Input"
        return f"""
            mutation Change($input: {of_input}!) {{
              {self.name}(input: $input) {{ userErrors {{ code message }} }}
            }}
        """


@dataclass
class Subscriber:
    stand: Stand
    person: Person
    key: str
    mutation: ChangeMutation

    async def change(self, plan: str) -> Json:
        """One request, always with the same key; raises httpx.HTTPError without an answer."""
        wanted = {self.mutation.choice: plan, "idempotencyKey": "one"}
        answer = await self.stand.http.post(
            f"{self.stand.url}/graphql",
            json={"query": self.mutation.write(), "variables": {"input": wanted}},
            headers={"authorization": f"Bearer {self.key}"},
        )
        payload: Json = answer.json()
        if answer.status_code >= 500 or payload.get("data") is None:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        changed: Json = payload["data"][self.mutation.name]
        return changed

    async def change_until_done(self, plan: str) -> None:
        deadline = time.monotonic() + CONVERGED_SECONDS
        last: object = None
        while time.monotonic() < deadline:
            self.stand.web.revive()
            try:
                last = await self.change(plan)
            except httpx.HTTPError as error:
                last = error
            else:
                if not last["userErrors"]:
                    return
            await asyncio.sleep(0.1)
        raise AssertionError(f"not changed: {last}")

    async def plan(self) -> SubscriptionRow:
        assert self.person.actor.account_id is not None
        found = await find_plan(self.person.actor.account_id, self.mutation.kind)
        assert found is not None
        return found

    async def charges(self) -> list[int]:
        """What Stripe has taken from them, oldest first."""
        plan = await self.plan()
        path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
        customer = (await self.stand.stripe.get(path))["customer"]
        charges = await self.stand.stripe.list_all("/v1/charges", customer=customer)
        return [charge["amount"] for charge in reversed(charges) if charge["paid"]]


async def pay_for(
    stand: Stand, person: Person, order: OrderRow, mutation: ChangeMutation
) -> Subscriber:
    """Once all that follows from the payment is done."""
    assert order.checkout_url is not None
    assert (await pay(order.checkout_url)).status_code == 303
    await settle(stand)
    person = await sign_in_again(person.user_id, person.email)
    pepper, scopes = stand.services.settings.secret, [ApiScope.BILLING, ApiScope.READ]
    key = await create_api_key(person.actor, "faults", scopes, None, pepper)
    return Subscriber(stand, person, key.secret, mutation)


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
