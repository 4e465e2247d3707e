"""What a creator is told of a sale; of the first one, what follows too."""

from chenu.accounts.users import User, get_user
from chenu.agents.payments import PaymentRow, is_first_sale
from chenu.agents.queries import find_creator
from chenu.agents.rows import AgentRow
from chenu.core.errors import NotFound
from chenu.core.mail import MailKind, queue_mail
from chenu.core.sale_mail_params import FirstSaleParams, SaleParams


async def tell_creator(agent: AgentRow, payment: PaymentRow) -> None:
    creator = await find_creator(payment.creator_id)
    if creator is None:
        raise NotFound("There is no such creator")
    owner = await get_user(creator.owner_id)
    name = agent.text(owner.locale).name
    params = SaleParams(
        name=owner.display_name,
        agent=name,
        gross=payment.paid,
        creator_share=payment.creator_share,
        platform_share=payment.platform_share,
    )
    await queue_mail(MailKind.SALE, owner.email, owner.locale, f"sale:{payment.id}", params)
    if await is_first_sale(payment):
        await _congratulate(owner, name, payment)


async def _congratulate(owner: User, agent_name: str, payment: PaymentRow) -> None:
    """Two first sales at the same moment have one key."""
    params = FirstSaleParams(
        name=owner.display_name, agent=agent_name, creator_share=payment.creator_share
    )
    key = f"first-sale:{payment.creator_id}"
    await queue_mail(MailKind.FIRST_SALE, owner.email, owner.locale, key, params)
