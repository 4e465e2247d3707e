"""The mails about a refund that Stripe has made: to the buyer, and to the creator of the agent."""

from chenu.accounts.users import get_user
from chenu.agents.model import PurchaseStatus
from chenu.agents.payments import get_payment
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.agents.queries import find_agent, find_creator
from chenu.agents.refunds import SaleRefundRow
from chenu.core.i18n import known_locale
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import RefundFailedParams
from chenu.flows.purchases.refund_books import get_booked_parts


async def mail_refund(purchase: PurchaseRow, refund: SaleRefundRow) -> None:
    await _mail_buyer(purchase, refund)
    await _mail_creator(purchase, refund)


async def _mail_buyer(purchase: PurchaseRow, refund: SaleRefundRow) -> None:
    buyer, agent = await get_user(purchase.buyer_id), await find_agent(purchase.agent_id)
    locale = known_locale(buyer.locale)
    now = await get_purchase(purchase.id)
    params = {
        "name": buyer.display_name,
        "amount": refund.amount,
        "number": "",
        "agent": agent.text(locale).name if agent else "",
        "is_whole": now.status is PurchaseStatus.REFUNDED,
    }
    await queue_mail(MailKind.REFUND, buyer.email, locale, f"refunded:{refund.id}", params)


async def mail_failed_refund(purchase: PurchaseRow, refund: SaleRefundRow) -> None:
    """To the buyer alone: the creator's share is sent again, and their pages say so."""
    buyer, agent = await get_user(purchase.buyer_id), await find_agent(purchase.agent_id)
    locale = known_locale(buyer.locale)
    name = agent.text(locale).name if agent else ""
    params = RefundFailedParams(name=buyer.mail_name, amount=refund.amount, agent=name)
    key = f"refund-failed:{refund.id}"
    await queue_mail(MailKind.REFUND_FAILED, buyer.email, locale, key, params)


async def _mail_creator(purchase: PurchaseRow, refund: SaleRefundRow) -> None:
    """The buyer stays private here as well."""
    payment = await get_payment(refund.payment_id)
    creator, agent = await find_creator(payment.creator_id), await find_agent(purchase.agent_id)
    if creator is None or agent is None:
        return
    owner = await get_user(creator.owner_id)
    locale = known_locale(owner.locale)
    params = {
        "name": owner.display_name,
        "agent": agent.text(locale).name,
        "sale": str(purchase.id),
        "amount": refund.amount,
        "share": (await get_booked_parts(refund)).creator,
    }
    key = f"sale-refunded:{refund.id}"
    await queue_mail(MailKind.SALE_REFUNDED, owner.email, locale, key, params)
