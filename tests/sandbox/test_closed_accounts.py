"""Accounts that change, are closed, or whose owner takes the platform's access away."""

import pytest
import stripe

from tests.sandbox.playground import Playground
from tests.sandbox.test_accounts import RECIPIENT, make_link, thin_types


async def test_of_a_closed_account_nothing_about_a_person_is_left(play: Playground) -> None:
    account = await play.account("active")

    await play.stripe.v2.core.accounts.close_async(account.id)

    left = await play.stripe.v2.core.accounts.retrieve_async(account.id, RECIPIENT)
    assert (left.closed, left.contact_email, left.display_name) == (True, None, None)
    assert left.identity is None


async def test_a_closed_account_is_not_changed_linked_or_paid(loose: Playground) -> None:
    account = await loose.account("active")
    charge = await loose.sale(1000)
    await loose.stripe.v2.core.accounts.close_async(account.id)
    accounts = loose.stripe.v2.core.accounts

    with pytest.raises(stripe.StripeError) as change:
        await accounts.update_async(account.id, {"display_name": "Neuf"})
    with pytest.raises(stripe.StripeError) as link:
        await make_link(loose, account)
    with pytest.raises(stripe.InvalidRequestError) as transfer:
        await loose.stripe.v1.transfers.create_async(
            {"amount": 1, "currency": "eur", "destination": account.id,
             "source_transaction": charge.id}
        )  # fmt: skip

    assert (change.value.code, link.value.code) == ("account_closed", "account_closed")
    assert transfer.value.code == "insufficient_capabilities_for_transfer"


async def test_an_update_of_an_account_is_shown_and_announced(play: Playground) -> None:
    account = await play.account("active")

    changed = await play.stripe.v2.core.accounts.update_async(
        account.id, {"contact_email": "new@example.org", "display_name": "Atelier Sud"}
    )

    assert (changed.contact_email, changed.display_name) == ("new@example.org", "Atelier Sud")
    assert (await thin_types(play))[-1] == "v2.core.account.updated"
    assert (await play.stripe.v1.accounts.retrieve_async(account.id)).email == "new@example.org"


async def test_an_owner_takes_the_access_away(loose: Playground) -> None:
    account = await loose.account("active")

    await loose.control(f"accounts/{account.id}/deauthorize", {})

    for call in (
        loose.stripe.v2.core.accounts.retrieve_async(account.id),
        loose.stripe.v2.core.accounts.update_async(account.id, {"display_name": "Neuf"}),
        loose.stripe.v1.accounts.retrieve_async(account.id),
        make_link(loose, account),
        loose.stripe.v1.transfers.create_async(
            {"amount": 1, "currency": "eur", "destination": account.id}
        ),
    ):
        with pytest.raises(stripe.PermissionError) as refusal:
            await call
        assert refusal.value.http_status == 403
        assert '"account_invalid"' in str(refusal.value.http_body)


async def test_revoked_access_is_announced_as_stripe_does(play: Playground) -> None:
    account = await play.account("active")

    await play.control(f"accounts/{account.id}/deauthorize", {})

    events = (await play.http.get("/_sandbox/events.jsonl")).text
    assert '"account.application.deauthorized"' in events
