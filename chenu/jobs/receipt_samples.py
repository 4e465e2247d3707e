"""What receipts look like, with made-up parameters: they repeat what the buyer agreed to."""

from msgspec.structs import replace

from chenu.agents.consent import consent_text
from chenu.core.i18n import Locale
from chenu.core.mail_params import PackReceiptParams, ReceiptParams
from chenu.tokens.pack_terms import CURRENT_TERMS, pack_terms

_PAID_AT = "2026-12-01T09:30:00+00:00"


def receipts(locale: Locale) -> tuple[ReceiptParams, ...]:
    """Of an agent: paid once, free, and paid by the month."""
    monthly = replace(_receipt(locale, 900), renews_at="2027-01-01T09:30:00+00:00")
    return (_receipt(locale, 1250), _receipt(locale, 0), monthly)


def pack_receipts(locale: Locale) -> tuple[PackReceiptParams, ...]:
    """Of a pack: with a bonus, and without."""
    return (_pack_receipt(locale, 100), _pack_receipt(locale, 0))


def _pack_receipt(locale: Locale, bonus: int) -> PackReceiptParams:
    return PackReceiptParams(
        name="Zoé",
        base=1000,
        bonus=bonus,
        order="0193a1b2-0000-7000-8000-000000000001",
        amount=900,
        tax=150,
        paid_at=_PAID_AT,
        terms=list(pack_terms(locale)),
        terms_version=CURRENT_TERMS,
    )


def _receipt(locale: Locale, amount: int) -> ReceiptParams:
    consent = consent_text(locale)
    return ReceiptParams(
        name="Zoé",
        agent="Trieur de factures",
        slug="trieur-1a2b",
        creator="Atelier Nord",
        purchase="0190f0a0-0000-7000-8000-000000000001",
        amount=amount,
        tax=amount // 6,
        paid_at=_PAID_AT,
        invoice_url="https://invoice.stripe.com/i/sample" if amount else None,
        receipt_url=None,
        consent=[consent.immediate_supply, consent.withdrawal],
        consent_version="2026-11-01",
        consent_at=_PAID_AT,
    )
