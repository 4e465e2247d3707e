"""What the Checkout page says about a subscription: its price, and when its trial ends."""

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record


def renewal_of(session: Record | None) -> Json | None:
    """The amount of each period, and the interval; None for a single payment."""
    if session is None or session.body["mode"] != "subscription":
        return None
    lines: list[Json] = session.internal["lines"]
    recurring = lines[0]["price"]["recurring"]
    return {
        "amount": sum(line["price"]["unit_amount"] * line["quantity"] for line in lines),
        "count": recurring["interval_count"],
        "interval": recurring["interval"],
    }


def trial_end_of(session: Record | None) -> int | None:
    """When a trial that begins with the session would end."""
    data = session.internal.get("subscription_data") if session else None
    if session is None or not data:
        return None
    days = data.get("trial_period_days")
    end = session.body["created"] + days * DAY if days else data.get("trial_end")
    return None if end is None else int(end)
