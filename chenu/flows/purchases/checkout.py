"""Stripe's payment page for one purchase: opened, found again, and closed."""

from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from chenu.accounts.actor import AccountId
from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.purchases import (
    PurchaseRow,
    get_own_purchase,
    get_purchase,
    move_status,
    record_checkout,
)
from chenu.billing.gateway import (
    CheckoutLine,
    CheckoutMode,
    CheckoutRequest,
    CheckoutSession,
    StripeRefusal,
)
from chenu.billing.ports import CataloguePort, CheckoutPort, CustomerPort
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState, RefusedError
from chenu.flows.mirrors.sync import sync_customer, sync_price
from chenu.flows.operation_handlers import ChangeHandler, OperationHandler, get_subject
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.gone_copies import (
    GoneRefusal,
    find_gone,
    forget_gone,
    is_about_copies,
)
from chenu.flows.services import Services
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation,
    create_operation_after,
    find_by_key,
    find_last,
)

SESSION_LIFE = timedelta(minutes=30, seconds=30)
"""Stripe's shortest is 30 minutes from when the request arrives there."""

_MOST_PAGES = 3
"""How often a page is asked for in one request, when what it needs turns out to be gone."""


class PaymentFailed(RefusedError):
    """The payment page could not be opened, or the payment did not come about."""

    code = "PAYMENT_FAILED"


def session_key(purchase_id: PurchaseId) -> str:
    return f"cs:{purchase_id}"


async def find_opening(purchase_id: PurchaseId) -> OperationRow | None:
    """The last operation that opens the purchase's page."""
    kinds = (OperationKind.CHECKOUT_SESSION,)
    return await find_last(kinds, purchase_id, session_key(purchase_id))


def payment_key(purchase_id: PurchaseId) -> str:
    return f"payment:{purchase_id}"


def session_operation(
    purchase: PurchaseRow, customer_id: str, price_id: str, success_url: str, cancel_url: str
) -> NewOperation:
    """The operation that opens the page; its life is frozen now, so that a retry is the same."""
    params = CheckoutRequest(
        mode=CheckoutMode.PAYMENT,
        customer_id=customer_id,
        lines=(CheckoutLine(price_id),),
        reference=str(purchase.id),
        metadata={
            "kind": "agent",
            "purchase_id": str(purchase.id),
            "agent_id": str(purchase.agent_id),
            "account_id": str(purchase.account_id),
        },
        transfer_group=f"order_{purchase.id}",
        success_url=success_url,
        cancel_url=cancel_url,
        locale=purchase.consent_locale,
        expires_at=_expiry(),
    )
    return NewOperation(
        OperationKind.CHECKOUT_SESSION,
        session_key(purchase.id),
        params,
        subject_id=purchase.id,
        account_id=purchase.account_id,
        amount=purchase.price_amount,
    )


def _expiry() -> int:
    return int((system_now() + SESSION_LIFE).timestamp())


class SessionParams(msgspec.Struct, frozen=True):
    """Of what asks about a page, or closes it."""

    session_id: str


async def create_expiry(purchase: PurchaseRow, session_id: str) -> OperationRow:
    """The operation that closes the page; one that was refused is followed by another."""
    key = f"expire:{purchase.id}"
    last = await find_last((OperationKind.CHECKOUT_EXPIRY,), purchase.id, key)
    if last is not None and last.state != OperationState.FAILED:
        return last
    new = NewOperation(
        OperationKind.CHECKOUT_EXPIRY,
        key,
        SessionParams(session_id),
        subject_id=purchase.id,
        account_id=purchase.account_id,
    )
    return await create_operation_after(new, last)


async def adopt_session(purchase: PurchaseRow, session: CheckoutSession) -> None:
    """Remember the page and wait for its payment, in the caller's transaction."""
    await record_checkout(purchase.id, session.id, session.url, session.expires_at)
    await create_operation(
        NewOperation(
            OperationKind.CHECKOUT_PAYMENT,
            payment_key(purchase.id),
            SessionParams(session.id),
            subject_id=purchase.id,
            account_id=purchase.account_id,
            amount=purchase.price_amount,
        )
    )


