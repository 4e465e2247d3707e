"""What is mailed in a plan's life: each once, about what really happened, to the right person."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from chenu.billing.recurring import SubscriptionStatus
from chenu.billing.trial_reminders import count_due_reminders, find_next_reminder
from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.core.mail import MailRow
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.flows.subscriptions.trial_reminders import send_due_reminders
from chenu.jobs.mail_text import compose_mail
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, catch_up, complete, open_plans, plan_of, start, tier_of
from tests.people import Person
from tests.rows import put
from tests.stripe_side import AWAY, StripeSide

FAILS_LATER = "4000000000000341"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def mails_of(person: Person) -> list[MailRow]:
    """Those about plans, oldest first."""
    sql = """
        SELECT id, business_key, kind, to_address, locale, params::text AS params, state, attempts,
            created_at
        FROM outbox_mail WHERE to_address = $1 AND (kind LIKE 'PLAN%' OR kind LIKE 'TRIAL%'
            OR kind = 'PAYMENT_FAILED') ORDER BY created_at, id
    """
    return await db.fetch_all(MailRow, sql, person.email)


async def kinds(person: Person) -> list[str]:
    return [mail.kind for mail in await mails_of(person)]


async def said(person: Person, kind: str) -> list[dict[str, Any]]:
    found = [mail for mail in await mails_of(person) if mail.kind == kind]
    return [msgspec.json.decode(mail.params, type=dict[str, Any]) for mail in found]


def text_of(mail: MailRow) -> str:
    message = compose_mail(mail, sender="a@chenu.example", public_url="https://chenu.example")
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['Subject']}\n{body.get_content()}"


async def use_card(services: Services, person: Person, card: str) -> None:
    """Stripe's default card of the customer and of the subscription is another one now."""
    plan = await plan_of(person)
    assert plan is not None
    key = services.settings.stripe.key
    base = str(services.settings.stripe.api_base)
    async with httpx.AsyncClient(base_url=base, auth=(key, "")) as http:
        subscription = (await http.get(f"/v1/subscriptions/{plan.stripe_subscription_id}")).json()
        url = f"/v1/payment_methods/{card}/attach"
        method = (await http.post(url, data={"customer": subscription["customer"]})).json()
        url = f"/v1/subscriptions/{plan.stripe_subscription_id}"
        answer = await http.post(url, data={"default_payment_method": method["id"]})
        assert answer.status_code == 200, answer.text


async def test_a_paid_start_is_confirmed_once(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor))
    await catch_up(services)

    [mail] = await mails_of(person)
    assert mail.kind == "PLAN_STARTED"
    assert mail.locale == "fr"
    assert "9,00" in text_of(mail)


async def test_a_trial_without_card_is_announced_on_day_12_and_so_is_its_end(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO, trial=True), "")
    await advance(services, 11.9)
    assert await kinds(person) == ["PLAN_STARTED"]

    await advance(services, 0.11)
    await advance(services, 0.5)
    assert await kinds(person) == ["PLAN_STARTED", "TRIAL_ENDING"]
    [params] = await said(person, "TRIAL_ENDING")
    assert (params["amount"], params["has_card"], params["plan"]) == (2900, False, "Pro")
    await advance(services, 2)

    assert await kinds(person) == ["PLAN_STARTED", "TRIAL_ENDING", "TRIAL_ENDED"]
    assert await tier_of(person) == "FREE"


async def test_a_trial_with_a_card_says_what_will_be_charged(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO, trial=True))
    await advance(services, 12.01)

    [params] = await said(person, "TRIAL_ENDING")
    plan = await plan_of(person)
    assert plan is not None
    assert plan.trial_ends_at is not None
    assert (params["amount"], params["has_card"]) == (2900, True)
    assert params["ends_at"] == plan.trial_ends_at.isoformat()
    await advance(services, 2)

    assert await kinds(person) == ["PLAN_STARTED", "TRIAL_ENDING"]


async def test_workers_at_once_announce_it_once(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor, trial=True), "")
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=12.01))

    for _ in range(3):
        await send_due_reminders(services)
        await put("trial_reminder", "done_at", None)

    assert await kinds(person) == ["PLAN_STARTED", "TRIAL_ENDING"]


async def test_a_trial_that_was_cancelled_is_not_announced(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, trial=True))
    await cancel_plan(services, person.actor, CancelInput(), "leave")

    await advance(services, 12.5)
    await advance(services, 2)

    assert await kinds(person) == ["PLAN_STARTED", "PLAN_CANCELLED", "PLAN_ENDED"]
    [cancelled] = await said(person, "PLAN_CANCELLED")
    assert cancelled["is_trial"] is True


async def test_a_trial_that_ended_meanwhile_is_not_announced(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, trial=True), "")

    await advance(services, 20)

    assert await kinds(person) == ["PLAN_STARTED", "TRIAL_ENDED"]
    assert await count_due_reminders() == 0


