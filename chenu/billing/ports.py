"""What the business asks of Stripe, by topic. The one implementation is live_gateway.py.

Each method raises OutcomeUnknown if the answer is lost, StripeRefusal if Stripe refuses. A
`find_...` with an operation searches all pages for what an earlier attempt of it created.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from chenu.billing.customer_requests import (
    CustomerAddress,
    CustomerRequest,
    CustomerUpdate,
    TaxIdChange,
    TaxIdState,
)
from chenu.billing.dispute_states import DisputeState, EvidenceRequest, FraudWarningState
from chenu.billing.gateway import (
    AgentPriceRequest,
    BalanceMovement,
    CheckoutRequest,
    CheckoutSession,
    ConnectAccountRequest,
    ConnectState,
    ConnectUpdate,
    EventSummary,
    OperationIdentity,
    PriceState,
    ProductUpdate,
    RefundRequest,
    ReversalRequest,
    TransferRequest,
)
from chenu.billing.made_movements import MadeMovement
from chenu.billing.payouts import MoneyAtStripe, PayoutState
from chenu.billing.plan_changes import (
    InvoicePreview,
    ItemChange,
    LaterChange,
    WaitingChange,
)
from chenu.billing.recurring import (
    Card,
    CouponRequest,
    CreditNoteRequest,
    CreditNoteState,
    InvoiceState,
    RefundState,
    SubscriptionState,
)
from chenu.billing.renewals import RenewalPreview


class CustomerPort(Protocol):
    async def create_customer(self, request: CustomerRequest, by: OperationIdentity) -> str: ...

    async def find_customer(self, email: str, by: OperationIdentity) -> str | None: ...

    async def update_customer(self, change: CustomerUpdate, by: OperationIdentity) -> None: ...

    async def put_tax_id(self, change: TaxIdChange, by: OperationIdentity) -> TaxIdState | None: ...

    async def get_tax_id(self, tax_id: str) -> TaxIdState: ...

    async def find_address(self, customer_id: str) -> CustomerAddress | None: ...

    async def delete_customer(self, customer_id: str) -> None: ...

    async def is_customer_there(self, customer_id: str) -> bool: ...


class CataloguePort(Protocol):
    """Products and prices of agents."""

    async def put_agent_price(self, request: AgentPriceRequest, by: OperationIdentity) -> str: ...

    async def update_product(self, change: ProductUpdate, by: OperationIdentity) -> None: ...

    async def find_price(self, price_id: str) -> PriceState | None: ...


class CheckoutPort(Protocol):
    """Payment pages."""

    async def create_checkout(
        self, request: CheckoutRequest, by: OperationIdentity
    ) -> CheckoutSession: ...

    async def get_checkout(self, session_id: str) -> CheckoutSession: ...

    async def find_checkout(
        self, customer_id: str, by: OperationIdentity
    ) -> CheckoutSession | None: ...

    async def expire_checkout(self, session_id: str, by: OperationIdentity) -> None: ...


class MoneyPort(Protocol):
    """Transfers and refunds, which leave the platform's balance."""

    async def create_transfer(self, request: TransferRequest, by: OperationIdentity) -> str: ...

    async def find_transfer(self, transfer_group: str, by: OperationIdentity) -> str | None: ...

    async def list_transfers(self, transfer_group: str, since: datetime) -> list[MadeMovement]: ...

    async def create_reversal(self, request: ReversalRequest, by: OperationIdentity) -> str: ...

    async def find_reversal(self, transfer_id: str, by: OperationIdentity) -> str | None: ...

    async def list_reversals(self, transfer_id: str, since: datetime) -> list[MadeMovement]: ...

    async def create_refund(self, request: RefundRequest, by: OperationIdentity) -> str: ...

    async def find_refund(self, payment_intent_id: str, by: OperationIdentity) -> str | None: ...

    async def put_refund(self, request: RefundRequest, by: OperationIdentity) -> RefundState: ...

    async def create_credit_note(
        self, request: CreditNoteRequest, by: OperationIdentity
    ) -> CreditNoteState: ...

    async def find_credit_note(
        self, invoice_id: str, by: OperationIdentity
    ) -> CreditNoteState | None: ...


class ConnectPort(Protocol):
    """Accounts of people who are paid."""

    async def create_connect_account(
        self, request: ConnectAccountRequest, by: OperationIdentity
    ) -> str: ...

    async def find_connect_account(self, by: OperationIdentity) -> str | None: ...

    async def update_connect_account(
        self, change: ConnectUpdate, by: OperationIdentity
    ) -> None: ...

    async def get_connect_state(self, account_id: str) -> ConnectState: ...

    async def make_onboarding_link(
        self, account_id: str, return_url: str, refresh_url: str
    ) -> str: ...

    async def make_login_link(self, account_id: str) -> str: ...


