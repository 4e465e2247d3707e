"""States of affiliates and referrals as staff read them, as texts to translate."""

from chenu.affiliates.fraud_rules import FraudSignal, HoldReason
from chenu.affiliates.model import (
    AffiliateStatus,
    CommissionKind,
    CommissionStatus,
    PayoutStatus,
    ReferralOrigin,
    ReferralReason,
    ReferralState,
)
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
REASONS: dict[str, str] = {
    ReferralReason.SAME_MAILBOX: mark("It is the affiliate’s own mailbox."),
    ReferralReason.OWN_BROWSER: mark("The affiliate has signed in from the same browser."),
    ReferralReason.EXISTING_CUSTOMER: mark("The person was a customer already."),
    ReferralReason.SAME_CARD: mark("It is paid by the affiliate’s own card."),
    ReferralReason.SAME_BANK: mark("It is paid to the affiliate’s own bank account."),
    HoldReason.DISPOSABLE_MAIL: mark("The address is of a service for disposable mail."),
    HoldReason.SAME_HOUSEHOLD: mark(
        "The sign-up came from the network of the affiliate, or of another customer of theirs."
    ),
    HoldReason.DUPLICATE_ACCOUNT: mark("Another customer of the affiliate has the same mailbox."),
    HoldReason.SHARED_BANK: mark(
        "Another customer of the affiliate is paid to the same bank account."
    ),
}
"""Reasons of rules; what is not among them is what staff wrote."""

SIGNALS = {
    FraudSignal.SELF_REFERRAL: mark("Attempts to refer oneself: refused, and nothing is earned"),
    FraudSignal.SAME_HOUSEHOLD: mark(
        "Sign-ups from the affiliate’s network, or from one network: held. Ask who lives or works "
        "there before you release them"
    ),
    FraudSignal.DISPOSABLE_MAIL: mark(
        "Addresses of services for disposable mail: held. Real customers can change their address"
    ),
    FraudSignal.DUPLICATE_ACCOUNT: mark(
        "Several accounts of one mailbox: held. One person counts once"
    ),
    FraudSignal.SHARED_BANK: mark(
        "Customers who are paid to one bank account, for agents that they sell: held. Ask whether "
        "they are one household before you release them"
    ),
    FraudSignal.OTHER_AFFILIATE: mark(
        "Other affiliates who are paid to the same bank account: perhaps one person with several "
        "links"
    ),
    FraudSignal.CLICK_BURST: mark(
        "Clicks within one hour, far more than usual: look for a mailing or a program behind it"
    ),
    FraudSignal.EAGER_VISITOR: mark(
        "Clicks of one visitor in a day: perhaps the affiliate, or a program"
    ),
}
"""What each means, and what to do about it; the number stands before."""

COMMISSIONS = {
    CommissionKind.COMMISSION: mark("commission"),
    CommissionKind.CLAWBACK: mark("taken back"),
    CommissionKind.REINSTATEMENT: mark("given again"),
}
COMMISSION_STATES = {
    CommissionStatus.PENDING: mark("waits"),
    CommissionStatus.DUE: mark("due"),
    CommissionStatus.PAID: mark("paid"),
    CommissionStatus.REVERSED: mark("reversed"),
    CommissionStatus.HELD: mark("held"),
}
PAYOUTS = {
    PayoutStatus.PENDING: mark("on its way"),
    PayoutStatus.PAID: mark("paid"),
    PayoutStatus.FAILED: mark("failed"),
}
