"""What mails about payouts of affiliates look like, with made-up parameters."""

from chenu.core.affiliate_mail_params import AffiliatePaidParams, AffiliatePayoutFailedParams
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams

_NAMES, _MONTH, _NUMBER = ("Zoé", ""), "2026-10-01", "AF-1A2B3C4D-0003"
_REASON = "Votre compte chez Stripe n’accepte pas de virements."

AFFILIATES: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.AFFILIATE_PAID: tuple(
        AffiliatePaidParams(name=name, month=_MONTH, number=_NUMBER, amount=7920) for name in _NAMES
    ),
    MailKind.AFFILIATE_PAYOUT_FAILED: tuple(
        AffiliatePayoutFailedParams(name=name, month=_MONTH, amount=7920, reason=_REASON)
        for name in _NAMES
    ),
}
