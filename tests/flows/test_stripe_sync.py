"""Our truth changes, and Stripe's copy follows: as operations, the newest last, never refusing."""

import pytest
from msgspec.structs import replace

from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import verify_email
from chenu.agents.creators import update_creator
from chenu.agents.listing import ListingFields
from chenu.agents.model import PriceType
from chenu.agents.purchases import get_purchase
from chenu.billing import connect_accounts
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ProviderUnavailable
from chenu.flows.creators.edit_agent import PriceInput, update_agent
from chenu.flows.creators.review_agent import archive_agent
from chenu.flows.invariants import check_books
from chenu.flows.mirrors.stale import sync_stale
from chenu.flows.mirrors.sync import sync_person, sync_product
from chenu.flows.services import Services
from tests.accounts.mailed import mailed_token
from tests.flows.sales import (
    Market,
    another_agent,
    buy,
    open_page,
    start_buying,
    work_off,
)
from tests.flows.test_pending_changes import decide, rename
from tests.people import Person, get_agent, make_creator, make_person
from tests.rows import count, count_jobs, put
from tests.stripe_side import Json, StripeSide


async def move(person: Person, email: str) -> None:
    """Changes the person's email address, with the link that was mailed there."""
    await update_profile(person.actor, ProfileChange(email=email))
    await verify_email(await mailed_token(email))


async def customer_of(stripe_side: StripeSide, person: Person) -> Json:
    sql = "SELECT stripe_customer_id FROM account WHERE owner = $1"
    customer_id = await db.fetch_value(sql, person.user_id)
    return await stripe_side.get(f"/v1/customers/{customer_id}")


async def product_of(stripe_side: StripeSide, market: Market) -> Json:
    return await stripe_side.get(f"/v1/products/agent_{market.agent.id.hex}")


async def connect_account_of(stripe_side: StripeSide, person: Person) -> Json:
    account = await connect_accounts.find_of_user(person.user_id)
    assert account is not None
    return await stripe_side.get(f"/v2/core/accounts/{account.stripe_account_id}")


async def try_sync(services: Services, market: Market) -> None:
    try:
        await sync_person(services, market.buyer.user_id)
    except ProviderUnavailable:
        return


async def due_now() -> None:
    await put("operation", "next_check_at", system_now(), "next_check_at IS NOT NULL")


