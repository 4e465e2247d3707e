"""Mails to affiliates, with made-up parameters."""

from chenu.core.affiliate_mail_params import AffiliatePaidParams, AffiliatePayoutFailedParams
from chenu.core.affiliate_standing_params import AffiliateStandingParams
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams

_NAME, _CODE = "Théo", "CHENU0A1B2C3D"
_MONTH, _NUMBER = "2026-10-01", "AF-0A1B2C3D-0003"
_REASON = "Votre compte chez Stripe n’accepte pas de virements."

AFFILIATES: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.AFFILIATE_SUSPENDED: (
        AffiliateStandingParams(
            name=_NAME, code=_CODE, reason="Trois inscriptions viennent de votre propre réseau."
        ),
    ),
    MailKind.AFFILIATE_REINSTATED: (
        AffiliateStandingParams(
            name=_NAME, code=_CODE, reason="Le réseau est celui de bureaux partagés."
        ),
    ),
    MailKind.AFFILIATE_PAID: tuple(
        AffiliatePaidParams(name=name, month=_MONTH, number=_NUMBER, amount=7920)
        for name in (_NAME, "")
    ),
    MailKind.AFFILIATE_PAYOUT_FAILED: tuple(
        AffiliatePayoutFailedParams(name=name, month=_MONTH, amount=7920, reason=_REASON)
        for name in (_NAME, "")
    ),
}
