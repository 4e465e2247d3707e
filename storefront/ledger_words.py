"""What the books call things, in words of people who do not keep books."""

from chenu.core.i18n import mark
from chenu.ledger.accounts import LedgerKind

EVENTS = {
    "PAYMENT": mark("Paid and shared out"),
    "CREDIT_USED": mark("Paid from the buyer’s credit"),
    "STRIPE_FEE": mark("Stripe’s fee"),
    "TRANSFER": mark("Sent to the creator’s Stripe account"),
    "TRANSFER_REVERSAL": mark("Taken back from the creator’s Stripe account"),
    "DEBT_NETTED": mark("Set off against what the creator owes"),
    "REFUND_DUE": mark("Refund decided"),
    "RETURN_DUE": mark("Payment returned, as it bought nothing"),
    "REFUND": mark("Refund sent to the buyer"),
    "REFUND_FAILED": mark("Refund failed, and put back"),
    "DISPUTE_TAKEN": mark("Taken by the buyer’s bank"),
    "DISPUTE_RETURNED": mark("Given back by the buyer’s bank"),
    "COMMISSION": mark("Commission of an affiliate"),
    "COMMISSION_CLAWBACK": mark("Commission taken back"),
    "COMMISSION_REINSTATED": mark("Commission given again"),
}
"""By kind of transaction; one that is not here is shown by its own name."""

ACCOUNTS = {
    LedgerKind.AFFILIATE_PAYABLE: mark("Due to the affiliate"),
    LedgerKind.AFFILIATE_TRANSFERS: mark("Transfers to affiliates"),
    LedgerKind.BUYER_PAYMENTS: mark("Buyers’ payments"),
    LedgerKind.BUYER_REFUNDS_DUE: mark("Refunds due"),
    LedgerKind.CREATOR_PAYABLE: mark("Due to the creator"),
    LedgerKind.CREATOR_RECEIVABLE: mark("Owed by the creator"),
    LedgerKind.CREATOR_TRANSFERS: mark("Transfers to creators"),
    LedgerKind.CUSTOMER_RECEIVABLE: mark("Owed by customers"),
    LedgerKind.DISPUTED_PAYMENTS: mark("Disputed payments"),
    LedgerKind.PLATFORM_REVENUE: mark("CHE·NU’s share"),
    LedgerKind.STRIPE_FEES: mark("Stripe’s fees"),
    LedgerKind.TAX_PAYABLE: mark("VAT due"),
}
