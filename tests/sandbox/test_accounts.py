from typing import Any

import pytest
import stripe

from tests.sandbox.playground import ACCOUNT, URL, Playground, transfers_status

RECIPIENT = {"include": ["configuration.recipient", "requirements", "defaults", "identity"]}


async def make_link(play: Playground, account: Any) -> Any:
    return await play.stripe.v2.core.account_links.create_async(
        {
            "account": account.id,
            "use_case": {
                "type": "account_onboarding",
                "account_onboarding": {
                    "refresh_url": "http://shop.test/refresh",
                    "return_url": "http://shop.test/back",
                    "collection_options": {"fields": "eventually_due"},
                },
            },
        }
    )


async def thin_types(play: Playground) -> list[str]:
    page = await play.stripe.v2.core.events.list_async()
    return [event.type for event in reversed(page.data)]


async def test_a_new_account_is_restricted_until_onboarding(play: Playground) -> None:
    account = await play.account("restricted")

    assert account.id.startswith("acct_")
    assert transfers_status(account) == "restricted"
    assert account.created.endswith("Z")
    assert account.requirements.entries
    assert account.defaults.responsibilities.losses_collector == "application"
    assert await thin_types(play) == ["v2.core.account.created"]


async def test_what_is_not_included_is_null(play: Playground) -> None:
    account = await play.account("restricted")

    bare = await play.stripe.v2.core.accounts.retrieve_async(account.id)
    full = await play.stripe.v2.core.accounts.retrieve_async(account.id, RECIPIENT)

    assert (bare.configuration, bare.requirements, bare.defaults) == (None, None, None)
    assert full.identity.country == "fr"
    assert full.to_dict()["metadata"] == {"user_id": "7"}


async def test_onboarding_activates_and_tells_in_order(play: Playground) -> None:
    account = await play.account("restricted")
    link = await make_link(play, account)

    page = await play.http.get(link.url)
    done = await play.http.post(link.url, data={"action": "complete"})

    assert link.url.startswith(f"{URL}/connect/onboarding/")
    assert "Atelier Zoé" in page.text
    assert (done.status_code, done.headers["location"]) == (303, "http://shop.test/back")
    after = await play.stripe.v2.core.accounts.retrieve_async(account.id, RECIPIENT)
    assert (transfers_status(after), after.requirements.entries) == ("active", [])
    assert (await thin_types(play))[1:] == [
        "v2.core.account[requirements].updated",
        "v2.core.account[configuration.recipient].capability_status_updated",
        "v2.core.account_link.returned",
    ]
    assert await play.event_types(account.id) == ["account.updated"]


async def test_a_review_takes_an_hour(play: Playground) -> None:
    account = await play.account("restricted")

    await play.http.post((await make_link(play, account)).url, data={"complete_with_review": "1"})
    during = await play.stripe.v2.core.accounts.retrieve_async(account.id, RECIPIENT)
    await play.advance("PT1H")
    after = await play.stripe.v2.core.accounts.retrieve_async(account.id, RECIPIENT)

    assert (transfers_status(during), transfers_status(after)) == ("pending", "active")


@pytest.mark.parametrize(
    ("button", "status"), [("leave", "restricted"), ("reject", "rejected")], ids=str
)
async def test_leaving_and_rejection_go_back_too(
    play: Playground, button: str, status: str
) -> None:
    account = await play.account("restricted")

    sent = await play.http.post((await make_link(play, account)).url, data={"action": button})

    assert sent.headers["location"] == "http://shop.test/back"
    after = await play.stripe.v2.core.accounts.retrieve_async(account.id, RECIPIENT)
    assert transfers_status(after) == status


async def test_a_link_serves_one_visitor(play: Playground) -> None:
    link = await make_link(play, await play.account("restricted"))
    first = await play.http.get(link.url)

    play.http.cookies.clear()
    stranger = await play.http.get(link.url)
    play.http.cookies.update(first.cookies)
    reload = await play.http.get(link.url)
    play.http.cookies.clear()

    assert (first.status_code, reload.status_code) == (200, 200)
    assert (stranger.status_code, stranger.headers["location"]) == (303, "http://shop.test/refresh")


async def test_a_used_link_leads_to_refresh(play: Playground) -> None:
    link = await make_link(play, await play.account("restricted"))
    await play.http.post(link.url, data={"action": "leave"})

    again = await play.http.post(link.url, data={"action": "complete"})

    assert again.headers["location"] == "http://shop.test/refresh"


async def test_a_link_is_stale_after_five_minutes(play: Playground) -> None:
    link = await make_link(play, await play.account("restricted"))

    await play.advance("PT5M")
    visit = await play.http.get(link.url)
    submit = await play.http.post(link.url, data={"action": "complete"})

    assert visit.headers["location"] == "http://shop.test/refresh"
    assert submit.headers["location"] == "http://shop.test/refresh"
    assert (await play.http.get("/connect/onboarding/nothing")).status_code == 404


async def test_v1_shows_the_same_account(play: Playground) -> None:
    account = await play.account("restricted")
    before = await play.stripe.v1.accounts.retrieve_async(account.id)

    await play.http.post((await make_link(play, account)).url, data={"action": "complete"})
    after = await play.stripe.v1.accounts.retrieve_async(account.id)

    assert (before.capabilities.transfers, after.capabilities.transfers) == ("inactive", "active")
    assert before.requirements.currently_due
    assert (after.requirements.currently_due, after.payouts_enabled) == ([], True)
    assert after.external_accounts.data[0].last4 == "2606"


