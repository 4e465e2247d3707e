"""What mails about a creator's sales look like, with made-up parameters."""

from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams
from chenu.core.sale_mail_params import (
    FirstSaleParams,
    PayoutFailedParams,
    SaleParams,
    SaleRefundedParams,
    StatementReadyParams,
)

SALE_ID = "0190f0a0-0000-7000-8000-000000000001"
_NAME, _AGENT = "Zoé", "Trieur de factures"

SALES: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.SALE: (
        SaleParams(name=_NAME, agent=_AGENT, gross=1250, creator_share=875, platform_share=375),
    ),
    MailKind.FIRST_SALE: (FirstSaleParams(name=_NAME, agent=_AGENT, creator_share=875),),
    MailKind.SALE_REFUNDED: (
        SaleRefundedParams(name=_NAME, agent=_AGENT, sale=SALE_ID, amount=1250, share=875),
    ),
    MailKind.PAYOUT_FAILED: tuple(
        PayoutFailedParams(name=name, amount=48_250, reason="Le compte bancaire a été fermé.")
        for name in (_NAME, "")
    ),
    MailKind.STATEMENT_READY: tuple(
        StatementReadyParams(name=name, month="2026-10-01", number="SB-00012-0003", net=48_250)
        for name in (_NAME, "")
    ),
}
