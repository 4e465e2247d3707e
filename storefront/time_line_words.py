"""What happened to a customer, as texts to translate, and the page of each thing."""

import msgspec

from chenu.accounts.actor import Staff
from chenu.billing.dispute_words import reason_text
from chenu.core.i18n import Locale, mark, translate
from chenu.core.time_line import Line
from chenu.flows.customers.time_line import LineKind
from storefront import ledger_words, words
from storefront.act_words import STAFF_ACTS
from storefront.replay_words import MAIL_STATES, OPERATION_STATES
from storefront.revenue_words import MOVEMENTS

KINDS = {
    LineKind.SUBSCRIPTION: mark("Subscriptions"),
    LineKind.PAYMENT: mark("Payments"),
    LineKind.LEDGER: mark("Books"),
    LineKind.MAIL: mark("Mails"),
    LineKind.AUDIT: mark("Audit trail"),
    LineKind.SUPPORT: mark("Support desk"),
}

TITLES = {
    "subscription": mark("Subscription"),
    "contract": mark("Contract"),
    "movement": mark("Monthly revenue of plans"),
    "operation": mark("Call to Stripe"),
    "invoice": mark("Invoice"),
    "invoice_refund": mark("Refund of an invoice"),
    "credit_note": mark("Credit note"),
    "dispute": mark("Dispute"),
    "fraud_warning": mark("Early fraud warning"),
    "purchase": mark("Order of an agent"),
    "purchase_payment": mark("Payment of an agent"),
    "purchase_refund": mark("Refund of an agent"),
    "pack_order": mark("Order of tokens"),
    "pack_refund": mark("Refund of tokens"),
    "transaction": mark("Booked"),
    "mail": mark("Mail"),
    "audit": mark("Audit trail"),
    "support_request": mark("Support request"),
    "support_answer": mark("Answer of the support desk"),
    "withdrawal": mark("Statement of withdrawal"),
}
"""By the source of a line."""

_RETURNED = {"RETURNED": mark("returned"), "FAILED": mark("did not arrive, and is put back")}
_ORDERED = {
    "PENDING": mark("Not paid yet"),
    "PAID": mark("Paid"),
    "CANCELED": mark("Canceled"),
    "FAILED": mark("Failed"),
}
_MOMENTS = {
    "BEGUN": mark("begun"),
    "TRIAL_END": mark("end of the trial"),
    "CHANGE_PLANNED": mark("change planned"),
    "CANCELED": mark("cancelled"),
    "ENTERED": mark("entered"),
    "ENDED": mark("ended"),
}
_REQUESTS = {
    "WAITING": mark("waits for us"),
    "ANSWERED": mark("answered"),
    "CLOSED": mark("closed"),
    "ANSWER": mark("sent"),
}
_STATES: dict[str, dict[str, str]] = {
    "subscription": _MOMENTS,
    "contract": _MOMENTS,
    "movement": {kind.value: text for kind, text in MOVEMENTS.items()},
    "operation": {state.value: text for state, text in OPERATION_STATES.items()},
    "invoice": {state.value: text for state, text in words.INVOICE_STATUS.items()},
    "invoice_refund": _RETURNED,
    "credit_note": {"issued": mark("made out"), "void": mark("Void")},
    "dispute": {
        "OPENED": mark("opened"),
        **{state.value: text for state, text in words.DISPUTE_STATES.items()},
    },
    "fraud_warning": {"OPEN": mark("waits for us"), "DONE": mark("decided")},
    "purchase": {state.value: text for state, text in words.PURCHASE_STATES.items()},
    "purchase_payment": _ORDERED,
    "purchase_refund": {state.value: text for state, text in words.SALE_REFUND_STATES.items()},
    "pack_order": _ORDERED,
    "pack_refund": _RETURNED,
    "transaction": ledger_words.EVENTS,
    "mail": {state.value: text for state, text in MAIL_STATES.items()},
    "audit": {act.value: text for act, text in STAFF_ACTS.items()},
    "support_request": _REQUESTS,
    "support_answer": _REQUESTS,
    "withdrawal": {state.value: text for state, text in words.STATEMENT_STATES.items()},
}

FOUND_AS = {
    "account": mark("Account"),
    "person": mark("Person"),
    "api_key": mark("API key"),
    "customer": mark("Customer at Stripe"),
    "subscription_order": mark("Order of a plan"),
    "payment": mark("Payment"),
    "refund": mark("Refund"),
    "coupon": mark("Coupon"),
    "connect_account": mark("Account for payouts"),
    "creator": mark("Creator"),
    "agent": mark("Agent"),
    "access": mark("Right to an agent"),
    "review": mark("Review of an agent"),
    "execution": mark("Run of an agent"),
    "statement": mark("Self-billed invoice"),
    "transfer": mark("Transfer to a creator"),
    "token_grant": mark("Tokens given"),
    "token_entry": mark("Tokens used"),
    "token_limit": mark("Limit of tokens"),
    "affiliate": mark("Affiliate"),
    "referral": mark("Referral"),
    "commission": mark("Commission"),
    "payout": mark("Payout of an affiliate"),
    "mail": mark("E-mail address"),
    "mail_beginning": mark("Beginning of an e-mail address"),
}
"""What has the name that was typed; the rest is as on the time line."""


class LinePage(msgspec.Struct, frozen=True):
    """`path` with the place of the line's `page_id`, and for whom the page is."""

    path: str
    role: Staff


_INVOICE = LinePage("/staff/invoices/{}", Staff.SUPPORT)
_SALE = LinePage("/staff/sales/{}", Staff.SUPPORT)
_REQUEST = LinePage("/staff/support/{}", Staff.SUPPORT)
_DISPUTES = LinePage("/staff/disputes", Staff.SUPPORT)
_OPERATION = LinePage("/staff/payments/operations/{}", Staff.FINANCE)
PAGES = {
    "contract": LinePage("/staff/customers/{}/contracts", Staff.FINANCE),
    "operation": _OPERATION,
    "invoice": _INVOICE,
    "invoice_refund": _INVOICE,
    "credit_note": _INVOICE,
    "dispute": _DISPUTES,
    "fraud_warning": _DISPUTES,
    "purchase": _SALE,
    "purchase_payment": _SALE,
    "purchase_refund": _SALE,
    "transaction": _OPERATION,
    "mail": LinePage("/staff/payments/mails/{}", Staff.SUPPORT),
    "support_request": _REQUEST,
    "support_answer": _REQUEST,
    "withdrawal": LinePage("/staff/withdrawals/{}", Staff.SUPPORT),
    "audit": LinePage("/staff/audit", Staff.ADMIN),
}


def found_as(what: str, locale: Locale) -> str:
    return translate(locale, FOUND_AS.get(what) or TITLES[what])


def state_of(line: Line, locale: Locale) -> str:
    """A code without words is shown as it is: there may be more of them than we know."""
    text = _STATES[line.source].get(line.what)
    return translate(locale, text) if text else line.what


def name_of(line: Line, locale: Locale) -> str:
    """How the row is called; a reason of banks in words."""
    if line.source == "dispute" and line.words:
        return translate(locale, reason_text(line.words))
    return line.words or ""
