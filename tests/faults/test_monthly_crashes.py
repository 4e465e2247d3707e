"""kill -9 at each point of a monthly agent's start, renewal, cancellation and resumption.

reliability: F1, F2. The points are named in the code by chenu.core.crash_points.
"""

import asyncio
import time
from dataclasses import dataclass

import httpx
import pytest

from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core import db
from chenu.core.global_id import encode_id
from tests.faults.counts import CONVERGED_SECONDS, runs
from tests.faults.stand import Buyer, Stand, require_books
from tests.people import make_published_agent
from tests.rows import count
from tests.stripe_side import Json

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "1-before-T1": ("web", "purchase.before_intent"),
    "2-after-T1": ("web", "purchase.after_intent"),
    "5-answer-read-id-unsaved": ("web", "CHECKOUT_SESSION.after_call"),
    "6-id-saved-before-answer": ("web", "purchase.before_answer"),
    "8-stored-not-acknowledged": ("web", "webhook.stored"),
    "9-job-claimed-T2-not-begun": ("worker", "webhook.claimed"),
    "10-inside-T2": ("worker", "CHECKOUT_SUBSCRIPTION.inside_settle"),
    "11-T2-committed-mail-not-sent": ("worker", "CHECKOUT_SUBSCRIPTION.after_settle"),
    "12-before-the-transfer": ("worker", "TRANSFER.before_call"),
    "12b-transfer-accepted-id-unsaved": ("worker", "TRANSFER.after_call"),
    "12c-inside-the-transfers-settle": ("worker", "TRANSFER.inside_settle"),
}


@pytest.mark.parametrize(("process", "point"), POINTS.values(), ids=POINTS.keys())
async def test_a_monthly_agents_start_and_split_survive_a_kill(
    stand: Stand, process: str, point: str
) -> None:
    server = stand.web if process == "web" else stand.worker
    agent = await make_published_agent(
        stand.services, stand.creator, price=999, name="Veilleur", is_monthly=True
    )
    for run in range(runs(3)):
        deaths = server.deaths
        buyer = await stand.make_buyer(f"m{time.monotonic_ns()}")
        server.arm(point)

        await stand.pay(await stand.buy_until_open(buyer, "one", agent))
        await stand.settle(run + 1)

        await server.require_one_death_since(deaths)


RENEWAL = {
    "8-stored-not-acknowledged": ("web", "webhook.stored"),
    "9-job-claimed-T2-not-begun": ("worker", "webhook.claimed"),
    "10-inside-T2": ("worker", "monthly_invoice.inside_settle"),
    "12b-transfer-accepted-id-unsaved": ("worker", "TRANSFER.after_call"),
}
CHANGE = {
    "cancel-3-before-the-stripe-call": ("purchaseCancel", "SUBSCRIPTION_RENEWAL.before_call"),
    "cancel-5-answer-unsaved": ("purchaseCancel", "SUBSCRIPTION_RENEWAL.after_call"),
    "cancel-8-stored-not-acknowledged": ("purchaseCancel", "webhook.stored"),
    "resume-5-answer-unsaved": ("purchaseResume", "SUBSCRIPTION_RENEWAL.after_call"),
    "resume-5b-inside-saving": ("purchaseResume", "SUBSCRIPTION_RENEWAL.inside_settle"),
    "resume-6-saved-before-answer": ("purchaseResume", "SUBSCRIPTION_RENEWAL.after_settle"),
}
STATUS = {"purchaseCancel": PurchaseStatus.CANCELED, "purchaseResume": PurchaseStatus.ACTIVE}


