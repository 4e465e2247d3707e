"""kill -9 of the web process at each point of a refund and of a withdrawal: F2.

Whoever sent the form sends it again with the same key; in the end the money went back once.
"""

from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.tiers.catalogue import TierCode
from tests.attacks.pages import csrf_of, session_headers
from tests.faults.counts import runs
from tests.faults.stand import Stand, require_books, wait_ready
from tests.flows.plans import put_plans, start
from tests.people import Person, make_person, pay
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "before the call": "PLAN_REFUND.before_call",
    "answer read, nothing saved": "PLAN_REFUND.after_call",
    "inside its transaction": "PLAN_REFUND.inside_settle",
    "after its transaction": "PLAN_REFUND.after_settle",
}
OF_WITHDRAWAL = {
    "the refund is not saved": "PLAN_REFUND.after_call",
    "before the end": "SUBSCRIPTION_END.before_call",
    "the end is not saved": "SUBSCRIPTION_END.after_call",
    "inside the end's transaction": "SUBSCRIPTION_END.inside_settle",
}


@dataclass(frozen=True)
class Paid:
    customer: Person
    plan_id: object
    invoice_id: object


async def make_paid(stand: Stand) -> Paid:
    """Somebody with a paid PRO, as the running product has settled it."""
    await put_plans(stand.services, "plan_pro")
    person = await make_person(f"p{uuid4().hex[:12]}", TierCode.FREE)
    order = await start(stand.services, person.actor, TierCode.PRO)
    assert order.checkout_url is not None
    await pay(order.checkout_url)
    account_id = person.actor.account_id
    await until(lambda: count("invoice_payment", "account = $1", account_id))
    await until(lambda: count("subscription", "account = $1", account_id))
    return Paid(
        person,
        await db.fetch_value("SELECT id FROM subscription WHERE account = $1", account_id),
        await db.fetch_value("SELECT id FROM invoice WHERE account = $1", account_id),
    )


async def send(stand: Stand, person: Person, path: str, fields: dict[str, str], point: str) -> None:
    """Once more with the same fields, until the restarted process answers.

    Without the worker, which would be the first to carry it out now and then.
    """
    form = {"csrf_token": csrf_of(stand.services, person), **fields}
    headers = {**session_headers(stand.services, person), "origin": stand.url}
    stand.worker.kill()
    stand.web.arm(point)
    with pytest.raises(httpx.HTTPError):
        await stand.http.post(f"{stand.url}{path}", data=form, headers=headers)
    await until(lambda: _is_dead(stand))
    stand.web.revive()
    stand.worker.revive()
    await wait_ready(stand)
    answer = await stand.http.post(f"{stand.url}{path}", data=form, headers=headers)
    assert answer.status_code == 303, answer.text


async def _is_dead(stand: Stand) -> bool:
    return stand.web.died


async def require_returned_once(stand: Stand, paid: Paid, amount: int) -> None:
    account_id = paid.customer.actor.account_id
    await until(
        lambda: count("invoice_refund_request", "account = $1 AND state = 'SETTLED'", account_id)
    )
    await until(lambda: _has_nothing_open())
    charge = await db.fetch_value(
        "SELECT stripe_charge_id FROM invoice_payment WHERE account = $1", account_id
    )
    refunds = await stand.stripe.list_all("/v1/refunds", charge=charge)
    assert [each["amount"] for each in refunds] == [amount]
    assert await count("invoice_refund", "account = $1", account_id) == 1
    mails = "kind = 'REFUND' AND to_address = $1"
    assert await count("outbox_mail", mails, paid.customer.email) == 1
    await require_books(stand)


async def _has_nothing_open() -> bool:
    ours = "kind IN ('PLAN_REFUND', 'SUBSCRIPTION_END') AND state IN ('INTENT', 'UNKNOWN')"
    waiting = await count("operation", ours)
    return waiting + await count("stripe_event", "state = 'RECEIVED'") == 0


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_a_refund_survives_a_kill(stand: Stand, point: str) -> None:
    clerk = await make_person(f"c{uuid4().hex[:12]}", staff=(Staff.SUPPORT,))
    for _ in range(runs(5)):
        paid, deaths = await make_paid(stand), stand.web.deaths
        fields = {"amount": "10.00", "reason": "Killed.", "idempotency_key": uuid4().hex}

        await send(stand, clerk, f"/staff/invoices/{paid.invoice_id}/refund", fields, point)

        await require_returned_once(stand, paid, 1000)
        await stand.web.require_one_death_since(deaths)


@pytest.mark.parametrize("point", OF_WITHDRAWAL.values(), ids=OF_WITHDRAWAL.keys())
async def test_a_withdrawal_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(5)):
        paid, deaths = await make_paid(stand), stand.web.deaths

        await send(stand, paid.customer, f"/account/withdraw/{paid.plan_id}", {}, point)

        await require_returned_once(stand, paid, 2900)
        assert await count("account", "id = $1 AND tier = 'FREE'", paid.customer.actor.account_id)
        assert await count("withdrawal_statement", "contract_id = $1", paid.plan_id) == 1
        end = "kind = 'SUBSCRIPTION_END' AND subject_id = $1 AND state = 'SETTLED'"
        assert await count("operation", end, paid.plan_id) == 1
        await stand.web.require_one_death_since(deaths)
