"""What mails about a suspended affiliate say."""

from chenu.core.mail_params import MailParams


class AffiliateStandingParams(MailParams, frozen=True):
    """`reason` is what staff wrote."""

    name: str
    code: str
    reason: str
