"""Products, prices and endpoints at Stripe: made once, matched afterwards."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from chenu.billing.stripe_catalogue import PriceRequest, ProductRequest, StripeCatalogue
from chenu.core.money import Cents
from chenu.flows.composition import EVENTS
from chenu.flows.event_types import EventScope
from chenu.flows.mirrors.bootstrap import bootstrap_stripe, prices, products
from chenu.flows.services import Services
from tests.stripe_side import StripeSide

URL = "http://127.0.0.1:9"


@pytest.fixture
async def catalogue(services: Services, stripe_side: StripeSide) -> AsyncIterator[StripeCatalogue]:
    """Over an empty Stripe."""
    await stripe_side.reset()
    stripe = StripeCatalogue(services.settings.stripe)
    yield stripe
    await stripe.close()
    await stripe_side.reset()


async def test_a_first_run_makes_everything_and_a_second_leaves_it_alone(
    catalogue: StripeCatalogue, stripe_side: StripeSide
) -> None:
    first = await bootstrap_stripe(catalogue, URL, EVENTS)
    state = await stripe_side.get("/_sandbox/state")
    second = await bootstrap_stripe(catalogue, URL, EVENTS)

    assert {outcome.result for outcome in first} == {"created"}
    assert {outcome.result for outcome in second} == {"unchanged"}
    assert [outcome.what for outcome in first] == [outcome.what for outcome in second]
    assert await stripe_side.get("/_sandbox/state") == state


async def test_a_signing_secret_is_shown_when_its_endpoint_is_made_and_never_again(
    catalogue: StripeCatalogue,
) -> None:
    first = await bootstrap_stripe(catalogue, URL, EVENTS)
    second = await bootstrap_stripe(catalogue, URL, EVENTS)

    with_secret = [outcome.what for outcome in first if outcome.secret]
    assert with_secret == [f"webhook endpoint {name}" for name in ("snapshot", "connect", "thin")]
    assert [outcome.secret for outcome in second if outcome.secret] == []


async def test_the_endpoints_are_asked_for_the_events_that_we_handle(
    catalogue: StripeCatalogue, stripe_side: StripeSide
) -> None:
    await bootstrap_stripe(catalogue, URL, EVENTS)

    for scope, name in ((EventScope.PLATFORM, "snapshot"), (EventScope.CONNECT, "connect")):
        [endpoint] = [
            known
            for known in await stripe_side.list_all("/v1/webhook_endpoints")
            if known["metadata"] == {"chenu": name}
        ]
        assert endpoint["url"] == f"{URL}/webhooks/stripe"
        assert set(endpoint["enabled_events"]) == set(EVENTS.names(scope))
        assert endpoint["api_version"] == "2026-10-28.endive"
    [thin] = (await stripe_side.get("/v2/core/event_destinations"))["data"]
    assert set(thin["enabled_events"]) == set(EVENTS.names(EventScope.THIN))


async def test_what_was_moved_or_renamed_is_put_right(
    catalogue: StripeCatalogue, stripe_side: StripeSide
) -> None:
    await bootstrap_stripe(catalogue, URL, EVENTS)

    moved = await bootstrap_stripe(catalogue, "http://127.0.0.1:10", EVENTS)

    results = Counter(outcome.result for outcome in moved)
    assert results["updated"] == 4  # three endpoints and the portal
    assert {o.what for o in moved if o.result == "updated"} == {
        "webhook endpoint snapshot",
        "webhook endpoint connect",
        "webhook endpoint thin",
        "portal configuration",
    }
    assert len(await stripe_side.list_all("/v1/webhook_endpoints")) == 2


async def test_a_changed_amount_is_a_new_price_that_takes_the_key_over(
    catalogue: StripeCatalogue, stripe_side: StripeSide
) -> None:
    product = ProductRequest("plan_x", "X", "plan")
    request = PriceRequest("plan_x", "plan_x_month_eur", Cents(900), "month")
    await catalogue.put_product(product)
    await catalogue.put_price(request)

    dearer = await catalogue.put_price(replace(request, amount=Cents(1000)))
    renamed = await catalogue.put_product(replace(product, name="Y"))

    assert (dearer.result, renamed.result) == ("updated", "updated")
    found = await stripe_side.list_all("/v1/prices", product="plan_x")
    assert [(price["unit_amount"], price["active"]) for price in found] == [
        (1000, True),
        (900, False),
    ]
    assert found[0]["lookup_key"] == "plan_x_month_eur"


def test_the_catalogue_is_the_price_list_in_cents_of_euros() -> None:
    amounts = {request.lookup_key: (request.amount, request.interval) for request in prices()}

    assert amounts == {
        "plan_starter_month_eur": (900, "month"),
        "plan_starter_year_eur": (9000, "year"),
        "plan_pro_month_eur": (2900, "month"),
        "plan_pro_year_eur": (29000, "year"),
        "plan_business_month_eur": (9900, "month"),
        "plan_business_year_eur": (99000, "year"),
        "api_basic_month_eur": (4900, "month"),
        "api_pro_month_eur": (29900, "month"),
        "pack_100_eur": (100, None),
        "pack_1k_eur": (900, None),
        "pack_10k_eur": (8000, None),
        "pack_100k_eur": (70000, None),
    }
    assert {request.product_id for request in prices()} == {request.id for request in products()}
