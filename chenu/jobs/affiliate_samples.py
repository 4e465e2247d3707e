"""Mails to affiliates, with made-up parameters."""

from chenu.core.affiliate_standing_params import AffiliateStandingParams
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import MailParams

_NAME, _CODE = "Théo", "CHENU0A1B2C3D"

AFFILIATES: dict[MailKind, tuple[MailParams, ...]] = {
    MailKind.AFFILIATE_SUSPENDED: (
        AffiliateStandingParams(
            name=_NAME, code=_CODE, reason="Trois inscriptions viennent de votre propre réseau."
        ),
    ),
    MailKind.AFFILIATE_REINSTATED: (
        AffiliateStandingParams(
            name=_NAME, code=_CODE, reason="Le réseau est celui d’un espace de travail partagé."
        ),
    ),
}
