"""A market whose Stripe is a sandbox in this process: emptied and restored between lives.

Whatever a worker does is done here, when `settle` is called, so that a life is the same each time.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from chenu.affiliates.commissions import mature
from chenu.agents.legal_details import save_legal_details
from chenu.agents.rows import AgentRow
from chenu.billing import inbox
from chenu.billing.event_cursor import move_cursor
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.live_gateway import LiveGateway
from chenu.billing.stripe_catalogue import StripeCatalogue
from chenu.billing.stripe_gateway import StripeCaller
from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.core.errors import ChenuError
from chenu.flows.composition import EVENTS, make_services
from chenu.flows.creators.onboard_creator import (
    CreatorInput,
    become_creator,
    make_onboarding_link,
    refresh_own_connect_state,
)
from chenu.flows.creators.statements import make_due_statements
from chenu.flows.events.handling import handle_event
from chenu.flows.events.polling import POLLED_SCOPES, STRIPE_REMEMBERS, poll_events
from chenu.flows.mirrors.bootstrap import prices, products
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operations import OperationId
from chenu.sandbox.app import SandboxApp, create_app
from chenu.sandbox.config import SandboxConfig
from chenu.sandbox.engine.json_types import loads
from chenu.sandbox.engine.snapshots import Snapshot
from chenu.tiers.catalogue import TierCode
from tests.affiliates.bound import bind, make_affiliate
from tests.agents.legal import COMPANY
from tests.database import OwnedDatabase
from tests.faults.market_model import AGENT_PRICE, MONTHLY_PRICE
from tests.flows.packs import order_pack
from tests.people import Person, make_person, make_published_agent
from tests.stripe_side import StripeSide

URL = "http://sandbox.test"
BEGIN = datetime(2027, 1, 31, 12, tzinfo=UTC)
"""So that months of all lengths follow, whenever the tests run."""

CARD = "4242424242424242"
AT_ONCE = "4000000000000077"
"""A card whose money is available at once."""

BUYERS = ("ada", "bob")
DELIVERED = {event_type.name for event_type in EVENTS}
ROUNDS = 8


@dataclass
class World:
    """`seen` is the last event that was looked at; `ways` decides about their order."""

    app: SandboxApp
    http: httpx.AsyncClient
    services: Services
    database: OwnedDatabase
    stripe: StripeSide
    rows: str = ""
    snapshot: Snapshot | None = None
    seen: int = 0
    waiting: list[EventSummary] = field(default_factory=list)
    """Events whose delivery failed, which come again."""

    people: dict[str, Person] = field(default_factory=dict)
    agents: dict[str, AgentRow] = field(default_factory=dict)
    creator_account: str = ""

    async def keep(self) -> None:
        """From here on each life begins."""
        self.rows = await self.database.dump()
        self.snapshot = self.app.sandbox.snapshots.take()

    async def begin(self) -> None:
        assert self.snapshot is not None
        await self.database.empty()
        await self.database.load(self.rows)
        self.app.sandbox.restore(self.snapshot)
        self.follow_clock()
        self.seen = self._last_event()
        self.waiting.clear()

    def follow_clock(self) -> None:
        """Ours shows what Stripe's shows."""
        CLOCK.reset()
        CLOCK.move_to_offset(timedelta(seconds=self.app.sandbox.engine.clock.offset))

    def _last_event(self) -> int:
        found = self.app.sandbox.store.value("SELECT max(seq) FROM objects WHERE kind = 'event'")
        return int(found or 0)

    async def advance(self, by: timedelta) -> None:
        """Both clocks; what follows from it here waits for `settle`.

        A poll begins where the last one ended, minutes ago for a worker: here, before the time.
        """
        for scope in POLLED_SCOPES:
            await move_cursor(scope, business_now(), business_now() - STRIPE_REMEMBERS)
        clock = self.app.sandbox.engine.clock
        await self.app.sandbox.scheduler.advance(clock.now() + int(by.total_seconds()))
        CLOCK.move_to_offset(CLOCK.offset + by)

    async def pay(self, url: str, card: str = CARD) -> None:
        form = {"card": card, "exp": "12/34", "cvc": "123", "name": "Test Buyer"}
        answer = await self.http.post(httpx.URL(url).path, data=form)
        assert answer.status_code == 303, answer.text

    async def settle(self, chance: random.Random, way: str = "in order") -> None:
        """With the statements of the months that are over by then."""
        await self._follow(chance, way)
        await make_due_statements(self.services)
        await mature(business_now())
        assert not await db.fetch_value("SELECT max(attempts) FROM creator_legal_details")

    async def _follow(self, chance: random.Random, way: str) -> None:
        """Events arrive and operations are worked off until nothing more follows.

        `way`: "shuffled" and twice, three at once; "lost": found by polling alone.
        """
        for _ in range(ROUNDS):
            new = self._collect()
            arrived = [*self.waiting, *new]
            if way == "lost" and arrived and not await _attempt(poll_events(self.services)):
                self.waiting = arrived
                continue
            self.waiting = await self._deliver(arrived, chance, way)
            failed = await self._work_off()
            if not new and not failed and not self.waiting:
                return

    def _collect(self) -> list[EventSummary]:
        sql = "SELECT seq, body FROM objects WHERE kind = 'event' AND account = '' AND seq > ?"
        found = self.app.sandbox.store.execute(f"{sql} ORDER BY seq", (self.seen,)).fetchall()
        self.seen = max([self.seen, *(seq for seq, _ in found)])
        events = [loads(body) for _, body in found]
        return [
            EventSummary(
                each["id"],
                each["type"],
                each["data"]["object"].get("id", ""),
                None,
                datetime.fromtimestamp(each["created"], UTC),
            )
            for each in events
            if each["type"] in DELIVERED
        ]

    async def _deliver(
        self, events: list[EventSummary], chance: random.Random, way: str
    ) -> list[EventSummary]:
        """Those that failed."""
        if way != "shuffled":
            return [event for event in events if not await self._handle(event, way)]
        failed, many = dict[str, EventSummary](), events * 2
        chance.shuffle(many)
        for place in range(0, len(many), 3):
            some = many[place : place + 3]
            done = await asyncio.gather(*(self._handle(each, way) for each in some))
            failed |= {each.id: each for each, ok in zip(some, done, strict=True) if not ok}
        return list(failed.values())

    async def _handle(self, event: EventSummary, way: str) -> bool:
        if way != "lost":
            await inbox.store_event(event, EventSource.WEBHOOK)
        return await _attempt(handle_event(self.services, event.id))

    async def _work_off(self) -> bool:
        """Whether any of them asks to be tried again; copies of documents are left out."""
        sql = """
            SELECT id FROM operation
            WHERE kind <> 'INVOICE_DOCUMENT' AND state IN ('INTENT', 'UNKNOWN') ORDER BY id
        """
        rows = await db.fetch_all(_Open, sql)
        return not all([await _attempt(run_operation(self.services, row.id)) for row in rows])

    async def balances(self) -> tuple[int, int]:
        """What Stripe has of ours, and of the creator's with what it paid out to them."""
        sql = "SELECT coalesce(sum(available + pending), 0) FROM balances WHERE account = ?"
        store = self.app.sandbox.store
        payouts = (
            "SELECT coalesce(sum(json_extract(body, '$.amount')), 0) FROM objects"
            " WHERE kind = 'payout' AND account = ? AND json_extract(body, '$.status') <> 'failed'"
        )
        creator = (self.creator_account,)
        return int(store.value(sql, ("",))), int(store.value(sql, creator)) + int(
            store.value(payouts, creator)
        )


