"""The running product under faults: real web and worker processes over the tests' engines.

A buyer drives it from outside, over HTTP alone; processes are killed and started again.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.agents.rows import AgentRow
from chenu.billing.stripe_catalogue import StripeCatalogue
from chenu.core.global_id import encode_id
from chenu.demo.processes import free_port
from chenu.flows.bootstrap_stripe import bootstrap_stripe
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.conftest import SEED, Engines
from tests.people import make_creator, make_person, make_published_agent

FAULT_SHARE = float(os.environ.get("FAULT_SHARE", "0.1"))
CONVERGED_SECONDS = 60

BUY = """
mutation Buy($input: AgentPurchaseInput!) {
  agentPurchase(input: $input) {
    purchase { id status }
    checkout { url }
    userErrors { code message }
  }
}
"""


def runs(full: int) -> int:
    """How often at this share of the full count: at least once."""
    return max(1, round(full * FAULT_SHARE))


def seeds(full: int) -> list[int]:
    """Printed by pytest as the test's parameter; drawn from the run's seed."""
    drawn = random.Random(int(SEED))
    return [drawn.randrange(10**6) for _ in range(runs(full))]


@dataclass
class Server:
    """One process of the product; `crash_at` names where it kills itself."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    deaths: int = 0

    def start(self, crash_at: str | None = None) -> None:
        env = {**os.environ, **self.env}
        if crash_at:
            env["CHENU_CRASH_AT"] = crash_at
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=env, stdout=log, stderr=log)

    @property
    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def revive(self) -> bool:
        """Start again, without the crash, when it has died; True when it had."""
        if not self.died:
            return False
        self.deaths += 1
        self.start()
        return True


@dataclass
class Stand:
    """The product and one agent on sale in it."""

    services: Services
    engines: Engines
    web: Server
    worker: Server
    url: str
    agent: AgentRow
    http: httpx.AsyncClient
    keys: dict[str, str] = field(default_factory=dict)

    async def make_buyer(self, name: str) -> str:
        """An API key of a fresh buyer's account."""
        person = await make_person(name, TierCode.PRO)
        made = await create_api_key(
            person.actor, "faults", [ApiScope.MARKETPLACE, ApiScope.READ], None,
            self.services.settings.secret,
        )  # fmt: skip
        return made.secret

    async def wish(self, key: str, idempotency_key: str) -> dict[str, Any]:
        """One try of agentPurchase; raises httpx.HTTPError when the server is gone."""
        wish = {
            "agentId": encode_id("Agent", self.agent.id),
            "expectedAmountMinor": self.agent.price_amount,
            "acceptImmediateSupply": True,
            "idempotencyKey": idempotency_key,
        }
        answer = await self.http.post(
            f"{self.url}/graphql",
            json={"query": BUY, "variables": {"input": wish}},
            headers={"authorization": f"Bearer {key}"},
        )
        payload: dict[str, Any] = answer.json()
        if answer.status_code >= 500 or payload.get("data") is None:
            raise httpx.TransportError(f"{answer.status_code}: {answer.text[:300]}")
        bought: dict[str, Any] = payload["data"]["agentPurchase"]
        return bought

    async def wish_until_open(self, key: str, idempotency_key: str) -> str:
        """As a patient client: again with the same key until the page is open; its address."""
        deadline = time.monotonic() + CONVERGED_SECONDS
        last: object = None
        while time.monotonic() < deadline:
            self.web.revive()
            try:
                bought = await self.wish(key, idempotency_key)
            except httpx.HTTPError as error:
                last = error
            else:
                last = bought
                if bought["checkout"]:
                    url: str = bought["checkout"]["url"]
                    return url
            await asyncio.sleep(0.2)
        raise AssertionError(f"no payment page: {last}")

    async def pay(self, url: str, card: str = "4242424242424242") -> None:
        form = {"card": card, "exp": "12/34", "cvc": "123", "name": "Test Buyer"}
        answer = await self.http.post(url, data=form)
        assert answer.status_code == 303, answer.text

    async def converge(self, purchases: int) -> None:
        """Until every purchase is paid, transferred and told; dead processes are started again."""
        deadline = time.monotonic() + CONVERGED_SECONDS
        state = None
        while time.monotonic() < deadline:
            self.web.revive()
            self.worker.revive()
            state = await self.state()
            if state == State(purchases, purchases, purchases, 0, 0, 0):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"not converged after {CONVERGED_SECONDS} s: {state}")

    async def state(self) -> "State":
        connection = await asyncpg.connect(self.engines.postgres_url)
        try:
            record = await connection.fetchrow(_STATE)
        finally:
            await connection.close()
        return State(**record)

    async def charges(self) -> list[dict[str, Any]]:
        """What Stripe says was really charged for this agent."""
        base = self.services.settings.stripe.api_base
        answer = await self.http.get(
            f"{base}/v1/charges?limit=100", headers={"authorization": "Bearer sk_test_tests"}
        )
        charges: list[dict[str, Any]] = answer.json()["data"]
        return [c for c in charges if c["metadata"].get("agent_id") == str(self.agent.id)]


