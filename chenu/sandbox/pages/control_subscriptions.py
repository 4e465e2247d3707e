"""Control room: what somebody does to a subscription in Stripe's Dashboard."""

from collections.abc import Callable

from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.cards import DECLINES
from chenu.sandbox.objects.discount import end_discount
from chenu.sandbox.objects.invoice_payment import find_intent
from chenu.sandbox.objects.refund import new_refund
from chenu.sandbox.objects.subscription import ENDED
from chenu.sandbox.objects.subscription_ending import cancel_now
from chenu.sandbox.objects.subscription_item import items_of, period_end
from chenu.sandbox.objects.subscription_update import update_subscription
from chenu.sandbox.pages.control_payloads import answer, payload
from chenu.sandbox.pages.rendering import render
from chenu.sandbox.pages.requests import HttpRequest, sandbox_of
from chenu.sandbox.runtime import Sandbox

_PAGE = "/_sandbox/subscriptions"
_SHOWN = 100
_PRORATIONS = ("create_prorations", "always_invoice", "none")
_BEHAVIORS = ("keep_as_draft", "mark_uncollectible", "void")

Action = Callable[[UnitOfWork, Record, Json], None]


@get("/subscriptions", sync_to_thread=False)
def show_subscriptions(request: HttpRequest) -> Response[str]:
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    return render(
        "subscriptions.html",
        subscriptions=_rows(sandbox),
        prices=_prices(sandbox),
        outcomes=("succeeded", *DECLINES),
    )


def _rows(sandbox: Sandbox) -> list[Json]:
    rows = []
    for record in sandbox.store.select("subscription", PLATFORM, limit=_SHOWN):
        body = record.body
        customer = sandbox.store.find("customer", body["customer"], PLATFORM)
        known = customer.body if customer else {}
        rows.append(
            {
                "id": record.id,
                "customer": body["customer"],
                "name": known.get("name") or known.get("email") or "",
                "status": body["status"],
                "paused": bool(body["pause_collection"]),
                "has_ended": body["status"] in ENDED,
                "ends": body["cancel_at"],
                "renews": period_end(body),
                "price": items_of(body)[0]["price"]["id"],
                "discounts": body["discounts"],
                "next_charge": customer.internal.get("next_charge") if customer else None,
            }
        )
    return rows


def _prices(sandbox: Sandbox) -> list[Json]:
    filters = [Filter("type", "=", "recurring"), Filter("active", "=", 1)]
    return [one.body for one in sandbox.store.select("price", PLATFORM, filters, limit=_SHOWN)]


@post("/subscriptions/{subscription:str}/{action:str}", status_code=200)
async def act_on_subscription(
    request: HttpRequest, subscription: FromPath[str], action: FromPath[str]
) -> Response[bytes] | Redirect:
    """See `_ACTIONS` for what can be done."""
    given, run = await payload(request), _ACTIONS.get(action)
    if run is None:
        raise NotFoundException(f"actions are {', '.join(_ACTIONS)}")
    sandbox = sandbox_of(request)
    sandbox.scheduler.run_due()
    with sandbox.engine.unit() as unit:
        record = unit.find("subscription", subscription)
        if record is None:
            raise NotFoundException("no such subscription")
        if record.body["status"] in ENDED and action != "refund":
            raise ClientException(f"this subscription is {record.body['status']}")
        try:
            run(unit.on_clock_of(record), record, given)
        except ApiError as error:
            raise ClientException(error.message) from error
        body = unit.get("subscription", subscription).body
    return answer(request, body, back_to=_PAGE)


def _change(unit: UnitOfWork, subscription: Record, given: Json) -> None:
    """{"price": id, "proration_behavior": optional}: another price for the first item."""
    _refuse_schedule(subscription)
    price = unit.get("price", str(given.get("price")), param="price")
    wanted: Json = {"items": [{"id": items_of(subscription.body)[0]["id"], "price": price.id}]}
    behavior = given.get("proration_behavior", _PRORATIONS[0])
    if behavior not in _PRORATIONS:
        raise ClientException(f"proration_behavior is one of {', '.join(_PRORATIONS)}")
    wanted["proration_behavior"] = behavior
    update_subscription(unit, subscription, wanted)


def _pause(unit: UnitOfWork, subscription: Record, given: Json) -> None:
    """{"behavior": what becomes of its invoices}"""
    behavior = given.get("behavior", "void")
    if behavior not in _BEHAVIORS:
        raise ClientException(f"behavior is one of {', '.join(_BEHAVIORS)}")
    update_subscription(unit, subscription, {"pause_collection": {"behavior": behavior}})


def _unpause(unit: UnitOfWork, subscription: Record, given: Json) -> None:
    update_subscription(unit, subscription, {"pause_collection": ""})


def _cancel(unit: UnitOfWork, subscription: Record, given: Json) -> None:
    """{"at_period_end": true}, or at once."""
    if not given.get("at_period_end"):
        cancel_now(unit, subscription, {})
        return
    _refuse_schedule(subscription)
    update_subscription(unit, subscription, {"cancel_at_period_end": True})


def _resume(unit: UnitOfWork, subscription: Record, given: Json) -> None:
    """Take a cancellation at the end of the period back."""
    _refuse_schedule(subscription)
    update_subscription(unit, subscription, {"cancel_at_period_end": False})


def _refund(unit: UnitOfWork, subscription: Record, given: Json) -> None:
    """{"amount": cents, optional}: of the latest invoice that was paid by card."""
    amount = given.get("amount")
    if amount is not None and not isinstance(amount, int):
        raise ClientException("amount is a number of cents")
    of = Filter("parent.subscription_details.subscription", "=", subscription.id)
    for invoice in unit.store.select("invoice", unit.account, [of]):
        intent = find_intent(unit, invoice) if invoice.body["status"] == "paid" else None
        charge_id = intent.body["latest_charge"] if intent else None
        if charge_id:
            wanted = {} if amount is None else {"amount": amount}
            new_refund(unit, unit.get("charge", charge_id), wanted)
            return
    raise ClientException("no invoice of this subscription was paid by card")


def _remove_discounts(unit: UnitOfWork, subscription: Record, given: Json) -> None:
    for discount_id in list(subscription.body["discounts"]):
        end_discount(unit, subscription, unit.get("discount", discount_id))


def _refuse_schedule(subscription: Record) -> None:
    if subscription.body["schedule"]:
        raise ClientException(f"managed by the schedule {subscription.body['schedule']}")


_ACTIONS: dict[str, Action] = {
    "cancel": _cancel,
    "change": _change,
    "resume": _resume,
    "pause": _pause,
    "refund": _refund,
    "remove_discounts": _remove_discounts,
    "unpause": _unpause,
}

SUBSCRIPTION_HANDLERS = [act_on_subscription, show_subscriptions]