@dataclass
class Subscriber:
    """Somebody who has paid the first month of an agent."""

    stand: Stand
    buyer: Buyer
    purchase_id: PurchaseId

    async def purchase(self) -> PurchaseRow:
        return await get_purchase(self.purchase_id)

    async def change(self, mutation: str) -> Json:
        """One request, always with the same key; raises httpx.HTTPError without an answer."""
        query = f"""mutation($input: PurchaseCancelInput!) {{
            {mutation}(input: $input) {{ purchase {{ status }} userErrors {{ code }} }} }}"""
        wanted = {"purchaseId": encode_id("Purchase", self.purchase_id), "idempotencyKey": mutation}
        answer = await self.stand.http.post(
            f"{self.stand.url}/graphql",
            json={"query": query, "variables": {"input": wanted}},
            headers={"authorization": f"Bearer {self.buyer.key}"},
        )
        payload: Json = answer.json()
        if answer.status_code >= 500 or payload.get("data") is None:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        changed: Json = payload["data"][mutation]
        return changed

    async def change_until_done(self, mutation: str) -> None:
        deadline = time.monotonic() + CONVERGED_SECONDS
        last: object = None
        while time.monotonic() < deadline:
            self.stand.web.revive()
            try:
                last = await self.change(mutation)
            except httpx.HTTPError as error:
                last = error
            else:
                if not last["userErrors"]:
                    return
            await asyncio.sleep(0.1)
        raise AssertionError(f"not changed: {last}")


async def subscribe(stand: Stand) -> Subscriber:
    agent = await make_published_agent(
        stand.services, stand.creator, price=999, name="Veilleur", is_monthly=True
    )
    buyer = await stand.make_buyer(f"m{time.monotonic_ns()}")
    await stand.pay(await stand.buy_until_open(buyer, "one", agent))
    await settle(stand)
    sql = "SELECT id FROM purchase WHERE account = $1"
    return Subscriber(stand, buyer, await db.fetch_value(sql, buyer.person.actor.account_id))


async def settle(stand: Stand) -> None:
    """Waits until nothing is open and each charge is booked; restarts dead processes."""
    deadline = time.monotonic() + CONVERGED_SECONDS
    state: object = None
    while time.monotonic() < deadline:
        stand.web.revive()
        stand.worker.revive()
        state = found = await stand.state()
        is_open = found.open_operations or found.waiting_events or found.waiting_mails
        charges = await stand.stripe.list_all("/v1/charges")
        is_booked = await count("purchase_payment") == len(charges)
        if is_booked and not (is_open or stand.web.died or stand.worker.died):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"after {CONVERGED_SECONDS} s: {state}")


@pytest.mark.parametrize(("process", "point"), RENEWAL.values(), ids=RENEWAL.keys())
async def test_a_renewal_and_its_split_survive_a_kill(
    stand: Stand, process: str, point: str
) -> None:
    """The next period begins at once, as Stripe is asked to here: nobody waits for a month."""
    server = stand.web if process == "web" else stand.worker
    subscriber = await subscribe(stand)
    path = f"/v1/subscriptions/{(await subscriber.purchase()).stripe_subscription_id}"
    deaths = server.deaths
    server.arm(point)

    anew = {"billing_cycle_anchor[type]": "now", "proration_behavior": "none"}
    await stand.stripe.change(path, **anew)
    await settle(stand)

    await server.require_one_death_since(deaths)
    payments = await list_payments([subscriber.purchase_id])
    assert [payment.creator_share for payment in payments] == [700, 700]
    assert len({payment.stripe_transfer_id for payment in payments} - {None}) == 2
    await require_books(stand)


@pytest.mark.parametrize(("mutation", "point"), CHANGE.values(), ids=CHANGE.keys())
async def test_a_cancellation_and_its_undoing_survive_a_kill(
    stand: Stand, mutation: str, point: str
) -> None:
    subscriber = await subscribe(stand)
    if mutation == "purchaseResume":
        await subscriber.change_until_done("purchaseCancel")
        await settle(stand)
    deaths = stand.web.deaths
    stand.web.arm(point)

    await subscriber.change_until_done(mutation)
    await settle(stand)

    await stand.web.require_one_death_since(deaths)
    assert (await subscriber.purchase()).status is STATUS[mutation]
    await require_books(stand)