@dataclass(frozen=True)
class State:
    """Counts over the whole (otherwise empty) database."""

    paid: int
    granted: int
    transferred: int
    open_operations: int
    waiting_events: int
    waiting_mails: int


_STATE = """
    SELECT (SELECT count(*) FROM purchase WHERE status = 'PAID') AS paid,
        (SELECT count(*) FROM access_grant) AS granted,
        (SELECT count(*) FROM purchase_payment WHERE stripe_transfer_id IS NOT NULL) AS transferred,
        (SELECT count(*) FROM operation WHERE state IN ('INTENT', 'UNKNOWN')) AS open_operations,
        (SELECT count(*) FROM webhook_event WHERE state = 'RECEIVED') AS waiting_events,
        (SELECT count(*) FROM outbox_mail WHERE state = 'QUEUED') AS waiting_mails
"""


@asynccontextmanager
async def open_stand(
    engines: Engines,
    services: Services,
    folder: Path,
    *,
    web_crash: str | None = None,
    worker_crash: str | None = None,
) -> AsyncIterator[Stand]:
    """The product running, with an agent on sale; processes may be told where to die."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = replace(services.settings, public_url=url)
    services = replace(services, settings=settings)
    await _reset_sandbox(engines)
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator, price=999)
    # After the onboarding, whose events must not meet the fault that is meant for the purchase.
    env = {**engines.env, "CHENU_PUBLIC_URL": url, **await _register_webhooks(services)}
    chenu = [sys.executable, "-m", "chenu"]
    web = Server("web", [*chenu, "serve", "--port", str(port)], env, folder / "web.log")
    worker = Server("worker", [*chenu, "worker"], env, folder / "worker.log")
    async with httpx.AsyncClient(timeout=30) as http:
        stand = Stand(services, engines, web, worker, url, agent, http)
        try:
            web.start(web_crash)
            worker.start(worker_crash)
            await wait_ready(stand)
            yield stand
        finally:
            web.kill()
            worker.kill()
            await _reset_sandbox(engines)


async def _reset_sandbox(engines: Engines) -> None:
    """No charge, endpoint or fault of an earlier test: Stripe's totals are compared with ours."""
    async with httpx.AsyncClient() as http:
        await http.post(f"{engines.settings.stripe.api_base}/_sandbox/reset")


async def _register_webhooks(services: Services) -> dict[str, str]:
    """Endpoints for this stand's address; the secrets as settings of its processes."""
    stripe = StripeCatalogue(services.settings.stripe)
    try:
        outcomes = await bootstrap_stripe(stripe, services.settings.public_url)
    finally:
        await stripe.close()
    secrets = {outcome.what: outcome.secret for outcome in outcomes if outcome.secret}
    return {
        "STRIPE_WEBHOOK_SECRETS": secrets["webhook endpoint snapshot"] or "",
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
