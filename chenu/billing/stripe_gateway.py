"""The connection to Stripe: client, limits of patience, and errors in our words.

This is the one module of the business that imports the SDK; stripe_payments.py, stripe_connect.py
and stripe_reports.py hold the calls. docs/stripe.md says which call stands where and why.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import httpx
import stripe

from chenu.billing.gateway import OutcomeUnknown, StripeRefusal
from chenu.core import db
from chenu.core.i18n import mark
from chenu.settings import StripeSettings

T = TypeVar("T")

API_VERSION: Final = "2026-10-28.endive"
_LOST = mark("The payment service did not answer. We are checking what happened")
_BUSY = mark("The payment service is busy right now, please try again in a moment")

_IN_USE = 409
"""Another request with this key or on this object is under way: its outcome is not known yet."""

stripe.enable_telemetry = False


class StripeCaller:
    """One per event loop; `close` it at shutdown. The same code serves Stripe and the sandbox."""

    def __init__(self, settings: StripeSettings) -> None:
        self._http = stripe.HTTPXClient(timeout=httpx.Timeout(20, connect=5))
        self.client = stripe.StripeClient(
            settings.key,
            http_client=self._http,
            max_network_retries=2,  # a bare client retries nothing
            stripe_version=API_VERSION,
            base_addresses={"api": settings.api_base} if settings.api_base else None,
        )

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """One call with its errors in our words; refuses to run inside a transaction."""
        if db.in_transaction():
            raise RuntimeError("no transaction is open during a call to Stripe")
        try:
            return await call()
        except (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError) as error:
            raise OutcomeUnknown(_BUSY) from error
        except (stripe.APIConnectionError, stripe.APIError) as error:
            raise OutcomeUnknown(_LOST, is_kept=_is_kept(error)) from error
        except stripe.StripeError as error:
            if error.http_status == _IN_USE:
                raise OutcomeUnknown(_BUSY) from error
            raise _refusal(error) from error

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]


def _is_kept(error: stripe.StripeError) -> bool:
    """Stripe keeps the first answer of a key for a day, errors 500 included, and says so."""
    return (error.headers or {}).get("idempotent-replayed") == "true"


def _refusal(error: stripe.StripeError) -> StripeRefusal:
    """Cards, requests and v2's own errors; the message is Stripe's and never shown to people."""
    code = error.code or type(error).__name__
    return StripeRefusal(code, str(error), getattr(error, "param", None))
