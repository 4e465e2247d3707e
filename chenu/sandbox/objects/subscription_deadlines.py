"""What happens to a subscription that nobody pays for in time: trials, first payments, changes."""

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.invoice import void
from chenu.sandbox.objects.subscription import change

NOTICE = 3 * DAY
"""How long before its end a trial is announced."""

INCOMPLETE_SECONDS = 23 * 3600
"""How long a first payment and a pending update can wait."""

_TRIAL_WILL_END = "subscription_trial_will_end"
_EXPIRE_INCOMPLETE = "subscription_expire_incomplete"


def announce_trial_end(unit: UnitOfWork, subscription: Record) -> None:
    """Three days before the end of a trial, or at once when it is shorter."""
    end = subscription.body["trial_end"]
    if end is None:
        return
    if end - NOTICE <= unit.now:
        unit.emit("customer.subscription.trial_will_end", subscription.body)
    else:
        unit.schedule(end - NOTICE, _TRIAL_WILL_END, subscription.id)


@task(_TRIAL_WILL_END)
def _trial_will_end(unit: UnitOfWork, subscription_id: str) -> None:
    subscription = unit.find("subscription", subscription_id)
    if subscription is None or subscription.body["status"] != "trialing":
        return
    if subscription.body["trial_end"] == unit.now + NOTICE:
        unit.emit("customer.subscription.trial_will_end", subscription.body)


def expect_first_payment(unit: UnitOfWork, subscription: Record) -> None:
    """A subscription whose first invoice is not paid for 23 hours expires."""
    unit.schedule(unit.now + INCOMPLETE_SECONDS, _EXPIRE_INCOMPLETE, subscription.id)


@task(_EXPIRE_INCOMPLETE)
def _expire_incomplete(unit: UnitOfWork, subscription_id: str) -> None:
    subscription = unit.find("subscription", subscription_id)
    if subscription is None or subscription.body["status"] != "incomplete":
        return
    invoice = unit.get("invoice", subscription.body["latest_invoice"])
    if invoice.body["status"] == "open":
        void(unit, invoice)
    change(unit, subscription, status="incomplete_expired", ended_at=unit.now)


def expire_pending_update(unit: UnitOfWork, subscription: Record) -> None:
    """Drop a change whose invoice was not paid in time; the invoice is void."""
    waiting = subscription.internal.get("pending_change")
    if waiting and waiting["expires_at"] <= unit.now:
        drop_pending_update(unit, subscription)


def drop_pending_update(unit: UnitOfWork, subscription: Record) -> None:
    """A change that waits for its payment expires, or gives way to a new one or to the end."""
    waiting = subscription.internal.pop("pending_change", None)
    if waiting is None:
        return
    invoice = unit.find("invoice", waiting["invoice"])
    if invoice is not None and invoice.body["status"] == "open":
        void(unit, invoice)
    unit.save(subscription)
    if subscription.body["pending_update"]:
        change(unit, subscription, pending_update=None)
        unit.emit("customer.subscription.pending_update_expired", subscription.body)
