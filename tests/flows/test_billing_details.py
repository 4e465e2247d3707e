"""Billing details: kept by us, and followed by Stripe's customer, its invoices and registers."""

from typing import Any

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole
from chenu.accounts.billing_details import (
    BillingDetailsInput,
    BillingDetailsRow,
    TaxIdStatus,
    find_billing_details,
    save_billing_details,
)
from chenu.accounts.customers import get_billed_person
from chenu.core import db
from chenu.core.errors import ChenuError, Forbidden
from chenu.flows.mirrors.stale import sync_stale
from chenu.flows.mirrors.sync import sync_customer, sync_person
from chenu.flows.services import Services
from tests.flows.plans import advance, catch_up, complete, open_plans, start
from tests.people import Person, make_member, make_person
from tests.rows import count, count_jobs, fingerprint, put
from tests.stripe_side import Json, StripeSide

COMPANY = BillingDetailsInput(
    name="Benali SARL",
    line1="12 rue de la Paix",
    line2="2e étage",
    postal_code="75002",
    city="Paris",
    country="FR",
    tax_id="FR 12 000 000 000",
)


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def details_of(person: Person) -> BillingDetailsRow:
    assert person.actor.account_id is not None
    found = await find_billing_details(person.actor.account_id)
    assert found is not None
    return found


async def customer_of(stripe_side: StripeSide, person: Person) -> Json:
    assert person.actor.account_id is not None
    owner = await get_billed_person(person.actor.account_id)
    return await stripe_side.get(f"/v1/customers/{owner.customer_id}")


async def numbers_of(stripe_side: StripeSide, person: Person) -> list[str]:
    customer = await customer_of(stripe_side, person)
    listed = await stripe_side.list_all(f"/v1/customers/{customer['id']}/tax_ids")
    return [one["value"] for one in listed]


async def subscribe(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor))


async def sync(services: Services, person: Person) -> None:
    await sync_person(services, person.user_id)


