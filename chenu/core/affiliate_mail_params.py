"""What mails about payouts of affiliates say."""

from chenu.core.mail_params import MailParams


class AffiliatePaidParams(MailParams, frozen=True):
    """`month` is its first day in ISO 8601; `number` is the statement's."""

    name: str
    month: str
    number: str
    amount: int


class AffiliatePayoutFailedParams(MailParams, frozen=True):
    """`reason` is our sentence for Stripe's code."""

    name: str
    month: str
    amount: int
    reason: str
