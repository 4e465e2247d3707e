"""The connection to Stripe: client, timeouts, and conversion of its errors to ours.

This is the one module of the business that imports the SDK; stripe_projections.py,
stripe_checkout.py, stripe_payments.py, stripe_connect.py and stripe_reports.py hold the calls.
docs/stripe.md says which call stands where and why.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx
import stripe
from stripe.v2 import ListObject as V2ListObject

from chenu.billing.gateway import OperationIdentity, OutcomeUnknown, StripeRefusal
from chenu.core import db, tracing
from chenu.core.i18n import mark
from chenu.settings import StripeSettings

if TYPE_CHECKING:  # to make these hundreds of types would take as long as to import all else here
    from stripe.params import (
        BalanceTransactionListParams,
        CouponCreateParams,
        CreditNoteCreateParams,
        CustomerCreateParams,
        CustomerCreateParamsAddress,
        CustomerUpdateParams,
        PriceCreateParams,
        ProductUpdateParams,
        TransferCreateParams,
    )
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsSubscriptionData

    SessionParams = SessionCreateParams
    NewCustomerParams = CustomerCreateParams
    ChangedCustomerParams = CustomerUpdateParams
    ChangedProductParams = ProductUpdateParams
    AddressParams = CustomerCreateParamsAddress
    """Creation and update have the same fields in it."""
    SubscriptionParams = SessionCreateParamsSubscriptionData
    CouponParams = CouponCreateParams
    CreditNoteParams = CreditNoteCreateParams
    PriceParams = PriceCreateParams
    MovementListParams = BalanceTransactionListParams
    TransferParams = TransferCreateParams

T = TypeVar("T")
Listed = TypeVar("Listed", bound=stripe.StripeObject)

API_VERSION: Final = "2026-10-28.endive"
PAGE: Final = 100
OPERATION: Final = "operation_id"
"""The metadata key that holds the id of the operation which created an object."""

_CLOCKS_DIFFER = timedelta(days=1)
"""How long before the operation a search at Stripe begins, as its clock may differ."""

_LOST = mark("The payment service did not answer. We are checking what happened")
_BUSY = mark("The payment service is busy right now, please try again in a moment")

_IN_USE = 409
"""Another request with this key or for this object is running: its outcome is not known yet."""

_NO_ACCESS = "account_invalid"
"""A connected account that is gone, or whose owner revoked our access."""

_WORD = re.compile(r"[a-z_]*|v\d")
"""A segment of a path that is no id; Stripe's ids contain digits and capitals."""

stripe.enable_telemetry = False


class _TracedClient(stripe.HTTPXClient):
    """A span per attempt, with the path's `_template` only, and nothing of what is sent or
    received.
    """

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        path = _template(url)
        with tracing.span(f"Stripe {method.upper()} {path}", tracing.Kind.CLIENT) as note:
            note.attributes |= {"http.request.method": method.upper(), "url.template": path}
            body, status, answered = await super().request_async(method, url, headers, post_data)
            note.attributes["http.response.status_code"] = status
            note.attributes["stripe.request_id"] = answered.get("request-id", "")
            note.error = str(status) if status >= 400 else ""
        return body, status, answered


def _template(url: str) -> str:
    """The path without ids and query, which may contain an email address."""
    parts = urlsplit(url).path.split("/")
    return "/".join(part if _WORD.fullmatch(part) else "{id}" for part in parts)


class StripeCaller:
    """One per event loop; `close` it at shutdown. The same code calls Stripe and the sandbox."""

    def __init__(self, settings: StripeSettings) -> None:
        self._settings = settings

    @cached_property
    def _http(self) -> _TracedClient:
        """Made for the first call: it reads all certificates that are trusted."""
        return _TracedClient(timeout=httpx.Timeout(20, connect=5))

    @cached_property
    def client(self) -> stripe.StripeClient:
        api_base = self._settings.api_base
        return stripe.StripeClient(
            self._settings.key,
            http_client=self._http,
            max_network_retries=2,  # a client without it retries nothing
            stripe_version=API_VERSION,
            base_addresses={"api": api_base} if api_base else None,
        )

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """One call, with errors converted to ours; refuses to run inside a transaction."""
        if db.in_transaction():
            raise RuntimeError("no transaction is open during a call to Stripe")
        try:
            return await call()
        except stripe.PermissionError as error:
            if _read_code(error) == _NO_ACCESS:
                raise _refusal(error) from error
            raise OutcomeUnknown(_BUSY) from error
        except (stripe.RateLimitError, stripe.AuthenticationError) as error:
            raise OutcomeUnknown(_BUSY) from error
        except (stripe.APIConnectionError, stripe.APIError) as error:
            raise OutcomeUnknown(_LOST, is_remembered=_is_remembered(error)) from error
        except stripe.StripeError as error:
            if error.http_status == _IN_USE:
                raise OutcomeUnknown(_BUSY) from error
            raise _refusal(error) from error

    async def iterate(
        self, call: Callable[[], Awaitable[stripe.ListObject[Listed] | V2ListObject[Listed]]]
    ) -> AsyncIterator[Listed]:
        """All items of a list; each page is a call of its own, as in `ask`."""
        listed = (await self.ask(call)).auto_paging_iter()
        while (found := await self.ask(lambda: anext(listed, None))) is not None:
            yield found

    async def find_made(
        self,
        by: OperationIdentity,
        call: Callable[[], Awaitable[stripe.ListObject[Listed] | V2ListObject[Listed]]],
    ) -> Listed | None:
        """The object in this list that the operation created, found by its metadata."""
        async for found in self.iterate(call):
            if read_metadata(found).get(OPERATION) == str(by.id):
                return found
        return None

    async def close(self) -> None:
        if "_http" in vars(self):
            await self._http.close_async()  # type: ignore[no-untyped-call]


def metadata_of(by: OperationIdentity, **more: str) -> dict[str, str]:
    """The metadata of an object that the operation creates."""
    return {OPERATION: str(by.id), **more}


def since(by: OperationIdentity) -> int:
    """The earliest time at which the operation can have created something, in unix time."""
    return int((by.created_at - _CLOCKS_DIFFER).timestamp())


def read_metadata(found: stripe.StripeObject) -> dict[str, str]:
    metadata = getattr(found, "metadata", None)
    return {} if metadata is None else metadata.to_dict()


def _is_remembered(error: stripe.StripeError) -> bool:
    """Stripe stores the first answer to a key for a day, status 500 included, and marks repeats."""
    return (error.headers or {}).get("idempotent-replayed") == "true"


def _refusal(error: stripe.StripeError) -> StripeRefusal:
    """For cards, requests and v2's own errors.

    The message is Stripe's and never shown to people.
    """
    code = _read_code(error) or type(error).__name__
    return StripeRefusal(code, str(error), getattr(error, "param", None))


def _read_code(error: stripe.StripeError) -> str | None:
    """For missing access the SDK leaves the error code in the body."""
    body = error.json_body if isinstance(error.json_body, dict) else {}
    said = body.get("error")
    code = error.code or (said.get("code") if isinstance(said, dict) else None)
    return code if isinstance(code, str) else None
