"""Stripe's customer portal: its configuration by `chenu bootstrap-stripe`, and sessions.

There people change their card, name, address and tax id, and read invoices. Plans are changed and
cancelled here, not there: what waits, previews and reasons are ours.
"""

from typing import Any, Final

from chenu.billing.gateway import StripeRefusal
from chenu.billing.stripe_gateway import PAGE, StripeCaller, read_metadata

_OURS = "chenu"
_NAME = "portal"
_MISSING = "portal_not_configured"

_FEATURES: Final[dict[str, Any]] = {
    "customer_update": {"enabled": True, "allowed_updates": ["address", "name", "tax_id"]},
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {"enabled": False},
    "subscription_update": {"enabled": False},
}


class StripePortal(StripeCaller):
    """Sessions for two ports, SubscriptionPort and CardPort, and what bootstrap-stripe makes."""

    async def put_portal_configuration(self, public_url: str) -> str:
        """`created`, `updated` or `unchanged`; found by its metadata."""
        wanted: Any = {
            "business_profile": {
                "privacy_policy_url": f"{public_url}/privacy",
                "terms_of_service_url": f"{public_url}/terms",
            },
            "default_return_url": f"{public_url}/account/plan",
            "features": _FEATURES,
            "metadata": {_OURS: _NAME},
        }
        configurations = self.client.v1.billing_portal.configurations
        found = await self._find_configuration()
        if found is None:
            await self.ask(lambda: configurations.create_async(wanted))
            return "created"
        if _holds(found.to_dict(), wanted):
            return "unchanged"
        await self.ask(lambda: configurations.update_async(found.id, wanted))
        return "updated"

    async def _find_configuration(self) -> Any:
        """The active one that is ours; None before bootstrap-stripe has run."""
        listed = self.iterate(
            lambda: self.client.v1.billing_portal.configurations.list_async(
                {"active": True, "limit": PAGE}
            )
        )
        async for found in listed:
            if read_metadata(found).get(_OURS) == _NAME:
                return found
        return None

    async def open_portal(self, customer_id: str, return_url: str, locale: str) -> str:
        """The address of a session, for one visitor. Raises StripeRefusal, OutcomeUnknown."""
        return await self._open({"customer": customer_id, "return_url": return_url}, locale)

    async def open_card_page(self, customer_id: str, return_url: str, locale: str) -> str:
        """Likewise of one in which nothing but the card is changed."""
        flow = {
            "type": "payment_method_update",
            "after_completion": {"type": "redirect", "redirect": {"return_url": return_url}},
        }
        session = {"customer": customer_id, "return_url": return_url, "flow_data": flow}
        return await self._open(session, locale)

    async def _open(self, session: dict[str, Any], locale: str) -> str:
        configuration = await self._find_configuration()
        if configuration is None:
            raise StripeRefusal(_MISSING, "bootstrap-stripe has made no portal configuration")
        params: Any = {**session, "configuration": configuration.id, "locale": locale}
        opened = await self.ask(lambda: self.client.v1.billing_portal.sessions.create_async(params))
        return opened.url


def _holds(found: Any, wanted: Any) -> bool:
    """Whether what is there says everything that is wanted."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            _holds(found.get(name), value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(found, list) and sorted(found) == sorted(wanted)
    return bool(found == wanted)
