"""Stripe's payment page for one purchase: opened, found again, and closed when the offer ends."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec

from chenu.agents.model import AgentId, PurchaseId, PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_purchase, move_status, record_checkout
from chenu.billing.gateway import (
    CheckoutLine,
    CheckoutMode,
    CheckoutRequest,
    CheckoutSession,
    StripeRefusal,
)
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState
from chenu.flows.mirrors.agent_price import forget_price
from chenu.flows.mirrors.customer import forget_customer
from chenu.flows.operations.handler import OperationHandler, get_subject
from chenu.flows.services import Services
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation,
    create_operation_after,
    find_last,
)

SESSION_LIFE = timedelta(minutes=30, seconds=30)
"""Stripe's shortest is 30 minutes from when the request arrives there."""


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


@dataclass(frozen=True, slots=True)
class Gone:
    """What a page needs and Stripe does not have any more, or does not sell."""

    customer_id: str | None = None
    price_id: str | None = None

    @property
    def names(self) -> str:
        customer = "customer" if self.customer_id else ""
        price = "price" if self.price_id else ""
        return "_and_".join(filter(None, (customer, price)))


class _GoneRefusal(StripeRefusal):
    """A page was refused for what is gone: another one, with what follows it, may open."""

    def __init__(self, refusal: StripeRefusal, gone: Gone) -> None:
        code = f"{gone.names}_gone" if gone.names else refusal.code
        super().__init__(code, str(refusal), refusal.param)
        self.gone = gone


_OF_COPIES = ("customer", "line_items")
"""Parameters that name our copies: refused, and there a moment later, means renewed meanwhile."""


async def find_gone(services: Services, request: CheckoutRequest) -> Gone:
    """Asks Stripe, whose refusals name the reason in too many ways. Raises OutcomeUnknown."""
    is_there, *prices = await asyncio.gather(
        services.gateway.is_customer_there(request.customer_id),
        *(_is_sellable(services, price_id) for price_id in request.price_ids),
    )
    unsold = [
        price_id for price_id, sold in zip(request.price_ids, prices, strict=True) if not sold
    ]
    return Gone(None if is_there else request.customer_id, unsold[0] if unsold else None)


async def _is_sellable(services: Services, price_id: str) -> bool:
    price = await services.gateway.find_price(price_id)
    return price is not None and price.is_sellable


async def forget_gone(gone: Gone, agent_id: AgentId) -> None:
    """Our copies of what is gone, in the caller's transaction: the next page has new ones made."""
    if gone.customer_id is not None:
        await forget_customer(gone.customer_id)
    if gone.price_id is not None:
        await forget_price(gone.price_id, agent_id)


class CheckoutSessionHandler(OperationHandler[CheckoutRequest, CheckoutSession]):
    kind = OperationKind.CHECKOUT_SESSION
    params_type = CheckoutRequest

    async def call(
        self, services: Services, operation: OperationRow, params: CheckoutRequest
    ) -> CheckoutSession:
        try:
            return await services.gateway.create_checkout(params, operation)
        except StripeRefusal as refusal:
            gone = await find_gone(services, params)
            if not gone.names and not (refusal.param or "").startswith(_OF_COPIES):
                raise
            raise _GoneRefusal(refusal, gone) from refusal

    async def find_existing(
        self, services: Services, operation: OperationRow, params: CheckoutRequest
    ) -> CheckoutSession | None:
        return await services.gateway.find_checkout(params.customer_id, operation)

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
        if isinstance(refusal, _GoneRefusal):
            await forget_gone(refusal.gone, purchase.agent_id)
        elif purchase.is_pending:
            status = PurchaseStatus.FAILED
            await move_status(purchase.id, status, failure_code="checkout_refused")

    async def renew(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutRequest:
        if not (await get_purchase(get_subject(operation))).is_pending:
            raise InvalidState("This request has ended: the buyer can make another one")
        return replace(params, expires_at=_expiry())


class CheckoutExpiryHandler(OperationHandler[SessionParams, None]):
    """Only closes the page; what that means for the purchase is CHECKOUT_PAYMENT's to say."""

    kind = OperationKind.CHECKOUT_EXPIRY
    params_type = SessionParams

    async def call(
        self, services: Services, operation: OperationRow, params: SessionParams
    ) -> None:
        await services.gateway.expire_checkout(params.session_id, operation)

    async def apply(self, operation: OperationRow, params: SessionParams, answer: None) -> None:
        return None


def is_open_for(purchase: PurchaseRow, seconds: int) -> bool:
    """Has the buyer still this long to pay on the page that is open?"""
    expires_at = purchase.checkout_expires_at or datetime.min.replace(tzinfo=UTC)
    return purchase.checkout_url is not None and expires_at - system_now() > timedelta(
        seconds=seconds
    )