async def test_a_new_address_is_on_the_page_the_charge_and_the_invoice(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    """No worker has run between the change and the next purchase."""
    await buy(services, market)
    other = await another_agent(services, market)
    await move(market.buyer, "new@example.org")

    purchase = await buy(services, other, "key-2")

    path = f"/v1/checkout/sessions/{purchase.checkout_session_id}"
    session = await stripe_side.get(path, **{"expand[0]": "invoice"})
    [charge] = await stripe_side.charges_of(purchase.id)
    assert session["customer_details"]["email"] == "new@example.org"
    assert session["invoice"]["customer_email"] == "new@example.org"
    assert charge["billing_details"]["email"] == "new@example.org"
    assert (await customer_of(stripe_side, market.buyer))["email"] == "new@example.org"


CHANGES: dict[str, tuple[ProfileChange, str, object]] = {
    "a name": (ProfileChange(display_name="Zoé B."), "name", "Zoé B."),
    "a language": (ProfileChange(locale="en"), "preferred_locales", ["en"]),
}


@pytest.mark.parametrize(("change", "field", "value"), CHANGES.values(), ids=CHANGES.keys())
async def test_the_job_of_a_change_brings_it_to_stripe(
    services: Services,
    stripe_side: StripeSide,
    market: Market,
    change: ProfileChange,
    field: str,
    value: object,
) -> None:
    await buy(services, market)

    await update_profile(market.buyer.actor, change)
    assert await count_jobs("sync_person") == 1
    await sync_person(services, market.buyer.user_id)

    assert (await customer_of(stripe_side, market.buyer))[field] == value
    assert await count("operation", "kind = 'CUSTOMER_UPDATE' AND state = 'SETTLED'") == 1
    assert [finding for finding in await check_books() if not finding.ok] == []


async def test_a_proved_address_has_its_job(services: Services, market: Market) -> None:
    await buy(services, market)

    await move(market.buyer, "new@example.org")

    assert await count_jobs("sync_person") == 1


async def test_who_never_bought_anything_is_not_made_known(
    services: Services, stripe_side: StripeSide
) -> None:
    person = await make_person("zoe")
    await stripe_side.watch()

    await move(person, "new@example.org")
    await sync_person(services, person.user_id)

    assert await stripe_side.hits() == [0]
    assert await count("operation") == 0


async def test_what_is_as_it_was_is_not_sent(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await buy(services, market)
    await stripe_side.watch(method="POST")

    await sync_person(services, market.buyer.user_id)
    await sync_person(services, market.creator.user_id)
    await sync_product(services, market.agent.id)

    assert await stripe_side.hits() == [0]


async def test_a_creator_s_address_and_name_reach_the_connect_account(
    services: Services, stripe_side: StripeSide
) -> None:
    creator, _ = await make_creator(services, "atelier")
    await move(creator, "new@example.org")
    await update_creator(creator.actor, "Atelier Sud", None)
    assert await count_jobs("sync_person") == 2

    await sync_person(services, creator.user_id)

    account = await connect_account_of(stripe_side, creator)
    assert (account["contact_email"], account["display_name"]) == ("new@example.org", "Atelier Sud")


async def test_an_approved_name_reaches_the_product_and_the_next_page(
    services: Services, stripe_side: StripeSide, market: Market, reviewer: Person
) -> None:
    await buy(services, market)
    second = replace(market, buyer=await make_person("zoe"))
    await rename(market, "Trieur neuf")
    waiting = await product_of(stripe_side, market)

    await decide(reviewer, market.agent.id, approve=True)
    assert await count_jobs("sync_agent") == 1
    purchase = await open_page(services, second)

    lines = await stripe_side.list_all(
        f"/v1/checkout/sessions/{purchase.checkout_session_id}/line_items"
    )
    assert waiting["name"] == "Trieur de factures"
    assert (await product_of(stripe_side, market))["name"] == "Trieur neuf"
    assert lines[0]["description"] == "Trieur neuf"


async def test_a_new_price_after_a_new_name_still_has_the_name_follow(
    services: Services, stripe_side: StripeSide, market: Market, reviewer: Person
) -> None:
    """The operation of the new price knows the new name, but does not write it."""
    await buy(services, market)
    await rename(market, "Trieur neuf")
    await decide(reviewer, market.agent.id, approve=True)
    price = PriceInput(PriceType.ONE_TIME, 1500)
    await update_agent(market.creator.actor, market.agent.id, ListingFields(), price)
    await work_off(services)

    await sync_product(services, market.agent.id)

    assert (await product_of(stripe_side, market))["name"] == "Trieur neuf"


async def test_the_product_of_an_archived_agent_is_archived_once(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await buy(services, market)

    await archive_agent(market.creator.actor, market.agent.id)
    jobs = await count_jobs("sync_agent")
    await db.execute("DELETE FROM pgqueuer")
    await sync_stale()
    found = await count_jobs("sync_agent")
    changed = [await sync_product(services, market.agent.id) for _ in range(2)]
    await db.execute("DELETE FROM pgqueuer")
    await sync_stale()

    product = await product_of(stripe_side, market)
    assert (product["active"], product["name"]) == (False, "Trieur de factures")
    assert (jobs, found, changed) == (1, 1, [True, False])
    assert await count_jobs("sync_agent") == 0


async def test_a_product_that_is_gone_at_stripe_needs_no_archiving(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await work_off(services)
    await stripe_side.reset()
    await archive_agent(market.creator.actor, market.agent.id)

    await sync_product(services, market.agent.id)

    assert await count("operation", "kind = 'PRODUCT_UPDATE' AND state = 'SETTLED'") == 1
    assert (await get_agent(market.agent.id)).stripe_price_id is None


async def test_an_open_page_of_the_old_address_is_not_shown_again(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    first = await open_page(services, market)
    await move(market.buyer, "new@example.org")

    second = await start_buying(services, market.buyer, market.agent, "key-2")

    session = await stripe_side.get(f"/v1/checkout/sessions/{second.checkout_session_id}")
    assert session["customer_details"]["email"] == "new@example.org"
    assert not (await get_purchase(first.id)).is_pending


async def test_an_open_page_from_before_the_job_is_not_shown_again_either(
    services: Services, market: Market
) -> None:
    first = await open_page(services, market)
    await move(market.buyer, "new@example.org")
    await sync_person(services, market.buyer.user_id)

    second = await start_buying(services, market.buyer, market.agent, "key-2")

    assert first.id != second.id


async def test_an_operation_stands_before_each_change_is_sent(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    """Its key is the operation's, so that a lost answer is asked for again, not sent again."""
    await buy(services, market)
    await update_profile(market.buyer.actor, ProfileChange(display_name="Zoé B."))
    await stripe_side.fail("disconnect_after", "/v1/customers/*", method="POST", times=None)
    await try_sync(services, market)
    await stripe_side.heal()
    await update_profile(market.buyer.actor, ProfileChange(display_name="Zoé C."))
    await sync_person(services, market.buyer.user_id)

    events = await stripe_side.list_all("/v1/events", type="customer.updated")
    names = [event["data"]["object"]["name"] for event in events]
    assert names[:2] == ["Zoé C.", "Zoé B."]
    assert events[0]["request"]["idempotency_key"].startswith("chenu:customer:")


async def test_the_name_of_a_team_is_the_team_s(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await put("account", "kind", "TEAM", "id = $2", market.buyer.actor.account_id)
    await put("account", "name", "Équipe", "id = $2", market.buyer.actor.account_id)

    await buy(services, market)
    await update_profile(market.buyer.actor, ProfileChange(display_name="Zoé B."))
    await sync_person(services, market.buyer.user_id)

    assert (await customer_of(stripe_side, market.buyer))["name"] == "Équipe"
    assert (await get_agent(market.agent.id)).stripe_price_id is not None
