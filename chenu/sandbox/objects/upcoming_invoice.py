"""The announcement of renewals."""

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.invoice_preview import preview_change
from chenu.sandbox.objects.subscription import UPCOMING
from chenu.sandbox.objects.subscription_item import period_end


@task(UPCOMING)
def _announce(unit: UnitOfWork, subscription_id: str) -> None:
    """With the preview as its object; nothing is announced where there will be no renewal."""
    subscription = unit.find("subscription", subscription_id)
    if subscription is None or unit.find("customer", subscription.body["customer"]) is None:
        return
    if period_end(subscription.body) != unit.now + unit.config.upcoming_invoice_days * DAY:
        return
    try:
        invoice = preview_change(unit, subscription, {})
    except ApiError:
        return
    unit.emit("invoice.upcoming", invoice)
