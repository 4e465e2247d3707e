"""kill -9 at each point of a plan's start, of a trial's end, and of a trial's refusal: one
subscription, each charge once, the right tier.

reliability: F2. The points are named in the code by chenu.core.crash_points.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count as counting

import asyncpg
import httpx
import pytest

from chenu.accounts.request_context import RequestContext, session_cookie_name
from chenu.core import db
from chenu.tiers.catalogue import TierCode
from tests.affiliates.bound import bind, make_affiliate
from tests.faults.counts import CONVERGED_SECONDS, runs
from tests.faults.server import Server
from tests.faults.stand import Json, Stand, require_books
from tests.faults.test_shuffled_lives import make_card
from tests.people import Person, make_person
from tests.rows import count

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

START = """
mutation Start($input: SubscriptionStartInput!) {
  subscriptionStart(input: $input) { checkout { url } userErrors { code message } }
}
"""
_STATE = """
    SELECT a.tier || CASE a.api_plan WHEN 'FREE' THEN '' ELSE ' ' || a.api_plan END
        || ' ' || coalesce((SELECT string_agg(s.status, ',') FROM subscription s
            WHERE s.account = a.id), '')
        || ' ' || (SELECT count(*) FROM invoice_payment p WHERE p.account = a.id)
        || ' ' || (SELECT count(*) FROM subscription_order o
            WHERE o.account = a.id AND o.status = 'COMPLETED')
    FROM account a WHERE a.id = $1
        AND NOT EXISTS (SELECT 1 FROM stripe_event WHERE state = 'RECEIVED')
        AND NOT EXISTS (SELECT 1 FROM operation WHERE state IN ('INTENT', 'UNKNOWN')
            AND kind <> 'SUBSCRIPTION_OUTCOME' AND account_id = a.id)
