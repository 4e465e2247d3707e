"""Every kind of mail: why it is sent, and which of them people may turn off."""

from enum import StrEnum

import msgspec

from chenu.core.i18n import mark


class MailKind(StrEnum):
    """Each kind has a template of the same name, in lower case, in chenu/jobs/mails/."""

    EMAIL_VERIFY = "EMAIL_VERIFY"
    EMAIL_CHANGE_CONFIRM = "EMAIL_CHANGE_CONFIRM"
    EMAIL_CHANGE_NOTICE = "EMAIL_CHANGE_NOTICE"
    WELCOME = "WELCOME"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - a kind of mail
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - a kind of mail
    SECOND_FACTOR_OFF = "SECOND_FACTOR_OFF"
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED"
    API_KEY_LEAKED = "API_KEY_LEAKED"
    INVITATION = "INVITATION"
    SSO_JOIN = "SSO_JOIN"
    MEMBER_REMOVED = "MEMBER_REMOVED"
    OWNER_CHANGED = "OWNER_CHANGED"
    SUPPORT_ASKED = "SUPPORT_ASKED"
    SUPPORT_ANSWERED = "SUPPORT_ANSWERED"
    RECEIPT = "RECEIPT"
    PACK_RECEIPT = "PACK_RECEIPT"
    INVOICE = "INVOICE"
    PAYMENT_RETURNED = "PAYMENT_RETURNED"
    REFUND = "REFUND"
    REFUND_FAILED = "REFUND_FAILED"
    WITHDRAWAL_RECEIVED = "WITHDRAWAL_RECEIVED"
    WITHDRAWAL_DONE = "WITHDRAWAL_DONE"
    WITHDRAWAL_REFUSED = "WITHDRAWAL_REFUSED"
    SALE = "SALE"
    FIRST_SALE = "FIRST_SALE"
    PAYOUT_FAILED = "PAYOUT_FAILED"
    STATEMENT_READY = "STATEMENT_READY"
    AFFILIATE_PAID = "AFFILIATE_PAID"
    AFFILIATE_PAYOUT_FAILED = "AFFILIATE_PAYOUT_FAILED"
    DISPUTE_OPENED = "DISPUTE_OPENED"
    DISPUTE_DUE = "DISPUTE_DUE"
    DISPUTE_WON = "DISPUTE_WON"
    DISPUTE_LOST = "DISPUTE_LOST"
    SALE_REFUNDED = "SALE_REFUNDED"
    TOKEN_LIMIT = "TOKEN_LIMIT"  # noqa: S105 - a kind of mail
    AGENT_APPROVED = "AGENT_APPROVED"
    REVIEW_WRITTEN = "REVIEW_WRITTEN"
    AGENT_REJECTED = "AGENT_REJECTED"
    AGENT_SUSPENDED = "AGENT_SUSPENDED"
    AGENT_REINSTATED = "AGENT_REINSTATED"
    REVIEW_REMOVED = "REVIEW_REMOVED"
    REVIEW_RESTORED = "REVIEW_RESTORED"
    APPEAL_DECIDED = "APPEAL_DECIDED"
    REPORT_RECEIVED = "REPORT_RECEIVED"
    REPORT_DECIDED = "REPORT_DECIDED"
    EXPORT_READY = "EXPORT_READY"
    PERSON_DELETED = "PERSON_DELETED"
    PLAN_STARTED = "PLAN_STARTED"
    PLAN_CHANGED = "PLAN_CHANGED"
    PLAN_DOWNGRADED = "PLAN_DOWNGRADED"
    PLAN_CHANGE_SCHEDULED = "PLAN_CHANGE_SCHEDULED"
    PLAN_CHANGE_UNDONE = "PLAN_CHANGE_UNDONE"
    PLAN_CANCELLED = "PLAN_CANCELLED"
    PLAN_RESUMED = "PLAN_RESUMED"
    PLAN_PAUSED = "PLAN_PAUSED"
    PLAN_UNPAUSED = "PLAN_UNPAUSED"
    PLAN_ENDED = "PLAN_ENDED"
    TRIAL_ENDING = "TRIAL_ENDING"
    TRIAL_ENDED = "TRIAL_ENDED"
    TRIAL_REFUSED = "TRIAL_REFUSED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    AGENT_CANCELLED = "AGENT_CANCELLED"
    AGENT_STOPPED = "AGENT_STOPPED"
    AGENT_RESUMED = "AGENT_RESUMED"
    AGENT_ENDED = "AGENT_ENDED"
    AGENT_PAYMENT_FAILED = "AGENT_PAYMENT_FAILED"
    NEW_VERSION = "NEW_VERSION"
    TOKENS_USED = "TOKENS_USED"
    AFFILIATE_SUSPENDED = "AFFILIATE_SUSPENDED"
    AFFILIATE_REINSTATED = "AFFILIATE_REINSTATED"
    WEBHOOK_OFF = "WEBHOOK_OFF"