@dataclass(frozen=True)
class CheckoutSessionHandler(OperationHandler[CheckoutRequest, CheckoutSession]):
    checkouts: CheckoutPort
    customers: CustomerPort
    catalogue: CataloguePort

    kind = OperationKind.CHECKOUT_SESSION
    params_type = CheckoutRequest

    async def call(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutSession:
        try:
            return await self.checkouts.create_checkout(params, operation)
        except StripeRefusal as refusal:
            gone = await find_gone(self.customers, self.catalogue, params)
            if not gone.names and not is_about_copies(refusal):
                raise
            raise GoneRefusal(refusal, gone) from refusal

    async def find_existing(
        self, operation: OperationRow, params: CheckoutRequest
    ) -> CheckoutSession | None:
        return await self.checkouts.find_checkout(params.customer_id, operation)

    async def apply(
        self, operation: OperationRow, params: CheckoutRequest, answer: CheckoutSession
    ) -> str:
        purchase = await get_purchase(get_subject(operation), lock=True)
        await adopt_session(purchase, answer)
        return answer.id

    async def on_refused(
        self, operation: OperationRow, params: CheckoutRequest, refusal: StripeRefusal
    ) -> None:
        """No page was opened, nothing can be paid; for what is gone the request stays."""
        purchase = await get_purchase(get_subject(operation), lock=True)
        if isinstance(refusal, GoneRefusal):
            await forget_gone(refusal.gone, purchase.agent_id)
        elif purchase.is_pending:
            status = PurchaseStatus.FAILED
            await move_status(purchase.id, status, failure_code="checkout_refused")

    async def renew(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutRequest:
        if not (await get_purchase(get_subject(operation))).is_pending:
            raise InvalidState("This request has ended: the buyer can make another one")
        return replace(params, expires_at=_expiry())


@dataclass(frozen=True)
class CheckoutExpiryHandler(ChangeHandler[SessionParams]):
    """Only closes the page; what that means for the purchase is CHECKOUT_PAYMENT's to say."""

    checkouts: CheckoutPort

    kind = OperationKind.CHECKOUT_EXPIRY
    params_type = SessionParams

    async def call(self, operation: OperationRow, params: SessionParams) -> None:
        await self.checkouts.expire_checkout(params.session_id, operation)


async def open_checkout(
    services: Services, purchase: PurchaseRow, success_url: str | None, cancel_url: str | None
) -> PurchaseRow:
    """The purchase with its page. Raises PaymentFailed, PriceChanged, ProviderUnavailable."""
    if purchase.checkout_url is not None:
        return purchase
    page = services.url(f"/purchases/{purchase.id}")
    for _ in range(_MOST_PAGES):
        opening = await find_opening(purchase.id)
        if opening is None or opening.state == OperationState.FAILED:
            opening = await _ask_anew(
                services, purchase, opening, success_url or page, cancel_url or page
            )
        opened = await run_operation(services, opening.id)
        purchase = await get_purchase(purchase.id)
        if opened.state != OperationState.FAILED:
            return purchase
        if not purchase.is_pending:
            break
    raise _not_opened()


async def _ask_anew(
    services: Services,
    purchase: PurchaseRow,
    refused: OperationRow | None,
    success_url: str,
    cancel_url: str,
) -> OperationRow:
    """The operation that opens the page, for customer and price as they are now.

    Raises PriceChanged after the request: the job that closes its page drops it.
    """
    owner = await sync_customer(services, purchase.account_id)
    if owner.customer_id is None:
        raise _not_opened()
    agent = await sync_price(services, purchase.agent_id, purchase.price)
    if agent.stripe_price_id is None:
        raise _not_opened()
    request = session_operation(
        purchase, owner.customer_id, agent.stripe_price_id, success_url, cancel_url
    )
    return await create_operation_after(request, refused)


def _not_opened() -> PaymentFailed:
    return PaymentFailed("The payment page could not be opened. Nothing was charged")


async def close_checkout(services: Services, purchase: PurchaseRow) -> PurchaseRow:
    """Close the page at Stripe, then adopt what is true: canceled, or paid a moment before.

    Raises ProviderUnavailable when Stripe does not answer; nothing is decided then.
    """
    opening = await find_opening(purchase.id)
    if opening is not None:  # a page whose answer was lost is found first
        opening = await run_operation(services, opening.id)
    if opening is None or opening.state == OperationState.FAILED:
        return await _drop(purchase.id)
    current = await get_purchase(purchase.id)
    if current.is_pending and current.checkout_session_id is not None:
        expiry = await create_expiry(current, current.checkout_session_id)
        await run_operation(services, expiry.id)
        payment = await find_by_key(payment_key(purchase.id))
        if payment is not None:
            await run_operation(services, payment.id)
    return await get_purchase(purchase.id)


async def _drop(purchase_id: PurchaseId) -> PurchaseRow:
    """A request for which no page was ever asked for, or none opened."""

    async def cancel() -> None:
        purchase = await get_purchase(purchase_id, lock=True)
        opening = await find_opening(purchase_id)
        has_page = opening is not None and opening.state != OperationState.FAILED
        if purchase.is_pending and not has_page:
            await move_status(purchase_id, PurchaseStatus.CANCELED, failure_code="checkout_expired")

    await db.run_in_transaction(cancel)
    return await get_purchase(purchase_id)


async def cancel_own_purchase(
    services: Services, account_id: AccountId, purchase_id: PurchaseId
) -> PurchaseRow:
    """The buyer changed their mind before paying. Raises NotFound, ProviderUnavailable."""
    purchase = await get_own_purchase(account_id, purchase_id)
    return await close_checkout(services, purchase) if purchase.is_pending else purchase
