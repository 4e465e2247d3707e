"""What staff do: one row of the audit trail for each act, in the act's own transaction.

Each act has a code here, and asks for a reason. docs/decisions/0046.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor
from chenu.accounts.audit import make_event
from chenu.accounts.tables import AuditEvent
from chenu.accounts.validation import check_text
from chenu.core.errors import ChenuError
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_id
from chenu.core.rows import insert
from chenu.core.text import tidy

MAX_REASON = 500


class StaffAct(StrEnum):
    AGENT_APPROVE = "agent.approve"
    AGENT_REJECT = "agent.reject"
    AGENT_SUSPEND = "agent.suspend"
    AGENT_REINSTATE = "agent.reinstate"
    APPEAL_UPHOLD = "appeal.uphold"
    APPEAL_OVERTURN = "appeal.overturn"
    AGENT_FEATURE = "agent.feature"
    AGENT_UNFEATURE = "agent.unfeature"
    REVIEW_REMOVE = "review.remove"
    REVIEW_RESTORE = "review.restore"
    REPORT_DISMISS = "report.dismiss"
    REPORT_ACT = "report.act"
    OVERRIDE_SET = "entitlement.override"
    OVERRIDE_REMOVE = "entitlement.override.remove"
    INVOICE_REFUND = "invoice.refund"
    INVOICE_REFUND_APPROVE = "invoice.refund.approve"
    INVOICE_REFUND_REJECT = "invoice.refund.reject"
    PURCHASE_REFUND = "purchase.refund"
    PURCHASE_REFUND_APPROVE = "purchase.refund.approve"
    PURCHASE_REFUND_REJECT = "purchase.refund.reject"
    DISPUTE_EVIDENCE = "dispute.evidence"
    FRAUD_WARNING_DECIDE = "fraud_warning.decide"
    WITHDRAWAL_EXECUTE = "withdrawal.execute"
    WITHDRAWAL_REFUSE = "withdrawal.refuse"
    COUPON_CREATE = "coupon.create"
    COUPON_DEACTIVATE = "coupon.deactivate"
    CONTRACT_ENTER = "contract.enter"
    CONTRACT_END = "contract.end"
    SUPPORT_ANSWER = "support.answer"
    SUPPORT_CLOSE = "support.close"
    INQUIRY_CLOSE = "inquiry.close"
    OPERATION_RETRY = "operation.retry"
    OPERATION_GIVE_UP = "operation.give_up"
    OPERATION_ASK = "operation.ask"
    EVENT_HANDLE = "event.handle"
    DELIVERY_SEND = "webhook.send"
    JOB_RUN = "job.run"
    TASK_RUN = "task.run"
    MAIL_SEND = "mail.send"
    SERVICE_KEY_CREATE = "service_key.create"
    SERVICE_KEY_REVOKE = "service_key.revoke"
    IMPERSONATION_START = "impersonation.start"
    IMPERSONATION_END = "impersonation.end"
    FACTOR_REMOVE = "second_factor.remove"
    AFFILIATE_SUSPEND = "affiliate.suspend"
    AFFILIATE_REINSTATE = "affiliate.reinstate"
    AFFILIATE_PAYOUT_RUN = "affiliate.payout_run"
    REFERRAL_HOLD = "referral.hold"
    REFERRAL_RELEASE = "referral.release"
    REFERRAL_ATTRIBUTE = "referral.attribute"
    ACQUISITION_COST_RECORD = "acquisition_cost.record"
    INCIDENT_OPEN = "incident.open"
    INCIDENT_UPDATE = "incident.update"
    INCIDENT_RESOLVE = "incident.resolve"
    MAINTENANCE_ANNOUNCE = "maintenance.announce"
    MAINTENANCE_END = "maintenance.end"
    CONTRACT_CREDIT = "contract.credit"
    CONTRACT_CREDIT_REFUSE = "contract.credit_refuse"
    CONTRACT_CREDIT_TAKE_BACK = "contract.credit_take_back"
    DOMAIN_CONFIRM = "domain.confirm"
    DOMAIN_RELEASE = "domain.release"


def check_reason(reason: str | None) -> list[ChenuError]:
    """Of a form, where it is needed; None is a program that the API lets leave it out."""
    if reason is None:
        return []
    return check_text(reason, path=("reason",), longest=MAX_REASON)


async def record_staff_act(
    actor: Actor,
    act: StaffAct,
    subject: UUID | str,
    reason: str | None,
    **detail: str | int,
) -> None:
    """Part of the act's transaction: without the row there is no act.

    `before` and `after` in `detail` are shown as what changed. No secrets, no card data.
    """
    said = {**detail, "reason": tidy(reason or "")}
    await insert(AuditEvent, make_event(actor, act, subject, said, by_staff=True))


class ActFilter(msgspec.Struct, frozen=True):
    """None and an empty text select everything; `email` is of who acted."""

    act: StaffAct | None = None
    email: str = ""


class ActRow(msgspec.Struct, frozen=True):
    """`operator` acted at the command line, where nobody is signed in."""

    id: UUID
    at: datetime
    action: str
    subject: str
    ip: str
    name: str | None
    operator: str | None
    reason: str
    before: str | None
    after: str | None


_ACTS = """
    SELECT e.id, e.at, e.action, e.subject, e.ip, u.display_name AS name,
        e.detail->>'operator' AS operator, coalesce(e.detail->>'reason', '') AS reason,
        e.detail->>'before' AS before, e.detail->>'after' AS after
    FROM audit_event e LEFT JOIN app_user u ON u.id = e.actor
"""
_OF_ACTOR = "e.actor = (SELECT id FROM app_user WHERE email = $2)"


async def list_staff_acts(chosen: ActFilter, page: PageRequest) -> Page[ActRow]:
    """The newest first."""
    conditions = ["e.by_staff"]
    conditions.append("e.action = $1" if chosen.act else "$1 = ''")
    conditions.append(_OF_ACTOR if chosen.email else "$2 = ''")
    act = "" if chosen.act is None else chosen.act.value
    where = " AND ".join(conditions)
    email = chosen.email.strip().lower()
    return await fetch_page(ActRow, _ACTS, where, act, email, page=page, order=by_id("e.id"))
