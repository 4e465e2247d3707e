"""Refunds and payout settings ask for the password when the sign-in is some time ago.

The page in between sends the same form again: nothing typed is lost, and no script is needed.
"""

from datetime import timedelta

import httpx

from chenu.accounts.attempts import PASSWORD_CHECK_PER_USER
from chenu.core.clock import system_now
from chenu.flows.services import Services
from tests.api.calls import as_session, gid
from tests.attacks.cast import gather_cast
from tests.attacks.forms import filled_forms
from tests.attacks.pages import WRITES, ask, csrf_of, session_headers
from tests.attacks.world import build_world
from tests.flows.test_plan_refunds import Paid, returned
from tests.people import PASSWORD, sign_in_again
from tests.rows import put
from tests.storefront.browser import Browser
from tests.storefront.test_staff_refunds import open_invoice, refund_form
from tests.storefront.test_staff_refunds import paid as paid
from tests.storefront.visitors import make_seller

OLD = timedelta(minutes=31)
MONEY = {
    "/creator/sales/{sale_id:uuid}/refund",
    "/creator/legal",
    "/staff/sales/{sale_id:uuid}/refund",
    "/purchases/{purchase_id:uuid}/refund",
    "/tokens/orders/{pack_order_id:uuid}/refund",
    "/staff/invoices/{invoice_id:uuid}/refund",
    "/staff/refunds/{refund_id:uuid}/decide",
    "/staff/refunds/sales/{waiting_id:uuid}/decide",
    "/staff/affiliates/payouts/run",
    "/staff/contracts/{contract_id:uuid}/credit",
    "/staff/contracts/{contract_id:uuid}/credit/refuse",
    "/staff/contracts/{contract_id:uuid}/credit/take-back",
    "/staff/payments/operations/{operation_id:uuid}/replay",
    "/staff/payments/jobs/{job_id:int}/replay",
    "/staff/payments/tasks/{task:str}/replay",
    "/staff/withdrawals/{statement_id:uuid}/execute",
}
"""Forms that give money back or make it move, and settings of payouts.

Declaring a withdrawal is a right that no password may bar.
"""

FACTOR = {f"/account/security/{what}" for what in ("begin", "codes", "off")}
HOSTS = {"/account/brand/hosts", "/account/brand/hosts/{host_id:uuid}/remove"}
LOOKS = {"/staff/customers/{account_id:uuid}/impersonate"}
KEYS = {
    "/account/api-keys/{key_id:uuid}/rotate",
    "/account/webhooks",
    "/account/webhooks/{endpoint_id:uuid}/rotate",
}
SIGN_IN = {
    "/account/sign-in/domains/{domain_id:uuid}/remove",
    *(
        f"/account/sign-in/connections/{{connection_id:uuid}}/{act}"
        for act in ("off", "optional", "remove")
    ),
}
"""The others ask as well, of accounts whose plan has single sign-on."""


async def _age(by: timedelta = OLD) -> None:
    await put("user_session", "created_at", system_now() - by)


