"""Under transaction pooling, by a real PgBouncer that has two sessions for everybody."""

import asyncio
import runpy
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest

import chenu
from chenu.core import db, mail, queue, queue_worker
from chenu.core.errors import Unavailable
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.faults.books import require_true_books
from tests.flows.sales import buy, open_market
from tests.people import make_person
from tests.pooler import SESSIONS, open_pooler, pooled
from tests.privacy.lives import export_of, live
from tests.waiting import until


@pytest.fixture(scope="module")
def pooler_url(engines: Engines) -> Iterator[str]:
    with open_pooler(engines.postgres_url) as url:
        yield url


@pytest.fixture
async def through_pooler(
    services: Services, engines: Engines, pooler_url: str
) -> AsyncIterator[Services]:
    async with pooled(pooler_url, engines.postgres_url):
        yield services


async def test_a_whole_life_passes_through_shared_sessions(through_pooler: Services) -> None:
    life = await live(through_pooler)
    files = await export_of(life.person)

    assert [row["email"] for row in files["app_user.json"]] == [life.person.email]
    assert len(files["purchase.json"]) == 1


async def test_many_buy_at_once_through_shared_sessions(through_pooler: Services) -> None:
    market = await open_market(through_pooler)
    names = [f"n{number}" for number in range(8)]
    people = await asyncio.gather(*(make_person(name) for name in names))
    asked = "SELECT pg_backend_pid(), current_setting('role'), current_setting('lock_timeout')"

    bought = await asyncio.gather(*(buy(through_pooler, market, name) for name in names[:1]))
    seen = await asyncio.gather(*(db.fetch_records(asked) for _ in range(40)))

    assert len({person.user_id for person in people}) == 8
    assert len(bought) == 1
    assert len({pid for [(pid, *_)] in seen}) <= SESSIONS
    assert {tuple(rest) for [(_, *rest)] in seen} == {("chenu_app", "10s")}
    await require_true_books()


async def test_a_mail_is_sent_by_one_of_two_senders(through_pooler: Services) -> None:
    await buy(through_pooler, await open_market(through_pooler))
    mail_id = await db.fetch_value("SELECT id FROM outbox_mail WHERE state = 'QUEUED' LIMIT 1")

    async with mail.claim(mail_id) as first, mail.claim(mail_id) as second:
        claimed = first, second
    async with mail.claim(mail_id) as later:
        pass

    assert claimed[0] is not None
    assert claimed[1] is None
    assert later is not None


async def test_a_worker_hears_past_the_pooler_of_a_job_that_was_queued_through_it(
    through_pooler: Services, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    stop = asyncio.Event()
    monkeypatch.setattr(queue_worker, "_handlers", {})

    async def work(argument: str) -> None:
        worked.append(argument)

    async def have_worked(arguments: list[str]) -> bool:
        return worked == arguments

    queue_worker.handle(queue.Job.REPAIR, work)
    working = asyncio.create_task(queue_worker.work(engines.postgres_url, stop))
    for arguments in (["one"], ["one", "two"]):
        await queue.enqueue(queue.Job.REPAIR, arguments[-1])
        await until(partial(have_worked, arguments), "a job that is worked")
    stop.set()
    await working


async def test_a_pooler_without_our_settings_is_refused(engines: Engines) -> None:
    is_refused = pytest.raises(Unavailable, match="connect_query")
    with open_pooler(engines.postgres_url, has_query=False) as url, is_refused as refused:
        async with pooled(url, engines.postgres_url):
            pass

    assert "lock_timeout" in str(refused.value)
    assert "role" in str(refused.value)
    assert "lack chenu.ends_on_replica" in str(refused.value)


async def test_a_statement_that_breaks_leaves_its_session_in_order(
    through_pooler: Services,
) -> None:
    for _ in range(2 * SESSIONS):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with db.transaction():
                await db.execute("SELECT 1 / 0")

    assert await db.fetch_value("SELECT 1") == 1


def test_a_query_of_piccolo_configures_nothing_anew(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It imports its configuration when it is first used: after the process has begun."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    for name in ("DIRECT", "REPLICA"):
        monkeypatch.setattr(db, name, None)
    monkeypatch.setattr(db.ENGINE, "config", {})
    url = engines.postgres_url
    db.configure(url, application="tests", direct_url=url, replica_url=url)

    runpy.run_path(str(Path(chenu.__file__).with_name("piccolo_conf.py")))

    assert db.ENGINE.config["dsn"] == url
    assert db.DIRECT is not None
    assert db.REPLICA is not None