class MailTopic(StrEnum):
    """What people may turn off, on /account/mail or by the link in each such mail."""

    TIPS = "TIPS"
    SALES = "SALES"
    REVIEWS = "REVIEWS"
    UPDATES = "UPDATES"
    TOKENS = "TOKENS"


class MailReason(StrEnum):
    """Why somebody gets a mail, as its last lines say; the texts are English sources."""

    ENTERED = mark("You receive this mail because somebody entered this address at CHE·NU.")
    SECURITY = mark(
        "You receive this mail because it concerns access to your account; it cannot be turned off."
    )
    SUPPORT = mark("You receive this mail because you wrote to our support desk.")
    CONTRACT = mark(
        "You receive this mail because it concerns your contract or your money; it cannot be "
        "turned off."
    )
    CREATOR = mark("You receive this mail because you publish agents on CHE·NU.")
    ACCOUNT = mark("You receive this mail because you have an account on CHE·NU.")


class MailRule(msgspec.Struct, frozen=True):
    """`topic` None: the mail is needed by law, contract or safety, and always sent."""

    reason: MailReason
    topic: MailTopic | None = None


_ENTERED = MailRule(MailReason.ENTERED)
_SECURITY = MailRule(MailReason.SECURITY)
_SUPPORT = MailRule(MailReason.SUPPORT)
_CONTRACT = MailRule(MailReason.CONTRACT)

