"""The customer portal, for several test files."""

from typing import Any

import httpx

from tests.sandbox.playground import Playground

FEATURES: dict[str, Any] = {
    "customer_update": {
        "enabled": True,
        "allowed_updates": ["name", "email", "address", "tax_id"],
    },
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {
        "enabled": True,
        "mode": "at_period_end",
        "cancellation_reason": {"enabled": True, "options": ["too_expensive", "other"]},
    },
}


async def new_configuration(play: Playground, **features: Any) -> Any:
    return await play.stripe.v1.billing_portal.configurations.create_async(
        {"features": {**FEATURES, **features}, "default_return_url": "http://shop.test/account"}
    )


async def open_portal(play: Playground, customer: Any, **values: Any) -> Any:
    configuration = values.pop("configuration", None) or (await new_configuration(play)).id
    return await play.stripe.v1.billing_portal.sessions.create_async(
        {"customer": customer.id, "configuration": configuration, **values}
    )


async def press(play: Playground, session: Any, action: str, **typed: str) -> httpx.Response:
    return await play.http.post(session.url, data={"action": action, **typed})
