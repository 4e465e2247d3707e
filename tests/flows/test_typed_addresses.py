"""A postal address that somebody typed on Stripe's pages is ours from then on, if we had none."""

import asyncio

import pytest
from msgspec.structs import replace

from chenu.accounts.billing_details import (
    BillingDetailsInput,
    find_billing_details,
    save_billing_details,
)
from chenu.core.clock import business_now
from chenu.flows.mirrors.postal_addresses import follow_address
from chenu.flows.services import Services
from tests.flows.held_answers import holding
from tests.flows.plans import catch_up, open_plans
from tests.flows.test_billing_details import (
    COMPANY,
    customer_of,
    details_of,
    subscribe,
    sync,
)
from tests.people import Person
from tests.rows import count, put
from tests.stripe_side import StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


STREET = {
    "line1": "Unter den Linden 5",
    "line2": "2. Stock",
    "postal_code": "10117",
    "city": "Berlin",
    "country": "DE",
}
WHOLE = ("Unter den Linden 5", "2. Stock", "10117", "Berlin", "DE")
TYPED: dict[str, tuple[dict[str, str], tuple[str, ...] | None]] = {
    "whole": (STREET, WHOLE),
    "without what is not needed": (
        {**STREET, "line2": "", "postal_code": ""},
        ("Unter den Linden 5", "", "", "Berlin", "DE"),
    ),
    "with a state": (
        {**STREET, "state": "BE"},
        WHOLE,
    ),
    "spaces around": (
        {**STREET, "city": "  Berlin "},
        WHOLE,
    ),
    "only a country": ({"country": "DE"}, None),
    "no town": ({**STREET, "city": ""}, None),
    "a long line": ({**STREET, "line1": "x" * 121}, None),
    "a country of no list": ({**STREET, "country": "XX"}, None),
    "turned text": ({**STREET, "line1": "Linden \u202enetniL"}, None),
}


async def type_address(
    services: Services, stripe_side: StripeSide, person: Person, typed: dict[str, str]
) -> None:
    """On Stripe's page; then everything that follows."""
    customer = await customer_of(stripe_side, person)
    form = {f"address[{name}]": value for name, value in typed.items() if value}
    await stripe_side.change(f"/v1/customers/{customer['id']}", **form)
    await catch_up(services)
    await sync(services, person)


async def address_of(person: Person) -> tuple[str, ...] | None:
    assert person.actor.account_id is not None
    found = await find_billing_details(person.actor.account_id)
    if found is None or not found.country:
        return None
    return found.line1, found.line2, found.postal_code, found.city, found.country


@pytest.mark.parametrize(("typed", "ours"), TYPED.values(), ids=TYPED.keys())
async def test_an_address_typed_on_stripes_page_is_adopted_where_the_form_here_would_take_it(
    services: Services,
    stripe_side: StripeSide,
    person: Person,
    typed: dict[str, str],
    ours: tuple[str, ...] | None,
) -> None:
    await subscribe(services, person)

    await type_address(services, stripe_side, person, typed)

    assert await address_of(person) == ours
    place = (await customer_of(stripe_side, person))["address"]
    assert place["country"] == typed["country"]
    assert await count("stripe_event", "state NOT IN ('HANDLED', 'IGNORED')") == 0
    assert await count("operation", "state <> 'SETTLED'") == 0


async def test_an_adopted_address_leaves_a_number_and_a_name_as_they_are(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await save_billing_details(person.actor, BillingDetailsInput(name="Benali SARL"))
    await subscribe(services, person)
    customer = await customer_of(stripe_side, person)
    path = f"/v1/customers/{customer['id']}/tax_ids"
    await stripe_side.change(path, type="eu_vat", value="DE136695976")

    await type_address(services, stripe_side, person, STREET)

    details = await details_of(person)
    assert (details.name, details.tax_id, details.city) == ("Benali SARL", "DE136695976", "Berlin")


async def test_our_address_counts_before_one_typed_on_stripes_page(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await save_billing_details(person.actor, replace(COMPANY, tax_id=""))
    await subscribe(services, person)

    await type_address(services, stripe_side, person, STREET)

    assert (await details_of(person)).city == "Paris"


async def test_an_address_that_was_taken_away_here_does_not_come_back_from_stripe(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)
    await type_address(services, stripe_side, person, STREET)
    await save_billing_details(person.actor, BillingDetailsInput())
    await sync(services, person)

    customer = await customer_of(stripe_side, person)
    await stripe_side.change(f"/v1/customers/{customer['id']}", phone="+49301")
    await catch_up(services)
    without = await address_of(person)
    await type_address(services, stripe_side, person, {**STREET, "city": "Potsdam"})

    assert without is None
    assert (await details_of(person)).city == "Potsdam"


@pytest.mark.parametrize("said", [BillingDetailsInput(), COMPANY], ids=["nothing", "another"])
async def test_what_was_said_here_while_stripe_was_asked_counts(
    services: Services, stripe_side: StripeSide, person: Person, said: BillingDetailsInput
) -> None:
    await subscribe(services, person)
    customer = await customer_of(stripe_side, person)
    form = {f"address[{name}]": value for name, value in STREET.items()}
    await stripe_side.change(f"/v1/customers/{customer['id']}", **form)
    account_id = person.actor.account_id
    assert account_id is not None

    async with holding(services) as (held, gateway):
        gateway.is_holding = True
        asking = asyncio.create_task(follow_address(held, account_id))
        await gateway.wait_held(1)
        await save_billing_details(person.actor, said)
        gateway.held[0].set()
        await asking

    assert await address_of(person) != WHOLE


async def test_nothing_is_adopted_for_an_account_that_is_closed(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)
    await put("account", "closed_at", business_now(), "id = $2", person.actor.account_id)

    await type_address(services, stripe_side, person, STREET)

    assert await count("billing_details") == 0
