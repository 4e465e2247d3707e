"""kill -9 at each point of an export and of a deletion of a person's data: F2.

The points are named in the code by chenu.core.crash_points. docs/decisions/0028.
"""

from functools import partial
from uuid import uuid4

import httpx
import pytest

from chenu.core import db
from chenu.tiers.catalogue import TierCode
from tests.attacks.pages import csrf_of, session_headers
from tests.faults.counts import runs
from tests.faults.server import Server
from tests.faults.stand import EVER, Stand, require_books
from tests.faults.test_refund_crashes import Paid, make_paid, send
from tests.people import PASSWORD, Person, make_person
from tests.rows import count, put
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

TYPED = {"current_password": PASSWORD, "confirmation": "DELETE"}
PAGE = "/account/privacy"
_READY = "kind = 'EXPORT_READY' AND to_address = $1"

OF_THE_WORKER = {
    "before Stripe ends the plan": "SUBSCRIPTION_END.before_call",
    "the end is not saved": "SUBSCRIPTION_END.after_call",
    "subscriptions ended": "deletion.subscriptions_ended",
    "the customer's deletion is not saved": "CUSTOMER_DELETION.after_call",
    "before the last transaction": "deletion.before_finish",
}


async def make_settled(stand: Stand) -> Paid:
    """Nothing of theirs is under way: nothing stands in the way of their deletion."""
    paid = await make_paid(stand)
    account_id = paid.customer.actor.account_id

    async def is_settled() -> bool:
        theirs = "account_id = $1 AND state IN ('INTENT', 'UNKNOWN')"
        due = theirs.replace("$1", "$2")
        await put("operation", "next_check_at", EVER, due, account_id)
        return not await count("operation", theirs, account_id)

    await until(is_settled)
    return paid


async def post(stand: Stand, person: Person, path: str, fields: dict[str, str]) -> httpx.Response:
    form = {"csrf_token": csrf_of(stand.services, person), **fields}
    headers = {**session_headers(stand.services, person), "origin": stand.url}
    return await stand.http.post(f"{stand.url}{path}", data=form, headers=headers)


async def revive(server: Server) -> None:
    async def is_dead() -> bool:
        return server.died

    await until(is_dead)
    server.revive()


async def require_deleted_once(stand: Stand, person: Person) -> None:
    async def is_finished() -> bool:
        # The next attempt is an hour away after some failures; nobody waits for it here.
        await put("person_deletion", "next_attempt_at", EVER, "finished_at IS NULL")
        finished = "person = $1 AND finished_at IS NOT NULL"
        return bool(await count("person_deletion", finished, person.user_id))

    await until(is_finished)
    account_id = person.actor.account_id
    assert await count("person_deletion", "person = $1", person.user_id) == 1
    assert await count("subscription", "account = $1 AND status = 'CANCELED'", account_id) == 1
    for kind in ("SUBSCRIPTION_END", "CUSTOMER_DELETION"):
        ended = f"account_id = $1 AND kind = '{kind}' AND state = 'SETTLED'"
        assert await count("operation", ended, account_id) == 1
    sql = "SELECT stripe_customer_id FROM account WHERE id = $1"
    customer = await db.fetch_value(sql, account_id)
    assert (await stand.stripe.get(f"/v1/customers/{customer}"))["deleted"] is True
    assert await count("app_user", "email = $1", person.email) == 0
    await require_books(stand)


async def test_a_deletion_that_is_killed_before_it_is_written_is_asked_for_again(
    stand: Stand,
) -> None:
    for _ in range(runs(5)):
        paid, deaths = await make_settled(stand), stand.web.deaths

        await send(stand, paid.customer, f"{PAGE}/delete", TYPED, "deletion.before_commit")

        await require_deleted_once(stand, paid.customer)
        await stand.web.require_one_death_since(deaths)


async def test_a_deletion_that_is_killed_once_it_is_written_goes_on(stand: Stand) -> None:
    for _ in range(runs(5)):
        paid, deaths = await make_settled(stand), stand.web.deaths
        stand.web.arm("deletion.after_commit")

        with pytest.raises(httpx.HTTPError):
            await post(stand, paid.customer, f"{PAGE}/delete", TYPED)
        await revive(stand.web)

        await require_deleted_once(stand, paid.customer)
        await stand.web.require_one_death_since(deaths)


@pytest.mark.parametrize("point", OF_THE_WORKER.values(), ids=OF_THE_WORKER.keys())
async def test_a_deletion_survives_a_kill_of_the_worker(stand: Stand, point: str) -> None:
    for _ in range(runs(5)):
        paid, deaths = await make_settled(stand), stand.worker.deaths
        stand.worker.arm(point)

        answer = await post(stand, paid.customer, f"{PAGE}/delete", TYPED)
        assert answer.status_code == 303, answer.text
        await revive(stand.worker)

        await require_deleted_once(stand, paid.customer)
        await stand.worker.require_one_death_since(deaths)


async def test_an_export_survives_a_kill(stand: Stand) -> None:
    for _ in range(runs(5)):
        person = await make_person(f"x{uuid4().hex[:12]}", TierCode.FREE)
        deaths = stand.worker.deaths
        stand.worker.arm("export.stored")

        answer = await post(stand, person, f"{PAGE}/export", {"current_password": PASSWORD})
        assert answer.status_code == 303, answer.text
        await revive(stand.worker)

        await until(partial(count, "outbox_mail", _READY, person.email))
        assert await count("data_export", "owner = $1 AND state = 'READY'", person.user_id) == 1
        assert await count("outbox_mail", _READY, person.email) == 1
        await stand.worker.require_one_death_since(deaths)
