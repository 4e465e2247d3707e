"""One use that thirty people want at once, through two processes; and processes that are killed
while a coupon is reserved or redeemed. reliability: F14, F2.
"""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.billing.coupons import insert_coupon
from chenu.core import db
from chenu.demo.processes import free_port
from chenu.tiers.catalogue import TierCode
from tests.faults.counts import CONVERGED_SECONDS, runs
from tests.faults.server import Server
from tests.faults.stand import Buyer, Json, Stand, require_books, wait_ready
from tests.flows.coupons import coupon_input
from tests.people import make_person
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

START = """
mutation Start($input: SubscriptionStartInput!) {
  subscriptionStart(input: $input) { checkout { url } userErrors { code } }
}
"""


@pytest.fixture
async def second(stand: Stand) -> AsyncIterator[str]:
    """The address of another web process over the same engines."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ["serve", "--port", str(port)]
    server = Server("second", arguments, stand.web.env, stand.web.folder)
    server.start()

    async def is_up() -> bool:
        try:
            return (await stand.http.get(f"{url}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    try:
        await until(is_up)
        yield url
    finally:
        server.kill()


async def make_customer(stand: Stand, name: str) -> Buyer:
    """On Free, with a key from when the account had a plan that has keys."""
    person = await make_person(name, TierCode.PRO)
    pepper = stand.services.settings.secret
    made = await create_api_key(
        person.actor, "faults", [ApiScope.BILLING, ApiScope.READ], None, pepper
    )
    return Buyer(person, made.secret)


async def start(stand: Stand, url: str, customer: Buyer, code: str, key: str = "one") -> Json:
    """Raises httpx.HTTPError without an answer."""
    request = {"tier": "STARTER", "trial": False, "couponCode": code, "idempotencyKey": key}
    answer = await stand.http.post(
        f"{url}/graphql",
        json={"query": START, "variables": {"input": request}},
        headers={"authorization": f"Bearer {customer.key}"},
    )
    body: Json = answer.json()
    if answer.status_code >= 500 or body.get("data") is None:
        raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
    payload: Json = body["data"]["subscriptionStart"]
    return payload


async def test_one_use_left_is_had_by_one_of_thirty(stand: Stand, second: str) -> None:
    customers = [await make_customer(stand, f"racer{n}") for n in range(30)]

    for round_ in range(runs(10)):
        code = f"LAST-{round_}"
        await insert_coupon(coupon_input(code, max_redemptions=1), None)
        answers = await asyncio.gather(
            *(
                start(stand, (stand.url, second)[n % 2], customer, code, code)
                for n, customer in enumerate(customers)
            )
        )

        won = [answer for answer in answers if answer["checkout"]]
        codes = {error["code"] for answer in answers for error in answer["userErrors"]}
        assert len(won) == 1
        assert codes == {"COUPON_REJECTED"}
        taken = "status <> 'RELEASED' AND coupon = (SELECT id FROM coupon WHERE code = $1)"
        assert await count("coupon_redemption", taken, code) == 1
        await require_books(stand)


POINTS = {
    "before the coupon is made at Stripe": "COUPON.before_call",
    "made, not known here": "COUPON.after_call",
    "before the page is asked for": "SUBSCRIPTION_CHECKOUT.before_call",
    "the page is open, its id unsaved": "SUBSCRIPTION_CHECKOUT.after_call",
    "inside saving its id": "SUBSCRIPTION_CHECKOUT.inside_settle",
    "its id is saved": "SUBSCRIPTION_CHECKOUT.after_settle",
}


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
async def test_a_coupon_is_redeemed_once_through_a_kill(stand: Stand, point: str) -> None:
    for run in range(runs(2)):
        code = f"KILL-{run}-{point.split('.')[1].replace('_', '-').upper()}-{point[0]}"
        await insert_coupon(coupon_input(code, max_redemptions=1), None)
        customer = await make_customer(stand, f"c{code.lower().replace('-', '')}")
        deaths = stand.web.deaths
        stand.web.arm(point)

        url = await _start_until_open(stand, customer, code)
        await stand.pay(url)
        await _wait_redeemed(stand, customer, code)

        await stand.web.require_one_death_since(deaths)
        assert await db.fetch_value("SELECT uses FROM coupon WHERE code = $1", code) == 1
        paid = "discount = 450 AND account = $1"
        assert await count("invoice_payment", paid, customer.person.actor.account_id) == 1
        await require_books(stand)


async def _start_until_open(stand: Stand, customer: Buyer, code: str) -> str:
    for _ in range(CONVERGED_SECONDS * 10):
        if stand.web.died:
            stand.web.revive()
            await wait_ready(stand)
        try:
            answer = await start(stand, stand.url, customer, code)
        except httpx.HTTPError:
            answer = {"checkout": None}
        if answer["checkout"]:
            return str(answer["checkout"]["url"])
        await asyncio.sleep(0.1)
    raise AssertionError("no payment page")


async def _wait_redeemed(stand: Stand, customer: Buyer, code: str) -> None:
    account_id = customer.person.actor.account_id

    async def is_redeemed() -> bool:
        stand.web.revive()
        stand.worker.revive()
        redeemed = "status = 'REDEEMED' AND coupon = (SELECT id FROM coupon WHERE code = $1)"
        own = "state IN ('INTENT', 'UNKNOWN') AND account_id = $1"
        open_ = await count("operation", own, account_id)
        waiting = await count("stripe_event", "state = 'RECEIVED'")
        return bool(await count("coupon_redemption", redeemed, code)) and not (open_ or waiting)

    await until(is_redeemed)
