"""Statements of an affiliate's payouts, and the run that finance tries and makes."""

import httpx

from chenu.accounts.actor import Staff
from chenu.flows.affiliates.payout_run import run_payouts
from chenu.flows.services import Services
from tests.affiliates.paid import fund, open_earning, this_month
from tests.flows.sales import work_off
from tests.people import make_person
from tests.storefront.browser import Browser
from tests.stripe_side import StripeSide


async def test_an_affiliate_gets_the_statement_and_nobody_else_does(
    client: httpx.AsyncClient, services: Services, stripe_side: StripeSide
) -> None:
    earning = await open_earning(services, 7920, -20)
    await fund(stripe_side)
    await run_payouts(this_month(), dry_run=False)
    await work_off(services)
    url = f"/affiliate/statements/{(await earning.payout()).number}"

    own = await Browser(client, services, earning.person).get(url)
    other = await Browser(client, services, await make_person("autre")).get(url)

    assert own.status_code == 200
    assert own.content.startswith(b"%PDF-")
    assert other.status_code >= 400


async def test_finance_tries_a_run_and_makes_it(
    client: httpx.AsyncClient, services: Services
) -> None:
    earning = await open_earning(services, 5000)
    finance = Browser(client, services, await make_person("finance", staff=(Staff.FINANCE,)))
    path = "/staff/affiliates/payouts"

    tried = await finance.get(f"{path}?month={this_month()}")
    made = await finance.post(path, month=str(this_month()), idempotency_key="run", reason="Late.")

    assert str(earning.affiliate.id) in tried.text
    assert made.status_code == 303
    assert (await earning.payout()).amount == 5000
