"""States of affiliates and referrals as staff read them, as texts to translate."""

from chenu.affiliates.model import AffiliateStatus, ReferralOrigin, ReferralState
from chenu.core.i18n import mark

STANDINGS = {
    AffiliateStatus.ACTIVE: mark("active"),
    AffiliateStatus.SUSPENDED: mark("suspended"),
}
ORIGINS = {
    ReferralOrigin.LINK: mark("by a link"),
    ReferralOrigin.CODE: mark("by a code in the form"),
    ReferralOrigin.MANUAL: mark("by staff"),
}
STATES = {
    ReferralState.BOUND: mark("counts"),
    ReferralState.HELD: mark("held"),
    ReferralState.REFUSED: mark("refused"),
}
