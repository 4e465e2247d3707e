"""Webhooks on their pages: made, tried, read, renewed, switched off and on, deleted."""

import re

import pytest
from standardwebhooks import Webhook

from chenu.accounts.actor import AccountRole
from chenu.accounts.sessions import choose_account
from chenu.core.clock import system_now
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.flows.webhooks.deliver import deliver_due
from chenu.flows.webhooks.endpoints import SENDS_PER_ACCOUNT
from chenu.webhooks.deliveries import list_recent_deliveries
from chenu.webhooks.model import CHOSEN_KINDS, MAX_ENDPOINTS
from tests.people import Person, make_member, make_person
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen
from tests.webhooks.listening import NOWHERE, happen, listen
from tests.webhooks.receiving import answer, open_receiver

PAGE = "/account/webhooks"
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


@pytest.fixture
async def zoe(services: Services) -> Person:
    return await make_person("zoe")


@pytest.fixture
def own(browser: Browser, zoe: Person) -> Browser:
    return browser.become(zoe)


def path_of(endpoint: object) -> str:
    return f"{PAGE}/{endpoint}"


async def make(own: Browser, url: str = NOWHERE, *kinds: str) -> Seen:
    page = await own.get(PAGE)
    return await own.submit(page, PAGE, {"url": url, "kinds": list(kinds or ("invoice.paid",))})


async def test_an_endpoint_is_made_and_its_secret_shown_once(own: Browser) -> None:
    made = await make(own, NOWHERE, "invoice.paid", "refund.made")

    [secret] = _SECRET.findall(made.response.text)
    listed = await own.get(PAGE)
    assert NOWHERE in listed.words
    assert secret not in listed.response.text
    assert "invoice.paid, refund.made" in listed.words
    assert (
        await count("webhook_endpoint", "position($1::bytea in secret) > 0", secret.encode()) == 0
    )
    assert await count("audit_event", "action = 'webhook.create'") == 1


async def test_every_kind_can_be_chosen(own: Browser) -> None:
    page = await own.get(PAGE)

    boxes = [value for name, value in page.form(PAGE).fields if name == "kinds"]
    assert boxes == []  # none is ticked beforehand
    for kind in CHOSEN_KINDS:
        assert kind.value in page.words


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"url": "http://hooks.example.org/", "kinds": "invoice.paid"}, "url"),
        ({"url": "https://10.0.0.1/", "kinds": "invoice.paid"}, "url"),
        ({"url": "", "kinds": "invoice.paid"}, "url"),
        ({"url": NOWHERE}, "kinds"),
        ({"url": NOWHERE, "kinds": "webhook.test"}, "kinds"),
        ({"url": NOWHERE, "kinds": "everything"}, "kinds"),
    ],
)
async def test_a_refused_form_says_why_and_changes_nothing(
    own: Browser, typed: dict[str, str], field: str
) -> None:
    seen = await own.submit(await own.get(PAGE), PAGE, typed)

    assert seen.status == 400 or seen.status == 422
    assert f"#endpoint-{field}" in seen.links()
    assert await count("webhook_endpoint") == 0


async def test_the_same_url_twice_and_one_too_many_are_refused(
    services: Services, own: Browser, zoe: Person
) -> None:
    await make(own)
    twice = await make(own)
    for number in range(MAX_ENDPOINTS - 1):
        await listen(services, zoe, f"{NOWHERE}{number}")

    full = await own.get(PAGE)

    assert "already" in twice.words
    assert "ten endpoints at most" in full.words
    assert not full.has_form(PAGE)
    assert await count("webhook_endpoint") == MAX_ENDPOINTS


async def test_a_test_event_arrives_and_the_log_shows_the_answer(
    services: Services, own: Browser, zoe: Person
) -> None:
    async with open_receiver() as receiver:
        created = await listen(services, zoe, receiver.url(), ("invoice.paid",))
        path = path_of(created.endpoint.id)
        receiver.answers = [answer(503, body="<b>closed</b>")]

        sent = await own.submit(await own.get(path), f"{path}/test", {})
        await deliver_due(services)
        seen = await own.open(sent.location)

        [received] = receiver.received
    assert Webhook(created.secret).verify(received.body, received.headers)["type"] == "webhook.test"
    assert "It is on its way" in seen.words
    assert "status 503" in seen.words
    assert "<b>closed</b>" in seen.words
    assert received.headers["webhook-id"] in seen.words


async def test_a_delivery_is_sent_again_from_the_log(
    services: Services, own: Browser, zoe: Person
) -> None:
    async with open_receiver() as receiver:
        path = path_of((await listen(services, zoe, receiver.url())).endpoint.id)
        await happen(zoe, "first")
        await deliver_due(services)
        page = await own.get(path)
        [again] = [form.action for form in page.page.forms if form.action.endswith("/again")]

        await own.submit(page, again, {})
        await deliver_due(services)

        assert len(receiver.received) == 2
        assert "2 attempts" in (await own.get(path)).words


