"""Another card for a plan: the page on which it is given, and the open invoices paid with it."""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

import msgspec
import structlog

from chenu.accounts.actor import Actor
from chenu.accounts.roles import Right
from chenu.billing.gateway import StripeRefusal
from chenu.billing.invoices import InvoiceRow, list_open_invoices
from chenu.billing.ports import InvoicePort, SubscriptionPort
from chenu.billing.recurring import Card, InvoiceState, SubscriptionKind, SubscriptionState
from chenu.billing.subscriptions import SubscriptionRow, find_plan
from chenu.core.errors import ProviderUnavailable
from chenu.core.fetched import Fetched, fetch
from chenu.core.i18n import Locale
from chenu.flows.checkout_pages import not_opened
from chenu.flows.mirrors.sync import sync_customer
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.operations.runner import run_operation
from chenu.flows.plan_kinds import PLAN_KINDS
from chenu.flows.services import Services
from chenu.flows.subscriptions.affiliate_cards import check_affiliate_card
from chenu.flows.subscriptions.invoices import adopt_invoice, follow_invoice
from chenu.flows.subscriptions.mirror import adopt_subscription, follow_subscription
from chenu.flows.subscriptions.sequence import get_live_plan
from chenu.flows.subscriptions.trial_cards import check_trial_card
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation,
)

log = structlog.get_logger(__name__)

_TIER = SubscriptionKind.TIER
_SIGNATURE = 32
"""Hex digits."""


class InvoicePaymentParams(msgspec.Struct, frozen=True):
    """The card that was chosen for it."""

    invoice_id: str
    subscription_id: str
    card_id: str


class PaidInvoice(msgspec.Struct, frozen=True):
    invoice: Fetched[InvoiceState]
    subscription: Fetched[SubscriptionState]


@dataclass(frozen=True)
class InvoicePaymentHandler(OperationHandler[InvoicePaymentParams, PaidInvoice]):
    """Pays an open invoice with another card: each card is tried once for it."""

    invoices: InvoicePort
    subscriptions: SubscriptionPort

    kind = OperationKind.INVOICE_PAYMENT
    params_type = InvoicePaymentParams

    async def call(self, operation: OperationRow, params: InvoicePaymentParams) -> PaidInvoice:
        await self.invoices.pay_invoice(params.invoice_id, params.card_id, operation)
        return await self._ask(params)

    async def find_existing(
        self, operation: OperationRow, params: InvoicePaymentParams
    ) -> PaidInvoice:
        """What became of it; a try whose answer was lost a day ago is not repeated."""
        return await self._ask(params)

    async def _ask(self, params: InvoicePaymentParams) -> PaidInvoice:
        return PaidInvoice(
            await fetch(lambda: self.subscriptions.get_invoice(params.invoice_id)),
            await fetch(lambda: self.subscriptions.get_subscription(params.subscription_id)),
        )

    async def apply(
        self, operation: OperationRow, params: InvoicePaymentParams, answer: PaidInvoice
    ) -> None:
        await adopt_invoice(answer.invoice)
        await adopt_subscription(answer.subscription)


async def open_card_page(
    services: Services, actor: Actor, locale: Locale, kind: SubscriptionKind = _TIER
) -> str:
    """The URL of Stripe's page. Raises InvalidState without a plan, ProviderUnavailable."""
    account_id = actor.require_right(Right.MANAGE_PLAN)
    plan = await get_live_plan(account_id, kind)
    owner = await sync_customer(services, account_id)
    if owner.customer_id is None:
        raise not_opened()
    try:
        card = await services.cards.find_card(plan.stripe_subscription_id)
        before = _sign(services, plan, card.id if card else "")
        back = services.url(f"{PLAN_KINDS[kind].page}/card?{urlencode({'before': before})}")
        return await services.cards.open_card_page(owner.customer_id, back, locale)
    except StripeRefusal as refusal:  # no subscription there, or bootstrap-stripe never ran
        log.error("card_page_not_opened", code=refusal.code, param=refusal.param)
        raise not_opened() from None


def _sign(services: Services, plan: SubscriptionRow, card_id: str) -> str:
    """A link of another site must not have anything paid: only ours carries this."""
    text = f"plan-card:{plan.account_id}:{plan.kind}:{card_id}".encode()
    digest = hmac.new(services.settings.secret, text, hashlib.sha256).hexdigest()
    return f"{card_id}.{digest[:_SIGNATURE]}"


