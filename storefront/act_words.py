"""What staff do, as texts to translate."""

from chenu.accounts.staff_acts import StaffAct
from chenu.core.i18n import mark

STAFF_ACTS = {
    StaffAct.AGENT_APPROVE: mark("Agent approved"),
    StaffAct.AGENT_REJECT: mark("Agent sent back"),
    StaffAct.AGENT_SUSPEND: mark("Agent suspended"),
    StaffAct.AGENT_REINSTATE: mark("Agent put back on sale"),
    StaffAct.APPEAL_UPHOLD: mark("Appeal turned down"),
    StaffAct.APPEAL_OVERTURN: mark("Appeal granted"),
    StaffAct.REPORT_DISMISS: mark("Reports dismissed"),
    StaffAct.REPORT_ACT: mark("Reports acted on"),
    StaffAct.AGENT_FEATURE: mark("Agent put on the home page"),
    StaffAct.AGENT_UNFEATURE: mark("Agent taken off the home page"),
    StaffAct.OVERRIDE_SET: mark("Right of an account changed"),
    StaffAct.OVERRIDE_REMOVE: mark("Right of an account put back"),
    StaffAct.INVOICE_REFUND: mark("Refund of an invoice asked for"),
    StaffAct.INVOICE_REFUND_APPROVE: mark("Refund of an invoice agreed to"),
    StaffAct.INVOICE_REFUND_REJECT: mark("Refund of an invoice rejected"),
    StaffAct.PURCHASE_REFUND: mark("Sale refunded"),
    StaffAct.DISPUTE_EVIDENCE: mark("Bank answered about a dispute"),
    StaffAct.FRAUD_WARNING_DECIDE: mark("Fraud warning decided"),
    StaffAct.WITHDRAWAL_EXECUTE: mark("Withdrawal carried out"),
    StaffAct.WITHDRAWAL_REFUSE: mark("Withdrawal refused"),
    StaffAct.COUPON_CREATE: mark("Coupon made"),
    StaffAct.COUPON_DEACTIVATE: mark("Coupon withdrawn"),
    StaffAct.CONTRACT_ENTER: mark("Contract entered"),
    StaffAct.CONTRACT_END: mark("Contract ended"),
    StaffAct.SUPPORT_ANSWER: mark("Support request answered"),
    StaffAct.SUPPORT_CLOSE: mark("Support request closed"),
    StaffAct.INQUIRY_CLOSE: mark("Inquiry closed"),
    StaffAct.OPERATION_RETRY: mark("Call to Stripe tried again"),
    StaffAct.OPERATION_GIVE_UP: mark("Call to Stripe given up"),
    StaffAct.SERVICE_KEY_CREATE: mark("Service key made"),
    StaffAct.SERVICE_KEY_REVOKE: mark("Service key revoked"),
    StaffAct.FACTOR_REMOVE: mark("Second factor removed"),
}