async def test_one_bank_account_has_one_fingerprint_in_whichever_account_it_is(
    play: Playground,
) -> None:
    accounts = [await play.account("active") for _ in range(3)]
    for account, number in zip(accounts, ("FR7612340001", "FR7612340001", "FR76"), strict=True):
        await play.control(f"accounts/{account.id}/bank_account", {"number": number})

    shown = [await play.stripe.v1.accounts.retrieve_async(account.id) for account in accounts]
    banks = [account.external_accounts.data for account in shown]
    assert [bank.last4 for [bank] in banks] == ["0001", "0001", "FR76"]
    assert banks[0][0].fingerprint == banks[1][0].fingerprint != banks[2][0].fingerprint
    assert (await play.event_types(accounts[0].id))[-2:] == [
        "account.external_account.deleted",
        "account.external_account.created",
    ]


async def test_a_login_link_leads_to_the_plain_dashboard(play: Playground) -> None:
    account = await play.account("restricted")
    with pytest.raises(stripe.InvalidRequestError, match="not completed onboarding"):
        await play.stripe.v1.accounts.login_links.create_async(account.id)

    await play.http.post((await make_link(play, account)).url, data={"action": "complete"})
    link = await play.stripe.v1.accounts.login_links.create_async(account.id)
    page = await play.http.get(link.url, headers={"accept-language": "fr"})

    assert link.url == f"{URL}/express/{account.id}"
    assert "Vos gains" in page.text
    assert "0,00\u00a0€" in page.text


async def test_an_account_is_updated_and_tells_it(play: Playground) -> None:
    account = await play.account("restricted")

    changed = await play.stripe.v2.core.accounts.update_async(
        account.id, {"display_name": "Neu", "metadata": {"user_id": "8"}}
    )

    assert (changed.display_name, changed.to_dict()["metadata"]) == ("Neu", {"user_id": "8"})
    assert (await thin_types(play))[-1] == "v2.core.account.updated"


async def test_a_closed_account_is_listed_as_such(play: Playground) -> None:
    accounts = play.stripe.v2.core.accounts
    remaining, gone = await play.account(), await play.account()

    closed = await accounts.close_async(gone.id, {"applied_configurations": ["recipient"]})

    assert closed.closed
    listed = await accounts.list_async({"applied_configurations": ["recipient"]})
    assert [one.id for one in listed.data] == [remaining.id]
    assert [one.id for one in (await accounts.list_async({"closed": True})).data] == [gone.id]
    assert (await thin_types(play))[-1] == "v2.core.account.closed"


async def test_an_account_with_money_is_not_closed(play: Playground) -> None:
    charge, account = await play.sale(), await play.account()
    await play.stripe.v1.transfers.create_async(
        {
            "amount": 100,
            "currency": "eur",
            "destination": account.id,
            "source_transaction": charge.id,
        }
    )

    with pytest.raises(stripe.CannotProceedError):
        await play.stripe.v2.core.accounts.close_async(account.id)


async def test_accounts_come_in_pages(loose: Playground) -> None:
    made = [(await loose.account("restricted")).id for _ in range(5)]

    page = await loose.stripe.v2.core.accounts.list_async({"limit": 2})
    seen = [account.id async for account in page.auto_paging_iter()]

    assert seen == made[::-1]
    assert page.next_page_url.startswith("/v2/core/accounts?")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"contact_email": None}, "contact_email"),
        ({"identity": {"entity_type": "individual"}}, "identity.country"),
        ({"identity": {"country": "France"}}, "country"),
        (
            {
                "defaults": {
                    "responsibilities": {
                        "fees_collector": "application",
                        "losses_collector": "stripe",
                    }
                }
            },
            "losses_collector",
        ),
        ({"dashboard": "golden"}, "dashboard"),
        ({"configuration": {"merchant": {}}}, "merchant"),
        ({"colour": "red"}, "colour"),
    ],
    ids=["no e-mail", "no country", "no code", "losses", "enum", "merchant", "unknown"],
)
async def test_an_account_that_cannot_be_is_refused(
    loose: Playground, change: dict[str, Any], words: str
) -> None:
    wanted = {key: value for key, value in {**ACCOUNT, **change}.items() if value is not None}

    with pytest.raises(stripe.InvalidRequestError, match=words):
        await loose.stripe.v2.core.accounts.create_async(wanted)


async def test_an_unknown_account_is_404_in_both_versions(loose: Playground) -> None:
    with pytest.raises(stripe.InvalidRequestError) as v2:
        await loose.stripe.v2.core.accounts.retrieve_async("acct_nobody")
    with pytest.raises(stripe.InvalidRequestError) as v1:
        await loose.stripe.v1.accounts.retrieve_async("acct_nobody")

    assert (v2.value.http_status, v1.value.http_status) == (404, 404)


async def test_the_control_room_moves_a_capability_both_ways(play: Playground) -> None:
    account = await play.account("active")

    await play.control(f"accounts/{account.id}/capability", {"status": "restricted"})

    after = await play.stripe.v2.core.accounts.retrieve_async(account.id, RECIPIENT)
    assert transfers_status(after) == "restricted"
    assert after.requirements.entries