MAIL_RULES: dict[MailKind, MailRule] = {
    MailKind.EMAIL_VERIFY: _ENTERED,
    MailKind.EMAIL_CHANGE_CONFIRM: _ENTERED,
    MailKind.INVITATION: _ENTERED,
    MailKind.REPORT_RECEIVED: _ENTERED,
    MailKind.REPORT_DECIDED: _ENTERED,
    MailKind.EMAIL_CHANGE_NOTICE: _SECURITY,
    MailKind.PASSWORD_RESET: _SECURITY,
    MailKind.PASSWORD_CHANGED: _SECURITY,
    MailKind.SECOND_FACTOR_OFF: _SECURITY,
    MailKind.RECOVERY_CODE_USED: _SECURITY,
    MailKind.API_KEY_LEAKED: _SECURITY,
    MailKind.SSO_JOIN: _SECURITY,
    MailKind.MEMBER_REMOVED: _SECURITY,
    MailKind.OWNER_CHANGED: _SECURITY,
    MailKind.EXPORT_READY: _SECURITY,
    MailKind.PERSON_DELETED: _SECURITY,
    MailKind.WELCOME: MailRule(MailReason.ACCOUNT, MailTopic.TIPS),
    MailKind.SUPPORT_ASKED: _SUPPORT,
    MailKind.SUPPORT_ANSWERED: _SUPPORT,
    MailKind.RECEIPT: _CONTRACT,
    MailKind.PACK_RECEIPT: _CONTRACT,
    MailKind.INVOICE: _CONTRACT,
    MailKind.PAYMENT_RETURNED: _CONTRACT,
    MailKind.REFUND: _CONTRACT,
    MailKind.REFUND_FAILED: _CONTRACT,
    MailKind.WITHDRAWAL_RECEIVED: _ENTERED,
    MailKind.WITHDRAWAL_DONE: _CONTRACT,
    MailKind.WITHDRAWAL_REFUSED: _ENTERED,
    MailKind.TOKEN_LIMIT: MailRule(MailReason.ACCOUNT),
    MailKind.SALE: MailRule(MailReason.CREATOR, MailTopic.SALES),
    MailKind.FIRST_SALE: MailRule(MailReason.CREATOR, MailTopic.SALES),
    MailKind.PAYOUT_FAILED: _CONTRACT,
    MailKind.STATEMENT_READY: _CONTRACT,
    MailKind.AFFILIATE_PAID: _CONTRACT,
    MailKind.AFFILIATE_PAYOUT_FAILED: _CONTRACT,
    **dict.fromkeys(
        (
            MailKind.DISPUTE_OPENED,
            MailKind.DISPUTE_DUE,
            MailKind.DISPUTE_WON,
            MailKind.DISPUTE_LOST,
        ),
        MailRule(MailReason.CREATOR),
    ),
    # It is about money that the creator gives back.
    MailKind.SALE_REFUNDED: MailRule(MailReason.CREATOR),
    MailKind.REVIEW_WRITTEN: MailRule(MailReason.CREATOR, MailTopic.REVIEWS),
    MailKind.AGENT_APPROVED: MailRule(MailReason.CREATOR, MailTopic.REVIEWS),
    # Its reasons are owed to the creator: Regulation (EU) 2019/1150, article 4.
    MailKind.AGENT_REJECTED: MailRule(MailReason.CREATOR),
    MailKind.AGENT_SUSPENDED: MailRule(MailReason.CREATOR),
    MailKind.AGENT_REINSTATED: MailRule(MailReason.CREATOR),
    MailKind.REVIEW_REMOVED: MailRule(MailReason.ACCOUNT),
    MailKind.REVIEW_RESTORED: MailRule(MailReason.ACCOUNT),
    MailKind.APPEAL_DECIDED: MailRule(MailReason.ACCOUNT),
    MailKind.AFFILIATE_SUSPENDED: _CONTRACT,
    MailKind.AFFILIATE_REINSTATED: _CONTRACT,
    MailKind.PLAN_STARTED: _CONTRACT,
    MailKind.PLAN_CHANGED: _CONTRACT,
    MailKind.PLAN_DOWNGRADED: _CONTRACT,
    MailKind.PLAN_CHANGE_SCHEDULED: _CONTRACT,
    MailKind.PLAN_CHANGE_UNDONE: _CONTRACT,
    MailKind.PLAN_CANCELLED: _CONTRACT,
    MailKind.PLAN_RESUMED: _CONTRACT,
    MailKind.PLAN_PAUSED: _CONTRACT,
    MailKind.PLAN_UNPAUSED: _CONTRACT,
    MailKind.PLAN_ENDED: _CONTRACT,
    MailKind.TRIAL_ENDING: _CONTRACT,
    MailKind.TRIAL_ENDED: _CONTRACT,
    MailKind.TRIAL_REFUSED: _CONTRACT,
    MailKind.PAYMENT_FAILED: _CONTRACT,
    MailKind.AGENT_CANCELLED: _CONTRACT,
    MailKind.AGENT_STOPPED: _CONTRACT,
    MailKind.AGENT_RESUMED: _CONTRACT,
    MailKind.AGENT_ENDED: _CONTRACT,
    MailKind.AGENT_PAYMENT_FAILED: _CONTRACT,
    MailKind.NEW_VERSION: MailRule(MailReason.ACCOUNT, MailTopic.UPDATES),
    MailKind.WEBHOOK_OFF: MailRule(MailReason.ACCOUNT),
    MailKind.TOKENS_USED: MailRule(MailReason.ACCOUNT, MailTopic.TOKENS),
}


def topic_of(kind: MailKind) -> MailTopic | None:
    """What somebody who wants none of these mails turns off; None where they cannot."""
    return MAIL_RULES[kind].topic
