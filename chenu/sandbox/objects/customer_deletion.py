"""The deletion of customers, which ends their subscriptions."""

from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import remove_customer
from chenu.sandbox.objects.subscription import cancel_subscription


def delete_customer(unit: UnitOfWork, customer: Record) -> None:
    """Cancel what the customer subscribes to, then delete the customer."""
    unit = unit.on_clock_of(customer)
    theirs = [Filter("customer", "=", customer.id), Filter("ended_at", "IS", None)]
    for subscription in unit.store.select("subscription", unit.account, theirs):
        cancel_subscription(unit, subscription, "cancellation_requested")
    remove_customer(unit, unit.get("customer", customer.id))
