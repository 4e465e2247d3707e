"""What is mailed about a monthly agent, in the transaction that observes it at Stripe."""

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import Mailbox, get_mailbox
from chenu.agents.purchases import PurchaseRow
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.billing.recurring import InvoiceState
from chenu.core.agent_mail_params import (
    AgentEndedParams,
    AgentEndingParams,
    AgentFailedPaymentParams,
    AgentPriceParams,
)
from chenu.core.errors import NotFound
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import MailParams
from chenu.flows.purchases.stopped_agents import is_stopped
from chenu.flows.subscription_kinds import StateChange


async def mail_monthly_changes(purchase: PurchaseRow, change: StateChange) -> None:
    """Whoever changed it: a page of ours, Stripe's portal, its dashboard, or time.

    Its beginning is told by the receipt, and that of one whose payment goes back by that mail.
    """
    before = change.before
    if before is None or not before.is_live or purchase.paid_at is None:
        return
    if not change.after.is_live:
        await _mail_end(purchase, change)
    elif before.cancel_at_period_end != change.after.cancel_at_period_end:
        await _mail_renewal(purchase, change)


async def _mail_end(purchase: PurchaseRow, change: StateChange) -> None:
    mailbox, agent = await _find_parties(purchase)
    params = AgentEndedParams(
        **_about(mailbox, agent), is_unpaid=change.fetched.value.is_ended_unpaid
    )
    key = f"agent-ended:{change.after.stripe_subscription_id}"
    await _queue(MailKind.AGENT_ENDED, mailbox, key, params)


async def _mail_renewal(purchase: PurchaseRow, change: StateChange) -> None:
    """Cancelled, by the buyer or because the agent is not offered any more; or taken up again."""
    mailbox, agent = await _find_parties(purchase)
    row, stripe_id = change.after, change.after.stripe_subscription_id
    if row.cancel_at_period_end:
        ending = AgentEndingParams(**_about(mailbox, agent), ends_at=row.period_end.isoformat())
        is_ours = await is_stopped(agent)
        kind = MailKind.AGENT_STOPPED if is_ours else MailKind.AGENT_CANCELLED
        await _queue(kind, mailbox, f"agent-cancelled:{stripe_id}:{row.canceled_at}", ending)
        return
    resumed = AgentPriceParams(
        **_about(mailbox, agent), price=row.price, renews_at=row.period_end.isoformat()
    )
    canceled_at = change.before.canceled_at if change.before else None
    await _queue(
        MailKind.AGENT_RESUMED, mailbox, f"agent-resumed:{stripe_id}:{canceled_at}", resumed
    )


async def mail_failed_payment(purchase: PurchaseRow, invoice: InvoiceState) -> None:
    """At each try of a renewal that failed, as far as we see them one by one."""
    mailbox, agent = await _find_parties(purchase)
    again_at = invoice.next_attempt_at
    params = AgentFailedPaymentParams(
        **_about(mailbox, agent),
        amount=invoice.total - invoice.amount_paid,
        attempt=invoice.attempts,
        next_attempt_at=again_at.isoformat() if again_at else None,
        invoice_url=invoice.hosted_url,
    )
    key = f"payment-failed:{invoice.id}:{invoice.attempts}"
    await _queue(MailKind.AGENT_PAYMENT_FAILED, mailbox, key, params)


async def _find_parties(purchase: PurchaseRow) -> tuple[Mailbox, AgentRow]:
    agent = await find_agent(purchase.agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    return await get_mailbox(AccountId(purchase.account_id)), agent


def _about(mailbox: Mailbox, agent: AgentRow) -> dict[str, str]:
    return {
        "name": mailbox.name,
        "account": mailbox.account,
        "agent": agent.text(mailbox.locale).name,
        "slug": agent.slug,
    }


async def _queue(kind: MailKind, mailbox: Mailbox, key: str, params: MailParams) -> None:
    await queue_mail(kind, mailbox.email, mailbox.locale, key, params)
