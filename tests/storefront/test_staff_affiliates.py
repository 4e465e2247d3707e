"""The finance desk's pages of affiliates."""

import pytest

from chenu.accounts.actor import Staff
from chenu.affiliates.affiliates import AffiliateRow
from chenu.flows.services import Services
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.paid import put_paid, this_month
from tests.people import make_person
from tests.rows import put
from tests.storefront.browser import Browser


@pytest.fixture
async def affiliate(desk: Browser) -> AffiliateRow:
    return await make_affiliate(await make_person("theo"))


@pytest.fixture
async def desk(browser: Browser) -> Browser:
    return browser.become(await make_person("finance", staff=(Staff.FINANCE,)))


async def test_affiliates_are_listed_and_found(desk: Browser, affiliate: AffiliateRow) -> None:
    asked = (affiliate.code.lower(), " THEO@example.org", str(affiliate.id))

    listed = await desk.get("/staff/affiliates")
    found = [await desk.get(f"/staff/affiliates?q={text}") for text in asked]
    missed = await desk.get("/staff/affiliates?q=CHENU00000000")

    assert all(affiliate.code in page.words for page in (listed, *found))
    assert "Rien trouvé" in missed.words


async def test_the_list_is_paged_by_key(desk: Browser) -> None:
    for number in range(26):
        await make_affiliate(await make_person(f"person{number}"))

    first = await desk.get("/staff/affiliates")
    (further,) = [link for link in first.links() if "after=" in link]
    second = await desk.get(further)

    assert "person25@example.org" in first.words
    assert "person0@example.org" not in first.words
    assert "person0@example.org" in second.words


async def test_a_suspension_is_seen_and_ends(desk: Browser, affiliate: AffiliateRow) -> None:
    path = f"/staff/affiliates/{affiliate.id}"
    page = await desk.get(path)

    sent = await desk.submit(page, f"{path}/suspend", {"reason": "Own network."})
    suspended = await desk.follow(sent)
    sent = await desk.submit(suspended, f"{path}/reinstate", {"reason": "A shared office."})
    active = await desk.follow(sent)

    assert "Own network." in suspended.words
    assert not suspended.has_form(f"{path}/customers")
    assert active.has_form(f"{path}/suspend")


async def test_a_referral_is_held_and_released(desk: Browser, affiliate: AffiliateRow) -> None:
    referral = await bind(await make_person("lea"), affiliate)
    page = await desk.get(f"/staff/affiliates/{affiliate.id}")

    sent = await desk.submit(page, f"/staff/referrals/{referral.id}/hold", {"reason": "One flat."})
    held = await desk.follow(sent)
    path = f"/staff/referrals/{referral.id}/release"
    released = await desk.follow(await desk.submit(held, path, {"reason": "Two flats."}))

    assert "lea@example.org" in page.words
    assert "One flat." in held.words
    assert released.has_form(f"/staff/referrals/{referral.id}/hold")


async def test_a_customer_is_bound_by_hand(desk: Browser, affiliate: AffiliateRow) -> None:
    await make_person("lea")
    path = f"/staff/affiliates/{affiliate.id}"
    typed = {"customer": "nobody@example.org", "reason": "Wrote to us."}

    refused = await desk.submit(await desk.get(path), f"{path}/customers", typed)
    typed = {**typed, "customer": "lea@example.org"}
    bound = await desk.follow(await desk.submit(refused, f"{path}/customers", typed))

    assert "#attribute-customer" in refused.links()
    assert "lea@example.org · par l’équipe" in bound.words


async def test_an_affiliates_payouts_are_listed_by_key(
    services: Services, desk: Browser, affiliate: AffiliateRow
) -> None:
    path, month = f"/staff/affiliates/{affiliate.id}", this_month()
    empty = await desk.get(path)
    for number in range(26):
        month = month.previous()
        await put_paid(affiliate.id, f"AF-00000000-{number:04}", month)
    await put("affiliate_payout", "status", "FAILED", "number = 'AF-00000000-0025'")
    await put("affiliate_payout", "failure_reason", "account_closed", "number = 'AF-00000000-0025'")

    first = await desk.get(path)
    (further,) = [link for link in first.links() if "payouts_after=" in link]
    second = await desk.get(further)

    assert "Rien n’a encore été versé" in empty.words
    assert "échoué" in first.words
    assert "Votre compte Stripe n’est pas accessible" in first.words
    assert "AF-00000000-0001" in first.words
    assert "AF-00000000-0000" not in first.words
    assert "AF-00000000-0000" in second.words
