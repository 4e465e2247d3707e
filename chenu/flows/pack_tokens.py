"""The tokens of a pack, moved in the transaction that books its money: given and taken.

docs/money.md, "Token packs"; docs/decisions/0036.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from chenu.accounts.users import get_user
from chenu.billing.invoices import InvoicePaymentRow
from chenu.core.clock import business_now
from chenu.core.errors import Invalid, InvalidState
from chenu.core.i18n import known_locale, mark
from chenu.core.ids import find_id, new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import PackReceiptParams
from chenu.core.money import Cents
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import GrantKind, NewGrant, grant_tokens
from chenu.tokens.pack_grants import take_spent, take_unspent
from chenu.tokens.pack_orders import (
    PackOrderRow,
    find_order_of_payment,
    find_pack_order,
    mark_pack_paid,
)
from chenu.tokens.pack_refunds import (
    PackRefundId,
    PackRefundRow,
    insert_pack_refund,
    link_pack_refund,
    list_pack_refunds,
)
from chenu.tokens.pack_terms import pack_terms

log = structlog.get_logger(__name__)

NOTHING_LEFT = mark("Nothing of this pack is left to be returned: its tokens are spent")
_WORTH = mark("Of a pack goes back what is unspent: {amount_cents} now")
_BOUGHT = mark("Token pack")
_REFUND = mark("Refund of a pack")


async def find_ordered_pack(metadata: Mapping[str, str]) -> PackOrderRow | None:
    """The order that our payment page named, by what an invoice of Stripe's says of it."""
    order_id = find_id(metadata.get("order_id")) if metadata.get("kind") == "pack" else None
    return await find_pack_order(order_id) if order_id else None


async def credit_pack(order: PackOrderRow, payment: InvoicePaymentRow) -> None:
    """Base and bonus as two grants, and the receipt; once, however often Stripe tells of it."""
    if not await mark_pack_paid(order.id, payment.id, payment.paid_at):
        log.error("pack_paid_twice", order=str(order.id), charge=payment.stripe_charge_id)
        return
    await grant_of_pack(order, GrantKind.PACK, order.base_tokens, f"pack:{order.id}:base", _BOUGHT)
    bonus_key = f"pack:{order.id}:bonus"
    await grant_of_pack(order, GrantKind.PACK_BONUS, order.bonus_tokens, bonus_key, _BOUGHT)
    await _send_receipt(order, payment)


async def grant_of_pack(
    order: PackOrderRow, kind: GrantKind, amount: int, key: str, reason: str
) -> None:
    if amount:
        await grant_tokens(
            NewGrant(
                account_id=order.account_id,
                kind=kind,
                amount=Tokens(amount),
                business_key=key,
                reason=reason,
                source_id=order.id,
            )
        )


async def _send_receipt(order: PackOrderRow, payment: InvoicePaymentRow) -> None:
    """To whoever bought, with the words that stood beside the button."""
    buyer = await get_user(order.buyer_id)
    locale = known_locale(order.locale)
    params = PackReceiptParams(
        name=buyer.mail_name,
        base=order.base_tokens,
        bonus=order.bonus_tokens,
        order=str(order.id),
        amount=payment.paid,
        tax=payment.tax,
        paid_at=payment.paid_at.isoformat(),
        terms=list(pack_terms(locale, order.terms_version)),
        terms_version=order.terms_version,
    )
    key = f"pack-receipt:{order.id}"
    await queue_mail(MailKind.PACK_RECEIPT, buyer.email, locale, key, params)


