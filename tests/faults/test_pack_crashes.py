"""kill -9 at each point of a pack's purchase and of its refund: paid once, credited once, and its
tokens either in the wallet or its money on the way back.

reliability: F2. The points are named in the code by chenu.core.crash_points.
"""

import asyncio
import time
from dataclasses import dataclass, field
from itertools import count as counting
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chenu.accounts.actor import AccountId
from chenu.accounts.request_context import RequestContext, session_cookie_name
from chenu.core import db
from chenu.tiers.catalogue import TierCode
from tests.faults.counts import CONVERGED_SECONDS, runs
from tests.faults.server import Server
from tests.faults.stand import Json, Stand, require_books
from tests.faults.test_refund_crashes import send
from tests.people import Person, make_person, pay
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

BUY = """
mutation Buy($input: TokenPackBuyInput!) {
  tokenPackBuy(input: $input) { checkout { url } userErrors { code message } }
}
"""
_STATE = """
    SELECT (SELECT string_agg(o.status, ',') FROM pack_order o WHERE o.account = $1)
        || ' ' || (SELECT coalesce(sum(g.granted), 0) FROM token_grant g
            WHERE g.account = $1 AND g.kind IN ('PACK', 'PACK_BONUS'))
        || ' ' || (SELECT count(*) FROM invoice_payment p WHERE p.account = $1)
        || ' ' || (SELECT count(*) FROM outbox_mail m JOIN pack_order o
            ON m.business_key = 'pack-receipt:' || o.id WHERE o.account = $1)
    WHERE NOT EXISTS (SELECT 1 FROM stripe_event WHERE state = 'RECEIVED')
        AND NOT EXISTS (SELECT 1 FROM operation WHERE state IN ('INTENT', 'UNKNOWN')
            AND account_id = $1)
"""
"""Once nothing is under way: orders, tokens of packs, charges and receipts."""

BOUGHT = "PAID 1100 1 1"
_NUMBERS = counting(1)


@dataclass
class Buyer:
    """Somebody who buys a pack, over HTTP alone; asks again until there is an answer."""

    stand: Stand
    person: Person
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.stand.services.settings
        token = RequestContext(actor=self.person.actor).csrf_token(settings)
        assert token is not None
        cookie = f"{session_cookie_name(settings)}={self.person.token}"
        self.headers = {"cookie": cookie, "x-csrf-token": token}

    async def ask(self) -> object:
        wanted = {"packCode": "pack_1k", "idempotencyKey": "one"}
        answer = await self.stand.http.post(
            f"{self.stand.url}/graphql",
            json={"query": BUY, "variables": {"input": wanted}},
            headers=self.headers,
        )
        payload: Json = answer.json()
        if answer.status_code >= 500 or payload.get("data") is None:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        bought: Json = payload["data"]["tokenPackBuy"]
        return bought["checkout"]["url"] if bought["checkout"] else bought

    async def open_page(self) -> str:
        deadline = time.monotonic() + CONVERGED_SECONDS
        last: object = None
        while time.monotonic() < deadline:
            self.stand.web.revive()
            try:
                last = await self.ask()
            except httpx.HTTPError as error:
                last = error
            else:
                if isinstance(last, str):
                    return last
            await asyncio.sleep(0.1)
        raise AssertionError(f"no payment page: {last}")

    async def buy(self) -> None:
        answer = await pay(await self.open_page())
        assert answer.status_code == 303, answer.text

    async def reach(self, state: str) -> None:
        """Waits until everything is as it must be; restarts dead processes."""
        deadline = time.monotonic() + CONVERGED_SECONDS
        found: object = None
        while time.monotonic() < deadline:
            self.stand.web.revive()
            self.stand.worker.revive()
            found = await self._state()
            if found == state:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"after {CONVERGED_SECONDS} s: {found}, not {state}")

    async def _state(self) -> object:
        connection = await asyncpg.connect(self.stand.engines.postgres_url)
        try:
            return await connection.fetchval(_STATE, self.person.actor.account_id)
        finally:
            await connection.close()


async def make_buyer(stand: Stand) -> Buyer:
    name = f"k{next(_NUMBERS)}n{time.monotonic_ns()}"
    return Buyer(stand, await make_person(name, TierCode.FREE))


