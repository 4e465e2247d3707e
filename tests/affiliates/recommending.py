"""Somebody who has everything that is stored of an affiliate, and is bound to another one."""

from chenu.affiliates.clicks import record_click
from chenu.affiliates.commissions import attach_due, lock_due, mark_commissions_paid
from chenu.core import db
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.earned import DUE, earn
from tests.affiliates.test_commissions import put_payout
from tests.people import Person
from tests.rows import put


async def recommend(person: Person, customer: Person) -> None:
    """A click, a customer, a commission, and its payout."""
    affiliate = await make_affiliate(person)
    await record_click(affiliate.code, "/agents", "192.0.2.9", "Mozilla/5.0 Firefox/140.0")
    await earn(await bind(customer, affiliate), 6000, DUE)
    async with db.transaction():
        due = await lock_due(affiliate.id)
        payout_id = await put_payout(affiliate.id, due.amount)
        await attach_due(due, payout_id)
        await mark_commissions_paid(payout_id)
    await put("affiliate_payout", "status", "PAID", "id = $2", payout_id)
    await bind(person, await make_affiliate(customer))
