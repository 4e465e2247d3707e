"""Lives of plans whose events come in any order, doubled, and up to 72 hours late: the end is the
same as in a model.

Refunds are followed, whoever makes them. Disputes are not followed yet: their events, which no
endpoint of ours asks for, are ignored and change neither the plan nor the books, and I15 names
each dispute to the operators. reliability: F5.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from chenu.accounts.actor import Staff
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.flows.composition import EVENTS
from chenu.flows.events.handling import handle_event
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.faults.counts import seeds
from tests.faults.life_acts import Acts, Life
from tests.faults.plan_model import ACTIONS, LONGEST_DELAY, PlanModel
from tests.flows.plans import plan_of, put_plans, start, tier_of
from tests.people import Person, make_person, pay
from tests.rows import count
from tests.stripe_side import Json, StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

LIVES = 200
AT_ONCE = 20
"""Lives that share a clock."""

WORKERS = 3
"""Events that are handled at a time."""

ACTS = 7
DAYS = (1.5, 6.5, 12.5, 17.5, 20.5, 29.5, 33.5, 47.5, 50.5, 62.5, 70.5)
DELIVERED = {event_type.name for event_type in EVENTS}
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Charged:
    amount: int
    refunds: list[int]


@dataclass
class Post:
    """Stripe's events on their way to us: shuffled, late, some of them twice."""

    services: Services
    stripe: StripeSide
    chance: random.Random
    last: str = ""
    waiting: list[tuple[datetime, EventSummary]] = field(default_factory=list)

    async def collect(self) -> None:
        async for event in self._list_new():
            self.last = event["id"]
            if event["type"] in DELIVERED:
                summary = _summary(event)
                for _ in range(self.chance.choice((1, 1, 2))):
                    delay = LONGEST_DELAY * self.chance.random()
                    self.waiting.append((summary.created + delay, summary))

    async def _list_new(self) -> AsyncIterator[Json]:
        """Oldest first."""
        while True:
            after = {"ending_before": self.last} if self.last else {}
            page = await self.stripe.get("/v1/events", limit="100", **after)
            found: list[Json] = page["data"]
            if not self.last and page["has_more"]:
                found = await self._list_all(found)
                page["has_more"] = False
            for event in reversed(found):
                yield event
            if not page["has_more"]:
                return

    async def _list_all(self, newest: list[Json]) -> list[Json]:
        found = newest
        while True:
            page = await self.stripe.get("/v1/events", limit="100", starting_after=found[-1]["id"])
            found = [*found, *page["data"]]
            if not page["has_more"]:
                return found

    async def deliver(self, until: datetime | None = None) -> None:
        """What is due by then, in any order; everything without a limit."""
        due = [each for each in self.waiting if until is None or each[0] <= until]
        self.waiting = [each for each in self.waiting if each not in due]
        self.chance.shuffle(due)
        waiting = iter([event for _, event in due])
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._handle(waiting))

    async def _handle(self, waiting: Iterator[EventSummary]) -> None:
        for event in waiting:
            await inbox.store_event(event, EventSource.WEBHOOK)
            await handle_event(self.services, event.id)


def _summary(event: Json) -> EventSummary:
    return EventSummary(
        event["id"],
        event["type"],
        event["data"]["object"].get("id", ""),
        None,
        datetime.fromtimestamp(event["created"], UTC),
    )


def make_card(number: int) -> str:
    """A card of its own that pays."""
    digits = f"424242{number:09d}"
    total = sum(
        sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10))
        for place, digit in enumerate(digits)
    )
    return f"{digits}{-total % 10}"


async def begin(services: Services, chance: random.Random, number: int) -> Life:
    person = await make_person(f"life{number}", TierCode.FREE)
    has_trial = chance.random() < 0.6
    has_card = not has_trial or chance.random() < 0.6
    order = await start(services, person.actor, trial=has_trial, key=f"life-{number}")
    assert order.checkout_url is not None
    paid = await pay(order.checkout_url, make_card(number) if has_card else "")
    assert paid.status_code == 303, paid.text
    actions = {day: chance.choice(ACTIONS) for day in chance.sample(DAYS, ACTS)}
    return Life(person, PlanModel(business_now(), has_trial, has_card), actions)


async def move_to(services: Services, stripe: StripeSide, moment: datetime) -> None:
    """Both clocks; nobody looks at Stripe meanwhile."""
    seconds = int((moment - business_now()).total_seconds())
    await stripe.advance(seconds)
    CLOCK.move_to_offset(CLOCK.offset + timedelta(seconds=seconds))


async def live(acts: Acts, lives: list[Life], post: Post) -> None:
    began = business_now()
    for day in DAYS:
        await move_to(acts.services, acts.stripe, began + timedelta(days=day))
        await post.collect()
        await post.deliver(business_now())
        for life in lives:
            life.model.pass_time(business_now())
            action = life.actions.get(day)
            if action is not None and life.model.allows(action):
                await acts.do(life, action)
                life.model.do(action)
                life.done.append(f"{day}: {action}")
    await post.collect()
    await post.deliver()


async def outcome_of(person: Person) -> tuple[str, str, list[tuple[int, list[int]]]]:
    plan = await plan_of(person)
    assert plan is not None
    sql = """
        SELECT p.gross AS amount, coalesce(array_agg(r.amount ORDER BY r.amount)
            FILTER (WHERE r.id IS NOT NULL), '{}') AS refunds
        FROM invoice_payment p LEFT JOIN invoice_refund r ON r.payment = p.id
        WHERE p.account = $1 GROUP BY p.id ORDER BY amount, refunds
    """
    charges = await db.fetch_all(Charged, sql, person.actor.account_id)
    found = [(each.amount, each.refunds) for each in charges]
    return str(plan.status), await tier_of(person), found


async def require_books_and_disputes(services: Services, disputes: Collection[str]) -> None:
    """Everything holds; each dispute was followed."""
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []
    assert await count("dispute", "stripe_dispute_id = ANY($1)", list(disputes)) == len(disputes)
    assert not await count("stripe_event", "type LIKE 'charge.dispute.%' AND state <> 'HANDLED'")


@pytest.mark.parametrize("seed", seeds(LIVES // AT_ONCE))
async def test_whatever_happens_to_the_events_the_end_is_the_models(
    services: Services, stripe_side: StripeSide, seed: int
) -> None:
    await stripe_side.reset()
    await put_plans(services)
    chance = random.Random(seed)
    post = Post(services, stripe_side, chance)
    acts = Acts(services, stripe_side, await make_person("clerk", staff=(Staff.SUPPORT,)))
    lives = [await begin(services, chance, number) for number in range(1, AT_ONCE + 1)]

    await live(acts, lives, post)

    found = {life.person.email: await outcome_of(life.person) for life in lives}
    for life in lives:
        assert found[life.person.email] == life.model.outcome(), (life.model, life.done)
    await require_books_and_disputes(services, acts.disputes.values())
