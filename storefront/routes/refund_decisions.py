"""What pages of refunds share: who asked and who decided, and a decision as a form says it."""

from collections.abc import Sequence

from chenu.accounts.actor import UserId
from chenu.accounts.users import list_users
from chenu.agents.refund_requests import SaleRequestRow
from chenu.billing.refund_requests import RefundRequestRow
from chenu.core.errors import Invalid
from storefront.forms import Fields


async def name_people(
    requests: Sequence[RefundRequestRow | SaleRequestRow],
) -> dict[UserId, str]:
    ids = {person for row in requests for person in (row.requested_by, row.decided_by) if person}
    return {user.id: user.display_name for user in await list_users(sorted(ids))}


def read_decision(fields: Fields) -> bool:
    """Whether it is agreed to. Raises Invalid."""
    decision = fields.text("decision")
    if decision not in ("approve", "reject"):
        raise Invalid("The decision is approve or reject", path=("decision",))
    return decision == "approve"