async def test_every_form_that_returns_money_asks_who_is_there(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    forms = filled_forms(world, system_now().isoformat())
    asked = set()

    for route in WRITES:
        filled = forms[route.path]
        found = cast.named(filled.by).person
        assert found is not None
        person = await sign_in_again(found.user_id, found.email)
        await _age()
        sent = {**filled.fields, "csrf_token": csrf_of(services, person)}
        if route.path.startswith("/staff/refunds/"):
            sent["decision"] = "approve"
        answer = await ask(client, route, world, session_headers(services, person), sent)
        asked |= {route.path} if "again_password" in answer.text else set()

    assert asked == MONEY | FACTOR | HOSTS | KEYS | LOOKS | SIGN_IN


async def test_what_was_typed_is_done_after_the_password(browser: Browser, paid: Paid) -> None:
    opened = await open_invoice(browser, paid)
    await _age()

    stopped = await browser.submit(
        opened, refund_form(paid), {"amount": "99,50", "reason": "A week <b>without</b>."}
    )
    nothing = await returned(paid)
    again = {"again_password": PASSWORD}
    done = await browser.follow(await browser.submit(stopped, refund_form(paid), again))

    assert stopped.status == 403
    assert "you did so more than 30 minutes ago" in stopped.words
    assert nothing == []
    assert "The money is on its way back" in done.words
    assert "A week <b>without</b>." in done.words
    assert await returned(paid) == [9950]


async def test_a_wrong_password_shows_the_page_again_and_moves_nothing(
    browser: Browser, paid: Paid
) -> None:
    opened = await open_invoice(browser, paid)
    await _age()
    typed = {"amount": "99,50", "reason": "A week."}
    stopped = await browser.submit(opened, refund_form(paid), typed)

    wrong = await browser.submit(stopped, refund_form(paid), {"again_password": "not this"})
    typed_again = dict(wrong.form(refund_form(paid)).fields)

    assert wrong.status == 422
    assert "The current password is wrong" in wrong.words
    assert (typed_again["amount"], typed_again["reason"], typed_again["again_password"]) == (
        "99,50",
        "A week.",
        "",
    )
    assert await returned(paid) == []


async def test_guesses_of_the_password_are_counted(browser: Browser, paid: Paid) -> None:
    opened = await open_invoice(browser, paid)
    await _age()
    typed = {"amount": "1", "reason": "A week.", "again_password": "not this"}
    form = dict(opened.form(refund_form(paid)).fields)

    statuses = [
        (await browser.post(refund_form(paid), {**form, **typed})).status
        for _ in range(PASSWORD_CHECK_PER_USER.tries + 1)
    ]

    assert set(statuses[:-1]) == {422}
    assert statuses[-1] == 429
    assert await returned(paid) == []


async def test_one_answer_is_enough_for_a_while(browser: Browser, paid: Paid) -> None:
    await _age()
    page = await browser.get("/sign-in/again?next=/tokens")

    done = await browser.submit(page, "/sign-in/again", {"again_password": PASSWORD})
    opened = await open_invoice(browser, paid)
    typed = {"amount": "1", "reason": "A week."}
    returned_at_once = await browser.submit(opened, refund_form(paid), typed)

    assert (done.status, done.location) == (303, "/tokens")
    assert returned_at_once.status == 303
    await put("user_session", "confirmed_at", system_now() - OLD)
    assert (await browser.submit(opened, refund_form(paid), typed)).status == 403


async def test_no_password_of_another_form_is_written_into_the_page(
    browser: Browser, paid: Paid
) -> None:
    opened = await open_invoice(browser, paid)
    await _age()
    form = dict(opened.form(refund_form(paid)).fields)

    seen = await browser.post(refund_form(paid), {**form, "current_password": "my own secret"})

    assert "my own secret" not in seen.response.text


async def test_payout_settings_ask_and_then_lead_to_stripe(
    services: Services, browser: Browser
) -> None:
    browser.become(await make_seller(services))
    await _age()

    stopped = await browser.get("/creator/onboarding")
    account = await browser.get("/creator/onboarding/account")
    again = {"again_password": PASSWORD}
    back = await browser.submit(stopped, "/sign-in/again", again)

    assert (stopped.status, account.status) == (403, 403)
    assert back.location == "/creator/onboarding"
    assert (await browser.get("/creator/onboarding")).status == 303


async def test_the_api_says_it_with_a_code_and_keys_are_not_asked(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    await _age()
    sale = gid("Purchase", world.rows["sale"])
    query = (
        f'mutation {{ purchaseRefund(input: {{purchaseId: "{sale}", amountMinor: 100, '
        'reason: "So.", idempotencyKey: "k", dryRun: %s}) { userErrors { code } } }'
    )
    creator = cast.named("creator").person
    assert creator is not None

    stopped = await as_session(client, services, creator).send(query % "false")
    shown = await as_session(client, services, creator).send(query % "true")
    by_key = await cast.named("creator's key MARKETPLACE").api.send(query % "false")

    assert stopped.data["purchaseRefund"]["userErrors"] == [{"code": "SIGN_IN_AGAIN"}]
    assert shown.data["purchaseRefund"]["userErrors"] == []
    assert "SIGN_IN_AGAIN" not in str(by_key.body)
