"""Two worker processes at one month's run of affiliates: one run, and each is paid exactly once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from chenu.affiliates.payouts import lock_name
from chenu.core import db
from chenu.core.scheduled_tasks import hasten
from chenu.jobs.schedule import PAYOUTS
from chenu.ledger.accounts import affiliate_payable
from chenu.ledger.journal import get_cents
from tests.affiliates.paid import Earning, fund, open_earning
from tests.faults.counts import runs
from tests.faults.server import Server
from tests.faults.stand import Stand
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

_PAYEES = 5
_OFTEN = ("repair", "requeue", "seal")
"""Tasks that whichever worker looks may take."""
_RECORDING = """
    CREATE TABLE recorded_turn (name text NOT NULL, worker uuid NOT NULL);
    CREATE FUNCTION record_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF NEW.claimed_by IS NOT NULL AND NEW.claimed_by IS DISTINCT FROM OLD.claimed_by THEN
            INSERT INTO recorded_turn VALUES (NEW.name, NEW.claimed_by);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER record_turn AFTER UPDATE ON scheduled_task
        FOR EACH ROW EXECUTE FUNCTION record_turn();
"""
_NOT_RECORDING = "DROP TABLE recorded_turn; DROP FUNCTION record_turn() CASCADE"


@dataclass
class Race:
    """A stand with a second worker, which takes turns of the schedule as the first one does."""

    stand: Stand
    earnings: Sequence[Earning]
    owner: asyncpg.Connection
    months: int = 0

    async def earn(self) -> None:
        """For one more month: earlier payouts are put into months of long ago."""
        self.months += 1
        sql = """
            UPDATE affiliate_payout SET month = date '2001-01-01' + interval '1 month' * $1
            WHERE month > '2020-01-01'
        """
        await db.execute(sql, self.months)
        for n, earning in enumerate(self.earnings):
            await earning.earn(self.amount(self.months, n))
        await self.owner.execute("DELETE FROM recorded_turn")

    @staticmethod
    def amount(month: int, payee: int) -> int:
        return 5000 + 10 * month + payee

    async def workers(self, *, of_run: bool) -> list[UUID]:
        """Who has taken turns of the run, one for each turn, or of all other tasks."""
        sql = "SELECT worker FROM recorded_turn WHERE (name = $1) = $2"
        return [row["worker"] for row in await self.owner.fetch(sql, PAYOUTS, of_run)]

    @asynccontextmanager
    async def holding_the_run(self) -> AsyncIterator[None]:
        """Whoever begins it waits at the first payee until the end of the block."""
        first = min(self.earnings, key=lambda earning: earning.affiliate.id)
        name = lock_name(first.affiliate.id)
        await self.owner.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", name)
        try:
            yield
        finally:
            await self.owner.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", name)

    async def require_paid_once(self) -> None:
        async def are_all_paid() -> bool:
            paid = await count("affiliate_payout", "status = 'PAID'")
            return paid == self.months * len(self.earnings)

        await until(are_all_paid)
        for n, earning in enumerate(self.earnings):
            account = await earning.stripe_account()
            sent = await self.stand.stripe.list_all("/v1/transfers", destination=account)
            wanted = [self.amount(month, n) for month in range(1, self.months + 1)]
            assert sorted(each["amount"] for each in sent) == wanted
            assert await get_cents(affiliate_payable(earning.affiliate.id)) == 0
        assert await count("affiliate_payout") == self.months * len(self.earnings)


@pytest.fixture(scope="module")
async def raced(running: Stand) -> AsyncIterator[Race]:
    first = running.worker
    second = Server("second worker", first.arguments, first.env, first.folder)
    owner = await asyncpg.connect(running.engines.postgres_url)
    await owner.execute(_RECORDING)
    earnings = [await open_earning(running.services, name=f"race{n}") for n in range(_PAYEES)]
    second.start()
    try:
        yield Race(running, earnings, owner)
    finally:
        second.kill()
        await owner.execute(_NOT_RECORDING)
        await owner.close()


@pytest.fixture
async def race(stand: Stand, raced: Race) -> Race:
    await fund(stand.stripe)
    return raced


async def test_when_the_month_comes_for_both_workers_one_of_them_pays(race: Race) -> None:
    """The other one looks at the schedule while the first one is at the run, and leaves it."""
    for _ in range(runs(10)):
        await race.earn()
        async with race.holding_the_run():
            await hasten([PAYOUTS])
            await until(lambda: race.workers(of_run=True))
            [runner] = await race.workers(of_run=True)

            async def has_the_other_looked(runner: UUID = runner) -> bool:
                await hasten(_OFTEN)
                return bool(set(await race.workers(of_run=False)) - {runner})

            await until(has_the_other_looked)

        await race.require_paid_once()
        assert await race.workers(of_run=True) == [runner]


async def test_when_both_workers_are_at_the_run_each_payee_is_paid_once(race: Race) -> None:
    """As after a pause of the first worker that was longer than its lease."""
    for _ in range(runs(10)):
        await race.earn()
        async with race.holding_the_run():
            await hasten([PAYOUTS])

            async def are_both_at_it() -> bool:
                sql = "UPDATE scheduled_task SET claimed_until = NULL WHERE name = $1"
                await race.owner.execute(sql, PAYOUTS)
                return len(set(await race.workers(of_run=True))) == 2

            await until(are_both_at_it)

        await race.require_paid_once()
