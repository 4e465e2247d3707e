"""Operations of subscriptions for random sequences; `a` and `b` choose what they do to what."""

from typing import Any

from tests.sandbox.operations import KEY, Engine, Operation
from tests.sandbox.playground import CARD

_CARDS = (
    "4242424242424242",
    "4000000000000341",
    "4242420000000018",
    "4000000000000002",
    "5555555555554444",
)
_INTERVALS = ("month", "month", "year", "week")
_BEHAVIORS = ("always_invoice", "create_prorations", "none")
_PAYMENTS = ("allow_incomplete", "pending_if_incomplete", "error_if_incomplete")
_TRIAL_ENDS = ("cancel", "pause", "create_invoice")


async def _price(engine: Engine, amount: int, interval: str) -> str:
    answer = await engine.post(
        "/v1/prices",
        {
            "currency": "eur",
            "unit_amount": amount,
            "product_data[name]": "Plan",
            "recurring[interval]": interval,
        },
    )
    return str(answer["id"])


async def _pick(
    engine: Engine, place: int, status: str = "all", kind: str = "subscriptions"
) -> Any:
    answer = await engine.play.http.get(
        f"/v1/{kind}", params={"limit": 20, "status": status}, headers=KEY
    )
    found = answer.json()["data"]
    return found[place % len(found)] if found else None


async def subscribe(engine: Engine, a: int, b: int) -> None:
    form: dict[str, Any] = {
        "mode": "subscription",
        "line_items[0][price]": await _price(engine, 50 + a * 97, _INTERVALS[b % 4]),
        "line_items[0][quantity]": 1 + a % 3,
        "success_url": "http://shop.test/done",
        "payment_method_collection": "if_required",
    }
    card = _CARDS[a % 5]
    if b % 2:
        form["subscription_data[trial_period_days]"] = 1 + b
        behavior = "subscription_data[trial_settings][end_behavior][missing_payment_method]"
        form[behavior] = _TRIAL_ENDS[b % 3]
        card = "" if b % 3 else card
    session = await engine.post("/v1/checkout/sessions", form)
    typed = {**CARD, "card": card, "email": "x@example.org"}
    await engine.play.http.post(f"/c/pay/{session['id']}", data=typed)


async def change_plan(engine: Engine, a: int, b: int) -> None:
    found = await _pick(engine, a)
    if not found:
        return
    form: dict[str, Any] = {
        "items[0][id]": found["items"]["data"][0]["id"],
        "items[0][price]": await _price(engine, 60 + b * 131, _INTERVALS[(a + b) % 4]),
        "proration_behavior": _BEHAVIORS[b % 3],
        "payment_behavior": _PAYMENTS[a % 3],
    }
    if a % 4 == 0:
        await engine.play.control(
            f"customers/{found['customer']}/next_charge", {"outcome": "generic_decline"}
        )
    await engine.post(f"/v1/subscriptions/{found['id']}", form)


async def change_state(engine: Engine, a: int, b: int) -> None:
    found = await _pick(engine, a)
    if not found:
        return
    form: dict[str, Any] = (
        {"cancel_at_period_end": "true"},
        {"cancel_at_period_end": "false"},
        {"pause_collection[behavior]": ("void", "keep_as_draft", "mark_uncollectible")[a % 3]},
        {"pause_collection": ""},
        {"trial_end": "now"},
        {"billing_cycle_anchor[type]": "now", "proration_behavior": _BEHAVIORS[a % 3]},
        {"items[0][id]": found["items"]["data"][0]["id"], "items[0][quantity]": 1 + a},
    )[b % 7]
    await engine.post(f"/v1/subscriptions/{found['id']}", form)


async def end(engine: Engine, a: int, b: int) -> None:
    found = await _pick(engine, a)
    if not found:
        return
    if found["status"] == "paused":
        await engine.post(f"/v1/subscriptions/{found['id']}/resume", {})
    elif b % 3 == 0:
        await engine.play.http.request(
            "DELETE",
            f"/v1/subscriptions/{found['id']}",
            params={"prorate": "true", "invoice_now": "true" if a % 2 else "false"},
            headers=KEY,
        )


async def schedule(engine: Engine, a: int, b: int) -> None:
    found = await _pick(engine, a, ("active", "trialing")[b % 2])
    if not found:
        return
    made = await engine.post("/v1/subscription_schedules", {"from_subscription": found["id"]})
    if "error" in made:
        if found["schedule"] and b % 2:
            await engine.post(f"/v1/subscription_schedules/{found['schedule']}/release", {})
        return
    now = made["phases"][0]
    form = {
        "phases[0][items][0][price]": now["items"][0]["price"],
        "phases[0][items][0][quantity]": now["items"][0]["quantity"],
        "phases[0][start_date]": now["start_date"],
        "phases[0][end_date]": now["end_date"],
        "phases[1][items][0][price]": await _price(engine, 70 + b * 83, _INTERVALS[a % 4]),
        "phases[1][duration][interval]": "month",
        "phases[1][billing_cycle_anchor]": ("phase_start", "automatic")[b % 2],
        "end_behavior": "cancel" if b % 5 == 0 else "release",
    }
    if now["trial_end"]:
        form["phases[0][trial_end]"] = now["trial_end"]
    await engine.post(f"/v1/subscription_schedules/{made['id']}", form)


async def settle_invoice(engine: Engine, a: int, b: int) -> None:
    status = ("open", "open", "draft", "uncollectible", "paid")[(a + b) % 5]
    found = await _pick(engine, a, status, "invoices")
    if not found:
        return
    if b % 4 == 0:
        call = ("void", "finalize", "mark_uncollectible")[a % 3]
        await engine.post(f"/v1/invoices/{found['id']}/{call}", {})
    elif b % 4 == 1:
        await engine.post(f"/v1/invoices/{found['id']}/pay", {})
    elif found["hosted_invoice_url"]:
        card = {**CARD, "card": _CARDS[b % 5]}
        await engine.play.http.post(found["hosted_invoice_url"], data=card)


async def preview(engine: Engine, a: int, b: int) -> None:
    found = await _pick(engine, a)
    if not found:
        return
    before = await engine.play.control("state")
    form = {
        "subscription": found["id"],
        "subscription_details[items][0][id]": found["items"]["data"][0]["id"],
        "subscription_details[items][0][quantity]": 1 + b,
        "subscription_details[proration_behavior]": _BEHAVIORS[b % 3],
    }
    await engine.post("/v1/invoices/create_preview", form)
    assert await engine.play.control("state") == before


async def let_time_pass(engine: Engine, a: int, b: int) -> None:
    await engine.play.advance(f"PT{1 + a * (1 + b)}H")


SUBSCRIPTION_OPERATIONS: tuple[Operation, ...] = (
    subscribe,
    subscribe,
    change_plan,
    change_plan,
    change_state,
    change_state,
    end,
    schedule,
    settle_invoice,
    settle_invoice,
    preview,
    let_time_pass,
    let_time_pass,
)
