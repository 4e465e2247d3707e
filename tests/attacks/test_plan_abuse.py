"""A11 for plans: whoever tries to have a second trial, or a plan on other terms, gets neither."""

import httpx
import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.users import create_account
from chenu.billing.recurring import BillingInterval
from chenu.core import db
from chenu.core.errors import ChenuError
from chenu.flows.services import Services
from chenu.flows.subscriptions.cards import adopt_card, open_card_page
from chenu.flows.subscriptions.start import find_offer
from chenu.tiers.catalogue import TierCode
from tests.api.calls import as_session
from tests.flows.plans import (
    CARD,
    advance,
    complete,
    open_plans,
    plan_of,
    start,
    tier_of,
)
from tests.people import Person, make_member, make_person, sign_in_again
from tests.rows import count, put
from tests.stripe_side import StripeSide

MONTH = BillingInterval.MONTH


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """Somebody who has had a trial without a card."""
    await stripe_side.reset()
    person = await open_plans(services)
    await complete(services, await start(services, person.actor, trial=True), "")
    await advance(services, 14.1)
    assert await tier_of(person) == "FREE"
    return person


async def trial_days(person: Person) -> int:
    account_id = person.actor.account_id
    assert account_id is not None
    return (await find_offer(account_id, TierCode.PRO, MONTH, trial=True)).trial_days


@pytest.mark.parametrize(
    ("first", "second", "days"),
    [
        ("zoe@example.org", "zoe+2@example.org", 0),
        ("zoe+1@example.org", "zoe@example.org", 0),
        ("zo.e@gmail.com", "zoe@gmail.com", 0),
        ("zoe@googlemail.com", "z.o.e+x@gmail.com", 0),
        ("zo.e@example.org", "zoe@example.org", 14),
        ("zoe@example.org", "otto@example.org", 14),
    ],
)
async def test_another_spelling_of_the_mailbox_has_no_second_trial(
    services: Services, stripe_side: StripeSide, first: str, second: str, days: int
) -> None:
    await stripe_side.reset()
    person = await open_plans(services)
    await put("app_user", "email", first)
    await complete(services, await start(services, person.actor, trial=True), "")
    other = await make_person("otherwise", TierCode.FREE)
    await put("app_user", "email", second, "id = $2", other.user_id)

    assert await trial_days(other) == days


async def test_a_new_address_has_no_second_trial(person: Person) -> None:
    await put("app_user", "email", "new@elsewhere.example")

    assert await trial_days(person) == 0


async def test_another_account_of_the_same_owner_has_no_second_trial(
    services: Services, person: Person
) -> None:
    await put("app_user", "email", "new@elsewhere.example")
    company = await db.run_in_transaction(
        lambda: create_account(person.user_id, "Company", "COMPANY")
    )

    offer = await find_offer(company, TierCode.PRO, MONTH, trial=True)

    assert offer.trial_days == 0


async def test_a_circle_of_people_with_one_card_has_one_trial(
    services: Services, person: Person
) -> None:
    tiers = []
    for number in range(4):
        friend = await make_person(f"friend{number}", TierCode.FREE)
        order = await start(services, friend.actor, TierCode.BUSINESS, trial=True, key=f"k{number}")
        await complete(services, order, CARD)
        tiers.append(await tier_of(friend))

    assert tiers == ["BUSINESS", "FREE", "FREE", "FREE"]
    assert await count("invoice_payment") == 0


async def test_a_trial_that_was_left_early_is_not_had_again(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_plans(services)
    await complete(services, await start(services, person.actor, trial=True), "")
    plan = await plan_of(person)
    assert plan is not None
    await stripe_side.delete(f"/v1/subscriptions/{plan.stripe_subscription_id}")
    await advance(services, 0.1)

    assert await tier_of(person) == "FREE"
    assert await trial_days(person) == 0


@pytest.mark.parametrize(
    "more",
    [
        {"trialDays": 365},
        {"price": 1},
        {"amountMinor": 0},
        {"currency": "USD"},
        {"quantity": -1},
        {"accountId": "x"},
        {"tier": "ENTERPRISE"},
        {"tier": "FREE"},
        {"interval": "WEEK"},
        {"successUrl": "https://evil.example/"},
        {"cancelUrl": "//evil.example"},
        {"idempotencyKey": ""},
    ],
    ids=str,
)
async def test_terms_of_ones_own_are_refused(
    client: httpx.AsyncClient, services: Services, person: Person, more: dict[str, object]
) -> None:
    api = as_session(client, services, person)
    before = await count("subscription_order")
    request = {"tier": "PRO", "interval": "MONTH", "idempotencyKey": "abuse", **more}

    reply = await api.run("StartPlan", input=request)

    assert reply.codes or reply.refusals()
    assert await count("subscription_order") == before


@pytest.mark.parametrize("role", [AccountRole.MEMBER])
async def test_a_member_changes_neither_plan_nor_card(
    services: Services, person: Person, role: AccountRole
) -> None:
    member = await make_member(person, "max", role)

    for attempt in (
        start(services, member.actor, key="m-1"),
        open_card_page(services, member.actor, "fr"),
        adopt_card(services, member.actor, ""),
    ):
        with pytest.raises(ChenuError) as refused:
            await attempt
        assert refused.value.code == "FORBIDDEN"


async def test_an_unproved_address_begins_nothing(services: Services, person: Person) -> None:
    unproved = await make_person("unproved", TierCode.FREE)
    await put("app_user", "email_verified_at", None, "id = $2", unproved.user_id)
    before = await count("subscription_order")
    sent = await sign_in_again(unproved.user_id, unproved.email)

    with pytest.raises(ChenuError):
        await start(services, sent.actor, trial=True, key="u-1")

    assert await count("subscription_order") == before
