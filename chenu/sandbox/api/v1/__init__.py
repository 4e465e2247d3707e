"""The calls of API v1, one module for each kind of object; importing this package registers all."""

from chenu.sandbox.api.v1 import (
    accounts,
    balance,
    charges,
    customers,
    disputes,
    events,
    invoices,
    payment_intents,
    payment_methods,
    payouts,
    prices,
    products,
    refunds,
    sessions,
    transfers,
    webhook_endpoints,
)

__all__ = [
    "accounts",
    "balance",
    "charges",
    "customers",
    "disputes",
    "events",
    "invoices",
    "payment_intents",
    "payment_methods",
    "payouts",
    "prices",
    "products",
    "refunds",
    "sessions",
    "transfers",
    "webhook_endpoints",
]
