"""A paid checkout session as Stripe answers it, with any discount and tax."""

from typing import Any

from chenu.agents.purchases import PurchaseRow

PAID_AT = 1_796_040_000
"""Stripe's time of payment: 2026-11-30 12:00 UTC."""


def paid_session(
    purchase: PurchaseRow, *, discount: int = 0, tax: int = 0, fee: int = 40, currency: str = "eur"
) -> dict[str, Any]:
    """Prices include tax, so the tax is a part of the discounted price."""
    price = purchase.price_amount
    charge = {
        "id": f"ch_{purchase.id.hex}",
        "object": "charge",
        "amount": price - discount,
        "amount_captured": price - discount,
        "amount_refunded": 0,
        "balance_transaction": {"id": "txn_1", "object": "balance_transaction", "fee": fee},
        "created": PAID_AT,
        "currency": currency,
        "payment_intent": f"pi_{purchase.id.hex}",
        "receipt_url": None,
    }
    return {
        "id": purchase.checkout_session_id or f"cs_test_{purchase.id.hex}",
        "object": "checkout.session",
        "amount_subtotal": price,
        "amount_total": price - discount,
        "total_details": {"amount_discount": discount, "amount_shipping": 0, "amount_tax": tax},
        "currency": currency,
        "expires_at": PAID_AT + 1800,
        "invoice": None,
        "metadata": {"purchase_id": str(purchase.id), "kind": "agent"},
        "payment_intent": {"id": f"pi_{purchase.id.hex}", "latest_charge": charge},
        "payment_status": "paid",
        "status": "complete",
        "url": None,
    }