def refund_amount(order: PackOrderRow, unspent_base: int) -> Cents:
    """For what is unspent of the base; rounded down, and whole for a whole base."""
    return Cents(order.price * unspent_base // order.base_tokens)


async def take_back(order: PackOrderRow, request_id: UUID, most: Cents) -> PackRefundRow:
    """All that is unspent, bonus and base, for a refund that is being decided, of `most` cents.

    In the transaction that creates its operation, before Stripe is asked: nobody spends them then.
    Raises InvalidState when nothing would be returned for them.
    """
    refund_id, everything = PackRefundId(new_id()), order.tokens
    key = f"pack-refund:{refund_id}"
    bonus = await take_unspent(order.id, GrantKind.PACK_BONUS, everything, key=key, reason=_REFUND)
    base = await take_unspent(order.id, GrantKind.PACK, everything, key=key, reason=_REFUND)
    amount = min(refund_amount(order, base), most)
    if amount <= 0:
        raise InvalidState(NOTHING_LEFT)
    row = _make_refund(
        order, refund_id, base=base, bonus=bonus, amount=amount, request_id=request_id
    )
    await insert_pack_refund(row)
    return row


async def take_for_request(payment: InvoicePaymentRow, request_id: UUID, amount: Cents) -> None:
    """What staff return of a pack is what is unspent of it, all of it. Raises Invalid.

    For a charge of something else nothing happens. The caller holds the lock of its refunds.
    """
    order = await find_order_of_payment(payment.id)
    if order is None:
        return
    taken = await take_back(order, request_id, payment.paid)
    if taken.amount != amount:
        raise Invalid(_WORTH, path=("amount",), amount_cents=taken.amount)


def _make_refund(
    order: PackOrderRow,
    refund_id: PackRefundId,
    *,
    base: int,
    bonus: int,
    amount: Cents,
    request_id: UUID | None = None,
    stripe_refund_id: str | None = None,
    dispute_id: UUID | None = None,
    debt: int = 0,
) -> PackRefundRow:
    return PackRefundRow(
        id=refund_id,
        order_id=order.id,
        request_id=request_id,
        stripe_refund_id=stripe_refund_id,
        dispute_id=dispute_id,
        amount=amount,
        base_tokens=base,
        bonus_tokens=bonus,
        debt_tokens=debt,
        created_at=business_now(),
        restored_at=None,
    )


async def follow_pack_refund(
    payment: InvoicePaymentRow, stripe_refund_id: str, amount: Cents, request_id: UUID | None
) -> None:
    """When a refund of a charge is booked, under the lock of its refunds.

    One that we asked for has its tokens already. For one of Stripe's dashboard the same part of
    base and bonus goes as of the price; what is spent of it becomes a debt.
    """
    order = await find_order_of_payment(payment.id)
    if order is None:
        return
    refunds = await list_pack_refunds(order.id)
    own = _find_own(refunds, request_id)
    if own is not None:
        await link_pack_refund(own.id, stripe_refund_id)
        return
    base, bonus = _share(order, refunds, amount)
    await _take_all(order, amount, base=base, bonus=bonus, stripe_refund_id=stripe_refund_id)


def _find_own(refunds: Sequence[PackRefundRow], request_id: UUID | None) -> PackRefundRow | None:
    """That of the request; of equal amounts another refund is never taken for it."""
    waiting = [each for each in refunds if each.stripe_refund_id is None]
    own = (each for each in waiting if each.request_id == request_id)
    return None if request_id is None else next(own, None)


def _share(order: PackOrderRow, refunds: Sequence[PackRefundRow], amount: Cents) -> tuple[int, int]:
    """Of all refunds of the dashboard together rounded down, and never more than there was."""
    unasked = (each for each in refunds if each.request_id is None)
    foreign = [each for each in unasked if each.dispute_id is None]
    returned = sum(each.amount for each in foreign) + amount
    base = _part(order.base_tokens, order.price, returned)
    bonus = _part(order.bonus_tokens, order.price, returned)
    return (
        _at_most(
            base - sum(each.base_tokens for each in foreign),
            order.base_tokens - sum(each.base_tokens for each in refunds),
        ),
        _at_most(
            bonus - sum(each.bonus_tokens for each in foreign),
            order.bonus_tokens - sum(each.bonus_tokens for each in refunds),
        ),
    )


def _part(tokens: int, price: Cents, returned: int) -> int:
    return tokens * min(returned, price) // price


def _at_most(wanted: int, most: int) -> int:
    return max(min(wanted, most), 0)


async def _take_all(
    order: PackOrderRow,
    amount: Cents,
    *,
    base: int,
    bonus: int,
    stripe_refund_id: str | None = None,
    dispute_id: UUID | None = None,
) -> None:
    """What is unspent of both goes first: a debt is filled at once by what else there is."""
    refund_id, debt = PackRefundId(new_id()), 0
    spent: dict[GrantKind, int] = {}
    for kind, wanted in ((GrantKind.PACK_BONUS, bonus), (GrantKind.PACK, base)):
        key = f"pack-refund:{refund_id}:{kind.lower()}"
        taken = await take_unspent(order.id, kind, wanted, key=key, reason=_REFUND)
        spent[kind] = wanted - taken
    for kind, amount_spent in spent.items():
        key = f"pack-refund:{refund_id}:{kind.lower()}"
        debt += await take_spent(order.id, kind, amount_spent, key=key, reason=_REFUND)
    row = _make_refund(
        order,
        refund_id,
        base=base,
        bonus=bonus,
        amount=amount,
        stripe_refund_id=stripe_refund_id,
        dispute_id=dispute_id,
        debt=debt,
    )
    await insert_pack_refund(row)


async def take_for_dispute(payment_id: UUID, dispute_id: UUID, amount: Cents) -> None:
    """All that refunds have left of it; what is spent becomes a debt."""
    order = await find_order_of_payment(payment_id)
    if order is None:
        return
    refunds = await list_pack_refunds(order.id)
    base = order.base_tokens - sum(each.base_tokens for each in refunds)
    bonus = order.bonus_tokens - sum(each.bonus_tokens for each in refunds)
    await _take_all(order, amount, base=base, bonus=bonus, dispute_id=dispute_id)
