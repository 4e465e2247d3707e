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

    browser = Browser(client, services.settings)

    own = await browser.become(earning.person).get(url)
    other = await browser.become(await make_person("autre")).get(url)

    assert own.status == 200
    assert own.response.content.startswith(b"%PDF-")
    assert other.status >= 400


async def test_finance_tries_a_run_and_makes_it(
    client: httpx.AsyncClient, services: Services
) -> None:
    earning = await open_earning(services, 5000)
    finance = await make_person("finance", staff=(Staff.FINANCE,))
    browser = Browser(client, services.settings).become(finance)
    path = "/staff/affiliates/payouts"

    tried = await browser.get(f"{path}?month={this_month()}")
    made = await browser.submit(tried, f"{path}/run", {"reason": "Late."})

    assert earning.affiliate.code in tried.words
    assert made.status == 303
    assert (await earning.payout()).amount == 5000
