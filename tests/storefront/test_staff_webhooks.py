"""Finance sees deliveries of all accounts, and has one sent again with a reason."""

import pytest

from chenu.accounts.actor import Staff
from chenu.flows.services import Services
from chenu.flows.webhooks.deliver import deliver_due
from chenu.flows.webhooks.endpoints import switch_off
from tests.people import Person, make_person
from tests.rows import count
from tests.storefront.browser import Browser, Seen
from tests.webhooks.listening import happen, listen
from tests.webhooks.receiving import Receiver, open_receiver

PAGE = "/staff/payments/webhooks"


@pytest.fixture
async def finance(services: Services, browser: Browser) -> Browser:
    return browser.become(await make_person("finance", staff=(Staff.FINANCE,)))


@pytest.fixture
async def zoe(services: Services) -> Person:
    return await make_person("zoe")


async def deliver(services: Services, person: Person, receiver: Receiver) -> None:
    await listen(services, person, receiver.url())
    await happen(person, "first")
    await deliver_due(services)


async def open_only(finance: Browser) -> Seen:
    listed = await finance.get(PAGE)
    [link] = [link for link in listed.links() if link.startswith(f"{PAGE}/")]
    return await finance.get(link)


def replay_of(seen: Seen) -> str:
    [action] = [form.action for form in seen.page.forms if form.action.endswith("/replay")]
    return action


async def test_a_delivery_is_sent_again_with_a_reason(
    services: Services, finance: Browser, zoe: Person
) -> None:
    async with open_receiver() as receiver:
        await deliver(services, zoe, receiver)
        seen = await open_only(finance)

        without = await finance.submit(seen, replay_of(seen), {"reason": ""})
        done = await finance.submit(seen, replay_of(seen), {"reason": "Its server lost it."})
        await deliver_due(services)

        assert len(receiver.received) == 2
    assert "status 200" in seen.words
    assert without.status == 422 or without.status == 400
    assert "notice=replay-queued" in done.location
    assert await count("audit_event", "action = 'webhook.send' AND by_staff") == 1


async def test_an_old_page_sends_nothing(services: Services, finance: Browser, zoe: Person) -> None:
    async with open_receiver() as receiver:
        await deliver(services, zoe, receiver)
        seen = await open_only(finance)
        await finance.submit(seen, replay_of(seen), {"reason": "Once."})

        again = await finance.submit(seen, replay_of(seen), {"reason": "Twice."})

    assert "changed since the page was opened" in again.words
    assert await count("audit_event", "action = 'webhook.send'") == 1


async def test_what_its_account_has_switched_off_stays_off(
    services: Services, finance: Browser, zoe: Person
) -> None:
    endpoint = (await listen(services, zoe)).endpoint
    await switch_off(zoe.actor, endpoint.id)
    await happen(zoe, "held")
    seen = await open_only(finance)

    refused = await finance.submit(seen, replay_of(seen), {"reason": "Please."})

    assert "switched off" in refused.words
    assert await count("webhook_delivery", "state = 'HELD'") == 1


async def test_the_list_is_filtered_by_state(
    services: Services, finance: Browser, zoe: Person
) -> None:
    await listen(services, zoe)
    await happen(zoe, "first")

    waiting, delivered = [
        await finance.get(f"{PAGE}?state={state}") for state in ("WAITING", "DELIVERED")
    ]

    assert "api_key.revoked" in waiting.words
    assert "Nothing is in this state" in delivered.words
