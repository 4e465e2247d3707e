"""The fields of Stripe's objects that we read, at API 2026-10-28.endive, and their meaning to us.

Payloads are converted to structs here, once; a missing field is None, never an AttributeError.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from chenu.billing.gateway import (
    BalanceMovement,
    Charge,
    CheckoutSession,
    CheckoutStatus,
    ConnectState,
    CurrencyRefused,
    EventSummary,
)
from chenu.core.ids import find_id
from chenu.core.money import Cents, is_our_currency


def require_ours(object_id: str, currency: str) -> None:
    """Raises CurrencyRefused if the amounts are not in our currency."""
    if not is_our_currency(currency):
        raise CurrencyRefused.of(object_id, currency)


class _BalanceTransaction(msgspec.Struct):
    id: str
    fee: int


class _Charge(msgspec.Struct):
    id: str
    amount: int
    amount_refunded: int
    currency: str
    created: int
    payment_intent: str | None = None
    receipt_url: str | None = None
    balance_transaction: _BalanceTransaction | str | None = None


class _LastError(msgspec.Struct):
    code: str | None = None
    decline_code: str | None = None


class _PaymentIntent(msgspec.Struct):
    id: str
    latest_charge: _Charge | str | None = None
    last_payment_error: _LastError | None = None


class _TotalDetails(msgspec.Struct):
    amount_discount: int = 0
    amount_tax: int = 0


class _Invoice(msgspec.Struct):
    id: str
    hosted_invoice_url: str | None = None


class _Session(msgspec.Struct):
    id: str
    status: CheckoutStatus
    payment_status: str
    expires_at: int
    url: str | None = None
    currency: str | None = None
    amount_total: int | None = None
    total_details: _TotalDetails | None = None
    metadata: dict[str, str] | None = None
    client_reference_id: str | None = None
    payment_intent: _PaymentIntent | str | None = None
    invoice: _Invoice | str | None = None
    subscription: str | None = None


SESSION_EXPAND = ["payment_intent.latest_charge.balance_transaction", "invoice"]
"""What `read_session` needs in addition to the session itself."""


def read_session(payload: dict[str, Any]) -> CheckoutSession:
    """Raises CurrencyRefused."""
    session = msgspec.convert(payload, _Session)
    if session.currency is not None:
        require_ours(session.id, session.currency)
    details = session.total_details or _TotalDetails()
    intent = session.payment_intent if isinstance(session.payment_intent, _PaymentIntent) else None
    invoice = session.invoice if isinstance(session.invoice, _Invoice) else None
    return CheckoutSession(
        id=session.id,
        status=session.status,
        is_paid=session.payment_status == "paid",
        url=session.url,
        expires_at=datetime.fromtimestamp(session.expires_at, UTC),
        kind=(session.metadata or {}).get("kind"),
        order_id=find_id(session.client_reference_id),
        amount_total=Cents(session.amount_total or 0),
        amount_discount=Cents(details.amount_discount),
        amount_tax=Cents(details.amount_tax),
        charge=_read_charge(intent),
        invoice_url=invoice.hosted_invoice_url if invoice else None,
        last_decline=_read_decline(intent),
        subscription_id=session.subscription,
        invoice_id=invoice.id if invoice else None,
    )


def read_payment_intent(payload: dict[str, Any]) -> Charge | None:
    """The charge that settled it; None until Stripe has booked it. Raises CurrencyRefused."""
    return _read_charge(msgspec.convert(payload, _PaymentIntent))


def _read_charge(intent: _PaymentIntent | None) -> Charge | None:
    """None until Stripe has booked it: only then is its fee known."""
    charge = intent.latest_charge if intent else None
    if intent is None or not isinstance(charge, _Charge):
        return None
    require_ours(charge.id, charge.currency)
    entry = charge.balance_transaction
    if not isinstance(entry, _BalanceTransaction):
        return None
    return Charge(
        id=charge.id,
        payment_intent_id=intent.id,
        amount=Cents(charge.amount),
        refunded=Cents(charge.amount_refunded),
        fee=Cents(entry.fee),
        receipt_url=charge.receipt_url,
        created=datetime.fromtimestamp(charge.created, UTC),
    )


def _read_decline(intent: _PaymentIntent | None) -> str | None:
    error = intent.last_payment_error if intent else None
    return (error.decline_code or error.code) if error else None


class _Status(msgspec.Struct):
    status: str = "restricted"


class _Transfers(msgspec.Struct):
    stripe_transfers: _Status | None = None


class _Capabilities(msgspec.Struct):
    stripe_balance: _Transfers | None = None


class _Recipient(msgspec.Struct):
    capabilities: _Capabilities | None = None


class _Configuration(msgspec.Struct):
    recipient: _Recipient | None = None


class _Requirement(msgspec.Struct):
    description: str = ""


class _Requirements(msgspec.Struct):
    entries: list[_Requirement] | None = None


class _Account(msgspec.Struct):
    id: str
    closed: bool | None = None
    configuration: _Configuration | None = None
    requirements: _Requirements | None = None


def read_account(payload: dict[str, Any]) -> ConnectState:
    account = msgspec.convert(payload, _Account)
    recipient = account.configuration.recipient if account.configuration else None
    balance = (
        recipient.capabilities.stripe_balance if recipient and recipient.capabilities else None
    )
    transfers = balance.stripe_transfers if balance else None
    entries = account.requirements.entries if account.requirements else None
    return ConnectState(
        id=account.id,
        transfers_status=transfers.status if transfers else "restricted",
        requirements=tuple(entry.description for entry in entries or ()),
        is_closed=bool(account.closed),
    )


class _EventObject(msgspec.Struct):
    id: str | None = None
    """Some objects have none: a balance, or a preview of an invoice."""


class _EventData(msgspec.Struct):
    object: _EventObject


class _Event(msgspec.Struct):
    id: str
    type: str
    data: _EventData
    created: int
    account: str | None = None


def read_event(payload: dict[str, Any]) -> EventSummary:
    """A snapshot event; only what identifies it is read."""
    return _summarise(msgspec.convert(payload, _Event))


def _summarise(event: _Event) -> EventSummary:
    created = datetime.fromtimestamp(event.created, UTC)
    return EventSummary(event.id, event.type, event.data.object.id or "", event.account, created)


class _Related(msgspec.Struct):
    id: str | None = None


class _ThinEvent(msgspec.Struct):
    id: str
    type: str
    created: datetime
    related_object: _Related | None = None
    context: str | None = None


_SNAPSHOT_BODY = msgspec.json.Decoder(_Event)
_THIN_BODY = msgspec.json.Decoder(_ThinEvent)


def read_event_body(body: bytes) -> EventSummary:
    """A snapshot event as delivered; raises msgspec.DecodeError or ValidationError."""
    return _summarise(_SNAPSHOT_BODY.decode(body))


def read_thin_body(body: bytes) -> EventSummary:
    """A thin event as delivered, which only names the object."""
    return _summarise_thin(_THIN_BODY.decode(body))


def read_thin_event(payload: dict[str, Any]) -> EventSummary:
    """A thin event as listed, which leaves out the related object."""
    return _summarise_thin(msgspec.convert(payload, _ThinEvent))


def _summarise_thin(event: _ThinEvent) -> EventSummary:
    related = (event.related_object.id if event.related_object else None) or ""
    # A context is a path from organisation to account.
    account = (event.context or "").rpartition("/")[2] or None
    return EventSummary(event.id, event.type, related, account, event.created)


class _Source(msgspec.Struct):
    id: str
    charge: str | None = None
    transfer: str | None = None


class _Movement(msgspec.Struct):
    id: str
    type: str
    amount: int
    fee: int
    net: int
    currency: str
    created: int
    source: _Source | str | None = None


def read_movement(payload: dict[str, Any]) -> BalanceMovement:
    line = msgspec.convert(payload, _Movement)
    source = line.source if isinstance(line.source, _Source) else _Source(line.source or "")
    return BalanceMovement(
        id=line.id,
        type=line.type,
        source_id=source.id,
        amount=Cents(line.amount),
        fee=Cents(line.fee),
        net=Cents(line.net),
        currency=line.currency,
        created=datetime.fromtimestamp(line.created, UTC),
        of_id=source.charge or source.transfer,
    )
