"""What mails about sales of agents, and about payments that went back, say."""

from chenu.core.mail_params import MailParams


class SaleParams(MailParams, frozen=True):
    name: str
    agent: str
    gross: int
    creator_share: int
    platform_share: int


class FirstSaleParams(MailParams, frozen=True):
    name: str
    agent: str
    creator_share: int


class PayoutFailedParams(MailParams, frozen=True):
    """`reason` is our sentence for Stripe's code."""

    name: str
    amount: int
    reason: str


class StatementReadyParams(MailParams, frozen=True):
    """`month` is its first day in ISO 8601; `net` is the creator's share, perhaps below zero."""

    name: str
    month: str
    number: str
    net: int


class SaleRefundedParams(MailParams, frozen=True):
    """`share` of the `amount` comes out of the creator's; `sale` is its page."""

    name: str
    agent: str
    sale: str
    amount: int
    share: int


class PaymentReturnedParams(MailParams, frozen=True):
    name: str
    agent: str
    amount: int
    reason: str
