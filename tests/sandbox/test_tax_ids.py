import pytest
import stripe

from tests.sandbox.playground import Playground


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("FR 00 000000000", "verified"),
        ("DE111111111", "unverified"),
        ("DE222222222", "pending"),
        ("DE123456788", "unverified"),
    ],
)
async def test_the_end_of_a_number_says_how_its_verification_ends(
    play: Playground, value: str, status: str
) -> None:
    customer = await play.customer()
    tax_ids = play.stripe.v1.customers.tax_ids
    tax_id = await tax_ids.create_async(customer.id, {"type": "eu_vat", "value": value})

    await play.advance("PT1M")

    after = await tax_ids.retrieve_async(customer.id, tax_id.id)
    assert (tax_id.verification.status, tax_id.country) == ("pending", value[:2])
    assert after.verification.status == status
    assert after.verification.verified_name == ("Zoé" if status == "verified" else None)
    updated = [] if status == "pending" else ["customer.tax_id.updated"]
    assert await play.event_types() == ["customer.created", "customer.tax_id.created", *updated]


async def test_tax_ids_are_listed_shown_with_the_customer_and_deleted(play: Playground) -> None:
    customer = await play.customer(tax_id_data=[{"type": "eu_vat", "value": "DE000000000"}])
    tax_ids = play.stripe.v1.customers.tax_ids
    other = await tax_ids.create_async(
        customer.id, {"type": "ch_vat", "value": "CHE-123.456.789 MWST"}
    )
    shown = await play.stripe.v1.customers.retrieve_async(customer.id, {"expand": ["tax_ids"]})

    await tax_ids.delete_async(customer.id, shown.tax_ids.data[1].id)

    listed = (await tax_ids.list_async(customer.id)).data
    assert [(one.id, one.verification.status) for one in listed] == [(other.id, "unavailable")]
    assert (await play.event_types())[-1] == "customer.tax_id.deleted"
    await play.advance("PT1M")


async def test_tax_ids_have_an_owner_on_their_own_paths(play: Playground) -> None:
    customer = await play.customer()
    tax_ids = play.stripe.v1.tax_ids
    own = await tax_ids.create_async({"type": "eu_vat", "value": "FR40303265045"})
    theirs = await tax_ids.create_async(
        {
            "type": "eu_vat",
            "value": "FR00000000000",
            "owner": {"type": "customer", "customer": customer.id},
        }
    )

    mine = await tax_ids.list_async()
    of_customer = await tax_ids.list_async({"owner": {"type": "customer", "customer": customer.id}})
    await tax_ids.delete_async(own.id)

    assert [one.id for one in mine.data] == [own.id]
    assert [one.id for one in of_customer.data] == [theirs.id]
    assert (await tax_ids.retrieve_async(theirs.id)).owner.customer == customer.id
    assert (await tax_ids.list_async()).data == []


@pytest.mark.parametrize("value", ["DE12", "QQ123456789", "123456789", "FR0000000000000"])
async def test_a_number_of_another_format_is_refused(loose: Playground, value: str) -> None:
    customer = await loose.customer()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.customers.tax_ids.create_async(
            customer.id, {"type": "eu_vat", "value": value}
        )

    assert (refusal.value.code, refusal.value.param) == ("tax_id_invalid", "value")


async def test_a_tax_id_is_only_found_with_its_customer(loose: Playground) -> None:
    customer, other = await loose.customer(), await loose.customer()
    tax_id = await loose.stripe.v1.customers.tax_ids.create_async(
        customer.id, {"type": "eu_vat", "value": "DE000000000"}
    )

    with pytest.raises(stripe.InvalidRequestError, match="No such tax ID"):
        await loose.stripe.v1.customers.tax_ids.retrieve_async(other.id, tax_id.id)
