"""The running product under faults: real web and worker processes over real engines.

A buyer uses it over HTTP alone; processes are killed and restarted. Opening one takes seconds, so
that the tests of a module share it: each has its own buyers.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.request_context import session_cookie_name
from chenu.agents.rows import AgentRow
from chenu.billing.stripe_catalogue import StripeCatalogue
from chenu.core import db
from chenu.core.global_id import encode_id
from chenu.demo.processes import free_port
from chenu.flows.composition import EVENTS
from chenu.flows.invariants import check_everything
from chenu.flows.mirrors.bootstrap import bootstrap_stripe
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.conftest import Engines
from tests.faults.counts import CONVERGED_SECONDS
from tests.faults.mischief import PATIENT, Mischief, open_mischief
from tests.faults.server import Server
from tests.people import Person, make_creator, make_person, make_published_agent

Json = dict[str, Any]

EVER = datetime(2000, 1, 1, tzinfo=UTC)

BUY = """
mutation Buy($input: AgentPurchaseInput!) {
  agentPurchase(input: $input) {
    purchase { id status }
    checkout { url }
    userErrors { code message }
  }
}
"""


class State(msgspec.Struct, frozen=True):
    """Counts over the whole database."""

    paid: int = 0
    granted: int = 0
    transferred: int = 0
    open_operations: int = 0
    waiting_events: int = 0
    waiting_mails: int = 0


_STATE = """
    SELECT (SELECT count(*) FROM purchase WHERE status IN ('PAID', 'ACTIVE')) AS paid,
        (SELECT count(*) FROM access_grant) AS granted,
        (SELECT count(*) FROM purchase_payment WHERE stripe_transfer_id IS NOT NULL) AS transferred,
        (SELECT count(*) FROM operation WHERE state IN ('INTENT', 'UNKNOWN')) AS open_operations,
        (SELECT count(*) FROM stripe_event WHERE state = 'RECEIVED') AS waiting_events,
        (SELECT count(*) FROM outbox_mail WHERE state = 'QUEUED') AS waiting_mails
