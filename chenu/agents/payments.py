"""Settled payments of purchases, with their frozen split, transfer and refund."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.agents.model import AgentId, CreatorId, PaymentId, PurchaseId
from chenu.agents.pricing import Split
from chenu.agents.tables import PurchasePayment
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.money import BasisPoints, Cents
from chenu.core.rows import Columns

CREDIT = "credit_"
"""With the invoice's id it stands for the charge of what a credit paid."""


class PaymentRow(msgspec.Struct, frozen=True):
    """A settled payment with its frozen split; amounts in cents.

    `stripe_invoice_id`: of a monthly purchase, which has a payment for each paid invoice.
    """

    id: PaymentId
    purchase_id: PurchaseId
    account_id: AccountId
    creator_id: CreatorId
    stripe_payment_intent_id: str
    stripe_charge_id: str
    stripe_invoice_id: str | None
    gross: Cents
    discount: Cents
    tax: Cents
    creator_share: Cents
    platform_share: Cents
    fee: Cents
    creator_basis_points: BasisPoints
    split_rule: str
    refunded: Cents
    disputed: Cents
    transferred: Cents
    share_due: Cents
    share_claimed: Cents
    stripe_transfer_id: str | None
    receipt_url: str | None
    invoice_url: str | None
    paid_at: datetime

    @property
    def paid(self) -> Cents:
        """What was charged to the buyer's card, and can be refunded."""
        return self.split.paid

    @property
    def returned(self) -> Cents:
        """What is not ours any more: refunds, and what the buyer's bank took."""
        return Cents(self.refunded + self.disputed)

    @property
    def is_credit(self) -> bool:
        """Paid from the buyer's credit at Stripe: there is no charge."""
        return self.stripe_charge_id.startswith(CREDIT)

    @property
    def left(self) -> Cents:
        """What can still be given back; nothing of what a credit paid."""
        return Cents(0 if self.is_credit else self.paid - self.returned)

    @property
    def split(self) -> Split:
        return Split(self.gross, self.discount, self.tax, self.creator_share, self.platform_share)


_PAYMENTS = Columns(PaymentRow, PurchasePayment, purchase_id="purchase", creator_id="creator")
_PAYMENT = f"SELECT {_PAYMENTS.select()} FROM purchase_payment"  # noqa: S608 - own columns


async def insert_payment(row: PaymentRow) -> bool:
    """Once per charge; False if it exists."""
    return bool(await _PAYMENTS.insert(row, "ON CONFLICT DO NOTHING"))


async def get_payment(payment_id: PaymentId) -> PaymentRow:
    """Raises NotFound."""
    found = await db.find_one(PaymentRow, f"{_PAYMENT} WHERE id = $1", payment_id)
    if found is None:
        raise NotFound("There is no such payment")
    return found


async def list_payments(purchase_ids: Sequence[PurchaseId]) -> list[PaymentRow]:
    """The payments of these purchases, newest first."""
    sql = f"{_PAYMENT} WHERE purchase = ANY($1) ORDER BY id DESC"
    return await db.fetch_all(PaymentRow, sql, list(purchase_ids))


async def list_payments_by_id(payment_ids: Sequence[PaymentId]) -> list[PaymentRow]:
    """In no particular order; callers check whose they are."""
    return await db.fetch_all(PaymentRow, f"{_PAYMENT} WHERE id = ANY($1)", list(payment_ids))


class AgentPayment(msgspec.Struct, frozen=True):
    """`paid` is what an agent cost without VAT, after refunds, in cents."""

    agent_id: AgentId
    paid_at: datetime
    paid: Cents


async def list_agent_payments(
    account_id: AccountId, since: datetime, before: datetime
) -> list[AgentPayment]:
    """Of an account, the oldest first, at most 10,000; a refund returns its part of the VAT."""
    sql = """
        SELECT purchase.agent AS agent_id, payment.paid_at,
            (net - CASE WHEN charged > 0 THEN div(net * refunded, charged) ELSE 0 END)::bigint
                AS paid
        FROM purchase_payment payment JOIN purchase ON purchase.id = payment.purchase
        CROSS JOIN LATERAL (SELECT payment.gross - payment.discount AS charged,
            payment.gross - payment.discount - payment.tax AS net) amounts
        WHERE payment.account_id = $1 AND payment.paid_at >= $2 AND payment.paid_at < $3
        ORDER BY payment.paid_at, payment.id LIMIT 10000
    """
    return await db.fetch_all(AgentPayment, sql, account_id, since, before)


async def find_payment_of_charge(stripe_charge_id: str) -> PaymentRow | None:
    sql = f"{_PAYMENT} WHERE stripe_charge_id = $1"
    return await db.find_one(PaymentRow, sql, stripe_charge_id)


async def is_first_sale(payment: PaymentRow) -> bool:
    """Of its creator; one that went back at once, as it bought nothing, does not count."""
    sql = """
        SELECT NOT EXISTS (SELECT 1 FROM purchase_payment WHERE creator = $1 AND id <> $2
            AND (refunded = 0 OR stripe_transfer_id IS NOT NULL))
    """
    return bool(await db.fetch_value(sql, payment.creator_id, payment.id))


async def record_transfer(payment_id: PaymentId, stripe_transfer_id: str, amount: Cents) -> None:
    sql = "UPDATE purchase_payment SET stripe_transfer_id = $2, transferred = $3 WHERE id = $1"
    await db.execute(sql, payment_id, stripe_transfer_id, amount)


async def record_share_due(payment_id: PaymentId, share: Cents) -> None:
    """How much of the creator's share has to come back, by all that is refunded."""
    sql = "UPDATE purchase_payment SET share_due = $2 WHERE id = $1"
    await db.execute(sql, payment_id, share)


async def record_share_claimed(payment_id: PaymentId, share: Cents) -> None:
    sql = "UPDATE purchase_payment SET share_claimed = $2 WHERE id = $1"
    await db.execute(sql, payment_id, share)


async def sum_unclaimed(creator_id: CreatorId) -> Cents:
    """What has to come back of shares that are not transferred yet."""
    sql = """
        SELECT coalesce(sum(share_due - share_claimed), 0)::bigint FROM purchase_payment
        WHERE creator = $1
    """
    return Cents(await db.fetch_value(sql, creator_id))


async def list_claimed(creator_id: CreatorId) -> list[PaymentId]:
    """Payments of whose share something was claimed back."""
    sql = "SELECT id FROM purchase_payment WHERE creator = $1 AND share_claimed > 0"
    return [row.id for row in await db.fetch_all(_Id, sql, creator_id)]


async def record_refund(payment_id: PaymentId, amount: Cents) -> None:
    sql = "UPDATE purchase_payment SET refunded = refunded + $2 WHERE id = $1"
    await db.execute(sql, payment_id, amount)


async def record_disputed(payment_id: PaymentId, amount: Cents) -> None:
    """Negative for what the bank gave again."""
    sql = "UPDATE purchase_payment SET disputed = disputed + $2 WHERE id = $1"
    await db.execute(sql, payment_id, amount)


class _Id(msgspec.Struct, frozen=True):
    id: PaymentId


async def list_untransferred(creator_id: CreatorId) -> list[PaymentId]:
    """Payments whose creator's share was not transferred yet."""
    sql = """
        SELECT id FROM purchase_payment
        WHERE creator = $1 AND stripe_transfer_id IS NULL AND creator_share > 0
    """
    return [row.id for row in await db.fetch_all(_Id, sql, creator_id)]
