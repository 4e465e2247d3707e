"""What still works while a part is down, row by row: Redis, Stripe, mail.

reliability: the table "Down | Pages | API | Money | Jobs". Its other rows need processes and
engines of their own: test_worker_down.py, test_database_down.py, and test_cache_down.py for more.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import ApiScope
from chenu.accounts.attempts import SIGN_IN_PER_EMAIL
from chenu.agents.purchases import get_purchase
from chenu.app import create_app
from chenu.billing.gateway import OutcomeUnknown
from chenu.core import db, mail, redis
from chenu.core.clock import system_now
from chenu.core.errors import Unavailable
from chenu.core.pubsub import PubSub
from chenu.demo.processes import free_port
from chenu.flows.operations.repair import repair_due
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.state import PurchaseState
from chenu.flows.services import Services
from chenu.jobs.mail_transport import FolderTransport, SmtpTransport
from chenu.jobs.send_mail import send_mail
from chenu.ledger.open_operations import list_due, list_open
from chenu.ledger.operations import REPAIR_AFTER
from chenu.metering.limiter import make_limiter
from chenu.metering.meter import Meter
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, gid
from tests.conftest import with_settings
from tests.faults.books import require_true_books
from tests.faults.mischief import Mischief, open_mischief
from tests.flows.sales import Market, make_sale, open_market, pay_for, report, start_buying
from tests.jobs.smtp import serve_mail
from tests.people import Person, make_person
from tests.rows import count, put
from tests.stripe_side import AWAY

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

PAGES = ("/", "/agents", "/library", "/account", "/pricing")


@pytest.fixture
async def stripe(services: Services) -> AsyncIterator[Mischief]:
    async with open_mischief(services) as side:
        await side.reset()
        yield side
        await side.reset()


@pytest.fixture
async def without_redis(services: Services) -> AsyncIterator[Services]:
    """The same product with an unreachable Redis."""
    url = f"redis://127.0.0.1:{free_port()}/0"
    nobody = redis.connect(url)
    alone = with_settings(services, redis_url=url)
    yield replace(alone, pubsub=PubSub(nobody), limiter=make_limiter(nobody, 1))
    await nobody.aclose()


def browse(services: Services) -> httpx.AsyncClient:
    app: Any = create_app(services)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=services.settings.public_url)


async def look_around(
    http: httpx.AsyncClient, services: Services, person: Person
) -> dict[str, int]:
    """The status of each page except Stripe's payment page."""
    api = as_session(http, services, person)
    found = {path: await http.get(path, headers=api.headers) for path in PAGES}
    return {path: answer.status_code for path, answer in found.items() if answer.is_error}


async def test_redis_down_changes_nothing_for_visitors(without_redis: Services) -> None:
    market = await open_market(without_redis)
    async with browse(without_redis) as http:
        api = as_session(http, without_redis, market.buyer)

        assert await look_around(http, without_redis, market.buyer) == {}
        agent = await api.send("query($id: ID!) { node(id: $id) { id } }", _id_of(market))
        assert agent.data["node"]["id"] == _id_of(market)["id"]
        assert (await http.get("/readyz")).json() == {"database": "ok", "cache": "down"}


async def test_redis_down_sign_in_is_limited_all_the_same(without_redis: Services) -> None:
    sign_in = 'mutation { signIn(input: {email: "a@example.org", password: "x"}) { csrfToken } }'
    async with browse(without_redis) as http:
        for _ in range(SIGN_IN_PER_EMAIL.tries):
            assert (await Api(http).send(sign_in)).codes != ["RATE_LIMITED"]

        assert (await Api(http).send(sign_in)).codes == ["RATE_LIMITED"]


async def test_redis_down_calls_are_limited_by_the_share_of_the_process(
    without_redis: Services,
) -> None:
    person = await make_person("caller", tier=TierCode.PRO)
    metered = replace(without_redis, meter=Meter(without_redis.limiter, 20))
    async with browse(metered) as http:
        visitor, session = Api(http), as_session(http, metered, person)
        program = await as_key(http, metered, person, ApiScope.READ)
        codes = {
            name: [(await api.send("{ tiers { code } }")).codes for _ in range(5)]
            for name, api in (("visitor", visitor), ("session", session), ("key", program))
        }
        assert await look_around(http, metered, person) == {}

    assert codes == {
        "visitor": [[]] * 4 + [["RATE_LIMITED"]],
        "session": [[]] * 4 + [["RATE_LIMITED"]],
        "key": [[]] * 2 + [["RATE_LIMITED"]] * 3,
    }


async def test_redis_down_a_sale_is_a_sale(without_redis: Services, stripe: Mischief) -> None:
    purchase, payment = await make_sale(without_redis)

    assert (purchase.status, payment.stripe_transfer_id is None) == ("PAID", False)
    await require_true_books()