"""


class Buyer(msgspec.Struct, frozen=True):
    """A buyer: over the API with a key, on the pages with a session."""

    person: Person
    key: str


class Stand(msgspec.Struct):
    """The product with an agent on sale, and the sandbox."""

    services: Services
    engines: Engines
    web: Server
    worker: Server
    url: str
    creator: Person
    agent: AgentRow
    http: httpx.AsyncClient
    stripe: Mischief
    before: State = State()

    async def begin(self) -> None:
        """For the next test: ends all faults, and leaves earlier sales out of the counts."""
        await self.stripe.heal()
        await self.stripe.deliver_honestly()
        for server in (self.web, self.worker):
            server.disarm()
            server.revive()
        await wait_ready(self)
        self.before = await self.state()

    async def make_buyer(self, name: str) -> Buyer:
        person = await make_person(name, TierCode.PRO)
        made = await create_api_key(
            person.actor, "faults", [ApiScope.MARKETPLACE, ApiScope.READ], None,
            self.services.settings.secret,
        )  # fmt: skip
        return Buyer(person, made.secret)

    async def make_agent(self, name: str) -> AgentRow:
        """An agent without a product at Stripe."""
        return await make_published_agent(self.services, self.creator, price=999, name=name)

    async def ask(
        self, buyer: Buyer, idempotency_key: str, agent: AgentRow | None = None
    ) -> httpx.Response:
        """Sends one agentPurchase and returns any answer; raises httpx.HTTPError without one."""
        wanted = agent or self.agent
        request = {
            "agentId": encode_id("Agent", wanted.id),
            "expectedAmountMinor": wanted.price_amount,
            "acceptImmediateSupply": True,
            "idempotencyKey": idempotency_key,
        }
        return await self.http.post(
            f"{self.url}/graphql",
            json={"query": BUY, "variables": {"input": request}},
            headers={"authorization": f"Bearer {buyer.key}"},
        )

    async def request(
        self, buyer: Buyer, idempotency_key: str, agent: AgentRow | None = None
    ) -> Json:
        """Its payload; raises httpx.HTTPError when there is none."""
        answer = await self.ask(buyer, idempotency_key, agent)
        payload: Json = answer.json()
        if answer.status_code >= 500 or payload.get("data") is None:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        bought: Json = payload["data"]["agentPurchase"]
        return bought

    async def buy_until_open(
        self, buyer: Buyer, idempotency_key: str, agent: AgentRow | None = None
    ) -> str:
        """Retries with the same key until the payment page is open, and returns its URL."""
        deadline = time.monotonic() + CONVERGED_SECONDS
        last: object = None
        while time.monotonic() < deadline:
            self.web.revive()
            try:
                bought = await self.request(buyer, idempotency_key, agent)
            except httpx.HTTPError as error:
                last = error
            else:
                last = bought
                if bought["checkout"]:
                    url: str = bought["checkout"]["url"]
                    return url
            await asyncio.sleep(0.1)
        raise AssertionError(f"no payment page: {last}")

    async def pay(self, url: str) -> None:
        form = {"card": "4242424242424242", "exp": "12/34", "cvc": "123", "name": "Test Buyer"}
        answer = await self.http.post(url, data=form)
        assert answer.status_code == 303, answer.text

    async def buy(self, buyer: Buyer, idempotency_key: str = "one") -> None:
        """Requests and pays; the rest is done by the product."""
        await self.pay(await self.buy_until_open(buyer, idempotency_key))

    async def look_at_purchase(self, buyer: Buyer) -> str:
        """The page that the buyer returns to, in French."""
        sql = "SELECT id FROM purchase WHERE account = $1"
        purchase_id = await db.fetch_value(sql, buyer.person.actor.account_id)
        name = session_cookie_name(self.services.settings)
        headers = {"cookie": f"{name}={buyer.person.token}"}
        answer = await self.http.get(f"{self.url}/purchases/{purchase_id}", headers=headers)
        assert answer.status_code == 200
        return answer.text

    async def settle(self, purchases: int) -> None:
        """Waits until all of this test's purchases have every effect once, and all
        invariants hold.
        """
        await self.converge(purchases)
        charges = [line async for line in self.services.reports.list_balance_movements(EVER)]
        paid = self.before.paid + purchases
        assert len([line for line in charges if line.type == "charge"]) == paid
        await require_books(self)

    async def converge(self, purchases: int) -> None:
        """Waits until every purchase is paid, transferred and mailed; restarts dead processes."""
        before = self.before
        wanted = State(
            before.paid + purchases, before.granted + purchases, before.transferred + purchases
        )
        deadline = time.monotonic() + CONVERGED_SECONDS
        state = None
        while time.monotonic() < deadline:
            self.web.revive()
            self.worker.revive()
            state = await self.state()
            if state == wanted:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"after {CONVERGED_SECONDS} s: {state}, not {wanted}")

    async def state(self) -> State:
        connection = await asyncpg.connect(self.engines.postgres_url)
        try:
            record = await connection.fetchrow(_STATE)
        finally:
            await connection.close()
        return State(**record)


@asynccontextmanager
async def open_stand(
    engines: Engines, services: Services, folder: Path, **env: str
) -> AsyncIterator[Stand]:
    """The product over an empty database and an empty sandbox, with an agent on sale."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    services = replace(services, settings=replace(services.settings, public_url=url))
    async with (
        open_mischief(services) as stripe,
        httpx.AsyncClient(timeout=90, limits=PATIENT) as http,
    ):
        await stripe.reset()  # Stripe's totals are compared with ours
        creator, _ = await make_creator(services)
        agent = await make_published_agent(services, creator, price=999)
        # After onboarding, whose events must not meet the fault that is meant for the purchase.
        secrets = await _register_webhooks(services)
        settings = {**engines.env, "CHENU_PUBLIC_URL": url, **secrets, **env}
        web = Server("web", ["serve", "--port", str(port)], settings, folder)
        worker = Server("worker", ["worker"], settings, folder)
        stand = Stand(services, engines, web, worker, url, creator, agent, http, stripe)
        try:
            web.start()
            worker.start()
            await wait_ready(stand)
            yield stand
        finally:
            web.kill()
            worker.kill()
            await stripe.reset()


async def _register_webhooks(services: Services) -> dict[str, str]:
    """Endpoints for this stand's URL; the secrets are settings of its processes."""
    stripe = StripeCatalogue(services.settings.stripe)
    try:
        outcomes = await bootstrap_stripe(stripe, services.settings.public_url, EVENTS)
    finally:
        await stripe.close()
    secrets = {outcome.what: outcome.secret for outcome in outcomes if outcome.secret}
    return {
        "STRIPE_WEBHOOK_SECRETS": ",".join(
            secrets[f"webhook endpoint {name}"] or "" for name in ("snapshot", "connect")
        ),
        "STRIPE_THIN_SECRETS": secrets["webhook endpoint thin"] or "",
    }


async def wait_ready(stand: Stand) -> None:
    deadline = time.monotonic() + CONVERGED_SECONDS
    while time.monotonic() < deadline:
        assert not stand.web.died, stand.web.log.read_text()
        try:
            if (await stand.http.get(f"{stand.url}/readyz")).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(stand.web.log.read_text())


async def require_books(stand: Stand) -> None:
    """Every invariant holds, over all that was ever booked."""
    findings = await check_everything(stand.services, EVER)
    assert [finding for finding in findings if not finding.ok] == []
