"""From a link to the affiliate's balance at Stripe: 10 % of what a year of BUSINESS brought in.

Beside it a customer of another affiliate pays STARTER by the month, and the share is carried over.
"""

from chenu.accounts.users import Browser, SignUp, get_user
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.click_tokens import FollowedLink, sign_click
from chenu.affiliates.clicks import record_click
from chenu.affiliates.commissions import get_commission_sums, mature
from chenu.affiliates.payouts import find_payout
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import business_now
from chenu.core.months import month_of
from chenu.demo.acts import own_card
from chenu.flows.affiliates.join import join_programme
from chenu.flows.affiliates.payout_run import run_payouts
from chenu.flows.affiliates.sign_up import sign_up_customer
from chenu.flows.coupons.campaigns import put_campaigns
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.affiliates.paid import fund
from tests.affiliates.test_clicks import FIREFOX
from tests.flows.plans import advance, complete, open_plans, start
from tests.flows.sales import work_off
from tests.people import PASSWORD, Person, make_creator, sign_in_again
from tests.rows import put
from tests.stripe_side import StripeSide


async def _bring(services: Services, affiliate: AffiliateRow, name: str) -> Person:
    """Somebody who followed the link, said yes to the cookie and signed up."""
    ip = f"192.0.2.{len(name)}"
    click = await record_click(affiliate.code, "/pricing", ip, FIREFOX)
    assert click is not None
    cookie = sign_click(FollowedLink(click, affiliate.code), services.settings.secret)
    email = f"{name}@example.org"
    browser = Browser(FIREFOX, ip, followed_link=cookie)
    session = await sign_up_customer(services.settings, SignUp(email, PASSWORD, name), browser)
    assert (await get_user(session.owner)).email == email
    await put("app_user", "email_verified_at", business_now(), "id = $2", session.owner)
    return await sign_in_again(session.owner, email)


async def test_a_year_of_business_pays_the_affiliate_and_a_month_of_starter_waits(
    services: Services, stripe_side: StripeSide
) -> None:
    await open_plans(services)
    await put_campaigns(services)
    theo, _ = await make_creator(services, "theo")
    other, _ = await make_creator(services, "mina")
    affiliate, beside = await join_programme(theo.actor), await join_programme(other.actor)
    business = await _bring(services, affiliate, "nora")
    starter = await _bring(services, beside, "hector")
    year, tier = BillingInterval.YEAR, TierCode.BUSINESS
    order = await start(services, business.actor, tier, year, trial=True, coupon="CHENU20")
    await complete(services, order, "4242424242424242")
    await complete(services, await start(services, starter.actor), own_card(880_000_002))

    for days in (15, 16, 16):
        await advance(services, days)
    await mature(business_now())
    await fund(stripe_side)
    run = await run_payouts(month_of(business_now()), dry_run=False)
    await work_off(services)

    sums, waiting = [await get_commission_sums(each.id) for each in (affiliate, beside)]
    payout = await find_payout(affiliate.id, run.month)
    transfers = await stripe_side.list_all("/v1/transfers")
    assert payout is not None
    assert (sums.paid, sums.due, sums.pending) == (7920, 0, 0)
    assert (payout.amount, payout.status) == (7920, "PAID")
    assert [each["amount"] for each in transfers] == [7920]
    assert (waiting.paid, waiting.due) == (0, 90)
    assert run.carried_over == 1
    assert [each.name for each in await check_books() if not each.ok] == []