"""
"""Once nothing is under way: tier, API plan, states, charges, orders that were completed."""

_NUMBERS = counting(1)


@dataclass
class Subscriber:
    """Somebody who begins a plan, over HTTP alone; asks again until there is an answer."""

    stand: Stand
    person: Person
    trial: bool
    headers: dict[str, str] = field(default_factory=dict)
    question: tuple[str, str, Json] = ("", "", {})
    """The mutation that begins the plan, its document, and its input."""

    def __post_init__(self) -> None:
        wanted = {"tier": "STARTER", "trial": self.trial, "idempotencyKey": "one"}
        self.question = "subscriptionStart", START, wanted
        settings = self.stand.services.settings
        token = RequestContext(actor=self.person.actor).csrf_token(settings)
        assert token is not None
        cookie = f"{session_cookie_name(settings)}={self.person.token}"
        self.headers = {"cookie": cookie, "x-csrf-token": token}

    async def open_page(self) -> str:
        deadline = time.monotonic() + CONVERGED_SECONDS
        last: object = None
        while time.monotonic() < deadline:
            self.stand.web.revive()
            try:
                last = await self._ask()
            except httpx.HTTPError as error:
                last = error
            else:
                if isinstance(last, str):
                    return last
            await asyncio.sleep(0.1)
        raise AssertionError(f"no payment page: {last}")

    async def _ask(self) -> object:
        mutation, document, wanted = self.question
        answer = await self.stand.http.post(
            f"{self.stand.url}/graphql",
            json={"query": document, "variables": {"input": wanted}},
            headers=self.headers,
        )
        payload: Json = answer.json()
        if answer.status_code >= 500 or payload.get("data") is None:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        begun: Json = payload["data"][mutation]
        return begun["checkout"]["url"] if begun["checkout"] else begun

    async def begin(self, card: str) -> None:
        url = await self.open_page()
        typed = {"card": card, "exp": "12/40", "cvc": "123", "name": "Test Buyer"}
        answer = await self.stand.http.post(url, data=typed)
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

    async def require_one(self) -> None:
        """At Stripe as well."""
        sql = "SELECT stripe_customer_id FROM account WHERE id = $1"
        customer = await db.fetch_value(sql, self.person.actor.account_id)
        found = await self.stand.stripe.list_all(
            "/v1/subscriptions", customer=customer, status="all"
        )
        assert len(found) == 1


def _name() -> str:
    return f"s{next(_NUMBERS)}n{time.monotonic_ns()}"


async def make_subscriber(stand: Stand, *, trial: bool) -> Subscriber:
    person = await make_person(_name(), TierCode.FREE)
    return Subscriber(stand, person, trial)


STARTS = {
    "1-before-T1": ("web", "subscription.before_intent"),
    "2-after-T1": ("web", "subscription.after_intent"),
    "3-before-the-stripe-call": ("web", "SUBSCRIPTION_CHECKOUT.before_call"),
    "5-answer-read-id-unsaved": ("web", "SUBSCRIPTION_CHECKOUT.after_call"),
    "5b-inside-saving-the-id": ("web", "SUBSCRIPTION_CHECKOUT.inside_settle"),
    "6-id-saved-before-answer": ("web", "subscription.before_answer"),
    "7-webhook-received-unstored": ("web", "webhook.received"),
    "8-stored-not-acknowledged": ("web", "webhook.stored"),
    "9-job-claimed-T2-not-begun": ("worker", "webhook.claimed"),
    "10-inside-T2-commission-written": ("worker", "commission.inside_settle"),
}


@pytest.mark.parametrize(("process", "point"), STARTS.values(), ids=STARTS.keys())
async def test_a_start_survives_a_kill(stand: Stand, process: str, point: str) -> None:
    for _ in range(runs(2)):
        server: Server = getattr(stand, process)
        deaths, subscriber = server.deaths, await make_subscriber(stand, trial=False)
        await bind(subscriber.person, await make_affiliate(await make_person(_name())))
        server.arm(point)

        await subscriber.begin(make_card(next(_NUMBERS)))
        await subscriber.reach("STARTER ACTIVE 1 1")

        await server.require_one_death_since(deaths)
        await subscriber.require_one()
        assert await count("commission", "account = $1", subscriber.person.actor.account_id) == 1
        await require_books(stand)


async def test_4_stripe_accepted_the_start_answer_unread(stand: Stand) -> None:
    for _ in range(runs(2)):
        subscriber = await make_subscriber(stand, trial=False)
        made = await stand.stripe.made("checkout.session")
        await stand.stripe.fail("timeout_after", "/v1/checkout/sessions", method="POST")
        first = asyncio.create_task(subscriber._ask())

        await stand.stripe.wait_made("checkout.session", made + 1)
        stand.web.kill()
        with pytest.raises(httpx.HTTPError):
            await first
        await subscriber.begin(make_card(next(_NUMBERS)))
        await subscriber.reach("STARTER ACTIVE 1 1")

        assert await stand.stripe.made("checkout.session") == made + 1
        await require_books(stand)


ENDS = {
    "7-webhook-received-unstored": ("web", "webhook.received"),
    "8-stored-not-acknowledged": ("web", "webhook.stored"),
    "9-job-claimed-T2-not-begun": ("worker", "webhook.claimed"),
}


@pytest.mark.parametrize("has_card", [True, False], ids=["card", "no card"])
@pytest.mark.parametrize(("process", "point"), ENDS.values(), ids=ENDS.keys())
async def test_the_end_of_a_trial_survives_a_kill(
    stand: Stand, process: str, point: str, has_card: bool
) -> None:
    for _ in range(runs(2)):
        server: Server = getattr(stand, process)
        subscriber = await make_subscriber(stand, trial=True)
        await subscriber.begin(make_card(next(_NUMBERS)) if has_card else "")
        await subscriber.reach("STARTER TRIALING 0 1")
        deaths = server.deaths
        server.arm(point)

        await stand.stripe.pass_time(timedelta(days=14, hours=2))
        await subscriber.reach("STARTER ACTIVE 1 1" if has_card else "FREE CANCELED 0 1")

        await server.require_one_death_since(deaths)
        await require_books(stand)


REFUSALS = {
    "3-before-the-stripe-call": "TRIAL_REFUSAL.before_call",
    "5-answer-read-unsaved": "TRIAL_REFUSAL.after_call",
    "10-inside-T2": "TRIAL_REFUSAL.inside_settle",
    "11-T2-committed": "TRIAL_REFUSAL.after_settle",
}


@pytest.mark.parametrize("point", REFUSALS.values(), ids=REFUSALS.keys())
async def test_the_refusal_of_a_trial_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(2)):
        card = make_card(next(_NUMBERS))
        first = await make_subscriber(stand, trial=True)
        await first.begin(card)
        await first.reach("STARTER TRIALING 0 1")
        deaths, second = stand.worker.deaths, await make_subscriber(stand, trial=True)
        stand.worker.arm(point)

        await second.begin(card)
        await second.reach("FREE CANCELED 0 1")

        await stand.worker.require_one_death_since(deaths)
        where = "business_key LIKE 'trial-refused:%' AND to_address = $1"
        mails = await db.fetch_value(
            f"SELECT count(*) FROM outbox_mail WHERE {where}",  # noqa: S608 - own text
            second.person.email,
        )
        assert mails == 1, await _list_operations(second)
        await require_books(stand)


async def _list_operations(subscriber: Subscriber) -> object:
    sql = """
        SELECT string_agg(concat_ws(' ', o.business_key, o.state, o.error_code, o.attempts), '; ')
            || (SELECT string_agg(concat_ws(' ', s.status, s.refusal_code, s.trial_ends_at), '; ')
                FROM subscription s WHERE s.account = $1)
            || (SELECT string_agg(m.business_key || ' ' || m.to_address, '; ') FROM outbox_mail m)
        FROM operation o WHERE o.account_id = $1
    """
    return await db.fetch_value(sql, subscriber.person.actor.account_id)
