"""Updates of subscriptions: at once, or when the invoice for the change is paid."""

from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.cards import DECLINES
from chenu.sandbox.objects.discount import replaced_discounts
from chenu.sandbox.objects.invoice_collection import finalize_and_collect
from chenu.sandbox.objects.parameters import merge_metadata
from chenu.sandbox.objects.payment_intent import Attempt
from chenu.sandbox.objects.subscription import fill_subscription, schedule_steps
from chenu.sandbox.objects.subscription_change import (
    Change,
    apply_change,
    charge_prorations,
    draft_change,
    plan_change,
)
from chenu.sandbox.objects.subscription_deadlines import (
    INCOMPLETE_SECONDS,
    announce_trial_end,
    drop_pending_update,
)
from chenu.sandbox.objects.subscription_item import period_end
from chenu.sandbox.objects.subscription_lines import debits_of

CHANGING = ("billing_cycle_anchor", "items", "trial_end")
"""Parameters that change what is billed."""

WITH_PENDING = (
    *CHANGING,
    "cancel_at_period_end",
    "metadata",
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
)
"""Parameters that can wait for a payment."""


def update_subscription(
    unit: UnitOfWork, subscription: Record, given: Json, rows: list[Json] | None = None
) -> None:
    """Change what the parameters say, or the items to `rows`; raises ApiError.

    The record may be out of date afterwards: a payment has changed the subscription again.
    """
    behavior = given.get("payment_behavior", "allow_incomplete")
    values = _values(unit, subscription, given)
    if "discounts" in given:
        values["discounts"] = replaced_discounts(unit, subscription, given["discounts"])
    if rows is None and not any(name in given for name in CHANGING):
        apply_change(unit, subscription, Change(), values)
        return
    drop_pending_update(unit, subscription)
    plan = plan_change(unit, subscription, given, rows, values.get("discounts"))
    charge_prorations(unit, subscription, plan)
    if behavior == "pending_if_incomplete" and plan.is_billed_now:
        _change_when_paid(unit, subscription, plan, values)
        return
    apply_change(unit, subscription, plan, values)
    if plan.is_billed_now:
        invoice = draft_change(unit, subscription, plan)
        invoice.body["auto_advance"] = True
        attempt = finalize_and_collect(unit, invoice)
        if attempt is not None and behavior == "error_if_incomplete":
            check_paid(attempt)
    if "trial_end" in given and given["trial_end"] != "now":
        announce_trial_end(unit, subscription)


def check_paid(attempt: Attempt) -> None:
    """Raises ApiError 402, which undoes everything, unless the payment succeeded."""
    if attempt.status == "succeeded":
        return
    decline = attempt.decline or DECLINES["generic_decline"]
    if attempt.status == "requires_action":
        decline = DECLINES["authentication_required"]
    raise ApiError(
        decline.message,
        status=402,
        kind="card_error",
        code="subscription_payment_intent_requires_action"
        if attempt.status == "requires_action"
        else decline.code,
        details={"decline_code": decline.decline_code},
    )


def _change_when_paid(unit: UnitOfWork, subscription: Record, plan: Change, values: Json) -> None:
    plan.patch.pop("debits", None)
    invoice = draft_change(unit, subscription, plan, is_pending=True)
    invoice.body["auto_advance"] = True
    expires_at = min(unit.now + INCOMPLETE_SECONDS, period_end(subscription.body))
    subscription.internal["pending_change"] = {
        "credited": plan.credited,
        "debits": debits_of(invoice.body),
        "expires_at": expires_at,
        "invoice": invoice.id,
        "patch": {**plan.patch, **values},
    }
    unit.save(subscription)
    finalize_and_collect(unit, invoice)
    reload(unit, subscription)
    if subscription.internal.get("pending_change") is None:
        return
    with unit.change(subscription, "customer.subscription.updated") as body:
        body["pending_update"] = _pending_update(expires_at, plan, values)
    schedule_steps(unit, subscription)


def _pending_update(expires_at: int, plan: Change, values: Json) -> Json:
    return {
        "billing_cycle_anchor": plan.patch.get("billing_cycle_anchor"),
        "cancel_at_period_end": values.get("cancel_at_period_end"),
        "discount": None,
        "discounts": None,
        "expires_at": expires_at,
        "metadata": values.get("metadata"),
        "subscription_items": copy_json({"all": plan.items})["all"],
        "trial_end": plan.patch.get("trial_end"),
        "trial_from_plan": None,
    }


def reload(unit: UnitOfWork, subscription: Record) -> None:
    """Collection has its own record of the subscription: read what it wrote."""
    fresh = unit.get("subscription", subscription.id)
    subscription.body, subscription.internal = fresh.body, fresh.internal


def _values(unit: UnitOfWork, subscription: Record, given: Json) -> Json:
    """The values of the body that need no calculation; only those that the parameters name."""
    body = copy_json(subscription.body)
    fill_subscription(body, given)
    if "metadata" in given:
        merge_metadata(body, given["metadata"])
    _set_cancellation(unit, body, given)
    if "pause_collection" in given:
        paused = given["pause_collection"] or None
        if paused and "resumes_at" in paused:
            _check_future(unit, paused["resumes_at"], "pause_collection[resumes_at]")
        body["pause_collection"] = {"resumes_at": None, **paused} if paused else None
    return {key: value for key, value in body.items() if value != subscription.body[key]}


def _check_future(unit: UnitOfWork, moment: object, param: str) -> None:
    """Raises ApiError for what is over, and for moments that are named in another way."""
    if not isinstance(moment, int):
        raise unsupported(f"`{moment}` as a moment", param)
    if moment <= unit.now:
        raise ApiError("Timestamp must be in the future.", param=param)


def _set_cancellation(unit: UnitOfWork, body: Json, given: Json) -> None:
    details = given.get("cancellation_details") or {}
    for name, text in details.items():
        body["cancellation_details"][name] = text or None
    if "cancel_at" in given:
        moment = given["cancel_at"] or None
        body["cancel_at_period_end"] = False
        if moment in ("min_period_end", "max_period_end"):
            moment = period_end(body)
        elif moment is not None:
            _check_future(unit, moment, "cancel_at")
        body["cancel_at"] = moment
    elif "cancel_at_period_end" in given:
        body["cancel_at"] = period_end(body) if given["cancel_at_period_end"] else None
    else:
        return
    is_ending = body["cancel_at"] is not None
    body["canceled_at"] = (body["canceled_at"] or unit.now) if is_ending else None
    body["cancellation_details"]["reason"] = "cancellation_requested" if is_ending else None