class PayoutPort(Protocol):
    """What connected accounts have at Stripe."""

    async def get_money(self, account_id: str) -> MoneyAtStripe: ...

    async def get_payout(self, account_id: str, payout_id: str) -> PayoutState: ...


class SubscriptionPort(Protocol):
    """Subscriptions, and the invoices that Stripe makes for them."""

    async def find_price_by_key(self, lookup_key: str) -> str | None: ...

    async def get_subscription(self, subscription_id: str) -> SubscriptionState: ...

    async def preview_renewal(self, subscription_id: str) -> RenewalPreview: ...

    async def set_cancel_at_period_end(
        self, subscription_id: str, by: OperationIdentity, *, cancel: bool, reason: str | None
    ) -> SubscriptionState: ...

    async def cancel_subscription(
        self, subscription_id: str, by: OperationIdentity
    ) -> SubscriptionState: ...

    async def get_invoice(self, invoice_id: str) -> InvoiceState: ...

    async def find_invoice_of_payment(self, payment_intent_id: str) -> str | None: ...

    async def get_refund(self, refund_id: str) -> RefundState: ...

    async def list_refunds(self, charge_id: str) -> list[RefundState]: ...

    async def get_credit_note(self, document_id: str) -> CreditNoteState: ...

    async def preview_change(self, change: ItemChange) -> InvoicePreview: ...

    async def find_subscription_of_schedule(self, schedule_id: str) -> str | None: ...

    async def open_portal(self, customer_id: str, return_url: str, locale: str) -> str: ...


class PlanChangePort(Protocol):
    """Changes of a subscription's plan, which may charge its difference."""

    async def change_item(
        self, change: ItemChange, by: OperationIdentity, *, resume: bool
    ) -> SubscriptionState: ...

    async def schedule_change(self, change: LaterChange, by: OperationIdentity) -> None: ...

    async def drop_waiting(self, waiting: WaitingChange, by: OperationIdentity) -> None: ...


class DocumentPort(Protocol):
    """PDF documents of Stripe's."""

    async def download_document(self, url: str) -> bytes:
        """Raises DocumentRefused besides."""
        ...


class CouponPort(Protocol):
    """Coupons, and the one that a subscription has."""

    async def put_coupon(self, request: CouponRequest, by: OperationIdentity) -> str: ...

    async def is_coupon_there(self, coupon_id: str) -> bool: ...

    async def put_discount(
        self, subscription_id: str, coupon_id: str, by: OperationIdentity
    ) -> SubscriptionState: ...


class CardPort(Protocol):
    """The cards that subscriptions are charged with."""

    async def find_card(self, subscription_id: str) -> Card | None: ...

    async def open_card_page(self, customer_id: str, return_url: str, locale: str) -> str: ...


class InvoicePort(Protocol):
    """Charges on a customer's behalf."""

    async def pay_invoice(self, invoice_id: str, card_id: str, by: OperationIdentity) -> None: ...


class DisputePort(Protocol):
    """Disputes of charges, and what comes before them."""

    async def get_dispute(self, dispute_id: str) -> DisputeState: ...

    async def submit_evidence(
        self, request: EvidenceRequest, by: OperationIdentity
    ) -> DisputeState: ...

    async def get_fraud_warning(self, warning_id: str) -> FraudWarningState: ...


class ReportPort(Protocol):
    """Calls that only read."""

    def list_events(self, types: Sequence[str], since: datetime) -> AsyncIterator[EventSummary]: ...

    def list_thin_events(
        self, types: Sequence[str], since: datetime
    ) -> AsyncIterator[EventSummary]: ...

    def list_balance_movements(self, since: datetime) -> AsyncIterator[BalanceMovement]: ...

    def list_movements_of(self, source_id: str) -> AsyncIterator[BalanceMovement]: ...


class Gateway(
    CustomerPort,
    CataloguePort,
    CheckoutPort,
    MoneyPort,
    ConnectPort,
    PayoutPort,
    SubscriptionPort,
    DocumentPort,
    CouponPort,
    PlanChangePort,
    CardPort,
    InvoicePort,
    DisputePort,
    ReportPort,
    Protocol,
):
    """All ports together, for the composition root."""

    async def close(self) -> None: ...