async def test_stripe_away_on_day_12_the_mail_comes_later(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await complete(services, await start(services, person.actor, trial=True), "")
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=12.01))
    await stripe_side.fail(AWAY, times=None)

    await send_due_reminders(services)
    assert await kinds(person) == ["PLAN_STARTED"]
    assert await db.fetch_value("SELECT attempts FROM trial_reminder") == 1
    assert await count_due_reminders() == 0
    await stripe_side.heal()
    await db.execute("UPDATE trial_reminder SET next_attempt_at = now()")
    await send_due_reminders(services)

    assert await kinds(person) == ["PLAN_STARTED", "TRIAL_ENDING"]


async def test_the_demo_s_clock_stops_where_a_trial_s_end_is_announced(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, trial=True), "")

    due_at = await find_next_reminder()

    assert due_at is not None
    assert timedelta(days=11.9) < due_at - business_now() < timedelta(days=12.1)


async def test_each_failed_try_is_mailed_then_the_end(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO, trial=True))
    await use_card(services, person, "pm_card_chargeCustomerFail")
    await advance(services, 14.1)
    plan = await plan_of(person)
    assert plan is not None
    assert plan.status is SubscriptionStatus.PAST_DUE

    for days in (3, 2, 2):
        await advance(services, days)
        await catch_up(services)

    failed = await said(person, "PAYMENT_FAILED")
    assert [each["attempt"] for each in failed] == [1, 2, 3, 4]
    assert [each["next_attempt_at"] is None for each in failed] == [False, False, False, True]
    assert {each["amount"] for each in failed} == {2900}
    assert all(each["invoice_url"] for each in failed)
    [ended] = await said(person, "PLAN_ENDED")
    assert ended["is_unpaid"] is True
    assert await tier_of(person) == "FREE"


async def test_cancelled_and_taken_up_again_twice_is_mailed_each_time(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor))

    for number in (1, 2):
        await cancel_plan(services, person.actor, CancelInput(), f"leave-{number}")
        await advance(services, 0.1)
        await resume_plan(services, person.actor)
        await advance(services, 0.1)

    again = ["PLAN_CANCELLED", "PLAN_RESUMED"]
    assert await kinds(person) == ["PLAN_STARTED", *again, *again]


async def test_a_plan_that_was_not_renewed_says_so_at_its_end(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor))
    await cancel_plan(services, person.actor, CancelInput(), "leave")

    await advance(services, 31.1)

    assert await kinds(person) == ["PLAN_STARTED", "PLAN_CANCELLED", "PLAN_ENDED"]
    [ended] = await said(person, "PLAN_ENDED")
    assert ended["is_unpaid"] is False


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (TierCode.STARTER, TierCode.PRO, "PLAN_CHANGED"),
        (TierCode.PRO, TierCode.STARTER, "PLAN_DOWNGRADED"),
    ],
    ids=["up", "down"],
)
async def test_another_plan_at_stripe_is_mailed_whoever_changed_it(
    services: Services, person: Person, old: TierCode, new: TierCode, kind: str
) -> None:
    await complete(services, await start(services, person.actor, old))
    await change_at_dashboard(services, person, new)

    await catch_up(services)
    await catch_up(services)

    [params] = await said(person, kind)
    assert (params["old_plan"], params["plan"]) == (old.title(), new.title())
    assert await tier_of(person) == new


async def change_at_dashboard(services: Services, person: Person, tier: TierCode) -> None:
    plan = await plan_of(person)
    assert plan is not None
    base = str(services.settings.stripe.api_base)
    price = await services.subscriptions.find_price_by_key(f"plan_{tier.lower()}_month_eur")
    async with httpx.AsyncClient(base_url=base, auth=(services.settings.stripe.key, "")) as http:
        answer = await http.post(
            f"/v1/subscriptions/{plan.stripe_subscription_id}",
            data={"items[0][id]": plan.stripe_item_id, "items[0][price]": str(price)},
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("lure", ["x\r\nBcc: a@evil.example", "<b>http://evil.example</b>"])
async def test_a_name_with_tricks_is_harmless_in_each_mail(
    services: Services, person: Person, lure: str
) -> None:
    await put("app_user", "display_name", lure, "id = $2", person.user_id)
    await complete(services, await start(services, person.actor, trial=True), "")
    await advance(services, 12.1)
    await advance(services, 2)

    found = await mails_of(person)

    assert len(found) == 3
    for mail in found:
        message = compose_mail(mail, sender="a@chenu.example", public_url="https://chenu.example")
        html = message.get_body(("html",))
        assert html is not None
        assert message["Bcc"] is None
        assert "<b>" not in html.get_content()
        assert "http://evil" not in text_of(mail)