POINTS = {
    "1-before-T1": ("web", "pack.before_intent"),
    "2-after-T1": ("web", "pack.after_intent"),
    "3-before-the-stripe-call": ("web", "PACK_CHECKOUT.before_call"),
    "5-answer-read-id-unsaved": ("web", "PACK_CHECKOUT.after_call"),
    "5b-inside-saving-the-id": ("web", "PACK_CHECKOUT.inside_settle"),
    "6-id-saved-before-answer": ("web", "pack.before_answer"),
    "7-webhook-received-unstored": ("web", "webhook.received"),
    "8-stored-not-acknowledged": ("web", "webhook.stored"),
    "9-job-claimed-T2-not-begun": ("worker", "webhook.claimed"),
    "9b-before-asking-about-the-page": ("worker", "PACK_OUTCOME.before_call"),
    "9c-answer-read-unsaved": ("worker", "PACK_OUTCOME.after_call"),
    "10-inside-T2": ("worker", "PACK_OUTCOME.inside_settle"),
    "11-T2-committed": ("worker", "PACK_OUTCOME.after_settle"),
}


@pytest.mark.parametrize(("process", "point"), POINTS.values(), ids=POINTS.keys())
async def test_a_pack_survives_a_kill(stand: Stand, process: str, point: str) -> None:
    for _ in range(runs(2)):
        server: Server = getattr(stand, process)
        deaths, buyer = server.deaths, await make_buyer(stand)
        server.arm(point)

        await buyer.buy()
        await buyer.reach(BOUGHT)

        await server.require_one_death_since(deaths)
        await require_books(stand)


async def test_4_stripe_accepted_the_page_answer_unread(stand: Stand) -> None:
    for _ in range(runs(2)):
        buyer = await make_buyer(stand)
        made = await stand.stripe.made("checkout.session")
        await stand.stripe.fail("timeout_after", "/v1/checkout/sessions", method="POST")
        first = asyncio.create_task(buyer.ask())

        await stand.stripe.wait_made("checkout.session", made + 1)
        stand.web.kill()
        with pytest.raises(httpx.HTTPError):
            await first
        await buyer.buy()
        await buyer.reach(BOUGHT)

        assert await stand.stripe.made("checkout.session") == made + 1
        await require_books(stand)


REFUNDS = {
    "tokens taken, Stripe not asked": "pack_refund.after_commit",
    "before the call": "PLAN_REFUND.before_call",
    "answer read, nothing saved": "PLAN_REFUND.after_call",
    "inside its transaction": "PLAN_REFUND.inside_settle",
    "after its transaction": "PLAN_REFUND.after_settle",
}


@pytest.mark.parametrize("point", REFUNDS.values(), ids=REFUNDS.keys())
async def test_a_refund_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(2)):
        deaths, buyer = stand.web.deaths, await make_buyer(stand)
        await buyer.buy()
        await buyer.reach(BOUGHT)
        account_id = buyer.person.actor.account_id
        assert account_id is not None
        order = await db.fetch_value("SELECT id FROM pack_order WHERE account = $1", account_id)
        fields = {"expected_amount": "900", "idempotency_key": uuid4().hex}

        await send(stand, buyer.person, f"/tokens/orders/{order}/refund", fields, point)

        await _wait_refunded(account_id)
        await buyer.reach(BOUGHT)
        charge = await db.fetch_value(
            "SELECT stripe_charge_id FROM invoice_payment WHERE account = $1", account_id
        )
        refunds = await stand.stripe.list_all("/v1/refunds", charge=charge)
        assert [each["amount"] for each in refunds] == [900]
        left = "account = $1 AND kind IN ('PACK', 'PACK_BONUS') AND remaining + debt > 0"
        assert await count("token_grant", left, account_id) == 0
        await stand.web.require_one_death_since(deaths)
        await require_books(stand)


async def _wait_refunded(account_id: AccountId) -> None:
    await until(lambda: count("invoice_refund", "account = $1 AND amount = 900", account_id))


async def test_events_of_a_pack_that_come_twice_change_nothing(stand: Stand) -> None:
    await stand.stripe.deliver(mode="shuffle", duplicate=1, max_copies=5, seed=1, max_concurrent=8)
    buyers = [await make_buyer(stand) for _ in range(runs(10))]

    await asyncio.gather(*(buyer.buy() for buyer in buyers))
    await stand.stripe.wait_delivered()
    for buyer in buyers:
        await buyer.reach(BOUGHT)

    await require_books(stand)
