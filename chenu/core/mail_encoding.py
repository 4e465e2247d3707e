"""Which parameters each kind of mail has, and how they are stored."""

from collections.abc import Mapping
from typing import Any

import msgspec

from chenu.core import agent_mail_params as of_agents
from chenu.core import mail_params as of
from chenu.core import sale_mail_params as of_sales
from chenu.core.affiliate_mail_params import AffiliatePaidParams, AffiliatePayoutFailedParams
from chenu.core.affiliate_standing_params import AffiliateStandingParams
from chenu.core.dispute_mail_params import DisputeParams
from chenu.core.key_mail_params import ApiKeyLeakedParams
from chenu.core.mail_kinds import MailKind
from chenu.core.moderation_mail_params import AppealParams, DecisionParams
from chenu.core.report_mail_params import (
    ReportDecidedParams,
    ReportReceivedParams,
    ReviewWrittenParams,
)
from chenu.core.webhook_mail_params import WebhookOffParams

PARAMS: dict[MailKind, type[of.MailParams]] = {
    MailKind.EMAIL_VERIFY: of.VerifyParams,
    MailKind.EMAIL_CHANGE_CONFIRM: of.NewAddressParams,
    MailKind.EMAIL_CHANGE_NOTICE: of.AddressNoticeParams,
    MailKind.WELCOME: of.WelcomeParams,
    MailKind.PASSWORD_RESET: of.ResetParams,
    MailKind.PASSWORD_CHANGED: of.GreetingParams,
    MailKind.SECOND_FACTOR_OFF: of.GreetingParams,
    MailKind.RECOVERY_CODE_USED: of.GreetingParams,
    MailKind.API_KEY_LEAKED: ApiKeyLeakedParams,
    MailKind.INVITATION: of.LinkParams,
    MailKind.SSO_JOIN: of.ResetParams,
    MailKind.MEMBER_REMOVED: of.MemberRemovedParams,
    MailKind.OWNER_CHANGED: of.OwnerChangedParams,
    MailKind.SUPPORT_ASKED: of.SupportAskedParams,
    MailKind.SUPPORT_ANSWERED: of.SupportAnsweredParams,
    MailKind.RECEIPT: of.ReceiptParams,
    MailKind.PACK_RECEIPT: of.PackReceiptParams,
    MailKind.INVOICE: of.InvoiceParams,
    MailKind.PAYMENT_RETURNED: of_sales.PaymentReturnedParams,
    MailKind.REFUND: of.RefundParams,
    MailKind.REFUND_FAILED: of.RefundFailedParams,
    MailKind.WITHDRAWAL_RECEIVED: of.WithdrawalReceivedParams,
    MailKind.WITHDRAWAL_DONE: of.WithdrawalDoneParams,
    MailKind.WITHDRAWAL_REFUSED: of.WithdrawalRefusedParams,
    MailKind.SALE: of_sales.SaleParams,
    MailKind.FIRST_SALE: of_sales.FirstSaleParams,
    MailKind.PAYOUT_FAILED: of_sales.PayoutFailedParams,
    MailKind.STATEMENT_READY: of_sales.StatementReadyParams,
    MailKind.AFFILIATE_PAID: AffiliatePaidParams,
    MailKind.AFFILIATE_PAYOUT_FAILED: AffiliatePayoutFailedParams,
    **dict.fromkeys(
        (
            MailKind.DISPUTE_OPENED,
            MailKind.DISPUTE_DUE,
            MailKind.DISPUTE_WON,
            MailKind.DISPUTE_LOST,
        ),
        DisputeParams,
    ),
    MailKind.SALE_REFUNDED: of_sales.SaleRefundedParams,
    MailKind.TOKEN_LIMIT: of.TokenLimitParams,
    MailKind.AGENT_APPROVED: of.ReviewParams,
    MailKind.AGENT_REJECTED: DecisionParams,
    MailKind.AGENT_SUSPENDED: DecisionParams,
    MailKind.AGENT_REINSTATED: of.ReviewParams,
    MailKind.REVIEW_REMOVED: DecisionParams,
    MailKind.REVIEW_RESTORED: of.ReviewParams,
    MailKind.APPEAL_DECIDED: AppealParams,
    MailKind.REVIEW_WRITTEN: ReviewWrittenParams,
    MailKind.REPORT_RECEIVED: ReportReceivedParams,
    MailKind.REPORT_DECIDED: ReportDecidedParams,
    MailKind.EXPORT_READY: of.GreetingParams,
    MailKind.PERSON_DELETED: of.PersonDeletedParams,
    MailKind.PLAN_STARTED: of.PlanStartedParams,
    MailKind.PLAN_CHANGED: of.PlanChangedParams,
    MailKind.PLAN_DOWNGRADED: of.PlanChangedParams,
    MailKind.PLAN_CHANGE_SCHEDULED: of.PlanScheduledParams,
    MailKind.PLAN_CHANGE_UNDONE: of.PlanScheduledParams,
    MailKind.PLAN_CANCELLED: of.PlanCancelledParams,
    MailKind.PLAN_RESUMED: of.PlanPriceParams,
    MailKind.PLAN_PAUSED: of.PlanParams,
    MailKind.PLAN_UNPAUSED: of.PlanPriceParams,
    MailKind.PLAN_ENDED: of.PlanEndedParams,
    MailKind.TRIAL_ENDING: of.TrialEndingParams,
    MailKind.TRIAL_ENDED: of.PlanParams,
    MailKind.TRIAL_REFUSED: of.PlanParams,
    MailKind.PAYMENT_FAILED: of.PaymentFailedParams,
    MailKind.AGENT_CANCELLED: of_agents.AgentEndingParams,
    MailKind.AGENT_STOPPED: of_agents.AgentEndingParams,
    MailKind.AGENT_RESUMED: of_agents.AgentPriceParams,
    MailKind.AGENT_ENDED: of_agents.AgentEndedParams,
    MailKind.AGENT_PAYMENT_FAILED: of_agents.AgentFailedPaymentParams,
    MailKind.NEW_VERSION: of_agents.NewVersionParams,
    MailKind.TOKENS_USED: of.TokensUsedParams,
    MailKind.AFFILIATE_SUSPENDED: AffiliateStandingParams,
    MailKind.AFFILIATE_REINSTATED: AffiliateStandingParams,
    MailKind.WEBHOOK_OFF: WebhookOffParams,
}


def encode_params(kind: MailKind, params: of.MailParams | Mapping[str, Any]) -> str:
    """As JSON. Raises TypeError unless they are just what the kind's template needs."""
    if not isinstance(params, of.MailParams):
        try:
            params = msgspec.convert(dict(params), PARAMS[kind])
        except msgspec.ValidationError as error:
            raise TypeError(f"{kind}: {error}") from error
    if type(params) is not PARAMS[kind]:
        raise TypeError(f"{kind} has {PARAMS[kind].__name__}")
    return msgspec.json.encode(params).decode()
