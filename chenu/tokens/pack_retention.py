"""How long orders of packs are stored, and what refunds took back of them."""

from datetime import timedelta

from chenu.core.retention import BOOKS, Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "pack_order",
        timedelta(days=400),
        "updated_at",
        "a request to buy a pack that came to nothing",
        only="status IN ('CANCELED', 'FAILED')",
    ),
    Forever("pack_refund", BOOKS),
)