async def test_tests_and_repetitions_are_limited(
    services: Services, own: Browser, zoe: Person
) -> None:
    path = path_of((await listen(services, zoe)).endpoint.id)
    page = await own.get(path)
    await own.submit(page, f"{path}/test", {})
    await put("attempt_window", "tries", SENDS_PER_ACCOUNT.tries)

    refused = await own.submit(page, f"{path}/test", {})

    assert refused.status == 429
    assert int(refused.response.headers["retry-after"]) > 0
    assert await count("outgoing_event") == 1


async def test_the_secret_is_renewed(services: Services, own: Browser, zoe: Person) -> None:
    created = await listen(services, zoe)
    path = path_of(created.endpoint.id)

    shown = await own.submit(await own.get(path), f"{path}/rotate", {})

    [secret] = _SECRET.findall(shown.response.text)
    assert secret != created.secret
    assert "two signatures" in shown.words
    assert await count("webhook_endpoint", "previous_until > $1", system_now()) == 1


async def test_it_is_switched_off_and_on_with_what_was_held(
    services: Services, own: Browser, zoe: Person
) -> None:
    path = path_of((await listen(services, zoe)).endpoint.id)

    off = await own.open((await own.submit(await own.get(path), f"{path}/off", {})).location)
    await happen(zoe, "held")
    waiting = await own.get(path)
    on = await own.open((await own.submit(waiting, f"{path}/on", {})).location)

    assert "Somebody of this account switched it off" in off.words
    assert not off.has_form(f"{path}/test")
    assert "Send the event that is held" in waiting.words
    assert "On: events are sent" in on.words
    assert await count("webhook_delivery", "state = 'WAITING'") == 1


async def test_what_is_held_can_be_left_and_sent_later(
    services: Services, own: Browser, zoe: Person
) -> None:
    path = path_of((await listen(services, zoe)).endpoint.id)
    await own.submit(await own.get(path), f"{path}/off", {})
    await happen(zoe, "held")

    page = await own.get(path)
    await own.submit(page, f"{path}/on", {"send_held": ""})
    left = await count("webhook_delivery", "state = 'HELD'")
    later = await own.get(path)
    await own.submit(later, f"{path}/on", {})

    assert left == 1
    assert "One event is held" in later.words
    assert await count("webhook_delivery", "state = 'WAITING'") == 1


async def test_its_events_are_changed(services: Services, own: Browser, zoe: Person) -> None:
    path = path_of((await listen(services, zoe, NOWHERE, ("invoice.paid",))).endpoint.id)

    none = await own.submit(await own.get(path), f"{path}/events", {"kinds": []})
    await own.submit(await own.get(path), f"{path}/events", {"kinds": ["tokens.low"]})

    assert "at least one event" in none.words
    assert await count("webhook_endpoint", "kinds = ARRAY['tokens.low']") == 1


async def test_it_is_deleted_with_its_log(services: Services, own: Browser, zoe: Person) -> None:
    path = path_of((await listen(services, zoe)).endpoint.id)
    await happen(zoe, "first")
    await deliver_due(services)

    gone = await own.submit(await own.get(path), f"{path}/delete", {})

    assert "notice=webhook-deleted" in gone.location
    for table in ("webhook_endpoint", "webhook_delivery", "webhook_attempt"):
        assert await count(table) == 0
    assert (await own.get(path)).status == 404


async def test_a_stranger_finds_nothing(services: Services, browser: Browser, zoe: Person) -> None:
    path = path_of((await listen(services, zoe)).endpoint.id)
    other = browser.become(await make_person("other"))

    assert (await other.get(path)).status == 404


async def test_a_member_without_the_right_is_refused(
    services: Services, browser: Browser, zoe: Person
) -> None:
    member = await make_member(zoe, "colleague", AccountRole.MEMBER)
    assert zoe.actor.account_id is not None
    await choose_account(member.actor, zoe.actor.account_id)

    assert (await browser.become(member).get(PAGE)).status == 403


async def test_the_log_has_pages(services: Services, own: Browser, zoe: Person) -> None:
    path = path_of((await listen(services, zoe)).endpoint.id)
    for number in range(21):
        await happen(zoe, f"n{number}")

    first = await own.get(path)
    [older] = [link for link in first.links() if "after=" in link]
    last = await own.get(older)

    assert first.response.text.count("api_key.revoked</code> ·") == 20
    assert last.response.text.count("api_key.revoked</code> ·") == 1


async def test_staff_read_deliveries_of_all_accounts(services: Services, zoe: Person) -> None:
    ali = await make_person("ali")
    for person in (zoe, ali):
        await listen(services, person)
        await happen(person, person.email[:3])

    page = await list_recent_deliveries(PageRequest(1))
    following = await list_recent_deliveries(
        PageRequest(1, (str(page.rows[0].id), str(page.rows[0].id)))
    )

    assert [row.account_id for row in (*page.rows, *following.rows)] == [
        ali.actor.account_id,
        zoe.actor.account_id,
    ]
    assert (page.has_next, following.has_next) == (True, False)