async def test_stripe_down_everything_but_buying_works(
    services: Services, stripe: Mischief
) -> None:
    market = await open_market(services)
    await stripe.fail(AWAY, times=None)
    async with browse(services) as http:
        api = as_session(http, services, market.buyer)

        assert await look_around(http, services, market.buyer) == {}
        agent = await api.send("query($id: ID!) { node(id: $id) { id } }", _id_of(market))
        assert agent.data["node"]["id"] == _id_of(market)["id"]
        assert (await http.get("/readyz")).status_code == 200


async def test_stripe_down_buying_is_never_half_done(services: Services, stripe: Mischief) -> None:
    market = await open_market(services)
    await stripe.fail(AWAY, times=None)

    with pytest.raises(OutcomeUnknown):
        await start_buying(services, market.buyer, market.agent)
    assert await count("purchase", "status = 'PENDING' AND checkout_session_id IS NULL") == 1
    assert await count("access_grant") + await count("ledger_entry") == 0
    await stripe.heal()
    again = await start_buying(services, market.buyer, market.agent)

    assert again.checkout_url is not None
    assert await count("purchase") == 1


async def test_stripe_down_a_payment_is_being_confirmed(
    services: Services, stripe: Mischief
) -> None:
    market = await open_market(services)
    purchase = await start_buying(services, market.buyer, market.agent)
    assert await pay_for(purchase) == 303
    await stripe.fail(AWAY, times=None)

    assert (await report(services, purchase)).state is PurchaseState.CONFIRMING
    assert (await get_purchase(purchase.id)).is_pending
    await stripe.heal()

    assert (await report(services, purchase)).state is PurchaseState.PAID


async def test_stripe_down_repair_backs_off(services: Services, stripe: Mischief) -> None:
    market = await open_market(services)
    await start_buying(services, market.buyer, market.agent)
    [operation_id] = await list_open()
    await stripe.fail(AWAY, times=None)

    for wait in REPAIR_AFTER:
        await put("operation", "next_check_at", system_now(), "id = $2", operation_id)
        await repair_due(services)
        assert await list_due(system_now() + wait - timedelta(seconds=10)) == []
        assert await list_due(system_now() + wait) == [operation_id]
    await stripe.heal()
    operation = await run_operation(services, operation_id)

    assert operation.is_open, "nobody has paid"


async def test_mail_down_the_sale_stands_and_its_mails_wait(
    services: Services, stripe: Mischief
) -> None:
    nobody = SmtpTransport(f"smtp://127.0.0.1:{free_port()}")
    purchase, _ = await make_sale(services)
    waiting = await mail.list_unsent()

    for mail_id in waiting:
        with pytest.raises(Unavailable):
            await send_mail(services.settings, nobody, mail_id)
    assert purchase.status == "PAID"
    assert await count("outbox_mail", "state = 'QUEUED'") == len(waiting)
    async with serve_mail() as server:
        for mail_id in waiting:
            await send_mail(services.settings, SmtpTransport(server.url), mail_id)

    assert len(server.messages) == len(waiting) > 1
    assert await count("outbox_mail", "state = 'QUEUED'") == 0


async def test_mail_slow_nothing_else_waits_for_it(services: Services, stripe: Mischief) -> None:
    await make_sale(services)
    mails = await _multiply_mails(40)
    async with serve_mail() as server:
        server.may_answer.clear()
        transport = SmtpTransport(server.url)
        sending = [
            asyncio.create_task(send_mail(services.settings, transport, mail_id))
            for mail_id in mails
        ]
        async with asyncio.timeout(10):
            await asyncio.gather(*(db.fetch_value("SELECT pg_sleep(0.01)") for _ in range(40)))
        server.may_answer.set()
        await asyncio.gather(*sending)

    assert await count("outbox_mail", "state = 'QUEUED'") == 0


async def test_many_mails_at_once_do_not_lock_each_other_out(
    services: Services, stripe: Mischief, tmp_path: Path
) -> None:
    await make_sale(services)
    mails = await _multiply_mails(40)
    transport = FolderTransport(tmp_path)

    async with asyncio.timeout(30):
        await asyncio.gather(*(send_mail(services.settings, transport, one) for one in mails))

    assert await count("outbox_mail", "state = 'QUEUED'") == 0


async def _multiply_mails(times: int) -> list[Any]:
    """Copies the first waiting mail that many times, as after many simultaneous sales."""
    sql = """
        INSERT INTO outbox_mail (id, business_key, kind, to_address, locale, params, state,
            attempts, created_at, next_attempt_at)
        SELECT gen_random_uuid(), business_key || n, kind, to_address, locale, params, state,
            attempts, created_at, next_attempt_at
        FROM (SELECT * FROM outbox_mail WHERE state = 'QUEUED' ORDER BY id LIMIT 1) m,
            generate_series(1, $1) n
    """
    await db.execute(sql, times)
    return await mail.list_unsent()


def _id_of(market: Market) -> dict[str, str]:
    return {"id": gid("Agent", market.agent.id)}
