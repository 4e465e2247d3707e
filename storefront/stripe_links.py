"""Where Stripe's own dashboard shows an object."""

from urllib.parse import quote

from chenu.settings import StripeMode

_DASHBOARD = {
    StripeMode.LIVE: "https://dashboard.stripe.com/search?query=",
    StripeMode.TEST: "https://dashboard.stripe.com/test/search?query=",
}


def find_stripe_url(mode: StripeMode, stripe_id: str) -> str | None:
    """None for the sandbox, which has no dashboard."""
    search = _DASHBOARD.get(mode)
    return None if search is None else f"{search}{quote(stripe_id)}"
