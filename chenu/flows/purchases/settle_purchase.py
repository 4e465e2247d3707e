"""A payment settles: the one transaction shared by request, webhook and repair.

Access, books, receipt and the creator's transfer follow the settled payment exactly once; a payment
that may not buy anything any more is given back. docs/money.md, "A sale".
"""

from dataclasses import dataclass
from datetime import datetime

from chenu.accounts.users import get_user
from chenu.agents.access import give_access, has_usable_grant
from chenu.agents.consent import consent_text
from chenu.agents.model import AgentStatus, GrantSource, PaymentId, PurchaseId, PurchaseStatus
from chenu.agents.payments import PaymentRow, insert_payment
from chenu.agents.pricing import Split, split_sale
from chenu.agents.purchases import (
    PurchaseRow,
    find_pending,
    find_purchase,
    get_purchase,
    mark_paid,
    move_status,
    record_decline,
)
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.billing.gateway import (
    Charge,
    CheckoutSession,
    CheckoutStatus,
    CurrencyRefused,
    OutcomeUnknown,
    StripeRefusal,
)
from chenu.billing.ports import CheckoutPort
from chenu.core import db, pubsub
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.fetched import Fetched, fetch
from chenu.core.i18n import known_locale
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.money import Cents
from chenu.core.pubsub import PubSub
from chenu.flows.checkout_pages import SessionParams
from chenu.flows.operation_handlers import NotYet, OperationHandler, get_subject
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.purchases.pay_creator import create_transfer_operation
from chenu.flows.purchases.return_payment import create_return
from chenu.flows.purchases.reversals import lock_creator_money
from chenu.flows.purchases.sale_mails import tell_creator
from chenu.flows.services import Services
from chenu.flows.webhooks.facts import tell_of_purchase
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    PLATFORM_REVENUE,
    STRIPE_FEES,
    TAX_PAYABLE,
    creator_payable,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.ledger.operations import OperationKind, OperationRow


@dataclass(frozen=True)
class CheckoutPaymentHandler(OperationHandler[SessionParams, CheckoutSession]):
    """Asks what became of the payment page; changes nothing at Stripe."""

    checkouts: CheckoutPort
    pubsub: PubSub

    kind = OperationKind.CHECKOUT_PAYMENT
    params_type = SessionParams

    async def call(self, operation: OperationRow, params: SessionParams) -> CheckoutSession:
        fetched = await fetch(lambda: self.checkouts.get_checkout(params.session_id))
        session = fetched.value
        if session.status is CheckoutStatus.OPEN or not _is_final(session):
            decline = Fetched(session.last_decline, fetched.number)
            await record_decline(get_subject(operation), decline)
            raise NotYet(session.last_decline or "not paid yet")
        return session

    async def apply(
        self, operation: OperationRow, params: SessionParams, answer: CheckoutSession
    ) -> str | None:
        purchase = await get_purchase(get_subject(operation), lock=True)
        await apply_session(purchase, answer)
        return answer.charge.id if answer.is_paid and answer.charge else None

    async def on_refused(
        self, operation: OperationRow, params: SessionParams, refusal: StripeRefusal
    ) -> None:
        """Stripe does not have the page, or it takes other money: the buyer may request again."""
        purchase = await get_purchase(get_subject(operation), lock=True)
        if purchase.is_pending:
            is_foreign = isinstance(refusal, CurrencyRefused)
            reason = refusal.code if is_foreign else "checkout_gone"
            await move_status(purchase.id, PurchaseStatus.CANCELED, failure_code=reason)

    async def after_commit(self, operation: OperationRow, params: SessionParams) -> None:
        await self.pubsub.publish(pubsub.purchase_channel(get_subject(operation)))


def _is_final(session: CheckoutSession) -> bool:
    """Expired or paid. Raises OutcomeUnknown for a payment that Stripe is still booking.

    That takes Stripe a moment; until then the fee is not known, and nobody should pay again.
    """
    if session.is_paid and session.charge is None:
        raise OutcomeUnknown("The payment service did not answer. We are checking what happened")
    return session.is_paid or session.status is CheckoutStatus.EXPIRED


async def apply_session(purchase: PurchaseRow, session: CheckoutSession) -> None:
    """Under the purchase's lock; again changes nothing."""
    if purchase.checkout_session_id is None:
        await PURCHASE_PAGES.adopt(purchase, session, purchase.price_amount)
    if session.is_paid and session.charge is not None:
        await _apply_payment(purchase, session, session.charge)
    elif session.status is CheckoutStatus.EXPIRED and purchase.is_pending:
        reason = purchase.failure_code or "checkout_expired"
        await move_status(purchase.id, PurchaseStatus.CANCELED, failure_code=reason)


