"""The life of a subscription as time passes. One task does, in order, whatever is due by then."""

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.billing_periods import next_boundary
from chenu.sandbox.objects.subscription import (
    STEP,
    cancel_subscription,
    change,
    customer_of,
    default_method,
    schedule_steps,
)
from chenu.sandbox.objects.subscription_billing import bill_renewal
from chenu.sandbox.objects.subscription_deadlines import expire_pending_update
from chenu.sandbox.objects.subscription_item import (
    interval_of,
    items_of,
    period_end,
    period_start,
    set_period,
)
from chenu.sandbox.objects.subscription_schedule import follow_schedule


@task(STEP)
def _step(unit: UnitOfWork, subscription_id: str) -> None:
    subscription = unit.find("subscription", subscription_id)
    if subscription is None or unit.find("customer", subscription.body["customer"]) is None:
        return
    if subscription.body["ended_at"] is not None:
        return
    expire_pending_update(unit, subscription)
    _resume_collection(unit, subscription)
    follow_schedule(unit, subscription)
    _end_or_renew(unit, subscription)


def _end_or_renew(unit: UnitOfWork, subscription: Record) -> None:
    """A schedule may have ended the subscription already."""
    body = subscription.body
    if body["ended_at"] is not None:
        return
    if body["cancel_at"] and body["cancel_at"] <= unit.now:
        cancel_subscription(unit, subscription, _reason(body))
        return
    if period_end(body) <= unit.now:
        _begin_period(unit, subscription)
    schedule_steps(unit, subscription)


def _reason(body: Json) -> str:
    return body["cancellation_details"]["reason"] or "cancellation_requested"


def _resume_collection(unit: UnitOfWork, subscription: Record) -> None:
    paused = subscription.body["pause_collection"]
    if paused and paused["resumes_at"] and paused["resumes_at"] <= unit.now:
        change(unit, subscription, pause_collection=None)


def _begin_period(unit: UnitOfWork, subscription: Record) -> None:
    """The end of a trial or of a period. A paused subscription stands still."""
    status = subscription.body["status"]
    if status in ("paused", "incomplete"):
        return
    if status == "trialing" and not _trial_can_be_paid(unit, subscription):
        return
    period = (period_start(subscription.body), period_end(subscription.body))
    with unit.change(subscription, "customer.subscription.updated") as body:
        if status == "trialing":
            body["status"] = "active"
        items = items_of(body)
        start = period[1]
        set_period(
            items, start, next_boundary(body["billing_cycle_anchor"], interval_of(items), start)
        )
    bill_renewal(unit, subscription, period)


def _trial_can_be_paid(unit: UnitOfWork, subscription: Record) -> bool:
    """False when it ended or paused for want of a card."""
    if default_method(unit, subscription, customer_of(unit, subscription).id) is not None:
        return True
    behavior = subscription.body["trial_settings"]["end_behavior"]["missing_payment_method"]
    if behavior == "cancel":
        cancel_subscription(unit, subscription, None)
    elif behavior == "pause":
        pause(unit, subscription)
    return bool(behavior == "create_invoice")


def pause(unit: UnitOfWork, subscription: Record) -> None:
    """The trial is over and nobody can pay: stand still until the subscription is resumed."""
    with unit.change(subscription, "customer.subscription.updated") as body:
        body["status"] = "paused"
        body["status_details"] = {
            "paused": {
                "subscription": {"type": "trial_end_without_payment_method"},
                "transitioned_at": unit.now,
                "type": "subscription",
            }
        }
    unit.emit("customer.subscription.paused", subscription.body)