@dataclass(frozen=True)
class _Open:
    id: OperationId


async def _attempt(work: object) -> bool:
    try:
        await work  # type: ignore[misc]
    except ChenuError:
        return False
    return True


@asynccontextmanager
async def open_world(services: Services, database: OwnedDatabase) -> AsyncIterator[World]:
    """Everything that a life begins with, over an empty database."""
    app = create_app(SandboxConfig(public_url=URL, record=None, seed=1, webhook_retry_scale=0))
    app.sandbox.reset(clock=int(BEGIN.timestamp()))
    gateway = LiveGateway(services.settings.stripe)
    _connect(gateway, app)
    gateway._downloads = _client(app)
    inside = make_services(gateway, services.pubsub, services.settings, services.limiter)
    http = _client(app)
    world = World(app, http, inside, database, StripeSide(http))
    world.follow_clock()
    try:
        await _furnish(world)
        await world.keep()
        yield world
    finally:
        CLOCK.reset()
        await gateway.close()
        await http.aclose()
        await app.sandbox.close()


def _client(app: SandboxApp) -> httpx.AsyncClient:
    headers = {"authorization": "Bearer sk_test_market"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=URL, headers=headers)


def _connect(caller: StripeCaller, app: SandboxApp) -> None:
    caller._http._client_async = httpx.AsyncClient(transport=httpx.ASGITransport(app=app))


async def _furnish(world: World) -> None:
    """Plans, packs, a creator with two agents, and money of the platform at Stripe."""
    catalogue = StripeCatalogue(world.services.settings.stripe)
    _connect(catalogue, world.app)
    for product in products():
        await catalogue.put_product(product)
    for price in prices():
        await catalogue.put_price(price)
    creator = world.people["creator"] = await make_person("atelier")
    await become_creator(creator.actor, CreatorInput("atelier-nord", "Atelier", "Nous.", "fr"))
    link = await make_onboarding_link(world.services, creator.actor)
    assert link is not None
    await world.http.post(httpx.URL(link).path, data={"complete": "complete"})
    await refresh_own_connect_state(world.services, creator.actor)
    [world.creator_account] = await world.stripe.list_accounts()
    await save_legal_details(creator.actor, COMPANY)
    world.agents["once"] = await make_published_agent(world.services, creator, price=AGENT_PRICE)
    world.agents["monthly"] = await make_published_agent(
        world.services, creator, price=MONTHLY_PRICE, name="Veilleur", is_monthly=True
    )
    for name in (*BUYERS, "bank"):
        world.people[name] = await make_person(name)
    for name in ("cleo", "dan", "zoe", "affiliate"):
        world.people[name] = await make_person(name, TierCode.FREE)
    await bind(world.people["cleo"], await make_affiliate(world.people["affiliate"]))
    await _fill_platform(world)


async def _fill_platform(world: World) -> None:
    """Shares that are sent again come out of it."""
    for number in range(3):
        order = await order_pack(
            world.services, world.people["bank"].actor, "pack_10k", f"bank-{number}"
        )
        assert order.checkout_url is not None
        await world.pay(order.checkout_url, AT_ONCE)
        await world.settle(random.Random(0))
