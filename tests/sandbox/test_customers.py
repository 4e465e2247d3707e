import pytest
import stripe

from tests.sandbox.playground import Playground


async def test_a_customer_has_every_key_that_stripe_sends(play: Playground) -> None:
    customer = await play.customer(metadata={"user_id": "7"}, preferred_locales=["fr"])

    assert customer.id.startswith("cus_")
    assert customer.phone is None
    assert customer.delinquent is False
    assert customer.preferred_locales == ["fr"]
    assert customer.to_dict()["metadata"] == {"user_id": "7"}
    assert await play.event_types() == ["customer.created"]


async def test_an_update_changes_and_clears_and_tells_the_old_values(play: Playground) -> None:
    customer = await play.customer(
        metadata={"a": "1", "b": "2"}, shipping={"name": "Z", "address": {"city": "Paris"}}
    )

    changed = await play.stripe.v1.customers.update_async(
        customer.id, {"shipping": "", "email": "new@example.org", "metadata": {"a": ""}}
    )

    assert changed.shipping is None
    assert changed.to_dict()["metadata"] == {"b": "2"}
    event = (await play.stripe.v1.events.list_async({"type": "customer.updated"})).data[0]
    previous = event.data.to_dict()["previous_attributes"]
    assert previous.pop("shipping")["name"] == "Z"
    assert previous == {"email": "zoe@example.org", "metadata": {"a": "1"}}


async def test_an_update_that_changes_nothing_is_no_event(play: Playground) -> None:
    customer = await play.customer()

    await play.stripe.v1.customers.update_async(customer.id, {"email": "zoe@example.org"})

    assert await play.event_types() == ["customer.created"]


async def test_an_empty_part_of_an_address_is_cleared(play: Playground) -> None:
    where = {"line1": "12 rue de la Paix", "line2": "2e", "city": "Paris", "country": "FR"}
    made = await play.stripe.v1.customers.create_async({"address": where})

    changed = await play.stripe.v1.customers.update_async(
        made.id, {"address": {**where, "line2": "", "postal_code": ""}}
    )

    assert changed.to_dict()["address"] == {
        **where, "line2": None, "postal_code": None, "state": None,
    }  # fmt: skip


async def test_addresses_and_shipping_come_back_whole(play: Playground) -> None:
    where = {"line1": "1 rue de la Paix", "city": "Paris", "country": "FR"}
    both = {"address": where, "shipping": {"name": "Zoé", "address": where}}

    customer = await play.customer(**both)

    body = customer.to_dict()
    assert body["address"] == {**where, "line2": None, "postal_code": None, "state": None}
    assert body["shipping"]["address"]["city"] == "Paris"


async def test_a_deleted_customer_leaves_a_stub_and_no_list_entry(play: Playground) -> None:
    customer = await play.customer()

    gone = await play.stripe.v1.customers.delete_async(customer.id)

    stub = await play.stripe.v1.customers.retrieve_async(customer.id)
    assert gone.deleted
    assert stub.to_dict() == {"id": customer.id, "object": "customer", "deleted": True}
    assert (await play.stripe.v1.customers.list_async()).data == []
    assert await play.event_types() == ["customer.created", "customer.deleted"]


async def test_a_deleted_customer_cannot_be_sold_to(loose: Playground) -> None:
    customer = await loose.customer()
    await loose.stripe.v1.customers.delete_async(customer.id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.session(customer=customer.id)

    assert (refusal.value.code, refusal.value.param) == ("resource_missing", "customer")
    assert refusal.value.http_status == 400  # a parameter named it; 404 when the path does
    assert refusal.value.user_message == f"No such customer: '{customer.id}'"


async def test_a_deleted_customer_is_not_changed(loose: Playground) -> None:
    customer = await loose.customer()
    await loose.stripe.v1.customers.delete_async(customer.id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.customers.update_async(customer.id, {"name": "Zoé"})

    assert (refusal.value.code, refusal.value.http_status) == ("resource_missing", 404)


async def test_an_open_page_of_a_deleted_customer_is_no_page(play: Playground) -> None:
    customer = await play.customer()
    session = await play.session(customer=customer.id)
    before = await play.http.get(session.url)
    await play.stripe.v1.customers.delete_async(customer.id)

    shown = await play.http.get(session.url)
    paid = await play.http.post(session.url, data={"card": "4242424242424242"})

    assert (before.status_code, shown.status_code, paid.status_code) == (200, 404, 404)


async def test_customers_are_found_by_email(play: Playground) -> None:
    await play.customer(email="one@example.org")
    two = await play.customer(email="two@example.org")

    found = await play.stripe.v1.customers.list_async({"email": "two@example.org"})

    assert [customer.id for customer in found.data] == [two.id]