async def _apply_payment(purchase: PurchaseRow, session: CheckoutSession, charge: Charge) -> None:
    agent = await find_agent(purchase.agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    gross = Cents(charge.amount + session.amount_discount)
    split = split_sale(gross, discount=session.amount_discount, tax=session.amount_tax)
    payment = make_payment(
        purchase, charge, split, stripe_invoice_id=None, invoice_url=session.invoice_url
    )
    if not await insert_payment(payment):
        return
    await lock_creator_money(payment.creator_id)
    await book_payment(payment)
    reason = await why_not_fulfilled(purchase, agent)
    if reason is None:
        await _fulfil(purchase, agent, payment)
    else:
        await mark_paid(purchase.id, PurchaseStatus.REFUNDED, payment.paid_at)
        await create_return(purchase, payment, agent, reason)


def make_payment(
    purchase: PurchaseRow,
    charge: Charge,
    split: Split,
    *,
    stripe_invoice_id: str | None,
    invoice_url: str | None,
) -> PaymentRow:
    """As it is settled, before anything is transferred or refunded."""
    return PaymentRow(
        id=PaymentId(new_id()),
        purchase_id=purchase.id,
        account_id=purchase.account_id,
        creator_id=purchase.creator_id,
        stripe_payment_intent_id=charge.payment_intent_id,
        stripe_charge_id=charge.id,
        stripe_invoice_id=stripe_invoice_id,
        gross=split.gross,
        discount=split.discount,
        tax=split.tax,
        creator_share=split.creator,
        platform_share=split.platform,
        fee=charge.fee,
        creator_basis_points=purchase.creator_basis_points,
        split_rule=purchase.split_rule,
        refunded=Cents(0),
        disputed=Cents(0),
        transferred=Cents(0),
        share_due=Cents(0),
        share_claimed=Cents(0),
        stripe_transfer_id=None,
        receipt_url=charge.receipt_url,
        invoice_url=invoice_url,
        paid_at=charge.created,
    )


async def book_payment(payment: PaymentRow) -> None:
    """The buyer's money is shared out, VAT is owed; Stripe's fee leaves the platform's part."""
    await post(
        LedgerTransaction(
            business_key=f"payment:{payment.stripe_charge_id}",
            kind="PAYMENT",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(BUYER_PAYMENTS, euros(payment.paid)),
                credit(creator_payable(payment.creator_id), euros(payment.creator_share)),
                credit(PLATFORM_REVENUE, euros(payment.platform_share)),
                credit(TAX_PAYABLE, euros(payment.tax)),
            ),
        )
    )
    await post(
        LedgerTransaction(
            business_key=f"fee:{payment.stripe_charge_id}",
            kind="STRIPE_FEE",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(PLATFORM_REVENUE, euros(payment.fee)),
                credit(STRIPE_FEES, euros(payment.fee)),
            ),
        )
    )


async def why_not_fulfilled(purchase: PurchaseRow, agent: AgentRow) -> str | None:
    """A payment that arrives too late to buy anything goes back at once."""
    if agent.status is not AgentStatus.PUBLISHED:
        return "agent_stopped"
    if await has_usable_grant(purchase.account_id, agent.id):
        return "already_owned"
    if not purchase.is_pending and await find_pending(purchase.account_id, agent.id):
        return "another_purchase"
    return None


async def _fulfil(purchase: PurchaseRow, agent: AgentRow, payment: PaymentRow) -> None:
    await mark_paid(purchase.id, PurchaseStatus.PAID, payment.paid_at)
    await give_access(purchase.account_id, agent.id, GrantSource.PURCHASE, purchase.id)
    await create_transfer_operation(payment)
    await send_receipt(purchase, agent, payment.paid_at, payment)
    await tell_of_purchase(purchase, payment.paid_at, payment)
    await tell_creator(agent, payment)


async def fulfil_free(purchase: PurchaseRow, agent: AgentRow) -> None:
    """A free agent is paid at once with nothing: access and a mail, no books."""
    now = business_now()
    await mark_paid(purchase.id, PurchaseStatus.PAID, now)
    await give_access(purchase.account_id, agent.id, GrantSource.PURCHASE, purchase.id)
    await send_receipt(purchase, agent, now, None)
    await tell_of_purchase(purchase, now, None)


async def send_receipt(
    purchase: PurchaseRow,
    agent: AgentRow,
    paid_at: datetime,
    payment: PaymentRow | None,
    *,
    renews_at: datetime | None = None,
) -> None:
    """With the words that the buyer agreed to, their version and when."""
    buyer = await get_user(purchase.buyer_id)
    locale = known_locale(purchase.consent_locale)
    consent = consent_text(locale, purchase.consent_version)
    params = {
        "name": buyer.display_name,
        "agent": agent.text(locale).name,
        "slug": agent.slug,
        "creator": agent.creator_name,
        "purchase": str(purchase.id),
        "amount": payment.paid if payment else purchase.price_amount,
        "tax": payment.tax if payment else 0,
        "paid_at": paid_at.isoformat(),
        "invoice_url": payment.invoice_url if payment else None,
        "receipt_url": payment.receipt_url if payment else None,
        "consent": [consent.immediate_supply, consent.withdrawal],
        "consent_version": purchase.consent_version,
        "consent_at": purchase.consent_at.isoformat(),
        "renews_at": renews_at.isoformat() if renews_at else None,
    }
    await queue_mail(MailKind.RECEIPT, buyer.email, locale, f"receipt:{purchase.id}", params)


async def settle_session(services: Services, session: CheckoutSession) -> None:
    """For a webhook about a page whose operation is settled, or was never saved."""
    if session.order_id is None or not _is_final(session):
        return
    purchase_id = PurchaseId(session.order_id)

    async def settle() -> None:
        purchase = await find_purchase(purchase_id, lock=True)
        if purchase is not None:
            await apply_session(purchase, session)

    await db.run_in_transaction(settle)
    await services.pubsub.publish(pubsub.purchase_channel(purchase_id))