def _read_signed(services: Services, plan: SubscriptionRow, before: str) -> str | None:
    """The id of the card; None unless we made this text for the account's plan of this kind."""
    card_id = before.rpartition(".")[0]
    expected = _sign(services, plan, card_id)
    return card_id if hmac.compare_digest(before.encode(), expected.encode()) else None


class CardState(StrEnum):
    """UNCHANGED: the card is the one from before. SAVED: nothing was to be paid with it.

    DECLINED: the bank refused, or wants its customer to confirm the payment. CONFIRMING: Stripe did
    not answer, so nobody should pay again. ENDED: there is no plan to be charged for any more.
    """

    UNCHANGED = "UNCHANGED"
    SAVED = "SAVED"
    PAID = "PAID"
    DECLINED = "DECLINED"
    CONFIRMING = "CONFIRMING"
    ENDED = "ENDED"


class CardReport(msgspec.Struct, frozen=True):
    """`payment_url`: Stripe's page of an invoice that is still open."""

    state: CardState
    plan: SubscriptionRow | None
    payment_url: str | None = None


async def adopt_card(
    services: Services, actor: Actor, before: str, kind: SubscriptionKind = _TIER
) -> CardReport:
    """After Stripe's page: `before` is the card that the plan had until then, signed by us.

    What is open is paid with a new card, once for each; looking again changes nothing.
    """
    account_id = actor.require_right(Right.MANAGE_PLAN)
    plan = await find_plan(account_id, kind)
    if plan is None or not plan.is_live:
        return CardReport(CardState.ENDED, plan)
    card_before = _read_signed(services, plan, before)
    try:
        state = await _use_card(services, plan, card_before)
    except ProviderUnavailable:
        return CardReport(CardState.CONFIRMING, plan)
    except StripeRefusal:  # Stripe does not have the subscription any more
        return CardReport(CardState.UNCHANGED, plan)
    return await _report(plan, state)


async def _use_card(services: Services, plan: SubscriptionRow, before: str | None) -> CardState:
    """`before` None: only looked at."""
    if before is None:
        return CardState.UNCHANGED
    stripe_id = plan.stripe_subscription_id
    card = await services.cards.find_card(stripe_id)
    await follow_subscription(services.subscriptions, stripe_id)
    await check_affiliate_card(services, stripe_id)
    await check_trial_card(services, stripe_id)
    for invoice in await list_open_invoices(stripe_id):  # one may have been paid on its own page
        await follow_invoice(services.subscriptions, invoice.stripe_invoice_id)
    if card is None or card.id == before:
        return CardState.UNCHANGED
    invoices = await list_open_invoices(stripe_id)
    paid = [await _pay(services, plan, invoice, card) for invoice in invoices]
    if not all(paid):
        return CardState.DECLINED
    return CardState.PAID if paid else CardState.SAVED


async def _pay(services: Services, plan: SubscriptionRow, invoice: InvoiceRow, card: Card) -> bool:
    """Whether it is paid by now: an answer that was lost may have been a refusal."""
    operation = await create_operation(
        NewOperation(
            OperationKind.INVOICE_PAYMENT,
            f"pay:{invoice.stripe_invoice_id}:{card.id}",
            InvoicePaymentParams(invoice.stripe_invoice_id, plan.stripe_subscription_id, card.id),
            subject_id=invoice.id,
            account_id=plan.account_id,
            amount=invoice.total,
        )
    )
    done = await run_operation(services, operation.id)
    if done.state == OperationState.FAILED:  # it may have been paid on its own page since
        await follow_invoice(services.subscriptions, invoice.stripe_invoice_id)
    still_open = await list_open_invoices(plan.stripe_subscription_id)
    return invoice.id not in [each.id for each in still_open]


async def _report(before: SubscriptionRow, state: CardState) -> CardReport:
    plan = await find_plan(before.account_id, before.kind)
    if plan is None or not plan.is_live:
        return CardReport(CardState.ENDED, plan)
    invoices = await list_open_invoices(plan.stripe_subscription_id)
    return CardReport(state, plan, invoices[0].hosted_url if invoices else None)