async def test_details_go_to_stripe_and_onto_the_next_invoice(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await save_billing_details(person.actor, COMPANY)

    await subscribe(services, person)

    customer = await customer_of(stripe_side, person)
    assert customer["name"] == "Benali SARL"
    assert (customer["address"]["line1"], customer["address"]["country"]) == (
        "12 rue de la Paix",
        "FR",
    )
    [invoice] = await stripe_side.list_all("/v1/invoices")
    assert invoice["customer_name"] == "Benali SARL"
    assert invoice["customer_address"]["city"] == "Paris"
    assert [one["value"] for one in invoice["customer_tax_ids"]] == ["FR12000000000"]


async def test_a_change_brings_its_job_and_follows_to_stripe(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)

    await save_billing_details(person.actor, COMPANY)
    jobs = await count_jobs("sync_person")
    await sync(services, person)
    await sync(services, person)

    assert jobs == 1
    assert (await customer_of(stripe_side, person))["address"]["postal_code"] == "75002"
    assert await numbers_of(stripe_side, person) == ["FR12000000000"]
    assert await count("operation", "kind = 'CUSTOMER_TAX_ID'") == 1


async def test_another_number_takes_the_place_of_the_first(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await save_billing_details(person.actor, COMPANY)
    await subscribe(services, person)
    first = await details_of(person)

    await save_billing_details(person.actor, replace(COMPANY, tax_id="DE136695976"))
    between = await details_of(person)
    await sync(services, person)

    assert first.stripe_tax_id is not None
    assert (between.tax_id, between.stripe_tax_id, between.tax_id_status) == (
        "DE136695976",
        None,
        None,
    )
    assert await numbers_of(stripe_side, person) == ["DE136695976"]
    assert (await details_of(person)).tax_id_status is TaxIdStatus.PENDING


async def test_a_number_is_taken_away(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await save_billing_details(person.actor, COMPANY)
    await subscribe(services, person)

    await save_billing_details(person.actor, replace(COMPANY, tax_id=""))
    await sync(services, person)

    assert await numbers_of(stripe_side, person) == []
    assert (await details_of(person)).tax_id_status is None


@pytest.mark.parametrize(
    ("number", "status"),
    [("FR12000000000", TaxIdStatus.VERIFIED), ("DE136695976", TaxIdStatus.UNVERIFIED)],
)
async def test_what_the_register_says_is_known(
    services: Services, person: Person, number: str, status: TaxIdStatus
) -> None:
    await save_billing_details(person.actor, replace(COMPANY, tax_id=number))
    await subscribe(services, person)
    before = (await details_of(person)).tax_id_status

    await advance(services, 0.01)
    await catch_up(services)

    assert before is TaxIdStatus.PENDING
    assert (await details_of(person)).tax_id_status is status


async def test_a_number_that_stripe_refuses_is_named_and_stops_no_sale(
    services: Services, person: Person
) -> None:
    """Ours knows the form of last year."""
    await save_billing_details(person.actor, COMPANY)
    await put("billing_details", "tax_id", "FR1")

    await subscribe(services, person)

    assert (await details_of(person)).tax_id_status is TaxIdStatus.REFUSED
    assert await count("subscription", "status = 'ACTIVE'") == 1


async def test_a_number_typed_on_stripes_page_is_adopted(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await subscribe(services, person)
    customer = await customer_of(stripe_side, person)
    path = f"/v1/customers/{customer['id']}/tax_ids"

    await stripe_side.change(path, type="eu_vat", value="DE136695976")
    await catch_up(services)
    await sync(services, person)

    assert (await details_of(person)).tax_id == "DE136695976"
    assert await numbers_of(stripe_side, person) == ["DE136695976"]


async def test_our_number_counts_before_one_typed_on_stripes_page(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await save_billing_details(person.actor, COMPANY)
    await subscribe(services, person)
    customer = await customer_of(stripe_side, person)
    path = f"/v1/customers/{customer['id']}/tax_ids"

    await stripe_side.change(path, type="eu_vat", value="DE136695976")
    await catch_up(services)

    assert (await details_of(person)).tax_id == "FR12000000000"


async def test_a_new_customer_gets_the_number_too(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await save_billing_details(person.actor, COMPANY)
    await subscribe(services, person)
    await db.execute("UPDATE account SET stripe_customer_id = NULL")
    assert person.actor.account_id is not None

    await sync_customer(services, person.actor.account_id)

    assert await numbers_of(stripe_side, person) == ["FR12000000000"]


async def test_a_change_whose_job_is_lost_is_found(services: Services, person: Person) -> None:
    await subscribe(services, person)
    await save_billing_details(person.actor, COMPANY)
    await db.execute("DELETE FROM pgqueuer")

    await sync_stale()
    found = await count_jobs("sync_person")
    await sync(services, person)
    await db.execute("DELETE FROM pgqueuer")
    await sync_stale()

    assert found == 1
    assert await count_jobs("sync_person") == 0


BAD: dict[str, tuple[dict[str, str], set[str]]] = {
    "number without an address": (
        {"line1": "", "line2": "", "postal_code": "", "city": "", "country": ""},
        {"line1", "city", "country"},
    ),
    "town missing": ({"city": ""}, {"city"}),
    "country missing": ({"country": ""}, {"country"}),
    "unknown country": ({"country": "ZZ"}, {"country"}),
    "country in small letters": ({"country": "fr"}, {"country"}),
    "a group of countries": ({"country": "EU"}, {"country"}),
    "wrong number": ({"tax_id": "FR99999999999"}, {"tax_id"}),
    "long name": ({"name": "x" * 121}, {"name"}),
    "two lines in one": ({"line1": "12 rue\nParis"}, {"line1"}),
    "control characters": ({"city": "Pa\x07ris"}, {"city"}),
    "turned text": ({"name": "Benali \u202elraS"}, {"name"}),
    "invisible": ({"name": "\u200b\u200b"}, {"name"}),
    "long postal code": ({"postal_code": "7" * 17}, {"postal_code"}),
    "several at once": (
        {"city": "", "tax_id": "FR1", "name": "x" * 121},
        {"city", "tax_id", "name"},
    ),
}


@pytest.mark.parametrize(("changes", "where"), BAD.values(), ids=BAD.keys())
async def test_bad_input_is_refused_at_its_field_and_changes_nothing(
    services: Services, changes: dict[str, Any], where: set[str]
) -> None:
    person = await make_person("zoe")
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await save_billing_details(person.actor, replace(COMPANY, **changes))

    assert {error.path[0] for error in refused.value.each} == where
    assert await fingerprint() == before


async def test_nothing_need_be_said(services: Services) -> None:
    person = await make_person("zoe")

    await save_billing_details(person.actor, BillingDetailsInput())

    assert person.actor.account_id is not None
    owner = await get_billed_person(person.actor.account_id)
    assert (owner.name, owner.country, owner.tax_id) == ("Zoe", "", "")


@pytest.mark.parametrize(
    ("role", "may"), [(AccountRole.BILLING, True), (AccountRole.MEMBER, False)]
)
async def test_who_pays_says_whom_invoices_are_made_out_to(
    services: Services, role: AccountRole, may: bool
) -> None:
    owner = await make_person("zoe")
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", owner.actor.account_id)
    member = await make_member(owner, "member", role)

    if may:
        await save_billing_details(member.actor, COMPANY)
    else:
        with pytest.raises(Forbidden):
            await save_billing_details(member.actor, COMPANY)

    assert await count("billing_details") == int(may)
