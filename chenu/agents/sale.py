"""Whether an agent can be bought at all, by any buyer."""

from chenu.agents.errors import SellerNotReady
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.rows import AgentRow
from chenu.core.errors import InvalidState, RefusedError


def find_sale_refusal(agent: AgentRow) -> RefusedError | None:
    """Why nobody can buy it now; None if it can be paid.

    Checked before the buyer has to sign in: neither an account nor a plan would help.
    """
    if agent.kind is AgentKind.PLATFORM:
        return InvalidState("Platform agents come with your plan: there is nothing to buy")
    if not agent.is_on_sale:
        return InvalidState("This agent is not on sale")
    if agent.price.type is not PriceType.FREE and not agent.payouts_ready:
        return SellerNotReady("The creator of this agent cannot be paid at the moment")
    return None
