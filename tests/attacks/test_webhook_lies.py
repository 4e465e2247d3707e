"""A13: deliveries that try to give or take something: what is true is asked of Stripe, always.

tests/http/test_webhooks.py holds who may deliver; here each lie names things that exist, and all
that it could move is looked at after the worker has had its turn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from chenu.accounts.actor import AccountId
from chenu.agents.access import has_usable_grant
from chenu.agents.purchases import PurchaseRow
from chenu.billing import inbox
from chenu.core import db
from chenu.core.errors import ChenuError
from chenu.flows.events.handling import handle_event
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.services import Services
from chenu.settings import read_settings
from tests.conftest import Engines
from tests.http.signed import SNAPSHOT, THIN, sign, snapshot_body, thin_body
from tests.people import make_creator, make_person, make_published_agent, pay
from tests.rows import count, fingerprint

SECRET, THIN_SECRET = "whsec_snapshot_of_the_tests", "whsec_thin_of_the_tests"
BOOKS = ("purchase", "purchase_payment", "access_grant", "ledger_entry", "creator", "agent")


@dataclass(frozen=True)
class Market:
    """An open, unpaid payment page, and a creator who can be paid."""

    purchase: PurchaseRow
    connected: str
    buyer: AccountId

    @property
    def session(self) -> str:
        return str(self.purchase.checkout_session_id)


async def _open_market(services: Services) -> Market:
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator)
    buyer = await make_person("buyer")
    purchase = await buy_agent(
        services, buyer.actor, BuyAgentInput(agent.id, 900, True, "fr"), "key"
    )
    connected = await db.fetch_value("SELECT id FROM connect_account")
    assert buyer.actor.account_id is not None
    return Market(purchase, str(connected), buyer.actor.account_id)


@dataclass(frozen=True)
class Delivery:
    path: str
    body: bytes
    signature: str | None
    status: int


def _paid(market: Market, **changes: object) -> bytes:
    """An event that says the open page was paid, with everything that Stripe would send."""
    session = {
        "id": market.session,
        "payment_status": "paid",
        "status": "complete",
        "amount_total": 900,
        "metadata": {"purchase_id": str(market.purchase.id)},
    }
    return snapshot_body("evt_lie", data={"object": session}, **changes)


def _signed(path: str, body: bytes, secret: str, status: int, age: int = 0) -> Delivery:
    return Delivery(path, body, sign(body, secret, age_seconds=age), status)


LIES: dict[str, Callable[[Market], Delivery]] = {
    "no signature": lambda it: Delivery(SNAPSHOT, _paid(it), None, 400),
    "a garbled signature": lambda it: Delivery(SNAPSHOT, _paid(it), "t=1,v1=,v0=x,,=", 400),
    "a wrong secret": lambda it: _signed(SNAPSHOT, _paid(it), "whsec_guessed", 400),
    "an empty secret": lambda it: _signed(SNAPSHOT, _paid(it), "", 400),
    "301 seconds old": lambda it: _signed(SNAPSHOT, _paid(it), SECRET, 400, age=301),
    "signed for the thin endpoint": lambda it: _signed(SNAPSHOT, _paid(it), THIN_SECRET, 400),
    "signed for another body": lambda it: Delivery(
        SNAPSHOT, _paid(it), sign(snapshot_body("evt_other"), SECRET), 400
    ),
    "a signature in the body only": lambda it: Delivery(
        SNAPSHOT, _paid(it, stripe_signature=sign(b"", SECRET)), None, 400
    ),
    "a huge body": lambda it: _signed(SNAPSHOT, _paid(it, padding="x" * 1_100_000), SECRET, 413),
    "paid, says the event alone": lambda it: _signed(SNAPSHOT, _paid(it), SECRET, 200),
    "paid, says another account": lambda it: _signed(
        SNAPSHOT, _paid(it, account="acct_of_a_thief"), SECRET, 200
    ),
    "paid, says our own connected account": lambda it: _signed(
        SNAPSHOT, _paid(it, account=it.connected), SECRET, 200
    ),
    "another shop's page with our purchase": lambda it: _signed(
        SNAPSHOT,
        snapshot_body(
            "evt_lie",
            data={"object": {"id": "cs_foreign", "metadata": {"purchase_id": it.session}}},
        ),
        SECRET,
        200,
    ),
    "a live event in a test account": lambda it: _signed(
        SNAPSHOT, _paid(it, livemode=True), SECRET, 200
    ),
    "an expired page that is not": lambda it: _signed(
        SNAPSHOT, _paid(it, type="checkout.session.expired"), SECRET, 200
    ),
    "a creator's account that is not ours": lambda it: _signed(
        THIN,
        thin_body("evt_lie", type="v2.core.account.closed", related_object={"id": "acct_thief"}),
        THIN_SECRET,
        200,
    ),
    "a creator's account that is not closed": lambda it: _signed(
        THIN,
        thin_body("evt_lie", type="v2.core.account.closed", related_object={"id": it.connected}),
        THIN_SECRET,
        200,
    ),
}


async def _deliver(client: httpx.AsyncClient, delivery: Delivery) -> int:
    headers = {"content-type": "application/json"}
    if delivery.signature is not None:
        headers["stripe-signature"] = delivery.signature
    answer = await client.post(delivery.path, content=delivery.body, headers=headers)
    return answer.status_code


async def _work_inbox(services: Services) -> None:
    """As the worker does; events to be retried later stay."""
    for event_id in await inbox.list_waiting():
        try:
            await handle_event(services, event_id)
        except ChenuError:
            continue


async def _books() -> dict[str, tuple[int, str]]:
    found = await fingerprint()
    return {table: found[table] for table in BOOKS}


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_moves_nothing(
    client: httpx.AsyncClient, services: Services, name: str
) -> None:
    market = await _open_market(services)
    delivery = LIES[name](market)
    before, all_before = await _books(), await fingerprint()

    status = await _deliver(client, delivery)
    if status == 400:
        assert await fingerprint() == all_before
    await _work_inbox(services)

    assert status == delivery.status
    assert await _books() == before
    assert not await has_usable_grant(market.buyer, market.purchase.agent_id)


async def test_the_truth_moves_once_however_often_it_is_reported(
    client: httpx.AsyncClient, services: Services
) -> None:
    """The same bytes and the same event in a new signature: the second is a duplicate."""
    market = await _open_market(services)
    await pay(str(market.purchase.checkout_url))
    body = _paid(market)

    await _deliver(client, _signed(SNAPSHOT, body, SECRET, 200))
    await _work_inbox(services)
    settled = await _books()
    again = await _deliver(client, _signed(SNAPSHOT, body, SECRET, 200))
    other = body.replace(b"evt_lie", b"evt_two")
    await _deliver(client, _signed(SNAPSHOT, other, SECRET, 200))
    await _work_inbox(services)

    assert again == 200
    assert await has_usable_grant(market.buyer, market.purchase.agent_id)
    assert await _books() == settled
    assert await count("purchase_payment") == 1


async def test_a_replay_after_five_minutes_is_refused_even_for_a_known_event(
    client: httpx.AsyncClient, services: Services
) -> None:
    body = snapshot_body()
    await _deliver(client, _signed(SNAPSHOT, body, SECRET, 200))
    before = await fingerprint()

    replayed = await _deliver(client, _signed(SNAPSHOT, body, SECRET, 400, age=400))

    assert replayed == 400
    assert await fingerprint() == before


@pytest.mark.parametrize("raw", ["", ",", " , ,", "\t"])
def test_nothing_between_commas_is_no_secret_of_no_length(engines: Engines, raw: str) -> None:
    env = {**engines.env, "STRIPE_WEBHOOK_SECRETS": raw, "STRIPE_THIN_SECRETS": raw}

    stripe = read_settings(env).stripe

    assert (stripe.webhook_secrets, stripe.thin_secrets) == ((), ())
